//! `unbroken identity`: who might be whom, users and groups made in the clean tenant, and how users come in.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use serde_json::{Map, json};

use super::access::{CaseFolder, TargetAccess};
use super::flow::identities::Tally;
use super::flow::identities::seen::{Mailbox, look};
use super::flow::{identities, meaning, opening, suggesting, tenant};
use super::output::Output;
use crate::domain::event::ProofedFacts;
use crate::domain::identity::{Likeness, way_out};
use crate::error::{Error, ErrorKind, Result};

/// Make users and groups in the clean tenant, and let users in after trust.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    Accept(Accept),
    Check(Check),
    Confirm(Confirm),
    Guests(Guests),
    List(List),
    Make(Make),
    Pass(Pass),
    Plan(Plan),
    Proof(Proof),
    Suggest(Suggest),
}

/// Show who might be whom, by name and by what stands before the @; nothing is mapped by it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity suggest --people people.csv \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

people.csv has the header key,display_name: who was in the compromised tenant.")]
pub(crate) struct Suggest {
    /// Who was in the compromised tenant: key,display_name.
    #[arg(long, value_name = "FILE")]
    people: PathBuf,
    #[command(flatten)]
    target: TargetAccess,
}

/// Accept one suggestion: it goes on the record, and its row is printed for the map.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity accept --case acme --people people.csv \\
    --source ann@acme.example --user a.smith@acme-clean.onmicrosoft.com \\
    --reason 'personnel file 4711' --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key")]
pub(crate) struct Accept {
    #[command(flatten)]
    folder: CaseFolder,
    /// Who was in the compromised tenant: key,display_name.
    #[arg(long, value_name = "FILE")]
    people: PathBuf,
    /// The key in the source.
    #[arg(long, value_name = "KEY")]
    source: String,
    /// The user in the clean tenant.
    #[arg(long, value_name = "USER")]
    user: String,
    /// Why you are sure.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    target: TargetAccess,
}

/// Show what a file of identities would make, and what is left to people; nothing is written.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity plan --file identities.csv

The file has the header kind,name,display_name,usage_location,licences,owners,members; a kind is
user, shared-mailbox, security-group, m365-group, dynamic-group or mail-group; lists are divided
by semicolons.")]
pub(crate) struct Plan {
    /// The users and groups.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// Make the users and groups of a file, each once; what is there already is left as it is.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity make --case acme --file identities.csv \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

Each user gets a random password that nobody keeps. Licences are counted before the first write.
Start again with the same command after an interruption.")]
pub(crate) struct Make {
    #[command(flatten)]
    folder: CaseFolder,
    /// The users and groups.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: TargetAccess,
}

/// Invite the guests that the approved map names, without a message; who is there already is left.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity guests --case acme --map principals.csv \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

The map is the one of the access plan in force: its rows with the kind guest and the fate
external-approved. A guest from the compromised tenant is refused. Nothing is redeemed.")]
pub(crate) struct Guests {
    #[command(flatten)]
    folder: CaseFolder,
    /// The map of principals.
    #[arg(long, value_name = "FILE")]
    map: PathBuf,
    #[command(flatten)]
    target: TargetAccess,
}

/// The identities of the case.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity list --case acme --json")]
pub(crate) struct List {
    #[command(flatten)]
    folder: CaseFolder,
}

/// How somebody made sure who a user is.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Method {
    InPerson,
    Video,
    Vouched,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::InPerson => "in-person",
            Self::Video => "video",
            Self::Vouched => "vouched",
        }
    }
}

/// Record that somebody made sure who a user is. Each pass needs one of its own.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity proof --case acme --user ann@acme-clean.onmicrosoft.com --method in-person \\
    --by 'Lee, front desk' --evidence 'identity card'")]
pub(crate) struct Proof {
    #[command(flatten)]
    folder: CaseFolder,
    /// The user in the clean tenant.
    #[arg(long, value_name = "USER")]
    user: String,
    /// How.
    #[arg(long, value_enum)]
    method: Method,
    /// Who made sure.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// By what.
    #[arg(long, value_name = "TEXT")]
    evidence: String,
}

