//! Every event of a case: one closed enum; public data and disclosed facts of each, apart; unknown versions are refused.
//!
//! `data` holds classes, counts and references only. Everything personal or guessable is a fact and becomes a
//! disclosure; a fact that was erased or not shown is `None`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::hold::{HoldFacts, LegalHold};
use super::pseudonym::Pseudonym;

mod access;
mod closing;
mod domain_move;
mod gates;
mod identity;
mod outcomes;
mod pace;
mod people;
mod plans;
mod reporting;
mod sites;
mod teams;
mod waves;

pub use access::{
    AccessAdopted, AccessAdoptedFacts, AccessApplied, AccessCompared, AccessComparedFacts,
    AccessPlanMade, AccessPlanned, AccessPlannedFacts, GrantReleased, ReleaseAsked, ReleaseFacts,
    Sensitive, SensitiveFacts,
};
pub use closing::{CaseClosed, ClosedFacts, OurAppsChecked};
pub use domain_move::{
    AddressFacts, AddressSwapAttempted, AddressSwapped, DomainFacts, DomainMoveBegun,
    DomainStepAttempted, DomainStepEnded,
};
pub use gates::{
    Audited, CertificateKind, CertificateRevoked, Certified, Certifiers, CleanTenantDecided,
    DecisionFacts, EvidenceFacts, EvidenceSaved, FindingWaived, PinnedFacts, SourcePinned,
    WaivedFacts, WindowFacts, WindowSet,
};
pub use identity::{
    AcceptedFacts, CAME_IN, IdentityAttempted, IdentityConfirmed, IdentityEnded, IdentityFacts,
    IdentityMade, IdentityProofed, MADE, MappingAccepted, MappingWithdrawn, Pass, ProofedFacts,
    SHARED,
};
pub use outcomes::{
    AttemptFailed, AttemptFailedFacts, AttemptInterrupted, EndedFacts, Folder, FolderFacts,
    FolderReadyFacts, ItemAttempted, ItemEnded, ItemFailed, ItemRestored, ItemsTakenUp,
    PartialFound, RestoredFacts, TAKEN_UP_MAX, VersionFacts,
};
pub use pace::{WaitedFor, WaveEstimated, WavePaced};
pub use people::{PersonFacts, PersonNamed};
pub use plans::{PeopleInside, PlanAdopted, PlanCounts, PlanMade};
pub use reporting::{CheckedAs, IssuerFacts, ReportIssued};
pub use sites::{PlacesSeen, PlacesSeenFacts, SiteAttempted, SiteFacts, SiteReady, SiteReadyFacts};
pub use teams::{LinkFacts, TeamAttempted, TeamCompleted, TeamFacts};
pub use waves::{
    DevicesEvidenced, LicencesCounted, PauseFacts, TargetHoldEvidenced, WaveReleased, WavesFacts,
    WavesPlanned, WavesReordered,
};

/// An event ready to be recorded: what stands in it and what is disclosed beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// `Name/n`.
    pub kind: &'static str,
    /// Public data.
    pub data: Map<String, Value>,
    /// Facts by name.
    pub facts: Map<String, Value>,
}

/// An event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEvent {
    /// A type or version that this program does not know.
    #[error("{0} is not a type that this version knows; use a newer version")]
    UnknownType(String),
    /// Its data are not those of its type.
    #[error("{kind} does not have the data of its type: {reason}")]
    Data {
        /// The type.
        kind: String,
        /// What is wrong.
        reason: String,
    },
}

