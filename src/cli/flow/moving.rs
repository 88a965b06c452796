//! A domain's move as steps: each an intent, an effect, a reading back, an outcome; what is shown by evidence is brought.

mod swapping;

use std::path::Path;

use serde_json::{Value, json};
use unbroken_ledger::Hash;

use super::super::exchange;
use super::{meaning, new_pseudonym};
use crate::clock::{Clock, SystemClock};
use crate::domain::case::{Case, CaseCommand};
use crate::domain::domain_move::{Move, MoveCommand, Step};
use crate::domain::domain_records::{DnsRecord, has_dkim, missing, records};
use crate::domain::event::{DomainFacts, DomainMoveBegun, DomainStepAttempted, DomainStepEnded};
use crate::domain::evidence::Answer;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, JournalError};
use crate::targets::TargetError;
use crate::targets::graph::Graph;

/// A zone, or what an administrator exported.
const FILE_BYTES_MAX: usize = 4 << 20;

/// A file that shows something.
pub(crate) struct Shown {
    name: String,
    digest: Hash,
    text: String,
}

impl Shown {
    /// Reads it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = exchange::read(path, FILE_BYTES_MAX)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            digest: Hash::of(&bytes),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    fn kept(&self) -> Value {
        json!({ "name": self.name, "digest": self.digest.to_string(), "text": self.text })
    }
}

async fn command(journal: &Journal, command: MoveCommand) -> Result<()> {
    let command = CaseCommand::Move(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(refused)?;
    Ok(())
}

fn refused(error: JournalError) -> Error {
    let hint = match &error {
        JournalError::Refused(Refusal::NotTrusted) => "`unbroken separation`, then `certify`",
        JournalError::Refused(Refusal::StepUnderWay(_)) => "`unbroken domain check`",
        JournalError::Refused(Refusal::StepOutOfOrder { .. }) => {
            "`unbroken domain status` says which step is due"
        }
        JournalError::Refused(Refusal::NoSuchDomain(_)) => "`unbroken domain plan` begins",
        _ => return meaning(error),
    };
    meaning(error).hint(hint)
}

/// A move that was begun: the domain's name in the record, and how far it is.
pub(crate) fn find(case: &Case, domain: &str) -> Result<(Pseudonym, Move)> {
    let found = case.moves.named(domain);
    let found = found.map(|(name, of)| (name.clone(), of.clone()));
    found.ok_or_else(|| refused(Refusal::NoSuchDomain(domain.to_owned()).into()))
}

/// Begins.
pub(crate) async fn begin(journal: &Journal, domain: &str) -> Result<()> {
    let data = DomainMoveBegun {
        domain: new_pseudonym()?,
    };
    let facts = DomainFacts {
        name: Some(domain.to_lowercase()),
    };
    command(journal, MoveCommand::Begin(data, facts)).await
}

/// A step of one domain, forward or back.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The domain.
    pub(crate) domain: String,
    /// The step.
    pub(crate) step: Step,
    /// It is rolled back.
    pub(crate) undo: bool,
}

impl Wanted {
    async fn attempt(&self, journal: &Journal, name: &Pseudonym) -> Result<()> {
        let attempt = DomainStepAttempted {
            domain: name.clone(),
            step: self.step,
            undo: self.undo,
        };
        command(journal, MoveCommand::Attempt(attempt)).await
    }

    async fn end(
        &self,
        journal: &Journal,
        name: &Pseudonym,
        (done, seen): (bool, &Value),
    ) -> Result<()> {
        let ended = DomainStepEnded {
            domain: name.clone(),
            done,
            object: journal
                .keep_text(seen.to_string().as_bytes())
                .map_err(meaning)?,
            step: self.step,
            undo: self.undo,
        };
        command(journal, MoveCommand::End(ended)).await
    }
}

/// A step that evidence shows: nothing is called.
pub(crate) async fn by_evidence(journal: &Journal, wanted: &Wanted, shown: &Shown) -> Result<()> {
    let case = journal.case().map_err(meaning)?;
    let (name, _) = find(&case, &wanted.domain)?;
    wanted.attempt(journal, &name).await?;
    wanted.end(journal, &name, (true, &shown.kept())).await
}

/// What a step came to, for whoever asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    /// Whether it is done.
    pub(crate) done: bool,
    /// Records to be published before the next step.
    pub(crate) records: Vec<DnsRecord>,
    /// What stood in the way.
    pub(crate) why: Option<String>,
}

/// A step that the tenant takes.
pub(crate) async fn by_graph(
    journal: &Journal,
    graph: &Graph,
    wanted: &Wanted,
    shown: Option<&Shown>,
) -> Result<Came> {
    let case = journal.case().map_err(meaning)?;
    let (name, of) = find(&case, &wanted.domain)?;
    if wanted.step == Step::Publish {
        return publish(journal, graph, (wanted, &name), shown).await;
    }
    wanted.attempt(journal, &name).await?;
    if wanted.step == Step::Swap {
        return swapping::all(journal, graph, (wanted, &name), &of).await;
    }
    let called = match (wanted.step, wanted.undo) {
        (Step::Add, false) => graph.add_domain(&wanted.domain).await,
        (Step::Add, true) => graph.remove_domain(&wanted.domain).await,
        _ => graph.verify_domain(&wanted.domain).await,
    };
    finish(journal, graph, (wanted, &name), called.err()).await
}

