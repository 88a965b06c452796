//! `unbroken demo`: a whole case against the simulated tenant, through the same steps as a real one.

mod gates;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use m365_simulator::{ClockMode, Config, Faults, Quotas, Running, TlsFiles};
use secrecy::SecretString;
use tokio::sync::watch;
use unbroken_verify::Options;

use super::access::instant;
use super::demo_folder::DemoFolder;
use super::flow::gating::Family;
use super::flow::opening::{self, Circumstances, Declaration};
use super::flow::sealing::Seal;
use super::flow::{mapping, planning, reporting, restoring, sources, tenant};
use super::keyring::{self, KeyRing};
use super::output::Output;
use super::simulate::{self, CLIENT, TENANT, share};
use super::summary::{self, Summary};
use super::{open, verify};

use crate::clock::{Clock, SystemClock};
use crate::domain::choices::Choices;
use crate::domain::identity::MappingRow;
use crate::engine::turnstile::SharedGovernor;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::reports::bundle::{Disclosed, export_with};
use crate::reports::report::Edition;
use crate::reports::trust;
use crate::sources::Source;
use crate::sources::sample::write_sample;
use crate::targets::graph::{Credential, Graph, Settings};
use gates::Gates;

/// Run a whole case against a simulated tenant: restore, read back, verify.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken demo
  unbroken demo --source backups/mail --out rehearsal")]
pub(crate) struct Demo {
    /// A backup to restore; a small sample of our own when not given.
    #[arg(long, value_name = "PATH")]
    pub(crate) source: Option<PathBuf>,
    /// The folder for what it leaves; demo-out, or the next free name, when not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Where the simulated tenant listens; a free port on loopback when not given.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// A folder with leaf.pem, leaf.key and the ca.pem that signed them: HTTPS instead of HTTP.
    #[arg(long, value_name = "DIR")]
    pub(crate) tls: Option<PathBuf>,
    /// Keep the simulated tenant up afterwards, until Ctrl-C, so that other programs can look.
    #[arg(long)]
    pub(crate) keep_serving: bool,
    /// The newest instant that may be restored.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The seed of the simulated tenant's faults.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The share of the simulated tenant's requests that fail: 0 to 1.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    pub(crate) fault_rate: f64,
}

