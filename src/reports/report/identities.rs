//! Identities in section Q: which users and groups were made, which guests invited, which are left to people and why, and how
//! users came in.

use std::collections::BTreeMap;

use super::super::document::{Block, Table};
use super::cover::fact;
use super::{Edition, Gathered};
use crate::domain::case::Identity;
use crate::domain::event::{CAME_IN, SHARED};
use crate::domain::identity::{GUEST, way_out};

/// Nothing in an edition for one custodian: whose identities others are is not that one's to know.
pub(super) fn blocks(gathered: &Gathered) -> Vec<Block> {
    let identities = &gathered.case.identities;
    let is_empty = identities.known.is_empty() && identities.accepted.is_empty();
    if is_empty || matches!(gathered.issue.edition, Edition::Custodian(_)) {
        return Vec::new();
    }
    let mut blocks = vec![
        Block::Heading("Identities in the new tenant".to_owned()),
        Block::Paragraph(
            "Users and groups were made anew, never copied. A user gets a password that nobody \
             keeps, and comes in by a pass for one sign-in: after the trust certificate, and after \
             somebody made sure who it is. What was there before was left as it is."
                .to_owned(),
        ),
        Block::Table(by_kind(gathered)),
        Block::Table(users(gathered)),
    ];
    for (words, table) in [
        (LOOKED_AT, looked_at(gathered)),
        (NOT_MADE, not_made(gathered)),
    ] {
        if !table.rows.is_empty() {
            blocks.extend([Block::Paragraph(words.to_owned()), Block::Table(table)]);
        }
    }
    blocks.push(Block::Table(accepted(gathered)));
    blocks
}

const LOOKED_AT: &str = "A guest is invited by address, where the approved map says so, and is \
    sent no message: nobody of ours redeems an invitation. A shared mailbox is an account whose \
    sign-in is blocked, until an administrator has converted it in Exchange. What the tenant says \
    of both is below, as of the last look.";
const NOT_MADE: &str = "What could not be made, or is left to people, is not there by this \
    program's doing. Nothing rests on it.";

fn state(one: &Identity) -> &str {
    match (&one.made, &one.held, one.is_open) {
        (Some(made), ..) => &made.how,
        (None, _, true) => "open",
        (None, Some(_), false) => "held",
        (None, None, false) => "failed",
    }
}

const STATES: [&str; 5] = ["made", "found", "held", "failed", "open"];

fn by_kind(gathered: &Gathered) -> Table {
    let mut counts = BTreeMap::<&str, BTreeMap<&str, u64>>::new();
    for one in gathered.case.identities.known.values() {
        let of_kind = counts.entry(&one.kind).or_default();
        *of_kind.entry(state(one)).or_default() += 1;
    }
    let rows = counts.into_iter().map(|(kind, of)| {
        let count = |state| of.get(state).copied().unwrap_or_default().to_string();
        [vec![kind.to_owned()], STATES.map(count).to_vec()].concat()
    });
    Table {
        id: "identities",
        caption: "Users and groups that were asked for, by kind".to_owned(),
        columns: vec![
            "Kind",
            "Made",
            "There before",
            "Left to people",
            "Failed",
            "No outcome yet",
        ],
        rows: rows.collect(),
    }
}

fn users(gathered: &Gathered) -> Table {
    let known = gathered.case.identities.known.iter();
    let users = known.filter(|(_, one)| one.kind == "user");
    let rows = users.map(|(identity, one)| {
        let seen = |what: &str| match one.confirmed.get(what) {
            None => "not said",
            Some(true) => "there",
            Some(false) => "NOT there",
        };
        let seen = ["sign-in", "mail", "files", "drive"].map(|what| seen(what).to_owned());
        let first = [
            identity.to_string(),
            fact(gathered, one.facts.name.as_ref()),
            state(one).to_owned(),
            one.proofs.to_string(),
            one.passes.to_string(),
        ];
        [&first[..], &seen[..]].concat()
    });
    Table {
        id: "identities-users",
        caption: "How users came in, and what was seen to be there".to_owned(),
        columns: vec![
            "Identity", "User", "State", "Proofs", "Passes", "Sign-in", "Mail", "Files", "Drive",
        ],
        rows: rows.collect(),
    }
}

