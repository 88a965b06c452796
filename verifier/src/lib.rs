//! The second implementation of docs/ledger-format.md: it reads files and says what holds; it shares no code with the ledger.
