//! Teams, chats and messages: Graph's JSON is read, a message is made fit, and what fits is compared with itself.

use crate::domain::teams::compare::compare;
use crate::domain::teams::fit::fit;
use crate::domain::teams::links::Links;
use crate::domain::teams::{Hosted, People, PlannedPost, Schedule, TeamsItem};
use crate::sources::teams;

/// Reads bytes as a team, a chat or a message; plans what was read and makes a message fit.
pub fn teams_item(bytes: &[u8]) {
    match teams::read(bytes) {
        Ok(TeamsItem::Team(team)) => {
            let pair = |name: &str| (name.to_owned(), format!("new-{name}"));
            let people = People::new(["a", "b", "teams:stand-in"].map(pair));
            let (planned, _) = Schedule::new(people, None).team(&team, "mark", false);
            let in_source = |user: &str| user.strip_prefix("new-").is_some();
            assert!(planned.members.iter().all(|one| in_source(&one.user)));
            let kinds = team.channels.iter().map(|one| one.membership.name());
            let same = kinds
                .zip(&planned.channels)
                .all(|(kind, one)| kind == one.membership);
            assert!(same, "nobody sees more than before");
        }
        Ok(TeamsItem::Message(mut message)) => {
            message.hosted = vec![Hosted {
                id: "1".to_owned(),
                content_type: "image/png".to_owned(),
                content: vec![1],
            }];
            let planned = PlannedPost {
                channel: String::new(),
                at: "2024-01-01T00:00:00.000Z".to_owned(),
                author: "new-a".to_owned(),
                stand_in: message.content.len() % 2 == 0,
                shift_ms: 0,
                reply_to: String::new(),
                orphan: false,
            };
            let place = |old: &str, new: &str| (old.to_owned(), new.to_owned());
            let places = [place(
                "https://old.sharepoint.com/sites/q",
                "https://new.example/q",
            )];
            let links = Links::new(places, "0ld");
            let Some(made) = fit(*message, &planned, &links) else {
                return;
            };
            let compared = compare(&made.post, &made.post);
            assert!(compared.differing.is_empty(), "{compared:?}");
            assert!(made.links.moved.iter().all(|old| old.contains("://")));
        }
        Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Pieces of real messages, in any order.
    const PIECES: [&str; 16] = [
        "<at id=\"0\">",
        "</at>",
        "<attachment id=\"1\">",
        "</attachment>",
        "<img src=\"https://graph.microsoft.com/x/hostedContents/1/$value\"",
        "<a href='https://old.sharepoint.com/sites/q/%2e%2e/x?d=1'>",
        "<a href=https://OLD.sharepoint.com/sites/Q/a>",
        "</a>",
        "<!--",
        "-->",
        ">",
        "\"",
        "'",
        "<",
        "ü & text",
        "<emoji alt=\"x\">",
    ];

    proptest! {
        #[test]
        fn no_bytes_and_no_pieces_are_a_danger(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            pieces in proptest::collection::vec(0..PIECES.len(), 0..30),
            is_html in any::<bool>(),
        ) {
            teams_item(&bytes);
            let content: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            let kind = if is_html { "html" } else { "text" };
            let message = json!({
                "id": "1", "messageType": "message", "createdDateTime": "2024-01-01T00:00:00Z",
                "from": {"user": {"id": "a", "displayName": "<A>"}},
                "body": {"contentType": kind, "content": content},
                "attachments": [{"id": "1", "contentType": "reference", "contentUrl": content}],
            });
            teams_item(message.to_string().as_bytes());
        }
    }
}
