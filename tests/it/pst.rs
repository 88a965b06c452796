//! Outlook data files of the corpus, held against libpff: counts by its table, properties and attachments item by item, and a whole
//! restore of all of them; the corpus is not part of the repository and lies beside it, or a test says that it was left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use m365_simulator::Faults;
use serde_json::Value;
use unbroken::domain::item::Workload;
use unbroken::domain::message::Message;
use unbroken::sources::mapi::Object;
use unbroken::sources::pst::disk::OpenFile;
use unbroken::sources::pst::error::PstError;
use unbroken::sources::pst::store::PstFile;
use unbroken::sources::{BadItem, Source, open};

use crate::case::Case;
use crate::left_out::{left_out, python};
use crate::peak::{self, Peak};
use crate::shares::{self, Share, hex};
use crate::tidy::top;

/// Where our reading and libpff's differ for a reason, as `file#node`, with how many fields. Any other difference fails.
const KNOWN: &[(&str, &str)] = &[];

fn corpus() -> Option<PathBuf> {
    let path = top().join("../shared/corpus/pst");
    if path.is_dir() {
        return Some(path);
    }
    left_out("no ../shared/corpus/pst here");
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = read.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

fn opened(path: &Path) -> Result<PstFile, PstError> {
    let file = File::open(path).expect("opened");
    PstFile::open(Box::new(OpenFile::new(file).expect("a size")))
}

/// The attachments of messages within messages, at any depth.
fn attachments_within(object: &Object) -> usize {
    let within = object.attachments.iter();
    within
        .filter_map(|one| one.embedded.as_deref())
        .map(|inner| inner.attachments.len() + attachments_within(inner))
        .sum()
}

/// Folders, items, attachments, messages within messages, and the attachments of those.
fn counts(file: &PstFile) -> [usize; 5] {
    let folders = file.folders().expect("folders");
    // libpff counts the root.
    let mut found = [folders.len() + 1, 0, 0, 0, 0];
    for folder in &folders {
        assert_eq!(folder.damage, None, "{:?}", folder.names);
        for node in &folder.items {
            let object = file.item(*node).expect("an item").object;
            assert_eq!(object.attachments_lost, 0);
            assert!(!object.is_altered, "a checksum");
            found[1] += 1;
            found[2] += object.attachments.len();
            found[3] += object.embedded_count();
            found[4] += attachments_within(&object);
        }
    }
    found
}

#[test]
fn folders_items_and_attachments_are_as_many_as_libpff_finds() {
    let Some(folder) = corpus() else {
        return;
    };
    let table = std::fs::read_to_string(folder.join("../PST_COUNTS.tsv")).expect("the table");
    let mut lines = table
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let head = lines.next().expect("a head");
    let column = |name: &str| {
        head.iter()
            .position(|found| *found == name)
            .expect("a column")
    };
    let wanted = ["libpff_folders", "libpff_msgs", "libpff_atts"].map(column);
    let (mut read, mut refused, mut embedded, mut within) = (0, 0, 0, 0);
    for row in lines {
        let path = folder.join(row[0]);
        if row[wanted[0]] == "FAIL" {
            assert!(
                matches!(opened(&path), Err(PstError::Unsupported(_))),
                "{}",
                row[0]
            );
            refused += 1;
            continue;
        }
        let found = counts(&opened(&path).expect(row[0]));
        let theirs = wanted.map(|column| row[column].parse::<usize>().expect("a number"));
        assert_eq!(found[..3], theirs, "{}", row[0]);
        // The table has how many another reader found once it was mended; it looked one level deep.
        for (place, name) in [(3, "patched_embedded"), (4, "patched_nested_atts")] {
            let mended: usize = row[column(name)].parse().expect("a number");
            assert!(
                found[place] >= mended,
                "{}: {} {name}",
                row[0],
                found[place]
            );
        }
        embedded += found[3];
        within += found[4];
        read += 1;
    }
    assert_eq!((read, refused, embedded, within), (28, 1, 4, 2));
}

#[test]
fn what_is_no_data_file_costs_one_error_and_the_others_stay() {
    let Some(folder) = corpus() else {
        return;
    };
    let case = tempfile::tempdir().expect("a folder");
    for name in ["hughbe__albert_meyers_000.pst", "alephdata__testPST.pst"] {
        std::fs::copy(folder.join(name), case.path().join(name)).expect("copied");
    }
    let cut = std::fs::read(folder.join("farnulfo__sample1.pst")).expect("read");
    std::fs::write(case.path().join("cut.pst"), &cut[..4_000]).expect("written");
    let (items, bad) = listed(&*open(case.path()).expect("a source"));
    assert_eq!(items.len(), 6);
    let classes: Vec<_> = bad
        .iter()
        .map(|bad| (bad.locator.as_str(), bad.class))
        .collect();
    assert_eq!(
        classes,
        [
            ("cut.pst", "unreadable"),
            ("hughbe__albert_meyers_000.pst", "not-a-data-file"),
        ]
    );
}

type Listed = BTreeMap<String, (Workload, Option<Message>)>;

fn listed(source: &dyn Source) -> (Listed, Vec<BadItem>) {
    let description = source.description();
    let (mut items, mut bad) = (Listed::new(), Vec::new());
    for custodian in &description.custodians {
        let found = source.items(&description.points[0].id, custodian);
        for item in found.expect("listed") {
            match item {
                Err(one) => bad.push(one),
                Ok(item) => {
                    let message = (item.workload == Workload::Mail)
                        .then(|| source.message(&item).expect("listed as readable"));
                    if item.workload != Workload::Mail {
                        source.outlook_item(&item).expect("listed as readable");
                    }
                    items.insert(item.locator, (item.workload, message));
                }
            }
        }
    }
    bad.sort_by(|left, right| left.locator.cmp(&right.locator));
    (items, bad)
}

/// What libpff says, by file and node.
fn libpff(python: &Path, folder: &Path) -> BTreeMap<(String, u32), Value> {
    let done = Command::new(python)
        .arg(top().join("tests/oracle/pst.py"))
        .args(files(folder))
        .output()
        .expect("python runs");
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
    let text = String::from_utf8(done.stdout).expect("the oracle writes ASCII");
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("the oracle writes JSON");
        let node = row["node"]
            .as_u64()
            .and_then(|node| u32::try_from(node).ok());
        let file = row["file"].as_str().expect("a file").to_owned();
        ((file, node.expect("a node")), row)
    });
    rows.collect()
}

