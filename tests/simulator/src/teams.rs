//! Teams, their channels, chats, and the import of messages into them: state and the ways in; what each call does lies below.
//! <https://learn.microsoft.com/microsoftteams/platform/graph-api/import-messages/import-external-messages-to-teams>

mod channel;
mod chat;
mod look;
mod member;
mod message;
pub(crate) mod people;
mod team;
#[cfg(test)]
mod tests;
mod thread;

use std::cell::Cell;
use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::answer::{Answer, refuse};
use crate::drive;
use crate::request::Request;
use crate::tenant::Tenant;

pub use look::{StoredPost, StoredThread};
use member::Member;
pub use people::PeopleChange;
use thread::Thread;

/// Every team and chat of the tenant.
#[derive(Debug, Default)]
pub(crate) struct Teams {
    all: Vec<Team>,
    chats: Vec<Chat>,
    /// By id: the team that it makes, and how often it was asked for.
    operations: BTreeMap<String, (String, u32)>,
    /// So many calls to a team answer 404 after its group was made.
    settle: u32,
    /// So often the directory's lists do not show a team's new group, and then so often not as a team's.
    lag: (u32, u32),
    /// Groups that the lists do not know as they are.
    lagging: BTreeMap<String, Cell<(u32, u32)>>,
    /// Groups that are still on their way to Teams.
    settling: BTreeMap<String, u32>,
    /// Whoever the next list of members leaves out that they would stand in.
    hidden: Option<String>,
    /// Who was where after each request.
    people: people::People,
}

#[derive(Clone, Debug)]
struct Team {
    /// Its group's.
    id: String,
    name: String,
    description: String,
    created: DateTime<Utc>,
    /// Made in migration mode and not completed yet.
    is_migrating: bool,
    members: Vec<Member>,
    /// General is the first.
    channels: Vec<Channel>,
}

#[derive(Clone, Debug)]
struct Channel {
    name: String,
    description: String,
    /// `standard`, `private` or `shared`.
    membership: String,
    /// Of private and shared ones.
    members: Vec<Member>,
    /// The owner of the drive that holds its files, where that is one of its own.
    site: Option<String>,
    thread: Thread,
}

#[derive(Clone, Debug)]
struct Chat {
    kind: String,
    topic: Option<String>,
    members: Vec<Member>,
    thread: Thread,
}

impl Teams {
    /// From now on, so many calls to a new team find nothing.
    pub(crate) fn set_settle(&mut self, calls: u32) {
        self.settle = calls;
    }

    /// From now on, so many lists leave the group of a new team out, and so many more show it as a group like any other.
    pub(crate) fn set_lag(&mut self, left_out: u32, plain: u32) {
        self.lag = (left_out, plain);
    }

    /// The next list of a team's members that the user would stand in leaves them out.
    pub(crate) fn hide(&mut self, user: &str) {
        self.hidden = Some(user.to_owned());
    }

    fn lag_behind(&mut self, group: &str) {
        self.lagging.insert(group.to_owned(), Cell::new(self.lag));
    }

    /// Whether a list that is asked for now shows a group, and whether as a team's.
    pub(crate) fn listed(&self, group: &str) -> Option<bool> {
        let Some(lag) = self.lagging.get(group) else {
            return Some(true);
        };
        match lag.get() {
            (0, 0) => Some(true),
            (0, plain) => {
                lag.set((0, plain - 1));
                Some(false)
            }
            (left_out, plain) => {
                lag.set((left_out - 1, plain));
                None
            }
        }
    }

    /// Whether a group is a team's.
    pub(crate) fn is_team(&self, group: &str) -> bool {
        self.known(group).is_ok()
    }

    fn known(&self, id: &str) -> Result<&Team, Answer> {
        let known = self.all.iter().find(|team| team.id == id);
        known.ok_or_else(no_team)
    }

    fn team(&mut self, id: &str) -> Result<&mut Team, Answer> {
        let known = self.all.iter_mut().find(|team| team.id == id);
        known.ok_or_else(no_team)
    }
}

impl Team {
    fn known_channel(&self, id: &str) -> Result<&Channel, Answer> {
        let known = self.channels.iter().find(|one| one.thread.id == id);
        known.ok_or_else(|| refuse(404, "NotFound", "No thread was found for that id."))
    }

    fn channel(&mut self, id: &str) -> Result<&mut Channel, Answer> {
        let known = self.channels.iter_mut().find(|one| one.thread.id == id);
        known.ok_or_else(|| refuse(404, "NotFound", "No thread was found for that id."))
    }

    /// Whether nobody may come or go: the team itself is in migration mode, or one of the channels that all see.
    fn is_closed(&self) -> bool {
        let of_all = self
            .channels
            .iter()
            .filter(|one| one.membership == "standard");
        self.is_migrating || of_all.into_iter().any(|one| one.thread.is_migrating())
    }
}

fn no_team() -> Answer {
    refuse(404, "NotFound", "No team was found with the group id.")
}

fn bad(message: &str) -> Answer {
    refuse(400, "BadRequest", message)
}

fn method() -> Answer {
    refuse(405, "MethodNotAllowed", "The method is not allowed.")
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// To the millisecond, which is all that Teams keeps.
fn millis(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
    DateTime::from_timestamp_millis(time.timestamp_millis())
}

/// `/teams…`.
fn handle(tenant: &mut Tenant, request: &Request, rest: &[&str]) -> Result<Answer, Answer> {
    let [id, rest @ ..] = rest else {
        return team::make(tenant, request);
    };
    if let Some(left) = tenant.teams.settling.get_mut(*id)
        && *left > 0
    {
        *left -= 1;
        return Err(no_team());
    }
    match rest {
        [] => team::one(tenant, request, id),
        ["completeMigration"] => team::complete(tenant, request, id),
        ["operations", operation] => team::operation(tenant, request, id, operation),
        ["members", rest @ ..] => member::of_team(tenant, request, id, rest),
        ["channels"] => channel::all(tenant, request, id),
        ["primaryChannel"] => channel::primary(tenant, request, id),
        ["channels", channel, rest @ ..] => channel::one(tenant, request, (id, channel), rest),
        _ => Err(bad("Resource not found for the segment.")),
    }
}

/// What of all paths is here.
pub(crate) fn route(
    tenant: &mut Tenant,
    request: &Request,
    parts: &[&str],
) -> Option<Result<Answer, Answer>> {
    Some(match parts {
        ["chats", rest @ ..] => chat::handle(tenant, request, rest),
        ["teams", rest @ ..] => handle(tenant, request, rest),
        ["groups", id, "team"] if request.method == "PUT" => team::of_group(tenant, request, id),
        ["groups", id, "drive", rest @ ..] => match site_of(tenant, id) {
            Some(site) => drive::handle(tenant, request, site, rest),
            None => Err(refuse(404, "itemNotFound", "There is no site yet.")),
        },
        ["users", name, "chats"] => {
            let place = tenant.user_index(name);
            let user = place.map(|place| tenant.users[place].id.clone());
            chat::of_user(tenant, request, &user.unwrap_or_default())
        }
        _ => return None,
    })
}

/// The owner of the drive behind `/groups/{id}/drive`.
fn site_of(tenant: &Tenant, group: &str) -> Option<usize> {
    team::site_of(tenant, group)
}
