//! Section Q on teams and chats: who came in by the map of people, and who is in one whom the plan does not name.

use super::super::Gathered;
use super::super::cover::fact;
use crate::projections::access::OfTeam;
use crate::reports::document::Table;

/// One row for each team and chat that was begun.
pub(super) fn counted(gathered: &Gathered) -> Table {
    let rows = gathered.access.teams.iter().map(|(name, of)| {
        let mut row = vec![gathered.custodian(name)];
        match &of.attempted {
            None => row.extend(["not at its end yet"; 2].map(str::to_owned)),
            Some((_, data)) => row.extend([data.members, data.left_out].map(|n| n.to_string())),
        }
        row.extend(read_back(of));
        row
    });
    Table {
        id: "access-teams",
        caption: "Who is in which team or chat, read back when its conversations were whole"
            .to_owned(),
        columns: vec![
            "Team or chat",
            "Planned",
            "Left out",
            "Kept",
            "Lost",
            "Gained",
            "Steps failed",
            "Own channels read",
            "Entry",
        ],
        rows: rows.collect(),
    }
}

fn read_back(of: &OfTeam) -> Vec<String> {
    let Some((index, data, _)) = &of.completed else {
        return vec!["not known".to_owned(); 6];
    };
    let is_unread = data.channels.is_none() && data.failed > 0;
    let people = [data.kept, data.lost, data.gained].map(|count| {
        if is_unread {
            "not known".to_owned()
        } else {
            count.to_string()
        }
    });
    let channels = data
        .channels
        .map_or_else(|| "not read".to_owned(), |count| count.to_string());
    let rest = [data.failed.to_string(), channels, index.to_string()];
    people.into_iter().chain(rest).collect()
}

/// Who must be explained; nobody, where all is as planned.
pub(super) fn gained(gathered: &Gathered) -> Table {
    let rows = gathered.access.teams.iter().filter_map(|(name, of)| {
        let (index, data, facts) = of.completed.as_ref()?;
        let who = facts.gained.as_ref().map(|names| names.join("; "));
        (data.gained > 0).then(|| {
            vec![
                gathered.custodian(name),
                data.gained.to_string(),
                fact(gathered, who.as_ref()),
                index.to_string(),
            ]
        })
    });
    Table {
        id: "access-teams-gained",
        caption: "In a team or chat, or in a private or shared channel of it, and not in its \
                  plan: a leak until somebody explains it"
            .to_owned(),
        columns: vec!["Team or chat", "People", "Object ids", "Entry"],
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{issue, rows, script};
    use crate::domain::event::{
        Event, ItemAttempted, NoFacts, PinnedFacts, SourcePinned, TeamAttempted, TeamCompleted,
        TeamFacts,
    };
    use crate::projections::scripted::{Script, name};
    use crate::reports::document::Document;
    use crate::reports::report::{Edition, report};

    fn attempted() -> Event {
        let data = TeamAttempted {
            conversations: 2,
            left_out: 3,
            members: 12,
            plan: "p".to_owned(),
        };
        Event::TeamAttempted(Box::new(data), Box::default())
    }

    fn completed(channels: Option<u64>, failed: u64, gained: u64) -> Event {
        let data = TeamCompleted {
            channels,
            failed,
            gained,
            kept: 12,
            lost: 0,
            owners: 1,
        };
        let facts = TeamFacts {
            gained: (gained > 0).then(|| vec!["mallory-id in Secret".to_owned()]),
            ..TeamFacts::default()
        };
        Event::TeamCompleted(Box::new(data), Box::new(facts))
    }

    fn made(script: &Script, edition: Edition) -> Document {
        let made = report(script, &issue(edition, script.entries.len()));
        made.expect("nothing can go wrong")
    }

    fn access_of(document: &Document) -> String {
        rows(document, "access-by-custodian")[1][1].clone()
    }

    #[test]
    fn whoever_came_into_a_team_by_the_map_is_counted_and_nobody_is_said_to_be_alone() {
        let mut script = script();
        script.item("bob", attempted());
        let begun = made(&script, Edition::Full);
        let row = rows(&begun, "access-teams").remove(0);
        assert_eq!(row[..3], ["bob of old", "12", "3"]);
        assert!(row[3..].iter().all(|cell| cell == "not known"), "{row:?}");
        script.item("bob", completed(Some(1), 0, 1));
        let full = made(&script, Edition::Full);
        assert_eq!(access_of(&full), "unknown: only its members");
        let row = rows(&full, "access-teams").remove(0);
        assert_eq!(row[1..8], ["12", "3", "12", "0", "1", "0", "1"]);
        let gained = rows(&full, "access-teams-gained");
        assert_eq!(gained[0][..3], ["bob of old", "1", "mallory-id in Secret"]);
        let texts = full.texts().join("\n");
        assert!(!texts.contains("Nobody is let in by a restore alone"));
        let redacted = made(&script, Edition::Redacted);
        assert_eq!(rows(&redacted, "access-teams-gained")[0][1], "1");
        assert!(!redacted.texts().join("\n").contains("mallory"));
    }

    #[test]
    fn what_was_not_read_back_is_not_counted_as_nobody() {
        let mut script = script();
        script.item("bob", attempted());
        script.item("bob", completed(None, 2, 0));
        let row = rows(&made(&script, Edition::Full), "access-teams").remove(0);
        assert_eq!(row[3..6], ["not known"; 3].map(str::to_owned));
        assert_eq!(row[6..8], ["2", "not read"]);
        // A record of before the channels were asked: what it says of the team itself stands.
        script.item("bob", completed(None, 0, 0));
        let row = rows(&made(&script, Edition::Full), "access-teams").remove(0);
        assert_eq!(row[3..8], ["12", "0", "0", "0", "not read"]);
    }

    fn written(script: &mut Script) {
        let data = ItemAttempted {
            attempt: 1,
            item: name("a1"),
            plan: "p".to_owned(),
            release: None,
            wave: 1,
        };
        script.item(
            "ann",
            Event::ItemAttempted(Box::new(data), Box::new(NoFacts {})),
        );
    }

    #[test]
    fn what_was_written_before_there_were_gates_is_said_to_be() {
        let mut script = script();
        written(&mut script);
        written(&mut script);
        let pinned = SourcePinned {
            apps: 0,
            domains: 1,
            thumbprints: 0,
        };
        let entry = script.entries.len();
        let facts = Box::<PinnedFacts>::default();
        script.case(Event::SourcePinned(Box::new(pinned), facts));
        written(&mut script);
        let texts = |edition| made(&script, edition).texts().join("\n");
        for edition in [Edition::Full, Edition::Redacted] {
            let texts = texts(edition);
            assert!(
                texts.contains(&format!("by entry {entry}. From that entry on")),
                "{texts}"
            );
            assert!(
                texts.contains("2 attempts at items lie before it, under no gate"),
                "{texts}"
            );
        }
        let of_bob = texts(Edition::Custodian(name("bob")));
        assert!(
            of_bob.contains("no attempt at an item that this edition shows"),
            "{of_bob}"
        );
    }
}
