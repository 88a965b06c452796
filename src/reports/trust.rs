//! The trust file of docs/ledger-format.md 11.3: whose ledger it is; kept apart from every bundle.

use unbroken_ledger::Ledger;
use unbroken_ledger::note::vkey;

/// A C2SP tlog-policy that names the log, and the witnesses that the case's own policy asks for (`witness`, `group` and
/// `quorum` lines).
pub fn policy(ledger: &Ledger, witnesses: &[String]) -> String {
    let mut text = format!("log {}\n", vkey(ledger.origin(), &ledger.log_key()));
    for line in witnesses {
        text += line;
        text.push('\n');
    }
    if !witnesses.iter().any(|line| line.starts_with("quorum ")) {
        text += "quorum none\n";
    }
    text
}
