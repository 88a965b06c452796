//! Section B, page 1: the verdict, what happened, who approved, what is missing and what is not proven, in plain words on one page.

use super::super::document::{Block, Section, Table, Tone};
use super::{Edition, Gathered, content, outcome, reference};
use crate::projections::approvals::Proposal;
use crate::projections::exceptions::OPEN;
use crate::projections::results::Counts;
use crate::projections::signers::SignedBy;

/// Reasons that page 1 names; all of them stand in section E.
const REASONS_MAX: usize = 5;

/// Section B.
pub(super) fn section(gathered: &Gathered) -> Section {
    let (tone, of_record) = of_record(gathered);
    let (restore_tone, of_restore) = of_restore(gathered);
    Section::new('B', "Statement")
        .with(Block::Verdict(tone, of_record))
        .says(checked(gathered))
        .with(Block::Verdict(restore_tone, of_restore))
        .says(restored(gathered))
        .says(approved(gathered))
        .says(missing(gathered))
        .says(content::statement(gathered))
        .says(kept_and_erased(gathered))
        .with(Block::Heading("What this report does not prove".to_owned()))
        .with(Block::List(
            reference::NOT_PROVEN.map(str::to_owned).to_vec(),
        ))
        // Last: the numbers stand in the words above too, and what is not proven has to be on page 1 of a long case as well.
        .with(Block::Table(counts(gathered)))
}

/// What keeps a passed check from being without reserve: something about the record or the check, not about one item.
pub(super) fn reservations(gathered: &Gathered) -> Vec<String> {
    let case = &gathered.case;
    let checked = &gathered.issue.checked;
    let mut found: Vec<String> = Vec::new();
    let mut reserve = |applies: bool, words: &str| {
        if applies {
            found.push(words.to_owned());
        }
    };
    reserve(
        checked.verdict == "consistent but not anchored",
        "The check had no trust file: it does not say whose record this is.",
    );
    reserve(
        checked.verdict != "invalid" && checked.rule.as_deref() == Some("trust/quorum"),
        "Fewer witnesses have seen them than the case asks for.",
    );
    reserve(
        case.sources.iter().any(|(source, _)| source.points < 2),
        "A backup has one restore point: nothing in it shows what is older than the breach.",
    );
    reserve(
        gathered.keys.unbound() > 0,
        "A key that seals reports did not sign that it belongs to this ledger: see section J.",
    );
    match checked.suspect {
        0 => {}
        count => found.push(format!(
            "{count} of them rest on a key that was later revoked: section I names them."
        )),
    }
    match gathered.disagreements.len() {
        0 => {}
        count => found.push(format!(
            "In {count} places they disagree with each other: see section E."
        )),
    }
    found
}

/// Whether the record holds. What became of the items is said apart: a record that holds can be that of a restore that failed.
fn of_record(gathered: &Gathered) -> (Tone, String) {
    let checked = &gathered.issue.checked;
    if checked.verdict == "invalid" {
        let rule = checked.rule.as_deref().unwrap_or("a rule");
        let place = checked.entry.map_or_else(
            || "The checks failed".to_owned(),
            |entry| format!("The checks failed at entry {entry}"),
        );
        return (Tone::Bad, format!("{place}: {rule} is broken"));
    }
    match reservations(gathered).len() {
        0 => (Tone::Good, "The record holds".to_owned()),
        1 => (
            Tone::Mixed,
            "The record holds, with 1 reservation".to_owned(),
        ),
        more => (
            Tone::Mixed,
            format!("The record holds, with {more} reservations"),
        ),
    }
}

/// What became of the items. What was restored as declared is restored, and no exception.
fn of_restore(gathered: &Gathered) -> (Tone, String) {
    if gathered.case.adopted.is_empty() {
        return (
            Tone::Mixed,
            "Nothing was restored: no plan is in force".to_owned(),
        );
    }
    let total = gathered.results.total();
    let restored = total.restored();
    if total.enumerated == 0 && total.adds_up() {
        return (Tone::Mixed, "The plans in force name no item".to_owned());
    }
    if restored == total.enumerated && total.adds_up() {
        return (Tone::Good, format!("All {restored} items are restored"));
    }
    let others = [
        (total.failed, "FAILED"),
        (total.held, "held"),
        (total.open, "without an outcome"),
        (total.erased, "erased"),
        (total.skipped, "skipped"),
    ];
    let mut parts = vec![match restored {
        0 => "none is restored".to_owned(),
        1 => "1 is restored".to_owned(),
        more => format!("{more} are restored"),
    }];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    parts.extend(others.map(|(count, what)| format!("{count} {what}")));
    let text = format!("Of {} items {}", total.enumerated, parts.join(", "));
    let missing = total.failed + total.held + total.open + total.erased;
    let tone = match () {
        () if total.failed > 0 || (restored == 0 && missing > 0) => Tone::Bad,
        () if missing > 0 || !total.adds_up() => Tone::Mixed,
        () => Tone::Good,
    };
    (tone, text)
}

