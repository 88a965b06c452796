//! The canaries of calendar, contacts and tasks: written, found by key, completed, read back, removed. The event is a series with a
//! cancelled and a changed occurrence, a year ahead, and names nobody.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};
use chrono_tz::Tz;

use super::{Seen, key};
use crate::cli::flow::target_meaning;
use crate::clock::{Clock, SystemClock};
use crate::domain::calendar_event::{CalendarEvent, EventFacts, EventTime, Series};
use crate::domain::contact::{Contact, Photo};
use crate::domain::folder::FolderPath;
use crate::domain::message::Address;
use crate::domain::outlook::OutlookItem;
use crate::domain::recurrence::{Pattern, RangeEnd, Recurrence};
use crate::domain::semantic::compare_outlook;
use crate::domain::task::{ChecklistItem, Task};
use crate::error::Result;
use crate::targets::{Target, TargetUser};

const TITLE: &str = "unbroken: canary, safe to delete";
/// The smallest JPEG that any reader takes: one grey pixel.
const PIXEL: &[u8] = &[
    0xff, 0xd8, 0xff, 0xdb, 0x00, 0x43, 0x00, 0x03, 0x02, 0x02, 0x02, 0x02, 0x02, 0x03, 0x02, 0x02,
    0x02, 0x03, 0x03, 0x03, 0x03, 0x04, 0x06, 0x04, 0x04, 0x04, 0x04, 0x04, 0x08, 0x06, 0x06, 0x05,
    0x06, 0x09, 0x08, 0x0a, 0x0a, 0x09, 0x08, 0x09, 0x09, 0x0a, 0x0c, 0x0f, 0x0c, 0x0a, 0x0b, 0x0e,
    0x0b, 0x09, 0x09, 0x0d, 0x11, 0x0d, 0x0e, 0x0f, 0x10, 0x10, 0x11, 0x10, 0x0a, 0x0c, 0x12, 0x13,
    0x12, 0x10, 0x13, 0x0f, 0x10, 0x10, 0x10, 0xff, 0xc9, 0x00, 0x0b, 0x08, 0x00, 0x01, 0x00, 0x01,
    0x01, 0x01, 0x11, 0x00, 0xff, 0xcc, 0x00, 0x06, 0x00, 0x10, 0x10, 0x05, 0xff, 0xda, 0x00, 0x08,
    0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0xd2, 0xcf, 0x20, 0xff, 0xd9,
];

/// What the tenant does with one of each.
pub(super) async fn probe<T: Target>(target: &T, user: &TargetUser) -> Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for (item, folder, names) in [
        (
            event(),
            FolderPath::Calendar(None),
            [
                "calendar: a series with its exceptions, read back",
                "calendar: found by its key, once",
                "calendar: removed for good",
            ],
        ),
        (
            contact(),
            FolderPath::Contacts(Vec::new()),
            [
                "contacts: read back, with the photo",
                "contacts: found by its key, once",
                "contacts: removed for good",
            ],
        ),
        (
            task(),
            FolderPath::Tasks(None),
            [
                "tasks: read back, with the checklist",
                "tasks: found by its key, once",
                "tasks: removed",
            ],
        ),
    ] {
        let key = key()?;
        let workload = item.workload();
        let folder = target
            .outlook_folder(user, &folder)
            .await
            .map_err(target_meaning)?;
        let made = target.create_outlook_item(user, &folder, &item, &key).await;
        let (id, _) = made.map_err(target_meaning)?;
        let completed = target
            .complete_outlook_item(user, &folder, &id, &item)
            .await;
        let found = target
            .find_outlook_items(user, workload, &folder, &key)
            .await;
        let back = target.read_outlook_item(user, workload, &folder, &id).await;
        let removed = target
            .delete_outlook_item(user, workload, &folder, &id)
            .await;
        let gone = target
            .find_outlook_items(user, workload, &folder, &key)
            .await;
        let same = |back: &OutlookItem| compare_outlook(&item, back).differing.is_empty();
        let holds = [
            completed.is_ok() && back.as_ref().is_ok_and(same),
            found.is_ok_and(|found| found == [id]),
            removed.is_ok() && gone.is_ok_and(|gone| gone.is_empty()),
        ];
        seen.extend(
            names
                .into_iter()
                .zip(holds)
                .map(|(what, holds)| Seen { what, holds }),
        );
    }
    Ok(seen)
}

fn next_year() -> NaiveDateTime {
    let now = SystemClock.now() + TimeDelta::days(365);
    now.date_naive()
        .and_time(NaiveTime::MIN)
        .with_hour(9)
        .unwrap_or_default()
}

fn facts(subject: &str, start: NaiveDateTime) -> EventFacts {
    let at = |local| EventTime {
        local,
        zone: Tz::Europe__Berlin,
    };
    EventFacts {
        subject: subject.to_owned(),
        start: at(start),
        end: at(start + TimeDelta::minutes(30)),
        ..EventFacts::default()
    }
}

fn event() -> OutlookItem {
    let start = next_year();
    let day = |days: i64| -> NaiveDate { start.date() + TimeDelta::days(days) };
    OutlookItem::Event(Box::new(CalendarEvent {
        facts: facts(TITLE, start),
        series: Some(Series {
            recurrence: Recurrence {
                pattern: Pattern::Daily,
                interval: 1,
                first_day_of_week: chrono::Weekday::Mon,
                start: day(0),
                end: RangeEnd::After(4),
            },
            cancelled: BTreeSet::from([day(1)]),
            changed: BTreeMap::from([(day(2), facts("changed", start + TimeDelta::hours(50)))]),
        }),
        ..CalendarEvent::default()
    }))
}

fn contact() -> OutlookItem {
    OutlookItem::Contact(Box::new(Contact {
        display_name: TITLE.to_owned(),
        email_addresses: vec![Address {
            name: String::new(),
            address: "canary@unbroken.example".to_owned(),
        }],
        birthday: NaiveDate::from_ymd_opt(1980, 5, 1),
        photo: Some(Photo {
            content_type: "image/jpeg".to_owned(),
            content: PIXEL.to_vec(),
        }),
        ..Contact::default()
    }))
}

fn task() -> OutlookItem {
    OutlookItem::Task(Box::new(Task {
        title: TITLE.to_owned(),
        due: Some(next_year().date()),
        checklist: vec![ChecklistItem {
            title: "a line".to_owned(),
            is_checked: true,
        }],
        ..Task::default()
    }))
}
