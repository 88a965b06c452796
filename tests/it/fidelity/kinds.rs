//! Rows of events, contacts and tasks that are declared or lost: one restore of a calendar and an address book full of what Outlook
//! has no place for.

use std::collections::BTreeMap;

use m365_simulator::{Faults, StoredItem};

use super::Row;
use crate::case::Case;
use crate::shares::named;

const ADA: &str = "ada@clean.example";

const CALENDAR: &str = "BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:over
SUMMARY:Over
DTSTART:20200201T100000Z
DURATION:PT30M
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:hourly
SUMMARY:Hourly
DTSTART:20270201T100000Z
DURATION:PT30M
RRULE:FREQ=HOURLY;COUNT=5
ORGANIZER:mailto:ben@old.example
RELATED-TO:another-event
X-ORACLE-KEY:only-one-program
CREATED:20190304T050607Z
LAST-MODIFIED:20190405T060708Z
SEQUENCE:7123
END:VEVENT
BEGIN:VEVENT
UID:weekly
SUMMARY:Weekly
DTSTART:20270104T090000Z
DTEND:20270104T100000Z
RRULE:FREQ=WEEKLY;COUNT=10
END:VEVENT
BEGIN:VEVENT
UID:weekly
SUMMARY:Moved far
RECURRENCE-ID:20270118T090000Z
DTSTART:20270201T090000Z
DTEND:20270201T100000Z
ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:YQ==
END:VEVENT
BEGIN:VTODO
UID:uid-of-a-task
SUMMARY:Paint
DTSTART;VALUE=DATE:20270301
DUE;VALUE=DATE:20270301
RRULE:FREQ=DAILY;COUNT=5
EXDATE;VALUE=DATE:20270302
PERCENT-COMPLETE:40
LOCATION:Quay 7
ATTENDEE:mailto:eve@old.example
ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:YQ==
END:VTODO
BEGIN:VJOURNAL
UID:journal
SUMMARY:Dear diary
DTSTART:20270201T100000Z
END:VJOURNAL
BEGIN:VFREEBUSY
UID:busy
DTSTART:20270201T100000Z
DTEND:20270202T100000Z
END:VFREEBUSY
END:VCALENDAR
";

const CARDS: &str = "BEGIN:VCARD
VERSION:3.0
UID:ben
FN:Ben Bell
N:Bell;Ben
EMAIL:1@old.example
EMAIL:2@old.example
EMAIL:3@old.example
EMAIL:4@old.example
TEL;TYPE=WORK:01
TEL;TYPE=WORK:02
TEL;TYPE=WORK:03
TEL;TYPE=FAX:04
TEL;TYPE=PAGER:05
TZ:+01:00
SOUND;ENCODING=b;TYPE=WAVE:YQ==
LOGO;ENCODING=b;TYPE=PNG:YQ==
KEY;ENCODING=b;TYPE=PGP:YQ==
END:VCARD
BEGIN:VCARD
VERSION:4.0
UID:crew
KIND:group
FN:Crew
MEMBER:mailto:eve@old.example
END:VCARD
";

