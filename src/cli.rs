//! The command line: one file a subcommand; only output.rs prints.

mod access;
mod aliases;
mod approve;
mod as_of;
mod asked;
mod baseline;
mod bundle;
mod case;
mod certify;
mod choices;
mod content;
mod counts;
#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "demo")]
mod demo_folder;
mod disclose;
mod domain;
mod erase;
mod estimate;
mod exceptions;
mod exchange;
mod export;
mod flow;
mod hold;
mod identity;
mod key_file;
mod keyring;
mod keys;
mod ledger;
mod next;
mod notify;
mod open;
mod output;
mod pace;
mod plan;
mod provenance;
mod read_trial;
mod reconcile;
mod release;
mod report;
mod restore;
mod sample;
mod sharing;
#[cfg(feature = "demo")]
mod simulate;
mod source;
mod state;
mod stopping;
mod summary;
mod target;
mod verify;
mod waive;
mod wave;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::sync::watch;

use crate::config::Environment;
use crate::error::{Error, ErrorKind, Result};
use output::Output;

/// Restores Microsoft 365 backups into a clean tenant, every action on the record.
#[derive(Debug, Parser)]
#[command(name = "unbroken", version, max_term_width = 100)]
#[command(after_help = "Example:
  unbroken demo

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
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    #[cfg(feature = "demo")]
    Simulate(simulate::Simulate),
    #[command(subcommand)]
    Access(sharing::AccessCommand),
    #[command(subcommand)]
    Case(case::CaseCommand),
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
    #[command(subcommand)]
    Source(source::SourceCommand),
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    Approve(approve::Approve),
    Baseline(baseline::Baseline),
    #[command(subcommand)]
    Certify(certify::CertifyCommand),
    #[command(subcommand)]
    Content(content::ContentCommand),
    #[command(subcommand)]
    Release(release::ReleaseCommand),
    Restore(restore::Restore),
    Separation(baseline::Separation),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    #[command(subcommand)]
    Notify(notify::NotifyCommand),
    Provenance(provenance::Provenance),
    #[command(hide = true)]
    ReadTrial(read_trial::ReadTrial),
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    #[command(subcommand)]
    Report(report::ReportCommand),
    Reconcile(reconcile::Reconcile),
    Exceptions(exceptions::Exceptions),
    #[command(subcommand)]
    Export(export::ExportCommand),
    Sample(sample::Sample),
    State(state::State),
    Verify(verify::Verify),
    Waive(waive::Waive),
    #[command(subcommand)]
    Wave(wave::WaveCommand),
    Disclose(disclose::Disclose),
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    #[command(subcommand)]
    Hold(hold::HoldCommand),
    Erase(erase::Erase),
    #[command(subcommand)]
    Target(target::TargetCommand),
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
    match dispatch(arguments.command, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.failure(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Runs a command. The first Ctrl-C or SIGTERM asks it to end where it may; a second one ends it at once.
fn dispatch(command: Command, output: &Output) -> Result<()> {
    // Before any thread is made: each brings address space of its own, past the limit that the child sets itself.
    if let Command::ReadTrial(wanted) = command {
        return read_trial::run(&wanted);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Error::failed(error).while_doing("the program cannot start its threads")
        })?;
    let (ask, stop) = watch::channel(false);
    let ended = runtime.block_on(async {
        tokio::select! {
            // In this order: a signal that comes with the command's first word already ends it as it should.
            biased;
            () = interrupted(ask, output) => Err(Error::new(ErrorKind::Interrupted, "interrupted")
                .hint("start again with the same command: nothing is written twice")),
            ended = perform(command, stop, output) => ended,
        }
    });
    // Threads that read a source may be in the middle of a file: they hold nothing that matters.
    runtime.shutdown_background();
    ended
}

/// Ctrl-C; and SIGTERM, by which a service manager or a machine that shuts down asks.
#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn interrupted(ask: watch::Sender<bool>, output: &Output) {
    for last in [false, true] {
        if asked_to_end().await.is_err() {
            // Without a handler the default action ends the process, which is as good.
            std::future::pending::<()>().await;
        }
        if !last {
            output.note("ending what is under way; Ctrl-C again ends it at once");
            let _nobody_listens = ask.send(true);
        }
    }
}

async fn perform(command: Command, stop: watch::Receiver<bool>, output: &Output) -> Result<()> {
    match command {
        #[cfg(feature = "demo")]
        Command::Demo(demo) => demo::run(&demo, stop, output).await,
        #[cfg(feature = "demo")]
        Command::Simulate(simulate) => simulate::run(&simulate, stop, output).await,
        Command::Access(command) => sharing::run(command, output).await,
        Command::Case(command) => case::run(command, output).await,
        Command::Identity(command) => identity::run(command, output).await,
        Command::Source(command) => source::run(command, output),
        Command::Plan(command) => plan::run(command, output).await,
        Command::Approve(approve) => approve::run(&approve, output),
        Command::Baseline(wanted) => baseline::run_baseline(&wanted, output).await,
        Command::Certify(command) => certify::run(command, output).await,
        Command::Content(command) => content::run(command, output).await,
        Command::Release(command) => release::run(command, output).await,
        Command::Separation(wanted) => baseline::run_separation(&wanted, output).await,
        Command::Keys(command) => keys::run(command, output).await,
        Command::Restore(command) => restore::run(&command, stop, output).await,
        Command::Ledger(command) => ledger::run(command, output).await,
        Command::Notify(command) => notify::run(command, output).await,
        Command::Provenance(command) => provenance::run(&command, output),
        Command::ReadTrial(_) => unreachable!("`dispatch` runs it before there are threads"),
        Command::Bundle(command) => bundle::run(command, output),
        Command::Report(command) => report::run(command, output),
        Command::Reconcile(wanted) => reconcile::run(&wanted, output),
        Command::Exceptions(wanted) => exceptions::run(&wanted, output),
        Command::Export(command) => export::run(command, output),
        Command::Sample(wanted) => sample::run(&wanted, output),
        Command::State(wanted) => state::run(&wanted, output),
        Command::Verify(verify) => verify::run(&verify, output),
        Command::Waive(wanted) => waive::run(&wanted, output).await,
        Command::Wave(command) => wave::run(command, output).await,
        Command::Disclose(wanted) => disclose::run(&wanted, output),
        Command::Domain(command) => domain::run(command, output).await,
        Command::Hold(command) => hold::run(command, output),
        Command::Erase(wanted) => erase::run(&wanted, output),
        Command::Target(command) => target::run(command, output).await,
    }
}