impl Event {
    /// The custodian whom an event of the case's own stream is about.
    pub fn concerns(&self) -> Option<&Pseudonym> {
        match self {
            Self::CustodianMapped(data, _) => Some(&data.custodian),
            Self::MappingWithdrawn(data, _) => Some(&data.custodian),
            Self::LegalHoldPlaced(data, _) | Self::LegalHoldReleased(data, _) => {
                Some(&data.custodian)
            }
            Self::ReportIssued(data, _) => data.custodian.as_ref(),
            Self::WindowSet(data, _) => data.custodian.as_ref(),
            Self::TargetHoldEvidenced(data, _) => Some(&data.custodian),
            Self::AddressSwapAttempted(data, _) => Some(&data.custodian),
            Self::AddressSwapped(data, _) => Some(&data.custodian),
            Self::AccessPlanned(data, _) => Some(&data.custodian),
            Self::AccessApplied(data, _) => Some(&data.custodian),
            Self::AccessCompared(data, _) => Some(&data.custodian),
            Self::ReleaseAsked(data, _) => Some(&data.custodian),
            Self::SensitiveNamed(data, _) | Self::OwnerAttested(data, _) => Some(&data.custodian),
            Self::GrantReleased(data, _) => Some(&data.custodian),
            Self::ItemsReleased(data, _) => Some(&data.custodian),
            Self::ItemsTakenUp(data, _) => Some(&data.custodian),
            _ => None,
        }
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($kind:literal): $data:ty, $facts:ty;)*) => {
        /// One fact of a case.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name(Box<$data>, Box<$facts>),)*
        }

        impl Event {
            /// Every type, for the policy.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The type.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$name(..) => $kind,)* }
            }

            /// What is recorded.
            pub fn encode(&self) -> Encoded {
                match self {
                    $(Self::$name(data, facts) => Encoded {
                        kind: $kind,
                        data: object(data),
                        facts: object(facts),
                    },)*
                }
            }

            /// The same without what is disclosed beside it: what a reader sees to whom nothing is disclosed.
            #[must_use]
            pub fn without_facts(self) -> Self {
                match self { $(Self::$name(data, _) => Self::$name(data, Box::default()),)* }
            }

            /// Reads what was recorded; `facts` are those that could be had.
            pub fn decode(
                kind: &str,
                data: Map<String, Value>,
                facts: Map<String, Value>,
            ) -> Result<Self, UnreadableEvent> {
                match kind {
                    $($kind => Ok(Self::$name(
                        Box::new(read::<$data>(kind, data)?),
                        Box::new(read::<$facts>(kind, facts)?),
                    )),)*
                    _ => Err(UnreadableEvent::UnknownType(kind.to_owned())),
                }
            }
        }
    };
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn read<T: DeserializeOwned>(kind: &str, map: Map<String, Value>) -> Result<T, UnreadableEvent> {
    serde_json::from_value(Value::Object(map)).map_err(|error| UnreadableEvent::Data {
        kind: kind.to_owned(),
        reason: error.to_string(),
    })
}