/// What became of a call is what the tenant says afterwards, whatever the call answered.
async fn finish(
    journal: &Journal,
    graph: &Graph,
    (wanted, name): (&Wanted, &Pseudonym),
    failed: Option<TargetError>,
) -> Result<Came> {
    let state = graph.domain(&wanted.domain).await;
    // Without an answer the step stays under way: `domain check` asks again.
    let state = state.map_err(super::target_meaning)?;
    let done = match (wanted.step, wanted.undo) {
        (Step::Add, true) => state.is_none(),
        (Step::Add, false) => state.is_some(),
        _ => state == Some(true),
    };
    let mut seen = json!({ "verified": state, "failed": failed.as_ref().map(ToString::to_string) });
    let mut records = Vec::new();
    let next = match (wanted.step, done && !wanted.undo) {
        (Step::Add, true) => Some("verificationDnsRecords"),
        (Step::Verify, true) => Some("serviceConfigurationRecords"),
        _ => None,
    };
    if let Some(kind) = next {
        records = asked_records(graph, &wanted.domain, kind, &mut seen).await?;
    }
    wanted.end(journal, name, (done, &seen)).await?;
    Ok(Came {
        done,
        records,
        why: failed.map(|error| error.to_string()),
    })
}

/// The records that the tenant asks for; the whole answer is kept.
async fn asked_records(
    graph: &Graph,
    domain: &str,
    kind: &str,
    seen: &mut Value,
) -> Result<Vec<DnsRecord>> {
    match graph.read(&format!("/domains/{domain}/{kind}")).await {
        Answer::Said { digest, body } => {
            let found = records(&body).map_err(|why| {
                Error::failed(format!("{domain}: {kind}: {why}"))
                    .hint("look into the admin centre, and do not go on before it is understood")
            })?;
            seen[kind] = json!({ "digest": digest, "body": body });
            Ok(found)
        }
        Answer::Nothing => Ok(Vec::new()),
        Answer::NotHad(why) => Err(Error::failed(format!("{domain}: {kind}: {why}"))),
    }
}

/// What has to stand in DNS is held against the zone as somebody saw it published.
async fn publish(
    journal: &Journal,
    graph: &Graph,
    (wanted, name): (&Wanted, &Pseudonym),
    shown: Option<&Shown>,
) -> Result<Came> {
    let shown = shown.ok_or_else(|| {
        Error::failed("the step needs the zone as it is published")
            .hint("--evidence names a zone file, or what `dig` answered from outside")
    })?;
    let mut seen = json!({ "zone": shown.kept() });
    if !wanted.undo {
        let kind = "serviceConfigurationRecords";
        let asked = asked_records(graph, &wanted.domain, kind, &mut seen).await?;
        let mut lacks: Vec<String> = missing(&asked, &shown.text)
            .iter()
            .map(|record| format!("{} {} {}", record.kind, record.label, record.value))
            .collect();
        if !has_dkim(&shown.text) {
            lacks.push("CNAME selector1._domainkey and selector2._domainkey (DKIM)".to_owned());
        }
        // Before anything is written: a zone that is not ready is no step that failed.
        if !lacks.is_empty() {
            let text = format!("the zone does not hold: {}", lacks.join("; "));
            return Err(Error::new(ErrorKind::GateRefused, text)
                .hint("publish them, wait for their time to live, and look again"));
        }
    }
    wanted.attempt(journal, name).await?;
    wanted.end(journal, name, (true, &seen)).await?;
    Ok(Came {
        done: true,
        records: Vec::new(),
        why: None,
    })
}

/// Resolves what a crash left without an outcome, by reading back; none where nothing is under way.
pub(crate) async fn check(
    journal: &Journal,
    graph: &Graph,
    domain: &str,
) -> Result<Option<(Wanted, Came)>> {
    let case = journal.case().map_err(meaning)?;
    let (name, of) = find(&case, domain)?;
    let Some((step, undo)) = of.under_way else {
        return Ok(None);
    };
    let wanted = Wanted {
        domain: domain.to_lowercase(),
        step,
        undo,
    };
    let came = match step {
        Step::Swap => swapping::read_back(journal, graph, (&wanted, &name), &of).await?,
        Step::Add | Step::Verify => finish(journal, graph, (&wanted, &name), None).await?,
        // Nothing was called: the evidence is brought again.
        _ => {
            let seen = json!({ "interrupted": true });
            wanted.end(journal, &name, (false, &seen)).await?;
            Came {
                done: false,
                records: Vec::new(),
                why: Some("interrupted; bring the evidence again".to_owned()),
            }
        }
    };
    Ok(Some((wanted, came)))
}
