//! `unbroken approve`: an approver decides on their own machine, from a request file alone: no ledger, no vault, no network.

mod access;

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;
use unbroken_ledger::offline::approval::REQUEST_BYTES_MAX;
use unbroken_ledger::{
    ApprovalRequest, Clock as _, Decision, Entry, Hash, KeyId, OfflineError, OfflineEvent,
    SystemClock, Value, erasure_digest,
};

use super::exchange::{self, shown};
use super::flow::sharing::{approval, queue};
use super::flow::{asking, erasing, gating, planning};
use super::key_file::Passphrases;
use super::keys::{expect_yes, fingerprint};
use super::output::Output;
use crate::domain::certificate;
use crate::domain::content::ContentGate;
use crate::domain::event::CertificateKind;
use crate::error::{Error, ErrorKind, Result};

/// Approve or reject a proposal from its request file, on the approver's own machine.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken approve --request plan.request --key /media/stick/approver.pem
  unbroken approve --request plan.request --key /media/stick/approver.pem --reject

What is approved is shown first, and a yes is asked for. The file that it leaves (plan.approved or
plan.rejected) goes back: `unbroken case import plan.approved`. Neither ledger nor network is
needed. What is shown is what one key signed: compare its fingerprint with the one that you have
from the person who asks, or give it as --asked-by.")]
pub(crate) struct Approve {
    /// The request, as `unbroken plan propose` or `unbroken erase --propose` leaves it.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// The approver's key file.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Decide only on what this key asks: the keyid that the person who asks gave you by another way.
    #[arg(long, value_name = "KEYID", value_parser = keyid)]
    asked_by: Option<KeyId>,
    /// Say no: nothing is done on this proposal any more.
    #[arg(long)]
    reject: bool,
    /// Write the signed decision here; beside the request when not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file with the key's passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The file with the words that are approved; beside the request, as FILE.words, when not given.
    /// Plans, certificates and erasures have none.
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Sign without asking.
    #[arg(long)]
    yes: bool,
}

fn keyid(text: &str) -> std::result::Result<KeyId, String> {
    let digits: String = text.split_whitespace().collect();
    KeyId::parse(&digits).ok_or_else(|| "a keyid is 64 lowercase hex digits".to_owned())
}

/// Does what was asked.
pub(crate) fn run(wanted: &Approve, output: &Output) -> Result<()> {
    let bytes = exchange::read(&wanted.request, REQUEST_BYTES_MAX)?;
    let request = ApprovalRequest::parse(&bytes).map_err(|refusal| {
        let changed = ["signature/strict", "request/foreign"].contains(&refusal.rule);
        let kind = if changed {
            ErrorKind::VerificationFailed
        } else {
            ErrorKind::Failed
        };
        Error::new(kind, refusal)
            .while_doing(format!("{}: not a request", wanted.request.display()))
            .hint("ask for it again; sign nothing of it")
    })?;
    if wanted
        .asked_by
        .is_some_and(|known| known != request.requester())
    {
        return Err(refused("another key asks than the one that you named"));
    }
    output.note(summary(&request)?.trim_end());
    if asking::SCOPES.contains(&request.scope()) {
        output.note(words_of(&request, wanted)?.trim_end());
    }
    if wanted.asked_by.is_none() {
        output.note(
            "Whose key that is the file cannot show: compare the fingerprint\n\
             with the one that you have from the person who asks.",
        );
    }
    let at = SystemClock.now();
    if at >= request.expires() && !wanted.reject {
        let why = format!("the proposal expired at {}", request.expires());
        return Err(Error::new(ErrorKind::GateRefused, why)
            .hint("it has to be proposed again; or this machine's clock is wrong"));
    }
    let (decision, question, ending) = if wanted.reject {
        (Decision::Reject, "Reject this?", "rejected")
    } else {
        (Decision::Approve, "Approve this?", "approved")
    };
    expect_yes(wanted.yes, question)?;
    let key = Passphrases::new(wanted.passphrase_file.as_deref()).signer(&wanted.key)?;
    let envelope = request
        .decide(decision, &*key, at)
        .map_err(|error| match error {
            OfflineError::Form(_) => Error::new(ErrorKind::GateRefused, error),
            error => Error::failed(error),
        })?;
    let out = wanted.out.clone();
    let out = out.unwrap_or_else(|| exchange::answer_beside(&wanted.request, ending));
    let event = OfflineEvent::signed(envelope).map_err(Error::failed)?;
    exchange::write_new(&out, &event.to_bytes())?;
    let (out, by) = (out.display().to_string(), key.key_id().to_string());
    output.answer(
        &json!({
            "file": out,
            "decision": decision.kind(),
            "proposal": request.proposal().to_string(),
            "by": by,
        }),
        &format!("{out}: {ending} by {by}"),
    );
    Ok(())
}