fn checked(gathered: &Gathered) -> String {
    let issue = gathered.issue;
    let span = gathered
        .first
        .zip(gathered.last)
        .map_or_else(String::new, |(first, last)| {
            format!(
                ", made between {} and {}",
                minute(&first.to_string()),
                minute(&last.to_string())
            )
        });
    let mut text = if issue.checked.verdict == "invalid" {
        format!(
            "A second, independent program checked {} records of what was done{span}. It found \
             that the record does not hold. Do not rely on what follows until this is explained.",
            issue.size
        )
    } else {
        format!(
            "A second, independent program checked {} records of what was done{span}. They fit the \
             checkpoint that the ledger's key signed: after that none can be changed, removed or \
             put in another order without it showing.",
            issue.size
        )
    };
    let reservations = reservations(gathered);
    let heads = match reservations.len() {
        1 => " Reservation:",
        _ => " Reservations:",
    };
    for (number, reservation) in reservations.iter().enumerate() {
        text = match number {
            0 => format!("{text}{heads} {reservation}"),
            _ => format!("{text} {reservation}"),
        };
    }
    text + &outsiders(gathered)
}

/// Who else has seen the record.
fn outsiders(gathered: &Gathered) -> String {
    let checked = &gathered.issue.checked;
    let seen = |count: u64, by: &str, missing: &str| match count {
        0 => format!(" {missing}"),
        all if all >= gathered.issue.size => format!(" All of them {by}."),
        some => format!(" The first {some} of them {by}."),
    };
    seen(
        checked.witnessed,
        "were seen by outside witnesses",
        "No outside witness has seen them.",
    ) + &seen(
        checked.timestamped,
        "carry an outside time stamp",
        "No outside time stamp covers them.",
    )
}

fn restored(gathered: &Gathered) -> String {
    let total = gathered.results.total();
    let rehearsal = if gathered.issue.origin.ends_with("/simulated") {
        "This is a rehearsal: the tenant was a simulated one. "
    } else {
        ""
    };
    if gathered.case.adopted.is_empty() {
        return format!("{rehearsal}What the backups hold was not counted.");
    }
    let whose = match (
        &gathered.issue.edition,
        gathered.results.by_custodian().len(),
    ) {
        (Edition::Custodian(_), _) => "of this custodian".to_owned(),
        (_, 1) => "of 1 custodian".to_owned(),
        (_, people) => format!("of {people} custodians"),
    };
    let stand = if total.written() == total.restored() {
        "were written into"
    } else {
        "stand in"
    };
    format!(
        "{rehearsal}The plans in force name {} items {whose}. {} {stand} the new tenant, read \
         back and compared with the backup: {} are identical, {} differ only in ways that are \
         listed.{}{}",
        total.enumerated,
        total.restored(),
        total.identical,
        total.as_declared,
        came_there(&total),
        counted_apart(gathered),
    )
}

