//! A site opened by the program to those whom the old one let in: its library, folders, files, lists and items of lists, by
//! SharePoint's own calls; what is planted there afterwards is seen.

use std::collections::{BTreeMap, BTreeSet};

use m365_simulator::{Faults, Planted};
use serde_json::{Value, json};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, ParentReference,
    PointTag, SiteEntry, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::program::json_lines;
use crate::case::Case;
use crate::tampering::forge::put;

pub(super) const OLD: &str = "https://old.sharepoint.com/sites/quay";
pub(super) const NEW: &str = "https://clean.sharepoint.com/sites/quay";
const POINT: &str = "2026-01-01";
pub(super) const SAID: &str = "--sidecar @access.json --map @principals.csv";
const FILES: [[&str; 2]; 4] = [
    ["Plans", "open.txt"],
    ["Plans", "secret.txt"],
    ["Board", "minutes.txt"],
    ["", "top.txt"],
];
const ITEMS: [(&str, u32); 4] = [
    ("Defects", 1),
    ("Defects", 2),
    ("Defects", 17),
    ("Cranes", 1),
];

pub(super) fn file(writer: &mut ArchiveWriter, (folders, name): (&[String], &str)) -> Entry {
    let path = format!("{}/{name}", folders.join("/"));
    Entry::Files(FileEntry {
        object: writer.object(path.as_bytes()).expect("stored"),
        id: path,
        name: name.to_owned(),
        parent_reference: ParentReference {
            path: folders.to_vec(),
        },
        file_system_info: FileSystemInfo::default(),
        permissions: Vec::new(),
        versions: Vec::new(),
    })
}

pub(super) fn list_item(writer: &mut ArchiveWriter, (list, number): (&str, u32)) -> Entry {
    let columns = json!([{"name": "Title", "displayName": "Title", "text": {}}]);
    let form = json!({
        "id": list, "displayName": list, "list": {"template": "genericList"}, "columns": columns,
    });
    let title = title(list, number);
    let item = json!({"id": number.to_string(), "fields": {"Title": title}});
    Entry::Lists(SiteEntry {
        id: format!("{list}/{number}"),
        name: title,
        parent_reference: ParentReference {
            path: vec![list.to_owned()],
        },
        object: writer.object(item.to_string().as_bytes()).expect("stored"),
        list: Some(writer.object(form.to_string().as_bytes()).expect("stored")),
        attachments: Vec::new(),
        people: Vec::new(),
    })
}

fn title(list: &str, number: u32) -> String {
    format!("{list} {number}")
}

fn write_backup_of(case: &Case, owner: &str, files: &[[&str; 2]], items: &[(&str, u32)]) {
    let custodian = CustodianTag {
        name: owner.to_owned(),
        id: "1".to_owned(),
        index: "c1".to_owned(),
    };
    let point = PointTag {
        id: POINT.to_owned(),
        taken: "2026-01-01T00:00:00Z".parse().expect("a time"),
    };
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        vec![point],
        vec![custodian],
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
    let mut entries: Vec<Entry> = Vec::new();
    for one in files {
        let [folder, name] = *one;
        let folders = [folder].into_iter().filter(|name| !name.is_empty());
        let folders: Vec<String> = folders.map(str::to_owned).collect();
        entries.push(file(&mut writer, (&folders, name)));
    }
    for one in items {
        entries.push(list_item(&mut writer, *one));
    }
    let point = RestorePointId(POINT.to_owned());
    let written = writer.index(&point, &CustodianName(owner.to_owned()), &entries);
    written.expect("written");
    writer.finish().expect("finished");
}

fn item(path: &str, kind: &str, inherits: bool, grants: &[Value]) -> Value {
    json!({
        "custodian": OLD, "path": path, "kind": kind, "inherits": inherits, "grants": grants,
    })
}

fn grant(principal: &str, level: &str) -> Value {
    json!({"principal": principal, "level": level})
}

