//! A whole case of events, contacts and tasks, as a person runs it: faults, a second plan, kills in the middle of a series.

use std::collections::BTreeMap;
use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot, StoredItem};
use unbroken_verify::VerdictKind;

use super::corpus::ADA;
use crate::case::Case;

const SERIES: &str = "BEGIN:VEVENT\r\nUID:series\r\nSUMMARY:Weekly\r\n\
    DTSTART;TZID=Europe/Vienna:20270104T090000\r\n\
    DTEND;TZID=Europe/Vienna:20270104T100000\r\nRRULE:FREQ=WEEKLY;COUNT=10\r\n\
    EXDATE;TZID=Europe/Vienna:20270118T090000\r\nORGANIZER:mailto:ben@old.example\r\n\
    ATTENDEE:mailto:eve@old.example\r\n\
    ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:YQ==\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:series\r\nSUMMARY:Late\r\n\
    RECURRENCE-ID;TZID=Europe/Vienna:20270111T090000\r\n\
    DTSTART;TZID=Europe/Vienna:20270111T110000\r\n\
    DTEND;TZID=Europe/Vienna:20270111T120000\r\nEND:VEVENT\r\n";
const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card\r\nFN:Ben Bell\r\nN:Bell;Ben\r\n\
    EMAIL:ben@old.example\r\n\
    PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\nEND:VCARD\r\n";

fn calendar(events: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n").into_bytes()
}

fn single(number: usize) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:one-{number}\r\nSUMMARY:One {number}\r\n\
         DTSTART:20270201T{number:02}0000Z\r\n\
         DURATION:PT30M\r\nEND:VEVENT\r\n"
    )
}

fn todo(number: usize) -> String {
    format!(
        "BEGIN:VTODO\r\nUID:do-{number}\r\nSUMMARY:Do {number}\r\n\
         DUE;VALUE=DATE:20270301\r\nEND:VTODO\r\n"
    )
}

/// A series, eight events, four tasks, a card, and one event that cannot be read.
fn planted(case: &Case) {
    let many: String = (0..8).map(single).chain((0..4).map(todo)).collect();
    case.plant("series.ics", &calendar(SERIES));
    case.plant("Team/many.ics", &calendar(&many));
    case.plant("people.vcf", CARD.as_bytes());
    case.plant(
        "broken.ics",
        &calendar("BEGIN:VEVENT\r\nSUMMARY:when\r\nEND:VEVENT\r\n"),
    );
    case.prepare("mailbox");
}

/// A restore of every kind as the tenant saw it.
pub(crate) fn exchanges() -> Vec<m365_simulator::Exchange> {
    let case = Case::new(Faults::none());
    planted(&case);
    case.inspect().record_exchanges();
    restored(&case);
    case.inspect().exchanges()
}

fn restored(case: &Case) {
    restored_but(case, "1 of 15");
}

/// What cannot be read is named in each plan that lists it.
fn restored_but(case: &Case, left: &str) {
    let ended = case.restore();
    // One cannot be read: the end is incomplete, and says so.
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(
        said.contains(&format!("{left} items are not restored")),
        "{said}"
    );
}