/// How the items came to be in the new tenant, where not all of them were written by this restore.
fn came_there(total: &Counts) -> String {
    if total.written() == total.restored() {
        return String::new();
    }
    let mut said = vec![format!("{} written by this restore", total.written())];
    let others = [
        (total.found, "found there already, before it first tried"),
        (
            total.found_again,
            "found there when it tried again, so that they can be its own",
        ),
        (total.completed, "found there in part, and completed"),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    said.extend(others.map(|(count, how)| format!("{count} {how}")));
    format!(" How they came there: {}.", said.join("; "))
}

/// What a reader who counts mails and files, not items, has to know.
fn counted_apart(gathered: &Gathered) -> String {
    let earlier = match gathered.results.earlier {
        0 => String::new(),
        1 => " 1 of them is an older copy of an item that is held: that item is counted twice."
            .to_owned(),
        more => format!(
            " {more} of them are older copies of items that are held: those are counted twice."
        ),
    };
    let before = gathered.results.superseded;
    let under = [
        (before.held, "held"),
        (before.failed, "failed"),
        (before.skipped, "skipped"),
        (before.open, "left open"),
    ];
    let under = under.into_iter().filter(|(count, _)| *count > 0);
    let under: Vec<String> = under.map(|(count, how)| format!("{count} {how}")).collect();
    if under.is_empty() {
        return earlier;
    }
    format!(
        "{earlier} An earlier plan named some of them first ({}), a later one anew: each is \
         counted once, where the later plan left it.",
        under.join(", ")
    )
}

fn counts(gathered: &Gathered) -> Table {
    let total = gathered.results.total();
    let mut rows = vec![
        ("Named by the plans in force", total.enumerated),
        ("Restored, identical", total.identical),
        ("Restored, different only as declared", total.as_declared),
        ("Held for a person to decide", total.held),
        ("Skipped, need not be restored", total.skipped),
        ("Failed", total.failed),
    ];
    if total.erased > 0 {
        rows.push(("Erased before they were restored", total.erased));
    }
    if total.open > 0 {
        rows.push(("Without an outcome so far", total.open));
    }
    rows.push(("Sum of the outcomes", total.accounted()));
    let rows = rows
        .into_iter()
        .map(|(what, count)| vec![what.to_owned(), count.to_string()]);
    Table {
        id: "counts",
        caption: "Every item, counted once".to_owned(),
        columns: vec!["What became of the items", "Items"],
        rows: rows.collect(),
    }
}

/// Plans that page 1 names one by one.
const PLANS_MAX: usize = 3;

/// Who asked for each plan in force and who approved it; what other proposals came to is no approval of a plan.
fn approved(gathered: &Gathered) -> String {
    let plans = &gathered.case.adopted;
    let mut text: Vec<String> = plans
        .iter()
        .take(PLANS_MAX)
        .map(|plan| approval_of(gathered, plan))
        .collect();
    if plans.len() > PLANS_MAX {
        let more = plans.len() - PLANS_MAX;
        let are = if more == 1 { "plan is" } else { "plans are" };
        text.push(format!(
            "{more} more {are} in force: section D names what was put in force."
        ));
    }
    if text.is_empty() {
        return "Nobody has put a plan in force.".to_owned();
    }
    text.join(" ")
}

fn approval_of(gathered: &Gathered, plan: &str) -> String {
    let short = plan.get(..8).unwrap_or(plan);
    let mut adopted = gathered.milestones.iter();
    let adopted = adopted.find(|step| step.kind == "PlanAdopted/1" && step.about == plan);
    let by = adopted.map_or_else(
        || "somebody unknown".to_owned(),
        |step| persons(gathered, &step.by),
    );
    let used = |proposal: &&Proposal| {
        proposal.digest == plan && adopted.is_some_and(|step| proposal.used_by == Some(step.index))
    };
    let Some(proposal) = gathered.approvals.proposals.values().find(used) else {
        return format!(
            "Plan {short} was put in force by {by}. Nobody approved it: the policy asked for no \
             approval."
        );
    };
    let approvers = proposal.approved.iter();
    let approvers: Vec<String> = approvers.map(|one| gathered.person(one)).collect();
    let doubt = if gathered.issue.checked.suspect > 0 {
        " Section I says whether an approval rests on a revoked key."
    } else {
        ""
    };
    format!(
        "Plan {short} was asked for by {}, approved by {} and put in force by {by}.{doubt}",
        gathered.person(&proposal.requester),
        approvers.join(", ")
    )
}

fn persons(gathered: &Gathered, by: &[SignedBy]) -> String {
    let people = by.iter().filter(|signer| !signer.person.is_empty());
    let names: Vec<String> = people.map(|one| gathered.person(&one.person)).collect();
    if names.is_empty() {
        "a key of no person".to_owned()
    } else {
        names.join(", ")
    }
}

/// A class as page 1 says it; section E has it to the letter, with its sentence.
fn in_words(class: &str) -> String {
    let name = class.split('/').next().unwrap_or(class);
    name.replace('-', " ")
}

/// Open items for which the record has no intent: an intent stands there before anything is written.
fn untried(gathered: &Gathered) -> u64 {
    let open = gathered.exceptions.iter().filter(|row| row.outcome == OPEN);
    open.filter(|row| row.index.is_none()).count() as u64
}

fn missing(gathered: &Gathered) -> String {
    let total = gathered.results.total();
    let missing = total.held + total.failed + total.open + total.erased;
    if gathered.case.adopted.is_empty() {
        return String::new();
    }
    if missing == 0 {
        return "Nothing is missing of what the plans name.".to_owned();
    }
    let reasons = outcome::reasons(gathered);
    let mut named: Vec<String> = reasons
        .iter()
        .filter(|((outcome, _), _)| matches!(*outcome, "held" | "failed"))
        .map(|((outcome, reason), count)| format!("{count} {outcome} ({})", in_words(reason)))
        .collect();
    if named.len() > REASONS_MAX {
        let more = named.len() - REASONS_MAX;
        named.truncate(REASONS_MAX);
        named.push(format!("{more} more reasons"));
    }
    let untried = untried(gathered);
    if untried > 0 {
        named.push(format!("{untried} that nobody tried to restore so far"));
    }
    let tried = total.open.saturating_sub(untried);
    if tried > 0 {
        named.push(format!(
            "{tried} tried without an outcome so far, which may be in the tenant"
        ));
    }
    if total.erased > 0 {
        let erased = total.erased;
        named.push(format!("{erased} erased before they had an outcome"));
    }
    let listed = if total.erased > 0 {
        "those that are not erased"
    } else {
        "each of them"
    };
    format!(
        "{missing} items do not count as restored: {}. Section F lists {listed}.",
        named.join(", ")
    )
}

/// Holds and erasures, where there are any.
fn kept_and_erased(gathered: &Gathered) -> String {
    let held = gathered.case.holds.custodians().count();
    let erased = gathered.erased_shown().count();
    if held + erased == 0 {
        return String::new();
    }
    format!("Under a legal hold: {held} custodians. Erased: {erased} (section G).")
}

/// A time without its seconds, for prose.
fn minute(time: &str) -> String {
    let date = time.get(..10).unwrap_or(time);
    let clock = time.get(11..16).unwrap_or_default();
    format!("{date} {clock} UTC")
}

#[cfg(test)]
mod tests;