/// Hand out a pass for one sign-in; after the trust certificate, and after a proof. It is shown once.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity pass --case acme --user ann@acme-clean.onmicrosoft.com \\
    --tenant acme-clean.onmicrosoft.com --client-id 6731de76-14a6-49ae-97bc-6eba6914391e \\
    --certificate app.pem --private-key app.key

The pass stands on the output alone: neither in the record nor in a log.")]
pub(crate) struct Pass {
    #[command(flatten)]
    folder: CaseFolder,
    /// The user in the clean tenant.
    #[arg(long, value_name = "USER")]
    user: String,
    /// How long it can be used.
    #[arg(long, value_name = "MINUTES", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(10..=480))]
    minutes: u64,
    #[command(flatten)]
    target: TargetAccess,
}

/// What a user says is there.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum What {
    Files,
    Mail,
    SignIn,
}

/// Record what a user says after coming in: signed in, mail is there, files are there.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity confirm --case acme --user ann@acme-clean.onmicrosoft.com --what sign-in
  unbroken identity confirm --case acme --user ann@acme-clean.onmicrosoft.com --what files \\
    --missing")]
pub(crate) struct Confirm {
    #[command(flatten)]
    folder: CaseFolder,
    /// The user in the clean tenant.
    #[arg(long, value_name = "USER")]
    user: String,
    /// What.
    #[arg(long, value_enum)]
    what: What,
    /// It is not there.
    #[arg(long)]
    missing: bool,
}

/// Look whose drives were made, which shared mailboxes were converted, which guests came in.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken identity check --case acme --tenant acme-clean.onmicrosoft.com \\
    --client-id 6731de76-14a6-49ae-97bc-6eba6914391e --certificate app.pem --private-key app.key

An application cannot make a drive, the user's first visit does; nor convert a mailbox, an
administrator does that in Exchange.")]
pub(crate) struct Check {
    #[command(flatten)]
    folder: CaseFolder,
    #[command(flatten)]
    target: TargetAccess,
}

/// Does what was asked.
pub(crate) async fn run(command: IdentityCommand, output: &Output) -> Result<()> {
    match command {
        IdentityCommand::Accept(accept) => run_accept(&accept, output).await,
        IdentityCommand::Check(check) => run_check(&check, output).await,
        IdentityCommand::Confirm(confirm) => run_confirm(&confirm, output).await,
        IdentityCommand::Guests(guests) => run_guests(&guests, output).await,
        IdentityCommand::List(list) => run_list(&list, output),
        IdentityCommand::Make(make) => run_make(&make, output).await,
        IdentityCommand::Pass(pass) => run_pass(&pass, output).await,
        IdentityCommand::Plan(plan) => run_plan(&plan, output),
        IdentityCommand::Proof(proof) => run_proof(proof, output).await,
        IdentityCommand::Suggest(suggest) => run_suggest(&suggest, output).await,
    }
}

fn warning(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::LooksAlike => "  WARNING: other letters that look the same",
        Likeness::Twins => "  careful: several have that name",
        Likeness::SameAlias | Likeness::SameName => "",
    }
}

async fn run_suggest(suggest: &Suggest, output: &Output) -> Result<()> {
    let people = suggesting::read(&suggest.people)?;
    let target = tenant::open(&suggest.target)?;
    let found = suggesting::suggest(&target, &people).await?;
    let mut text = String::new();
    for one in &found {
        let (why, warning) = (one.likeness.name(), warning(one.likeness));
        let _ = writeln!(
            text,
            "{why:<11} {} might be {}{warning}",
            one.source, one.target
        );
        output.line(&json!({
            "source": one.source, "target": one.target, "likeness": why,
        }));
    }
    let _ = write!(
        text,
        "{} suggestions; nobody is mapped by them",
        found.len()
    );
    output.answer(&json!({ "suggestions": found.len() }), &text);
    Ok(())
}

async fn run_accept(accept: &Accept, output: &Output) -> Result<()> {
    let people = suggesting::read(&accept.people)?;
    let journal = opening::open_folder(&accept.folder)?;
    let target = tenant::of_case(&journal, &accept.target).await?;
    let found = suggesting::suggest(&target, &people).await?;
    let pair = (&*accept.source, &*accept.user);
    let likeness = suggesting::accept(&journal, &found, pair, &accept.reason).await?;
    let row = format!("{},{},user,mapped", accept.source, accept.user);
    output.answer(
        &json!({ "row": row, "likeness": likeness.name() }),
        &format!("accepted; the row for the map of principals:\n{row}"),
    );
    Ok(())
}

