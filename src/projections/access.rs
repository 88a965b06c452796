//! Who was let into what, by custodian: planned, held, released, granted, read back. A fold of the record; it judges nothing.

use std::collections::BTreeMap;

use super::reading::{Placed, Reading};
use crate::domain::event::{
    AccessAdopted, AccessApplied, AccessCompared, AccessComparedFacts, AccessPlanned, Event,
    PlacesSeen, PlacesSeenFacts, ReleaseAsked, ReleaseFacts, SiteAttempted, SiteFacts, SiteReady,
    SiteReadyFacts, TeamAttempted, TeamCompleted, TeamFacts,
};
use crate::domain::pseudonym::Pseudonym;

/// A release that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The entry that asks.
    pub index: u64,
    /// What was asked.
    pub asked: ReleaseAsked,
    /// Why.
    pub facts: ReleaseFacts,
    /// The entry that says that two others released it.
    pub granted: Option<u64>,
    /// The entry after which it stood in the tenant as far as calls went.
    pub applied: Option<u64>,
}

/// What became of one custodian's access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfCustodian {
    /// The newest intent; without one nobody was let in by a list.
    pub planned: Option<AccessPlanned>,
    /// Its outcome, where there is one.
    pub applied: Option<AccessApplied>,
    /// The newest comparison, with its entry.
    pub compared: Option<(u64, AccessCompared, AccessComparedFacts)>,
}

/// What became of a team's or chat's people, whom no list of access names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfTeam {
    /// The newest intent, with its entry; without one it was begun and nobody came to its end yet.
    pub attempted: Option<(u64, TeamAttempted)>,
    /// Its outcome, with its entry, where there is one.
    pub completed: Option<(u64, TeamCompleted, TeamFacts)>,
}

/// One look at a site, which may have made it or let people into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfSite {
    /// The intent, with its entry.
    pub attempted: (u64, SiteAttempted, SiteFacts),
    /// What was there, with its entry, where that is on the record.
    pub ready: Option<(u64, SiteReady, SiteReadyFacts)>,
}

/// What became of access in a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// By custodian.
    pub custodians: BTreeMap<Pseudonym, OfCustodian>,
    /// The plans that were put in force, with their entries.
    pub adopted: Vec<(u64, AccessAdopted)>,
    /// Teams and chats that were begun, by custodian.
    pub teams: BTreeMap<Pseudonym, OfTeam>,
    /// By number.
    pub releases: BTreeMap<u64, Release>,
    /// Each look at a site, in the order of the record.
    pub sites: Vec<OfSite>,
    /// Who was in the sites of a wave, with the entry that says so.
    pub places: Vec<(u64, PlacesSeen, PlacesSeenFacts)>,
}

impl Access {
    /// Folds the record.
    pub fn load<R: Reading>(record: &R) -> Result<Self, R::Error> {
        let mut access = Self::default();
        record.events(&mut |placed| access.take(placed))?;
        Ok(access)
    }

    fn of(&mut self, custodian: &Pseudonym) -> &mut OfCustodian {
        self.custodians.entry(custodian.clone()).or_default()
    }

    fn take_team(&mut self, custodian: Pseudonym, index: u64, event: &Event) {
        match event {
            Event::FolderAttempted(data, _) if data.workload == "teams" => {
                self.teams.entry(custodian).or_default();
            }
            Event::TeamAttempted(data, _) => {
                let of = self.teams.entry(custodian).or_default();
                of.completed = None;
                of.attempted = Some((index, (**data).clone()));
            }
            Event::TeamCompleted(data, facts) => {
                let of = self.teams.entry(custodian).or_default();
                of.completed = Some((index, (**data).clone(), (**facts).clone()));
            }
            _ => {}
        }
    }

