//! The trust file of docs/ledger-format.md 11.3: whose ledger it is; kept apart from every bundle.

use unbroken_ledger::Ledger;
use unbroken_ledger::note::vkey;

/// A C2SP tlog-policy that names the log. No witness is asked for: this version obtains none.
pub fn policy(ledger: &Ledger) -> String {
    format!(
        "log {}\nquorum none\n",
        vkey(ledger.origin(), &ledger.log_key())
    )
}