events! {
    /// The source tenant is declared compromised.
    CaseDeclared("CaseDeclared/1"): CaseDeclared, CaseFacts;
    /// A backup belongs to the case.
    SourceRegistered("SourceRegistered/1"): SourceRegistered, SourceFacts;
    /// The clean tenant answered.
    TargetConnected("TargetConnected/1"): TargetConnected, TargetFacts;
    /// A custodian of the source is somebody in the target.
    CustodianMapped("CustodianMapped/1"): CustodianMapped, CustodianFacts;
    /// That mapping was a slip: the custodian is nobody in the target again.
    MappingWithdrawn("MappingWithdrawn/1"): MappingWithdrawn, NoFacts;
    /// Who a person is whom the roots named with a key.
    PersonNamed("PersonNamed/1"): PersonNamed, PersonFacts;
    /// A plan is frozen under its hash.
    PlanMade("PlanMade/1"): PlanMade, NoFacts;
    /// The approved plan is in force.
    PlanAdopted("PlanAdopted/1"): PlanAdopted, NoFacts;
    /// Workers may run for a wave.
    WaveOpened("WaveOpened/1"): Wave, NoFacts;
    /// Every item of a wave has its outcome.
    WaveClosed("WaveClosed/1"): Wave, NoFacts;
    /// How long a wave will take, said before it is opened.
    WaveEstimated("WaveEstimated/1"): WaveEstimated, NoFacts;
    /// What a run of the workers in an open wave asked for and waited for.
    WavePaced("WavePaced/1"): WavePaced, NoFacts;
    /// A report was handed out.
    ReportIssued("ReportIssued/1"): ReportIssued, IssuerFacts;
    /// A custodian's data must stay: nobody may erase it.
    LegalHoldPlaced("LegalHoldPlaced/1"): LegalHold, HoldFacts;
    /// That hold is over.
    LegalHoldReleased("LegalHoldReleased/1"): LegalHold, HoldFacts;
    /// The key that seals reports belongs with the key that signs this.
    SealKeyBound("SealKeyBound/1"): super::seal_key::SealKeyBound, NoFacts;
    /// The compromised tenant is known by its GUID: from now on the gates stand.
    SourcePinned("SourcePinned/1"): SourcePinned, PinnedFacts;
    /// A breach window, of the tenant or of one custodian.
    WindowSet("WindowSet/1"): WindowSet, WindowFacts;
    /// People decided for a clean tenant.
    CleanTenantDecided("CleanTenantDecided/1"): CleanTenantDecided, DecisionFacts;
    /// Evidence of the compromised tenant was saved before it decayed.
    EvidenceSaved("EvidenceSaved/1"): EvidenceSaved, EvidenceFacts;
    /// The clean tenant's baseline was looked at.
    BaselineChecked("BaselineChecked/1"): Audited, NoFacts;
    /// Access paths from the compromised tenant were looked for.
    SeparationAudited("SeparationAudited/1"): Audited, NoFacts;
    /// An object of a finding is let pass for a time.
    FindingWaived("FindingWaived/1"): FindingWaived, WaivedFacts;
    /// People certify readiness or trust.
    Certified("Certified/1"): Certified, NoFacts;
    /// A certificate ended before its time.
    CertificateRevoked("CertificateRevoked/1"): CertificateRevoked, NoFacts;
    /// A person accepted a suggested mapping.
    MappingAccepted("MappingAccepted/1"): MappingAccepted, AcceptedFacts;
    /// Intent: a user or a group will be made in the clean tenant.
    IdentityAttempted("IdentityAttempted/1"): IdentityAttempted, IdentityFacts;
    /// Outcome: it is there.
    IdentityMade("IdentityMade/1"): IdentityMade, IdentityFacts;
    /// It is left to people.
    IdentityHeld("IdentityHeld/1"): IdentityEnded, IdentityFacts;
    /// Outcome: it could not be made.
    IdentityFailed("IdentityFailed/1"): IdentityEnded, NoFacts;
    /// Somebody made sure who a user is.
    IdentityProofed("IdentityProofed/1"): IdentityProofed, ProofedFacts;
    /// Intent: a one-use pass will be asked for.
    PassAttempted("PassAttempted/1"): Pass, NoFacts;
    /// Outcome: it was handed out.
    PassIssued("PassIssued/1"): Pass, NoFacts;
    /// What was seen to be there.
    IdentityConfirmed("IdentityConfirmed/1"): IdentityConfirmed, NoFacts;
    /// A custodian's data is sensitive: its owner has to attest before anything is written.
    SensitiveNamed("SensitiveNamed/1"): Sensitive, SensitiveFacts;
    /// The owner attested.
    OwnerAttested("OwnerAttested/1"): Sensitive, SensitiveFacts;
    /// An access plan is frozen under its hash.
    AccessPlanMade("AccessPlanMade/1"): AccessPlanMade, NoFacts;
    /// The approved access plan is in force.
    AccessAdopted("AccessAdopted/1"): AccessAdopted, AccessAdoptedFacts;
    /// Somebody asks to release held grants.
    ReleaseAsked("ReleaseAsked/1"): ReleaseAsked, ReleaseFacts;
    /// Two other people released them.
    GrantReleased("GrantReleased/1"): GrantReleased, NoFacts;
    /// Intent: a site will be made in the target.
    SiteAttempted("SiteAttempted/1"): SiteAttempted, SiteFacts;
    /// The site is there, and how far it is open.
    SiteReady("SiteReady/1"): SiteReady, SiteReadyFacts;
    /// Who was in the sites that a wave writes into, when it began or ended.
    PlacesSeen("PlacesSeen/1"): PlacesSeen, PlacesSeenFacts;
    /// Intent: a custodian's files will be opened to those whom the source let in.
    AccessPlanned("AccessPlanned/1"): AccessPlanned, AccessPlannedFacts;
    /// Outcome: which of the calls were made.
    AccessApplied("AccessApplied/1"): AccessApplied, NoFacts;
    /// What the target allows beside what the source allowed.
    AccessCompared("AccessCompared/1"): AccessCompared, AccessComparedFacts;
    /// Which waves a plan has, in the order in which they open.
    WavesPlanned("WavesPlanned/1"): WavesPlanned, WavesFacts;
    /// The same waves in another order.
    WavesReordered("WavesReordered/1"): WavesReordered, NoFacts;
    /// Others let a wave open.
    WaveReleased("WaveReleased/1"): WaveReleased, NoFacts;
    /// A wave stands still.
    WavePaused("WavePaused/1"): Wave, PauseFacts;
    /// It goes on.
    WaveResumed("WaveResumed/1"): Wave, PauseFacts;
    /// Whether the clean tenant has the licences that a wave takes.
    LicencesCounted("LicencesCounted/1"): LicencesCounted, NoFacts;
    /// Something shows what became of the devices of a wave's people.
    DevicesEvidenced("DevicesEvidenced/1"): DevicesEvidenced, EvidenceFacts;
    /// A held custodian is on hold in the clean tenant too.
    TargetHoldEvidenced("TargetHoldEvidenced/1"): TargetHoldEvidenced, EvidenceFacts;
    /// A domain begins its way into the clean tenant.
    DomainMoveBegun("DomainMoveBegun/1"): DomainMoveBegun, DomainFacts;
    /// Intent: a step of a domain's way, or its rolling back.
    DomainStepAttempted("DomainStepAttempted/1"): DomainStepAttempted, NoFacts;
    /// Outcome of that step.
    DomainStepEnded("DomainStepEnded/1"): DomainStepEnded, NoFacts;
    /// Intent: a user gets an address in the domain, or that of before.
    AddressSwapAttempted("AddressSwapAttempted/1"): AddressSwapAttempted, AddressFacts;
    /// Outcome: the address as it was read back.
    AddressSwapped("AddressSwapped/1"): AddressSwapped, AddressFacts;
    /// Whether our own applications are gone from the clean tenant.
    OurAppsChecked("OurAppsChecked/1"): OurAppsChecked, NoFacts;
    /// Nothing happens in this case any more.
    CaseClosed("CaseClosed/1"): CaseClosed, ClosedFacts;
    /// The case is over.
    CaseFinished("CaseFinished/1"): CaseFinished, NoFacts;
    /// Intent: a folder will be made in the target.
    FolderAttempted("FolderAttempted/1"): Folder, FolderFacts;
    /// The folder is there.
    FolderReady("FolderReady/1"): Folder, FolderReadyFacts;
    /// Intent: an item will be written; durable before the effect.
    ItemAttempted("ItemAttempted/1"): ItemAttempted, NoFacts;
    /// A try failed; the next `ItemAttempted` of the item is the retry.
    AttemptFailed("AttemptFailed/1"): AttemptFailed, AttemptFailedFacts;
    /// A try without an outcome was found after a crash and resolved by reading back.
    AttemptInterrupted("AttemptInterrupted/1"): AttemptInterrupted, NoFacts;
    /// A part of the item stands in the target; what is done about it follows.
    PartialFound("PartialFound/1"): PartialFound, NoFacts;
    /// Outcome: written and read back.
    ItemRestored("ItemRestored/1"): ItemRestored, RestoredFacts;
    /// By which policy content is looked into from the next plan on.
    ContentGateSet("ContentGateSet/1"): super::content::ContentGate, super::content::GateFacts;
    /// An item's content was looked into before it is written.
    ContentScanned("ContentScanned/1"):
        super::content::ContentScanned, super::content::ScannedFacts;
    /// Two people let held items pass.
    ItemsReleased("ItemsReleased/1"):
        super::content::release::ItemsReleased, super::content::release::ReleaseFacts;
    /// Items that failed are tried once more: what stood in the way is gone.
    ItemsTakenUp("ItemsTakenUp/1"): ItemsTakenUp, NoFacts;
    /// What restored content holds of the compromised tenant was counted.
    LeftoversCounted("LeftoversCounted/1"):
        super::leftovers::LeftoversCounted, super::leftovers::LeftoverFacts;
    /// A notice of what waits on a person is about to leave.
    NoticeAttempted("NoticeAttempted/1"): super::notice::NoticeAttempted, NoFacts;
    /// What became of the notice.
    NoticeEnded("NoticeEnded/1"): super::notice::NoticeEnded, NoFacts;
    /// Outcome: not written, waits for a person.
    ItemHeld("ItemHeld/1"): ItemEnded, EndedFacts;
    /// Outcome: not written, and why it need not be.
    ItemSkipped("ItemSkipped/1"): ItemEnded, EndedFacts;
    /// Outcome: could not be written.
    ItemFailed("ItemFailed/1"): ItemFailed, EndedFacts;
    /// Intent: a team's or chat's migration will be ended and its members let in.
    TeamAttempted("TeamAttempted/1"): TeamAttempted, TeamFacts;
    /// Outcome: who is in it.
    TeamCompleted("TeamCompleted/1"): TeamCompleted, TeamFacts;
    /// Somebody is to look after an item that is not identical.
    ExceptionAssigned("ExceptionAssigned/1"): ExceptionAssigned, NoFacts;
    /// What the folds of the record came to: a later replay must meet it.
    ProjectionsDigested("ProjectionsDigested/1"): ProjectionsDigested, NoFacts;
}

