//! One and no other: what the tenant accepted without our hearing of it is not made again, and what looks alike stays apart.

use std::time::Duration;

use m365_simulator::FaultKind;
use serde_json::json;
use unbroken::sources::archive::index::TeamsKind;
use unbroken_verify::VerdictKind;

use super::world::{
    ADA, BEN, channel, fresh, member, message_entry, plain_entry, planned, said, shot, thread,
    write_archive, write_archives,
};
use crate::case::Case;
use crate::crashes::expect_explained;

const TWINS: [&str; 2] = ["quay7@old.example", "quay-seven@old.example"];
const CHATS: [&str; 2] = ["chat 19:crane@thread.v2", "chat 19:winch@thread.v2"];

/// Teams of one name, of which the source does not say when they were made.
fn write_teams(case: &Case, owners: &[&str]) {
    write_archives(case, owners, |writer, number| {
        let mut general = channel("General", "standard", &json!([]));
        general["createdDateTime"] = json!(null);
        let team = json!({
            "id": format!("old-{number}"), "displayName": "Quay 7", "visibility": "private",
            "internalId": general["id"], "members": [member(ADA, &["owner"]), member(BEN, &[])],
            "channels": [general],
        });
        let text = format!("of team {number}");
        let said = said("General", "1", "2023-05-01T08:00:00Z", &text);
        vec![
            message_entry(writer, &said),
            plain_entry(writer, TeamsKind::Team, "team", &team),
        ]
    });
}

/// Chats of the same people about the same.
fn write_chats(case: &Case) {
    write_archives(case, &CHATS, |writer, number| {
        let members = [member(ADA, &["owner"]), member(BEN, &["owner"])];
        let chat = json!({
            "id": CHATS[number], "chatType": "group", "topic": "Crane", "members": members,
            "createdDateTime": "2022-01-01T00:00:00Z",
        });
        let text = format!("of chat {number}");
        let said = said("", "1", "2023-05-01T08:00:00Z", &text);
        vec![
            message_entry(writer, &said),
            plain_entry(writer, TeamsKind::Team, "chat", &chat),
        ]
    });
}

/// Kills it when the tenant has carried out a request whose answer it will not hear.
fn kill_behind(case: &Case, path: &str) {
    kill_restore_behind(case, path, "");
}

