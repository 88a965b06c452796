//! Sites of the clean tenant: when one may be made, who was seen in it, and when content may go into it. What was made is always
//! recorded. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, KnownCustodian};
use crate::domain::event::{
    CustodianFacts, Event, PlacesSeen, PlacesSeenFacts, SiteAttempted, SiteFacts, SiteReady,
    SiteReadyFacts,
};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// So many people may be in a site before its content is. Nobody approves more by their names; the others come in afterwards.
pub const INSIDE_MAX: usize = 500;

/// What the operator wants of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum SiteCommand {
    /// Say that it will be made.
    Attempt(SiteAttempted, SiteFacts),
    /// Say what is there.
    Ready(SiteReady, SiteReadyFacts),
    /// Say who was in the sites of a wave.
    Look(PlacesSeen, PlacesSeenFacts),
}

/// What was seen of a site last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenSite {
    /// Its members cannot share with people outside by e-mail.
    pub is_closed: bool,
    /// The object id of the group whose site it is.
    pub group: Option<String>,
    /// Who gets at all of it, by principal name in small letters; nothing where nobody could see.
    pub inside: Option<BTreeSet<String>>,
    /// Somebody looked who is in, and the names can be had.
    pub is_told: bool,
    /// Why members came in before access was compared.
    pub early: Option<String>,
}

/// By address, in small letters.
type ByAddress = BTreeMap<String, SeenSite>;

/// The sites that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sites {
    seen: ByAddress,
    /// As they were when a plan was made: who was in then is whom its approval is about.
    planned: BTreeMap<String, ByAddress>,
    early: BTreeMap<Pseudonym, String>,
}

/// Whether a custodian's content goes into a site or a library of one.
pub fn is_site(facts: &CustodianFacts) -> bool {
    let target = facts.target_upn.as_deref().unwrap_or_default();
    target.starts_with("https://")
}

fn key(address: &str) -> String {
    address.trim_end_matches('/').to_lowercase()
}

/// A library lies below the address of its site; a site below another is one of its own.
fn of_custodian<'a>(
    sites: &'a ByAddress,
    facts: &CustodianFacts,
) -> Option<(&'a str, &'a SeenSite)> {
    let target = key(facts.target_upn.as_deref()?);
    let is_library = facts.target_user_id.as_deref()?.starts_with("drive:");
    let site = match target.rsplit_once('/') {
        Some((above, _)) if is_library => above,
        _ => &target,
    };
    let (address, seen) = sites.get_key_value(site)?;
    Some((address, seen))
}

impl Sites {
    /// What was seen of the site of a custodian last, with its address.
    pub fn of(&self, facts: &CustodianFacts) -> Option<(&str, &SeenSite)> {
        of_custodian(&self.seen, facts)
    }

    /// The same as of when a plan was made.
    pub fn planned(&self, plan: &str, facts: &CustodianFacts) -> Option<(&str, &SeenSite)> {
        of_custodian(self.planned.get(plan)?, facts)
    }

    pub(super) fn freeze(&mut self, plan: &str) {
        if !self.seen.is_empty() {
            self.planned.insert(plan.to_owned(), self.seen.clone());
        }
    }

    pub(super) fn evolve(&mut self, event: &Event) {
        match event {
            Event::SiteAttempted(data, facts) => {
                if let Some(why) = facts.members_now.clone() {
                    self.early.insert(data.site.clone(), why);
                }
            }
            Event::SiteReady(data, facts) => {
                let Some(address) = &facts.address else {
                    return;
                };
                let before = self.seen.remove(&key(address)).unwrap_or_default();
                let names = facts.inside.iter().flatten().cloned();
                let seen = SeenSite {
                    is_closed: data.sharing_closed,
                    group: facts.group.clone(),
                    inside: facts.inside.is_some().then(|| names.collect()),
                    is_told: facts.inside.is_some() || data.inside.is_none(),
                    // Whoever came in for a reason is still in for it.
                    early: self.early.remove(&data.site).or(before.early),
                };
                self.seen.insert(key(address), seen);
            }
            _ => {}
        }
    }
}

impl Case {
    /// A site is made in a tenant that is connected, while the case goes on.
    pub(super) fn decide_site(&self, command: SiteCommand) -> Result<Event, Refusal> {
        match command {
            SiteCommand::Attempt(data, facts) => {
                if self.finished.is_some() {
                    return Err(Refusal::CaseFinished);
                }
                self.target.as_ref().ok_or(Refusal::NoTarget)?;
                let is_early = data.early == Some(true) && facts.members_now.is_some();
                if data.members.unwrap_or(0) > 0 && !is_early {
                    self.check_members_may_come(facts.address.as_deref().unwrap_or_default())?;
                }
                Ok(Event::SiteAttempted(Box::new(data), Box::new(facts)))
            }
            SiteCommand::Ready(data, facts) => {
                Ok(Event::SiteReady(Box::new(data), Box::new(facts)))
            }
            SiteCommand::Look(data, facts) => {
                Ok(Event::PlacesSeen(Box::new(data), Box::new(facts)))
            }
        }
    }

