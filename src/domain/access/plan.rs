//! What access the target will have and why the rest stays out: decided item by item, from the source and the map.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::directory::{Directory, PrincipalId};
use super::effective::{Links, Walker};
use super::level::Level;
use super::limits::Limits;
use super::map::Mapping;
use super::membership::Membership;
use super::scope::Scopes;
use super::tree::{Item, ItemId, Tree, TreeBuilder};

/// Why something does not come along. The first group waits for people, who may release it; the rest is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The source does not say who had access.
    AccessUnknown,
    /// The container in the target holds too many items for a scope of its own.
    Crowded,
    /// Nobody in the target is who owned it.
    CustodianUnmapped,
    /// It ended at some time; without that end it would be wider.
    Expires,
    /// Somebody from outside whom nobody approved.
    ExternalNotApproved,
    /// A cycle of more groups than anybody can have meant.
    GroupCycle,
    /// The map makes a group of a person, or two kinds of one.
    KindConflict,
    /// The kind of item does not know the level.
    LevelUnknown,
    /// Nobody listed or reviewed the members.
    MembersUnknown,
    /// Only a permission of the calendar grants it. Graph mails everybody who gets one, so this program makes none.
    NeedsCalendar,
    /// Graph has no call for it; Exchange PowerShell has.
    NeedsExchange,
    /// Whoever is in the team or channel has it; there is no grant of its own.
    NeedsMembership,
    /// Graph's `invite` cannot make it; SharePoint's own calls can.
    NeedsSharePoint,
    /// A deny that the target cannot express.
    NestedDeny,
    /// Everybody in the organisation: in the target that is another organisation.
    Organisation,
    /// What lies above it is open already: it would be seen before it is closed.
    ParentOpen,
    /// More scopes of their own than the library bears.
    ScopeLimit,
    /// More principals than one scope bears.
    TooManyPrincipals,
    /// Two of the source are one in the target, and did not have the same.
    TwoToOne,
    /// The map has no row.
    Unmapped,
    /// A link for anybody.
    Anyone,
    /// A program of the old tenant.
    App,
    /// The person left.
    Departed,
    /// A link for the whole organisation.
    OrganisationLink,
    /// An account of a program of the old tenant.
    ServiceAccount,
}

impl Reason {
    /// It waits in the release queue; what does not is lost for good.
    pub fn is_held(self) -> bool {
        self < Self::Anyone
    }

    /// Every reason.
    pub const ALL: [Self; 25] = [
        Self::AccessUnknown,
        Self::Crowded,
        Self::CustodianUnmapped,
        Self::Expires,
        Self::ExternalNotApproved,
        Self::GroupCycle,
        Self::KindConflict,
        Self::LevelUnknown,
        Self::MembersUnknown,
        Self::NeedsCalendar,
        Self::NeedsExchange,
        Self::NeedsMembership,
        Self::NeedsSharePoint,
        Self::NestedDeny,
        Self::Organisation,
        Self::ParentOpen,
        Self::ScopeLimit,
        Self::TooManyPrincipals,
        Self::TwoToOne,
        Self::Unmapped,
        Self::Anyone,
        Self::App,
        Self::Departed,
        Self::OrganisationLink,
        Self::ServiceAccount,
    ];

    /// Reads what [`Reason::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What it means, in one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::AccessUnknown => "Nothing says who had access to the item.",
            Self::Crowded => "The folder holds too many items to be closed.",
            Self::CustodianUnmapped => "Nobody in the new tenant is who owned it.",
            Self::Expires => "It would have ended some day; without that end it would be wider.",
            Self::ExternalNotApproved => "Somebody from outside whom nobody approved.",
            Self::GroupCycle => "The group is in itself, through more groups than anybody meant.",
            Self::KindConflict => "The map makes a group of a person, or two kinds of one.",
            Self::LevelUnknown => "The kind of item does not know such a right.",
            Self::MembersUnknown => "Nobody listed who is in the group.",
            Self::NeedsCalendar => {
                "Only a permission of the calendar grants it, and Graph mails whoever gets one."
            }
            Self::NeedsExchange => "Only Exchange PowerShell can grant it.",
            Self::NeedsMembership => "Whoever is in the team has it; there is no grant of its own.",
            Self::NeedsSharePoint => "Only SharePoint's own calls can grant it.",
            Self::NestedDeny => "Something is denied there that the new tenant cannot deny.",
            Self::Organisation => "It was for everybody in the old organisation.",
            Self::ParentOpen => "What lies above it is open already.",
            Self::ScopeLimit => "The library cannot bear more items with rights of their own.",
            Self::TooManyPrincipals => "One item cannot bear so many names.",
            Self::TwoToOne => {
                "Two people of the old tenant are one in the new, and had not the same."
            }
            Self::Unmapped => "The map of people does not name whom it was for.",
            Self::Anyone => "A link for anybody is never made again.",
            Self::App => "It was for a program of the old tenant.",
            Self::Departed => "The person has left.",
            Self::OrganisationLink => "A link for a whole organisation is never made again.",
            Self::ServiceAccount => "It was for the account of a program.",
        }
    }

    /// The word that rows and events carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessUnknown => "access-unknown",
            Self::Crowded => "too-many-items-to-break",
            Self::CustodianUnmapped => "custodian-unmapped",
            Self::Expires => "expires",
            Self::ExternalNotApproved => "external-not-approved",
            Self::GroupCycle => "group-cycle",
            Self::KindConflict => "kind-conflict",
            Self::LevelUnknown => "level-unknown",
            Self::MembersUnknown => "members-unknown",
            Self::NeedsCalendar => "needs-calendar-permission",
            Self::NeedsExchange => "needs-exchange",
            Self::NeedsMembership => "needs-membership",
            Self::NeedsSharePoint => "needs-sharepoint",
            Self::NestedDeny => "nested-deny",
            Self::Organisation => "organisation",
            Self::ParentOpen => "parent-open",
            Self::ScopeLimit => "scope-limit",
            Self::TooManyPrincipals => "too-many-principals",
            Self::TwoToOne => "two-to-one",
            Self::Unmapped => "unmapped",
            Self::Anyone => "anyone-link",
            Self::App => "app",
            Self::Departed => "departed",
            Self::OrganisationLink => "organisation-link",
            Self::ServiceAccount => "service-account",
        }
    }
}

