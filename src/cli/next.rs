//! What comes next in a case: one line for whoever does not know it by heart. It reads and decides nothing; what is refused is the
//! domain's to say.

use unbroken_ledger::{Clock as _, Hash, State, SystemClock};

use super::flow::{meaning, planning, restoring};
use super::output::Output;
use super::summary::Summary;
use crate::clock::Clock as _;
use crate::domain::case::Case;
use crate::error::Result;
use crate::journal::Journal;

/// What the case alone does not say.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Items of plans in force without an outcome.
    open: u64,
    /// Items that failed.
    failed: u64,
    /// How far the newest plan is, where it is not in force.
    asked: Asked,
    /// Nothing is added to the ledger any more.
    is_sealed: bool,
}

/// How far the approval of a plan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    No,
    Waiting,
    Approved,
}

/// The next step in words.
pub(crate) fn step(journal: &Journal) -> Result<&'static str> {
    let case = journal.case().map_err(meaning)?;
    if case.plans.is_empty() {
        return Ok(words(&case, Standing::default()));
    }
    let standing = Standing {
        open: restoring::items_without_outcome(journal)?,
        failed: Summary::load(journal)?.failed,
        asked: asked(journal, &case)?,
        is_sealed: journal.ledger().with_state(State::is_sealed),
    };
    Ok(words(&case, standing))
}

/// Behind `plan make`.
pub(crate) const PLAN_MADE: &str =
    "`unbroken plan show` says why; `unbroken plan propose` asks for its approval";
/// Behind `plan propose`.
pub(crate) const PLAN_ASKED: &str = "`unbroken plan approve --keys DIR` by somebody else here, or \
     `unbroken approve --request FILE --key KEY` on a machine of their own and `unbroken case \
     import` here";
/// Behind `plan adopt`.
pub(crate) const PLAN_IN_FORCE: &str =
    "`unbroken restore` with the backup that the plan was made from";

/// Says the next step after one that comes before every plan.
pub(crate) fn before_plans(journal: &Journal, output: &Output) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    if case.plans.is_empty() {
        output.next(words(&case, Standing::default()));
    }
    Ok(())
}

fn asked(journal: &Journal, case: &Case) -> Result<Asked> {
    let is_in_force = |plan: &String| case.adopted.contains(plan);
    if case.plans.keys().all(is_in_force) {
        return Ok(Asked::No);
    }
    let plan = planning::newest(journal)?.plan;
    let proposal = planning::newest_proposal(journal, &plan)?;
    Ok(proposal.map_or(Asked::No, |proposal| of_proposal(journal, &proposal)))
}

fn of_proposal(journal: &Journal, proposal: &Hash) -> Asked {
    let now = SystemClock.now();
    journal.ledger().with_state(|state| {
        let rule = state.policy().approvals.get("PlanAdopted/1");
        let needed = rule.map_or(1, |rule| rule.m);
        match state.proposal(proposal) {
            Some(found) if found.is_rejected || found.is_consumed => Asked::No,
            Some(found) if now >= found.expires => Asked::No,
            Some(_) if state.is_approved(proposal, needed) => Asked::Approved,
            Some(_) => Asked::Waiting,
            None => Asked::No,
        }
    })
}

fn words(case: &Case, standing: Standing) -> &'static str {
    if standing.is_sealed {
        return "`unbroken bundle export` hands the record over, `unbroken ledger trust` says whose \
                it is";
    }
    if case.finished.is_some() {
        return after_the_end(case);
    }
    if case.sources.is_empty() {
        return "`unbroken source register` names a backup";
    }
    if case.target.is_none() {
        return "`unbroken case connect` asks the clean tenant who it is";
    }
    if !case.custodians.values().any(|known| known.is_mapped) {
        return "`unbroken case map` says who becomes whom";
    }
    if case.plans.is_empty() {
        return "`unbroken plan make` says what will be written where";
    }
    if standing.open > 0 {
        let may_work = case
            .gates
            .check_worker(crate::clock::SystemClock.now())
            .is_ok();
        return if may_work {
            "`unbroken restore` with the backup that the plan in force was made from"
        } else {
            "`unbroken baseline`, then `unbroken certify`: nothing is restored before that \
             (docs/gates.md)"
        };
    }
    let is_in_force = |plan: &String| case.adopted.contains(plan);
    if !case.plans.keys().all(is_in_force) {
        return of_plan(standing.asked);
    }
    if standing.failed > 0 {
        return "`unbroken exceptions` says why items failed; `unbroken restore --retry-failed` \
                tries them once more, `unbroken case finish` leaves them";
    }
    "`unbroken case finish`, when nothing more is to be restored"
}

