//! What the tests see of teams and chats: the simulator's own truth.

use std::collections::BTreeSet;

use super::thread::Thread;
use super::{Channel, Member};
use crate::inspect::Inspect;
use crate::server::lock;
use crate::tenant::Tenant;

/// One message, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPost {
    /// When it says that it was written.
    pub created: String,
    /// The author's principal name.
    pub author: String,
    /// What it says, as HTML or text.
    pub content: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its importance, in Graph's word.
    pub importance: Option<String>,
    /// The time of the message that it answers.
    pub reply_to: Option<i64>,
    /// Its images.
    pub images: Vec<Vec<u8>>,
}

/// A channel or a chat, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredThread {
    /// The team's name; empty for a chat.
    pub team: String,
    /// The channel's name, or the chat's topic.
    pub name: String,
    /// `standard`, `private`, `shared`, `oneOnOne` or `group`.
    pub kind: String,
    /// It is still migrated into.
    pub is_migrating: bool,
    /// Principal names of those who see it, owners with a star.
    pub members: BTreeSet<String>,
    /// By time.
    pub posts: Vec<StoredPost>,
    /// How many messages were ever taken in.
    pub imported: u64,
}

impl Inspect {
    /// Every channel and chat.
    pub fn threads(&self) -> Vec<StoredThread> {
        let tenant = lock(&self.0.tenant);
        let mut all = Vec::new();
        for team in &tenant.teams.all {
            for channel in &team.channels {
                let members = if channel.membership == "standard" {
                    &team.members
                } else {
                    &channel.members
                };
                let named = (&*team.name, &*channel.name, &*channel.membership);
                all.push(stored(&tenant, named, members, &channel.thread));
            }
        }
        for chat in &tenant.teams.chats {
            let topic = chat.topic.as_deref().unwrap_or_default();
            let named = ("", topic, &*chat.kind);
            all.push(stored(&tenant, named, &chat.members, &chat.thread));
        }
        all
    }

    /// Whether a team of that name is still in migration mode; `None` where there is none, or more than one.
    pub fn is_team_migrating(&self, name: &str) -> Option<bool> {
        let tenant = lock(&self.0.tenant);
        let mut named = tenant.teams.all.iter().filter(|team| team.name == name);
        let team = named.next()?;
        named.next().is_none().then_some(team.is_migrating)
    }

    /// From now on so many calls to a new team find nothing.
    pub fn set_team_settle(&self, calls: u32) {
        lock(&self.0.tenant).teams.set_settle(calls);
    }

    /// From now on so many lists of the directory leave the group of a new team out, and so many more show it as no team's.
    pub fn set_team_lag(&self, left_out: u32, plain: u32) {
        lock(&self.0.tenant).teams.set_lag(left_out, plain);
    }

    /// Leaves somebody out of the next list of a team's members that they would stand in.
    pub fn hide_member(&self, upn: &str) {
        let mut tenant = lock(&self.0.tenant);
        if let Some(place) = tenant.user_index(upn) {
            let user = tenant.users[place].id.clone();
            tenant.teams.hide(&user);
        }
    }

    /// Whoever is in a team gives it another name.
    pub fn rename_team(&self, team: &str, name: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let mut teams = tenant.teams.all.iter_mut();
        let found = teams.find(|known| known.name == team);
        found
            .map(|team| {
                name.clone_into(&mut team.name);
                team.id.clone()
            })
            .and_then(|id| tenant.access.groups.iter_mut().find(|group| group.id == id))
            .map(|group| name.clone_into(&mut group.name))
            .is_some()
    }

    /// The same with a channel.
    pub fn rename_channel(&self, team: &str, channel: &str, name: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let mut teams = tenant.teams.all.iter_mut();
        let found = teams.find(|known| known.name == team);
        let found = found.and_then(|team| team.channels.iter_mut().find(|one| one.name == channel));
        found.map(|one| name.clone_into(&mut one.name)).is_some()
    }

    /// What a team is for, by its name.
    pub fn team_purpose(&self, name: &str) -> Option<String> {
        let tenant = lock(&self.0.tenant);
        let mut named = tenant.teams.all.iter().filter(|team| team.name == name);
        named.next().map(|team| team.description.clone())
    }

    /// The names of all teams, sorted.
    pub fn teams(&self) -> Vec<String> {
        let tenant = lock(&self.0.tenant);
        let mut names: Vec<String> = tenant
            .teams
            .all
            .iter()
            .map(|one| one.name.clone())
            .collect();
        names.sort();
        names
    }

