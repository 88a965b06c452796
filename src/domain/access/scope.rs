//! The scopes of a plan: for each item that says something, whose grants it gets and whether it breaks with what lies above.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::directory::{PrincipalId, PrincipalKind};
use super::effective::{Effective, Walker};
use super::level::{ItemKind, Level, Road};
use super::plan::{Kept, Outcome, PlanInput, Reason};
use super::tree::{Effect, Grant, GrantKind, ItemId};

/// The access of one scope of the target.
#[derive(Clone, Debug, Default)]
struct Scope {
    /// Where it is broken; items that share it name the same.
    at: Option<ItemId>,
    /// Ascending by principal, each once.
    access: Vec<(PrincipalId, Level)>,
    /// The grants of the source that count here, by number.
    grants: Vec<usize>,
    has_deny: bool,
    /// It is not written, and why.
    unwritten: Option<Reason>,
    /// The library or list that counts it, or the root.
    counted_by: Option<ItemId>,
}

/// Decides one item after the other, parents first.
pub(super) struct Scopes<'a> {
    input: &'a PlanInput<'a>,
    /// Of the items above the one at hand, by depth.
    stack: Vec<Rc<Scope>>,
    counts: HashMap<ItemId, usize>,
    grants: Vec<Grant>,
    custodians: HashMap<ItemId, Vec<PrincipalId>>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) held_items: BTreeMap<ItemId, Reason>,
    pub(super) people_out: Vec<(ItemId, PrincipalId, Reason)>,
    /// Roots that are a site or a library of one.
    pub(super) sites: BTreeSet<ItemId>,
    /// What is decided lies in one of those.
    is_on_site: bool,
}

impl<'a> Scopes<'a> {
    pub(super) fn new(input: &'a PlanInput<'a>) -> Self {
        // What nobody decides stays out.
        let undecided = Outcome::Out(Reason::AccessUnknown);
        Self {
            input,
            stack: Vec::new(),
            counts: HashMap::new(),
            grants: Vec::new(),
            custodians: HashMap::new(),
            outcomes: vec![undecided; input.source.grants().len()],
            held_items: BTreeMap::new(),
            people_out: Vec::new(),
            sites: BTreeSet::new(),
            is_on_site: false,
        }
    }

    pub(super) fn take_grants(&mut self) -> Vec<Grant> {
        std::mem::take(&mut self.grants)
    }

    pub(super) fn take_custodians(&mut self) -> HashMap<ItemId, Vec<PrincipalId>> {
        std::mem::take(&mut self.custodians)
    }

    /// An item that says nothing of its own.
    pub(super) fn share(&mut self, item: ItemId) {
        let depth = self.input.source.depth(item);
        self.stack.truncate(depth);
        let mut scope = Rc::clone(&self.stack[depth - 1]);
        if self.input.source.item(item).kind.counts_scopes() {
            self.count_by(Rc::make_mut(&mut scope), item);
        }
        self.stack.push(scope);
    }

    /// Whether an item has a scope of its own even where it says nothing: a list takes over from the site, and the site itself is
    /// never opened, only the library that its root stands for.
    pub(super) fn stands_alone(&self, item: ItemId) -> bool {
        let kind = self.input.source.item(item).kind;
        self.is_by_rest() && kind == ItemKind::List
    }

    /// SharePoint's own calls are at hand there, beside Graph's.
    fn is_by_rest(&self) -> bool {
        self.input.limits.graph_alone && self.is_on_site
    }

    /// A site stands in the map by its address, as no person does.
    fn enter(&mut self, root: ItemId) {
        let mapping = self.input.mapping;
        let custodians = self.input.source.item(root).custodians.iter();
        let targets = custodians.filter_map(|one| mapping.target_of(*one).ok());
        let mut keys = targets.map(|target| &mapping.target().principal(target).key);
        self.is_on_site = keys.any(|key| key.starts_with("https://"));
        if self.is_on_site {
            self.sites.insert(root);
        }
    }

    pub(super) fn is_unwritten(&self, item: ItemId) -> bool {
        self.stack[self.input.source.depth(item)]
            .unwritten
            .is_some()
    }

    fn count_by(&self, scope: &mut Scope, item: ItemId) {
        let kind = self.input.source.item(item).kind;
        if kind.counts_scopes() || scope.counted_by.is_none() {
            scope.counted_by = Some(item);
        }
    }

