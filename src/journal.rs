//! The only writer: load, decide, sign, append; when refused as stale, load and decide again.
//!
//! Every call is durable when it returns. Disclosures are in the vault before the entry that names them. The order within
//! a stream is kept by one lock a stream; streams go in parallel.

mod access;
mod book;
mod canonical;
mod erasure;
mod facts;
mod plans;
mod shelf;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use unbroken_ledger::disclosure::Disclosure;
use unbroken_ledger::objects::ObjectError;
use unbroken_ledger::{
    Draft, Hash, KeyId, Ledger, LedgerError, Receipt, Seen, Signer, SubmitError, Timestamp, Value,
    VaultError,
};

pub use book::{Book, Recorded};
pub(crate) use canonical::to_json;
pub use plans::SealedPlan;
pub use shelf::Shelf;

use crate::clock::{Clock as _, SystemClock};
use crate::domain::case::{AccessCommand, Case, CaseCommand};
use crate::domain::custodian::{Ended, ItemProgress, item_of, taken_back};
use crate::domain::event::{Event, UnreadableEvent};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// How often a command is decided again because somebody else was faster.
const DECIDE_AGAIN_MAX: usize = 64;
/// The subject of facts that concern no custodian: the case itself.
pub const CASE_SUBJECT: &str = "case";

/// Why something was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A rule of the case forbids it. Nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What is in the ledger cannot be understood.
    #[error("entry {index}")]
    Unreadable {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: UnreadableEvent,
    },
    /// A key that is needed was not given.
    #[error("{role}.pem is needed for this: the {role} signs it")]
    NoKey {
        /// The role.
        role: &'static str,
    },
    /// A plan or its part cannot be read.
    #[error("plan {plan}: {reason}")]
    Plan {
        /// The plan.
        plan: String,
        /// Why.
        reason: String,
    },
    /// An object that an entry names cannot be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// What is known of many items lies in a file for this run only, which cannot be used.
    #[error("the table of the items that have ended cannot be read or written")]
    Scratch(#[source] std::io::Error),
    /// A blocking task was torn down.
    #[error("the program is shutting down")]
    ShuttingDown,
}

impl From<SubmitError> for JournalError {
    fn from(error: SubmitError) -> Self {
        Self::Ledger(LedgerError::Submit(error))
    }
}

/// The keys that this process may sign with.
#[derive(Clone, Default)]
pub struct Keys {
    /// Runs the case.
    pub operator: Option<Arc<dyn Signer>>,
    /// Restores items.
    pub worker: Option<Arc<dyn Signer>>,
}

struct Inner {
    ledger: Arc<Ledger>,
    keys: Keys,
    book: Mutex<Book>,
    streams: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

/// The writer. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds the case's secret and keys.
        f.write_str("Journal")
    }
}

impl Journal {
    /// Reads the whole record once.
    pub fn open(ledger: Arc<Ledger>, keys: Keys) -> Result<Self, JournalError> {
        // With the key of another vault every fact would be missing without a word, and the same person be mapped twice.
        let key = ledger.vault().check_key(CASE_SUBJECT);
        key.map_err(LedgerError::from)?;
        let mut book = Book::new(ledger.dir());
        book.load(&ledger)?;
        let streams = Mutex::default();
        Ok(Self(Arc::new(Inner {
            ledger,
            keys,
            book: Mutex::new(book),
            streams,
        })))
    }

    /// The ledger underneath.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// The worker key that this process may sign with.
    pub fn worker(&self) -> Option<KeyId> {
        self.0.keys.worker.as_ref().map(|key| key.key_id())
    }

    /// Whether this process has the keys of everybody who signs something of a restore.
    pub fn expect_restorer(&self) -> Result<(), JournalError> {
        self.operator()?;
        match self.0.keys.worker {
            Some(_) => Ok(()),
            None => Err(JournalError::NoKey { role: "worker" }),
        }
    }

    /// The case as the record shows it now.
    pub fn case(&self) -> Result<Case, JournalError> {
        self.look(|book| book.case.clone())
    }

