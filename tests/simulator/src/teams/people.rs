//! Who is in which team, private or shared channel, chat and group after each request that may change it: the whole history, so
//! that a test sees the moments between the calls as well as the end.

use std::collections::{BTreeMap, BTreeSet};

use super::Member;
use crate::inspect::Inspect;
use crate::request::Request;
use crate::server::lock;
use crate::tenant::Tenant;

/// What a request changed in who is where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleChange {
    /// Its method and path.
    pub call: String,
    /// `team NAME`, `channel TEAM/NAME`, `chat TOPIC` or `group NAME`.
    pub place: String,
    /// Principal names.
    pub people: BTreeSet<String>,
}

/// The history, once somebody asked for it.
#[derive(Debug, Default)]
pub(crate) struct People {
    is_recorded: bool,
    last: BTreeMap<String, BTreeSet<String>>,
    history: Vec<PeopleChange>,
}

fn now(tenant: &Tenant) -> BTreeMap<String, BTreeSet<String>> {
    let upn = |id: &String| {
        let user = tenant.users.iter().find(|user| user.id == *id);
        user.map_or_else(|| id.clone(), |user| user.upn.clone())
    };
    let of = |members: &[Member]| members.iter().map(|one| upn(&one.user)).collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for team in &tenant.teams.all {
        found.insert(format!("team {}", team.name), of(&team.members));
        let own = team.channels.iter();
        for channel in own.filter(|one| one.membership != "standard") {
            let place = format!("channel {}/{}", team.name, channel.name);
            found.insert(place, of(&channel.members));
        }
    }
    for chat in &tenant.teams.chats {
        let topic = chat.topic.as_deref().unwrap_or_default();
        found.insert(format!("chat {topic}"), of(&chat.members));
    }
    for group in &tenant.access.groups {
        let all = group.members.iter().chain(&group.owners);
        let place = format!("group {}", group.name);
        found.insert(place, all.map(upn).collect());
    }
    found
}

/// Looks after a request.
pub(crate) fn record(tenant: &mut Tenant, request: &Request) {
    if !tenant.teams.people.is_recorded || !request.is_write() {
        return;
    }
    let now = now(tenant);
    let people = &mut tenant.teams.people;
    for (place, names) in &now {
        if people.last.get(place) != Some(names) {
            people.history.push(PeopleChange {
                call: format!("{} {}", request.method, request.path),
                place: place.clone(),
                people: names.clone(),
            });
        }
    }
    people.last = now;
}

impl Inspect {
    /// From now on who is in teams, channels, chats and groups is looked at after each request that may change it.
    pub fn record_people(&self) {
        lock(&self.0.tenant).teams.people.is_recorded = true;
    }

    /// What each request changed in that, oldest first.
    pub fn people_history(&self) -> Vec<PeopleChange> {
        lock(&self.0.tenant).teams.people.history.clone()
    }
}
