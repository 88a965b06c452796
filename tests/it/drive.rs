//! Files at full fidelity: versions in their order whatever happens in between, names that SharePoint does not take, and
//! Office files that it rewrites.

mod site;

use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use m365_simulator::{DriveFile, FaultKind, Faults, OneShot};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::domain::sharepoint_name::original_name;
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, ParentReference,
    PointTag, Tag, VersionEntry,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use crate::case::Case;
use crate::fidelity::Row;

const ADA: &str = "ada@clean.example";
pub(crate) const OWNER: &str = "ada@old.example";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// A file of an archive: its name and its versions, oldest first; the last is the current one.
pub(crate) struct Kept<'a> {
    pub(crate) name: &'a str,
    pub(crate) versions: Vec<Vec<u8>>,
}

/// Writes an archive of one custodian, one restore point for each list of files.
pub(crate) fn write_archive(folder: &Path, points: &[(&str, Vec<Kept<'_>>)]) {
    write_archive_of(folder, OWNER, points, |_| Vec::new());
}

type More = fn(&mut ArchiveWriter) -> Vec<Entry>;

fn write_archive_of(folder: &Path, owner: &str, points: &[(&str, Vec<Kept<'_>>)], more: More) {
    let tags = points.iter().map(|(taken, _)| PointTag {
        id: taken[..10].to_owned(),
        taken: at(taken),
    });
    let custodian = CustodianTag {
        name: owner.to_owned(),
        id: "1".to_owned(),
        index: "c1".to_owned(),
    };
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        tags.collect(),
        vec![custodian],
    );
    let mut writer = ArchiveWriter::create(folder, tag).expect("begun");
    for (taken, files) in points {
        let mut entries: Vec<Entry> = files
            .iter()
            .map(|kept| Entry::Files(entry(&mut writer, kept)))
            .collect();
        entries.extend(more(&mut writer));
        let point = RestorePointId(taken[..10].to_owned());
        let owner = CustodianName(owner.to_owned());
        writer.index(&point, &owner, &entries).expect("written");
    }
    writer.finish().expect("finished");
}

fn entry(writer: &mut ArchiveWriter, kept: &Kept<'_>) -> FileEntry {
    let (current, older) = kept.versions.split_last().expect("a version");
    let versions = (1..).zip(older).map(|(number, bytes)| VersionEntry {
        id: format!("{number}.0"),
        object: writer.object(bytes).expect("stored"),
        last_modified_date_time: Some(at("2021-05-06T07:08:09Z")),
        last_modified_by: Some("ben@old.example".to_owned()),
    });
    let versions = versions.collect();
    FileEntry {
        id: kept.name.to_owned(),
        name: kept.name.to_owned(),
        parent_reference: ParentReference {
            path: vec!["Plans".to_owned()],
        },
        object: writer.object(current).expect("stored"),
        file_system_info: FileSystemInfo {
            created_date_time: Some(at("2021-01-02T03:04:05Z")),
            last_modified_date_time: Some(at("2022-01-02T03:04:05Z")),
        },
        permissions: Vec::new(),
        versions,
    }
}

fn versions(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// What the tenant holds of a file, oldest first, the current version last.
fn held(file: &DriveFile) -> Vec<String> {
    let older = file.older.iter().map(|(_, sha256)| sha256.clone());
    older.chain([file.sha256.clone()]).collect()
}

fn digests(versions: &[Vec<u8>]) -> Vec<String> {
    versions.iter().map(|bytes| hex(bytes)).collect()
}

#[track_caller]
fn restore(case: &Case) {
    let ended = case.restore();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{stderr}");
}

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let of = events.iter().filter(|event| event["type"] == kind);
    of.map(|event| &event["data"]).collect()
}

fn words(value: &Value) -> Vec<&str> {
    let words = value.as_array().expect("a list").iter();
    words.map(|word| word.as_str().expect("a word")).collect()
}

#[test]
fn versions_come_back_in_their_order_and_their_custody_is_on_record() {
    let case = Case::new(Faults::none());
    let (plan, empty) = (
        versions(&["one", "two", "two", "four"]),
        versions(&["x", "", ""]),
    );
    let files = vec![
        Kept {
            name: "plan.txt",
            versions: plan.clone(),
        },
        Kept {
            name: "emptied.txt",
            versions: empty,
        },
    ];
    write_archive(&case.source(), &[("2026-01-01T00:00:00Z", files)]);
    case.prepare(OWNER);
    restore(&case);
    let stored = case.inspect().files(ADA);
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[1].path, "/Plans/plan.txt");
    Row::kept("Files", "older versions").is(&held(&stored[1]), &digests(&plan));
    Row::kept("Files", "created date").is(&stored[1].created, "2021-01-02T03:04:05Z");
    Row::kept("Files", "modified date").is(&stored[1].modified, "2022-01-02T03:04:05Z");
    // The dates of an empty file are set by a second request, and the service counts that as a version.
    let nothing = hex(b"");
    assert_eq!(
        held(&stored[0])[..2],
        [hex(b"x"), nothing.clone()],
        "{stored:?}"
    );
    let is_empty = held(&stored[0])[1..].iter().all(|held| *held == nothing);
    Row::kept("Files", "empty files").holds(is_empty, &stored);
    let events = case.events("bundle-of-versions");
    for restored in of_type(&events, "ItemRestored/1") {
        assert_eq!(restored["class"], "as_declared");
        let deltas = words(&restored["deltas"]).join("\n");
        let authors = Row::lost("Files", "authors of older versions");
        authors.stands_in(&deltas, "version-authors: ");
        let dates = Row::lost("Files", "dates of older versions");
        dates.stands_in(&deltas, "version-dates: ");
        let compared = words(&restored["compared"]);
        for field in ["versions", "bytes", "quick-xor-hash", "created", "modified"] {
            assert!(compared.contains(&field), "{compared:?}");
        }
    }
    let shown = disclosed(&case, "bundle-of-versions");
    for fact in ["ben@old.example", "2021-05-06T07:08:09", &hex(b"one")] {
        assert!(shown.contains(fact), "{fact} is no disclosure");
    }
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// A restore of files with versions, empty ones among them, of Office files and of names that are taken already.
pub(crate) fn exchanges() -> Vec<m365_simulator::Exchange> {
    let case = Case::new(Faults::none());
    let kept = |name, versions| Kept { name, versions };
    let files = vec![
        kept("plan.txt", versions(&["one", "two", ""])),
        kept(
            "a.docx",
            vec![package("We buy it."), package("We sell it.")],
        ),
        kept("taken.txt", versions(&["mine"])),
    ];
    write_archive(&case.source(), &[("2026-01-01T00:00:00Z", files)]);
    case.prepare(OWNER);
    case.inspect().record_exchanges();
    restore(&case);
    let mut all = case.inspect().exchanges();
    let (case, _) = site::site_case();
    case.restore();
    all.extend(case.inspect().exchanges());
    all
}

/// The corpus of odd files and trees, as one drive.
#[test]
#[allow(
    clippy::print_stdout,
    reason = "the memory is what a reader of the page asks for"
)]
fn of_the_odd_files_of_the_corpus_all_are_restored() {
    let corpus = crate::tidy::top().join("../shared/corpus/files");
    if !corpus.exists() {
        crate::left_out::left_out("no ../shared/corpus/files here");
        return;
    }
    let case = Case::new(Faults::none());
    let files = crate::shares::copied(&corpus, &case.source());
    case.prepare("drive");
    let mut peak = crate::peak::Peak::default();
    crate::peak::run(&case, "restore CASE --source SOURCE TARGET", &mut peak);
    println!("files: restored, {}", peak.shown());
    let shares = crate::shares::of_case(&case, "files");
    let restored: u64 = shares.iter().map(crate::shares::Share::restored).sum();
    assert!(restored * 100 >= files * 98, "{restored} of {files}");
    crate::shares::expect_documented("files", &shares);
}

/// Every disclosure of a bundle, decoded.
fn disclosed(case: &Case, bundle: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let folder = case.path(bundle).join("data/disclosures");
    let mut all = String::new();
    for file in std::fs::read_dir(folder).expect("disclosures") {
        let lines = std::fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line).expect("a line");
            let encoded = row["disclosure"].as_str().expect("a disclosure");
            let bytes = Base64UrlUnpadded::decode_vec(encoded).expect("base64url");
            all.push_str(&String::from_utf8(bytes).expect("UTF-8"));
        }
    }
    all
}

