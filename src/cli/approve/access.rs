//! What an approver elsewhere is shown of an access plan and of a release: counts that the requester's key signed, no names.

use unbroken_ledger::{ApprovalRequest, Entry};

use super::{refused, shown};
use crate::domain::case::release_words;
use crate::domain::event::Event;
use crate::error::Result;

/// The case's event in an entry; nothing personal is beside it.
fn event(entry: &Entry) -> Result<Event> {
    let data = match crate::journal::to_json(&entry.event.data) {
        serde_json::Value::Object(data) => data,
        _ => serde_json::Map::new(),
    };
    Event::decode(&entry.event.kind, data, serde_json::Map::new())
        .map_err(|_| refused("the request shows something else than what was proposed"))
}

/// The counts of the access plan whose hash was proposed.
pub(super) fn of_plan(
    entry: &Entry,
    request: &ApprovalRequest,
) -> Result<Vec<(&'static str, String)>> {
    let Event::AccessPlanMade(made, _) = event(entry)? else {
        return Err(refused("the request shows no access plan"));
    };
    if made.plan != request.digest().to_string() {
        return Err(refused(
            "the request shows another access plan than was proposed",
        ));
    }
    let mut lines = vec![
        ("custodians", made.custodians.to_string()),
        ("keeps", format!("{} grants", made.kept)),
        ("holds", format!("{} grants back", made.held)),
        ("loses", format!("{} grants for good", made.lost)),
    ];
    if let Some(declared) = made.declared {
        lines.push((
            "declares",
            format!("{declared} users who see items by office"),
        ));
    }
    if let Some(before) = &made.amends {
        lines.push(("amends", shown(before)));
        lines.push(("changes", format!("{} rows of the map", made.changed)));
    }
    Ok(lines)
}

/// Whose grants are to be released. The digest stands for the plan, the custodian, the number and the encrypted list.
pub(super) fn of_release(
    entry: &Entry,
    request: &ApprovalRequest,
) -> Result<Vec<(&'static str, String)>> {
    let Event::ReleaseAsked(asked, _) = event(entry)? else {
        return Err(refused("the request shows nothing that is to be released"));
    };
    if release_words(&asked).to_string() != request.digest().to_string() {
        return Err(refused(
            "the request shows another release than was proposed",
        ));
    }
    Ok(vec![
        (
            "releases",
            format!("{} held grants, number {}", asked.grants, asked.number),
        ),
        ("of", format!("custodian {}", asked.custodian)),
        ("list", shown(&asked.object)),
    ])
}
