//! Section B, page 1: the verdict, what happened, who approved, what is missing and what is not proven, in plain words on one page.

use super::super::document::{Block, Section, Table, Tone};
use super::{Gathered, outcome, reference};

/// Reasons that page 1 names; all of them stand in section E.
const REASONS_MAX: usize = 5;

/// Section B.
pub(super) fn section(gathered: &Gathered) -> Section {
    let (tone, verdict) = verdict(gathered);
    Section::new('B', "Statement")
        .with(Block::Verdict(tone, verdict))
        .says(checked(gathered))
        .says(restored(gathered))
        .with(Block::Table(counts(gathered)))
        .says(approved(gathered))
        .says(missing(gathered))
        .with(Block::Heading("What this report does not prove".to_owned()))
        .with(Block::List(
            reference::NOT_PROVEN.map(str::to_owned).to_vec(),
        ))
}

/// How many exceptions there are: items that are not identical or have no outcome, and reservations of the check.
fn exceptions(gathered: &Gathered) -> u64 {
    let total = gathered.results.total();
    let items = gathered.exceptions.len() as u64 + total.erased;
    items + gathered.issue.checked.suspect + reservations(gathered).len() as u64
}

/// What keeps a passed check from being without reserve, beside single items and entries.
fn reservations(gathered: &Gathered) -> Vec<&'static str> {
    let mut found = Vec::new();
    if gathered.issue.checked.verdict == "consistent but not anchored" {
        found.push("The check had no trust file: it does not say whose record this is.");
    }
    if !gathered.results.total().adds_up() {
        found.push("The counts of section E do not add up.");
    }
    found
}

fn verdict(gathered: &Gathered) -> (Tone, String) {
    let checked = &gathered.issue.checked;
    if checked.verdict == "invalid" {
        let rule = checked.rule.as_deref().unwrap_or("a rule");
        let place = checked.entry.map_or_else(
            || "The checks failed".to_owned(),
            |entry| format!("The checks failed at entry {entry}"),
        );
        return (Tone::Bad, format!("{place}: {rule} is broken"));
    }
    match exceptions(gathered) {
        0 => (Tone::Good, "All checks passed".to_owned()),
        1 => (
            Tone::Mixed,
            "Checks passed with 1 listed exception".to_owned(),
        ),
        more => (
            Tone::Mixed,
            format!("Checks passed with {more} listed exceptions"),
        ),
    }
}

fn checked(gathered: &Gathered) -> String {
    let issue = gathered.issue;
    let span = gathered
        .first
        .zip(gathered.last)
        .map_or_else(String::new, |(first, last)| {
            format!(
                ", made between {} and {}",
                minute(&first.to_string()),
                minute(&last.to_string())
            )
        });
    let mut text = if issue.checked.verdict == "invalid" {
        format!(
            "A second, independent program checked {} records of what was done{span}. It found \
             that the record does not hold. Do not rely on what follows until this is explained.",
            issue.size
        )
    } else {
        format!(
            "A second, independent program checked {} records of what was done{span}. No record \
             was changed, removed or put in another order since it was sealed.",
            issue.size
        )
    };
    if issue.checked.suspect > 0 {
        let count = issue.checked.suspect;
        let marked = "of them were signed by a key that was later revoked; they are marked.";
        text = format!("{text} {count} {marked}");
    }
    for reservation in reservations(gathered) {
        text.push(' ');
        text += reservation;
    }
    text + &outsiders(gathered)
}

/// Who else has seen the record.
fn outsiders(gathered: &Gathered) -> String {
    let checked = &gathered.issue.checked;
    let seen = |count: u64, by: &str, missing: &str| match count {
        0 => format!(" {missing}"),
        all if all >= gathered.issue.size => format!(" All of them {by}."),
        some => format!(" The first {some} of them {by}."),
    };
    seen(
        checked.witnessed,
        "were seen by outside witnesses",
        "No outside witness has seen them.",
    ) + &seen(
        checked.timestamped,
        "carry an outside time stamp",
        "No outside time stamp covers them.",
    )
}

fn restored(gathered: &Gathered) -> String {
    let total = gathered.results.total();
    let people = gathered.results.by_custodian().len();
    let rehearsal = if gathered.issue.origin.ends_with("/simulated") {
        "This is a rehearsal: the tenant was a simulated one. "
    } else {
        ""
    };
    format!(
        "{rehearsal}The backup held {} items of {people} {}. {} were written into the new tenant, \
         read back and compared with the backup: {} are identical, {} differ only in ways that \
         are listed.",
        total.enumerated,
        if people == 1 {
            "custodian"
        } else {
            "custodians"
        },
        total.restored(),
        total.identical,
        total.as_declared,
    )
}