/// No facts beside the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoFacts {}

/// Public data of `CaseDeclared/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDeclared {
    /// The case's pseudonym.
    pub case: Pseudonym,
    /// The object that holds the case secret, encrypted for subject `case`.
    pub secret: String,
    /// A rehearsal.
    pub simulated: bool,
}

/// Facts of `CaseDeclared/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// What people call the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The compromised tenant's GUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_tenant: Option<String>,
    /// Begin of the breach window, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_from: Option<String>,
    /// End of the breach window, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_to: Option<String>,
    /// Who declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_by: Option<String>,
    /// When the organisation became aware, RFC 3339: the clocks of the law run from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aware_at: Option<String>,
    /// What the organisation calls the incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// Under whose authority: an engagement letter, an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The person who answers for the restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
}

/// What a source can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceEvidence {
    /// Who could read what.
    pub access: bool,
    /// Dates that an attacker could not have written.
    pub dates: bool,
    /// Digests of its own.
    pub digests: bool,
    /// That nobody changed it.
    pub immutability: bool,
}

/// Public data of `SourceRegistered/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRegistered {
    /// How many custodians it has.
    pub custodians: u64,
    /// What it can show.
    pub evidence: SourceEvidence,
    /// `original-bytes`, `vendor-derivative` or `reconstructed`.
    pub fidelity: String,
    /// The kind's format.
    pub format: String,
    /// `archive`, `corso`, `eml`, `mbox`, `files`.
    pub kind: String,
    /// How many restore points it has.
    pub points: u64,
    /// The number of the source in the case, from 0.
    pub source: u64,
}

