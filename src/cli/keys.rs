//! `unbroken keys`: key files, whose keys a ledger knows, and how that changes. The roots decide; they sign at hand or elsewhere.

mod ceremony;
mod change;
mod list;
mod sign;
mod summary;

pub(crate) use summary::fingerprint;

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;
use unbroken_ledger::PublicKey;

use super::key_file::{self, Passphrases, Protection};
use super::keyring::KeyRing;
use super::output::Output;
use crate::error::{Error, ErrorKind, Result};

pub(super) use ceremony::take_in;
pub(super) use sign::{expect_yes, read};

/// Make key files, see whose keys count, enrol, rotate and revoke them.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    Enrol(change::Enrol),
    Generate(Generate),
    Hand(change::Hand),
    List(list::List),
    Policy(change::SetPolicy),
    Revoke(change::Revoke),
    Rotate(change::Rotate),
    Set(Set),
    Show(Show),
    Sign(sign::Sign),
}

/// Make one key: a PKCS#8 PEM file under a passphrase. Its owner makes it, on their own machine.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys generate /media/stick/approver.pem
  unbroken keys generate worker.pem --passphrase-file /etc/unbroken/passphrase

The passphrase comes from a file, from UNBROKEN_KEY_PASSPHRASE, or is asked for; never from an
argument. It has at least 15 characters, 8 of them different.")]
pub(crate) struct Generate {
    /// The file for it; must not exist yet.
    file: PathBuf,
    #[command(flatten)]
    protection: Protection,
}

/// Make a whole set of keys for a new case, one file each. Move each to its owner before it is used.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken keys set new-keys
  unbroken keys set rehearsal/keys --no-passphrase

Three roots, of which two decide; the log and the service key of the ledger's machine and the
key of its vault; one operator, one approver, one worker. All under one passphrase.")]
pub(crate) struct Set {
    /// The folder for them; must not exist yet.
    folder: PathBuf,
    #[command(flatten)]
    protection: Protection,
}

/// Show the public half of a key, to hand it to whoever enrols it and to compare it by voice.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["key", "public"]))]
#[command(after_help = "Example:
  unbroken keys show --key /media/stick/approver.pem
  unbroken keys show --public 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")]
pub(crate) struct Show {
    /// The key file.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A public key: 64 hex digits.
    #[arg(long, value_name = "HEX")]
    public: Option<String>,
    /// A file with the key's passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Does what was asked.
pub(crate) async fn run(command: KeysCommand, output: &Output) -> Result<()> {
    match command {
        KeysCommand::Enrol(enrol) => change::enrol(&enrol, output),
        KeysCommand::Generate(wanted) => generate(&wanted, output),
        KeysCommand::Hand(hand) => change::hand(&hand, output),
        KeysCommand::List(wanted) => list::run(&wanted, output),
        KeysCommand::Policy(policy) => change::policy(&policy, output),
        KeysCommand::Revoke(revoke) => change::revoke(&revoke, output).await,
        KeysCommand::Rotate(rotate) => change::rotate(&rotate, output),
        KeysCommand::Set(wanted) => set(&wanted, output),
        KeysCommand::Show(wanted) => show(&wanted, output),
        KeysCommand::Sign(wanted) => sign::run(&wanted, output),
    }
}

fn generate(wanted: &Generate, output: &Output) -> Result<()> {
    let passphrase = wanted.protection.passphrase()?;
    let passphrase = passphrase.as_ref().map(|text| text.as_str());
    let key = key_file::generate(&wanted.file, passphrase)?;
    say_public(
        &unbroken_ledger::Signer::public(&key),
        Some(&wanted.file),
        output,
    );
    Ok(())
}

fn set(wanted: &Set, output: &Output) -> Result<()> {
    let passphrase = wanted.protection.passphrase()?;
    let passphrase = passphrase.as_ref().map(|text| text.as_str());
    KeyRing::make(&wanted.folder, passphrase)?;
    let folder = wanted.folder.display().to_string();
    let how = if passphrase.is_some() {
        "under one passphrase"
    } else {
        "WITHOUT a passphrase"
    };
    output.answer(
        &json!({ "folder": folder, "encrypted": passphrase.is_some() }),
        &format!("{folder}: a new set of keys, {how}"),
    );
    Ok(())
}

fn show(wanted: &Show, output: &Output) -> Result<()> {
    let public = match (&wanted.key, &wanted.public) {
        (Some(path), _) => Passphrases::new(wanted.passphrase_file.as_deref())
            .signer(path)?
            .public(),
        (None, text) => public_key(text.as_deref().unwrap_or_default())?,
    };
    say_public(&public, wanted.key.as_deref(), output);
    Ok(())
}

fn public_key(text: &str) -> Result<PublicKey> {
    PublicKey::parse(text).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            "a public key is 64 lowercase hex digits, of a point that is not weak",
        )
        .hint("`unbroken keys show --key FILE` prints it")
    })
}

fn say_public(public: &PublicKey, file: Option<&Path>, output: &Output) {
    let (id, file) = (public.id(), file.map(|path| path.display().to_string()));
    let first = file.as_ref().map(|file| format!("file         {file}\n"));
    output.answer(
        &json!({ "file": file, "public": public.to_string(), "keyid": id.to_string() }),
        &format!(
            "{}public key   {public}\nkeyid        {id}\nfingerprint  {}",
            first.unwrap_or_default(),
            fingerprint(id)
        ),
    );
}
