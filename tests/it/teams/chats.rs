//! Chats: made with exactly those who are mapped, migrated into afterwards.

use m365_simulator::Exchange;
use serde_json::{Value, json};
use unbroken::sources::archive::index::TeamsKind;

use super::world::{
    ADA, BEN, EVE, fresh, member, message_entry, plain_entry, planned, reasons, said, thread,
    write_archive,
};
use crate::case::Case;
use crate::fidelity::Row;

const CHAT: &str = "chat 19:crane@thread.v2";

fn chat(kind: &str, people: &[&str]) -> Value {
    let members: Vec<Value> = people.iter().map(|id| member(id, &["owner"])).collect();
    json!({
        "id": "19:crane@thread.v2", "chatType": kind, "topic": "Crane",
        "createdDateTime": "2022-01-01T00:00:00Z", "members": members,
    })
}

fn restored(kind: &str, people: &[&str]) -> (Case, Option<i32>) {
    let case = fresh();
    write_archive(&case, CHAT, |writer| {
        let mut second = said("", "1682928000001", "2023-05-01T08:00:00.001Z", "And you?");
        second.author = BEN;
        vec![
            message_entry(writer, &second),
            message_entry(
                writer,
                &said("", "1682928000000", "2023-05-01T08:00:00Z", "Well"),
            ),
            plain_entry(writer, TeamsKind::Team, "chat", &chat(kind, people)),
        ]
    });
    case.inspect().record_exchanges();
    planned(&case, &format!("{CHAT},chat:crane\n"));
    let ended = case.restore();
    (case, ended.status.code())
}

pub(super) fn exchanges() -> Vec<Exchange> {
    let (case, _) = restored("group", &[ADA, BEN]);
    case.inspect().exchanges()
}

#[test]
fn a_chat_of_two_and_one_of_more_come_back_to_those_who_were_in_it() {
    let both = ["ada@clean.example*", "ben@clean.example*"].map(str::to_owned);
    let two = Row::kept("Teams and chats", "chats of two");
    let more = Row::kept("Teams and chats", "chats of more");
    for (row, kind, people, name) in [
        (two, "oneOnOne", &[ADA, BEN][..], ""),
        (more, "group", &[ADA, BEN, EVE], "Crane"),
    ] {
        let (case, code) = restored(kind, people);
        assert_eq!(code, Some(0), "{kind}");
        let chat = thread(&case, name);
        assert_eq!((&*chat.kind, chat.is_migrating), (kind, false));
        assert_eq!(chat.members, both.clone().into());
        let posts: Vec<(&str, &str)> = chat
            .posts
            .iter()
            .map(|one| (&*one.author, &*one.content))
            .collect();
        let expected = [
            ("ada@clean.example", "Well"),
            ("ben@clean.example", "And you?"),
        ];
        row.is(&posts, &expected);
        let events = case.events("bundle-of-chats");
        let is_dated = events.iter().any(|event| {
            let transforms = event["data"]["transforms"].to_string();
            transforms.contains("team-dated-earlier/1")
        });
        // A chat of two is known by who is in it, and needs no moment of its own.
        let dated = Row::declared("Teams and chats", "date of a chat");
        dated.holds(is_dated == (kind == "group"), &kind);
    }
}

#[test]
fn a_chat_of_two_of_whom_one_is_gone_is_held() {
    let (case, code) = restored("oneOnOne", &[ADA, EVE]);
    assert_eq!(code, Some(3));
    assert!(case.inspect().threads().is_empty());
    let events = case.events("bundle-of-chat");
    let held = Row::held("Teams and chats", "chat of two of whom one is not mapped");
    held.is(
        &reasons(&events, "ItemHeld/1"),
        &["chat-partner-not-mapped"; 3],
    );
}