fn lines(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// What the tenant holds, by title; what the record says was changed and lost; and how many were left, by outcome and reason.
struct Restored {
    items: Vec<StoredItem>,
    said: String,
    left: BTreeMap<String, u64>,
}

impl Restored {
    fn new() -> Self {
        let case = Case::new(Faults::none());
        case.plant("all.ics", &lines(CALENDAR));
        case.plant("all.vcf", &lines(CARDS));
        case.prepare("mailbox");
        assert_eq!(case.restore().status.code(), Some(3));
        let left = named(&case, "bundle-of-rows").left;
        let events = case.events("bundle-of-said");
        let restored = events
            .iter()
            .filter(|event| event["type"] == "ItemRestored/1");
        Self {
            items: case.inspect().items(ADA),
            said: restored.map(|event| event["data"].to_string()).collect(),
            left,
        }
    }

    fn titled(&self, title: &str) -> &StoredItem {
        let names = ["subject", "title", "displayName"];
        let is_it = |item: &&StoredItem| names.iter().any(|name| item.json[*name] == title);
        self.items.iter().find(is_it).expect("restored")
    }

    fn body(&self, title: &str) -> &str {
        let json = &self.titled(title).json;
        let body = json["body"]["content"].as_str();
        body.or(json["personalNotes"].as_str()).expect("a body")
    }
}

#[test]
fn what_outlook_has_no_place_for_is_told_declared_or_named() {
    let restored = Restored::new();
    expect_events(&restored);
    expect_what_of_events_is_lost(&restored);
    expect_tasks(&restored);
    expect_contacts(&restored);
}

fn expect_events(restored: &Restored) {
    let over = Row::declared("Calendars", "reminder of what is over");
    over.is(&restored.titled("Over").json["isReminderOn"], &false);
    over.stands_in(&restored.said, "past-reminder-turned-off/1");
    let hourly = restored.titled("Hourly");
    let rule = Row::declared("Calendars", "rule that Outlook has no form for");
    rule.is(&hourly.json["type"], "singleInstance");
    rule.stands_in(restored.body("Hourly"), "FREQ=HOURLY");
    rule.stands_in(&restored.said, "Outlook has no form for it");
    let organizer = Row::declared("Calendars", "organizer");
    organizer.stands_in(restored.body("Hourly"), "Organizer: ben@old.example");
    let further = Row::declared("Calendars", "further properties");
    further.stands_in(restored.body("Hourly"), "Related-to: another-event");
    let moved = Row::declared("Calendars", "exceptions that Outlook does not take");
    moved.stands_in(
        restored.body("Weekly"),
        "Occurrence of 2027-01-18: Moved far",
    );
    moved.stands_in(
        &restored.said,
        "exceptions: a changed occurrence that Outlook does not take",
    );
}

fn expect_what_of_events_is_lost(restored: &Restored) {
    let hourly = restored.titled("Hourly");
    let stored = format!("{} {:?}", hourly.json, hourly.properties);
    let vendor = Row::lost("Calendars", "properties of one program");
    vendor.holds(!stored.contains("only-one-program"), &stored);
    vendor.stands_in(&restored.said, "properties that only one program knows");
    for (row, words) in [
        (
            Row::lost("Calendars", "created date"),
            ["2019-03-04", "20190304"],
        ),
        (
            Row::lost("Calendars", "modified date"),
            ["2019-04-05", "20190405"],
        ),
        (
            Row::lost("Calendars", "sequence number"),
            ["7123", "Sequence"],
        ),
    ] {
        row.holds(!words.iter().any(|word| stored.contains(word)), &stored);
    }
    let files = Row::lost("Calendars", "files of a changed occurrence");
    files.is(&restored.titled("Weekly").parts, &[""; 0]);
    files.stands_in(&restored.said, "files of a changed occurrence are left out");
    let left = BTreeMap::from([("failed `no-place-in-outlook`".to_owned(), 2)]);
    Row::lost("Calendars", "journal entries").is(&restored.left, &left);
    Row::lost("Calendars", "free and busy times").is(&restored.left, &left);
}

fn expect_tasks(restored: &Restored) {
    let body = restored.body("Paint");
    Row::declared("Tasks", "people").stands_in(body, "eve@old.example");
    Row::declared("Tasks", "places").stands_in(body, "Location: Quay 7");
    Row::declared("Tasks", "percent complete").stands_in(body, "Percent complete: 40");
    let exceptions = Row::lost("Tasks", "exceptions");
    exceptions.stands_in(&restored.said, "To Do knows no exceptions");
    let files = Row::lost("Tasks", "attachments");
    files.stands_in(&restored.said, "files of tasks are not restored");
    files.is(&restored.titled("Paint").parts, &[""; 0]);
    let stored = restored.titled("Paint").json.to_string();
    Row::lost("Tasks", "uid").holds(!stored.contains("uid-of-a-task"), &stored);
}

fn expect_contacts(restored: &Restored) {
    let notes = restored.body("Ben Bell");
    Row::declared("Contacts", "fourth address").stands_in(notes, "4@old.example");
    Row::declared("Contacts", "third telephone of a kind").stands_in(notes, "03");
    Row::declared("Contacts", "fax").stands_in(notes, "(fax): 04");
    Row::declared("Contacts", "pager").stands_in(notes, "(pager): 05");
    Row::declared("Contacts", "further properties").stands_in(notes, "TZ: +01:00");
    let members = Row::declared("Contacts", "members of a list");
    members.stands_in(restored.body("Crew"), "Member: eve@old.example");
    let stored = restored.titled("Ben Bell");
    let bytes = "pictures beside the first, sounds, logos and keys are left out";
    for (row, name) in [
        (Row::lost("Contacts", "sounds"), "SOUND"),
        (Row::lost("Contacts", "logos"), "LOGO"),
        (Row::lost("Contacts", "keys"), "KEY"),
    ] {
        row.stands_in(&restored.said, bytes);
        row.holds(!stored.json.to_string().contains(name), &stored.json);
        row.is(&stored.parts, &[""; 0]);
    }
}
