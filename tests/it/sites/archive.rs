//! A site in an archive: two lists of which one looks up the other and itself, with a value in every kind of column.

use serde_json::{Value, json};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, NamedObject, ParentReference, PointTag,
    SiteEntry, SitePerson, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;

use crate::case::Case;
use crate::tampering::forge::put;

pub(super) const OLD_SITE: &str = "https://old.sharepoint.com/sites/quay";
pub(super) const CRANES: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(super) const DEFECTS: &str = "bbbbbbbb-0000-4000-8000-000000000002";
pub(super) const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a photo";

pub(super) fn cranes() -> Value {
    json!({
        "id": CRANES, "displayName": "Cranes", "description": "All of them",
        "list": {"template": "issueTracking"},
        "columns": [
            {"name": "Title", "displayName": "Title", "text": {}},
            {"name": "State", "displayName": "State",
             "choice": {"choices": ["up", "down"], "displayAs": "dropDownMenu"}},
            {"name": "Beside", "displayName": "Beside",
             "lookup": {"listId": CRANES, "columnName": "Title"}},
        ],
    })
}

pub(super) fn defects() -> Value {
    json!({
        "id": DEFECTS, "displayName": "Defects", "list": {"template": "genericList"},
        "columns": [
            {"name": "Title", "displayName": "Title", "text": {}},
            {"name": "Due_x0020_Date", "displayName": "Due Date",
             "dateTime": {"format": "dateOnly"}},
            {"name": "Seen", "displayName": "Seen", "dateTime": {"format": "dateTime"}},
            {"name": "Cost", "displayName": "Cost", "currency": {"locale": "de-at"}},
            {"name": "Severity", "displayName": "Severity", "number": {"maximum": 5.0},
             "required": true, "defaultValue": {"value": "1"}},
            {"name": "Open", "displayName": "Open?", "boolean": {}},
            {"name": "Kinds", "displayName": "Kinds",
             "choice": {"choices": ["steel", "paint"], "displayAs": "checkBoxes"}},
            {"name": "Note", "displayName": "Note",
             "text": {"allowMultipleLines": true, "textType": "richText"}},
            {"name": "Owner", "displayName": "Owner", "personOrGroup": {}},
            {"name": "Team", "displayName": "Team",
             "personOrGroup": {"allowMultipleSelection": true}},
            {"name": "Crane", "displayName": "Crane",
             "lookup": {"listId": CRANES, "columnName": "Title"}},
            {"name": "Also", "displayName": "Also",
             "lookup": {"listId": CRANES, "columnName": "Title", "allowMultipleValues": true}},
            {"name": "Link", "displayName": "Link", "hyperlinkOrPicture": {}},
            {"name": "Place", "displayName": "Place", "term": {}},
            {"name": "Sum", "displayName": "Sum", "readOnly": true,
             "calculated": {"formula": "=[Cost]*2"}},
        ],
    })
}

/// The defect with a value in each column.
pub(super) fn rust() -> Value {
    json!({
        "@odata.etag": "\"x\"", "Title": "Rust", "Due_x0020_Date": "2026-02-01T00:00:00Z",
        "Seen": "2026-01-05T06:07:08Z", "Cost": 12.5, "Severity": 3, "Open": true,
        "Kinds": ["steel", "paint"], "Note": "<p>at the <b>jib</b></p>",
        "OwnerLookupId": "12",
        "Team": [{"LookupId": 12, "LookupValue": "Ben"}, {"LookupId": 13, "LookupValue": "Eve"}],
        "CraneLookupId": "1", "Also": [{"LookupId": 1}, {"LookupId": 2}],
        "Link": {"Url": "https://x.example/a", "Description": "the maker"},
        "Place": {"Label": "Quay 7", "TermGuid": "cccc", "WssId": 1}, "Sum": 25.0,
    })
}

pub(super) fn crane(number: u32, beside: u32) -> Value {
    json!({"Title": format!("Crane {number}"), "State": "up",
           "BesideLookupId": beside.to_string()})
}

/// An item of an archive.
pub(super) struct Kept {
    pub(super) list: Value,
    pub(super) number: u32,
    pub(super) fields: Value,
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
}

pub(super) fn kept(list: Value, number: u32, fields: Value) -> Kept {
    Kept {
        list,
        number,
        fields,
        files: Vec::new(),
    }
}

/// One defect with two files before two cranes that stand beside each other.
pub(super) fn quay() -> Vec<Kept> {
    vec![
        Kept {
            files: vec![
                ("photo.jpg", PHOTO.to_vec()),
                ("it's #1.txt", b"note".to_vec()),
            ],
            ..kept(defects(), 17, rust())
        },
        kept(cranes(), 1, crane(1, 2)),
        kept(cranes(), 2, crane(2, 1)),
    ]
}

fn entry(writer: &mut ArchiveWriter, item: &Kept) -> Entry {
    let list = item.list["id"].as_str().expect("an id");
    let name = item.list["displayName"].as_str().expect("a name");
    let json = json!({
        "id": item.number.to_string(), "fields": item.fields,
        "createdDateTime": "2025-01-02T03:04:05Z", "lastModifiedDateTime": "2025-02-03T04:05:06Z",
    });
    let files = item.files.iter().map(|(name, bytes)| NamedObject {
        name: (*name).to_owned(),
        object: writer.object(bytes).expect("stored"),
    });
    let attachments = files.collect();
    let person = |lookup_id, name: &str| SitePerson {
        lookup_id,
        user_principal_name: format!("{}@old.example", name.to_lowercase()),
        display_name: name.to_owned(),
    };
    Entry::Lists(SiteEntry {
        id: format!("{list}/{}", item.number),
        name: item.fields["Title"].as_str().expect("a title").to_owned(),
        parent_reference: ParentReference {
            path: vec![name.to_owned()],
        },
        object: writer.object(json.to_string().as_bytes()).expect("stored"),
        list: Some(
            writer
                .object(item.list.to_string().as_bytes())
                .expect("stored"),
        ),
        attachments,
        people: vec![person(12, "Ben"), person(13, "Eve")],
    })
}

/// Writes an archive of the site, one restore point for each list of items.
pub(super) fn write(case: &Case, points: &[(&str, Vec<Kept>)]) {
    let tags = points.iter().map(|(taken, _)| PointTag {
        id: taken[..10].to_owned(),
        taken: taken.parse().expect("a time"),
    });
    let custodian = CustodianTag {
        name: OLD_SITE.to_owned(),
        id: "1".to_owned(),
        index: "c1".to_owned(),
    };
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        tags.collect(),
        vec![custodian],
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
    for (taken, items) in points {
        let entries: Vec<Entry> = items.iter().map(|item| entry(&mut writer, item)).collect();
        let point = RestorePointId(taken[..10].to_owned());
        let owner = CustodianName(OLD_SITE.to_owned());
        writer.index(&point, &owner, &entries).expect("written");
    }
    writer.finish().expect("finished");
}

/// Up to a plan in force; the id under which the tenant shows what is in the site. Ben is mapped, Eve is not.
pub(super) fn prepared(case: &Case, points: &[(&str, Vec<Kept>)]) -> String {
    write(case, points);
    let site = case.inspect().add_site("/sites/quay", "Quay");
    case.connect("");
    case.look_at_quay();
    let map = format!(
        "source,target\n{OLD_SITE},https://clean.sharepoint.com/sites/quay\n\
         ben@old.example,ben@clean.example\n"
    );
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP --not-in-a-backup SITES");
    case.plan();
    site
}
