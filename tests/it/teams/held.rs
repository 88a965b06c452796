//! A team that is held is not made, whoever holds it: neither a message nor a file of it brings it into the tenant.

use serde_json::{Value, json};
use unbroken::sources::archive::index::TeamsKind;
use unbroken_verify::VerdictKind;

use super::world::{
    ADA, BEN, EVE, TEAM, at, channel, file_entry, fresh, mapped, member, message_entry,
    plain_entry, reasons, said, thread, troubles, write_archive, write_points,
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

/// Two others let pass what is held for a reason.
fn release(case: &Case, reason: &str) {
    release_by(case, reason, &format!("@{reason}.request"));
}

/// The same, by a request of that name.
fn release_by(case: &Case, reason: &str, file: &str) {
    case.done(&format!(
        "release propose CASE --reason {reason} --why checked --request {file}"
    ));
    let approve = format!("release approve CASE --request {file} --yes");
    case.done(&approve);
    let second = "--keys @second --passphrase-file @passphrase";
    case.done(&format!("{approve} {second}"));
    case.done(&format!("release apply CASE --request {file}"));
}

/// A case with the gate, and a team in which a message is answered and another is not.
fn with_answer(root: &str) -> Case {
    let case = fresh();
    write_archive(&case, TEAM, |writer| {
        let general = channel("General", "standard", &json!([]));
        let team = json!({
            "id": "old-team", "displayName": "Quay 7", "description": "All about the quay",
            "visibility": "private", "internalId": general["id"],
            "members": [member(BEN, &["owner"])], "channels": [general],
            "createdDateTime": "2022-01-01T00:00:00Z",
        });
        let first = said("General", "1", "2023-05-01T08:00:00Z", root);
        let mut answer = said("General", "2", "2023-05-01T08:00:01Z", "And you?");
        answer.reply_to = Some(first.id.clone());
        let other = said("General", "3", "2023-05-01T08:00:02Z", "Another matter");
        vec![
            message_entry(writer, &first),
            message_entry(writer, &answer),
            message_entry(writer, &other),
            plain_entry(writer, TeamsKind::Team, "team", &team),
        ]
    });
    mapped(&case, &format!("{TEAM},team:Quay 7\n"));
    case.done("content set CASE --clamd");
    case.done("plan make CASE --source SOURCE");
    in_force(&case);
    case
}

fn restore_with(case: &Case, clamd: &FakeClamd, ends: i32) {
    let address = &clamd.address;
    let ended = case.run(&format!(
        "restore CASE --source SOURCE TARGET --clamd {address}"
    ));
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let stdout = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(ends), "{stderr}{stdout}");
}

/// Nothing was tried in vain: what is held, and for what.
#[track_caller]
fn expect_held(case: &Case, bundle: &str, held: &[&str]) {
    let events = case.events(bundle);
    assert_eq!(troubles(&events), [""; 0]);
    assert_eq!(reasons(&events, "ItemHeld/1"), held);
    assert_eq!(thread(case, "General").posts.len(), 1);
}

