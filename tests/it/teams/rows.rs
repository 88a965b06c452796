//! What of a conversation Teams takes otherwise, or not at all: each is declared, held or named as docs/fidelity.md says.

use serde_json::{Value, json};
use unbroken::domain::teams::fit::fit;
use unbroken::domain::teams::links::Links;
use unbroken::domain::teams::{ChatMessage, Hosted, PlannedPost};
use unbroken::sources::archive::index::{Entry, TeamsKind};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::world::{
    ADA, BEN, EVE, Said, TEAM, channel, fresh, member, message_entry, plain_entry, planned,
    reasons, said, team, thread, troubles, write_archives,
};
use crate::fidelity::Row;

const MEETING: &str = "chat 19:meeting@thread.v2";

fn messages() -> Vec<Said> {
    let mut full = said("General", "1", "2023-05-01T08:00:00Z", "Well");
    full.more = json!({
        "reactions": [{"reactionType": "like"}], "lastEditedDateTime": "2023-05-01T09:00:00Z",
        "attachments": [
            {"id": "c", "contentType": "application/vnd.microsoft.card.adaptive"},
            {"id": "q", "contentType": "messageReference"},
        ],
    });
    let mut orphan = said("General", "2", "2023-05-01T08:00:01Z", "And you?");
    orphan.reply_to = Some("404".to_owned());
    let large = said(
        "General",
        "3",
        "2023-05-01T08:00:02Z",
        &"x".repeat(28 << 10),
    );
    let mut deleted = said("General", "4", "2023-05-01T08:00:03Z", "");
    deleted.more = json!({"deletedDateTime": "2023-05-01T09:00:00Z"});
    let of_nobody = said("Lost", "5", "2023-05-01T08:00:04Z", "for few");
    vec![full, orphan, large, deleted, of_nobody]
}

fn of_team(writer: &mut ArchiveWriter) -> Vec<Entry> {
    let channels = json!([
        channel("General", "standard", &json!([])),
        channel("Lost", "private", &json!([member(EVE, &["owner"])])),
    ]);
    let messages = messages();
    let mut entries: Vec<Entry> = messages
        .iter()
        .map(|one| message_entry(writer, one))
        .collect();
    let app = json!({"teamsApp": {"displayName": "Planner"}});
    entries.push(plain_entry(writer, TeamsKind::App, "app", &app));
    entries.push(plain_entry(
        writer,
        TeamsKind::Team,
        "team",
        &team(&channels),
    ));
    entries
}

fn of_meeting(writer: &mut ArchiveWriter) -> Vec<Entry> {
    let people = [ADA, BEN].map(|id| member(id, &["owner"]));
    let chat = json!({
        "id": "19:meeting@thread.v2", "chatType": "meeting", "topic": "Weekly",
        "createdDateTime": "2022-01-01T00:00:00Z", "members": people,
    });
    vec![plain_entry(writer, TeamsKind::Team, "chat", &chat)]
}

#[test]
fn what_of_a_conversation_has_no_place_is_declared_held_or_named() {
    let case = fresh();
    write_archives(&case, &[TEAM, MEETING], |writer, number| match number {
        0 => of_team(writer),
        _ => of_meeting(writer),
    });
    planned(
        &case,
        &format!("{TEAM},team:Quay 7\n{MEETING},chat:weekly\n"),
    );
    assert_eq!(case.restore().status.code(), Some(3));
    let events = case.events("bundle-of-rows");
    let general = thread(&case, "General");
    let orphan = general.posts.iter().find(|one| one.content == "And you?");
    let alone = Row::declared("Teams and chats", "reply to what is not restored");
    alone.is(&orphan.expect("restored").reply_to, &None);
    let restored: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "ItemRestored/1")
        .map(|event| &event["data"])
        .collect();
    let said = serde_json::to_string(&restored).expect("JSON");
    alone.stands_in(&said, "reply-as-message/1");
    Row::lost("Teams and chats", "reactions").stands_in(&said, "reactions: an import takes none");
    Row::lost("Teams and chats", "cards").stands_in(&said, "card: an import takes none");
    let quotes = Row::lost("Teams and chats", "quotes");
    quotes.stands_in(&said, "quoted message: an import takes none");
    let history = Row::lost("Teams and chats", "edit history");
    history.stands_in(&said, "edit history: an import takes none");
    let held = reasons(&events, "ItemHeld/1");
    let expected = ["channel-without-owner", "chat-text-too-large", "team-app"];
    for row in [
        Row::held("Teams and chats", "private channel that nobody owns"),
        Row::held("Teams and chats", "text of over 27 KB"),
        Row::held("Teams and chats", "apps"),
    ] {
        row.is(&held, &expected);
    }
    let skipped = reasons(&events, "ItemSkipped/1");
    let deleted = Row::lost("Teams and chats", "deleted messages");
    deleted.is(&skipped, &["deleted-chat-message"]);
    let failed = reasons(&events, "ItemFailed/1");
    let meetings = Row::lost("Teams and chats", "chats of meetings");
    meetings.holds(failed == ["meeting-chat"], &(failed, troubles(&events)));
    let threads = case.inspect().threads();
    meetings.holds(threads.iter().all(|one| one.name != "Weekly"), &threads);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn images_that_are_too_large_for_one_request_stay_in_the_backup_by_name() {
    let image = |id: &str, size: usize| Hosted {
        id: id.to_owned(),
        content_type: "image/png".to_owned(),
        content: vec![u8::try_from(id.len()).expect("short"); size],
    };
    let shown = |id: &str| format!("<img src=\"https://x/hostedContents/{id}/$value\">");
    let message = ChatMessage {
        is_html: true,
        content: shown("large") + &shown("small"),
        hosted: vec![image("large", 5_000_000), image("small", 9)],
        ..ChatMessage::default()
    };
    let planned = PlannedPost {
        channel: String::new(),
        at: "2024-01-02T03:04:05.006Z".to_owned(),
        author: ADA.to_owned(),
        stand_in: false,
        shift_ms: 0,
        reply_to: String::new(),
        orphan: false,
    };
    let made = fit(message, &planned, &Links::new([], "")).expect("a time");
    let row = Row::declared(
        "Teams and chats",
        "inline images of over 2.8 MB in one message",
    );
    row.stands_in(&made.post.content, "[image]<img ");
    row.is(&made.post.hosted.len(), &1);
    row.stands_in(
        &format!("{:?}", made.deltas),
        "more than Teams takes in one message; it stays in the backup",
    );
}