/// The fields in which a message differs from what libpff says of it.
fn differing(row: &Value, mine: &Message) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |field: &str, theirs: String, mine: String| {
        if theirs != mine {
            found.push(format!("{field}: {theirs:.200?} {mine:.200?}"));
        }
    };
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let dense = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    compare("subject", text("subject"), mine.subject.clone());
    compare("headers", text("headers"), mine.transport_headers.clone());
    let id = mine.internet_message_id.clone().unwrap_or_default();
    compare("message id", text("message_id"), id);
    for (field, mine) in [("submitted", mine.sent), ("delivered", mine.received)] {
        if let Some(theirs) = row[field].as_i64() {
            let mine = mine.map(|at| at.timestamp()).unwrap_or_default();
            compare(field, theirs.to_string(), mine.to_string());
        }
    }
    let is_read = row["flags"].as_i64().unwrap_or(0) & 1 == 1;
    compare("read", is_read.to_string(), mine.is_read.to_string());
    let is_text = mine.body.kind == unbroken::domain::message::BodyKind::Text;
    compare(
        "html",
        (!is_text).to_string(),
        (row["html"] == true || !is_text).to_string(),
    );
    if is_text {
        compare("body", dense(&text("body")), dense(&mine.body.content));
    }
    let name = mine.from.as_ref().map(|from| from.name.clone());
    if !text("from_name").is_empty() {
        compare("from", text("from_name"), name.unwrap_or_default());
    }
    for (kind, list) in [(1, &mine.to), (2, &mine.cc), (3, &mine.bcc)] {
        let rows = row["recipients"].as_array().into_iter().flatten();
        let theirs: Vec<&str> = rows
            .filter(|one| one[0].as_i64().is_some_and(|found| found & 0xF == kind))
            .map(|one| one[1].as_str().unwrap_or_default())
            .collect();
        let mine: Vec<&str> = list
            .iter()
            .map(|one| {
                if one.name.is_empty() {
                    &*one.address
                } else {
                    &*one.name
                }
            })
            .collect();
        compare("recipients", theirs.join("|"), mine.join("|"));
    }
    let theirs = row["attachments"].as_array().cloned().unwrap_or_default();
    compare(
        "attachments",
        theirs.len().to_string(),
        mine.attachments.len().to_string(),
    );
    for (theirs, mine) in theirs.iter().zip(&mine.attachments) {
        // A message within has no bytes that libpff could hash.
        if mine.content_type != "message/rfc822" {
            let digest = theirs[1].as_str().unwrap_or_default().to_owned();
            compare("attachment", digest, hex(&mine.content));
        }
    }
    found
}