    /// Decides an item; whether it inherits in the target.
    pub(super) fn decide(&mut self, item: ItemId, walker: &Walker<'_>) -> bool {
        let source = self.input.source;
        let depth = source.depth(item);
        if depth == 0 {
            self.enter(item);
        }
        self.stack.truncate(depth);
        let above = depth.checked_sub(1).map(|at| Rc::clone(&self.stack[at]));
        let above = above.as_deref();
        let mut scope = self.wanted(item, above, walker.effective());
        self.keep_custodians(item, &mut scope);
        if scope.access.len() > self.input.limits.principals_max {
            scope.access.clear();
            self.hold(item, Reason::TooManyPrincipals);
        }
        let inherits = above.is_some_and(|above| self.is_same_as(item, &scope, above, walker));
        if let (true, Some(above)) = (inherits, above) {
            scope.at = above.at;
            scope.access.clone_from(&above.access);
            self.say(item, Kept::Inherited);
        } else {
            scope.at = Some(item);
            if depth > 0 {
                self.bear(item, &mut scope);
            }
            if scope.unwritten.is_none() {
                self.write(item, &scope);
            }
        }
        if let Some(reason) = scope.unwritten {
            self.wait(item, reason);
        }
        self.stack.push(Rc::new(scope));
        inherits
    }

    /// The access that the source says, in the target's principals.
    fn wanted(&mut self, item: ItemId, above: Option<&Scope>, effective: &Effective) -> Scope {
        let source = self.input.source;
        let own = source.own_grants(item);
        let mut scope = Scope::default();
        if let Some(above) = above {
            scope.unwritten = above.unwritten;
            scope.counted_by = above.counted_by;
            if source.item(item).inherits {
                scope.access.clone_from(&above.access);
                scope.grants.clone_from(&above.grants);
                scope.has_deny = above.has_deny;
            }
        }
        self.count_by(&mut scope, item);
        if effective.is_unknown() {
            scope.access.clear();
            scope.grants.clear();
            self.hold(item, Reason::AccessUnknown);
            return scope;
        }
        let is_deny = |grant: usize| source.grants()[grant].effect == Effect::Deny;
        scope.grants.extend(own.clone());
        scope.has_deny |= own.clone().any(is_deny);
        for grant in own {
            self.outcomes[grant] = match self.translate(grant, item, effective) {
                Ok((target, level)) => {
                    let (how, access) = self.granted(target, level);
                    if !scope.has_deny {
                        scope.access.extend(access);
                    }
                    Outcome::Kept(how, level)
                }
                Err(outcome) => outcome,
            };
        }
        if scope.has_deny {
            self.cut_by_denies(item, &mut scope, effective);
        }
        tidy(&mut scope.access);
        self.leave_out_covered(&mut scope.access);
        scope
    }

    /// What a grant of the source is on an item of the target, that grant alone.
    fn translate(
        &self,
        grant: usize,
        item: ItemId,
        effective: &Effective,
    ) -> Result<(PrincipalId, Level), Outcome> {
        let input = self.input;
        let grant = input.source.grants()[grant];
        let kind = input.source.item(item).kind;
        if grant.effect == Effect::Deny {
            return Err(Outcome::Kept(Kept::LeftOut, Level::None));
        }
        let principal = input.directory.principal(grant.principal).kind;
        if principal == PrincipalKind::Organisation && grant.kind == GrantKind::Link {
            return Err(Outcome::Out(Reason::OrganisationLink));
        }
        let target = input.mapping.target_of(grant.principal);
        let target = target.map_err(Outcome::Out)?;
        if grant.expires {
            return Err(Outcome::Out(Reason::Expires));
        }
        if kind.road() == Road::Exchange {
            return Err(Outcome::Out(Reason::NeedsExchange));
        }
        let is_root = input.source.item(grant.item).parent.is_none();
        // What a person would do about it differs, and so does the reason.
        match kind.road() {
            Road::Calendar if input.limits.graph_alone => {
                return Err(Outcome::Out(Reason::NeedsCalendar));
            }
            Road::Membership if input.limits.graph_alone => {
                return Err(Outcome::Out(Reason::NeedsMembership));
            }
            _ => {}
        }
        let by_invite = input.limits.graph_alone && !self.is_on_site;
        let needs_sharepoint = is_root || principal == PrincipalKind::SiteGroup;
        if by_invite && needs_sharepoint {
            return Err(Outcome::Out(Reason::NeedsSharePoint));
        }
        let mut level = kind.clamp(grant.level);
        if level == Level::Full && by_invite {
            level = Level::Write;
        }
        if level == Level::None {
            return Err(Outcome::Out(Reason::LevelUnknown));
        }
        if input.mapping.sources_of(target).len() > 1 && level > self.bound(target, effective) {
            return Err(Outcome::Out(Reason::TwoToOne));
        }
        Ok((target, level))
    }

