//! Folds of the ledger that drive the workers and the views; each can be deleted and rebuilt.