fn of_plan(asked: Asked) -> &'static str {
    match asked {
        Asked::No => "`unbroken plan propose` asks for the approval of the newest plan",
        Asked::Waiting => PLAN_ASKED,
        Asked::Approved => "`unbroken plan adopt` puts the approved plan in force",
    }
}

fn after_the_end(case: &Case) -> &'static str {
    if case.reports.is_empty() {
        "`unbroken report issue`, then `unbroken bundle export`"
    } else {
        "`unbroken bundle export` hands the record over; `unbroken ledger seal` ends it"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::KnownCustodian;
    use crate::domain::event::{
        CaseFinished, PlanCounts, PlanMade, SourceEvidence, SourceFacts, SourceRegistered,
        TargetConnected, TargetFacts,
    };
    use crate::domain::pseudonym::Pseudonym;

    fn a_source() -> SourceRegistered {
        SourceRegistered {
            custodians: 1,
            evidence: SourceEvidence {
                access: false,
                dates: false,
                digests: false,
                immutability: false,
            },
            fidelity: String::new(),
            format: String::new(),
            kind: "eml".to_owned(),
            points: 1,
            source: 0,
        }
    }

    fn a_plan() -> PlanMade {
        PlanMade {
            as_of: 0,
            choices: None,
            counts: PlanCounts::default(),
            gate: None,
            inside: None,
            parts: 1,
            plan: "p".to_owned(),
            points: None,
            source: None,
            unproven: None,
            window: None,
            workloads: None,
        }
    }

    #[test]
    fn the_first_thing_that_lacks_is_next() {
        let mut case = Case {
            target: Some((TargetConnected { simulated: true }, TargetFacts::default())),
            ..Case::default()
        };
        let first = |case: &Case, standing| words(case, standing).split('`').nth(1).unwrap_or("");
        assert_eq!(
            first(&case, Standing::default()),
            "unbroken source register"
        );
        case.sources.push((a_source(), SourceFacts::default()));
        assert_eq!(first(&case, Standing::default()), "unbroken case map");
        let known = KnownCustodian {
            is_mapped: true,
            ..KnownCustodian::default()
        };
        case.custodians
            .insert(Pseudonym::from_random([1; 16]), known);
        assert_eq!(first(&case, Standing::default()), "unbroken plan make");
        case.plans.insert("p".to_owned(), a_plan());
        let standing = |open, failed, asked| Standing {
            open,
            failed,
            asked,
            is_sealed: false,
        };
        for (open, failed, asked, step) in [
            (1, 1, Asked::Approved, "unbroken restore"),
            (0, 1, Asked::No, "unbroken plan propose"),
            (0, 1, Asked::Waiting, "unbroken plan approve --keys DIR"),
            (0, 1, Asked::Approved, "unbroken plan adopt"),
        ] {
            assert_eq!(first(&case, standing(open, failed, asked)), step);
        }
        case.adopted.push("p".to_owned());
        let done = |failed| standing(0, failed, Asked::No);
        assert_eq!(first(&case, done(1)), "unbroken exceptions");
        assert_eq!(first(&case, done(0)), "unbroken case finish");
        case.finished = Some(CaseFinished::default());
        assert_eq!(first(&case, done(0)), "unbroken report issue");
        let sealed = Standing {
            is_sealed: true,
            ..done(0)
        };
        assert_eq!(first(&case, sealed), "unbroken bundle export");
    }
}