    /// Whom a grant lets in, and how. The groups of the new site are not those of the old one: whoever is in one is let in.
    fn granted(&self, target: PrincipalId, level: Level) -> (Kept, Vec<(PrincipalId, Level)>) {
        let directory = self.input.mapping.target();
        let is_site_group = |id| directory.principal(id).kind == PrincipalKind::SiteGroup;
        if !(self.is_by_rest() && is_site_group(target)) {
            return (Kept::Granted, vec![(target, level)]);
        }
        let mut seen = BTreeSet::from([target]);
        let (mut open, mut access) = (vec![target], Vec::new());
        while let Some(group) = open.pop() {
            for member in &directory.principal(group).members {
                if !is_site_group(*member) {
                    access.push((*member, level));
                } else if seen.insert(*member) {
                    open.push(*member);
                }
            }
        }
        (Kept::People, access)
    }

    /// What everybody had who is this one in the target.
    fn bound(&self, target: PrincipalId, effective: &Effective) -> Level {
        let sources = self.input.mapping.sources_of(target).iter();
        let persons = sources.map(|source| self.input.membership.person(*source));
        // A group is bounded by its members, who are each in all of its sources.
        persons
            .map(|person| person.map_or(Level::Full, |person| effective.level(person)))
            .min()
            .unwrap_or_default()
    }

    /// SharePoint has no deny: what one takes away is not granted. A group that it cuts through is written as people.
    fn cut_by_denies(&mut self, item: ItemId, scope: &mut Scope, effective: &Effective) {
        let source = self.input.source;
        scope.access.clear();
        for grant in scope.grants.clone() {
            let found = source.grants()[grant];
            // Whom it takes something from is not known: nobody gets anything.
            if found.effect == Effect::Deny && !self.input.membership.is_known(found.principal) {
                return self.hold_denied(item, scope);
            }
            let Ok((target, level)) = self.translate(grant, item, effective) else {
                continue;
            };
            let numbers = self.input.membership.numbers(found.principal);
            let is_whole = numbers.iter().all(|one| effective.level(*one) >= level);
            if is_whole {
                scope.access.extend(self.granted(target, level).1);
                continue;
            }
            let people = self.as_people(item, (found.principal, level), effective);
            let Some(people) = people else {
                return self.hold_denied(item, scope);
            };
            let kept = if people.is_empty() {
                Kept::LeftOut
            } else {
                Kept::People
            };
            if found.item == item {
                self.outcomes[grant] = Outcome::Kept(kept, level);
            }
            scope.access.extend(people);
        }
    }

    fn hold_denied(&mut self, item: ItemId, scope: &mut Scope) {
        scope.access.clear();
        self.hold(item, Reason::NestedDeny);
    }

    fn as_people(
        &mut self,
        item: ItemId,
        (principal, level): (PrincipalId, Level),
        effective: &Effective,
    ) -> Option<Vec<(PrincipalId, Level)>> {
        let input = self.input;
        let people = if input.directory.principal(principal).kind.is_single() {
            vec![principal]
        } else {
            input.mapping.reachable(input.directory, principal)
        };
        if people.len() > input.limits.people_for_group_max {
            return None;
        }
        let kind = input.source.item(item).kind;
        let mut access = Vec::new();
        for person in people {
            let Ok(target) = input.mapping.target_of(person) else {
                continue;
            };
            let bound = self.bound(target, effective);
            let own = input.membership.person(person);
            if own.is_some_and(|own| effective.level(own) > bound) {
                self.people_out.push((item, person, Reason::TwoToOne));
            }
            let level = kind.clamp(level.min(bound));
            if level > Level::None {
                access.push((target, level));
            }
        }
        Some(access)
    }

    /// A person whom a group gives at least as much needs no call: permission calls are what a restore has least of.
    fn leave_out_covered(&self, access: &mut Vec<(PrincipalId, Level)>) {
        let target = self.input.mapping.target();
        let membership = self.input.target_membership;
        let groups: Vec<(PrincipalId, Level)> = access
            .iter()
            .filter(|(id, _)| target.principal(*id).kind.is_group())
            .copied()
            .collect();
        if groups.is_empty() {
            return;
        }
        access.retain(|(id, level)| {
            let Some(person) = membership.person(*id) else {
                return true;
            };
            !groups
                .iter()
                .any(|(group, given)| given >= level && membership.contains(*group, person))
        });
    }

