//! One team from its backup into the clean tenant: by the road of migration mode, and by the other where a channel is private.

use m365_simulator::{Exchange, FaultKind, StoredPost};
use serde_json::{Value, json};
use unbroken::sources::archive::index::{Entry, TeamsKind};
use unbroken_verify::VerdictKind;

use super::world::{
    ADA, BEN, EVE, FILES, Said, TEAM, channel, file_entry, fresh, member, message_entry,
    plain_entry, planned, reasons, said, shot, team, thread, troubles, write_archive,
};
use crate::case::Case;
use crate::fidelity::Row;

pub(super) const MAP: &str = "quay7@old.example,team:Quay 7\n";
const SAME: &str = "2023-05-01T08:00:00.000Z";

fn talk() -> Vec<Said> {
    let mut first = said(
        "General",
        "1682928000000",
        SAME,
        "Hello <at id=\"0\">Ben</at>",
    );
    first.more = json!({
        "reactions": [{"reactionType": "like"}], "subject": "The crane", "importance": "high",
    });
    let mut reply = said("General", "3", "2023-05-01T08:00:01.5Z", "<p>Yes</p>");
    (reply.author, reply.reply_to) = (BEN, Some(first.id.clone()));
    let mut gone = said("General", "4", "2023-05-01T08:00:02Z", "I was <b>here</b>");
    gone.author = EVE;
    let second = said("General", "2", SAME, "In the same millisecond");
    let mut shown = said(
        "Plans",
        "5",
        "2021-02-03T04:05:06.007Z",
        "<img src=\"https://graph.microsoft.com/v1.0/teams/t/channels/c/messages/5/hostedContents/img1/$value\">\
         <attachment id=\"f1\"></attachment> <a href=\"https://old-my.sharepoint.com/personal/x\">x</a>",
    );
    shown.images = vec![("img1", b"\x89PNG-not-really".to_vec())];
    shown.more = json!({"attachments": [{
        "id": "f1", "contentType": "reference", "name": "drawing.pdf",
        "contentUrl": format!("{FILES}/Plans/drawing.pdf"),
    }]});
    vec![first, reply, gone, second, shown]
}

pub(super) fn write(case: &Case, channels: &Value, more: impl FnOnce(&mut Vec<Said>)) {
    let mut all = talk();
    more(&mut all);
    write_archive(case, TEAM, |writer| {
        let mut entries: Vec<Entry> = all.iter().map(|one| message_entry(writer, one)).collect();
        let mut event = said(
            "General",
            "6",
            "2023-05-01T09:00:00Z",
            "<systemEventMessage/>",
        );
        event.more = json!({"messageType": "systemEventMessage"});
        entries.push(message_entry(writer, &event));
        entries.push(plain_entry(
            writer,
            TeamsKind::Tab,
            "tab",
            &json!({"displayName": "Wiki"}),
        ));
        entries.push(file_entry(writer, "Plans", "drawing.pdf"));
        entries.push(plain_entry(
            writer,
            TeamsKind::Team,
            "team",
            &team(channels),
        ));
        entries
    });
}

fn standard() -> Value {
    json!([
        channel("General", "standard", &json!([])),
        channel("Plans", "standard", &json!([]))
    ])
}