fn run_plan(plan: &Plan, output: &Output) -> Result<()> {
    let wanted = identities::read(&plan.file)?;
    let mut text = String::new();
    let mut held = 0;
    for one in &wanted {
        let kind = one.kind.name();
        let becomes = match one.held() {
            None => "made".to_owned(),
            Some(reason) => {
                held += 1;
                format!("held: {reason}; {}", way_out(reason))
            }
        };
        let _ = writeln!(text, "{kind:<15} {}: {becomes}", one.name);
        output.line(&json!({
            "kind": kind, "name": one.name, "held": one.held(), "licences": one.licences,
            "owners": one.owners, "members": one.members,
        }));
    }
    let made = wanted.len() - held;
    let _ = write!(text, "{made} to be made, {held} left to people");
    output.answer(&json!({ "make": made, "held": held }), &text);
    Ok(())
}

async fn run_make(make: &Make, output: &Output) -> Result<()> {
    let wanted = identities::read(&make.file)?;
    let journal = opening::open_folder(&make.folder)?;
    let target = tenant::of_case(&journal, &make.target).await?;
    let tally = identities::make(&journal, &target, &wanted).await?;
    let text = format!(
        "{} made, {} there before and left as they are, {} made earlier, {} left to people, \
         {} failed",
        tally.made, tally.found, tally.already, tally.held, tally.failed
    );
    answer_tally(tally, &text, output)
}

/// Says what came of a run; whatever failed makes it incomplete.
fn answer_tally(tally: Tally, text: &str, output: &Output) -> Result<()> {
    let value = json!({
        "made": tally.made, "found": tally.found, "already": tally.already,
        "held": tally.held, "failed": tally.failed,
    });
    output.answer(&value, text);
    if tally.failed > 0 {
        let text = format!("{} identities could not be made", tally.failed);
        return Err(Error::new(ErrorKind::Incomplete, text)
            .hint("`unbroken identity list` says why; then start again with the same command"));
    }
    Ok(())
}

fn run_list(list: &List, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&list.folder)?;
    let case = journal.case().map_err(meaning)?;
    let mut text = String::new();
    for (identity, one) in &case.identities.known {
        let name = one.facts.name.as_deref().unwrap_or("(erased)");
        let of = |reason: &str| match way_out(reason) {
            "" => reason.to_owned(),
            way_out => format!("{reason}; {way_out}"),
        };
        let state = match (&one.made, &one.held, one.is_open) {
            (Some(made), ..) => made.how.clone(),
            (None, _, true) => "no outcome yet".to_owned(),
            (None, Some(reason), false) => format!("held: {}", of(reason)),
            (None, None, false) => {
                format!("failed: {}", of(one.failed.as_deref().unwrap_or_default()))
            }
        };
        let _ = writeln!(text, "{identity}  {:<15} {name}: {state}", one.kind);
        output.line(&json!({
            "identity": identity.as_str(), "kind": one.kind, "name": name, "state": state,
            "held": one.held, "failed": one.failed,
            "proofs": one.proofs, "passes": one.passes, "confirmed": one.confirmed,
        }));
    }
    let count = case.identities.known.len();
    let _ = write!(
        text,
        "{count} identities, {} accepted mappings",
        case.identities.accepted.len()
    );
    output.answer(&json!({ "identities": count }), &text);
    Ok(())
}

async fn run_proof(proof: Proof, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&proof.folder)?;
    let facts = ProofedFacts {
        by: Some(proof.by),
        evidence: Some(proof.evidence),
    };
    identities::proof(&journal, &proof.user, proof.method.name(), facts).await?;
    output.answer(
        &json!({ "user": proof.user, "method": proof.method.name() }),
        &format!("{}: proofed {}", proof.user, proof.method.name()),
    );
    Ok(())
}

