//! Every calendar and card of the corpus into the simulated tenant, counted by kind and outcome.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use m365_simulator::Faults;
use unbroken::domain::item::{ItemKey, SourceItem};
use unbroken::domain::outlook_fit::fit;
use unbroken::domain::semantic::compare_outlook;
use unbroken::sources::{Source, open};
use unbroken::targets::graph::Graph;
use unbroken::targets::{Target, TargetUser};

use crate::case::Case;
use crate::left_out::left_out;
use crate::readback::graph;
use crate::tidy::top;

pub(super) const ADA: &str = "ada@clean.example";

/// What became of the items of a kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    identical: usize,
    as_declared: usize,
    held: usize,
    failed: usize,
}

fn now() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().expect("an instant")
}

async fn restore(
    graph: &Graph,
    user: &TargetUser,
    source: &dyn Source,
    item: &SourceItem,
    number: usize,
) -> Result<bool, String> {
    let read = source
        .outlook_item(item)
        .map_err(|error| error.to_string())?;
    let fitted = fit(read, now());
    let mut key = [0; 32];
    key[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let key = ItemKey(key);
    let meaning = |error: unbroken::targets::TargetError| error.to_string();
    let folder = graph
        .outlook_folder(user, &item.folder)
        .await
        .map_err(meaning)?;
    let made = graph
        .create_outlook_item(user, &folder, &fitted, &key)
        .await;
    let (id, _) = made.map_err(meaning)?;
    let completed = graph
        .complete_outlook_item(user, &folder, &id, &fitted)
        .await;
    completed.map_err(meaning)?;
    let found = graph
        .read_outlook_item(user, item.workload, &folder, &id)
        .await;
    let compared = compare_outlook(&fitted, &found.map_err(meaning)?);
    if !compared.differing.is_empty() {
        return Err(format!("differs in {}", compared.differing.join(", ")));
    }
    Ok(fitted.transforms().is_empty() && fitted.deltas().is_empty())
}

/// What became of a tree of the corpus.
struct Ended {
    rows: BTreeMap<String, Row>,
    /// Items that were restored, by file.
    by_file: BTreeMap<String, usize>,
    failures: Vec<String>,
}

/// Restores a tree of the corpus.
fn restored(name: &str) -> Option<Ended> {
    let path = top().join("../shared/corpus").join(name);
    if !path.is_dir() {
        left_out(&format!("no ../shared/corpus/{name}"));
        return None;
    }
    let case = Case::without_quotas(Faults::none());
    let source: Arc<dyn Source> = open(&path).expect("opened").into();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let (mut rows, mut failures) = (BTreeMap::<String, Row>::new(), Vec::new());
    let mut by_file: BTreeMap<String, usize> = BTreeMap::new();
    runtime.block_on(async {
        let graph = graph(&case);
        let user = graph.user(ADA).await.expect("asked").expect("there");
        let description = source.description();
        let items = source.items(&description.points[0].id, &description.custodians[0]);
        for (number, item) in items.expect("listed").enumerate() {
            let item = match item {
                Ok(item) => item,
                Err(bad) => {
                    rows.entry(bad.class.to_owned()).or_default().held += 1;
                    continue;
                }
            };
            let row = rows.entry(item.workload.name().to_owned()).or_default();
            let ended = restore(&graph, &user, &*source, &item, number).await;
            if ended.is_ok() {
                let file = item.locator.rsplit_once('#').map_or("", |(file, _)| file);
                *by_file.entry(file.to_owned()).or_default() += 1;
            }
            match ended {
                Ok(true) => row.identical += 1,
                Ok(false) => row.as_declared += 1,
                Err(why) => {
                    row.failed += 1;
                    failures.push(format!("{}: {why}", item.locator));
                }
            }
        }
    });
    assert_eq!(case.inspect().invitations(), 0, "nobody is invited");
    let stored = case.inspect().items(ADA).len();
    let written: usize = rows
        .values()
        .map(|row| row.identical + row.as_declared)
        .sum();
    assert!(stored >= written, "{stored} stored, {written} written");
    Some(Ended {
        rows,
        by_file,
        failures,
    })
}

/// The lines of the table in docs/fidelity.md.
fn table(trees: &[(&str, &BTreeMap<String, Row>)]) -> String {
    let mut text = String::from(
        "| corpus | kind | restored identical | as declared | held | failed |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for (name, rows) in trees {
        for (kind, row) in *rows {
            let Row {
                identical,
                as_declared,
                held,
                failed,
            } = row;
            let _ = writeln!(
                text,
                "| {name} | {kind} | {identical} | {as_declared} | {held} | {failed} |"
            );
        }
    }
    text
}

/// Of what Python's libraries read, how much was restored, and how much there is; `None` where they are not here.
fn held_against(name: &str, ended: &Ended) -> Option<(usize, usize)> {
    let python = crate::left_out::python("icalendar, vobject")?;
    let done = Command::new(&python)
        .arg(top().join("tests/oracle/ics_vcf.py"))
        .arg(top().join("../shared/corpus").join(name))
        .output()
        .expect("started");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let text = String::from_utf8(done.stdout).expect("the oracle writes ASCII");
    let (mut read, mut ours) = (0, 0);
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let path = row["path"].as_str().expect("a path");
        let items = row["items"]
            .as_u64()
            .and_then(|items| usize::try_from(items).ok());
        let items = items.unwrap_or(0);
        read += items;
        ours += items.min(ended.by_file.get(path).copied().unwrap_or(0));
    }
    assert!(read > 50, "{name}: the oracle reads {read} items");
    Some((ours, read))
}

#[test]
fn the_corpus_arrives_and_the_table_of_fidelity_says_so() {
    let (Some(ics), Some(vcf)) = (restored("ics"), restored("vcf")) else {
        return;
    };
    let shown = table(&[("ics", &ics.rows), ("vcf", &vcf.rows)]);
    let failures = [&ics.failures[..], &vcf.failures].concat();
    assert!(failures.is_empty(), "{shown}\n{}", failures.join("\n"));
    for (name, ended) in [("ics", &ics), ("vcf", &vcf)] {
        let Some((ours, read)) = held_against(name, ended) else {
            continue;
        };
        println!("{name}: {ours} of the {read} items that the oracle reads");
        assert!(ours * 100 >= read * 98, "{name}: {ours} of {read}");
    }
    let docs = std::fs::read_to_string(top().join("docs/fidelity.md")).expect("read");
    assert!(
        docs.contains(&shown),
        "docs/fidelity.md lacks this table:\n{shown}"
    );
}
