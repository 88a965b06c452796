//! What a restore came to, for a person at three in the morning and for a program; counts come from
//! the projections and are not made here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::projections::coverage::{Coverage, Exception};
use crate::projections::results::Results;

use super::flow;

/// Every enumerated item, counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) identical: u64,
    pub(crate) as_declared: u64,
    pub(crate) held: u64,
    pub(crate) skipped: u64,
    pub(crate) failed: u64,
    pub(crate) enumerated: u64,
    pub(crate) entries: u64,
    pub(crate) verdict: Option<String>,
    pub(crate) exceptions: Vec<Exception>,
    /// Items that an earlier plan held or could not restore and a later one names anew: counted where the later one leaves them.
    pub(crate) superseded: u64,
    /// The custodians' names in the source.
    pub(crate) names: BTreeMap<Pseudonym, String>,
    /// Custodians who were erased, and the entries that say so.
    pub(crate) erased: BTreeMap<Pseudonym, u64>,
}

/// More than a person reads; `unbroken exceptions` lists all of them.
const SHOWN_MAX: usize = 12;

const LISTED: &str =
    "the list above begins with what is most urgent; `unbroken exceptions` has them all";

/// What a person has to look at first.
fn urgency(outcome: &str) -> u8 {
    match outcome {
        "failed" => 0,
        "held" => 1,
        _ => 2,
    }
}

impl Summary {
    pub(crate) fn restored(&self) -> u64 {
        self.identical + self.as_declared
    }

    /// What the record says now.
    pub(crate) fn load(journal: &Journal) -> Result<Self> {
        let coverage = Coverage::load(journal).map_err(flow::meaning)?;
        let case = journal.case().map_err(flow::meaning)?;
        let name = |facts: &crate::domain::event::CustodianFacts| {
            facts.source_name.clone().unwrap_or_default()
        };
        let totals = coverage.totals;
        // With one plan no item has two names, and nothing more need be read.
        let results = if case.adopted.len() > 1 {
            Results::load(journal).map_err(flow::meaning)?
        } else {
            Results::default()
        };
        let before = results.superseded;
        let superseded = before.held + before.skipped + before.failed;
        let mut exceptions = coverage.exceptions;
        exceptions.retain(|one| !results.replaced.contains(&one.item));
        exceptions.sort_by_key(|one| (urgency(one.outcome), one.index));
        let enumerated = totals.enumerated + flow::restoring::open_items(journal)?;
        Ok(Self {
            identical: totals.identical,
            as_declared: totals.as_declared,
            held: totals.held - before.held,
            skipped: totals.skipped - before.skipped,
            failed: totals.failed - before.failed,
            enumerated: enumerated - superseded,
            entries: journal.ledger().size(),
            verdict: None,
            exceptions,
            superseded,
            names: case
                .custodians
                .iter()
                .map(|(pseudonym, known)| (pseudonym.clone(), name(&known.facts)))
                .collect(),
            erased: case.erased.clone(),
        })
    }

    /// Exit code 3 where not every item is restored or need not be.
    pub(crate) fn expect_all(&self) -> Result<()> {
        let missing = self.enumerated - self.restored() - self.skipped;
        if missing == 0 {
            return Ok(());
        }
        let text = format!("{missing} of {} items are not restored", self.enumerated);
        let error = Error::new(ErrorKind::Incomplete, text);
        Err(if self.failed > 0 {
            error.hint(
                "the list above says why; `--retry-failed` tries once more what failed, when \
                 what stood in the way is gone",
            )
        } else {
            error.hint(LISTED)
        })
    }

    /// Exit code 3 where an item could not be restored; what is held or skipped is so on purpose.
    pub(crate) fn expect_none_failed(&self) -> Result<()> {
        if self.failed == 0 {
            return Ok(());
        }
        let text = format!(
            "{} of {} items could not be restored",
            self.failed, self.enumerated
        );
        Err(Error::new(ErrorKind::Incomplete, text).hint(LISTED))
    }

    /// Whose an item is; a name that is gone is said to be gone, never left blank.
    fn custodian(&self, exception: &Exception) -> String {
        if let Some(entry) = self.erased.get(&exception.custodian) {
            return erased_by(*entry);
        }
        let name = self.names.get(&exception.custodian);
        name.cloned().unwrap_or_default()
    }

    /// Items that have their outcome.
    fn ended(&self) -> u64 {
        self.restored() + self.held + self.skipped + self.failed
    }

    /// Whether each enumerated item has exactly one outcome.
    pub(crate) fn adds_up(&self) -> bool {
        self.enumerated == self.ended()
    }