/// Facts of `SourceRegistered/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// SHA-256 that pins the whole source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Where it lay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its restore points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<String>>,
}

/// Public data of `TargetConnected/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConnected {
    /// The tenant is the simulated one.
    pub simulated: bool,
}

/// Facts of `TargetConnected/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// Its verified domains when it was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its GUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

/// Public data of `CustodianMapped/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianMapped {
    /// Its pseudonym.
    pub custodian: Pseudonym,
    /// Whether somebody in the target gets its items.
    pub mapped: bool,
}

/// Facts of `CustodianMapped/1`; the target's are missing where nobody is mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodianFacts {
    /// The name in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// The user principal name in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_upn: Option<String>,
    /// The user's object id in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_user_id: Option<String>,
}

/// Public data of `WaveOpened/1` and `WaveClosed/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// The plan.
    pub plan: String,
    /// The wave's number.
    pub wave: u32,
}

/// Public data of `CaseFinished/1`: the counts add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFinished {
    /// Restored, with differences that were declared.
    pub as_declared: u64,
    /// All items.
    pub enumerated: u64,
    /// Failed.
    pub failed: u64,
    /// Held.
    pub held: u64,
    /// Restored without any difference.
    pub identical: u64,
    /// Skipped.
    pub skipped: u64,
}

/// Public data of `ExceptionAssigned/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionAssigned {
    /// The item.
    pub item: Pseudonym,
    /// Who looks after it: a person that the roots named with a key.
    pub person: Pseudonym,
}

/// Public data of `ProjectionsDigested/1`; docs/projections.md says what is digested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionsDigested {
    /// SHA-256 by the projection's name and version.
    pub projections: BTreeMap<String, String>,
    /// Of entries 0 to `size` - 1.
    pub size: u64,
}
