//! Why a command is refused: the rule by name, and what to do about it.

/// A rule that a command breaks. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another case was declared here already.
    #[error("this ledger already holds a case; a ledger is one case")]
    CaseAlreadyDeclared,
    /// Nothing was declared.
    #[error("no case is declared yet; declare one first")]
    CaseNotDeclared,
    /// The case is over.
    #[error("the case is finished; nothing more is restored in it")]
    CaseFinished,
    /// The target is the compromised tenant.
    #[error("the target is the compromised source tenant; unbroken never restores into it")]
    TargetIsSource,
    /// A rehearsal and a real tenant do not mix.
    #[error(
        "a simulated case restores into a simulated tenant only, and a real one into a real one"
    )]
    SimulationMismatch,
    /// Another target was connected before.
    #[error("another target tenant was connected before; a case has one")]
    AnotherTarget,
    /// Who approved did so with a key that somebody else had.
    #[error(
        "proposal {0}: too few approvals are left without keys that were revoked; it counts again \
         when others approve it anew"
    )]
    ApprovalStruck(String),
    /// No target yet.
    #[error("no target is connected; connect one first")]
    NoTarget,
    /// No source yet.
    #[error("no source is registered; register one first")]
    NoSource,
    /// The same person looks after it already.
    #[error("{person} looks after item {item} already")]
    AlreadyAssigned {
        /// The item.
        item: String,
        /// The person.
        person: String,
    },
    /// The custodian is mapped already.
    #[error("custodian {0} is mapped already; a mapping that stands is not changed")]
    AlreadyMapped(String),
    /// The user in the clean tenant is another custodian already.
    #[error(
        "this user of the clean tenant gets the items of custodian {0} already; \
         name a user of their own for each custodian"
    )]
    UserTaken(String),
    /// Something rests on the mapping.
    #[error("the mapping of custodian {custodian} stays: {by}")]
    MappingUsed {
        /// The custodian.
        custodian: String,
        /// What rests on it.
        by: String,
    },
    /// A plan that nobody looked through yet.
    #[error("a plan was made meanwhile; look again whether anything of it rests on the mapping")]
    PlannedMeanwhile,
    /// Nothing new.
    #[error("{0} is called so already")]
    AlreadyNamed(String),
    /// Nobody is mapped.
    #[error("no custodian is mapped; nothing could be restored")]
    NobodyMapped,
    /// A plan that is not in the record.
    #[error("plan {0} is not in the record; make it first")]
    UnknownPlan(String),
    /// A plan that was made already.
    #[error("plan {0} is in the record already")]
    PlanAlreadyMade(String),
    /// A plan nobody adopted.
    #[error("plan {0} is not adopted; propose it, have it approved, adopt it")]
    PlanNotAdopted(String),
    /// A plan that was adopted before.
    #[error("plan {0} is adopted already")]
    PlanAlreadyAdopted(String),
    /// A plan made before files were opened to others.
    #[error("plan {0} was made before access was opened and does not know of it; make another")]
    PlanBeforeAccess(String),
    /// Nobody said what would be made.
    #[error("no access was planned for custodian {0} that this would be the outcome of")]
    AccessNotPlanned(String),
    /// Nobody approved what would be granted.
    #[error("no access plan is approved and in force; nobody is let in without one")]
    AccessNotApproved,
    /// What is to be followed is not what was approved.
    #[error("access plan {0} is in force, and this is another")]
    AnotherAccessPlan(String),
    /// The owner did not attest.
    #[error(
        "custodian {0} was named sensitive, and its owner has not attested; nothing is written"
    )]
    NotAttested(String),
    /// Nobody looked at the site that content would go into.
    #[error(
        "custodian {0} is a site that nobody looked at: who is in it and whether it is open to the \
         outside is not on the record"
    )]
    SiteNotSeen(String),
    /// The site was last seen open.
    #[error("custodian {0} is a site that was last seen open to sharing with people outside")]
    SiteOpen(String),
    /// Members would see what was narrower in the source.
    #[error(
        "members come into a site when what is restored into it stands and `access apply` closed \
         what was narrower; before that they would see all of it"
    )]
    MembersTooEarly,
    /// It was not named, or is attested.
    #[error("custodian {0} waits for no attestation")]
    NothingToAttest(String),
    /// Accepted mappings are numbered.
    #[error("the next accepted mapping has number {0}")]
    NotTheNextMapping(u64),
    /// Nobody said that it would be made.
    #[error("identity {0} has no open attempt that this would be the outcome of")]
    IdentityNotAttempted(String),
    /// It is there.
    #[error("identity {0} has that name and is made already; it is not made again")]
    IdentityAlreadyMade(String),
    /// Somebody else made it.
    #[error("identity {0} was there before; it is left to people, and nothing rests on it")]
    IdentityThereBefore(String),
    /// It is not there.
    #[error("identity {0} is no user that was made; make it first")]
    IdentityNotMade(String),
    /// No trust yet.
    #[error("no trust certificate holds; users come in and domains move after it, not before")]
    NotTrusted,
    /// Nobody made sure who gets the pass.
    #[error("nobody made sure who identity {0} is since the last pass; proof it first")]
    NotProofed(String),
    /// Passes are numbered.
    #[error("the next pass of this identity has number {0}")]
    NotTheNextPass(u64),
    /// Nobody asked for it.
    #[error("no pass was asked for identity {0} that this would be the outcome of")]
    PassNotAsked(String),
    /// An access plan that is not in the record.
    #[error("access plan {0} is not in the record; propose it first")]
    UnknownAccessPlan(String),
    /// It is in force.
    #[error("access plan {0} is in force already")]
    AccessPlanInForce(String),
    /// Another plan is in force, and this one does not amend it.
    #[error(
        "access plan {0} is in force; another takes its place only as an amendment that holds \
         each row of the map that changed"
    )]
    NotAnAmendment(String),
    /// Releases are numbered.
    #[error("the next release that is asked for has number {0}")]
    NotTheNextRelease(u64),
    /// Nobody asked for it.
    #[error("nobody asked for release {0}")]
    NoSuchRelease(u64),
    /// It was released before.
    #[error("release {0} was granted already")]
    AlreadyReleased(u64),
    /// Something is being restored.
    #[error("wave {0} is open; access is opened when everything is restored")]
    WaveOpen(u32),
    /// The wave is not open.
    #[error("wave {wave} of plan {plan} is not open")]
    WaveNotOpen {
        /// The plan.
        plan: String,
        /// The wave.
        wave: u32,
    },
    /// The wave is open already.
    #[error("wave {0} is open already")]
    WaveAlreadyOpen(u32),
    /// The custodian is not mapped.
    #[error("custodian {0} is not mapped; unmapped custodians get nothing")]
    NotMapped(String),
    /// Nobody of this name.
    #[error("custodian {0} is not in the record")]
    UnknownCustodian(String),
    /// The custodian was erased.
    #[error("custodian {custodian} is erased, see entry {entry}")]
    Erased {
        /// The custodian.
        custodian: String,
        /// The `Erased` entry.
        entry: u64,
    },
    /// A legal hold stands.
    #[error("custodian {custodian} stands under {holds} legal hold(s); release them first")]
    UnderHold {
        /// The custodian.
        custodian: String,
        /// How many.
        holds: usize,
    },
    /// A hold of this name was placed before.
    #[error("legal hold {0} was placed before; each has a name of its own")]
    HoldAgain(String),
    /// There is no such hold.
    #[error("custodian {custodian} does not stand under legal hold {hold}")]
    NoSuchHold {
        /// The custodian.
        custodian: String,
        /// The hold.
        hold: String,
    },
    /// What an attempt wrote is known only after reading back, and could not be found after an erasure.
    #[error(
        "{open} attempts of custodian {custodian} have no outcome yet; `restore` reads them back"
    )]
    AttemptsOpen {
        /// The custodian.
        custodian: String,
        /// How many.
        open: usize,
    },
    /// The item has its outcome.
    #[error("item {0} has its outcome already")]
    ItemEnded(String),
    /// An attempt is under way.
    #[error("attempt {attempt} of item {item} has no outcome yet; read back before trying again")]
    AttemptOpen {
        /// The item.
        item: String,
        /// The attempt.
        attempt: u32,
    },
    /// Reports are numbered without gaps.
    #[error("the next report has number {0}; another was issued meanwhile")]
    NotTheNextReport(u64),
    /// The seal's key is bound already.
    #[error("this seal key is bound to a key of this ledger already, for the same certificate")]
    SealKeyBound,
    /// The binding's fields.
    #[error("the binding of the seal's key does not have the form of SealKeyBound/1")]
    SealKeyForm,
    /// The gates stand for something only once it is known what they keep out.
    #[error("the compromised tenant is not pinned yet; pin its GUID and domains first")]
    NotPinned,
    /// It was pinned before.
    #[error("the compromised tenant is pinned already; a case has one")]
    AlreadyPinned,
    /// A name is no identity.
    #[error(
        "{0:?} is no tenant's GUID; a tenant is pinned by its GUID, not by a name that can move"
    )]
    NotAGuid(String),
    /// Nothing to look for.
    #[error(
        "no domain of the compromised tenant is named; the search needs at least the initial one"
    )]
    NoDomains,
    /// A window ends after it begins.
    #[error("a breach window has a begin and a later end")]
    WindowForm,
    /// The checklist does not have it.
    #[error("{0} is not on the checklist of evidence that decays")]
    UnknownEvidence(String),
    /// A decision weighs something.
    #[error("a decision for a clean tenant weighs at least two ways, purge and reset among them")]
    NothingWeighed,
    /// Somebody else was faster.
    #[error("the next look has number {0}; another was recorded meanwhile")]
    NotTheNextLook(u64),
    /// There is nothing to certify.
    #[error("nothing was looked at that a {0} certificate could rest on")]
    NothingToCertify(&'static str),
    /// Something does not pass.
    #[error("findings are open, or newer than the certificate: no {0} rests on them")]
    FindingsOpen(&'static str),
    /// What was set since is not in it.
    #[error("the look that a {0} certificate would rest on is older than a day: look again")]
    LookTooOld(&'static str),
    /// What was restored since was not searched.
    #[error("a wave was closed after the newest separation audit: audit again, then ask for trust")]
    AuditBeforeWave,
    /// Numbers have no gaps.
    #[error("the next certificate has number {0}; another was issued meanwhile")]
    NotTheNextCertificate(u64),
    /// A certificate's time.
    #[error("a certificate begins now and holds for a week at most")]
    CertificateTime,
    /// Longer than what it rests on.
    #[error("the certificate would outlive a waiver that it rests on")]
    OutlivesWaiver,
    /// Longer than was declared.
    #[error("the certificate would hold for more than {0} hours, which were declared as the most")]
    OutlivesDeclared(u32),
    /// Others approved, and too few of them are those who were declared to.
    #[error(
        "{found} of the people who were declared as certifiers approved, {needed} have to: {people}"
    )]
    TooFewCertifiers {
        /// How many of them did.
        found: usize,
        /// How many it takes.
        needed: usize,
        /// Who they are.
        people: String,
    },
    /// None was issued.
    #[error("there is no readiness certificate; no worker starts without one")]
    NotReady,
    /// Its time is over.
    #[error("{kind} certificate {number} does not hold at this time")]
    CertificateExpired {
        /// Which kind.
        kind: &'static str,
        /// Which one.
        number: u64,
    },
    /// It was revoked.
    #[error("{kind} certificate {number} is revoked: {cause}")]
    CertificateRevoked {
        /// Which kind.
        kind: &'static str,
        /// Which one.
        number: u64,
        /// Why.
        cause: String,
    },
    /// None of this number stands.
    #[error("no certificate {0} stands")]
    NoSuchCertificate(u64),
    /// A waiver that is none.
    #[error("this is no waiver: {0}")]
    Waiver(super::waiver::WaiverRefusal),
    /// The approval is of other bytes.
    #[error("proposal {0} asks for something else")]
    ApprovedSomethingElse(String),
    /// Somebody said no.
    #[error("proposal {0} was rejected")]
    ProposalRejected(String),
    /// Something rests on it already.
    #[error("proposal {0} was used already")]
    ProposalUsed(String),
    /// Its time is over.
    #[error("proposal {0} has expired")]
    ProposalExpired(String),
    /// Too few others.
    #[error("{found} other people than the one who asks approved, {needed} are needed")]
    TooFewApprovals {
        /// How many.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Something comes after the end.
    #[error("the case is closed; nothing happens in it any more")]
    CaseClosed,
    /// The end comes after the restore.
    #[error("the case is not finished; `case finish` comes before it is closed")]
    NotFinished,
    /// What a closed case rests on.
    #[error(
        "the newest separation audit is not clean, or older than a day: nothing is closed on it"
    )]
    AuditNotClean,
    /// Our own way in.
    #[error("{0} of our own applications, principals or roles are still in the clean tenant")]
    OurAppsLeft(u64),
    /// Nobody looked.
    #[error("nobody looked in the last day whether our own applications are gone")]
    OurAppsNotChecked,
    /// The last application cannot see its own end.
    #[error("nobody vouches, with evidence, for the removal of the application that looked")]
    RemovalNotAttested,
    /// A wave was not worked on.
    #[error("wave {0} of a plan in force was not restored to its end")]
    WavesLeft(u32),
    /// No such wave.
    #[error("the plan has no wave {0}")]
    NoSuchWave(u32),
    /// An order that is none.
    #[error("an order of waves names each wave of the plan once, and is another one than before")]
    WaveOrder,
    /// Waves open one after the other.
    #[error("wave {wave} comes after wave {earlier}, which was not restored to its end")]
    WaveBefore {
        /// The wave.
        wave: u32,
        /// What stands before it.
        earlier: u32,
    },
    /// Nobody released it.
    #[error("wave {0} is not released; each wave opens by a release of its own")]
    WaveNotReleased(u32),
    /// Nobody looked for access paths since.
    #[error("no separation audit was made since wave {0} ended; the next wave opens after one")]
    WaveNotAudited(u32),
    /// Nobody said what became of its people's devices.
    #[error("nothing shows what became of the devices of wave {0}; the next wave opens after that")]
    DevicesNotEvidenced(u32),
    /// It was released before.
    #[error("wave {0} is released already")]
    WaveReleasedAlready(u32),
    /// It stands still.
    #[error("wave {0} is paused")]
    WavePaused(u32),
    /// It does not stand still.
    #[error("wave {0} is not paused")]
    WaveNotPaused(u32),
    /// Nobody counted.
    #[error("the licences that wave {0} takes were not counted")]
    LicencesNotCounted(u32),
    /// Too few.
    #[error("wave {wave} takes {missing} licences more than the clean tenant has free")]
    LicencesMissing {
        /// The wave.
        wave: u32,
        /// How many.
        missing: u64,
    },
    /// A hold that ends at the border of the tenant.
    #[error(
        "custodian {0} stands under legal hold, and nothing shows that the user is on hold in the \
         clean tenant"
    )]
    HoldNotEvidenced(String),
    /// No domain.
    #[error("{0:?} is no domain")]
    NotADomain(String),
    /// Not the compromised tenant's.
    #[error("{0} is no domain of the pinned tenant")]
    DomainNotPinned(String),
    /// It moves already.
    #[error("the move of {0} was begun before")]
    MoveAgain(String),
    /// It does not move.
    #[error("no move of domain {0} was begun")]
    NoSuchDomain(String),
    /// An intent without an outcome.
    #[error("step {0} has no outcome yet; `domain check` reads back what became of it")]
    StepUnderWay(&'static str),
    /// An outcome without an intent.
    #[error("step {0} is not under way")]
    NoStepUnderWay(&'static str),
    /// Steps have an order.
    #[error("step {step} is not due{}", if *.undo { " to be rolled back" } else { "" })]
    StepOutOfOrder {
        /// The step.
        step: &'static str,
        /// It was to be rolled back.
        undo: bool,
    },
    /// The policy of the content gate is none.
    #[error(
        "a content gate looks for something: a scanner, a list, rules, or kinds of content to hold"
    )]
    GateForm,
    /// Policies are numbered without gaps.
    #[error("the next content gate has number {0}; another was set meanwhile")]
    NotTheNextGate(u64),
    /// The plan was made under another policy.
    #[error("the content gate was changed since this plan was made; make the plan again")]
    GateChanged,
    /// Nobody looked into it.
    #[error("item {0} was not looked into by the content gate that is in force")]
    NotScreened(String),
    /// A release names what it lets pass.
    #[error("a release names 1 to 200 items and at least one reason, each once, sorted")]
    ReleaseForm,
    /// Its digest is that of something else.
    #[error("the digest of a release is not that of its items, reasons and words")]
    ReleaseDigest,
    /// Nobody may release it.
    #[error("{0} is no reason that may be released; docs/gates.md lists those that may")]
    NeverReleased(String),
    /// It is not held.
    #[error("item {0} is not held: there is nothing to release")]
    NotHeld(String),
    /// It did not fail.
    #[error("item {0} did not fail: there is nothing to take up")]
    NotFailed(String),
    /// What is taken up is named item by item.
    #[error("1 to 200 items are taken up at once, each once, sorted")]
    TakenUpForm,
    /// A verdict lets pass what nobody released, or something else than they saw.
    #[error("what was found in item {0} was not released, or not as it is now; it is held again")]
    NotReleased(String),
    /// The intent names another release than the record, or none.
    #[error("item {0} is written on a release, or on none, and the intent says otherwise")]
    ReleaseNotNamed(String),
    /// There is no such attempt.
    #[error("item {item} has no open attempt {attempt}")]
    NoSuchAttempt {
        /// The item.
        item: String,
        /// The attempt.
        attempt: u32,
    },
}