    /// The shape of summary.json.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let exceptions: Vec<serde_json::Value> = self
            .exceptions
            .iter()
            .map(|item| {
                serde_json::json!({
                    "erased": self.erased.get(&item.custodian),
                    "outcome": item.outcome,
                    "reason": item.reason,
                    "custodian": self.custodian(item),
                    "item": item.item.as_str(),
                    "locator": item.locator,
                    "name": item.name,
                    "detail": item.detail,
                })
            })
            .collect();
        serde_json::json!({
            "restored": self.restored(),
            "identical": self.identical,
            "as_declared": self.as_declared,
            "held": self.held,
            "skipped": self.skipped,
            "failed": self.failed,
            "enumerated": self.enumerated,
            "entries": self.entries,
            "verdict": self.verdict,
            "exceptions": exceptions,
        })
    }

    /// What was restored, and what was not and why.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!(
            "{:>9} items named by the plans in force\n\
             {:>9} restored: {} identical, {} as declared (each difference is in the record)\n\
             {:>9} held\n{:>9} skipped\n{:>9} failed\n",
            self.enumerated,
            self.restored(),
            self.identical,
            self.as_declared,
            self.held,
            self.skipped,
            self.failed,
        );
        if let waiting @ 1.. = self.enumerated.saturating_sub(self.ended()) {
            let _ = writeln!(
                text,
                "{waiting:>9} waiting: `unbroken restore` goes on with them"
            );
        } else if !self.adds_up() {
            text.push_str("  THE COUNTS DO NOT ADD UP: `unbroken reconcile` says where\n");
        }
        if self.superseded > 0 {
            let _ = writeln!(
                text,
                "          ({} were held or failed first; a later plan names them anew, and they \
                 are counted there)",
                self.superseded
            );
        }
        let mut reasons: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for item in &self.exceptions {
            *reasons.entry((item.outcome, &item.reason)).or_default() += 1;
        }
        if !reasons.is_empty() {
            text.push_str("\nNot restored, by reason\n");
        }
        for ((outcome, reason), count) in reasons {
            let _ = writeln!(text, "{count:>9} {outcome}: {reason}");
        }
        for item in self.exceptions.iter().take(SHOWN_MAX) {
            let _ = write!(text, "          - {}", self.custodian(item));
            if !self.erased.contains_key(&item.custodian) {
                let _ = write!(text, ": {}", place(item));
            }
            let detail = if item.detail.is_empty() {
                &item.reason
            } else {
                &item.detail
            };
            let _ = writeln!(text, ": {detail}");
        }
        let more = self.exceptions.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            let _ = writeln!(
                text,
                "          and {more} more: `unbroken exceptions` lists them all"
            );
        }
        for (custodian, entry) in &self.erased {
            let _ = writeln!(
                text,
                "          custodian {custodian}: {}",
                erased_by(*entry)
            );
        }
        text
    }
}

/// An item as a person finds it: by its name, and by its place where that says more than the name.
fn place(item: &Exception) -> String {
    if item.name.is_empty() || item.locator.ends_with(&item.name) {
        return item.locator.clone();
    }
    format!("{} ({})", item.name, item.locator)
}

/// What stands where a fact stood.
pub(crate) fn erased_by(entry: u64) -> String {
    format!("erased, see entry {entry}")
}

/// Where things lie, and how to check them without us.
pub(crate) fn how_to_verify(out: &Path) -> String {
    let out = out.display();
    format!(
        "  {out}/report   what happened, in words: begin with page 1 of report.pdf\n\
         \x20 {out}/bundle   hand this to legal, audit, a regulator\n\
         \x20 {out}/trust    whose record it is: hand it over by another way\n\
         \x20 {out}/ledger   the record itself\n\n\
         Check it without us\n\
         \x20 unbroken verify {out}/bundle --trust {out}/trust\n\
         \x20 cargo run --release -p unbroken-verify -- {out}/bundle --trust {out}/trust\n\
         \x20 {out}/bundle/VERIFY.txt has commands for tools that are not ours\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        Summary {
            identical: 5,
            as_declared: 2,
            skipped: 1,
            failed: 1,
            enumerated: 9,
            entries: 40,
            verdict: Some("valid".to_owned()),
            exceptions: vec![Exception {
                index: 7,
                custodian: Pseudonym::from_random([1; 16]),
                item: Pseudonym::from_random([2; 16]),
                outcome: "failed",
                reason: "no-headers-no-body".to_owned(),
                locator: "a/b.eml".to_owned(),
                name: "Offer".to_owned(),
                detail: "the file is empty".to_owned(),
            }],
            names: BTreeMap::from([(Pseudonym::from_random([1; 16]), "ann".to_owned())]),
            ..Summary::default()
        }
    }

    #[test]
    fn the_text_names_what_is_missing_and_why() {
        let text = summary().to_text();
        assert!(
            text.contains("7 restored: 5 identical, 2 as declared"),
            "{text}"
        );
        assert!(text.contains("1 failed: no-headers-no-body"), "{text}");
        assert!(
            text.contains("ann: Offer (a/b.eml): the file is empty"),
            "{text}"
        );
        assert!(!text.contains("DO NOT ADD UP"), "{text}");
    }

    #[test]
    fn counts_that_do_not_add_up_are_said() {
        let waiting = Summary {
            enumerated: 10,
            ..summary()
        };
        let text = waiting.to_text();
        assert!(
            text.contains("1 waiting: `unbroken restore` goes on"),
            "{text}"
        );
        assert!(!text.contains("DO NOT ADD UP"), "{text}");
        let twice = Summary {
            enumerated: 8,
            ..summary()
        };
        assert!(twice.to_text().contains("DO NOT ADD UP"));
    }

    #[test]
    fn the_json_has_the_promised_fields() {
        let value = summary().to_json();
        for field in [
            "restored",
            "identical",
            "as_declared",
            "held",
            "skipped",
            "failed",
            "enumerated",
            "entries",
            "verdict",
        ] {
            assert!(value.get(field).is_some(), "{field}");
        }
        assert_eq!(value["restored"], 7);
    }
}
