//! Opening a case's ledger for the first time, declaring the case, and opening it again.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use unbroken_ledger::{
    ApprovalRule, FilePlace, Ledger, LedgerError, Opening, Policy, Role, Root, Signer, SystemClock,
    random,
};

use super::super::access::{CaseFolder, instant};
use super::super::keyring::{self, KeyRing};
use super::super::open::{self, checkpoint_file, ledger_folder};
use super::{meaning, new_pseudonym};
use crate::domain::case::CaseCommand;
use crate::domain::event::{CaseDeclared, CaseFacts, Event};
use crate::domain::item_key::CaseSecret;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Journal, Keys};

/// What reports say of the incident; each can be left out, and the report then says that it is not recorded.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Circumstances {
    /// When the organisation became aware of the incident: the clocks of the law run from it.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) aware_at: Option<DateTime<Utc>>,
    /// What the organisation calls the incident.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) incident: Option<String>,
    /// Under whose authority the restore is done: an engagement letter, an order.
    #[arg(long, value_name = "TEXT")]
    pub(crate) authority: Option<String>,
    /// The person who answers for the restore.
    #[arg(long, value_name = "PERSON")]
    pub(crate) responsible: Option<String>,
}

/// What is declared.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    /// The name before the roots' hash in the origin.
    pub(crate) name: String,
    /// What people call the case.
    pub(crate) title: String,
    /// The compromised tenant.
    pub(crate) source_tenant: String,
    /// Who declares it.
    pub(crate) declared_by: String,
    /// The first and the last instant at which the intruder may have been in.
    pub(crate) window: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What reports say of the incident.
    pub(crate) circumstances: Circumstances,
    /// A rehearsal.
    pub(crate) simulated: bool,
    /// How many people must approve an erasure.
    pub(crate) erase_approvals: u64,
}

/// Events that workers sign; all others of the case are the operator's.
const WORKER_TYPES: [&str; 13] = [
    "AttemptFailed/1",
    "AttemptInterrupted/1",
    "ContentScanned/1",
    "FolderAttempted/1",
    "FolderReady/1",
    "ItemAttempted/1",
    "ItemFailed/1",
    "ItemHeld/1",
    "ItemRestored/1",
    "ItemSkipped/1",
    "PartialFound/1",
    "TeamAttempted/1",
    "TeamCompleted/1",
];

/// Who may sign what, whose approval a plan and an erasure need, and what an intent rests on.
fn policy(erase_approvals: u64) -> Policy {
    let mut policy = Policy::default();
    for kind in Event::KINDS {
        let role = match *kind {
            "ProjectionsDigested/1" | "WaveEstimated/1" | "WavePaced/1" => Role::Service,
            kind if WORKER_TYPES.contains(&kind) => Role::Worker,
            _ => Role::Operator,
        };
        policy.types.insert((*kind).to_owned(), vec![role]);
    }
    let gates = ["approval/", "case/", "keys"].map(str::to_owned).to_vec();
    for intent in ["FolderAttempted/1", "ItemAttempted/1", "TeamAttempted/1"] {
        policy.gates.insert(intent.to_owned(), gates.clone());
    }
    let approval = ApprovalRule {
        m: 1,
        scope: super::planning::SCOPE.to_owned(),
    };
    policy
        .approvals
        .insert("PlanAdopted/1".to_owned(), approval);
    let approval = ApprovalRule {
        m: 1,
        scope: super::sharing::approval::SCOPE.to_owned(),
    };
    policy
        .approvals
        .insert("AccessAdopted/1".to_owned(), approval);
    let approval = ApprovalRule {
        m: erase_approvals,
        scope: super::erasing::SCOPE.to_owned(),
    };
    policy.approvals.insert("Erased".to_owned(), approval);
    for (kind, scope) in super::waving::APPROVED {
        let approval = ApprovalRule {
            m: crate::domain::wave::SIGNERS_MIN as u64,
            scope: scope.to_owned(),
        };
        policy.approvals.insert(kind.to_owned(), approval);
    }
    for (kind, scope) in super::gating::APPROVED {
        let approval = ApprovalRule {
            m: crate::domain::certificate::SIGNERS_MIN as u64,
            scope: scope.to_owned(),
        };
        policy.approvals.insert(kind.to_owned(), approval);
    }
    policy
}

