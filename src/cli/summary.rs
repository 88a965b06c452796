//! What a restore came to, for a person at three in the morning and for a program; counts come from
//! the projections and are not made here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// An item that was not restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    /// `held`, `skipped` or `failed`.
    pub(crate) outcome: &'static str,
    /// The reason's class.
    pub(crate) reason: String,
    /// Whose it is, as the source names it.
    pub(crate) custodian: String,
    /// Where it lies in the source.
    pub(crate) locator: String,
    /// One sentence, where there is one.
    pub(crate) detail: String,
}

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
}

/// More than a person reads; all of them stand in summary.json.
const SHOWN_MAX: usize = 12;

impl Summary {
    pub(crate) fn restored(&self) -> u64 {
        self.identical + self.as_declared
    }

    /// Whether each enumerated item has exactly one outcome.
    pub(crate) fn adds_up(&self) -> bool {
        self.enumerated == self.restored() + self.held + self.skipped + self.failed
    }

    /// The shape of summary.json.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let exceptions: Vec<serde_json::Value> = self
            .exceptions
            .iter()
            .map(|item| {
                serde_json::json!({
                    "outcome": item.outcome,
                    "reason": item.reason,
                    "custodian": item.custodian,
                    "locator": item.locator,
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
            "{:>9} items in the source, as of the chosen instant\n\
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
        if !self.adds_up() {
            text.push_str("  THE COUNTS DO NOT ADD UP: items are still waiting, run it again\n");
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
            let _ = write!(text, "          - {}: {}", item.custodian, item.locator);
            let detail = if item.detail.is_empty() {
                &item.reason
            } else {
                &item.detail
            };
            let _ = writeln!(text, ": {detail}");
        }
        let more = self.exceptions.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            let _ = writeln!(text, "          and {more} more, named in summary.json");
        }
        text
    }
}

/// Where things lie, and how to check them without us.
pub(crate) fn how_to_verify(out: &Path) -> String {
    let out = out.display();
    format!(
        "  {out}/bundle   hand this to legal, audit, a regulator\n\
         \x20 {out}/trust    whose record it is: hand it over by another way\n\
         \x20 {out}/ledger   the record itself\n\n\
         Check it without us\n\
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
                outcome: "failed",
                reason: "no-headers-no-body".to_owned(),
                custodian: "ann".to_owned(),
                locator: "a/b.eml".to_owned(),
                detail: "the file is empty".to_owned(),
            }],
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
        assert!(text.contains("ann: a/b.eml: the file is empty"), "{text}");
        assert!(!text.contains("DO NOT ADD UP"), "{text}");
    }

    #[test]
    fn counts_that_do_not_add_up_are_said() {
        let short = Summary {
            enumerated: 10,
            ..summary()
        };
        assert!(short.to_text().contains("DO NOT ADD UP"));
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
