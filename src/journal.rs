//! The only writer: load, decide, sign, append; when refused as stale, load and decide again.