#[test]
#[allow(clippy::print_stdout, reason = "the count is what the test is for")]
fn each_property_of_each_message_is_what_libpff_reads() {
    let Some((folder, python)) = corpus().zip(python("pypff")) else {
        return;
    };
    let theirs = libpff(&python, &folder);
    let (items, bad) = listed(&*open(&folder).expect("a source"));
    let place = |locator: &str| {
        let (file, rest) = locator.split_once('#')?;
        let node = rest.rsplit('/').next()?;
        Some((file.to_owned(), u32::from_str_radix(node, 16).ok()?))
    };
    let mut report = String::new();
    let mut seen = BTreeSet::new();
    let (mut equal, mut messages) = (0, 0);
    for (locator, (_, message)) in &items {
        let place = place(locator).expect("a locator");
        let row = theirs.get(&place).expect("libpff knows it");
        seen.insert(place);
        let Some(message) = message else {
            continue;
        };
        messages += 1;
        let found = differing(row, message);
        equal += usize::from(found.is_empty());
        for text in found {
            let field = text.split(':').next().unwrap_or_default();
            if !KNOWN.contains(&(locator.as_str(), field)) {
                writeln!(report, "  {locator}: {text}").expect("written");
            }
        }
    }
    for bad in &bad {
        seen.extend(place(&bad.locator));
    }
    println!("{equal} of {messages} messages are in each field what libpff reads");
    assert!(
        report.is_empty(),
        "differences that nobody explained:\n{report}"
    );
    assert!(
        theirs.keys().all(|place| seen.contains(place)),
        "each item of libpff is ours"
    );
    assert!(equal * 100 >= messages * 98, "{equal} of {messages}");
}

#[test]
#[allow(clippy::print_stdout, reason = "the count is what the test is for")]
fn of_what_libpff_reads_nearly_all_is_restored_and_the_rest_is_named() {
    let Some(folder) = corpus() else {
        return;
    };
    let case = Case::new(Faults::none());
    let person = case.source().join("ada@old.example");
    std::fs::create_dir_all(&person).expect("a folder");
    for path in files(&folder) {
        std::fs::copy(&path, person.join(path.file_name().expect("a name"))).expect("copied");
    }
    case.prepare("ada@old.example");
    let mut peak = Peak::default();
    peak::run(&case, "restore CASE --source SOURCE TARGET", &mut peak);
    println!("pst: restored, {}", peak.shown());
    let shares = shares::of_case(&case, "pst");
    let restored: u64 = shares.iter().map(Share::restored).sum();
    // What libpff counts as an item, with those that nobody restores; what is hidden in folders comes on top for us.
    let read: usize = files(&folder)
        .iter()
        .filter_map(|path| opened(path).ok())
        .map(|file| counts(&file)[1])
        .sum();
    println!("{restored} of {read} items that libpff reads are restored");
    assert!(restored * 100 >= read as u64 * 98, "{restored} of {read}");
    shares::expect_documented("pst", &shares);
}

#[test]
#[cfg(target_os = "linux")]
fn a_trial_is_bounded_in_memory_and_says_nothing_of_the_file() {
    let Some(folder) = corpus() else {
        return;
    };
    // Its attachments are larger than what a heap has left by chance; the reader fits most other files into that.
    let hungry = folder.join("hughbe__DFRWS2009-Outlook-Email.pst");
    let trial = |memory: u64| {
        Command::new(env!("CARGO_BIN_EXE_unbroken"))
            .arg("read-trial")
            .arg(&hungry)
            .args(["--memory-bytes", &memory.to_string(), "--seconds", "60"])
            .output()
            .expect("started")
    };
    let ended = trial(3 << 30);
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert!(ended.stdout.is_empty() && ended.stderr.is_empty());
    // Less than the program itself takes, and much less than the file wants.
    assert!(!trial(8 << 20).status.success());
}