/// All of it is there once, whole, and nobody was asked to come.
fn expect_whole(case: &Case) {
    let items = case.inspect().items(ADA);
    let of = |kind: &str| {
        items
            .iter()
            .filter(|one| one.kind == kind)
            .collect::<Vec<_>>()
    };
    let (events, contacts, tasks) = (of("event"), of("contact"), of("task"));
    assert_eq!(
        (events.len(), contacts.len(), tasks.len()),
        (9, 1, 4),
        "{items:?}"
    );
    let series: Vec<&&StoredItem> = events
        .iter()
        .filter(|one| one.json["type"] == "seriesMaster")
        .collect();
    let [series] = series[..] else {
        panic!("{series:?}")
    };
    assert_eq!(series.cancelled, ["2027-01-18"]);
    assert_eq!(series.exceptions["2027-01-11"]["subject"], "Late");
    assert_eq!(series.exceptions.len(), 1);
    assert_eq!(series.parts, ["a.txt"]);
    assert_eq!(series.folder, "Kalender", "the mailbox's own calendar");
    let body = series.json["body"]["content"].as_str().expect("a body");
    assert!(body.contains("Attendee: eve@old.example"), "{body}");
    assert_eq!(series.json["attendees"], serde_json::json!([]));
    let singles = events
        .iter()
        .filter(|one| one.json["type"] == "singleInstance");
    assert!(singles.into_iter().all(|one| one.folder == "Team"));
    assert!(tasks.iter().all(|one| one.folder == "Team"));
    assert_eq!(
        (contacts[0].parts.clone(), &*contacts[0].folder),
        (vec!["photo".to_owned()], "")
    );
    assert_eq!(case.inspect().invitations(), 0, "nobody is invited");
}

fn outcomes(case: &Case, bundle: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in case.events(bundle) {
        let kind = event["type"].as_str().expect("a type");
        if ["ItemRestored/1", "ItemFailed/1"].contains(&kind) {
            let workload = event["data"]["workload"].as_str().expect("a workload");
            *counts.entry(format!("{kind} {workload}")).or_default() += 1;
        }
    }
    counts
}

#[test]
fn a_case_of_every_kind_ends_whole_and_a_second_plan_doubles_nothing() {
    let case = Case::new(Faults::none());
    planted(&case);
    restored(&case);
    expect_whole(&case);
    let expected = [
        ("ItemFailed/1 calendar", 1),
        ("ItemRestored/1 calendar", 9),
        ("ItemRestored/1 contacts", 1),
        ("ItemRestored/1 tasks", 4),
    ];
    let expected = expected
        .map(|(name, count)| (name.to_owned(), count))
        .into();
    assert_eq!(outcomes(&case, "bundle-of-kinds"), expected);
    case.done("source register CASE SOURCE");
    case.plan();
    restored_but(&case, "1 of 15");
    expect_whole(&case);
    let created = case.inspect().created_by_key(ADA);
    assert!(
        created.len() == 14 && created.values().all(|count| *count == 1),
        "{created:?}"
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn with_a_fifth_of_all_requests_failing_every_kind_ends_whole() {
    let mut faults = Faults::rate(0.2);
    faults.retry_after_s = 0;
    let case = Case::new(Faults::none());
    planted(&case);
    case.inspect().set_faults(faults);
    restored(&case);
    case.inspect().set_faults(Faults::none());
    assert!(case.inspect().faults() > 0);
    expect_whole(&case);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// Killed after the series is there and before its occurrences are, between them, before its file, and after a contact without
/// its photo: the next run completes what it finds.
#[test]
fn killed_in_the_middle_of_a_series_nothing_is_half_and_nothing_is_doubled() {
    for (method, path) in [
        ("POST", "/events"),
        ("DELETE", "/events/"),
        ("PATCH", "/events/"),
        ("POST", "/attachments"),
        ("POST", "/contacts"),
        ("POST", "/tasks"),
        ("POST", "/calendars"),
    ] {
        let case = Case::new(Faults::none());
        planted(&case);
        case.inspect().arm(OneShot {
            kind: FaultKind::Hold,
            method: method.to_owned(),
            path: path.to_owned(),
            skip: 0,
        });
        let mut child = case.start("restore CASE --source SOURCE TARGET");
        while case.inspect().held() == 0 {
            assert!(
                child.try_wait().expect("asked").is_none(),
                "{method} {path} never came"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        case.inspect().disarm();
        restored(&case);
        expect_whole(&case);
        let created = case.inspect().created_by_key(ADA);
        assert!(
            created.values().all(|count| *count == 1),
            "{method} {path}: {created:?}"
        );
        let verdict = case.verdict();
        assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
    }
}