/// What is decided on, from the entries in the request and nothing else.
pub(super) fn summary(request: &ApprovalRequest) -> Result<String> {
    let entry = request.entry();
    let expires = request.expires();
    let left = DateTime::<Utc>::from_timestamp_micros(expires.micros())
        .map(|expires| expires.format("%Y-%m-%d %H:%M UTC").to_string());
    let mut lines = vec![
        ("ledger", shown(request.origin())),
        ("proposal", request.proposal().to_string()),
        ("asked by", format!("key {}", request.requester())),
        ("fingerprint", fingerprint(request.requester())),
        (
            "asked at",
            format!("{}, as entry {}", entry.received, entry.index),
        ),
        ("until", left.unwrap_or_else(|| expires.to_string())),
        ("scope", request.scope().to_owned()),
        ("digest", request.digest().to_string()),
    ];
    let mut about = request.about();
    let (Some(entry), None) = (about.next(), about.next()) else {
        return Err(refused("the request shows more than what was proposed"));
    };
    lines.extend(match request.scope() {
        erasing::SCOPE => vec![of_erasure(entry, request)?],
        planning::SCOPE => of_plan(entry, request)?,
        gating::SCOPE => of_certificate(entry, request)?,
        approval::SCOPE => access::of_plan(entry, request)?,
        queue::SCOPE => access::of_release(entry, request)?,
        // The words say it: whoever shows this shows them too.
        scope if asking::SCOPES.contains(&scope) => Vec::new(),
        _ => {
            return Err(refused(
                "this program knows no proposal under such a heading",
            ));
        }
    });
    Ok(lines.iter().fold(String::new(), |mut said, (name, value)| {
        let _ = writeln!(said, "{name:<12} {value}");
        said
    }))
}