async fn run_pass(pass: &Pass, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&pass.folder)?;
    let target = tenant::of_case(&journal, &pass.target).await?;
    let secret = identities::pass(&journal, &target, &pass.user, pass.minutes).await?;
    output.note(&format!(
        "for one sign-in of {}, within {} minutes; it is not shown again",
        pass.user, pass.minutes
    ));
    output.answer(
        &json!({ "pass": secret.expose_secret(), "minutes": pass.minutes }),
        secret.expose_secret(),
    );
    Ok(())
}

async fn run_confirm(confirm: &Confirm, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&confirm.folder)?;
    let what = match confirm.what {
        What::Files => "files",
        What::Mail => "mail",
        What::SignIn => "sign-in",
    };
    let there = !confirm.missing;
    identities::confirm(&journal, &confirm.user, what, there).await?;
    let word = if there { "there" } else { "not there" };
    output.answer(
        &json!({ "user": confirm.user, "what": what, "there": there }),
        &format!("{}: {what} {word}", confirm.user),
    );
    Ok(())
}

async fn run_check(check: &Check, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&check.folder)?;
    let target = tenant::of_case(&journal, &check.target).await?;
    let seen = look(&journal, &target).await?;
    let (there, missing) = &seen.drives;
    let mut text = String::new();
    for name in missing {
        let _ = writeln!(text, "no drive yet: {name}");
    }
    for (name, mailbox) in &seen.mailboxes {
        if let Some(words) = to_do(name, mailbox) {
            let _ = writeln!(text, "shared mailbox {name}: {words}");
        }
    }
    for (name, _) in seen.guests.iter().filter(|(_, came_in)| !came_in) {
        let _ = writeln!(text, "guest {name}: has not come in yet");
    }
    let converted = |(_, mailbox): &&(String, Mailbox)| *mailbox == Mailbox::Converted;
    let converted = seen.mailboxes.iter().filter(converted).count();
    let came_in = seen.guests.iter().filter(|(_, came_in)| *came_in).count();
    let (count, without) = (there.len(), missing.len());
    let _ = write!(text, "{count} drives are there, {without} are not");
    if !seen.mailboxes.is_empty() {
        let all = seen.mailboxes.len();
        let _ = write!(
            text,
            "; {converted} of {all} shared mailboxes are converted"
        );
    }
    if !seen.guests.is_empty() {
        let all = seen.guests.len();
        let _ = write!(text, "; {came_in} of {all} guests came in");
    }
    let mailboxes = seen.mailboxes.iter();
    let mailboxes = mailboxes.map(|(name, mailbox)| (name.clone(), purpose(mailbox).into()));
    let guests = seen.guests.iter();
    let guests = guests.map(|(name, came_in)| (name.clone(), (*came_in).into()));
    output.answer(
        &json!({
            "there": there, "missing": missing,
            "shared_mailboxes": mailboxes.collect::<Map<_, _>>(),
            "guests": guests.collect::<Map<_, _>>(),
        }),
        &text,
    );
    Ok(())
}

/// What Graph says that a shared mailbox is for; `none` where there is none, `not-seen` where the application may not look.
fn purpose(mailbox: &Mailbox) -> &str {
    match mailbox {
        Mailbox::Converted => "shared",
        Mailbox::For(purpose) => purpose,
        Mailbox::None => "none",
        Mailbox::NotSeen => "not-seen",
    }
}

fn to_do(name: &str, mailbox: &Mailbox) -> Option<String> {
    match mailbox {
        Mailbox::Converted => None,
        Mailbox::For(purpose) => Some(format!(
            "is a mailbox of the kind {purpose} still; an administrator converts it in Exchange: \
             Set-Mailbox -Identity {name} -Type Shared"
        )),
        Mailbox::None => {
            Some("has no mailbox yet; a licence with Exchange makes one in some minutes".to_owned())
        }
        Mailbox::NotSeen => {
            Some("not seen; the application needs MailboxSettings.Read to look".to_owned())
        }
    }
}

async fn run_guests(guests: &Guests, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&guests.folder)?;
    let target = tenant::of_case(&journal, &guests.target).await?;
    let tally = identities::guests::invite(&journal, &target, &guests.map).await?;
    let text = format!(
        "{} invited, {} there before and left as they are, {} invited earlier, {} left to people, \
         {} failed",
        tally.made, tally.found, tally.already, tally.held, tally.failed
    );
    answer_tally(tally, &text, output)
}
