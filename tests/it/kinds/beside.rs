//! What real mailboxes hold beside what a restore makes: calendars and lists of somebody else, folders that hold no mail, bodies
//! that come back filtered and spelled anew, transactions that were used. Nothing is written into what is not the person's own.

use m365_simulator::Faults;
use serde_json::Value;
use unbroken::domain::calendar_event::{CalendarEvent, EventFacts, EventTime};
use unbroken::domain::folder::FolderPath;
use unbroken::domain::item::{ItemKey, Workload};
use unbroken::domain::outlook::OutlookItem;
use unbroken::targets::Target;

use super::corpus::ADA;
use crate::case::Case;
use crate::fidelity::Row;
use crate::readback::graph;

fn calendar(inside: &str) -> Vec<u8> {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\n{inside}END:VCALENDAR\n");
    text.replace('\n', "\r\n").into_bytes()
}

fn event(uid: &str) -> String {
    format!(
        "BEGIN:VEVENT\nUID:{uid}\nSUMMARY:{uid}\nDTSTART:20270201T100000Z\nDURATION:PT30M\n\
         DESCRIPTION:a < b &amp\\; c\nEND:VEVENT\n"
    )
}

fn todo(uid: &str) -> String {
    format!("BEGIN:VTODO\nUID:{uid}\nSUMMARY:{uid}\nDUE;VALUE=DATE:20270301\nEND:VTODO\n")
}

/// The transforms of what was restored, one text an item.
fn transforms(case: &Case) -> Vec<String> {
    let events = case.events("bundle-of-beside");
    let restored = events
        .iter()
        .filter(|event| event["type"] == "ItemRestored/1");
    restored
        .map(|event| event["data"]["transforms"].to_string())
        .collect()
}

#[test]
fn what_somebody_else_shared_is_never_written_into_whatever_its_name() {
    let case = Case::new(Faults::none());
    case.plant("Birthdays/a.ics", &calendar(&event("birthday")));
    let both = event("meeting") + &todo("errand");
    case.plant("colleague/b.ics", &calendar(&both));
    let flagged = calendar(&todo("flag"));
    case.plant("Gekennzeichnete E-Mails/c.ics", &flagged);
    case.plant("Own/d.ics", &calendar(&event("own")));
    case.prepare("mailbox");
    assert!(case.restore().status.success());
    let items = case.inspect().items(ADA);
    let mut places: Vec<(&str, &str)> = items
        .iter()
        .map(|one| {
            let title = one.json["subject"].as_str().or(one.json["title"].as_str());
            (title.expect("a title"), &*one.folder)
        })
        .collect();
    places.sort_unstable();
    let expected = [
        ("birthday", "Birthdays (restored)"),
        ("errand", "colleague (restored)"),
        ("flag", "Gekennzeichnete E-Mails (restored)"),
        ("meeting", "colleague (restored)"),
        ("own", "Own"),
    ];
    Row::declared("Calendars", "calendar of a name that is taken").is(&*places, &expected);
    let said = transforms(&case);
    let beside = said
        .iter()
        .filter(|text| text.contains("folder-beside-another/1"));
    let lists = Row::declared("Tasks", "task list of a name that is taken");
    lists.is(&beside.count(), &4);
}

#[test]
fn mail_goes_into_no_folder_that_holds_other_things() {
    let case = Case::new(Faults::none());
    let mail = b"From: ada@old.example\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\
                 Subject: s\r\n\r\nx\r\n";
    case.plant("ada@old.example/Journal/Old/a.eml", mail);
    case.prepare("ada@old.example");
    assert!(case.restore().status.success());
    let stored = case.inspect().messages(ADA);
    let folder = stored[0].folder.as_str();
    let row = Row::declared("Messages", "mail folder of a name that is taken");
    row.stands_in(folder, "Journal (restored)");
    row.stands_in(&transforms(&case)[0], "folder-beside-another/1");
}

#[test]
fn a_body_is_compared_as_it_is_stored_and_by_its_letters() {
    let case = Case::new(Faults::none());
    let mail = b"From: ada@old.example\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\
                 Subject: s\r\nContent-Type: text/html\r\n\r\n\
                 <p>Gr&uuml;&szlig;e, Ben&rsquo;s &copy; caf&eacute;&nbsp;&hellip;</p>\
                 <form><button>Buy</button></form>\r\n";
    case.plant("ada@old.example/Inbox/a.eml", mail);
    case.prepare("ada@old.example");
    assert!(case.restore().status.success());
    let stored = case.inspect().messages(ADA);
    let content = stored[0].json["body"]["content"].as_str().expect("a body");
    assert!(
        content.contains("Grüße") && content.contains("<button>Buy"),
        "{content}"
    );
    let events = case.events("bundle-of-letters");
    let restored: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "ItemRestored/1")
        .collect();
    assert_eq!(restored[0]["data"]["class"], "identical");
}

#[test]
fn an_event_that_was_taken_back_can_be_written_again() {
    let case = Case::without_quotas(Faults::none());
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let at = |text: &str| EventTime::utc(text.parse().expect("an instant"));
    let event = |is_reminder_on| {
        OutlookItem::Event(Box::new(CalendarEvent {
            facts: EventFacts {
                subject: "Weekly".to_owned(),
                start: at("2027-01-04T09:00:00Z"),
                end: at("2027-01-04T10:00:00Z"),
                is_reminder_on,
                ..EventFacts::default()
            },
            ..CalendarEvent::default()
        }))
    };
    runtime.block_on(async {
        let graph = graph(&case);
        let user = graph.user(ADA).await.expect("asked").expect("there");
        let path = FolderPath::Calendar(None);
        let folder = graph.outlook_folder(&user, &path).await.expect("there");
        let key = ItemKey([7; 32]);
        let create = async |item: &OutlookItem| {
            let made = graph.create_outlook_item(&user, &folder, item, &key).await;
            made.expect("created").0
        };
        let first = create(&event(true)).await;
        assert_eq!(create(&event(true)).await, first, "sent again, made once");
        // In the meantime it is over: its reminder is off, and it is another event.
        let second = create(&event(false)).await;
        assert_ne!(second, first);
        for id in [first, second] {
            let workload = Workload::Calendar;
            let gone = graph.delete_outlook_item(&user, workload, &folder, &id);
            gone.await.expect("deleted");
        }
        create(&event(true)).await;
        let there = graph.find_outlook_items(&user, Workload::Calendar, &folder, &key);
        assert_eq!(there.await.expect("asked").len(), 1);
    });
}
