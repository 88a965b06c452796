//! The backup of the mixed case: two people with mail, attachments, events, series, contacts, tasks, and files with older
//! versions. What becomes of it in the tenant is not known here.

use chrono::{DateTime, TimeDelta, Utc};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    ChecklistEntry, CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo,
    MailEntry, MailFolder, ParentReference, PersonalEntry, PointTag, Tag, VersionEntry,
};
use unbroken::sources::archive::writer::ArchiveWriter;

use crate::case::{Case, mail};

pub(super) const PEOPLE: [&str; 2] = ["ada", "ben"];
/// Two fragments of an upload session.
const LARGE: usize = 4_200_000;

/// How much of it there is, for each of the two.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) mails: usize,
    pub(super) events: usize,
    pub(super) contacts: usize,
    pub(super) tasks: usize,
    pub(super) files: usize,
    pub(super) kills: usize,
}

impl Size {
    /// The items of both.
    pub(super) fn items(self) -> usize {
        PEOPLE.len() * (self.mails + self.events + self.contacts + self.tasks + self.files)
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_775_000_000, 0).expect("a time")
}

/// Each tenth mail has an attachment, each five hundredth one that goes in fragments.
pub(super) fn attached(number: usize) -> usize {
    match number {
        number if number % 500 == 7 => LARGE,
        number if number.is_multiple_of(10) => 2_000 + number,
        _ => 0,
    }
}

/// A file's bytes, oldest version first; every fourth file has two older ones.
pub(super) fn file_versions(person: usize, number: usize) -> Vec<Vec<u8>> {
    let size = match number {
        number if number % 500 == 3 => LARGE,
        // An empty one now and then.
        number => number * 7 % 20_000,
    };
    let byte = |at: usize, salt: usize| (at * 131 + number + person * 7 + salt).to_le_bytes()[0];
    let of = |size: usize, salt: usize| (0..size).map(|at| byte(at, salt)).collect();
    let older = if has_history(number) {
        vec![of(size / 2 + 1, 1), of(size / 3 + 2, 2)]
    } else {
        Vec::new()
    };
    older.into_iter().chain([of(size, 0)]).collect()
}

pub(super) fn has_history(number: usize) -> bool {
    number % 4 == 1
}

/// Every fifth event is a series with a day that is left out, one that differs, and a file.
pub(super) fn is_series(number: usize) -> bool {
    number.is_multiple_of(5)
}

/// Writes it all where the case looks for its backup.
pub(super) fn write_archive(case: &Case, size: Size) {
    let custodians = PEOPLE.iter().zip(1..).map(|(person, number)| CustodianTag {
        name: format!("{person}@old.example"),
        id: format!("00000000-0000-4000-8000-{number:012}"),
        index: format!("c{number:04}"),
    });
    let point = PointTag {
        id: "2026-04-01".to_owned(),
        taken: noon(),
    };
    let evidence = EvidenceTag {
        access: false,
        immutability: false,
        dates: false,
    };
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        evidence,
        vec![point],
        custodians.collect(),
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("created");
    for (place, person) in PEOPLE.iter().enumerate() {
        let mut entries: Vec<Entry> = Vec::new();
        entries.extend((0..size.mails).map(|number| mail_entry(&mut writer, place, number)));
        entries.extend((0..size.events).map(|number| event_entry(&mut writer, place, number)));
        entries.extend((0..size.contacts).map(|number| contact_entry(&mut writer, place, number)));
        entries.extend((0..size.tasks).map(|number| task_entry(&mut writer, place, number)));
        entries.extend((0..size.files).map(|number| file_entry(&mut writer, place, number)));
        let owner = CustodianName(format!("{person}@old.example"));
        let point = RestorePointId("2026-04-01".to_owned());
        writer.index(&point, &owner, &entries).expect("written");
    }
    writer.finish().expect("finished");
}

