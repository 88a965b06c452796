//! The command line: one file a subcommand; only output.rs prints.

pub mod output;
