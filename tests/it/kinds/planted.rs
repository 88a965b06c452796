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
use crate::fidelity::Row;
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

fn every_monday() -> Recurrence {
    Recurrence {
        pattern: Pattern::Weekly {
            days: vec![Weekday::Mon],
        },
        interval: 1,
        first_day_of_week: Weekday::Mon,
        start: "2027-01-04".parse().expect("a day"),
        end: RangeEnd::After(8),
    }
}

fn event() -> OutlookItem {
    let day = |text: &str| text.parse().expect("a day");
    OutlookItem::Event(Box::new(CalendarEvent {
        uid: "uid-1".to_owned(),
        facts: facts("Weekly", "2027-01-04"),
        series: Some(Series {
            recurrence: every_monday(),
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
        file_as: text("B, Ada"),
        initials: text("AB"),
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
fn expect_seen(item: &OutlookItem, rows: &[Row], fields: &[&str], plant: impl Fn(&Case, &str)) {
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
        for row in rows {
            row.is(&after.differing, fields);
        }
        assert_ne!(after.written, after.found, "{fields:?}");
        let deleted = graph
            .delete_outlook_item(&user, item.workload(), &folder, &id)
            .await;
        deleted.expect("deleted");
        assert_eq!(case.inspect().items(ADA).len(), 0, "gone for good");
        assert_eq!(case.inspect().invitations(), 0, "nobody is invited");
    });
}

fn expect_each(item: &OutlookItem, fields: &[(&str, Row, Plant)]) {
    for (field, row, plant) in fields {
        expect_seen(item, &[*row], &[field], |case, id| {
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
            ("subject", Row::kept("Calendars", "subject"), |e| {
                e["subject"] = "Weekly!".into();
            }),
            ("body", Row::kept("Calendars", "body"), |e| {
                e["body"]["content"] = "<p>agendas</p>".into();
            }),
            ("start", Row::kept("Calendars", "start"), |e| {
                e["start"]["dateTime"] = "2027-01-04T08:59:00".into();
            }),
            ("end", Row::kept("Calendars", "end"), |e| {
                e["end"]["dateTime"] = "2027-01-04T10:01:00".into();
            }),
            ("location", Row::kept("Calendars", "location"), |e| {
                e["location"]["displayName"] = "Quay 8".into();
            }),
            ("reminder", Row::kept("Calendars", "reminder"), |e| {
                e["reminderMinutesBeforeStart"] = 5.into();
            }),
            ("sensitivity", Row::kept("Calendars", "sensitivity"), |e| {
                e["sensitivity"] = "normal".into();
            }),
            ("show-as", Row::kept("Calendars", "show-as"), |e| {
                e["showAs"] = "free".into();
            }),
            ("importance", Row::kept("Calendars", "importance"), |e| {
                e["importance"] = "low".into();
            }),
            ("categories", Row::kept("Calendars", "categories"), |e| {
                e["categories"] = json!(["Board", "x"]);
            }),
            ("time-zone", Row::kept("Calendars", "time zone"), |e| {
                e["originalStartTimeZone"] = "GTB Standard Time".into();
            }),
            ("recurrence", Row::kept("Calendars", "recurrence"), |e| {
                e["recurrence"]["range"]["numberOfOccurrences"] = 9.into();
            }),
        ],
    );
    // Whoever is asked to the series is asked to its occurrences.
    let invited = Row::declared("Calendars", "attendees");
    expect_seen(
        &event(),
        &[invited],
        &["attendees", "exceptions"],
        |case, id| {
            let invited = json!([{"emailAddress": {"address": "eve@evil.example"}}]);
            let planted = case.inspect().change_item(ADA, id, |e| {
                e["attendees"] = invited;
            });
            assert!(planted);
        },
    );
    expect_seen(
        &event(),
        &[
            Row::kept("Calendars", "attachments"),
            Row::kept("Calendars", "cancellations"),
            Row::kept("Calendars", "exceptions"),
        ],
        &["attachments", "cancellations", "exceptions"],
        |case, id| {
            assert!(case.inspect().strip_item(ADA, id));
        },
    );
}

/// Each text of a contact, by its field and its name in Graph.
fn expect_texts(texts: &[(Row, &str, &str)]) {
    for (row, field, name) in texts {
        expect_seen(&contact(), &[*row], &[field], |case, id| {
            let planted = case.inspect().change_item(ADA, id, |c| {
                c[*name] = "x".into();
            });
            assert!(planted, "{name}");
        });
    }
}

#[test]
fn a_change_in_a_name_of_a_contact_is_seen() {
    expect_texts(&[
        (
            Row::kept("Contacts", "middle name"),
            "middle-name",
            "middleName",
        ),
        (Row::kept("Contacts", "title"), "title", "title"),
        (
            Row::kept("Contacts", "generation"),
            "generation",
            "generation",
        ),
        (Row::kept("Contacts", "nickname"), "nick-name", "nickName"),
        (
            Row::kept("Contacts", "phonetic names"),
            "yomi-given-name",
            "yomiGivenName",
        ),
        (
            Row::kept("Contacts", "phonetic names"),
            "yomi-surname",
            "yomiSurname",
        ),
        (
            Row::kept("Contacts", "phonetic names"),
            "yomi-company-name",
            "yomiCompanyName",
        ),
        (
            Row::kept("Contacts", "display name"),
            "display-name",
            "displayName",
        ),
        (
            Row::kept("Contacts", "given name"),
            "given-name",
            "givenName",
        ),
        (Row::kept("Contacts", "surname"), "surname", "surname"),
        (Row::kept("Contacts", "file-as"), "file-as", "fileAs"),
        (Row::kept("Contacts", "initials"), "initials", "initials"),
    ]);
}

#[test]
fn a_change_in_another_text_of_a_contact_is_seen() {
    expect_texts(&[
        (
            Row::kept("Contacts", "department"),
            "department",
            "department",
        ),
        (
            Row::kept("Contacts", "office"),
            "office-location",
            "officeLocation",
        ),
        (Row::kept("Contacts", "job title"), "job-title", "jobTitle"),
        (
            Row::kept("Contacts", "profession"),
            "profession",
            "profession",
        ),
        (
            Row::kept("Contacts", "web page"),
            "business-home-page",
            "businessHomePage",
        ),
        (Row::kept("Contacts", "manager"), "manager", "manager"),
        (
            Row::kept("Contacts", "assistant"),
            "assistant-name",
            "assistantName",
        ),
        (Row::kept("Contacts", "spouse"), "spouse-name", "spouseName"),
        (
            Row::kept("Contacts", "mobile telephone"),
            "mobile-phone",
            "mobilePhone",
        ),
        (
            Row::kept("Contacts", "company"),
            "company-name",
            "companyName",
        ),
        (
            Row::kept("Contacts", "notes"),
            "personal-notes",
            "personalNotes",
        ),
    ]);
}

#[test]
fn a_change_of_a_contacts_uid_is_seen() {
    let uid = Row::kept("Contacts", "uid");
    expect_seen(&contact(), &[uid], &["uid"], |case, id| {
        let changed = case.inspect().change_item_properties(ADA, id, |found| {
            let uids = found.values_mut().filter(|uid| *uid == "uid-2");
            uids.for_each(|uid| uid.push('x'));
        });
        assert!(changed);
    });
}

#[test]
fn a_change_in_a_contact_is_seen() {
    expect_each(
        &contact(),
        &[
            (
                "email-addresses",
                Row::kept("Contacts", "e-mail addresses"),
                |c| {
                    c["emailAddresses"][0]["address"] = "eve@evil.example".into();
                },
            ),
            (
                "business-phones",
                Row::kept("Contacts", "telephones at work"),
                |c| c["businessPhones"] = json!([]),
            ),
            (
                "home-phones",
                Row::kept("Contacts", "telephones at home"),
                |c| c["homePhones"] = json!(["9"]),
            ),
            (
                "im-addresses",
                Row::kept("Contacts", "messenger addresses"),
                |c| c["imAddresses"] = json!([]),
            ),
            (
                "business-address",
                Row::kept("Contacts", "work address"),
                |c| {
                    c["businessAddress"]["city"] = "x".into();
                },
            ),
            ("home-address", Row::kept("Contacts", "home address"), |c| {
                c["homeAddress"]["street"] = "x".into();
            }),
            (
                "other-address",
                Row::kept("Contacts", "other address"),
                |c| {
                    c["otherAddress"]["postalCode"] = "x".into();
                },
            ),
            ("categories", Row::kept("Contacts", "categories"), |c| {
                c["categories"] = json!([]);
            }),
            ("children", Row::kept("Contacts", "children"), |c| {
                c["children"] = json!([]);
            }),
            ("birthday", Row::kept("Contacts", "birthday"), |c| {
                c["birthday"] = "1980-05-02T11:59:00Z".into();
            }),
        ],
    );
    let photo = Row::kept("Contacts", "photo");
    expect_seen(&contact(), &[photo], &["photo"], |case, id| {
        assert!(case.inspect().strip_item(ADA, id));
    });
}

#[test]
fn a_change_in_a_task_is_seen() {
    expect_each(
        &task(),
        &[
            ("title", Row::kept("Tasks", "title"), |t| {
                t["title"] = "Paint!".into();
            }),
            ("body", Row::kept("Tasks", "body"), |t| {
                t["body"]["content"] = "once".into();
            }),
            ("start", Row::kept("Tasks", "start"), |t| {
                t["startDateTime"]["dateTime"] = "2027-01-02T00:00:00".into();
            }),
            ("due", Row::kept("Tasks", "due"), |t| {
                t["dueDateTime"]["dateTime"] = "2027-01-03T00:00:00".into();
            }),
            ("status", Row::kept("Tasks", "status"), |t| {
                t["status"] = "completed".into();
            }),
            ("importance", Row::kept("Tasks", "importance"), |t| {
                t["importance"] = "low".into();
            }),
            ("reminder", Row::kept("Tasks", "reminder"), |t| {
                t["isReminderOn"] = false.into();
            }),
            ("categories", Row::kept("Tasks", "categories"), |t| {
                t["categories"] = json!([]);
            }),
        ],
    );
    let checklist = Row::kept("Tasks", "checklist");
    expect_seen(&task(), &[checklist], &["checklist"], |case, id| {
        assert!(case.inspect().strip_item(ADA, id));
    });
}

#[test]
fn a_change_of_the_day_a_task_was_done_or_of_its_recurrence_is_seen() {
    let OutlookItem::Task(known) = task() else {
        panic!("a task");
    };
    let mut done = known.clone();
    done.status = TaskStatus::Completed;
    done.reminder = None;
    done.completed = "2027-01-03".parse().ok();
    let mut weekly = known;
    weekly.recurrence = Some(every_monday());
    expect_each(
        &OutlookItem::Task(done),
        &[("completed", Row::kept("Tasks", "completed date"), |t| {
            t["completedDateTime"]["dateTime"] = "2027-01-04T00:00:00".into();
        })],
    );
    expect_each(
        &OutlookItem::Task(weekly),
        &[("recurrence", Row::kept("Tasks", "recurrence"), |t| {
            t["recurrence"]["pattern"]["interval"] = 2.into();
        })],
    );
}

#[test]
fn a_change_of_an_events_uid_or_of_its_days_is_seen() {
    let uid = Row::kept("Calendars", "uid");
    expect_seen(&event(), &[uid], &["uid"], |case, id| {
        let changed = case.inspect().change_item_properties(ADA, id, |found| {
            found
                .values_mut()
                .filter(|uid| *uid == "uid-1")
                .for_each(|uid| uid.push('x'));
        });
        assert!(changed);
    });
    let OutlookItem::Event(mut day) = event() else {
        panic!("an event");
    };
    day.series = None;
    day.facts.is_all_day = true;
    (day.facts.start, day.facts.end) = (at("2027-01-04T00:00:00"), at("2027-01-05T00:00:00"));
    let fields = ["all-day", "end", "start"];
    let all_day = Row::kept("Calendars", "all-day");
    expect_seen(&OutlookItem::Event(day), &[all_day], &fields, |case, id| {
        assert!(
            case.inspect()
                .change_item(ADA, id, |e| e["isAllDay"] = false.into())
        );
    });
}