/// The site with its group of members; a closed file, folder, item and list; a user and a guest whom nobody mapped; a link.
fn sidecar() -> Value {
    let members = |group: &str, kind: &str, members: &[&str]| {
        let members = json!(members);
        json!({"key": group, "kind": kind, "members": members})
    };
    let one = |key: &str, kind: &str| json!({"key": key, "kind": kind});
    let everybody = json!({"principal": "everybody", "level": "read", "via": "link"});
    json!({
        "format": "unbroken-access/1",
        "principals": [
            one("ben@old.example", "user"), one("cleo@old.example", "user"),
            one("gone@old.example", "user"), one("guest@partner.example", "guest"),
            one("everybody", "organisation"),
            members("team-old", "group", &["ben@old.example"]),
            members("Members", "site-group", &["team-old", "cleo@old.example"]),
        ],
        "items": [
            item("", "site", false, &[grant("Members", "write")]),
            item("Plans", "folder", true, &[]),
            item("Plans/open.txt", "file", true,
                &[grant("gone@old.example", "write"), grant("guest@partner.example", "read"),
                  everybody]),
            item("Plans/secret.txt", "file", false, &[grant("cleo@old.example", "read")]),
            item("Board", "folder", false, &[grant("ben@old.example", "full")]),
            item("Defects", "list", true, &[]),
            item("Defects/2", "list-item", false, &[grant("cleo@old.example", "read")]),
            item("Cranes", "list", false, &[grant("team-old", "read")]),
        ],
    })
}

/// Restored, and nothing opened; the id under which the tenant shows the site.
pub(super) fn restored(case: &Case) -> String {
    write_backup_of(case, OLD, &FILES, &ITEMS);
    let site = case.inspect().add_site("/sites/quay", "Quay");
    assert!(case.inspect().add_user("cleo@clean.example", "Cleo"));
    let team = case.inspect().add_group("Team", &["ben@clean.example"]);
    case.connect("");
    case.look_at_quay();
    let map = format!("source,target\n{OLD},{NEW}\n");
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP SITES");
    case.plan();
    let ended = case.restore_sites();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    put(&case.path("access.json"), sidecar().to_string().as_bytes());
    let map = format!(
        "source,target,kind,fate\n{OLD},{NEW},user,mapped\n\
         ben@old.example,ben@clean.example,user,mapped\n\
         cleo@old.example,cleo@clean.example,user,mapped\nteam-old,{team},group,mapped\n"
    );
    put(&case.path("principals.csv"), map.as_bytes());
    site
}

/// By name, what somebody may do; whoever is not there may do nothing.
pub(super) type People = BTreeMap<String, String>;

fn people<const N: usize>(of: [(&str, &str); N]) -> People {
    let of = of.map(|(name, role)| (format!("{name}@clean.example"), role.to_owned()));
    of.into()
}

/// What the old site gave, by path in the new one; the numbers of the items of lists by their titles.
pub(super) fn allowed(case: &Case, site: &str) -> BTreeMap<String, People> {
    let lists = case.inspect().lists(site);
    let number = |list: &str, number: u32| {
        let of = lists.iter().find(|known| known.name == list);
        let item = of.expect("a list").titled(&title(list, number));
        format!("/Lists/{list}/{}", item.expect("an item").number)
    };
    let members = people([("ben", "write"), ("cleo", "write")]);
    let cleo = people([("cleo", "read")]);
    let ben = people([("ben", "owner")]);
    let team = people([("ben", "read")]);
    BTreeMap::from([
        (String::new(), members.clone()),
        ("/top.txt".to_owned(), members.clone()),
        ("/Plans".to_owned(), members.clone()),
        ("/Plans/open.txt".to_owned(), members.clone()),
        ("/Plans/secret.txt".to_owned(), cleo.clone()),
        ("/Board".to_owned(), ben.clone()),
        ("/Board/minutes.txt".to_owned(), ben),
        ("/Lists/Defects".to_owned(), members.clone()),
        (number("Defects", 1), members.clone()),
        (number("Defects", 2), cleo),
        (number("Defects", 17), members),
        ("/Lists/Cranes".to_owned(), team.clone()),
        (number("Cranes", 1), team),
    ])
}

/// What the site allows now.
pub(super) fn found(case: &Case) -> BTreeMap<String, People> {
    let all = case.inspect().effective_access().into_iter();
    let of_site = all.filter(|((owner, _), _)| owner == NEW);
    of_site.map(|((_, path), people)| (path, people)).collect()
}