#[test]
fn a_team_comes_back_with_authors_times_replies_images_files_and_members() {
    let case = fresh();
    write(&case, &standard(), |_| ());
    // Who left is written for by a third person, with the name in the text.
    let extra = format!("{MAP}teams:stand-in,archive@clean.example\n");
    assert!(case.inspect().add_user("archive@clean.example", "archive"));
    case.inspect().set_team_settle(2);
    planned(&case, &extra);
    let ended = case.restore();
    // The tab waits for a person, and the restore says so.
    assert_eq!(
        ended.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let general = thread(&case, "General");
    let posts: Vec<_> = general
        .posts
        .iter()
        .map(|one| (&*one.created, &*one.author, &*one.content, one.reply_to))
        .collect();
    let (ada, ben) = ("ada@clean.example", "ben@clean.example");
    assert_eq!(
        posts,
        [
            ("2023-05-01T08:00:00.000Z", ada, "Hello @Ben", None),
            (
                "2023-05-01T08:00:00.001Z",
                ada,
                "In the same millisecond",
                None
            ),
            (
                "2023-05-01T08:00:01.500Z",
                ben,
                "<p>Yes</p>",
                Some(1_682_928_000_000)
            ),
            (
                "2023-05-01T08:00:02.000Z",
                "archive@clean.example",
                "<p><strong>Eve &lt;Gone&gt;</strong>:</p>I was <b>here</b>",
                None
            ),
        ]
    );
    expect_messages(&general.posts);
    expect_plans(&case);
    expect_record(&case);
}

/// What each property of the messages in General became.
fn expect_messages(posts: &[StoredPost]) {
    let [first, moved, reply, gone] = posts else {
        panic!("{posts:?}")
    };
    let subject = Row::kept("Teams and chats", "subject of a message");
    subject.is(&first.subject.as_deref(), &Some("The crane"));
    let importance = Row::kept("Teams and chats", "importance of a message");
    importance.is(&first.importance.as_deref(), &Some("high"));
    Row::kept("Teams and chats", "time of a message").is(&first.created, SAME);
    Row::kept("Teams and chats", "author of a message").is(&reply.author, "ben@clean.example");
    Row::kept("Teams and chats", "text of a message").is(&reply.content, "<p>Yes</p>");
    Row::kept("Teams and chats", "replies").is(&reply.reply_to, &Some(1_682_928_000_000));
    Row::declared("Teams and chats", "mentions").is(&first.content, "Hello @Ben");
    let later = Row::declared("Teams and chats", "two messages of one millisecond");
    later.is(&moved.created, "2023-05-01T08:00:00.001Z");
    let stand_in = Row::declared("Teams and chats", "author who is not mapped");
    stand_in.is(&gone.author, "archive@clean.example");
    stand_in.stands_in(&gone.content, "Eve &lt;Gone&gt;");
}

fn expect_plans(case: &Case) {
    let (general, plans) = (thread(case, "General"), thread(case, "Plans"));
    Row::kept("Teams and chats", "name of a team").is(&general.team, "Quay 7");
    let purpose = case.inspect().team_purpose("Quay 7");
    let is_for = Row::kept("Teams and chats", "purpose of a team");
    is_for.is(&purpose.as_deref(), &Some("All about the quay"));
    Row::declared("Teams and chats", "the channel General").is(&general.kind, "standard");
    Row::kept("Teams and chats", "standard channels").is(&plans.kind, "standard");
    let images = Row::kept("Teams and chats", "inline images");
    images.is(&plans.posts[0].images, &[b"\x89PNG-not-really".to_vec()]);
    let content = &plans.posts[0].content;
    assert!(
        content.contains("https://clean.sharepoint.com/sites/"),
        "{content}"
    );
    let hung = Row::declared("Teams and chats", "files that hang on messages");
    hung.stands_in(
        content,
        "/Shared%20Documents/Plans/drawing.pdf\">drawing.pdf</a>",
    );
    let links = Row::declared("Teams and chats", "links to the old tenant");
    links.holds(!content.contains("old.sharepoint.com"), content);
    for thread in [&general, &plans] {
        assert!(!thread.is_migrating);
        let people = ["ada@clean.example*", "ben@clean.example"].map(str::to_owned);
        Row::kept("Teams and chats", "members").is(&thread.members, &people.clone().into());
        Row::kept("Teams and chats", "owners").is(&thread.members, &people.into());
    }
    assert_eq!(case.inspect().is_team_migrating("Quay 7"), Some(false));
    let library = case
        .inspect()
        .channel_files("Quay 7", "Plans")
        .expect("a library");
    let files = case.inspect().files(&library);
    assert_eq!(files.len(), 1);
    Row::kept("Teams and chats", "files of channels").is(&files[0].path, "/Plans/drawing.pdf");
}

fn expect_record(case: &Case) {
    let events = case.events("bundle-of-team");
    Row::held("Teams and chats", "tabs").is(&reasons(&events, "ItemHeld/1"), &["team-tab"]);
    let skipped = reasons(&events, "ItemSkipped/1");
    Row::lost("Teams and chats", "events of the service").is(&skipped, &["team-event"]);
    let of = |kind: &str| -> Vec<&Value> {
        let of = events.iter().filter(|event| event["type"] == kind);
        of.map(|event| &event["data"]).collect()
    };
    let restored = of("ItemRestored/1");
    // The team, a file, five messages.
    assert_eq!(restored.len(), 7);
    let said: std::collections::BTreeSet<&str> = restored
        .iter()
        .flat_map(|one| one["transforms"].as_array().expect("a list"))
        .filter_map(Value::as_str)
        .collect();
    let expected = [
        "chat-author-stand-in/1",
        "chat-file-as-link/1",
        "chat-time-moved/1",
        "link-to-new-tenant/1",
        "mention-as-text/1",
        "team-dated-earlier/1",
        "team-made-private/1",
    ];
    assert_eq!(said, expected.into());
    let dated = Row::declared("Teams and chats", "date of a team");
    dated.holds(said.contains("team-dated-earlier/1"), &said);
    let visibility = Row::declared("Teams and chats", "visibility");
    visibility.holds(said.contains("team-made-private/1"), &said);
    let links = restored
        .iter()
        .filter(|one| one["links_moved"] == 1 && one["links_left"] == 1);
    assert_eq!(links.count(), 1);
    assert_eq!(
        (of("TeamAttempted/1").len(), of("TeamCompleted/1").len()),
        (1, 1)
    );
    let completed = of("TeamCompleted/1")[0];
    let expected =
        json!({"channels": 0, "failed": 0, "gained": 0, "kept": 2, "lost": 0, "owners": 1});
    assert_eq!(completed, &expected);
    assert_eq!(of("TeamAttempted/1")[0]["left_out"], 1);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

pub(super) fn with_secret() -> Value {
    let secret = json!([member(BEN, &["owner"]), member(EVE, &[])]);
    let shared = json!([member(ADA, &["owner"])]);
    json!([
        channel("General", "standard", &json!([])),
        channel("Plans", "standard", &json!([])),
        channel("Secret", "private", &secret),
        channel("Across", "shared", &shared),
    ])
}

pub(super) fn of_secret(all: &mut Vec<Said>) {
    let mut secret = said("Secret", "7", "2023-06-01T00:00:00Z", "for few");
    secret.author = BEN;
    all.push(secret);
    all.push(said("Across", "8", "2023-06-01T00:00:00Z", "for some"));
}

#[test]
fn a_member_who_is_not_read_back_is_looked_for_again_before_the_wave_closes() {
    let case = fresh();
    write(&case, &standard(), |_| ());
    planned(&case, MAP);
    case.inspect().hide_member("ben@clean.example");
    let ended = case.restore();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("is not in it"), "{stderr}");
    case.restore();
    let events = case.events("bundle-of-members");
    let of = |kind: &'static str| events.iter().filter(move |one| one["type"] == kind);
    let lost: Vec<_> = of("TeamCompleted/1")
        .map(|one| &one["data"]["lost"])
        .collect();
    assert_eq!(lost, [&json!(1), &json!(0)]);
    assert_eq!(of("WaveClosed/1").count(), 1);
    // With nothing open, nothing is completed once more.
    case.restore();
    let events = case.events("bundle-of-rest");
    let completed = events.iter().filter(|one| one["type"] == "TeamCompleted/1");
    assert_eq!(completed.count(), 2);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_private_channel_is_private_from_the_first_moment_on() {
    let case = fresh();
    write(&case, &with_secret(), of_secret);
    case.inspect().set_team_settle(2);
    planned(&case, MAP);
    let ended = case.restore();
    // One author is not mapped and nobody stands in: that message is held, and the restore says so.
    assert_eq!(
        ended.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let events = case.events("bundle-of-secret");
    assert_eq!(
        reasons(&events, "ItemFailed/1"),
        [""; 0],
        "{:#?}",
        troubles(&events)
    );
    let (secret, across) = (thread(&case, "Secret"), thread(&case, "Across"));
    Row::kept("Teams and chats", "private channels").is(&secret.kind, "private");
    Row::kept("Teams and chats", "shared channels").is(&across.kind, "shared");
    assert_eq!(secret.members, ["ben@clean.example*".to_owned()].into());
    assert_eq!(across.members, ["ada@clean.example*".to_owned()].into());
    assert_eq!((secret.posts.len(), across.posts.len()), (1, 1));
    assert!(case.inspect().threads().iter().all(|one| !one.is_migrating));
    assert_eq!(
        reasons(&events, "ItemHeld/1"),
        ["author-not-mapped", "team-tab"]
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// Between the import and the end of it somebody lets somebody into the private channel, who is not even in the team.
#[test]
fn whoever_got_into_a_private_channel_meanwhile_is_found() {
    let case = fresh();
    write(&case, &with_secret(), of_secret);
    assert!(case.inspect().add_user("mallory@clean.example", "mallory"));
    planned(&case, MAP);
    // Refused for good: the team is not at its end after the first run.
    let refused = shot("POST", "/completeMigration", FaultKind::Malware);
    case.inspect().arm(refused);
    assert!(!case.restore().status.success());
    let is_planted =
        case.inspect()
            .plant_channel_member("Quay 7", "Secret", "mallory@clean.example");
    assert!(is_planted);
    let ended = case.restore();
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("whom the plan does not name"), "{stderr}");
    let events = case.events("bundle-of-mallory");
    let mut of_team = events.iter().filter(|one| one["type"] == "TeamCompleted/1");
    let completed = &of_team.next_back().expect("an outcome")["data"];
    let expected = json!({
        "channels": 2, "failed": 0, "gained": 1, "kept": 2, "lost": 0, "owners": 1,
    });
    assert_eq!(completed, &expected);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_channel_that_others_see_is_never_written_into() {
    let case = fresh();
    write(&case, &with_secret(), of_secret);
    let id = case
        .inspect()
        .plant_team("Quay new", &["ben@clean.example"]);
    // The private channel's namesake, which all of the team see.
    assert!(
        case.inspect()
            .plant_channel("Quay new", "secret", "standard")
    );
    planned(&case, &format!("quay7@old.example,team:{id}\n"));
    assert!(!case.restore().status.success());
    let planted = thread(&case, "secret");
    assert_eq!((planted.posts.len(), planted.imported), (0, 0));
    let events = case.events("bundle-of-namesake");
    // The message, and the team, which lacks a channel.
    let failed = reasons(&events, "ItemFailed/1");
    assert_eq!(failed, ["target-refused"; 2], "{:#?}", troubles(&events));
    assert_eq!(
        thread(&case, "Plans").posts.len(),
        1,
        "the others are there"
    );
}

#[test]
fn a_team_that_is_there_is_migrated_into_and_keeps_its_people() {
    let case = fresh();
    write(&case, &standard(), |_| ());
    let id = case
        .inspect()
        .plant_team("Quay new", &["ben@clean.example"]);
    planned(&case, &format!("quay7@old.example,team:{id}\n"));
    let ended = case.restore();
    assert_eq!(
        ended.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let general = thread(&case, "General");
    assert_eq!((&*general.team, general.posts.len()), ("Quay new", 3));
    assert_eq!(
        general.members,
        [
            "ada@clean.example*".to_owned(),
            "ben@clean.example*".to_owned()
        ]
        .into()
    );
    assert!(!general.is_migrating);
}

#[test]
fn a_team_that_others_are_in_is_never_written_into() {
    let case = fresh();
    write(&case, &standard(), |_| ());
    assert!(case.inspect().add_user("mallory@clean.example", "mallory"));
    let id = case
        .inspect()
        .plant_team("Quay new", &["mallory@clean.example"]);
    planned(&case, &format!("quay7@old.example,team:{id}\n"));
    assert!(!case.restore().status.success());
    let events = case.events("bundle-of-others");
    let failed = reasons(&events, "ItemFailed/1");
    assert!(
        !failed.is_empty() && failed.iter().all(|one| one == "target-refused"),
        "{failed:?}"
    );
    assert!(
        case.inspect()
            .threads()
            .iter()
            .all(|one| one.posts.is_empty())
    );
}

#[test]
fn what_stands_in_a_millisecond_decides_whose_message_it_is() {
    let case = fresh();
    write(&case, &standard(), |_| ());
    let id = case
        .inspect()
        .plant_team("Quay new", &["ben@clean.example"]);
    assert!(
        case.inspect()
            .plant_post("Quay new", "General", 1_682_928_000_000, "somebody else's")
    );
    planned(&case, &format!("quay7@old.example,team:{id}\n"));
    // The answer to an import is lost: what is found afterwards is ours, and stands there once.
    case.inspect()
        .arm(shot("POST", "/messages", FaultKind::DropAfter));
    assert!(!case.restore().status.success());
    let events = case.events("bundle-of-taken");
    // The reply's parent is not there, so the reply is not written elsewhere.
    let failed = reasons(&events, "ItemFailed/1");
    let expected = ["answered-message-not-restored", "time-taken"];
    assert_eq!(failed, expected, "{:#?}", troubles(&events));
    let general = thread(&case, "General");
    assert_eq!(general.posts[0].content, "somebody else's");
    assert_eq!((general.posts.len(), general.imported), (2, 1));
    assert!(general.posts.iter().all(|one| one.reply_to.is_none()));
}

/// What was asked and answered on both roads.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let mut all = Vec::new();
    for channels in [standard(), with_secret()] {
        let case = fresh();
        write(&case, &channels, |_| ());
        case.inspect().record_exchanges();
        planned(&case, MAP);
        case.restore();
        all.extend(case.inspect().exchanges());
    }
    all.extend(super::chats::exchanges());
    all
}
