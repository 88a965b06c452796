//! `unbroken restore`: the work itself; may be stopped and started again at any time.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::sync::watch;

use super::access::{CaseFolder, TargetAccess};
use super::flow::{anchoring, content, meaning, opening, restoring, sources, tenant, waving};
use super::output::Output;
use super::pace::{self, Pace};
use super::summary::Summary;
use super::{next, open, stopping};
use crate::clock::{Clock, SystemClock};
use crate::engine::governor::Quotas;
use crate::engine::{Options, Progress, RunSummary};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::scanners::clamd::Address;
use crate::sources::Source;
use crate::targets::graph::Graph;

/// Restore what the adopted plan says, read each item back, record both.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken restore --case acme --source backups/mail --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

Stop it with Ctrl-C and start it again with the same command: it looks into the tenant for what it
had begun before it writes anything.")]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) folder: CaseFolder,
    /// The backup that was registered.
    #[arg(long, value_name = "PATH")]
    pub(crate) source: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetAccess,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Where clamd listens, when the plan in force is carried out under a content gate that asks for it:
    /// unix:/run/clamav/clamd.ctl or tcp:HOST:PORT.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) clamd: Option<Address>,
    /// Try once more what failed: after a share that was away, an application that was refused, a service that was down.
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// Keep no quota but what the tenant answers; for a simulated tenant only.
    #[arg(long)]
    pub(crate) without_quotas: bool,
}

/// Does what was asked. `stop` turns true when somebody asks to end early.
pub(crate) async fn run(
    restore: &Restore,
    stop: watch::Receiver<bool>,
    output: &Output,
) -> Result<()> {
    let source = sources::open(&restore.source)?;
    let journal = opening::open_folder(&restore.folder)?;
    // Before anything is begun: the operator opens and closes waves, the worker writes the items.
    journal.expect_restorer().map_err(meaning)?;
    let stop = stopping::also_by_wish(&restore.folder.case, stop);
    sources::expect_registered(&journal, &*source, &restore.source)?;
    let quotas = if restore.without_quotas {
        pace::expect_simulated(&journal)?;
        Quotas::unpaced()
    } else {
        restore.pace.quotas()
    };
    let mut options = restore.pace.options(quotas);
    options.scanners = content::scanners(&journal, restore.clamd.clone()).await?;
    let way = tenant::of_case_under(&journal, &restore.target, quotas).await?;
    options.governor = Some(way.governor);
    let target = way.graph;
    let configuration = open::anchors(&restore.folder.case)?;
    wait_for_old_requests(&journal, stop.clone(), output).await?;
    if restore.retry_failed {
        let taken = restoring::taking_up::take_up(&journal).await?;
        output.note(&format!("{} failed items are tried once more", taken.items));
        if taken.refused > 0 {
            output.note(&format!(
                "{} are not: their custodians' files are open to others by now",
                taken.refused
            ));
        }
    }
    let bar = output.progress(restoring::open_items(&journal)?, "restored");
    let source: Arc<dyn Source> = source.into();
    let ran = tokio::select! {
        ran = in_waves(&journal, &source, &target, (&options, &stop), &bar) => ran,
        never = anchoring::keep(
            journal.ledger(),
            &configuration,
            anchoring::Pace::default(),
            |line| output.note(line),
        ) => match never {},
    };
    bar.end();
    let ran = ran?;
    if !ran.was_stopped {
        anchoring::end(journal.ledger(), &configuration, |line| output.note(line)).await;
    }
    let summary = Summary::load(&journal)?;
    output.answer(&summary.to_json(), &summary.to_text());
    if ran.was_stopped {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted")
            .hint("start again with the same command: nothing is written twice"));
    }
    output.next(next::step(&journal)?);
    summary.expect_all()
}

/// Wave after wave, as far as they are released. What licences a wave takes is counted before it opens.
async fn in_waves(
    journal: &Journal,
    source: &Arc<dyn Source>,
    target: &Graph,
    (options, stop): (&Options, &watch::Receiver<bool>),
    progress: &dyn Progress,
) -> Result<RunSummary> {
    let has_scanners = options.scanners.is_some();
    let mut done = Vec::new();
    let first = restoring::next(journal, &**source, has_scanners, &done)?;
    let mut wave = first.map_or_else(|| restoring::last(journal, &**source), Ok)?;
    loop {
        let case = journal.case().map_err(meaning)?;
        let (plan, number) = (&wave.plan, wave.wave);
        let is_open = case.open_waves.contains(&(plan.clone(), number));
        let may = case.gates.check_worker(SystemClock.now()).is_ok() && case.adopted.contains(plan);
        let is_released = !case.waves.is_in_waves(plan) || case.waves.is_released(plan, number);
        if case.gates.pinned.is_some() && may && !is_open && is_released {
            waving::count_licences(journal, target, plan, number).await?;
        }
        let through = (Arc::clone(source), target.clone());
        let (options, stop) = (options.clone(), stop.clone());
        done.push(wave.clone());
        let worked = restoring::restore_wave(journal, wave, through, options, stop, progress);
        let ran = worked.await?;
        if ran.was_stopped {
            return Ok(ran);
        }
        let case = journal.case().map_err(meaning)?;
        match restoring::next(journal, &**source, has_scanners, &done)? {
            Some(next) if waving::may_follow(&case, &next, &done) => wave = next,
            _ => return Ok(ran),
        }
    }
}

/// A worker that took over from another lets that one's last request come to its end before it reads back.
async fn wait_for_old_requests(
    journal: &Journal,
    mut stop: watch::Receiver<bool>,
    output: &Output,
) -> Result<()> {
    let Some(wait) = restoring::wait_for_old_requests(journal)? else {
        return Ok(());
    };
    let seconds = wait.as_secs() + 1;
    output.note(&format!(
        "streams changed hands: waiting {seconds} s for what the worker before may have under way"
    ));
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    Ok(())
}
