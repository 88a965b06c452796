//! The command line: one file a subcommand; only output.rs prints.

mod access;
mod bundle;
mod keyring;
mod ledger;
mod open;
mod output;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Environment;
use crate::error::{ErrorKind, Result};
use output::Output;

/// Restores Microsoft 365 backups into a clean tenant, every action on the record.
#[derive(Debug, Parser)]
#[command(name = "unbroken", version, max_term_width = 100)]
#[command(after_help = "Example:
  unbroken ledger info --case acme

Exit codes: 0 done, 1 failed, 2 usage, 3 incomplete or valid with exceptions, 10 no ledger,
11 ledger locked, 12 a gate refused, 20 verification failed, 21 consistent but not anchored,
130 interrupted.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Answer in JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
}

/// Runs the program and says how it ended.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(shown) => {
            let _closed_pipe = shown.print();
            let refused = shown.use_stderr();
            return ExitCode::from(if refused {
                ErrorKind::Usage.exit_code()
            } else {
                0
            });
        }
    };
    let output = Output::new(arguments.json, Environment::read());
    match perform(arguments.command, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.failure(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn perform(command: Command, output: &Output) -> Result<()> {
    match command {
        Command::Ledger(command) => ledger::run(command, output),
        Command::Bundle(command) => bundle::run(command, output),
    }
}