fn counts(gathered: &Gathered) -> Table {
    let total = gathered.results.total();
    let mut rows = vec![
        ("In the backup, as of the chosen instant", total.enumerated),
        ("Restored, identical", total.identical),
        ("Restored, different only as declared", total.as_declared),
        ("Held for a person to decide", total.held),
        ("Skipped, need not be restored", total.skipped),
        ("Failed", total.failed),
    ];
    if total.erased > 0 {
        rows.push(("Erased before they were restored", total.erased));
    }
    if total.open > 0 {
        rows.push(("Still open", total.open));
    }
    rows.push(("Sum of the outcomes", total.accounted()));
    let rows = rows
        .into_iter()
        .map(|(what, count)| vec![what.to_owned(), count.to_string()]);
    Table {
        id: "counts",
        caption: "Every item, counted once".to_owned(),
        columns: vec!["What became of the items", "Items"],
        rows: rows.collect(),
    }
}

fn approved(gathered: &Gathered) -> String {
    let person = |kind: &str| {
        let mut names: Vec<&str> = Vec::new();
        let of_kind = gathered.milestones.iter().filter(|step| step.kind == kind);
        for signer in of_kind.flat_map(|step| &step.by) {
            if !signer.person.is_empty() && !names.contains(&signer.person.as_str()) {
                names.push(&signer.person);
            }
        }
        if names.is_empty() {
            "nobody".to_owned()
        } else {
            names.join(", ")
        }
    };
    let adopted = gathered.case.adopted.len();
    format!(
        "{adopted} {} in force, put there by {}. Approval was given by {}, not by whoever asked \
         for it. The custody of each item is in the record.",
        if adopted == 1 {
            "plan was"
        } else {
            "plans were"
        },
        person("PlanAdopted/1"),
        person("Approved"),
    )
}

fn missing(gathered: &Gathered) -> String {
    let total = gathered.results.total();
    let missing = total.held + total.failed + total.open + total.erased;
    if missing == 0 {
        return "Nothing is missing of what the backup held.".to_owned();
    }
    let reasons = outcome::reasons(gathered);
    let mut named: Vec<String> = reasons
        .iter()
        .filter(|((outcome, _), _)| matches!(*outcome, "held" | "failed"))
        .map(|((outcome, reason), count)| format!("{count} {outcome} ({reason})"))
        .collect();
    let more = named.len().saturating_sub(REASONS_MAX);
    named.truncate(REASONS_MAX);
    let more = if more > 0 {
        format!(", and {more} more reasons")
    } else {
        String::new()
    };
    format!(
        "{missing} items are not in the new tenant: {}{more}. Section F lists each of them.",
        named.join(", ")
    )
}

/// What section K adds to what is the same in every report.
pub(super) fn further_limits(gathered: &Gathered) -> Vec<String> {
    let mut limits = Vec::new();
    for (data, _) in &gathered.case.sources {
        let exhibit = format!("Backup S{}", data.source);
        if !data.evidence.access {
            limits.push(format!(
                "{exhibit} does not say who could read what; access was not compared."
            ));
        }
        if !data.evidence.immutability {
            limits.push(format!(
                "{exhibit} does not prove that nobody changed it before it was read."
            ));
        }
        if data.points < 2 {
            limits.push(format!(
                "{exhibit} has one restore point: whether an item is older than the intrusion is \
                 not provable."
            ));
        }
    }
    limits.push(
        "Who can read what in the new tenant was not compared with the old one by this version; \
         only the custodian's own mailbox and drive were written to."
            .to_owned(),
    );
    let checked = &gathered.issue.checked;
    let size = gathered.issue.size;
    if checked.witnessed < size {
        limits.push(format!(
            "Entries {} to {} were not seen by a quorum of witnesses: the machine that keeps the \
             ledger could still show somebody else another end of it.",
            checked.witnessed,
            size.saturating_sub(1)
        ));
    }
    if checked.timestamped < size {
        limits.push(format!(
            "Entries {} to {} carry no outside time stamp: their times are the word of the machine \
             that keeps the ledger.",
            checked.timestamped,
            size.saturating_sub(1)
        ));
    }
    if gathered.case.finished.is_none() {
        limits.push("The case was not finished when this report was made.".to_owned());
    }
    limits
}

/// A time without its seconds, for prose.
fn minute(time: &str) -> String {
    let date = time.get(..10).unwrap_or(time);
    let clock = time.get(11..16).unwrap_or_default();
    format!("{date} {clock} UTC")
}
