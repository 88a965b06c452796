//! Every property that is sent is one that Graph's own metadata (v1.0) has for the type; an attendee never is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{NaiveDate, Weekday};
use serde_json::{Map, Value};

use super::*;
use crate::domain::calendar_event::{Attendee, CalendarEvent, EventFacts, Series};
use crate::domain::contact::{Contact, PostalAddress};
use crate::domain::message::Address;
use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence, WeekIndex};
use crate::domain::task::Task;

/// Types by name: what each is made from, and its properties with their types.
type Types = BTreeMap<String, (String, BTreeMap<String, String>)>;

fn metadata() -> Option<Types> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/graph/cut.csdl.xml");
    let text = std::fs::read_to_string(path).ok()?;
    let attribute = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next().unwrap_or_default().to_owned())
    };
    let mut types = Types::new();
    let mut open = String::new();
    // Two elements may share a line.
    for line in text.split('<') {
        let name = attribute(line, "Name").unwrap_or_default();
        if line.starts_with("EntityType ") || line.starts_with("ComplexType ") {
            let base = attribute(line, "BaseType").unwrap_or_default();
            open.clone_from(&name);
            types.insert(
                name,
                (
                    base.trim_start_matches("graph.").to_owned(),
                    BTreeMap::new(),
                ),
            );
        } else if line.starts_with("Property ") || line.starts_with("NavigationProperty ") {
            let kind = attribute(line, "Type").unwrap_or_default();
            if let Some((_, properties)) = types.get_mut(&open) {
                properties.insert(name, kind);
            }
        }
    }
    Some(types)
}

/// Holds an object, and the objects in it, against its type.
fn check(types: &Types, kind: &str, object: &Map<String, Value>) {
    let mut known = BTreeMap::new();
    let mut at = kind.to_owned();
    while let Some((base, properties)) = types.get(&at) {
        known.extend(properties.clone());
        at.clone_from(base);
    }
    assert!(known.len() > 1, "{kind} is not in the metadata");
    for (name, value) in object {
        // The cut leaves these two out; docs.microsoft.com has them on every item of Outlook and every task.
        if ["singleValueExtendedProperties", "linkedResources"].contains(&&**name) {
            continue;
        }
        let of = known
            .get(name)
            .unwrap_or_else(|| panic!("{kind} has no {name}"));
        let of = of.trim_start_matches("Collection(").trim_end_matches(')');
        let inside = value
            .as_array()
            .map_or_else(|| vec![value], |all| all.iter().collect());
        for object in inside.into_iter().filter_map(Value::as_object) {
            check(types, of.trim_start_matches("graph."), object);
        }
    }
}

fn event(pattern: Pattern, end: RangeEnd) -> Value {
    let start: NaiveDate = "2027-01-04".parse().expect("a day");
    let event = CalendarEvent {
        uid: "u".to_owned(),
        facts: EventFacts {
            attendees: vec![Attendee::default()],
            organizer: Some(Address::default()),
            ..EventFacts::default()
        },
        series: Some(Series {
            recurrence: Recurrence {
                pattern,
                interval: 1,
                first_day_of_week: Weekday::Mon,
                start,
                end,
            },
            cancelled: BTreeSet::new(),
            changed: BTreeMap::new(),
        }),
        ..CalendarEvent::default()
    };
    event::json(&event, &ItemKey([1; 32]))
}

#[test]
fn what_is_sent_is_in_graphs_own_metadata_and_names_no_attendee() {
    let days = || vec![Weekday::Mon];
    let index = WeekIndex::Last;
    let day: NaiveDate = "2028-01-01".parse().expect("a day");
    let events = [
        event(Pattern::Daily, RangeEnd::Never),
        event(Pattern::Weekly { days: days() }, RangeEnd::After(2)),
        event(Pattern::AbsoluteMonthly { day: 1 }, RangeEnd::On(day)),
        event(
            Pattern::AbsoluteYearly { month: 1, day: 1 },
            RangeEnd::Never,
        ),
        event(
            Pattern::RelativeMonthly {
                days: days(),
                index,
            },
            RangeEnd::Never,
        ),
        event(
            Pattern::RelativeYearly {
                month: 1,
                days: days(),
                index,
            },
            RangeEnd::Never,
        ),
    ];
    for event in &events {
        let text = event.to_string();
        assert!(
            !text.contains("attendees") && !text.contains("organizer"),
            "{text}"
        );
    }
    let contact = Contact {
        birthday: Some(day),
        display_name: "x".to_owned(),
        email_addresses: vec![Address::default()],
        home_address: PostalAddress {
            city: "x".to_owned(),
            ..PostalAddress::default()
        },
        ..Contact::default()
    };
    let task = Task {
        due: Some(day),
        start: Some(day),
        completed: Some(day),
        reminder: Some(crate::domain::calendar_event::EventTime::default()),
        ..Task::default()
    };
    let Some(types) = metadata() else {
        println!("left out: no ../shared/reference/graph/cut.csdl.xml");
        return;
    };
    let key = ItemKey([1; 32]);
    let all = events.iter().map(|event| ("event", event.clone()));
    let others = [
        ("contact", contact::json(&contact, &key)),
        ("todoTask", task::json(&task, &key)),
    ];
    for (kind, sent) in all.chain(others) {
        check(&types, kind, sent.as_object().expect("an object"));
    }
}