/// What is restored, and what is known of the intruder.
struct Backup {
    path: PathBuf,
    source: Arc<dyn Source>,
    window: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Does what was asked. `stop` turns true when somebody asks to end early.
pub(crate) async fn run(
    demo: &Demo,
    mut stop: watch::Receiver<bool>,
    output: &Output,
) -> Result<()> {
    // Read first: a backup that cannot be read leaves nothing behind.
    let given = demo.source.as_deref().map(sources::open).transpose()?;
    let folder = DemoFolder::make(demo.out.as_deref())?;
    let backup = backup(demo, given, &folder)?;
    let rows = people(&*backup.source);
    let tenant = clean_tenant(demo, &rows, &folder)?;
    let gates = Gates::prepare(&tenant.running, &folder)?;
    let keys = KeyRing::make(&folder.keys(), None)?;
    let journal = opening::declare(folder.path(), &keys, &declaration(&backup))?;
    sources::register(&journal, &*backup.source, &backup.path)?;
    gates::pin(&journal, &folder, &keys).await?;
    mapping::connect(&journal, &tenant.restore, true).await?;
    let certify = gates.certify(Family::Baseline, &journal, &tenant.verify, &keys);
    output.note(&certify.await?);
    let named = (&*rows, mapping::Names::Believed);
    mapping::map(&journal, &tenant.restore, named, &folder.write_map(&rows)?).await?;
    let planned = plan(&journal, &backup, demo.as_of, &keys).await?;
    output.note(&format!("as of restore point {}", planned.point));
    let bar = output.progress(
        restoring::open_items(&journal)?.max(planned.made.counts.restore),
        "restored",
    );
    let ran = restoring::restore(
        &journal,
        Arc::clone(&backup.source),
        tenant.restore,
        crate::engine::Options {
            governor: Some(tenant.governor),
            ..crate::engine::Options::default()
        },
        stop.clone(),
        &bar,
    )
    .await;
    bar.end();
    if ran?.was_stopped {
        return Err(Error::new(ErrorKind::Interrupted, "interrupted")
            .hint("the demo's tenant is gone with the program; start a new demo"));
    }
    let certify = gates.certify(Family::Separation, &journal, &tenant.verify, &keys);
    output.note(&certify.await?);
    restoring::finish(&journal).await?;
    let summary = hand_out(&journal, &folder)?;
    let mut value = summary.to_json();
    value["out"] = folder.path().display().to_string().into();
    output.answer(&value, &said(&summary, folder.path()));
    if demo.keep_serving {
        output.note(&format!(
            "the tenant answers at {}; Ctrl-C ends it",
            tenant.running.base_url
        ));
        let _ended_anyway = stop.wait_for(|stop| *stop).await;
    }
    tenant.running.stop();
    summary.expect_none_failed()
}

fn backup(demo: &Demo, given: Option<Box<dyn Source>>, folder: &DemoFolder) -> Result<Backup> {
    if let (Some(path), Some(source)) = (&demo.source, given) {
        return Ok(Backup {
            path: path.clone(),
            source: source.into(),
            window: None,
        });
    }
    let path = folder.sample();
    let facts = write_sample(&path).map_err(Error::failed)?;
    let source = sources::open(&path)?.into();
    Ok(Backup {
        path,
        source,
        window: Some((facts.window_from, facts.window_from + TimeDelta::days(14))),
    })
}

fn declaration(backup: &Backup) -> Declaration {
    Declaration {
        name: "example.org/demo".to_owned(),
        title: "Demonstration against a simulated tenant".to_owned(),
        source_tenant: gates::OLD_DOMAIN.to_owned(),
        declared_by: "demo operator".to_owned(),
        window: backup.window,
        circumstances: Circumstances {
            aware_at: backup.window.map(|(_, to)| to),
            incident: Some("rehearsal".to_owned()),
            authority: Some("none: a rehearsal".to_owned()),
            responsible: Some("demo operator".to_owned()),
        },
        simulated: true,
        // Its keys have one approver.
        erase_approvals: 1,
    }
}

/// A user of the clean tenant for each custodian.
fn people(source: &dyn Source) -> Vec<MappingRow> {
    let mut rows: Vec<MappingRow> = Vec::new();
    for (line, custodian) in (2..).zip(&source.description().custodians) {
        let name = custodian
            .0
            .split('@')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(40)
            .collect();
        let name = if name.trim_matches('-').is_empty() {
            "custodian".to_owned()
        } else {
            name
        };
        let mut target = format!("{name}@clean.example");
        if rows.iter().any(|row| row.target == target) {
            target = format!("{name}-{line}@clean.example");
        }
        rows.push(MappingRow {
            line,
            source: custodian.0.clone(),
            target,
        });
    }
    rows
}

/// The simulated tenant, and the two applications that reach it.
struct CleanTenant {
    running: Running,
    restore: Graph,
    governor: SharedGovernor,
    verify: Graph,
}

fn clean_tenant(demo: &Demo, rows: &[MappingRow], folder: &DemoFolder) -> Result<CleanTenant> {
    let secret = simulate::new_token()?;
    let users: Vec<String> = rows.iter().map(|row| row.target.clone()).collect();
    let mut tenant = simulate::tenant(&users, Some(secret.clone()), None);
    simulate::add_verify_app(&mut tenant);
    if demo.keep_serving {
        let token = simulate::new_token()?;
        folder.write_token(&token)?;
        tenant.static_token = Some(token);
    }
    let running = simulate::start(Config {
        listen: demo.listen,
        tls: demo.tls.clone().map(TlsFiles),
        seed: demo.seed,
        faults: Faults::rate(demo.fault_rate),
        tenant,
        quotas: Quotas::documented(),
        clock: ClockMode::Real,
        inspection: false,
    })?;
    let extra_roots_pem = match &demo.tls {
        Some(tls) => Some(std::fs::read(tls.join("ca.pem")).map_err(|error| {
            Error::failed(error).while_doing(format!("{}/ca.pem: cannot be read", tls.display()))
        })?),
        None => None,
    };
    let connect = |client: &str| {
        let settings = Settings {
            graph_base: format!("{}/v1.0", running.base_url),
            login_base: running.base_url.clone(),
            tenant: TENANT.to_owned(),
            client_id: client.to_owned(),
            credential: Credential::Secret(SecretString::from(secret.clone())),
            extra_roots_pem: extra_roots_pem.clone(),
        };
        // Quotas are an application's own.
        tenant::connect(settings, crate::engine::governor::Quotas::default())
    };
    let (restore, verify) = (connect(CLIENT)?, connect(simulate::VERIFY)?.graph);
    Ok(CleanTenant {
        running,
        restore: restore.graph,
        governor: restore.governor,
        verify,
    })
}

/// Planned, proposed by the operator, approved by somebody else, put in force.
async fn plan(
    journal: &Journal,
    backup: &Backup,
    as_of: Option<DateTime<Utc>>,
    keys: &KeyRing,
) -> Result<planning::Planned> {
    let planned = planning::make(journal, &*backup.source, as_of, &Choices::default()).await?;
    let hour = TimeDelta::hours(1);
    let proposal = planning::propose(journal, &planned.plan, SystemClock.now(), hour)?;
    planning::approve(journal, &proposal, &*keys.key(keyring::APPROVER)?)?;
    planning::adopt(journal, &planned.plan, &proposal).await?;
    Ok(planned)
}

/// Leaves the bundle, the trust file beside it and the summary; the verdict is the verifier's.
fn hand_out(journal: &Journal, folder: &DemoFolder) -> Result<Summary> {
    let ledger = journal.ledger();
    ledger.record_heads().map_err(open::meaning)?;
    folder.write_trust(&trust::policy(ledger, &[]))?;
    let number = report(journal, folder)?;
    let checkpoint = ledger.checkpoint_now().map_err(open::meaning)?;
    export_with(
        ledger,
        &checkpoint,
        &[],
        &[],
        &Disclosed::Everybody,
        &mut |files| {
            let again = reporting::again(journal, number, files);
            again.map(drop).map_err(Into::into)
        },
        &folder.bundle(),
    )
    .map_err(Error::failed)?;
    let verdict = verify::check(&folder.bundle(), Some(&folder.trust()), None)?;
    let mut summary = Summary::load(journal)?;
    summary.verdict = Some(verdict.kind.name().to_owned());
    folder.write_summary(&summary.to_json())?;
    verify::expect(&verdict)?;
    Ok(summary)
}

/// Issues the full report, sealed with a key of the rehearsal's own.
fn report(journal: &Journal, folder: &DemoFolder) -> Result<u64> {
    let [key, certificate, authority] = folder.make_seal()?;
    let wanted = reporting::Wanted {
        edition: Edition::Full,
        issuer: Some("demo operator".to_owned()),
        reader: Options {
            trust: Some(folder.trust()),
            ..Options::default()
        },
        seal: Some(Seal::for_rehearsal(&key, &certificate, &authority)?),
    };
    Ok(reporting::issue(journal, &wanted, &folder.report())?
        .data
        .number)
}

fn said(summary: &Summary, out: &Path) -> String {
    format!(
        "{}\n{:>9} entries in the record, found {} by the independent verifier\n\n{}",
        summary.to_text(),
        summary.entries,
        summary.verdict.as_deref().unwrap_or_default(),
        summary::how_to_verify(out)
    )
}