    /// Members see all that a site's libraries let them: they come in when its content stands and what was narrower is closed.
    pub fn check_members_may_come(&self, address: &str) -> Result<(), Refusal> {
        let in_it = |known: &&KnownCustodian| {
            let site = self.sites.of(&known.facts);
            known.is_mapped && site.is_some_and(|(of, _)| of == key(address))
        };
        let mut custodians = self.custodians.iter().filter(|(_, known)| in_it(known));
        let mut any = false;
        let is_compared = custodians.all(|(custodian, _)| {
            any = true;
            self.access.is_applied(custodian)
        });
        let stands = self.open_waves.is_empty() && self.check_no_wave_left().is_ok();
        if any && is_compared && stands && !self.adopted.is_empty() {
            return Ok(());
        }
        Err(Refusal::MembersTooEarly)
    }

    /// Whether content may go into the place of a custodian: a site is looked at first, and is closed to the outside.
    pub fn check_place(&self, custodian: &Pseudonym) -> Result<(), Refusal> {
        let Some(known) = self.custodians.get(custodian) else {
            return Ok(());
        };
        if !known.is_mapped || !is_site(&known.facts) {
            return Ok(());
        }
        match self.sites.of(&known.facts) {
            Some((_, seen)) if !seen.is_told => Err(Refusal::SiteNotSeen(custodian.to_string())),
            Some((_, seen)) if seen.is_closed => Ok(()),
            Some(_) => Err(Refusal::SiteOpen(custodian.to_string())),
            None => Err(Refusal::SiteNotSeen(custodian.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::granting::tests::{adopt_access, make_access};
    use super::super::tests::{adopt, connect, declare, given, name, plan, register};
    use super::super::{AccessCommand, Case, CaseCommand};
    use super::*;
    use crate::domain::event::{
        AccessApplied, AccessPlanned, AccessPlannedFacts, CustodianMapped, Wave,
    };

    const QUAY: &str = "https://clean.sharepoint.com/sites/quay";

    fn site(command: SiteCommand) -> CaseCommand {
        CaseCommand::Site(command)
    }

    fn attempt(members: u64, why: Option<&str>) -> CaseCommand {
        let data = SiteAttempted {
            early: why.map(|_| true),
            group: None,
            libraries: 0,
            members: Some(members),
            site: name("s1"),
        };
        let facts = SiteFacts {
            address: Some(format!("{QUAY}/")),
            members_now: why.map(str::to_owned),
            ..SiteFacts::default()
        };
        site(SiteCommand::Attempt(data, facts))
    }

    fn ready(address: &str, closed: bool, inside: Option<&[&str]>) -> CaseCommand {
        let data = SiteReady {
            inside: inside.map(|names| names.len() as u64),
            libraries: 0,
            made: false,
            sharing_closed: closed,
            site: name("s1"),
        };
        let names = inside.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let facts = SiteReadyFacts {
            address: Some(address.to_owned()),
            inside: names,
            ..SiteReadyFacts::default()
        };
        site(SiteCommand::Ready(data, facts))
    }

    fn custodian(who: &str, id: &str, target: &str) -> CaseCommand {
        let data = CustodianMapped {
            custodian: name(who),
            mapped: true,
        };
        let facts = CustodianFacts {
            source_name: Some(who.to_owned()),
            target_upn: Some(target.to_owned()),
            target_user_id: Some(id.to_owned()),
        };
        CaseCommand::MapCustodian(data, facts)
    }

    fn case(more: Vec<CaseCommand>) -> Case {
        let start = vec![
            declare(),
            register(),
            connect("t", true),
            custodian(
                "quay",
                "site:1",
                &QUAY.to_uppercase().replace("HTTPS", "https"),
            ),
            custodian("plans", "drive:2", &format!("{QUAY}/Plans")),
            custodian("below", "site:3", &format!("{QUAY}/below")),
            custodian("ann", "a1", "ann@clean.example"),
        ];
        given(start.into_iter().chain(more).collect())
    }

    #[test]
    fn a_site_is_made_in_a_tenant_that_is_connected() {
        let case: Case = given(vec![declare()]);
        assert_eq!(case.decide(attempt(0, None)), Err(Refusal::NoTarget));
        let case = given(vec![declare(), connect("t", true)]);
        assert!(case.decide(attempt(0, None)).is_ok());
    }

    #[test]
    fn content_goes_into_a_site_that_was_looked_at_and_is_closed_and_into_no_other() {
        let unseen = case(Vec::new());
        for who in ["quay", "plans", "below"] {
            let refused = Err(Refusal::SiteNotSeen(who.to_owned()));
            assert_eq!(unseen.check_place(&name(who)), refused);
        }
        assert_eq!(unseen.check_place(&name("ann")), Ok(()), "a person");
        let open = case(vec![ready(QUAY, false, Some(&["ann@x"]))]);
        for who in ["quay", "plans"] {
            let refused = Err(Refusal::SiteOpen(who.to_owned()));
            assert_eq!(open.check_place(&name(who)), refused);
        }
        let closed = case(vec![
            ready(QUAY, false, Some(&["ann@x"])),
            ready(QUAY, true, Some(&["ann@x"])),
        ]);
        assert_eq!(closed.check_place(&name("quay")), Ok(()));
        assert_eq!(closed.check_place(&name("plans")), Ok(()), "its library");
        let refused = Err(Refusal::SiteNotSeen("below".to_owned()));
        assert_eq!(closed.check_place(&name("below")), refused, "another site");
        // The newest look counts.
        let again = case(vec![
            ready(QUAY, true, Some(&["ann@x"])),
            ready(QUAY, false, Some(&["ann@x"])),
        ]);
        assert!(again.check_place(&name("quay")).is_err());
    }

    #[test]
    fn a_worker_stops_at_a_site_that_was_opened_meanwhile() {
        let wave = Wave {
            plan: "p".to_owned(),
            wave: 1,
        };
        let begun = vec![
            ready(QUAY, true, Some(&["ann@x"])),
            plan("p"),
            adopt("p"),
            CaseCommand::OpenWave(wave),
        ];
        assert_eq!(
            case(begun.clone()).check_work(&name("quay"), "p", 1),
            Ok(())
        );
        let more = begun.into_iter().chain([ready(QUAY, false, None)]);
        let refused = Err(Refusal::SiteOpen("quay".to_owned()));
        assert_eq!(
            case(more.collect()).check_work(&name("quay"), "p", 1),
            refused
        );
    }

    #[test]
    fn a_plan_is_about_those_who_were_in_when_it_was_made() {
        let case = case(vec![
            ready(QUAY, true, Some(&["ann@x"])),
            plan("p"),
            ready(QUAY, true, Some(&["ann@x", "eve@x"])),
        ]);
        let facts = &case.custodians[&name("plans")].facts;
        let of = |found: Option<(&str, &SeenSite)>| found.and_then(|(_, seen)| seen.inside.clone());
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(of(case.sites.planned("p", facts)), names(&["ann@x"]));
        assert_eq!(of(case.sites.of(facts)), names(&["ann@x", "eve@x"]));
        assert_eq!(of(case.sites.planned("q", facts)), None);
    }

    fn opened(custodian: &str) -> CaseCommand {
        let data = AccessPlanned {
            custodian: name(custodian),
            held: 0,
            kept: 1,
            lost: 0,
            object: "o".to_owned(),
            plan: Some("a".to_owned()),
            reasons: BTreeMap::new(),
            released: 0,
            scopes: 1,
            steps: 2,
        };
        CaseCommand::Access(AccessCommand::Plan(data, AccessPlannedFacts::default()))
    }

    fn applied(custodian: &str, failed: u64) -> CaseCommand {
        CaseCommand::Access(AccessCommand::Apply(AccessApplied {
            absent: 0,
            custodian: name(custodian),
            failed,
            made: 1,
            object: "o".to_owned(),
        }))
    }

    #[test]
    fn members_come_in_when_the_content_stands_and_is_closed_or_for_a_reason_that_is_on_the_record()
    {
        let early = Err(Refusal::MembersTooEarly);
        let start = || {
            vec![
                ready(QUAY, true, Some(&["ann@x"])),
                plan("p"),
                adopt("p"),
                make_access("a", None),
                adopt_access("a", None),
            ]
        };
        let with = |more: Vec<CaseCommand>| case(start().into_iter().chain(more).collect());
        assert_eq!(with(Vec::new()).decide(attempt(1, None)), early);
        assert!(with(Vec::new()).decide(attempt(0, None)).is_ok(), "nobody");
        let quay = || vec![opened("quay"), applied("quay", 0)];
        let half = with(quay());
        assert_eq!(half.decide(attempt(1, None)), early, "its library is not");
        let plans = |failed| [opened("plans"), applied("plans", failed)];
        let failed = with(quay().into_iter().chain(plans(1)).collect());
        assert_eq!(failed.decide(attempt(1, None)), early, "a call failed");
        let whole = with(quay().into_iter().chain(plans(0)).collect());
        assert!(whole.decide(attempt(1, None)).is_ok());
        let said = with(Vec::new()).decide(attempt(1, Some("the board asked")));
        assert!(said.is_ok());
        let told = with(vec![
            attempt(1, Some("the board asked")),
            ready(QUAY, true, Some(&["ann@x", "ben@x"])),
            ready(QUAY, true, Some(&["ann@x", "ben@x"])),
        ]);
        let facts = &told.custodians[&name("quay")].facts;
        let (_, seen) = told.sites.of(facts).expect("seen");
        assert_eq!(seen.early.as_deref(), Some("the board asked"));
    }
}
