//! One message that cannot be read any more stands in the plan as such, and the others are planned.

use std::io::Read;

use serde_json::json;

use super::*;
use crate::domain::item::{CustodianName, RestorePointId, SourceItem};
use crate::domain::message::Message;
use crate::domain::plan::Decision;
use crate::domain::teams::{ChatMessage, Kind, Outline, Person, Team};
use crate::sources::{Items, SourceDescription, SourceError};

/// A chat of two, of which one message is cut.
struct Cut;

fn broken(item: &SourceItem) -> SourceError {
    SourceError::Invalid {
        path: item.locator.clone(),
        place: "bytes".to_owned(),
        rule: "as the index says".to_owned(),
    }
}

fn person(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        ..Person::default()
    }
}

impl Source for Cut {
    fn description(&self) -> &SourceDescription {
        unreachable!("it was read before")
    }

    fn items(&self, _: &RestorePointId, _: &CustodianName) -> Result<Items<'_>, SourceError> {
        unreachable!("they were listed before")
    }

    fn message(&self, item: &SourceItem) -> Result<Message, SourceError> {
        Err(broken(item))
    }

    fn file(&self, item: &SourceItem) -> Result<Box<dyn Read + Send>, SourceError> {
        Err(broken(item))
    }

    fn teams_item(&self, item: &SourceItem) -> Result<TeamsItem, SourceError> {
        let member = |id: &str| crate::domain::teams::Member {
            person: person(id),
            is_owner: false,
            is_outside: false,
        };
        match &*item.stable_id {
            "cut" => Err(broken(item)),
            "chat" => Ok(TeamsItem::Team(Box::new(Team {
                kind: Kind::OneOnOne,
                members: vec![member("ada"), member("ben")],
                ..Team::default()
            }))),
            id => Ok(TeamsItem::Message(Box::new(ChatMessage {
                outline: Outline {
                    author: person("ada"),
                    created: "2024-02-01T00:00:00Z".parse().ok(),
                    id: id.to_owned(),
                    ..Outline::default()
                },
                ..ChatMessage::default()
            }))),
        }
    }
}

fn row(id: &str, decision: &str) -> PlanRow {
    let row = json!({
        "item": id, "key": "ab".repeat(32), "workload": "teams", "stable_id": id, "version": "",
        "locator": id, "point": "1", "custodian": "chat", "folder": {"root": "teams", "below": []},
        "name": id, "target_name": "", "size": 1, "digest": "cd".repeat(32), "created": "",
        "modified": "", "decision": decision, "reason": "", "pre_breach": "no-window", "wave": 1,
    });
    serde_json::from_value(row).expect("a row")
}

#[test]
fn a_message_that_was_cut_since_it_was_listed_is_named_and_stops_no_other() {
    let pair = |name: &str| (name.to_owned(), format!("new-{name}"));
    let mut plan = TeamsPlan {
        source: &Cut,
        schedule: Schedule::new(People::new(["ada", "ben"].map(pair)), None),
        target: "chat:new".to_owned(),
    };
    let mut rows = [
        row("chat", "restore"),
        row("cut", "restore"),
        row("cut", "skip"),
        row("said", "restore"),
    ];
    plan.complete(&mut rows, &HashMap::new());
    let decided = rows.each_ref().map(|row| (row.decision, &*row.reason));
    assert_eq!(
        decided,
        [
            (Decision::Restore, ""),
            (Decision::Unreadable, "unreadable"),
            (Decision::Skip, ""),
            (Decision::Restore, ""),
        ]
    );
    assert!(rows[3].post.is_some());
}
