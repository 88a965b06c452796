//! Trees of calendars and cards: who owns what, where it belongs, what cannot be read.

#![allow(clippy::disallowed_methods, reason = "tests plant files")]

use std::fs;

use super::*;
use crate::sources::detect::open;

fn plant(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

const EVENT: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:One\r\n\
                     DTSTART:20260701T120000Z\r\n\
                     LAST-MODIFIED:20260601T000000Z\r\nEND:VEVENT\r\n\
                     BEGIN:VEVENT\r\nUID:b\r\nEND:VEVENT\r\n\
                     BEGIN:VTODO\r\nUID:c\r\nSUMMARY:Do\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n";

#[test]
fn items_are_listed_with_their_owner_and_place_and_read_again() {
    let folder = plant(&[
        ("ada@x/Team/plan.ics", EVENT),
        ("ada@x/people.vcf", CARD),
        ("ben@x/broken.ics", "nothing"),
        ("ben@x/notes.txt", "x"),
    ]);
    let source = open(folder.path()).expect("opened");
    let description = source.description();
    assert_eq!(
        (description.kind, description.custodians.len()),
        ("ics+vcf", 2)
    );
    let point = &description.points[0].id;
    let of = |name: &str| -> Vec<Result<SourceItem, BadItem>> {
        let custodian = CustodianName(name.to_owned());
        source.items(point, &custodian).expect("listed").collect()
    };
    let ada = of("ada@x");
    let [event, no_start, task, card] = &ada[..] else {
        panic!("{ada:?}");
    };
    let event = event.as_ref().expect("an event");
    assert_eq!(event.folder, FolderPath::Calendar(Some("Team".to_owned())));
    assert_eq!(
        (&*event.name, &*event.locator),
        ("One", "ada@x/Team/plan.ics#1")
    );
    assert_eq!(
        event.modified.map(|at| at.to_rfc3339()).as_deref(),
        Some("2026-06-01T00:00:00+00:00")
    );
    let bad = no_start.as_ref().expect_err("no start");
    assert_eq!(
        (bad.class, &*bad.locator),
        ("no-start", "ada@x/Team/plan.ics#2")
    );
    let task = task.as_ref().expect("a task");
    assert_eq!(task.folder, FolderPath::Tasks(Some("Team".to_owned())));
    let card = card.as_ref().expect("a card");
    assert_eq!(card.folder, FolderPath::Contacts(Vec::new()));
    for item in [event, task, card] {
        let read = source.outlook_item(item).expect("read");
        assert_eq!(
            (read.workload(), read.title()),
            (item.workload, &*item.name)
        );
        let mut bytes = Vec::new();
        source
            .file(item)
            .expect("opened")
            .read_to_end(&mut bytes)
            .expect("read");
        assert_eq!(digest_of(&bytes), item.digest);
    }
    let ben = of("ben@x");
    let classes: Vec<&str> = ben
        .iter()
        .map(|one| one.as_ref().expect_err("bad").class)
        .collect();
    assert_eq!(classes, ["no-items", "not-a-calendar-or-card"]);
}

#[test]
fn a_file_that_changed_is_refused() {
    let folder = plant(&[("plan.ics", EVENT)]);
    let path = folder.path().join("plan.ics");
    let source = open(&path).expect("opened");
    let description = source.description();
    let listed = source.items(&description.points[0].id, &description.custodians[0]);
    let item = listed
        .expect("listed")
        .next()
        .expect("one")
        .expect("an event");
    fs::write(&path, EVENT.replace("One", "Two")).expect("written");
    let refused = source.outlook_item(&item);
    assert!(
        matches!(refused, Err(SourceError::Changed { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_zone_that_very_many_events_name_ends_its_file_alone() {
    let zone = format!(
        "BEGIN:VTIMEZONE\nTZID:z\nX:{}\nEND:VTIMEZONE\n",
        "x".repeat(1 << 20)
    );
    let event = "BEGIN:VEVENT\nDTSTART;TZID=z:20260101T100000\nEND:VEVENT\n";
    let hostile = format!(
        "BEGIN:VCALENDAR\n{zone}{}END:VCALENDAR\n",
        event.repeat(4_100)
    );
    let folder = plant(&[("a.ics", EVENT), ("b.ics", &hostile)]);
    let source = open(folder.path()).expect("opened");
    let description = source.description();
    let listed = source.items(&description.points[0].id, &description.custodians[0]);
    let found: Vec<_> = listed.expect("listed").collect();
    let ended: Vec<&str> = found
        .iter()
        .map(|one| one.as_ref().map_or_else(|bad| bad.class, |item| &item.name))
        .collect();
    assert_eq!(ended, ["One", "no-start", "Do", "too-large"]);
}