/// Makes the ledger and declares the case. After an interruption the same call goes on where the
/// last one ended.
pub(crate) fn declare(case: &Path, keys: &KeyRing, declared: &Declaration) -> Result<Journal> {
    let ledger = if ledger_folder(case).join("format").exists() {
        open::ledger_with(case, keys)?
    } else {
        create(case, keys, declared)?
    };
    enrol(&ledger, keys)?;
    let journal = open_journal(ledger, keys)?;
    let secret = CaseSecret(random::array().map_err(Error::failed)?);
    let data = CaseDeclared {
        case: new_pseudonym()?,
        secret: journal.keep_secret(&secret).map_err(meaning)?,
        simulated: declared.simulated,
    };
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let facts = CaseFacts {
        title: Some(declared.title.clone()),
        source_tenant: Some(declared.source_tenant.clone()),
        window_from: declared.window.map(|(from, _)| time(from)),
        window_to: declared.window.map(|(_, to)| time(to)),
        declared_by: Some(declared.declared_by.clone()),
        aware_at: declared.circumstances.aware_at.map(time),
        incident: declared.circumstances.incident.clone(),
        authority: declared.circumstances.authority.clone(),
        responsible: declared.circumstances.responsible.clone(),
    };
    let done = journal.command_now(&CaseCommand::Declare(data, facts));
    done.map_err(|error| {
        let error = meaning(error);
        if error.kind() == ErrorKind::GateRefused {
            return error.hint(
                "`unbroken case status` says where it stands; another case has another --case",
            );
        }
        error
    })?;
    Ok(journal)
}

/// Opens the case again, with those keys of operator and worker that are at hand.
pub(crate) fn open_case(case: &Path, keys: &KeyRing) -> Result<Journal> {
    open_journal(open::ledger_with(case, keys)?, keys)
}

/// As [`open_case`], for the folder that a command names.
pub(crate) fn open_folder(folder: &CaseFolder) -> Result<Journal> {
    open_case(&folder.case, &folder.ring())
}

fn open_journal(ledger: Ledger, keys: &KeyRing) -> Result<Journal> {
    let signer = |name: &str| -> Result<Option<Arc<dyn Signer>>> {
        if !keys.has(name) {
            return Ok(None);
        }
        keys.key(name).map(Some)
    };
    let keys = Keys {
        operator: signer(keyring::OPERATOR)?,
        worker: signer(keyring::WORKER)?,
    };
    Journal::open(Arc::new(ledger), keys).map_err(meaning)
}

fn create(case: &Path, keys: &KeyRing, declared: &Declaration) -> Result<Ledger> {
    let roots = keys.roots()?;
    let persons = (1..).map(|number| format!("root-{number}"));
    let opening = Opening {
        name: declared.name.clone(),
        simulated: declared.simulated,
        threshold: threshold(roots.len()),
        roots: roots
            .iter()
            .zip(persons)
            .map(|(signer, person)| Root {
                signer: &**signer,
                person,
            })
            .collect(),
        policy: policy(declared.erase_approvals),
        log: keys.key(keyring::LOG)?,
        service: keys.key(keyring::SERVICE)?,
    };
    let checkpoint = checkpoint_file(case);
    for folder in [Some(case), checkpoint.parent()].into_iter().flatten() {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::failed(error).while_doing(format!("{}: cannot be made", folder.display()))
        })?;
    }
    let place = Box::new(FilePlace::new(checkpoint.clone()));
    let folder = ledger_folder(case);
    let made = Ledger::create(
        &folder,
        place,
        keys.vault()?,
        &opening,
        Arc::new(SystemClock),
    );
    made.map_err(|error| {
        // A ledger without its first entry is none: what a full disk left of it goes, and the next try begins anew.
        // Once a checkpoint was signed, the same call finishes what was begun.
        if !checkpoint.exists() {
            let _the_error_says_more = std::fs::remove_dir_all(&folder);
        }
        open::meaning(error).while_doing(format!("{}: cannot be made", folder.display()))
    })
}

/// A majority: one root alone decides only where there is no other.
fn threshold(roots: usize) -> u64 {
    (roots / 2 + 1) as u64
}

/// Enrols operator, approver and worker where the ledger does not know them yet.
fn enrol(ledger: &Ledger, keys: &KeyRing) -> Result<()> {
    let roots = keys.roots()?;
    let needed = usize::try_from(threshold(roots.len())).unwrap_or(usize::MAX);
    let roots: Vec<&dyn Signer> = roots.iter().take(needed).map(|root| &**root).collect();
    for (name, person, role) in [
        (keyring::OPERATOR, "operator-1", Role::Operator),
        (keyring::APPROVER, "approver-1", Role::Approver),
        (keyring::WORKER, "", Role::Worker),
    ] {
        let key = keys.key(name)?;
        let known = ledger.with_state(|state| state.key(&key.key_id()).is_some());
        if !known {
            ledger
                .enrol(&*key, person, &[role], &roots)
                .map_err(|error: LedgerError| open::meaning(error))?;
        }
    }
    Ok(())
}
