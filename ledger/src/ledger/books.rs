//! The ledger's own facts: streams handed over, heads, heartbeats, the seal. What they must be is
//! `admission/ledger_types.rs`; keys are `keys.rs`.

use super::{Draft, Ledger, LedgerError};
use crate::canonical::Value;
use crate::event::{Seen, integer};
use crate::heads::StreamHeads;
use crate::key::KeyId;
use crate::sequencer::Receipt;

impl Ledger {
    /// Records a fact of the ledger's own by the service key.
    pub(super) fn book_entry(&self, kind: &str, data: Value) -> Result<Receipt, LedgerError> {
        self.emit(&Draft::new("ledger", kind, data), &[&*self.service()])
    }

    /// Records, by the service key and in the stream `ledger`, a fact of the program's own books that is no ledger type: its
    /// policy lists the role `service` for it.
    pub fn record_own(&self, kind: &str, data: Value) -> Result<Receipt, LedgerError> {
        self.book_entry(kind, data)
    }

    /// Hands streams to an emitter.
    pub fn hand(&self, streams: &[String], to: KeyId) -> Result<Receipt, LedgerError> {
        let mut streams = streams.to_vec();
        streams.sort();
        streams.dedup();
        let data = Value::object([
            (
                "streams",
                Value::Array(streams.iter().map(Value::text).collect()),
            ),
            ("to", Value::text(to.to_string())),
        ]);
        self.book_entry("StreamHanded", data)
    }

    /// Records how far every stream has come, and hands the heads out for proofs.
    pub fn record_heads(&self) -> Result<(Receipt, StreamHeads), LedgerError> {
        let (heads, seen) = self.with_state(|state| {
            let heads = state.heads_at(state.size()).expect("as of now");
            let seen = Seen {
                size: state.size(),
                leaf: state.last_leaf(),
            };
            (heads, seen)
        });
        let data = Value::object([
            ("count", integer(heads.count())),
            ("root", Value::text(heads.root().to_string())),
        ]);
        let draft = Draft {
            seen: Some(seen),
            ..Draft::new("ledger", "StreamHeads", data)
        };
        Ok((self.emit(&draft, &[&*self.service()])?, heads))
    }

    /// Says that the ledger lives although nothing happens.
    pub fn heartbeat(&self) -> Result<Receipt, LedgerError> {
        let size = self.checkpoint().checkpoint.size;
        self.book_entry("Heartbeat", Value::object([("size", integer(size))]))
    }

    /// Ends the ledger: after it only timestamps, witnesses and erasures are taken.
    pub fn seal(&self) -> Result<Receipt, LedgerError> {
        let data = self.with_state(|state| {
            let counts = state.type_counts.iter();
            let counts = counts
                .map(|(kind, count)| (kind.clone(), integer(*count)))
                .collect();
            Value::object([
                ("entries", integer(state.size())),
                ("types", Value::Object(counts)),
            ])
        });
        self.book_entry("Sealed", data)
    }
}
