//! `unbroken keys enrol | rotate | revoke | policy | hand`: what is to change. How it is signed is `ceremony.rs`.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde_json::json;
use unbroken_ledger::{KeyChange, KeyId, Policy, PublicKey, RevocationReason, Role, canonical};

use super::super::access::CaseFolder;
use super::super::keyring::KeyRing;
use super::super::output::Output;
use super::super::{exchange, open, stopping};
use super::ceremony::{Ceremony, carry_out};
use super::{list, public_key, summary};
use crate::error::{Error, ErrorKind, Result};

/// Streams in one `StreamHanded`: an event has at most 45,000 bytes, a name at most 200.
const HANDED_MAX: usize = 200;
/// Largest policy that an event can hold.
const POLICY_BYTES_MAX: usize = 45_000;

/// Let another key count: t roots sign, and the new key itself.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["new", "public"]))]
#[command(after_help = "Example:
  unbroken keys enrol --case acme --person approver-2 --role approver --request enrol.request \\
    --public 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29
  unbroken keys enrol --case acme --new worker-2.pem --role worker

With --request each root signs on its own machine, then the new key's owner; without it all the
keys have to lie in the folder of --keys.")]
pub(crate) struct Enrol {
    #[command(flatten)]
    folder: CaseFolder,
    /// The new key's file, where it is at hand.
    #[arg(long, value_name = "FILE")]
    new: Option<PathBuf>,
    /// The new key's public half, as `unbroken keys show` prints it.
    #[arg(long, value_name = "HEX")]
    public: Option<String>,
    /// The pseudonym of its owner, for everybody but workers: no name, it stays in the record for good.
    #[arg(long, default_value = "")]
    person: String,
    /// What it may do; again for each role.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
    roles: Vec<Role>,
    #[command(flatten)]
    ceremony: Ceremony,
}

/// Put a new key in the place of an old one: it takes over roles, person and streams.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["new", "public"]))]
#[command(after_help = "Example:
  unbroken keys rotate --case acme --old 5c29b78f --new worker-2.pem
  unbroken keys rotate --case acme --old 9c4f02aa --new log-2.pem --request rotate.request

The log and the service key belong to this machine: --new has to name the new one, here or in
`unbroken case import`. Old trust files go on to hold.")]
pub(crate) struct Rotate {
    #[command(flatten)]
    folder: CaseFolder,
    /// The old key: its keyid, or the first 8 digits of it.
    #[arg(long, value_name = "KEYID")]
    old: String,
    /// The new key's file, where it is at hand.
    #[arg(long, value_name = "FILE")]
    new: Option<PathBuf>,
    /// The new key's public half, as `unbroken keys show` prints it.
    #[arg(long, value_name = "HEX")]
    public: Option<String>,
    #[command(flatten)]
    ceremony: Ceremony,
}

/// Let a key count no longer; what it signed from an entry on is SUSPECT.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys revoke --case acme --key 5c29b78f --reason lost
  unbroken keys revoke --case acme --key 5c29b78f --reason compromised --from-index 1200

What a compromised key signed stays in the record. From --from-index on it is marked SUSPECT, and
so is all that rests on it; the verdict is then: valid with exceptions. A key that was rotated away
is revoked the same way when it turns out later that somebody else had it; its successor stays.
A key is revoked once: name the first entry that is in doubt.")]
pub(crate) struct Revoke {
    #[command(flatten)]
    folder: CaseFolder,
    /// The key: its keyid, or the first 8 digits of it.
    #[arg(long, value_name = "KEYID")]
    key: String,
    /// Why: compromised, lost, retired or superseded.
    #[arg(long, value_parser = reason)]
    reason: RevocationReason,
    /// The first entry that is no longer believed; from now on when not given.
    #[arg(long, value_name = "ENTRY")]
    from_index: Option<u64>,
    #[command(flatten)]
    ceremony: Ceremony,
}