    /// Whether an item may go without a scope of its own: what lies above gives the same to everybody. Where the source gave
    /// somebody less than above it keeps its own in any case, else a release above would open it.
    fn is_same_as(&self, item: ItemId, scope: &Scope, above: &Scope, walker: &Walker<'_>) -> bool {
        let kind = self.input.source.item(item).kind;
        if kind.stands_alone() || self.stands_alone(item) || self.custodians.contains_key(&item) {
            return false;
        }
        let before = walker.above().filter(|above| !above.is_unknown());
        if before.is_some_and(|before| !walker.effective().gives_no_less(before)) {
            return false;
        }
        let people =
            |scope: &Scope| Effective::of_access(&scope.access, self.input.target_membership);
        scope.access == above.access || people(scope).is_same(&people(above))
    }

    /// Counts a new scope; where there cannot be one, the item is not written: with what lies above it would be wider.
    fn bear(&mut self, item: ItemId, scope: &mut Scope) {
        if scope.unwritten.is_some() {
            return;
        }
        let input = self.input;
        let above = self.stack.last().and_then(|above| above.at);
        let counter = self
            .stack
            .last()
            .and_then(|above| above.counted_by)
            .unwrap_or(item);
        let count = self.counts.entry(counter).or_default();
        let items = input.standing.get(&item).copied().unwrap_or_default();
        let reason = if above.is_some_and(|above| input.open.contains(&above)) {
            Reason::ParentOpen
        } else if items > input.limits.items_to_break_max {
            Reason::Crowded
        } else if *count >= input.limits.scopes_max {
            Reason::ScopeLimit
        } else {
            *count += 1;
            return;
        };
        scope.unwritten = Some(reason);
        self.hold(item, reason);
    }

    fn write(&mut self, item: ItemId, scope: &Scope) {
        for (principal, level) in &scope.access {
            self.grants.push(Grant {
                item,
                principal: *principal,
                level: *level,
                effect: Effect::Allow,
                kind: GrantKind::Direct,
                expires: false,
            });
        }
        let given: HashMap<PrincipalId, Level> = scope.access.iter().copied().collect();
        for grant in self.input.source.own_grants(item) {
            let Outcome::Kept(Kept::Granted, level) = self.outcomes[grant] else {
                continue;
            };
            let principal = self.input.source.grants()[grant].principal;
            let target = self.input.mapping.target_of(principal);
            let is_given = target.is_ok_and(|id| given.get(&id).is_some_and(|have| *have >= level));
            if !is_given {
                self.outcomes[grant] = Outcome::Kept(Kept::Covered, level);
            }
        }
    }

    /// The custodian of a root is somebody in the target, or the root is not written.
    fn keep_custodians(&mut self, item: ItemId, scope: &mut Scope) {
        let source = self.input.source.item(item);
        if source.custodians.is_empty() {
            return;
        }
        let mapping = self.input.mapping;
        let mut kept = Vec::new();
        for custodian in &source.custodians {
            let target = mapping.target_of(*custodian).and_then(|target| {
                let sources = mapping.sources_of(target);
                let all = sources.iter().all(|one| source.custodians.contains(one));
                if all {
                    Ok(target)
                } else {
                    Err(Reason::TwoToOne)
                }
            });
            match target {
                Ok(target) => kept.push(target),
                Err(reason) => self.people_out.push((item, *custodian, reason)),
            }
        }
        kept.sort_unstable();
        kept.dedup();
        if kept.is_empty() {
            scope.unwritten = Some(Reason::CustodianUnmapped);
            self.hold(item, Reason::CustodianUnmapped);
        } else {
            self.custodians.insert(item, kept);
        }
    }

    fn hold(&mut self, item: ItemId, reason: Reason) {
        self.held_items.entry(item).or_insert(reason);
        self.wait(item, reason);
    }

    /// The item's own grants wait with it.
    fn wait(&mut self, item: ItemId, reason: Reason) {
        for grant in self.input.source.own_grants(item) {
            if matches!(self.outcomes[grant], Outcome::Kept(..)) {
                self.outcomes[grant] = Outcome::Out(reason);
            }
        }
    }

    fn say(&mut self, item: ItemId, how: Kept) {
        for grant in self.input.source.own_grants(item) {
            if let Outcome::Kept(Kept::Granted, level) = self.outcomes[grant] {
                self.outcomes[grant] = Outcome::Kept(how, level);
            }
        }
    }
}

/// Each principal once, with the highest of its levels.
fn tidy(access: &mut Vec<(PrincipalId, Level)>) {
    access.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    access.dedup_by_key(|(principal, _)| *principal);
}