pub(super) fn approved(case: &Case) {
    case.done(&format!("access propose CASE {SAID}"));
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
}

fn gained(case: &Case) -> Vec<(String, String)> {
    let diff = case.run(&format!("access diff CASE {SAID} SITES --json"));
    let said = String::from_utf8_lossy(&diff.stderr);
    assert_eq!(diff.status.code(), Some(3), "{said}");
    let printed = String::from_utf8(diff.stdout).expect("UTF-8");
    let rows = json_lines(&printed).filter(|row| row["class"] == "gained");
    let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.map(|row| (word(&row, "path"), word(&row, "target")))
        .collect()
}

#[test]
fn a_site_is_opened_as_the_old_one_was_and_read_back_as_equal() {
    let case = Case::new(Faults::none());
    let site = restored(&case);
    let nobody = found(&case);
    assert!(nobody.values().all(BTreeMap::is_empty), "{nobody:?}");
    approved(&case);
    let held = case.done("access held CASE --json");
    let why: Vec<String> = json_lines(&held)
        .filter(|row| row["id"].is_string())
        .map(|row| format!("{} {}", row["principal"], row["why"]))
        .collect();
    let expected = [
        r#""gone@old.example" "unmapped""#,
        r#""guest@partner.example" "unmapped""#,
    ];
    assert_eq!(why, expected);
    case.inspect().record_exchanges();
    let applied = case.done(&format!("access apply CASE {SAID} SITES"));
    crate::openapi::expect_as_documented(&case.inspect().exchanges());
    // The library, two lists, a file, a folder and an item are closed; eight role assignments let in.
    assert!(
        applied.contains("6 items closed, 14 calls made, 0 failed, 0 items not there"),
        "{applied}"
    );
    assert!(applied.contains("0 gained, 2 lost"), "{applied}");
    let allowed = allowed(&case, &site);
    assert_eq!(found(&case), allowed);
    let lost = "0 gained, 2 lost, 20 kept, 8 by office";
    let same = case.done(&format!("access diff CASE {SAID} SITES"));
    assert!(same.contains(lost), "{same}");
    let again = case.done(&format!("access apply CASE {SAID} SITES"));
    assert!(again.contains("0 gained, 2 lost"), "{again}");
    assert_eq!(found(&case), allowed);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn what_somebody_opens_in_a_site_afterwards_shows_as_gained() {
    let case = Case::new(Faults::none());
    let site = restored(&case);
    approved(&case);
    case.done(&format!("access apply CASE {SAID} SITES"));
    let lists = case.inspect().lists(&site);
    let defects = lists.iter().find(|list| list.name == "Defects");
    let closed = defects.expect("a list").titled(&title("Defects", 2));
    let closed = Some(closed.expect("an item").number);
    let (inspect, ada) = (case.inspect(), "ada@clean.example");
    let person = Planted::Person(ada.to_owned());
    assert!(inspect.let_into_list(&site, ("Defects", closed), &person, false));
    assert!(inspect.let_into_list(&site, ("Cranes", None), &Planted::Organization, true));
    assert!(inspect.let_in(&site, "/Plans/secret.txt", &Planted::Anyone, false));
    assert!(inspect.let_in(&site, "", &person, true));
    let gained = gained(&case);
    // Nothing of the plan knows her.
    let id = case.inspect().object_id(ada).expect("there");
    let ada = (String::from("Defects/2"), format!("object {id}"));
    assert!(gained.contains(&ada), "{gained:?}");
    let places: BTreeSet<&str> = gained.iter().map(|(path, _)| &**path).collect();
    // The library itself and what takes over from it; no other list.
    let expected = [
        "",
        "Cranes",
        "Defects/2",
        "Plans",
        "Plans/open.txt",
        "Plans/secret.txt",
    ];
    assert_eq!(places, BTreeSet::from(expected));
    let refused = case.run(&format!("access apply CASE {SAID} SITES"));
    assert_eq!(
        refused.status.code(),
        Some(12),
        "nothing is opened beside a leak"
    );
}

#[track_caller]
fn expect_refused(case: &Case, words: &str, says: &[&str]) {
    let before = found(case);
    let refused = case.run(words);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(12), "{said}");
    for word in says {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(found(case), before, "nothing was opened");
}

#[test]
fn an_application_with_a_secret_is_told_so_before_anything_is_done() {
    let case = Case::new(Faults::none());
    let _site = restored(&case);
    approved(&case);
    for command in ["apply", "diff"] {
        let words = format!("access {command} CASE {SAID} TARGET");
        expect_refused(
            &case,
            &words,
            &["only for an application with a certificate"],
        );
    }
    let events = case.events("bundle");
    let planned = events
        .iter()
        .filter(|event| event["type"] == "AccessPlanned/1");
    assert_eq!(planned.count(), 0);
}

#[test]
fn whoever_is_in_the_site_already_and_a_number_that_no_item_has_open_nothing() {
    let case = Case::new(Faults::none());
    let site = restored(&case);
    let misspelled = sidecar().to_string().replace("Defects/2", "Defects/3");
    put(&case.path("access.json"), misspelled.as_bytes());
    approved(&case);
    let apply = format!("access apply CASE {SAID} SITES");
    expect_refused(
        &case,
        &apply,
        &["Defects/3: must be closed", "by its number"],
    );
    put(&case.path("access.json"), sidecar().to_string().as_bytes());
    case.done(&format!(
        "access propose CASE {SAID} --amends @principals.csv"
    ));
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
    let ada = Planted::Person("ada@clean.example".to_owned());
    // Her group is one of the site, and the library takes over what the site has.
    assert!(case.inspect().add_to_site_group(&site, 3, &ada));
    expect_refused(&case, &apply, &["let in somebody already", "--declared"]);
}

/// The library beside the site's own that the program made, in a site whose owner administers it.
#[test]
fn a_further_library_is_opened_and_its_sites_owner_is_there_by_office() {
    let case = Case::new(Faults::none());
    let library = format!("{OLD}/Plans");
    write_backup_of(
        &case,
        &library,
        &[["Board", "minutes.txt"], ["", "top.txt"]],
        &[],
    );
    case.connect("");
    case.done(
        "target site CASE --address https://clean.sharepoint.com/sites/quay --title Quay \
         --owner ada@clean.example --library Plans SITES",
    );
    let map = format!("source,target\n{library},{NEW}/Plans\n");
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP SITES");
    case.plan();
    let ended = case.restore_sites();
    assert!(ended.status.success(), "{ended:?}");
    let csv = format!(
        "custodian,path,kind,inherits,principal,principal_kind,level,effect,via,expires\n\
         {library},,library,no,ben@old.example,user,read,,,\n\
         {library},Board,folder,no,,,,,,\n"
    );
    put(&case.path("access.csv"), csv.as_bytes());
    let map = format!(
        "source,target,kind,fate\n{library},{NEW}/Plans,user,mapped\n\
         ben@old.example,ben@clean.example,user,mapped\n"
    );
    put(&case.path("principals.csv"), map.as_bytes());
    let said = "--sidecar @access.csv --map @principals.csv";
    let office = "--declared ada@clean.example";
    case.done(&format!("access propose CASE {said} {office}"));
    case.done("access approve CASE --yes");
    case.done("access adopt CASE");
    let undeclared = case.run(&format!("access apply CASE {said} SITES"));
    assert_eq!(undeclared.status.code(), Some(12), "the office is named");
    let applied = case.done(&format!("access apply CASE {said} {office} SITES"));
    assert!(
        applied.contains("2 items closed, 3 calls made, 0 failed"),
        "{applied}"
    );
    assert!(applied.contains("0 gained, 0 lost"), "{applied}");
    let ends = case.inspect().effective_access();
    let at = |path: &str| ends[&(format!("{NEW}/Plans"), path.to_owned())].clone();
    assert_eq!(at("/top.txt"), people([("ada", "owner"), ("ben", "read")]));
    assert_eq!(at("/Board/minutes.txt"), people([("ada", "owner")]));
    // The site itself was not opened, nor its own library.
    let web = &ends[&(NEW.to_owned(), String::new())];
    assert_eq!(*web, people([("ada", "owner")]));
}