/// The words whose digest was proposed: nothing else says what is approved, and no other words have that digest.
fn words_of(request: &ApprovalRequest, wanted: &Approve) -> Result<String> {
    let beside = asking::beside(&wanted.request);
    let path = wanted.words.as_deref().unwrap_or(&beside);
    let bytes = exchange::read(path, asking::WORDS_BYTES_MAX)
        .map_err(|error| error.hint("the words come with the request; --words names their file"))?;
    if Hash::of(&bytes) != *request.digest() {
        return Err(refused("the words are not those that were proposed"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("the words are not text"))?;
    let lines: Vec<String> = text.lines().map(shown).collect();
    Ok(lines.join("\n"))
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::VerificationFailed, why.to_owned())
        .hint("ask for the request again; sign nothing of it")
}

/// Whom the digest that was proposed stands for. Nothing else of the entry is shown: the digest vouches for no more.
fn of_erasure(entry: &Entry, request: &ApprovalRequest) -> Result<(&'static str, String)> {
    let words = ["custodian", "identity"].into_iter();
    let mut named = words.filter_map(|word| {
        let subject = entry.event.data.field(word).and_then(Value::as_str);
        subject.map(|subject| (word, subject))
    });
    let named =
        named.find(|(_, subject)| erasure_digest(request.origin(), subject) == *request.digest());
    let (word, subject) =
        named.ok_or_else(|| refused("the request shows somebody else than who was proposed"))?;
    Ok(("erases", format!("{word} {}", shown(subject))))
}

/// The look that the certificate rests on. The digest stands for its kind, its number and the end, and for nothing else.
fn of_certificate(entry: &Entry, request: &ApprovalRequest) -> Result<Vec<(&'static str, String)>> {
    let data = &entry.event.data;
    let number = data.field("number").and_then(Value::as_size);
    let until = DateTime::<Utc>::from_timestamp_micros(request.expires().micros());
    let kinds = [CertificateKind::Readiness, CertificateKind::Trust];
    let kind = kinds
        .into_iter()
        .find(|kind| gating::kind_of_look(*kind) == entry.event.kind);
    let (Some(kind), Some(number), Some(until)) = (kind, number, until) else {
        return Err(refused("the request shows no look at the clean tenant"));
    };
    let words = certificate::words(kind, number, until);
    if Hash::of(words.as_bytes()) != *request.digest() {
        return Err(refused(
            "the request shows another look than the certificate would rest on",
        ));
    }
    let verdicts = data.field("verdicts").and_then(Value::as_object);
    let verdicts = verdicts.unwrap_or_default();
    let count = |wanted: &str| {
        let said = verdicts.iter().filter_map(|(_, verdict)| verdict.as_str());
        said.filter(|verdict| *verdict == wanted).count()
    };
    let open = verdicts.len() - count("pass") - count("waived");
    Ok(vec![
        ("certifies", kind.name().to_owned()),
        ("rests on", format!("look {number}")),
        ("passed", format!("{} checks", count("pass"))),
        ("waived", format!("{} checks", count("waived"))),
        ("open", format!("{open} checks")),
    ])
}

/// The counts of the plan whose hash was proposed, as the requester's key signed them. The entry's index is none of that.
fn of_plan(entry: &Entry, request: &ApprovalRequest) -> Result<Vec<(&'static str, String)>> {
    let data = &entry.event.data;
    let plan = data.field("plan").and_then(Value::as_str);
    if entry.event.kind != "PlanMade/1" || plan != Some(&*request.digest().to_string()) {
        return Err(refused(
            "the request shows something else than what was proposed",
        ));
    }
    let counts = data.field("counts");
    let count = |name: &str| counts?.field(name)?.as_size();
    let wanted = [
        ("restores", "restore", "items"),
        ("holds", "hold", "items back"),
        ("skips", "skip", "items"),
        ("cannot read", "unreadable", "items"),
    ];
    let mut lines = vec![(
        "plan",
        format!("event {} of that key's stream", entry.event.seq),
    )];
    for (label, name, what) in wanted {
        let count = count(name).ok_or_else(|| refused("the plan in the request has no counts"))?;
        lines.push((label, format!("{count} {what}")));
    }
    lines.extend(of_workloads(data));
    let parts = data.field("parts").and_then(Value::as_size);
    let parts = parts.ok_or_else(|| refused("the plan in the request has no number of people"))?;
    lines.push(("people", parts.to_string()));
    lines.extend(of_places(data));
    lines.extend(of_choices(data));
    lines.extend(of_time(data));
    lines.push(("content gate", of_gate(data)?));
    Ok(lines)
}

/// What is restored by workload: a folder of mails that would come back as files shows here. Older plans do not say.
fn of_workloads(data: &Value) -> Option<(&'static str, String)> {
    let members = data.field("workloads")?.as_object()?;
    let counted = members.iter().filter_map(|(name, count)| {
        let count = count.as_size()?;
        Some(format!("{} {count}", shown(name)))
    });
    let words: Vec<String> = counted.collect();
    (!words.is_empty()).then(|| ("of these", words.join(", ")))
}

/// How many are in the sites that it writes into. A plan of an earlier version of the program does not say.
fn of_places(data: &Value) -> Vec<(&'static str, String)> {
    let inside = data.field("inside");
    let number = |name: &str| inside?.field(name)?.as_size();
    let (Some(places), Some(people)) = (number("places"), number("people")) else {
        return Vec::new();
    };
    if places == 0 {
        return Vec::new();
    }
    let listed = number("narrower").map_or_else(
        || "no list says who could".to_owned(),
        |held| format!("{held} items are held that a list of access calls narrower"),
    );
    let mut lines = vec![(
        "WARNING",
        format!(
            "{people} people are in the {places} sites that it writes into and see all that goes \
             in; {listed}"
        ),
    )];
    let unseen = number("unseen").unwrap_or(0);
    if unseen > 0 {
        let text = format!("who is in {unseen} of these sites could not be seen");
        lines.push(("WARNING", text));
    }
    lines
}

/// What the operator chose where a mailbox leaves a choice.
fn of_choices(data: &Value) -> Vec<(&'static str, String)> {
    let wanted = [
        ("attendees", "attendees"),
        ("archive", "in-place-archive"),
        ("recoverable", "recoverable-items"),
        ("raw copy", "raw-copy"),
    ];
    let chosen = data.field("choices");
    let word = |name: &str| chosen?.field(name)?.as_str().map(str::to_owned);
    let lines = wanted.into_iter();
    lines
        .filter_map(|(label, name)| Some((label, word(name)?)))
        .collect()
}

/// By which policy content is looked into before it is written.
fn of_gate(data: &Value) -> Result<String> {
    let Some(gate) = data.field("gate") else {
        return Ok("NONE: content is not scanned".to_owned());
    };
    let gate = serde_json::from_slice::<ContentGate>(&gate.to_bytes());
    let gate = gate.map_err(|_| refused("the plan's content gate cannot be read"))?;
    Ok(gate.words())
}

/// What the plan rests on in time: the restore point, the breach window, and how much was compared with nothing older. A plan of
/// an earlier version of the program does not say.
fn of_time(data: &Value) -> Vec<(&'static str, String)> {
    let number = |name: &str| data.field(name).and_then(Value::as_size);
    let mut lines = Vec::new();
    if let (Some(place), Some(points)) = (number("as_of"), number("points")) {
        let text = format!("number {} of {points} in the backup", place + 1);
        lines.push(("as of", format!("restore point {text}")));
    }
    let window = match data.field("window") {
        Some(Value::Bool(true)) => "declared; its times stand in the case",
        Some(Value::Bool(false)) => "none was declared",
        _ => return lines,
    };
    lines.push(("breach", window.to_owned()));
    match (number("unproven"), number("points")) {
        (Some(0) | None, _) => {}
        (Some(items), Some(1)) => lines.push((
            "WARNING",
            format!(
                "the backup has one restore point: nothing shows whether {items} items to restore \
                 are older than the breach"
            ),
        )),
        (Some(items), _) => lines.push((
            "WARNING",
            format!("{items} items to restore were compared with nothing from before the breach"),
        )),
    }
    lines
}
