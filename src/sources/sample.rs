//! A small archive of our own, the same every time: three people, two restore points, a breach between them.
//! Made from code so that no binary file lies in the repository; what the mails and files say is written in
//! content.rs.

mod content;

use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};

use super::SourceError;
use super::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, FollowUpFlag,
    ImportanceName, MailEntry, MailFolder, ParentReference, PointTag, Tag,
};
use super::archive::writer::ArchiveWriter;
use super::reader::digest_of;
use crate::domain::item::{CustodianName, RestorePointId};
use content::{Drafted, Stored};

/// What a test or a demonstration may rely on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleFacts {
    /// The people, ascending.
    pub custodians: Vec<CustodianName>,
    /// The restore points, oldest first, with how many items each holds in all.
    pub items: Vec<(RestorePointId, usize)>,
    /// When the breach began: after the first point, before the second.
    pub window_from: DateTime<Utc>,
}

const POINTS: [&str; 2] = ["2026-09-01", "2026-10-15"];

/// Writes the sample to `dir`, which must not exist yet.
pub fn write_sample(dir: &Path) -> Result<SampleFacts, SourceError> {
    let points = [noon(2026, 9, 1), noon(2026, 10, 15)];
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag {
            access: true,
            immutability: false,
            dates: false,
        },
        POINTS
            .iter()
            .zip(points)
            .map(|(id, taken)| PointTag {
                id: (*id).to_owned(),
                taken,
            })
            .collect(),
        (1..)
            .zip(content::PEOPLE)
            .map(|(number, person)| CustodianTag {
                name: person.address.to_owned(),
                id: uuid_like(person.address),
                index: format!("c{number:04}"),
            })
            .collect(),
    );
    let mut writer = ArchiveWriter::create(dir, tag)?;
    let mut items = Vec::new();
    for (number, id) in POINTS.iter().enumerate() {
        let point = RestorePointId((*id).to_owned());
        let mut count = 0;
        for person in &content::PEOPLE {
            let mut entries = Vec::new();
            for mail in content::mails(person, number) {
                entries.push(mail_entry(&mut writer, person.address, &mail)?);
            }
            for file in content::files(person, number) {
                entries.push(file_entry(&mut writer, person.address, &file)?);
            }
            count += entries.len();
            writer.index(&point, &CustodianName(person.address.to_owned()), &entries)?;
        }
        items.push((point, count));
    }
    writer.finish()?;
    Ok(SampleFacts {
        custodians: content::PEOPLE
            .iter()
            .map(|person| CustodianName(person.address.to_owned()))
            .collect(),
        items,
        window_from: content::at(2026, 10, 1, 0, 0),
    })
}

fn mail_entry(
    writer: &mut ArchiveWriter,
    owner: &str,
    mail: &Drafted,
) -> Result<Entry, SourceError> {
    Ok(Entry::Mail(MailEntry {
        id: format!("AAMk{}=", graph_like(owner, &mail.id)),
        object: writer.object(&mail.mime())?,
        parent_folder: MailFolder {
            well_known_name: mail.root.graph_name().to_owned(),
            path: mail.below.iter().map(|&name| name.to_owned()).collect(),
        },
        sent_date_time: Some(mail.sent),
        received_date_time: Some(mail.sent + chrono::Duration::seconds(4)),
        is_read: mail.is_read,
        importance: mail.is_important.then_some(ImportanceName::High),
        categories: mail
            .categories
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
        flag: mail.is_flagged.then(|| FollowUpFlag {
            flag_status: "flagged".to_owned(),
        }),
    }))
}

fn file_entry(
    writer: &mut ArchiveWriter,
    owner: &str,
    file: &Stored,
) -> Result<Entry, SourceError> {
    let mut permissions = vec![permission(owner, "owner")];
    permissions.extend(file.readers.iter().map(|reader| permission(reader, "read")));
    if file.has_open_link {
        permissions.push(serde_json::json!({
            "id": graph_like("link", file.id), "roles": ["read"],
            "link": {"type": "view", "scope": "anonymous"},
        }));
    }
    Ok(Entry::Files(FileEntry {
        id: format!("01{}", &graph_like(owner, file.id)[..30]).to_uppercase(),
        name: file.name.to_owned(),
        parent_reference: ParentReference {
            path: file.folders.iter().map(|&name| name.to_owned()).collect(),
        },
        object: writer.object(&file.content)?,
        file_system_info: FileSystemInfo {
            created_date_time: Some(file.created),
            last_modified_date_time: Some(file.modified),
        },
        permissions,
        versions: Vec::new(),
    }))
}

/// Graph's `permission` for one user.
fn permission(address: &str, role: &str) -> serde_json::Value {
    serde_json::json!({
        "id": graph_like(address, role),
        "roles": [role],
        "grantedToV2": {"user": {"id": uuid_like(address), "userPrincipalName": address}},
    })
}

fn graph_like(owner: &str, name: &str) -> String {
    digest_of(format!("{owner}/{name}").as_bytes()).to_string()
}

fn uuid_like(name: &str) -> String {
    let hex = digest_of(name.as_bytes()).to_string();
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..15],
        &hex[15..18],
        &hex[18..30]
    )
}

fn noon(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 12, 0, 0)
        .single()
        .expect("a date of the calendar")
}

#[cfg(test)]
mod tests;