/// How a grant is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// A group that is granted as well gives at least as much.
    Covered,
    /// What lies above gives the same to everybody: no call, no scope.
    Inherited,
    /// As who is in it: because a deny cuts through the group, or because it is a group of a site.
    People,
    /// By a call of its own.
    Granted,
    /// A deny, by what is not granted; or a grant that a deny takes away whole.
    LeftOut,
}

impl Kept {
    /// The word that rows carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Inherited => "inherited",
            Self::People => "as-people",
            Self::Granted => "granted",
            Self::LeftOut => "left-out",
        }
    }
}

/// What becomes of one grant of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits for people, or is lost: [`Reason::is_held`].
    Out(Reason),
    /// It is kept at this level; one below that of the source is the most that the target takes.
    Kept(Kept, Level),
}

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The items and grants of the source.
    pub source: &'a Tree,
    /// Its principals.
    pub directory: &'a Directory,
    /// Who is in what there.
    pub membership: &'a Membership,
    /// Who is whom.
    pub mapping: &'a Mapping,
    /// Who is in what in the target.
    pub target_membership: &'a Membership,
    /// What SharePoint bears.
    pub limits: Limits,
    /// Scopes whose grants stand in the target since an earlier wave.
    pub open: &'a HashSet<ItemId>,
    /// Containers that stand in the target already, with how many items.
    pub standing: &'a HashMap<ItemId, u64>,
}

/// The access that the target will have.
#[derive(Clone, Debug)]
pub struct AccessPlan {
    /// The same items, with the scopes and grants of the target; principals are those of [`Mapping::target`].
    pub target: Tree,
    /// Of each grant of the source, by its number.
    pub outcomes: Vec<Outcome>,
    /// Items that are private to the custodian, or not written, and why.
    pub held_items: BTreeMap<ItemId, Reason>,
    /// Custodians, and people of a group that a deny cuts through, who have less there than in the source.
    pub people_out: Vec<(ItemId, PrincipalId, Reason)>,
    /// Items that are not written at all, by number.
    unwritten: Vec<bool>,
    /// Roots that are a site or a library of one.
    sites: BTreeSet<ItemId>,
}

impl AccessPlan {
    /// Whether the item is written; else it is held with all that lies in it.
    pub fn is_written(&self, item: ItemId) -> bool {
        !self.unwritten[item.0 as usize]
    }

    /// Whether a root is a site or a library of one: its access is made by SharePoint's own calls.
    pub fn is_site(&self, root: ItemId) -> bool {
        self.sites.contains(&root)
    }

    /// How many scopes of their own the target gets, the drives of people left out.
    pub fn scopes(&self) -> usize {
        let target = &self.target;
        target
            .ids()
            .filter(|id| self.is_written(*id) && !target.item(*id).inherits)
            .filter(|id| target.item(*id).parent.is_some() || self.is_site(*id))
            .count()
    }
}

/// Decides. Whatever comes out, have it checked by [`super::prove`] before it is frozen.
pub fn plan(input: &PlanInput<'_>) -> AccessPlan {
    let source = input.source;
    let mut walker = Walker::new(source, input.directory, input.membership, Links::Named);
    let mut scopes = Scopes::new(input);
    let mut decided: Vec<Option<bool>> = vec![None; source.len()];
    let mut unwritten = vec![false; source.len()];
    while let Some((item, is_new)) = walker.step() {
        let place = item.0 as usize;
        if is_new || scopes.stands_alone(item) {
            decided[place] = Some(scopes.decide(item, &walker));
        } else {
            scopes.share(item);
        }
        unwritten[place] = scopes.is_unwritten(item);
    }
    let mut target = TreeBuilder::default();
    let custodians = scopes.take_custodians();
    for id in source.ids() {
        let item = source.item(id);
        let added = target.item(Item {
            key: item.key.clone(),
            parent: item.parent,
            kind: item.kind,
            inherits: decided[id.0 as usize].unwrap_or(true),
            is_known: true,
            custodians: custodians.get(&id).cloned().unwrap_or_default(),
        });
        added.expect("the source has the same items");
    }
    for grant in scopes.take_grants() {
        target.grant(grant);
    }
    AccessPlan {
        target: target.build(),
        outcomes: scopes.outcomes,
        held_items: scopes.held_items,
        people_out: scopes.people_out,
        unwritten,
        sites: scopes.sites,
    }
}

#[cfg(test)]
mod tests;
