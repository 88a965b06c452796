//! `unbroken baseline` and `unbroken separation`: the clean tenant is looked at, and what was found goes on the record.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::access::{CaseFolder, TargetAccess};
use super::counts::csv;
use super::exchange;
use super::flow::gating::{self, Brought, Family};
use super::flow::leftovers::OldLink;
use super::flow::{leftovers, opening, sources, tenant};
use super::output::Output;
use crate::domain::finding::{Finding, Verdict};
use crate::error::{Error, ErrorKind, Result};

/// Look at the clean tenant's baseline: checks C1 to C32.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken baseline --case acme --expected expected.json --evidence exchange.json \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

It only reads. docs/gates.md says what is checked and what expected.json holds;
docs/evidence-files.md what an evidence file is. Exit code 12 while a check is open.")]
pub(crate) struct Baseline {
    #[command(flatten)]
    look: Look,
}

/// Look for access paths from the compromised tenant: checks S1 to S24.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken separation --case acme --expected expected.json --evidence exchange.json \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key --source backups/mail

It only reads. Exit code 12 while a path is open or not evidenced. With --source what was restored
is searched for the compromised tenant's ids, addresses and domains: hits in content are counted,
Teams links into it are flagged, and nothing is changed.")]
pub(crate) struct Separation {
    #[command(flatten)]
    look: Look,
    /// The backup that was restored: its restored items are searched.
    #[arg(long, value_name = "PATH")]
    source: Option<PathBuf>,
    /// A new CSV file for the links into the compromised tenant that stand in what was restored: whose, in which item, and where
    /// the same thing lies now.
    #[arg(long, value_name = "FILE", requires = "source")]
    links: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Look {
    #[command(flatten)]
    folder: CaseFolder,
    /// What was declared of the clean tenant: administrators, apps, who certifies, what is vouched for.
    #[arg(long, value_name = "FILE")]
    expected: PathBuf,
    /// An evidence file; may be given again.
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetAccess,
}

/// Does what was asked.
pub(crate) async fn run_baseline(wanted: &Baseline, output: &Output) -> Result<()> {
    run(&wanted.look, Family::Baseline, None, output).await
}

/// Does what was asked.
pub(crate) async fn run_separation(wanted: &Separation, output: &Output) -> Result<()> {
    run(
        &wanted.look,
        Family::Separation,
        wanted
            .source
            .as_deref()
            .map(|path| (path, wanted.links.as_deref())),
        output,
    )
    .await
}

async fn run(
    look: &Look,
    family: Family,
    source: Option<(&Path, Option<&Path>)>,
    output: &Output,
) -> Result<()> {
    let links = source.and_then(|(_, links)| links);
    let source = source
        .map(|(path, _)| Ok((sources::open(path)?, path)))
        .transpose()?;
    let journal = opening::open_folder(&look.folder)?;
    if let Some((source, path)) = &source {
        sources::expect_registered(&journal, &**source, path)?;
    }
    let graph = tenant::of_case(&journal, &look.target).await?;
    let brought = Brought {
        expected: &look.expected,
        files: &look.evidence,
    };
    let gating::Look { findings, revoked } =
        gating::look(&journal, family, &graph, &brought).await?;
    let open = findings.iter().filter(|one| !one.verdict.opens()).count();
    let mut value = json!({ "findings": findings, "open": open, "revoked": revoked });
    let mut text = table(&findings);
    if let Some((source, _)) = source {
        let found = leftovers::count(&journal, source.into(), links.is_some()).await?;
        value["content"] = json!({ "counted": found.counted, "flagged": found.flagged });
        let _ = write!(text, "\ncontent: {}", found.counted.words());
        for item in &found.flagged {
            let _ = write!(text, "\n  Teams link in item {item}");
        }
        if let Some(path) = links {
            exchange::write_new(path, old_links(&found.links).as_bytes())?;
            value["content"]["links"] = json!(found.links.len());
            value["content"]["links_left_out"] = json!(found.links_left_out);
            let known = found.links.iter().filter(|link| !link.new.is_empty());
            let _ = write!(
                text,
                "\nlinks: {} into the compromised tenant are listed in {} ({} of them with the \
                 place in the new tenant), {} are not",
                found.links.len(),
                path.display(),
                known.count(),
                found.links_left_out
            );
        }
    }
    output.answer(&value, &text);
    if open == 0 {
        return Ok(());
    }
    let text = format!("{open} of {} checks are open", findings.len());
    let certificate = family.certificate().name();
    let error = Error::new(ErrorKind::GateRefused, text).hint(format!(
        "no {certificate} certificate rests on an open check"
    ));
    Err(match revoked {
        None => error,
        Some(number) => error.hint(ended(family, number)),
    })
}

/// A look at a tenant that drifted takes away what others rest on: whoever looked is told, not only the record.
fn ended(family: Family, number: u64) -> String {
    let (certificate, what) = match family {
        Family::Baseline => ("readiness", "workers stop at their next item"),
        Family::Separation => ("trust", "nobody is let in and no domain moves"),
    };
    format!(
        "this look ended {certificate} certificate {number}: {what} until the checks pass and \
         others certify anew (`unbroken certify propose`)"
    )
}

/// A line for each link; no cell is a formula to a spreadsheet.
fn old_links(links: &[OldLink]) -> String {
    let mut text = "custodian,workload,item,name,old,new\r\n".to_owned();
    for link in links {
        let item = link.item.to_string();
        let cells = [
            &link.custodian,
            link.workload,
            &item,
            &link.name,
            &link.old,
            &link.new,
        ];
        let cells = cells.map(csv);
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text
}

/// One line a check; what is open names every object below.
fn table(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let verdict = finding.verdict.name();
        let _ = writeln!(
            text,
            "{:<4} {verdict:<14} {}",
            finding.id, finding.requirement
        );
        if finding.verdict != Verdict::Pass {
            for named in finding.failed.iter().chain(&finding.missing) {
                let _ = writeln!(text, "                    {}: {}", named.object, named.why);
            }
        }
    }
    let count = |verdict: Verdict| findings.iter().filter(|one| one.verdict == verdict).count();
    let _ = write!(
        text,
        "pass {}, fail {}, needs evidence {}, waived {}",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::NeedsEvidence),
        count(Verdict::Waived)
    );
    text
}
