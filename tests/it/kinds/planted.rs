//! A change that is planted inside of the tenant is seen in each field that docs/fidelity.md names for events, contacts and tasks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Weekday;
use chrono_tz::Tz;
use m365_simulator::Faults;
use serde_json::{Map, Value, json};
use unbroken::domain::calendar_event::{
    CalendarEvent, EventFacts, EventTime, Sensitivity, Series, ShowAs,
};
use unbroken::domain::contact::{Contact, Photo, PostalAddress};
use unbroken::domain::folder::FolderPath;
use unbroken::domain::item::ItemKey;
use unbroken::domain::message::{Address, Attachment, Body, BodyKind, Importance};
use unbroken::domain::outlook::OutlookItem;
use unbroken::domain::recurrence::{Pattern, RangeEnd, Recurrence};
use unbroken::domain::semantic::compare_outlook;
use unbroken::domain::task::{ChecklistItem, Task, TaskStatus};
use unbroken::targets::graph::Graph;
use unbroken::targets::{Target, TargetId, TargetUser};

use super::corpus::ADA;
use crate::case::Case;
use crate::readback::graph;

type Plant = fn(&mut Map<String, Value>);

fn at(text: &str) -> EventTime {
    EventTime {
        local: text.parse().expect("a time"),
        zone: Tz::Europe__Vienna,
    }
}

fn facts(subject: &str, day: &str) -> EventFacts {
    EventFacts {
        subject: subject.to_owned(),
        body: Body {
            kind: BodyKind::Html,
            content: "<p>agenda</p>".to_owned(),
        },
        start: at(&format!("{day}T09:00:00")),
        end: at(&format!("{day}T10:00:00")),
        location: "Quay 7".to_owned(),
        is_reminder_on: true,
        reminder_minutes: 20,
        sensitivity: Sensitivity::Private,
        show_as: ShowAs::Tentative,
        importance: Importance::High,
        categories: vec!["Board".to_owned()],
        ..EventFacts::default()
    }
}

fn event() -> OutlookItem {
    let day = |text: &str| text.parse().expect("a day");
    OutlookItem::Event(Box::new(CalendarEvent {
        uid: "uid-1".to_owned(),
        facts: facts("Weekly", "2027-01-04"),
        series: Some(Series {
            recurrence: Recurrence {
                pattern: Pattern::Weekly {
                    days: vec![Weekday::Mon],
                },
                interval: 1,
                first_day_of_week: Weekday::Mon,
                start: day("2027-01-04"),
                end: RangeEnd::After(8),
            },
            cancelled: BTreeSet::from([day("2027-01-18")]),
            changed: BTreeMap::from([(day("2027-01-11"), facts("Late", "2027-01-12"))]),
        }),
        attachments: vec![Attachment {
            name: "a.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            content_id: None,
            is_inline: false,
            content: b"a".to_vec(),
        }],
        ..CalendarEvent::default()
    }))
}

fn contact() -> OutlookItem {
    let place = |city: &str| PostalAddress {
        city: city.to_owned(),
        street: "1 Street".to_owned(),
        ..PostalAddress::default()
    };
    let text = str::to_owned;
    OutlookItem::Contact(Box::new(Contact {
        uid: text("uid-2"),
        display_name: text("Ada B"),
        given_name: text("Ada"),
        surname: text("B"),
        email_addresses: vec![Address {
            name: String::new(),
            address: text("ada@old.example"),
        }],
        business_phones: vec![text("1")],
        home_phones: vec![text("2")],
        im_addresses: vec![text("im")],
        mobile_phone: text("3"),
        business_address: place("Work"),
        home_address: place("Home"),
        other_address: place("Other"),
        company_name: text("Company"),
        personal_notes: text("Notes"),
        categories: vec![text("Board")],
        children: vec![text("Kid")],
        birthday: "1980-05-01".parse().ok(),
        photo: Some(Photo {
            content_type: text("image/jpeg"),
            content: vec![0xff, 0xd8, 1],
        }),
        ..Contact::default()
    }))
}

fn task() -> OutlookItem {
    let line = |title: &str, is_checked| ChecklistItem {
        title: title.to_owned(),
        is_checked,
    };
    OutlookItem::Task(Box::new(Task {
        title: "Paint".to_owned(),
        body: Body {
            kind: BodyKind::Text,
            content: "twice".to_owned(),
        },
        start: "2027-01-01".parse().ok(),
        due: "2027-01-02".parse().ok(),
        status: TaskStatus::InProgress,
        importance: Importance::High,
        reminder: Some(at("2027-01-01T08:00:00")),
        checklist: vec![line("one", true), line("two", false)],
        categories: vec!["Board".to_owned()],
        ..Task::default()
    }))
}

async fn written(graph: &Graph, item: &OutlookItem) -> (TargetUser, TargetId, TargetId) {
    let user = graph.user(ADA).await.expect("asked").expect("there");
    let path = match item {
        OutlookItem::Contact(_) => FolderPath::Contacts(vec!["Old".to_owned(), "Older".to_owned()]),
        OutlookItem::Event(_) => FolderPath::Calendar(Some("Old".to_owned())),
        OutlookItem::Task(_) => FolderPath::Tasks(Some("Old".to_owned())),
    };
    let folder = graph.outlook_folder(&user, &path).await.expect("made");
    let again = graph.outlook_folder(&user, &path).await.expect("found");
    assert_eq!(folder, again, "found, not made again");
    let key = ItemKey([7; 32]);
    let made = graph.create_outlook_item(&user, &folder, item, &key).await;
    let (id, _) = made.expect("created");
    for _ in 0..2 {
        // The second time there is nothing left to do.
        let completed = graph.complete_outlook_item(&user, &folder, &id, item).await;
        completed.expect("completed");
    }
    let found = graph
        .find_outlook_items(&user, item.workload(), &folder, &key)
        .await;
    let found = found.expect("asked");
    assert_eq!(found, std::slice::from_ref(&id), "found by its key");
    (user, folder, id)
}

