//! Section Q on sites: each look at one before content goes in, and who was in them when a wave began and ended.

use super::super::Gathered;
use super::super::cover::fact;
use crate::reports::document::Table;

fn yes(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

/// One row for each look.
pub(super) fn looked_at(gathered: &Gathered) -> Table {
    let rows = gathered.access.sites.iter().map(|of| {
        let (index, data, facts) = &of.attempted;
        let members = data
            .members
            .map_or_else(|| "not known".to_owned(), |count| count.to_string());
        let why = match data.early {
            Some(true) => fact(gathered, facts.members_now.as_ref()),
            _ => String::new(),
        };
        let Some((index, ready, facts)) = &of.ready else {
            let mut row = vec![index.to_string(), fact(gathered, facts.address.as_ref())];
            row.extend(["not known"; 3].map(str::to_owned));
            row.extend([members, why]);
            return row;
        };
        let inside = ready
            .inside
            .map_or_else(|| "not seen".to_owned(), |count| count.to_string());
        vec![
            index.to_string(),
            fact(gathered, facts.address.as_ref()),
            yes(ready.made),
            yes(ready.sharing_closed),
            inside,
            members,
            why,
        ]
    });
    Table {
        id: "access-sites",
        caption: "Sites as they were looked at: whoever is in one sees all that goes into it"
            .to_owned(),
        columns: vec![
            "Entry",
            "Site",
            "Made here",
            "Closed to the outside",
            "In it",
            "Members let in",
            "Why before access was compared",
        ],
        rows: rows.collect(),
    }
}

/// One row for each time that a wave was looked at.
pub(super) fn of_waves(gathered: &Gathered) -> Table {
    let rows = gathered.access.places.iter().map(|(index, data, facts)| {
        let when = if data.begins {
            "before the first byte"
        } else {
            "after the last"
        };
        let who = facts.strangers.as_ref().map(|names| names.join("; "));
        let who = if data.strangers == 0 {
            String::new()
        } else {
            fact(gathered, who.as_ref())
        };
        vec![
            index.to_string(),
            data.wave.to_string(),
            when.to_owned(),
            data.places.to_string(),
            data.unseen.to_string(),
            data.people.to_string(),
            data.strangers.to_string(),
            who,
        ]
    });
    Table {
        id: "access-places",
        caption: "Who was in the sites of a wave, looked up in the tenant; whom the plan did not \
                  know of must be explained"
            .to_owned(),
        columns: vec![
            "Entry",
            "Wave",
            "When",
            "Sites",
            "Not seen",
            "In them",
            "Not known to the plan",
            "Who",
        ],
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{issue, rows, script};
    use crate::domain::event::{
        CustodianFacts, CustodianMapped, Event, PlacesSeen, PlacesSeenFacts, SiteAttempted,
        SiteFacts, SiteReady, SiteReadyFacts,
    };
    use crate::projections::scripted::{Script, name};
    use crate::reports::document::Document;
    use crate::reports::report::{Edition, report};

    const QUAY: &str = "https://clean.sharepoint.com/sites/quay";

    fn seen() -> Script {
        let mut script = script();
        let data = CustodianMapped {
            custodian: name("c9"),
            mapped: true,
        };
        let facts = CustodianFacts {
            source_name: Some("quay of old".to_owned()),
            target_upn: Some(QUAY.to_owned()),
            target_user_id: Some("site:1".to_owned()),
        };
        script.case(Event::CustodianMapped(Box::new(data), Box::new(facts)));
        let data = SiteAttempted {
            early: Some(true),
            group: None,
            libraries: 0,
            members: Some(1),
            site: name("s1"),
        };
        let facts = SiteFacts {
            members_now: Some("the board asked".to_owned()),
            ..SiteFacts::default()
        };
        script.case(Event::SiteAttempted(Box::new(data), Box::new(facts)));
        let data = SiteReady {
            inside: Some(2),
            libraries: 0,
            made: false,
            sharing_closed: true,
            site: name("s1"),
        };
        let facts = SiteReadyFacts {
            address: Some(QUAY.to_owned()),
            ..SiteReadyFacts::default()
        };
        script.case(Event::SiteReady(Box::new(data), Box::new(facts)));
        let data = PlacesSeen {
            begins: true,
            people: 3,
            places: 1,
            plan: "p".to_owned(),
            strangers: 1,
            unseen: 0,
            wave: 1,
        };
        let facts = PlacesSeenFacts {
            strangers: Some(vec![format!("eve@new in {QUAY}")]),
        };
        script.case(Event::PlacesSeen(Box::new(data), Box::new(facts)));
        script
    }

    fn made(script: &Script, edition: Edition) -> Document {
        let made = report(script, &issue(edition, script.entries.len()));
        made.expect("nothing can go wrong")
    }

    #[test]
    fn who_is_in_a_site_is_counted_and_nobody_is_said_to_be_alone_in_it() {
        let script = seen();
        let full = made(&script, Edition::Full);
        let row = rows(&full, "access-sites").remove(0);
        assert_eq!(row[1..], [QUAY, "no", "yes", "2", "1", "the board asked"]);
        let row = rows(&full, "access-places").remove(0);
        let stranger = format!("eve@new in {QUAY}");
        let expected = ["1", "before the first byte", "1", "0", "3", "1", &stranger];
        assert_eq!(row[1..], expected);
        let custodians = rows(&full, "access-by-custodian");
        let quay = custodians.iter().find(|row| row[0] == "quay of old");
        let quay = quay.expect("it has a row");
        assert_eq!(quay[1], "unknown: whoever is in the site");
        let texts = full.texts().join("\n");
        assert!(
            texts.contains("A site is seen by whoever is in the site."),
            "{texts}"
        );
        for untrue in ["only the custodian", "only their own"] {
            assert!(!texts.contains(untrue), "{untrue}");
        }
        let redacted = made(&script, Edition::Redacted);
        assert_eq!(rows(&redacted, "access-places")[0][6], "1");
        let texts = redacted.texts().join("\n");
        assert!(
            !texts.contains("eve@new") && !texts.contains("sites/quay"),
            "{texts}"
        );
        let of_bob = made(&script, Edition::Custodian(name("bob")));
        assert!(of_bob.tables().all(|table| table.id != "access-sites"));
    }

    #[test]
    fn a_look_without_an_outcome_is_not_taken_for_one_that_saw_nobody() {
        let mut script = script();
        let data = SiteAttempted {
            early: None,
            group: None,
            libraries: 0,
            members: None,
            site: name("s1"),
        };
        script.case(Event::SiteAttempted(Box::new(data), Box::default()));
        let row = rows(&made(&script, Edition::Full), "access-sites").remove(0);
        assert_eq!(row[2..6], ["not known"; 4].map(str::to_owned));
    }
}