#[test]
fn killed_between_any_two_versions_nothing_is_lost_and_nothing_doubled() {
    let plan: Vec<Vec<u8>> = (0..4).map(|n: u8| vec![n; 400_000]).collect();
    // Before the first version is known, between the others, and while all is read back.
    let places = [
        ("PUT", "/_upload/", 0),
        ("PUT", "/_upload/", 1),
        ("PUT", "/_upload/", 3),
        ("POST", "createUploadSession", 2),
        ("GET", "/versions", 1),
        ("GET", "/_download/", 1),
    ];
    for (method, path, skip) in places {
        let case = Case::new(Faults::none());
        let kept = Kept {
            name: "plan.bin",
            versions: plan.clone(),
        };
        write_archive(&case.source(), &[("2026-01-01T00:00:00Z", vec![kept])]);
        case.prepare(OWNER);
        case.inspect().arm(OneShot {
            kind: FaultKind::Hold,
            method: method.to_owned(),
            path: path.to_owned(),
            skip,
        });
        let mut child = case.start("restore CASE --source SOURCE TARGET");
        while case.inspect().held() == 0 {
            assert!(
                child.try_wait().expect("asked").is_none(),
                "{method} {path} {skip} never came"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        case.inspect().disarm();
        restore(&case);
        let stored = case.inspect().files(ADA);
        assert_eq!(stored.len(), 1, "{method} {path} {skip}: {stored:?}");
        assert_eq!(
            held(&stored[0]),
            digests(&plan),
            "{method} {path} {skip}: each version once, in order"
        );
        let events = case.events("bundle-of-kill");
        assert_eq!(of_type(&events, "AttemptInterrupted/1").len(), 1);
        assert_eq!(of_type(&events, "ItemRestored/1").len(), 1);
        assert_eq!(case.verdict().kind, VerdictKind::Valid);
    }
}

#[test]
fn a_fifth_of_all_requests_failing_doubles_no_version() {
    let case = Case::new(Faults::none());
    let names: Vec<String> = (0..6).map(|number| format!("{number}.txt")).collect();
    let of = |name: &str| -> Vec<Vec<u8>> {
        (0..4).map(|n| format!("{name} {n}").into_bytes()).collect()
    };
    let files = names
        .iter()
        .map(|name| Kept {
            name,
            versions: of(name),
        })
        .collect();
    write_archive(&case.source(), &[("2026-01-01T00:00:00Z", files)]);
    case.prepare(OWNER);
    let mut faults = Faults::rate(0.2);
    faults.retry_after_s = 0;
    case.inspect().set_faults(faults);
    restore(&case);
    assert!(case.inspect().faults() > 0);
    let stored = case.inspect().files(ADA);
    assert_eq!(stored.len(), names.len(), "{stored:?}");
    for (file, name) in stored.iter().zip(&names) {
        assert_eq!(held(file), digests(&of(name)), "{name}");
    }
}

#[test]
fn a_version_that_came_up_in_the_breach_window_is_left_out_and_said() {
    let case = Case::new(Faults::none());
    let kept = |texts: &[&str]| {
        vec![Kept {
            name: "plan.txt",
            versions: versions(texts),
        }]
    };
    // The window of these cases begins on the first of January 2020.
    write_archive(
        &case.source(),
        &[
            ("2019-06-01T00:00:00Z", kept(&["a", "b"])),
            ("2026-01-01T00:00:00Z", kept(&["a", "evil", "b"])),
        ],
    );
    case.prepare(OWNER);
    restore(&case);
    let stored = case.inspect().files(ADA);
    let left_out = Row::lost("Files", "versions from the breach window");
    left_out.is(&held(&stored[0]), &digests(&versions(&["a", "b"])));
    let events = case.events("bundle-of-window");
    let deltas = words(&of_type(&events, "ItemRestored/1")[0]["deltas"]).join("\n");
    left_out.stands_in(&deltas, "versions: ");
}

#[test]
fn a_version_that_came_back_otherwise_fails_the_file() {
    let case = Case::new(Faults::none());
    let kept = Kept {
        name: "plan.txt",
        versions: versions(&["one", "two"]),
    };
    write_archive(&case.source(), &[("2026-01-01T00:00:00Z", vec![kept])]);
    case.prepare(OWNER);
    case.inspect().set_damage(|_, bytes| {
        if bytes == b"one" {
            b"0ne".to_vec()
        } else {
            bytes
        }
    });
    case.restore();
    let events = case.events("bundle-of-damage");
    let failed = of_type(&events, "ItemFailed/1");
    assert_eq!(failed.len(), 1);
    Row::kept("Files", "bytes").is(&failed[0]["code"], "bytes,versions");
}

#[test]
fn a_hash_that_the_service_names_and_that_is_not_ours_fails_the_file() {
    let case = Case::new(Faults::none());
    case.plant("a.txt", b"a");
    case.prepare("drive");
    case.inspect().set_wrong_hash(true);
    case.restore();
    let events = case.events("bundle-of-hash");
    let failed = of_type(&events, "ItemFailed/1");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["reason"], "readback-differs");
    Row::kept("Files", "hash of the service").is(&failed[0]["code"], "quick-xor-hash");
}

#[test]
fn names_that_sharepoint_refuses_or_takes_for_one_come_back_apart_and_readable() {
    let case = Case::new(Faults::none());
    let long = format!("deep/{}/x.txt", vec!["d".repeat(70); 5].join("/"));
    let names = [
        "Caf\u{e9}.txt",
        "Cafe\u{301}.txt",
        "Twin.txt",
        "twin.txt",
        "TWIN.txt",
        "a%3Ab",
        "a:b",
        "con",
        "forms/x",
        "empty.txt",
        "Forms/y",
        &long,
    ];
    for name in names {
        case.plant(
            name,
            if name == "empty.txt" {
                b""
            } else {
                name.as_bytes()
            },
        );
    }
    case.prepare("drive");
    restore(&case);
    let stored = case.inspect().files(ADA);
    assert_eq!(stored.len(), names.len(), "{stored:?}");
    for file in &stored {
        if file.path.starts_with("/Long paths/") {
            assert_eq!(file.sha256, hex(long.as_bytes()));
            continue;
        }
        let path: Option<Vec<String>> = file.path[1..].split('/').map(original_name).collect();
        let original = path.expect("it can be read").join("/");
        assert!(names.contains(&&*original), "{original}");
        let content = if file.size == 0 { "" } else { &*original };
        assert_eq!(file.sha256, hex(content.as_bytes()), "{}", file.path);
    }
    let events = case.events("bundle-of-names");
    let all: Vec<&str> = of_type(&events, "ItemRestored/1")
        .into_iter()
        .flat_map(|restored| words(&restored["transforms"]))
        .collect();
    let count = |name: &str| all.iter().filter(|found| **found == name).count();
    assert_eq!(count("sharepoint-name-apart/1"), 3, "{all:?}");
    let escaped = Row::declared("Files", "name that SharePoint refuses");
    escaped.is(&count("sharepoint-name-escaped/1"), &5);
    let shortened = Row::declared("Files", "path of over 330 characters");
    shortened.is(&count("sharepoint-path-shortened/1"), &1);
}

/// A small package with a text in its main part.
fn package(text: &str) -> Vec<u8> {
    let types = "<?xml version=\"1.0\"?><Types xmlns=\"t\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/word/document.xml\" ContentType=\"d\"/></Types>";
    let relations = "<Relationships xmlns=\"r\"><Relationship Id=\"1\" Type=\"d\" \
                     Target=\"word/document.xml\"/></Relationships>";
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", types),
        ("_rels/.rels", relations),
        ("word/document.xml", text),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).expect("started");
        writer.write_all(content.as_bytes()).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

const PAGE: &[u8] = b"<html><head><title>x</title></head><body>We buy it.</body></html>";

#[test]
fn office_files_and_pages_that_are_rewritten_are_compared_part_by_part_and_declared() {
    let case = Case::new(Faults::none());
    let office = vec![package("We buy it."), package("We sell it.")];
    let files = vec![
        Kept {
            name: "a.docx",
            versions: office.clone(),
        },
        Kept {
            name: "b.html",
            versions: vec![PAGE.to_vec()],
        },
    ];
    write_archive(&case.source(), &[("2026-01-01T00:00:00Z", files)]);
    case.prepare(OWNER);
    restore(&case);
    let stored = case.inspect().files(ADA);
    assert_ne!(stored[0].sha256, hex(&office[1]), "the tenant rewrites");
    assert_ne!(stored[1].sha256, hex(PAGE), "the tenant rewrites");
    let events = case.events("bundle-of-office");
    let restored = of_type(&events, "ItemRestored/1");
    assert_eq!(restored.len(), 2);
    let declared = |property: &str| {
        restored.iter().any(|restored| {
            restored["class"] == "as_declared"
                && words(&restored["compared"]).contains(&"parts")
                && words(&restored["deltas"])
                    .iter()
                    .any(|delta| delta.starts_with(property))
        })
    };
    for property in ["package: ", "docProps: ", "customXml: "] {
        Row::declared("Files", "Office files").holds(declared(property), &restored);
    }
    Row::declared("Files", "pages").holds(declared("page-properties: "), &restored);
}

/// Changes a word in the main part, after SharePoint's own rewriting.
fn falsify(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    if !name.to_lowercase().ends_with(".docx") {
        return String::from_utf8(bytes)
            .expect("UTF-8")
            .replace("We buy", "We sell")
            .into_bytes();
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let mut content = String::new();
        entry.read_to_string(&mut content).expect("UTF-8");
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).expect("started");
        let content = content.replace("We buy", "We sell");
        writer.write_all(content.as_bytes()).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

#[test]
fn a_change_of_content_in_a_rewritten_file_fails_it() {
    let case = Case::new(Faults::none());
    case.plant("a.docx", &package("We buy it."));
    case.plant("b.html", PAGE);
    case.prepare("drive");
    case.inspect().set_damage(falsify);
    case.restore();
    let events = case.events("bundle-of-falsified");
    let failed = of_type(&events, "ItemFailed/1");
    assert_eq!(failed.len(), 2, "{events:?}");
    assert!(
        failed
            .iter()
            .all(|failed| failed["reason"] == "readback-differs" && failed["code"] == "bytes")
    );
}

#[test]
fn killed_after_a_rewritten_file_was_committed_it_is_found_and_not_doubled() {
    let case = Case::new(Faults::none());
    case.plant("a.docx", &package("We buy it."));
    case.prepare("drive");
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: "PUT".to_owned(),
        path: "/_upload/".to_owned(),
        skip: 0,
    });
    let mut child = case.start("restore CASE --source SOURCE TARGET");
    while case.inspect().held() == 0 {
        assert!(child.try_wait().expect("asked").is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    restore(&case);
    let stored = case.inspect().files(ADA);
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0].version, 1);
}