fn mail_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    let bytes = mail(number, attached(number));
    let sent = noon() + TimeDelta::seconds(i64::try_from(number).expect("small"));
    Entry::Mail(MailEntry {
        id: format!("mail-{person}-{number}"),
        object: writer.object(&bytes).expect("kept"),
        parent_folder: MailFolder {
            well_known_name: "inbox".to_owned(),
            path: vec![format!("folder {}", number % 5)],
        },
        sent_date_time: Some(sent),
        received_date_time: Some(sent),
        is_read: true,
        importance: None,
        categories: Vec::new(),
        flag: None,
    })
}

fn personal(
    writer: &mut ArchiveWriter,
    id: String,
    bytes: &str,
    folder: Option<String>,
) -> PersonalEntry {
    PersonalEntry {
        id,
        object: writer.object(bytes.as_bytes()).expect("kept"),
        path: folder.into_iter().collect(),
        checklist_items: Vec::new(),
    }
}

fn event_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    let event = if is_series(number) {
        format!(
            "BEGIN:VEVENT\r\nUID:series-{number}\r\nSUMMARY:event {number}\r\n\
             DTSTART;TZID=Europe/Vienna:20270104T090000\r\n\
             DTEND;TZID=Europe/Vienna:20270104T100000\r\nRRULE:FREQ=WEEKLY;COUNT=6\r\n\
             EXDATE;TZID=Europe/Vienna:20270118T090000\r\n\
             ATTENDEE:mailto:eve@old.example\r\n\
             ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:YQ==\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:series-{number}\r\nSUMMARY:late {number}\r\n\
             RECURRENCE-ID;TZID=Europe/Vienna:20270111T090000\r\n\
             DTSTART;TZID=Europe/Vienna:20270111T110000\r\n\
             DTEND;TZID=Europe/Vienna:20270111T120000\r\nEND:VEVENT\r\n"
        )
    } else {
        format!(
            "BEGIN:VEVENT\r\nUID:one-{number}\r\nSUMMARY:event {number}\r\n\
             DTSTART:20270201T{:02}0000Z\r\nDURATION:PT30M\r\nEND:VEVENT\r\n",
            number % 24
        )
    };
    let bytes = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n");
    let calendar = number.is_multiple_of(3).then(|| "Team".to_owned());
    let id = format!("event-{person}-{number}");
    Entry::Calendar(personal(writer, id, &bytes, calendar))
}

fn contact_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    let photo = if number.is_multiple_of(2) {
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n"
    } else {
        ""
    };
    let bytes = format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-{number}\r\nFN:Person {number}\r\n\
         N:{number};Person\r\nEMAIL:p{number}@old.example\r\n{photo}END:VCARD\r\n"
    );
    let id = format!("contact-{person}-{number}");
    Entry::Contacts(personal(writer, id, &bytes, None))
}

fn task_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    let bytes = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:do-{number}\r\n\
         SUMMARY:task {number}\r\nDUE;VALUE=DATE:20270301\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    );
    let id = format!("task-{person}-{number}");
    let mut entry = personal(writer, id, &bytes, Some("Team".to_owned()));
    let line = |title: &str, is_checked| ChecklistEntry {
        display_name: title.to_owned(),
        is_checked,
    };
    if number.is_multiple_of(2) {
        entry.checklist_items = vec![line("one", true), line("two", false)];
    }
    Entry::Tasks(entry)
}

fn file_entry(writer: &mut ArchiveWriter, person: usize, number: usize) -> Entry {
    let mut versions = file_versions(person, number);
    let current = versions.pop().expect("a file has a version");
    let older = versions
        .iter()
        .zip(1..)
        .map(|(bytes, version)| VersionEntry {
            id: format!("{version}.0"),
            object: writer.object(bytes).expect("kept"),
            last_modified_date_time: Some(noon()),
            last_modified_by: Some("ada@old.example".to_owned()),
        });
    let versions = older.collect();
    Entry::Files(FileEntry {
        id: format!("file-{person}-{number}"),
        name: format!("{number}.dat"),
        parent_reference: ParentReference {
            path: vec![format!("folder {}", number % 7)],
        },
        object: writer.object(&current).expect("kept"),
        file_system_info: FileSystemInfo {
            created_date_time: Some(noon()),
            last_modified_date_time: Some(noon()),
        },
        permissions: Vec::new(),
        versions,
    })
}