/// Writes the item, reads it back equal, plants the change, and reads it back different in those fields alone.
fn expect_seen(item: &OutlookItem, fields: &[&str], plant: impl Fn(&Case, &str)) {
    let case = Case::without_quotas(Faults::none());
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let graph = graph(&case);
        let (user, folder, id) = written(&graph, item).await;
        let read = async || {
            let read = graph
                .read_outlook_item(&user, item.workload(), &folder, &id)
                .await;
            compare_outlook(item, &read.expect("read"))
        };
        assert_eq!(read().await.differing, Vec::<&str>::new());
        plant(&case, &id.0);
        let after = read().await;
        assert_eq!(after.differing, fields);
        assert_ne!(after.written, after.found, "{fields:?}");
        let deleted = graph
            .delete_outlook_item(&user, item.workload(), &folder, &id)
            .await;
        deleted.expect("deleted");
        assert_eq!(case.inspect().items(ADA).len(), 0, "gone for good");
        assert_eq!(case.inspect().invitations(), 0, "nobody is invited");
    });
}

fn expect_each(item: &OutlookItem, fields: &[(&str, Plant)]) {
    for (field, plant) in fields {
        expect_seen(item, &[field], |case, id| {
            assert!(case.inspect().change_item(ADA, id, plant));
        });
    }
}

#[test]
fn a_change_in_an_event_is_seen() {
    // The changed occurrence says its own: only what the series says is changed.
    expect_each(
        &event(),
        &[
            ("subject", |e| e["subject"] = "Weekly!".into()),
            ("body", |e| e["body"]["content"] = "<p>agendas</p>".into()),
            ("end", |e| {
                e["end"]["dateTime"] = "2027-01-04T10:01:00".into();
            }),
            ("location", |e| {
                e["location"]["displayName"] = "Quay 8".into();
            }),
            ("reminder", |e| e["reminderMinutesBeforeStart"] = 5.into()),
            ("sensitivity", |e| e["sensitivity"] = "normal".into()),
            ("show-as", |e| e["showAs"] = "free".into()),
            ("importance", |e| e["importance"] = "low".into()),
            ("categories", |e| e["categories"] = json!(["Board", "x"])),
            ("time-zone", |e| {
                e["originalStartTimeZone"] = "GTB Standard Time".into();
            }),
            ("recurrence", |e| {
                e["recurrence"]["range"]["numberOfOccurrences"] = 9.into();
            }),
        ],
    );
    // Whoever is asked to the series is asked to its occurrences.
    expect_seen(&event(), &["attendees", "exceptions"], |case, id| {
        let invited = json!([{"emailAddress": {"address": "eve@evil.example"}}]);
        let planted = case.inspect().change_item(ADA, id, |e| {
            e["attendees"] = invited;
        });
        assert!(planted);
    });
    expect_seen(
        &event(),
        &["attachments", "cancellations", "exceptions"],
        |case, id| {
            assert!(case.inspect().strip_item(ADA, id));
        },
    );
}

#[test]
fn a_change_in_a_contact_is_seen() {
    expect_each(
        &contact(),
        &[
            ("display-name", |c| c["displayName"] = "Eve".into()),
            ("given-name", |c| c["givenName"] = "Eve".into()),
            ("surname", |c| c["surname"] = "C".into()),
            ("email-addresses", |c| {
                c["emailAddresses"][0]["address"] = "eve@evil.example".into();
            }),
            ("business-phones", |c| c["businessPhones"] = json!([])),
            ("home-phones", |c| c["homePhones"] = json!(["9"])),
            ("im-addresses", |c| c["imAddresses"] = json!([])),
            ("mobile-phone", |c| c["mobilePhone"] = "9".into()),
            ("business-address", |c| {
                c["businessAddress"]["city"] = "x".into();
            }),
            ("home-address", |c| c["homeAddress"]["street"] = "x".into()),
            ("other-address", |c| {
                c["otherAddress"]["postalCode"] = "x".into();
            }),
            ("company-name", |c| c["companyName"] = Value::Null),
            ("personal-notes", |c| c["personalNotes"] = "x".into()),
            ("categories", |c| c["categories"] = json!([])),
            ("children", |c| c["children"] = json!([])),
            ("birthday", |c| {
                c["birthday"] = "1980-05-02T11:59:00Z".into();
            }),
            ("spouse-name", |c| c["spouseName"] = "x".into()),
        ],
    );
    expect_seen(&contact(), &["photo"], |case, id| {
        assert!(case.inspect().strip_item(ADA, id));
    });
}

#[test]
fn a_change_in_a_task_is_seen() {
    expect_each(
        &task(),
        &[
            ("title", |t| t["title"] = "Paint!".into()),
            ("body", |t| t["body"]["content"] = "once".into()),
            ("start", |t| {
                t["startDateTime"]["dateTime"] = "2027-01-02T00:00:00".into();
            }),
            ("due", |t| {
                t["dueDateTime"]["dateTime"] = "2027-01-03T00:00:00".into();
            }),
            ("status", |t| t["status"] = "completed".into()),
            ("importance", |t| t["importance"] = "low".into()),
            ("reminder", |t| t["isReminderOn"] = false.into()),
            ("categories", |t| t["categories"] = json!([])),
        ],
    );
    expect_seen(&task(), &["checklist"], |case, id| {
        assert!(case.inspect().strip_item(ADA, id));
    });
}