    /// The drive of a channel's files: the id of its owner, for [`Inspect::files`].
    pub fn channel_files(&self, team: &str, channel: &str) -> Option<String> {
        let tenant = lock(&self.0.tenant);
        let team = tenant.teams.all.iter().find(|known| known.name == team)?;
        let is_it = |known: &&Channel| known.name == channel;
        let channel = team.channels.iter().find(is_it)?;
        channel.site.clone().or_else(|| {
            let place = super::site_of(&tenant, &team.id)?;
            Some(tenant.users[place].id.clone())
        })
    }

    /// A team that people made; its id.
    pub fn plant_team(&self, name: &str, owners: &[&str]) -> String {
        let mut tenant = lock(&self.0.tenant);
        let places = owners.iter().filter_map(|upn| tenant.user_index(upn));
        let owners: Vec<String> = places.map(|place| tenant.users[place].id.clone()).collect();
        super::team::plant(&mut tenant, name, &owners)
    }

    /// A channel that somebody made in a team.
    pub fn plant_channel(&self, team: &str, name: &str, membership: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let now = tenant.clock.now();
        let id = format!("19:{:032x}@thread.tacv2", tenant.seeded.next());
        let mut teams = tenant.teams.all.iter_mut();
        let Some(team) = teams.find(|known| known.name == team) else {
            return false;
        };
        team.channels.push(Channel {
            name: name.to_owned(),
            description: String::new(),
            membership: membership.to_owned(),
            members: Vec::new(),
            site: None,
            thread: Thread::new(id, now, None),
        });
        true
    }

    /// Somebody lets somebody else into a channel that has members of its own.
    pub fn plant_channel_member(&self, team: &str, channel: &str, upn: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(upn) else {
            return false;
        };
        let user = tenant.users[place].id.clone();
        let member = Member::new(&tenant, &user, false);
        let mut teams = tenant.teams.all.iter_mut();
        let found = teams.find(|known| known.name == team);
        let found = found.and_then(|team| team.channels.iter_mut().find(|one| one.name == channel));
        found.map(|one| one.members.push(member)).is_some()
    }

    /// Somebody else's message stands in a channel already.
    pub fn plant_post(&self, team: &str, channel: &str, ms: i64, content: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let mut teams = tenant.teams.all.iter_mut();
        let Some(team) = teams.find(|known| known.name == team) else {
            return false;
        };
        let mut channels = team.channels.iter_mut();
        let Some(channel) = channels.find(|known| known.name == channel) else {
            return false;
        };
        channel.thread.plant(ms, content);
        true
    }

    /// Changes the text of a message behind everybody's back.
    pub fn change_post(&self, team: &str, channel: &str, ms: i64, content: &str) -> bool {
        self.plant_post(team, channel, ms, content)
    }
}

fn stored(
    tenant: &Tenant,
    (team, name, kind): (&str, &str, &str),
    members: &[Member],
    thread: &Thread,
) -> StoredThread {
    let upn = |id: &str| {
        let user = tenant.users.iter().find(|user| user.id == id);
        user.map_or_else(|| id.to_owned(), |user| user.upn.clone())
    };
    let posts = thread.messages.values().map(|message| {
        let text = |name: &str| Some(message.json.get(name)?.as_str()?.to_owned());
        let author = message.json["from"]["user"]["id"].as_str();
        let content = message.json["body"]["content"].as_str();
        StoredPost {
            created: text("createdDateTime").unwrap_or_default(),
            author: author.map(upn).unwrap_or_default(),
            content: content.unwrap_or_default().to_owned(),
            subject: text("subject"),
            importance: text("importance"),
            reply_to: message.reply_to,
            images: message
                .hosted
                .iter()
                .map(|(.., bytes)| bytes.clone())
                .collect(),
        }
    });
    let star = |one: &Member| if one.is_owner { "*" } else { "" };
    let members = members.iter();
    StoredThread {
        team: team.to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        is_migrating: thread.is_migrating(),
        members: members
            .map(|one| format!("{}{}", upn(&one.user), star(one)))
            .collect(),
        posts: posts.collect(),
        imported: thread.imported,
    }
}

impl Thread {
    fn plant(&mut self, ms: i64, content: &str) {
        let created = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
        let json = serde_json::json!({
            "id": ms.to_string(), "replyToId": null, "messageType": "message",
            "createdDateTime": super::millis(created), "subject": null,
            "from": {"user": {"id": "somebody", "userIdentityType": "aadUser"}},
            "body": {"contentType": "html", "content": content},
            "attachments": [], "mentions": [], "reactions": [],
        });
        let serde_json::Value::Object(json) = json else {
            return;
        };
        let reply_to = self.messages.get(&ms).and_then(|known| known.reply_to);
        let message = super::thread::Message {
            json,
            reply_to,
            hosted: Vec::new(),
        };
        self.messages.insert(ms, message);
    }
}