fn looked_at(gathered: &Gathered) -> Table {
    let known = gathered.case.identities.known.iter();
    let rows = known.filter_map(|(identity, one)| {
        let (what, yes, no) = match &*one.kind {
            GUEST => (CAME_IN, "came in", "has NOT come in"),
            "shared-mailbox" => (SHARED, "converted", "NOT converted"),
            _ => return None,
        };
        let seen = match one.confirmed.get(what) {
            None => "not looked at",
            Some(true) => yes,
            Some(false) => no,
        };
        Some(vec![
            identity.to_string(),
            one.kind.clone(),
            fact(gathered, one.facts.name.as_ref()),
            state(one).to_owned(),
            seen.to_owned(),
        ])
    });
    Table {
        id: "identities-looked-at",
        caption: "Guests and shared mailboxes, and what was seen of them".to_owned(),
        columns: vec!["Identity", "Kind", "Name", "State", "Seen"],
        rows: rows.collect(),
    }
}

fn not_made(gathered: &Gathered) -> Table {
    let known = gathered.case.identities.known.iter();
    let left = known.filter(|(_, one)| ["held", "failed"].contains(&state(one)));
    let rows = left.map(|(identity, one)| {
        let reason = one.held.as_ref().or(one.failed.as_ref());
        let reason = reason.map_or("", String::as_str);
        vec![
            identity.to_string(),
            one.kind.clone(),
            fact(gathered, one.facts.name.as_ref()),
            state(one).to_owned(),
            reason.to_owned(),
            way_out(reason).to_owned(),
        ]
    });
    Table {
        id: "identities-not-made",
        caption: "Identities that are left to people or could not be made, and why".to_owned(),
        columns: vec![
            "Identity",
            "Kind",
            "Name",
            "State",
            "Why",
            "What is to be done",
        ],
        rows: rows.collect(),
    }
}