/// Show the policy, or change it: how many roots decide, and how many persons approve what.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys policy --case acme
  unbroken keys policy --case acme --approvals PlanAdopted/1=2
  unbroken keys policy --case acme --threshold 3 --request policy.request")]
pub(crate) struct SetPolicy {
    #[command(flatten)]
    folder: CaseFolder,
    /// How many roots sign a change of keys or policy from then on.
    #[arg(long, value_name = "T")]
    threshold: Option<u64>,
    /// How many persons approve a type that needs approval already; again for each.
    #[arg(long = "approvals", value_name = "TYPE=M", value_parser = approvals)]
    approvals: Vec<(String, u64)>,
    /// A whole policy as JSON, in the place of the one in force: {approvals, gates, types}.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    ceremony: Ceremony,
}

/// Hand all streams of a worker to another: from then on that one emits in them.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys hand --case acme --to 7d10c2f4

Before it goes on with an item that the old worker had begun, `unbroken restore` waits out the
longest request that the old one may still have under way, and reads back what it left.")]
pub(crate) struct Hand {
    #[command(flatten)]
    folder: CaseFolder,
    /// The new worker: its keyid, or the first 8 digits of it.
    #[arg(long, value_name = "KEYID")]
    to: String,
    /// The old worker; every other key that has streams when not given.
    #[arg(long, value_name = "KEYID")]
    from: Option<String>,
}

fn role(text: &str) -> std::result::Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        "a role is approver, auditor, certifier, operator, root, service or worker".to_owned()
    })
}

fn reason(text: &str) -> std::result::Result<RevocationReason, String> {
    RevocationReason::parse(text)
        .ok_or_else(|| "a reason is compromised, lost, retired or superseded".to_owned())
}

fn approvals(text: &str) -> std::result::Result<(String, u64), String> {
    let parts = text.split_once('=');
    let parts = parts.and_then(|(kind, m)| Some((kind.to_owned(), m.parse().ok()?)));
    parts.ok_or_else(|| "looks like PlanAdopted/1=2".to_owned())
}

fn public_of(ring: &KeyRing, new: Option<&Path>, public: Option<&str>) -> Result<PublicKey> {
    match (new, public) {
        (Some(path), _) => Ok(ring.key_at(path)?.public()),
        (None, text) => public_key(text.unwrap_or_default()),
    }
}

pub(super) fn enrol(wanted: &Enrol, output: &Output) -> Result<()> {
    let new = wanted.new.as_deref();
    let change = |_: &_, ring: &KeyRing| {
        Ok(KeyChange::Enrol {
            key: public_of(ring, new, wanted.public.as_deref())?,
            person: wanted.person.clone(),
            roles: wanted.roles.clone(),
        })
    };
    carry_out(&wanted.folder, &wanted.ceremony, new, change, output)
}

pub(super) fn rotate(wanted: &Rotate, output: &Output) -> Result<()> {
    let new = wanted.new.as_deref();
    let change = |ledger: &_, ring: &KeyRing| {
        Ok(KeyChange::Rotate {
            new: public_of(ring, new, wanted.public.as_deref())?,
            old: list::find(ledger, &wanted.old)?,
        })
    };
    carry_out(&wanted.folder, &wanted.ceremony, new, change, output)
}

pub(super) async fn revoke(wanted: &Revoke, output: &Output) -> Result<()> {
    let _wish = if wanted.ceremony.is_request() {
        None
    } else {
        Some(stopping::end_restore(&wanted.folder.case, output).await?)
    };
    let change = |ledger: &unbroken_ledger::Ledger, _: &_| {
        let key = list::find(ledger, &wanted.key)?;
        let from_index = wanted.from_index.unwrap_or_else(|| ledger.size());
        refuse_in_vain(ledger, key, from_index)?;
        Ok(KeyChange::Revoke {
            key,
            from_index,
            reason: wanted.reason,
        })
    };
    carry_out(&wanted.folder, &wanted.ceremony, None, change, output)
}