    fn take(&mut self, placed: Placed) {
        let index = placed.index;
        if let Some(custodian) = &placed.custodian {
            self.take_team(custodian.clone(), index, &placed.event);
        }
        match placed.event {
            Event::AccessAdopted(data, _) => self.adopted.push((index, *data)),
            Event::AccessPlanned(data, _) => {
                let of = self.of(&data.custodian);
                of.applied = None;
                of.planned = Some(*data);
            }
            Event::AccessApplied(data, _) => {
                let custodian = data.custodian.clone();
                let is_whole = data.failed == 0;
                self.of(&custodian).applied = Some(*data);
                for release in self.releases.values_mut() {
                    let waits = release.granted.is_some() && release.applied.is_none();
                    if is_whole && waits && release.asked.custodian == custodian {
                        release.applied = Some(index);
                    }
                }
            }
            Event::AccessCompared(data, facts) => {
                let custodian = data.custodian.clone();
                self.of(&custodian).compared = Some((index, *data, *facts));
            }
            Event::SiteAttempted(data, facts) => self.sites.push(OfSite {
                attempted: (index, *data, *facts),
                ready: None,
            }),
            Event::SiteReady(data, facts) => {
                let mut sites = self.sites.iter_mut();
                let of = sites.find(|of| of.attempted.1.site == data.site);
                if let Some(of) = of {
                    of.ready = Some((index, *data, *facts));
                }
            }
            Event::PlacesSeen(data, facts) => self.places.push((index, *data, *facts)),
            Event::ReleaseAsked(data, facts) => {
                let release = Release {
                    index,
                    asked: (*data).clone(),
                    facts: *facts,
                    granted: None,
                    applied: None,
                };
                self.releases.insert(data.number, release);
            }
            Event::GrantReleased(data, _) => {
                if let Some(release) = self.releases.get_mut(&data.number) {
                    release.granted = Some(index);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::scripted::{Script, name};
    use super::*;
    use crate::domain::event::{AccessPlannedFacts, GrantReleased, NoFacts};

    pub(crate) fn planned(custodian: &str) -> Event {
        let data = AccessPlanned {
            custodian: name(custodian),
            held: 2,
            kept: 3,
            lost: 1,
            object: "o".to_owned(),
            plan: Some("p".to_owned()),
            reasons: BTreeMap::from([("unmapped".to_owned(), 2), ("anyone-link".to_owned(), 1)]),
            released: 0,
            scopes: 1,
            steps: 4,
        };
        Event::AccessPlanned(Box::new(data), Box::<AccessPlannedFacts>::default())
    }

    pub(crate) fn applied(custodian: &str, failed: u64) -> Event {
        let data = AccessApplied {
            absent: 0,
            custodian: name(custodian),
            failed,
            made: 4 - failed,
            object: "o".to_owned(),
        };
        Event::AccessApplied(Box::new(data), Box::new(NoFacts {}))
    }

    pub(crate) fn compared(custodian: &str, gained: u64, object: &str) -> Event {
        let data = AccessCompared {
            absent: 0,
            custodian: name(custodian),
            declared: 1,
            gained,
            kept: 5,
            lost: 2,
            object: object.to_owned(),
        };
        let facts = AccessComparedFacts {
            declared: Some(vec!["admin@new".to_owned()]),
            digest: Some("d".to_owned()),
        };
        Event::AccessCompared(Box::new(data), Box::new(facts))
    }

    pub(crate) fn asked(custodian: &str, number: u64) -> Event {
        let data = ReleaseAsked {
            custodian: name(custodian),
            grants: 1,
            number,
            object: "r".to_owned(),
            plan: "p".to_owned(),
        };
        let facts = ReleaseFacts {
            reason: Some("the auditors".to_owned()),
        };
        Event::ReleaseAsked(Box::new(data), Box::new(facts))
    }

    pub(crate) fn granted(custodian: &str, number: u64) -> Event {
        let data = GrantReleased {
            custodian: name(custodian),
            digest: String::new(),
            grants: 1,
            number,
            proposal: String::new(),
        };
        Event::GrantReleased(Box::new(data), Box::new(NoFacts {}))
    }

    #[test]
    fn a_release_stands_in_the_tenant_only_after_an_outcome_without_failures() {
        let mut script = Script::default();
        script.case(planned("ann"));
        script.case(applied("ann", 0));
        script.case(asked("ann", 1));
        script.case(granted("ann", 1));
        let state = |script: &Script| {
            let Ok(access) = Access::load(script);
            access.releases[&1].clone()
        };
        assert_eq!(
            (state(&script).granted, state(&script).applied),
            (Some(3), None)
        );
        script.case(planned("ann"));
        script.case(applied("ann", 1));
        script.case(applied("bob", 0));
        assert_eq!(state(&script).applied, None);
        script.case(planned("ann"));
        script.case(applied("ann", 0));
        assert_eq!(state(&script).applied, Some(8));
    }

    #[test]
    fn an_intent_without_an_outcome_shows() {
        let mut script = Script::default();
        script.case(planned("ann"));
        script.case(applied("ann", 0));
        script.case(planned("ann"));
        let Ok(access) = Access::load(&script);
        let ann = &access.custodians[&name("ann")];
        assert!(ann.planned.is_some() && ann.applied.is_none());
    }
}