#[track_caller]
fn expect_whole_thread(case: &Case) {
    let posts = thread(case, "General").posts;
    let [root, answer, other] = &posts[..] else {
        panic!("three messages: {posts:?}");
    };
    let answered = at(&root.created).timestamp_millis();
    assert_eq!(answer.reply_to, Some(answered));
    assert_eq!((root.reply_to, other.reply_to), (None, None));
    case.done("reconcile CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
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
        release(&case, reason);
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

/// A backup from before the breach window (2020-01-01 to 02) and one from long after: in between a message was changed, and one
/// came.
fn write_window(case: &Case) {
    let taken = ["2019-06-01T00:00:00Z", "2026-01-01T00:00:00Z"];
    write_points(case, TEAM, &taken, |writer, point| {
        let general = channel("General", "standard", &json!([]));
        let team = json!({
            "id": "old-team", "displayName": "Quay 7", "description": "",
            "visibility": "private", "internalId": general["id"],
            "members": [member(ADA, &["owner"]), member(BEN, &[])], "channels": [general],
            "createdDateTime": "2018-01-01T00:00:00Z",
        });
        let words = if point == 0 { "as it was" } else { "as it is" };
        let mut all = vec![
            said("General", "1", "2019-05-01T08:00:00Z", "untouched"),
            said("General", "2", "2019-05-01T08:00:01Z", words),
            said("General", "3", "2019-05-01T08:00:02Z", "an answer"),
        ];
        all[2].reply_to = Some(all[1].id.clone());
        if point == 1 {
            // In the millisecond of the first: whatever is planned later moves, and that one does not.
            let mut late = said("General", "4", "2019-05-01T08:00:00Z", "came later");
            late.author = BEN;
            all.push(late);
        }
        let mut entries: Vec<_> = all.iter().map(|one| message_entry(writer, one)).collect();
        entries.push(plain_entry(writer, TeamsKind::Team, "team", &team));
        entries
    });
}

#[test]
fn a_message_that_two_others_release_is_written_in_the_time_that_the_plan_kept_for_it() {
    let case = fresh();
    write_window(&case);
    mapped(&case, &format!("{TEAM},team:Quay 7\n"));
    case.plan();
    assert_eq!(case.restore().status.code(), Some(3));
    let events = case.events("bundle-of-window");
    let held = ["added-in-breach-window", "changed-in-breach-window"];
    assert_eq!(
        reasons(&events, "ItemHeld/1"),
        held,
        "{:#?}",
        troubles(&events)
    );
    let posts = |case: &Case| -> Vec<(String, String, Option<i64>)> {
        let posts = thread(case, "General").posts;
        let of = posts.iter();
        of.map(|post| (post.created.clone(), post.content.clone(), post.reply_to))
            .collect()
    };
    let own = |created: &str, content: &str| {
        let created = format!("2019-05-01T08:00:0{created}Z");
        (created, content.to_owned(), None)
    };
    // What the message was before the window stands in its own time, and what answers it stands below that.
    let untouched = own("0.000", "untouched");
    let as_it_was = own("1.000", "as it was");
    let answer = (Some(1_556_697_601_000), own("2.000", "an answer"));
    let answer = (answer.1.0, answer.1.1, answer.0);
    let before = [untouched.clone(), as_it_was.clone(), answer.clone()];
    assert_eq!(posts(&case), before);

    two_approvers(&case);
    for reason in held {
        release(&case, reason);
    }
    let ended = case.restore();
    let said = String::from_utf8_lossy(&ended.stderr);
    let events = case.events("bundle-of-release");
    let failed = reasons(&events, "ItemFailed/1");
    assert_eq!(failed, [""; 0], "{:#?}", troubles(&events));
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let all = [
        untouched,
        own("0.001", "came later"),
        as_it_was,
        own("1.001", "as it is"),
        answer,
    ];
    assert_eq!(posts(&case), all);
    let general = thread(&case, "General");
    assert!(!general.is_migrating, "it is closed again");
    let moved = events.iter().filter(|event| {
        let transforms = &event["data"]["transforms"];
        event["type"] == "ItemRestored/1" && transforms.to_string().contains("chat-time-moved/1")
    });
    assert_eq!(moved.count(), 2, "declared for both that were moved");
    case.done("reconcile CASE");
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn an_answer_to_a_message_that_is_held_is_held_with_it_and_comes_when_both_are_released() {
    let clamd = FakeClamd::start(Mood::Looks);
    let case = with_answer(&String::from_utf8(eicar()).expect("a text"));
    restore_with(&case, &clamd, 3);
    let held = ["answers-held-message", "content-malware"];
    expect_held(&case, "bundle-of-gate", &held);
    two_approvers(&case);
    // Alone it has nothing to stand below.
    release_by(&case, "answers-held-message", "@alone.request");
    restore_with(&case, &clamd, 3);
    let again = ["answers-held-message", held[0], held[1]];
    expect_held(&case, "bundle-of-answer", &again);
    release_by(&case, "answers-held-message", "@answer.request");
    release_by(&case, "content-malware", "@root.request");
    restore_with(&case, &clamd, 0);
    expect_whole_thread(&case);
}

#[test]
fn an_answer_to_a_message_that_no_scanner_saw_waits_with_it_for_the_next_run() {
    let silent = FakeClamd::start(Mood::SilentOn("Have a look"));
    let case = with_answer("Have a look");
    restore_with(&case, &silent, 3);
    let held = ["content-not-scanned"; 2];
    expect_held(&case, "bundle-of-silence", &held);
    // As long as it is not seen, nothing new is said.
    restore_with(&case, &silent, 3);
    expect_held(&case, "bundle-of-more-silence", &held);
    let clamd = FakeClamd::start(Mood::Looks);
    restore_with(&case, &clamd, 0);
    expect_whole_thread(&case);
}