fn kill_restore_behind(case: &Case, path: &str, more: &str) {
    case.inspect().arm(shot("POST", path, FaultKind::Hold));
    let mut child = case.start(&format!("restore CASE --source SOURCE TARGET {more}"));
    while case.inspect().held() == 0 {
        assert!(child.try_wait().expect("asked").is_none(), "it works");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    case.inspect().disarm();
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn expect_restored(case: &Case, more: &str) {
    let ended = case.run(&format!("restore CASE --source SOURCE TARGET {more}"));
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{stderr}");
    expect_explained(case);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// What stands in each conversation, sorted: one message each.
fn texts(case: &Case) -> Vec<String> {
    let threads = case.inspect().threads().into_iter();
    let texts = threads.map(|one| {
        assert_eq!(
            (one.posts.len(), one.imported, one.is_migrating),
            (1, 1, false)
        );
        assert_eq!(one.members.len(), 2);
        one.posts[0].content.clone()
    });
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

#[test]
fn a_team_that_was_accepted_is_not_made_again_although_no_list_shows_it_yet() {
    let case = fresh();
    write_teams(&case, &TWINS[..1]);
    case.inspect().set_team_lag(2, 2);
    planned(&case, &format!("{},team:a\n", TWINS[0]));
    kill_behind(&case, "/teams");
    expect_restored(&case, "");
    assert_eq!(case.inspect().teams(), ["Quay 7"]);
    assert_eq!(texts(&case), ["of team 0"]);

    let case = fresh();
    write_teams(&case, &TWINS[..1]);
    case.inspect().set_team_lag(2, 2);
    planned(&case, &format!("{},team:a\n", TWINS[0]));
    // The program lives on; only the answer is lost.
    case.inspect()
        .arm(shot("POST", "/teams", FaultKind::DropAfter));
    expect_restored(&case, "");
    assert_eq!(case.inspect().teams(), ["Quay 7"]);
}

#[test]
fn what_a_second_try_left_is_waited_for_from_that_one_on() {
    let case = fresh();
    write_teams(&case, &TWINS[..1]);
    case.inspect().set_team_lag(4, 0);
    planned(&case, &format!("{},team:a\n", TWINS[0]));
    // The first is answered with 504 and not carried out: it is waited for, then tried again. Of that one nobody hears.
    case.inspect()
        .arm(shot("POST", "/teams", FaultKind::GatewayTimeout));
    kill_restore_behind(&case, "/teams", "--without-quotas");
    let events = case.events("bundle-of-tries");
    let of = |kind: &str| events.iter().filter(|one| one["type"] == kind).count();
    assert_eq!((of("FolderAttempted/1"), of("FolderReady/1")), (2, 0));
    expect_restored(&case, "--without-quotas");
    assert_eq!(case.inspect().teams(), ["Quay 7"]);
    assert_eq!(texts(&case), ["of team 0"]);
}

#[test]
fn a_group_that_others_made_meanwhile_is_not_taken_for_the_team() {
    let case = fresh();
    write_teams(&case, &TWINS[..1]);
    // A team of the same name stands there already, and keeps its own.
    case.inspect().plant_team("Quay 7", &["ben@clean.example"]);
    planned(&case, &format!("{},team:a\n", TWINS[0]));
    kill_behind(&case, "/teams");
    assert!(case.restore().status.success());
    assert_eq!(case.inspect().teams(), ["Quay 7"; 2]);
    let posts = case
        .inspect()
        .threads()
        .into_iter()
        .map(|one| one.posts.len());
    assert_eq!(posts.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn two_teams_of_one_name_and_no_date_stay_two() {
    for is_killed in [false, true] {
        let case = fresh();
        write_teams(&case, &TWINS);
        case.inspect().set_team_lag(0, 1);
        planned(
            &case,
            &format!("{},team:a\n{},team:b\n", TWINS[0], TWINS[1]),
        );
        if is_killed {
            kill_behind(&case, "/teams");
        }
        // Of the other one nobody may have heard: it is not waited for as long as a tenant may take.
        expect_restored(&case, "--without-quotas");
        assert_eq!(case.inspect().teams(), ["Quay 7"; 2]);
        assert_eq!(texts(&case), ["of team 0", "of team 1"]);
    }
}

#[test]
fn two_chats_of_the_same_people_about_the_same_stay_two() {
    for is_killed in [false, true] {
        let case = fresh();
        write_chats(&case);
        planned(
            &case,
            &format!("{},chat:a\n{},chat:b\n", CHATS[0], CHATS[1]),
        );
        if is_killed {
            kill_behind(&case, "/chats");
        }
        // Of the other one nobody may have heard: it is not waited for as long as a tenant may take.
        expect_restored(&case, "--without-quotas");
        assert_eq!(texts(&case), ["of chat 0", "of chat 1"]);
    }
}

#[test]
fn a_team_that_was_renamed_between_two_runs_is_still_the_one_on_record() {
    let case = fresh();
    write_archive(&case, TWINS[0], |writer| {
        let general = channel("General", "standard", &json!([]));
        let crane = channel("Crane", "standard", &json!([]));
        let team = json!({
            "id": "old", "displayName": "Quay 7", "visibility": "private",
            "internalId": general["id"], "members": [member(ADA, &["owner"]), member(BEN, &[])],
            "channels": [general, crane],
        });
        let mut entries = vec![plain_entry(writer, TeamsKind::Team, "team", &team)];
        for (id, at) in [("1", "2023-05-01T08:00:00Z"), ("2", "2025-12-30T08:00:00Z")] {
            let said = said("Crane", id, at, "hoist");
            entries.push(message_entry(writer, &said));
        }
        entries
    });
    super::world::mapped(&case, &format!("{},team:a\n", TWINS[0]));
    case.done("plan make CASE --source SOURCE --recent-days 30");
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
    // Its people are in it after the first wave, and rename it before the second.
    kill_behind(&case, "/startMigration");
    assert!(case.inspect().rename_team("Quay 7", "Quay Seven"));
    assert!(
        case.inspect()
            .rename_channel("Quay Seven", "Crane", "Hoists")
    );
    expect_restored(&case, "");
    assert_eq!(case.inspect().teams(), ["Quay Seven"]);
    let hoists = thread(&case, "Hoists");
    assert_eq!((hoists.posts.len(), hoists.imported), (2, 2));
}