fn accepted(gathered: &Gathered) -> Table {
    let rows = gathered.case.identities.accepted.iter();
    let rows = rows.map(|(data, facts)| {
        vec![
            data.number.to_string(),
            data.likeness.clone(),
            fact(gathered, facts.source.as_ref()),
            fact(gathered, facts.target.as_ref()),
            fact(gathered, facts.reason.as_ref()),
        ]
    });
    Table {
        id: "identities-accepted",
        caption: "Suggested mappings that a person accepted".to_owned(),
        columns: vec![
            "Number",
            "Likeness",
            "In the old tenant",
            "In the new tenant",
            "Why",
        ],
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Issue, report};
    use super::*;
    use crate::domain::event::{
        AcceptedFacts, CheckedAs, Event, IdentityAttempted, IdentityConfirmed, IdentityEnded,
        IdentityFacts, IdentityMade, MappingAccepted, NoFacts,
    };
    use crate::projections::scripted::{Script, name};
    use crate::reports::document::Document;

    /// A guest who has not come in, and a shared mailbox that could not be made.
    fn others(script: &mut Script) {
        for (identity, kind, named) in [
            ("i2", "guest", "eve@partner"),
            ("i3", "shared-mailbox", "desk@new"),
        ] {
            let facts = Box::new(IdentityFacts {
                name: Some(named.to_owned()),
                object: None,
            });
            let attempted = IdentityAttempted {
                identity: name(identity),
                kind: kind.to_owned(),
            };
            script.case(Event::IdentityAttempted(Box::new(attempted), facts));
        }
        let guest = IdentityMade {
            how: "made".to_owned(),
            identity: name("i2"),
            licences: 0,
            members: 0,
            owners: 0,
        };
        let facts = IdentityFacts {
            name: Some("eve@partner".to_owned()),
            object: Some("g".to_owned()),
        };
        script.case(Event::IdentityMade(Box::new(guest), Box::new(facts)));
        let came_in = IdentityConfirmed {
            identity: name("i2"),
            there: false,
            what: "came-in".to_owned(),
        };
        script.case(Event::IdentityConfirmed(
            Box::new(came_in),
            Box::new(NoFacts {}),
        ));
        let failed = IdentityEnded {
            identity: name("i3"),
            kind: "shared-mailbox".to_owned(),
            reason: "sign-in-not-blocked".to_owned(),
        };
        script.case(Event::IdentityFailed(
            Box::new(failed),
            Box::new(NoFacts {}),
        ));
    }

    fn script() -> Script {
        let mut script = Script::default();
        let facts = IdentityFacts {
            name: Some("ann@new".to_owned()),
            object: Some("o".to_owned()),
        };
        let attempted = IdentityAttempted {
            identity: name("i1"),
            kind: "user".to_owned(),
        };
        let made = IdentityMade {
            how: "made".to_owned(),
            identity: name("i1"),
            licences: 1,
            members: 0,
            owners: 0,
        };
        let accepted = MappingAccepted {
            likeness: "same-name".to_owned(),
            number: 1,
        };
        let why = AcceptedFacts {
            reason: Some("file 4711".to_owned()),
            source: Some("ann@old".to_owned()),
            target: Some("ann@new".to_owned()),
        };
        let facts = Box::new(facts);
        script.case(Event::IdentityAttempted(Box::new(attempted), facts.clone()));
        script.case(Event::IdentityMade(Box::new(made), facts));
        others(&mut script);
        script.case(Event::MappingAccepted(Box::new(accepted), Box::new(why)));
        script
    }

    fn made(edition: Edition) -> Document {
        let script = script();
        let issue = Issue {
            number: 1,
            edition,
            origin: "example.org/o".to_owned(),
            size: script.entries.len() as u64,
            root: "ab".to_owned(),
            checked: CheckedAs::default(),
            made: "2026-01-02T03:04:05Z".to_owned(),
            issuer: None,
            software: "unbroken".to_owned(),
            seal_certificate: None,
            verify_text: "",
        };
        report(&script, &issue).expect("nothing can go wrong")
    }

    fn has(document: &Document, text: &str) -> bool {
        document.texts().iter().any(|one| one.contains(text))
    }

    #[test]
    fn users_are_named_where_names_are_shown_and_counted_everywhere_else() {
        let full = made(Edition::Full);
        assert!(has(&full, "ann@new") && has(&full, "file 4711"));
        let redacted = made(Edition::Redacted);
        for personal in ["ann@new", "ann@old", "file 4711", "eve@partner"] {
            assert!(!has(&redacted, personal), "{personal}");
        }
        let table = redacted.tables().find(|table| table.id == "identities");
        let rows = &table.expect("counted").rows;
        let counts = [
            ["guest", "1", "0", "0", "0", "0"],
            ["shared-mailbox", "0", "0", "0", "1", "0"],
            ["user", "1", "0", "0", "0", "0"],
        ];
        assert_eq!(*rows, counts);
        let of = |id: &str| {
            let table = redacted.tables().find(|table| table.id == id);
            table.expect("shown").rows.clone()
        };
        let looked_at = of("identities-looked-at");
        assert_eq!(looked_at[0][4], "has NOT come in");
        assert_eq!(looked_at[1][4], "not looked at");
        let why = &of("identities-not-made")[0];
        assert_eq!(why[4], "sign-in-not-blocked");
        assert!(why[5].starts_with("block its sign-in"), "{why:?}");
        let one = made(Edition::Custodian(name("bob")));
        assert!(
            one.tables()
                .all(|table| !table.id.starts_with("identities"))
        );
    }
}
