//! A team that is held is not made, whoever holds it: neither a message nor a file of it brings it into the tenant.

use serde_json::{Value, json};
use unbroken::sources::archive::index::TeamsKind;
use unbroken_verify::VerdictKind;

use super::world::{
    BEN, EVE, TEAM, channel, file_entry, fresh, mapped, member, message_entry, plain_entry,
    reasons, said, troubles, write_archive,
};
use crate::case::Case;
use crate::content::clamd::{FakeClamd, Mood};
use crate::content::planted::eicar;
use crate::content::two_approvers;

/// A message, an answer and a file beside the team itself.
fn write(case: &Case, owner: &str, purpose: &str) {
    write_archive(case, TEAM, |writer| {
        let general = channel("General", "standard", &json!([]));
        let team = json!({
            "id": "old-team", "displayName": "Quay 7", "description": purpose,
            "visibility": "private", "internalId": general["id"],
            "members": [member(owner, &["owner"])], "channels": [general],
            "createdDateTime": "2022-01-01T00:00:00Z",
        });
        let first = said("General", "1", "2023-05-01T08:00:00Z", "Well");
        let mut answer = said("General", "2", "2023-05-01T08:00:01Z", "And you?");
        answer.reply_to = Some(first.id.clone());
        vec![
            message_entry(writer, &first),
            message_entry(writer, &answer),
            file_entry(writer, "General", "drawing.pdf"),
            plain_entry(writer, TeamsKind::Team, "team", &team),
        ]
    });
}

fn in_force(case: &Case) {
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
}

#[track_caller]
fn expect_nothing_made(case: &Case, events: &[Value], held: &[&str]) {
    assert_eq!(case.inspect().teams(), [""; 0]);
    assert_eq!(reasons(events, "ItemHeld/1"), held);
    let failed = reasons(events, "ItemFailed/1");
    assert_eq!(failed, [""; 0], "{:#?}", troubles(events));
    let made = events
        .iter()
        .filter(|event| event["type"] == "FolderAttempted/1");
    assert_eq!(made.count(), 0, "nothing was even begun");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_team_that_the_plan_holds_is_not_made_for_its_files() {
    let case = fresh();
    write(&case, EVE, "All about the quay");
    mapped(&case, &format!("{TEAM},team:Quay 7\n"));
    case.plan();
    assert_eq!(case.restore().status.code(), Some(3));
    let events = case.events("bundle-of-plan");
    let held = [
        "team-held",
        "team-without-owner",
        "team-without-owner",
        "team-without-owner",
    ];
    expect_nothing_made(&case, &events, &held);
}

#[test]
fn a_team_that_the_content_gate_holds_is_made_when_two_others_release_it() {
    let clamd = FakeClamd::start(Mood::Looks);
    let case = fresh();
    write(&case, BEN, &String::from_utf8(eicar()).expect("a text"));
    mapped(&case, &format!("{TEAM},team:Quay 7\n"));
    case.done("content set CASE --clamd");
    case.done("plan make CASE --source SOURCE");
    in_force(&case);
    let restore = format!(
        "restore CASE --source SOURCE TARGET --clamd {}",
        clamd.address
    );
    assert_eq!(case.run(&restore).status.code(), Some(3));
    let events = case.events("bundle-of-gate");
    let held = ["content-malware", "team-held", "team-held", "team-held"];
    expect_nothing_made(&case, &events, &held);

    // The team first, then what belongs into it; else that is held once more.
    two_approvers(&case);
    for (reason, ends) in [("content-malware", 3), ("team-held", 0)] {
        let file = format!("@{reason}.request");
        case.done(&format!(
            "release propose CASE --reason {reason} --why checked --request {file}"
        ));
        let approve = format!("release approve CASE --request {file} --yes");
        case.done(&approve);
        let second = "--keys @second --passphrase-file @passphrase";
        case.done(&format!("{approve} {second}"));
        case.done(&format!("release apply CASE --request {file}"));
        let ended = case.run(&restore);
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let stdout = String::from_utf8_lossy(&ended.stdout);
        assert_eq!(ended.status.code(), Some(ends), "{stderr}{stdout}");
        assert_eq!(case.inspect().teams(), ["Quay 7"]);
    }
    let threads = case.inspect().threads();
    let [general] = &threads[..] else {
        panic!("one channel");
    };
    assert_eq!((general.posts.len(), general.is_migrating), (2, false));
    case.done("reconcile CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
