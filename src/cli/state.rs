//! `unbroken state`: the case as the record shows it, now or as of any earlier size; what is shown is a projection.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::access::CaseFolder;
use super::as_of::{self, AsOfWhen, as_of_when};
use super::counts;
use super::flow::{self, digesting, opening};
use super::output::Output;
use crate::error::Result;
use crate::projections::as_of::AsOf;
use crate::projections::results::Outcome;
use crate::projections::state::CaseState;

/// The case as the ledger shows it, or as it showed it at any earlier instant.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken state --case acme
  unbroken state --case acme --as-of 2026-05-01T12:00:00Z --json
  unbroken state --case acme --as-of 41

--as-of 41 is the case when the ledger had 41 entries, 0 to 40: nothing that came later is read.
Facts that were erased since are missing; counts and digests are not. Every digest of projections
that was logged is met on the way, or it ends with exit code 20.")]
pub(crate) struct State {
    #[command(flatten)]
    folder: CaseFolder,
    /// As of an instant, or of the number of entries that the ledger had.
    #[arg(long, value_name = "TIME|INDEX", value_parser = as_of_when)]
    as_of: Option<AsOfWhen>,
}

/// Does what was asked.
pub(crate) fn run(wanted: &State, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&wanted.folder)?;
    let replayed = digesting::expect_met(&journal)?;
    let size = as_of::size(&journal, wanted.as_of)?;
    let state = CaseState::load(&AsOf::new(&journal, size)).map_err(flow::meaning)?;
    let mut value = to_json(&state);
    value["digests"] = json!({
        "entries": replayed.entries,
        "met": replayed.met,
        "not_checked": replayed.unknown,
    });
    let text = format!(
        "{}\n{}",
        to_text(&state),
        digesting::said(&journal, &replayed)
    );
    output.answer(&value, &text);
    Ok(())
}

/// The whole of it.
pub(crate) fn to_json(state: &CaseState) -> Value {
    let case = &state.case;
    let declared = case.declared.as_ref();
    let target = case.target.as_ref();
    let sources = case.sources.iter();
    let sources = sources.map(|(data, facts)| json!({ "data": data, "facts": facts }));
    let plans = case.plans.iter().map(|(plan, data)| {
        json!({ "plan": plan, "adopted": case.adopted.contains(plan), "data": data })
    });
    let erased = state.results.erased.iter().map(ToString::to_string);
    json!({
        "as_of": state.size,
        "received": state.received.map(|time| time.to_string()),
        "declared": declared.map(|(data, facts)| json!({ "data": data, "facts": facts })),
        "sources": sources.collect::<Vec<_>>(),
        "target": target.map(|(data, facts)| json!({ "data": data, "facts": facts })),
        "custodians": custodians(state),
        "plans": plans.collect::<Vec<_>>(),
        "proposals": proposals(state),
        "waves": waves(state),
        "counts": {
            "total": counts::to_json(&state.results.total()),
            "by_workload": by_workload(state),
        },
        "under_way": under_way(state),
        "holds": holds(state),
        "held": held(state),
        "erased": erased.collect::<Vec<_>>(),
        "owners": case.owners,
        "finished": case.finished,
    })
}

fn custodians(state: &CaseState) -> Vec<Value> {
    let by_custodian = state.results.by_custodian();
    let known = state.case.custodians.iter();
    known
        .map(|(custodian, known)| {
            let counts = by_custodian.get(custodian).copied().unwrap_or_default();
            json!({
                "custodian": custodian,
                "mapped": known.is_mapped,
                "facts": known.facts,
                "counts": counts::to_json(&counts),
            })
        })
        .collect()
}

fn by_workload(state: &CaseState) -> Value {
    let by_workload = state.results.by_workload();
    let named = by_workload
        .iter()
        .map(|(workload, counts)| ((*workload).to_owned(), counts::to_json(counts)));
    Value::Object(named.collect())
}

fn proposals(state: &CaseState) -> Vec<Value> {
    let proposals = state.proposals.iter();
    proposals
        .map(|(name, proposal)| {
            json!({
                "proposal": name.to_string(),
                "entry": proposal.index,
                "digest": proposal.digest,
                "scope": proposal.scope,
                "expires": proposal.expires,
                "requester": proposal.requester,
                "approved": proposal.approved,
                "rejected": proposal.rejected,
                "used_by": proposal.used_by,
            })
        })
        .collect()
}

fn waves(state: &CaseState) -> Vec<Value> {
    let waves = state.waves.iter();
    waves
        .map(|((plan, wave), entries)| {
            json!({
                "plan": plan,
                "wave": wave,
                "opened": entries.opened,
                "closed": entries.closed,
            })
        })
        .collect()
}

fn holds(state: &CaseState) -> Vec<Value> {
    let holds = &state.case.holds;
    let of = |custodian| {
        holds.of(custodian).map(
            move |(hold, reason)| json!({ "custodian": custodian, "hold": hold, "reason": reason }),
        )
    };
    holds.custodians().flat_map(of).collect()
}

fn under_way(state: &CaseState) -> Vec<Value> {
    let open = state.under_way.iter();
    open.map(|(item, intent)| {
        json!({
            "item": item,
            "custodian": intent.custodian,
            "attempt": intent.attempt,
            "entry": intent.index,
        })
    })
    .collect()
}

fn held(state: &CaseState) -> Vec<Value> {
    let ended = state.results.ended.iter();
    let mut held: Vec<_> = ended
        .filter(|(item, ended)| {
            ended.outcome == Outcome::Held && !state.results.replaced.contains(*item)
        })
        .collect();
    held.sort_by_key(|(_, ended)| ended.index);
    held.into_iter()
        .map(|(item, ended)| {
            json!({
                "item": item,
                "custodian": ended.custodian,
                "workload": ended.workload,
                "reason": ended.reason,
                "entry": ended.index,
            })
        })
        .collect()
}

fn to_text(state: &CaseState) -> String {
    let case = &state.case;
    let received = state.received.map_or_else(
        || "nothing was received yet".to_owned(),
        |time| format!("the last received {time}"),
    );
    let mut text = format!("as of {} entries, {received}\n", state.size);
    let words = [
        ("declared", u64::from(case.declared.is_some())),
        ("sources", case.sources.len() as u64),
        ("target connected", u64::from(case.target.is_some())),
        ("custodians", case.custodians.len() as u64),
        ("plans", case.plans.len() as u64),
        ("plans in force", case.adopted.len() as u64),
        ("proposals", state.proposals.len() as u64),
        ("waves open", case.open_waves.len() as u64),
        ("under way", state.under_way.len() as u64),
        ("legal holds", holds(state).len() as u64),
        ("erased custodians", state.results.erased.len() as u64),
        ("finished", u64::from(case.finished.is_some())),
    ];
    for (word, number) in words {
        let _ = writeln!(text, "{number:>9} {word}");
    }
    let _ = writeln!(text, "\n{:<36}{}", "", counts::heading());
    for ((custodian, workload), cell) in &state.results.cells {
        let known = case.custodians.get(custodian);
        let name = known.and_then(|known| known.facts.source_name.as_deref());
        let name = name.unwrap_or(custodian.as_str());
        // A name comes from the source: it must not steer the terminal.
        let plain = |letter: char| if letter.is_control() { '?' } else { letter };
        let name: String = name.chars().take(26).map(plain).collect();
        let _ = writeln!(text, "{name:<26} {workload:<9}{}", counts::row(cell));
    }
    let total = state.results.total();
    let _ = writeln!(text, "{:<36}{}", "in all", counts::row(&total));
    text
}