    /// How far a custodian's items are as the record shows them now, in their order.
    pub fn progress<'i>(
        &self,
        custodian: &Pseudonym,
        items: impl IntoIterator<Item = &'i Pseudonym>,
    ) -> Result<Vec<ItemProgress>, JournalError> {
        self.look(|book| {
            let items = items.into_iter();
            items
                .map(|item| book.items.progress(custodian, item))
                .collect()
        })?
    }

    /// Looks at what the record says now.
    pub fn look<T>(&self, look: impl FnOnce(&Book) -> T) -> Result<T, JournalError> {
        let mut book = lock(&self.0.book);
        book.load(&self.0.ledger)?;
        Ok(look(&book))
    }

    /// Decides and records a command of the operator.
    pub async fn command(&self, command: CaseCommand) -> Result<Receipt, JournalError> {
        self.blocking(move |journal| journal.command_now(&command))
            .await
    }

    /// As [`Journal::command`], for callers that may block.
    pub fn command_now(&self, command: &CaseCommand) -> Result<Receipt, JournalError> {
        let operator = self.operator()?;
        let stream = format!("case/{}", operator.key_id());
        let subject = match command {
            CaseCommand::Access(command) => subject_of(command.custodian()),
            CaseCommand::Move(command, _) => subject_of(command.custodian()),
            CaseCommand::Waves(command, _) => subject_of(command.custodian()),
            CaseCommand::Identity(command, _) => subject_of(command.identity()),
            CaseCommand::MapCustodian(data, _) => data.custodian.as_str().to_owned(),
            CaseCommand::PlaceHold(data, _) | CaseCommand::ReleaseHold(data, _) => {
                data.custodian.as_str().to_owned()
            }
            CaseCommand::Content(command, _) => command
                .custodian()
                .map_or(CASE_SUBJECT, Pseudonym::as_str)
                .to_owned(),
            _ => CASE_SUBJECT.to_owned(),
        };
        let decide = |book: &Book| {
            if matches!(command, CaseCommand::Access(AccessCommand::Plan(..))) {
                // Letting people in is a write into the tenant like any other: not without readiness.
                book.case.gates.check_worker(SystemClock.now())?;
            }
            let event = book.case.decide(command.clone())?;
            if let Some(custodian) = event.concerns() {
                let is_release = matches!(event, Event::ItemsReleased(..));
                for item in taken_back(&event) {
                    let known = book.items.progress(custodian, item)?;
                    match (is_release, known.ended) {
                        (true, Some(Ended::Held)) | (false, Some(Ended::Failed)) => {}
                        (true, _) => return Err(Refusal::NotHeld(item.to_string()).into()),
                        (false, _) => return Err(Refusal::NotFailed(item.to_string()).into()),
                    }
                }
            }
            Ok(event)
        };
        self.decide_and_append(&stream, &*operator, &subject, decide)
    }

    /// Records an intent of a worker: refused unless every gate is open at this very place in the ledger.
    pub async fn intend(
        &self,
        custodian: &Pseudonym,
        intent: Event,
    ) -> Result<Receipt, JournalError> {
        let custodian = custodian.clone();
        self.blocking(move |journal| journal.append_for(&custodian, &intent, true))
            .await
    }

    /// Records what has happened: no gate is in its way.
    pub async fn record(
        &self,
        custodian: &Pseudonym,
        outcome: Event,
    ) -> Result<Receipt, JournalError> {
        let custodian = custodian.clone();
        self.blocking(move |journal| journal.append_for(&custodian, &outcome, false))
            .await
    }

    fn append_for(
        &self,
        custodian: &Pseudonym,
        event: &Event,
        is_intent: bool,
    ) -> Result<Receipt, JournalError> {
        let worker = self
            .0
            .keys
            .worker
            .clone()
            .ok_or(JournalError::NoKey { role: "worker" })?;
        let stream = custodian_stream(custodian);
        let decide = |book: &Book| {
            if let Event::ContentScanned(data, _) = event {
                book.case.check_let_pass(data)?;
            }
            if is_intent {
                // A certificate that ended meanwhile stops the worker here, at the next item.
                book.case.gates.check_worker(SystemClock.now())?;
                match event {
                    Event::ItemAttempted(data, _) => {
                        book.case.check_work(custodian, &data.plan, data.wave)?;
                        let known = book.items.progress(custodian, &data.item)?;
                        book.case.check_screened(data, known)?;
                    }
                    Event::TeamAttempted(data, _) => {
                        book.case.check_lets_in(custodian, &data.plan)?;
                    }
                    _ => book.case.check_may_write(custodian)?,
                }
            }
            if let Some(item) = item_of(event) {
                book.items.progress(custodian, item)?.check(event)?;
            }
            Ok(event.clone())
        };
        self.decide_and_append(&stream, &*worker, custodian.as_str(), decide)
    }

    /// Asks for approval of a digest; the receipt's leaf is the proposal's name.
    pub fn propose(
        &self,
        digest: &Hash,
        scope: &str,
        expires: Timestamp,
    ) -> Result<Receipt, JournalError> {
        let operator = self.operator()?;
        let data = Value::object([
            ("digest", Value::text(digest.to_string())),
            ("expires", Value::text(expires.to_string())),
            ("scope", Value::text(scope)),
        ]);
        let draft = Draft::new(format!("case/{}", operator.key_id()), "Proposed", data);
        Ok(self.0.ledger.emit(&draft, &[&*operator])?)
    }

    /// Approves a proposal with an approver's key.
    pub fn approve(&self, proposal: &Hash, approver: &dyn Signer) -> Result<Receipt, JournalError> {
        let data = Value::object([("proposal", Value::text(proposal.to_string()))]);
        let stream = format!("approval/{proposal}/{}", approver.key_id());
        Ok(self
            .0
            .ledger
            .emit(&Draft::new(stream, "Approved", data), &[approver])?)
    }

    /// Records what the program says of the record itself, by the service key; whether the policy in force takes it is
    /// [`Journal::takes`].
    pub fn note(&self, event: &Event) -> Result<Receipt, JournalError> {
        let encoded = event.encode();
        let data = canonical::from_json(&serde_json::Value::Object(encoded.data));
        Ok(self.0.ledger.record_own(encoded.kind, data)?)
    }

    /// Whether the policy in force lets anybody sign events of a type: a ledger that was opened by an older version may not
    /// know it.
    pub fn takes(&self, kind: &str) -> bool {
        let known = |state: &unbroken_ledger::State| state.policy().types.contains_key(kind);
        self.0.ledger.with_state(known)
    }

    /// Hands custodians' streams to the worker key: from then on it emits in them.
    pub fn hand_over(&self, custodians: &[Pseudonym], worker: KeyId) -> Result<(), JournalError> {
        for part in custodians.chunks(200) {
            let streams: Vec<String> = part.iter().map(custodian_stream).collect();
            self.0.ledger.hand(&streams, worker)?;
        }
        Ok(())
    }

    /// The key that signs the operator's commands.
    pub fn operator_key(&self) -> Result<KeyId, JournalError> {
        Ok(self.operator()?.key_id())
    }

    fn operator(&self) -> Result<Arc<dyn Signer>, JournalError> {
        self.0
            .keys
            .operator
            .clone()
            .ok_or(JournalError::NoKey { role: "operator" })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Self) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let journal = self.clone();
        tokio::task::spawn_blocking(move || run(&journal))
            .await
            .map_err(|_| JournalError::ShuttingDown)?
    }

    fn decide_and_append(
        &self,
        stream: &str,
        signer: &dyn Signer,
        subject: &str,
        decide: impl Fn(&Book) -> Result<Event, JournalError>,
    ) -> Result<Receipt, JournalError> {
        let order = Arc::clone(lock(&self.0.streams).entry(stream.to_owned()).or_default());
        let _one_at_a_time = lock(&order);
        let mut kept: Option<(Event, Vec<Disclosure>)> = None;
        for try_number in 1.. {
            let (event, seen) = {
                let mut book = lock(&self.0.book);
                book.load(&self.0.ledger)?;
                (decide(&book)?, book.seen())
            };
            self.check_standing(&event)?;
            let facts = match kept.take() {
                Some((before, facts)) if before == event => facts,
                _ => self.disclose(&event, subject)?,
            };
            let draft = draft(stream, &event, &facts, seen);
            let envelope = self.0.ledger.sign(&draft, &[signer])?;
            match self.0.ledger.submit(envelope) {
                Ok(receipt) => return Ok(receipt),
                Err(SubmitError::Refused(refusal))
                    if refusal.is_stale() && try_number < DECIDE_AGAIN_MAX =>
                {
                    kept = Some((event, facts));
                }
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// The ledger admits what was approved when it was approved (section 7.4). Voices of keys that somebody else had, and that
    /// are revoked for it since, are left out here: nothing new is done on them (section 7.5).
    fn check_standing(&self, event: &Event) -> Result<(), JournalError> {
        let encoded = event.encode();
        let proposal = encoded.data.get("proposal").and_then(|name| name.as_str());
        let Some(proposal) = proposal.and_then(Hash::parse) else {
            return Ok(());
        };
        self.check_voices(encoded.kind, &proposal)
    }

    fn check_voices(&self, kind: &str, proposal: &Hash) -> Result<(), JournalError> {
        let is_struck = self.0.ledger.with_state(|state| {
            let rule = state.policy().approvals.get(kind)?;
            let found = state.proposal(proposal)?;
            let standing = state.standing_approvers(found).len();
            Some(standing < found.approvers.len() && (standing as u64) < rule.m)
        });
        match is_struck {
            Some(true) => Err(Refusal::ApprovalStruck(proposal.to_string()).into()),
            _ => Ok(()),
        }
    }

    /// Makes an event's disclosures and keeps them, durable, before any entry can name them.
    fn disclose(&self, event: &Event, subject: &str) -> Result<Vec<Disclosure>, JournalError> {
        let facts = event
            .encode()
            .facts
            .iter()
            .map(|(name, value)| Disclosure::new(name, canonical::from_json(value)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(LedgerError::from)?;
        match self.0.ledger.vault().keep(subject, &facts) {
            // What happened is recorded; what it says about somebody who was erased is kept nowhere.
            Err(VaultError::Erased { .. }) => Ok(Vec::new()),
            kept => Ok(kept.map(|()| facts).map_err(LedgerError::from)?),
        }
    }
}

fn subject_of(custodian: Option<&Pseudonym>) -> String {
    custodian.map_or_else(|| CASE_SUBJECT.to_owned(), ToString::to_string)
}

/// The stream of a custodian's items.
pub fn custodian_stream(custodian: &Pseudonym) -> String {
    format!("custodian/{custodian}")
}

fn draft(stream: &str, event: &Event, facts: &[Disclosure], seen: Seen) -> Draft {
    let encoded = event.encode();
    Draft {
        stream: stream.to_owned(),
        kind: encoded.kind.to_owned(),
        data: canonical::from_json(&serde_json::Value::Object(encoded.data)),
        digests: facts.iter().map(Disclosure::digest).collect(),
        seen: Some(seen),
    }
}