/// A key is revoked once. That of one that was rotated away, from where it signs nothing any more, would be used up for
/// nothing, and what is in doubt could never be marked.
fn refuse_in_vain(ledger: &unbroken_ledger::Ledger, key: KeyId, from_index: u64) -> Result<()> {
    let known = ledger.with_state(|state| state.key(&key).cloned());
    let rotated = known.and_then(|known| known.rotated);
    match rotated {
        Some(rotated) if from_index > rotated.at => {
            let (key, at) = (key.to_string(), rotated.at);
            let why =
                format!("key {key:.8} was rotated away by entry {at} and signs nothing since");
            Err(Error::new(ErrorKind::Usage, why)
                .hint("--from-index ENTRY names the first entry that is no longer believed"))
        }
        _ => Ok(()),
    }
}

pub(super) fn policy(wanted: &SetPolicy, output: &Output) -> Result<()> {
    if wanted.threshold.is_none() && wanted.approvals.is_empty() && wanted.file.is_none() {
        return show_policy(&wanted.folder, output);
    }
    let change = |ledger: &unbroken_ledger::Ledger, _: &_| {
        let (threshold, before) =
            ledger.with_state(|state| (state.threshold(), state.policy().clone()));
        let mut policy = match &wanted.file {
            Some(path) => read_policy(path)?,
            None => before,
        };
        for (kind, m) in &wanted.approvals {
            let rule = policy.approvals.get_mut(kind).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("{kind} needs no approval so far"))
                    .hint("--file sets a whole policy")
            })?;
            rule.m = *m;
        }
        let threshold = wanted.threshold.unwrap_or(threshold);
        Ok(KeyChange::Policy { policy, threshold })
    };
    carry_out(&wanted.folder, &wanted.ceremony, None, change, output)
}

fn read_policy(path: &Path) -> Result<Policy> {
    let bytes = exchange::read(path, POLICY_BYTES_MAX)?;
    let said = |error: Error| error.while_doing(format!("{}: not a policy", path.display()));
    // Any spelling will do here: what is signed is spelled anew.
    let loose: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| said(Error::failed(error)))?;
    let value = canonical::parse(loose.to_string().as_bytes())
        .map_err(|error| said(Error::failed(unbroken_ledger::Refusal::from(error))))?;
    Policy::parse(&value).map_err(|refusal| said(Error::failed(refusal)))
}

fn show_policy(folder: &CaseFolder, output: &Output) -> Result<()> {
    let ledger = open::ledger(folder)?;
    let (threshold, policy) =
        ledger.with_state(|state| (state.threshold(), state.policy().clone()));
    let value: serde_json::Value =
        serde_json::from_slice(&policy.to_value().to_bytes()).map_err(Error::failed)?;
    output.answer(
        &json!({ "threshold": threshold, "policy": value }),
        &format!(
            "{:<12} {threshold} roots\n{}",
            "threshold",
            summary::of_policy(&policy)
        ),
    );
    Ok(())
}

pub(super) fn hand(wanted: &Hand, output: &Output) -> Result<()> {
    let ledger = open::ledger(&wanted.folder)?;
    let to = list::find(&ledger, &wanted.to)?;
    let from = wanted.from.as_deref().map(|text| list::find(&ledger, text));
    let from = from.transpose()?;
    let streams = ledger.with_state(|state| {
        let owners = state.handed().filter(|(_, owner)| *owner != to);
        let mut streams: Vec<String> = owners
            .filter(|(_, owner)| from.is_none_or(|from| from == *owner))
            .map(|(name, _)| name.to_owned())
            .collect();
        streams.sort_unstable();
        streams
    });
    for part in streams.chunks(HANDED_MAX) {
        ledger.hand(part, to).map_err(open::meaning)?;
    }
    ledger.checkpoint_now().map_err(open::meaning)?;
    let count = streams.len();
    let noun = if count == 1 { "stream" } else { "streams" };
    output.answer(
        &json!({ "streams": count, "to": to.to_string() }),
        &format!("{count} {noun} handed to {to}"),
    );
    Ok(())
}
