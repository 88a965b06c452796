//! Who writes what when: makes the planned team from the source's, and gives each message a millisecond of its own. Decided in the
//! plan, so that a retry writes the same thing at the same time and the service itself refuses a second copy.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::planned::LeftOut;
use super::{
    Channel, Kind, Member, Membership, Outline, People, PlannedChannel, PlannedMember, PlannedPost,
    PlannedTeam, Road, Team,
};

/// "Body about 28 KB": with room for a stand-in's line.
pub(super) const TEXT_BYTES_MAX: u64 = 27 * 1024;
/// Nobody is mapped who wrote it, and nobody stands in.
pub(super) const AUTHOR_NOT_MAPPED: &str = "author-not-mapped";
/// It says that it was written after the backup was taken.
pub(super) const DATED_LATER: &str = "dated-after-the-backup";
/// It says nothing of when it was written.
pub(super) const NO_DATE: &str = "no-date";
/// Its text is larger than Teams takes.
pub(super) const TEXT_TOO_LARGE: &str = "chat-text-too-large";
/// Nobody who owns the team is mapped.
pub(super) const NO_OWNER: &str = "team-without-owner";
/// Nobody who owns the channel is mapped.
pub(super) const NO_CHANNEL_OWNER: &str = "channel-without-owner";
/// Of a chat of two, one is not mapped; of a chat of more, fewer than two are.
pub(super) const CHAT_PARTNER: &str = "chat-partner-not-mapped";
/// The team or chat itself is not in the backup.
pub(super) const NO_TEAM: &str = "team-not-in-backup";

/// The planned times of one custodian's conversations.
#[derive(Clone, Debug)]
pub struct Schedule {
    people: People,
    taken_at: Option<DateTime<Utc>>,
    team: Option<PlannedTeam>,
    held: Option<&'static str>,
    /// It waits for people, and what belongs into it with it.
    is_team_held: bool,
    used: HashMap<String, BTreeSet<i64>>,
    /// By channel and id: the planned time of messages that others may answer.
    roots: HashMap<(String, String), i64>,
}

impl Schedule {
    /// Nothing planned yet; the backup was taken then.
    pub fn new(people: People, taken_at: Option<DateTime<Utc>>) -> Self {
        Self {
            people,
            taken_at,
            team: None,
            held: Some(NO_TEAM),
            is_team_held: false,
            used: HashMap::new(),
            roots: HashMap::new(),
        }
    }

    /// A time that an earlier plan gave: it stays with its message.
    pub fn reserve(&mut self, post: &PlannedPost) {
        if let Some(ms) = millis_of(&post.at) {
            self.used
                .entry(post.channel.clone())
                .or_default()
                .insert(ms);
        }
    }

    /// Plans the team itself; `Err` says why it is held, and with it all that is in it. `mark` makes its nickname nobody else's.
    pub fn team(
        &mut self,
        team: &Team,
        mark: &str,
        is_existing: bool,
    ) -> (PlannedTeam, Option<&'static str>) {
        let mut planned = planned_team(team, &self.people, mark);
        if is_existing {
            // Only a team that is made in migration mode takes channels that are.
            planned.road = Road::Start;
        }
        let owners = planned.members.iter().filter(|one| one.owner).count();
        self.held = match team.kind {
            Kind::Team if owners == 0 && !is_existing => Some(NO_OWNER),
            Kind::Group if planned.members.len() < 2 => Some(CHAT_PARTNER),
            Kind::OneOnOne if planned.members.len() != 2 => Some(CHAT_PARTNER),
            Kind::Team | Kind::Group | Kind::OneOnOne => None,
        };
        self.team = Some(planned.clone());
        (planned, self.held)
    }

    /// The team itself is held until people release it.
    pub fn hold_team(&mut self) {
        self.is_team_held = true;
    }

    /// Whether it is.
    pub fn is_team_held(&self) -> bool {
        self.is_team_held
    }

    /// The name of a channel that has that id in the old tenant; the empty name is a chat.
    fn held_in(&self, channel: &str) -> Option<&'static str> {
        let team = self.team.as_ref()?;
        if !team.is_team() {
            return None;
        }
        match team.channels.iter().find(|known| known.id == channel) {
            None => Some(NO_TEAM),
            Some(known) if known.held == NO_CHANNEL_OWNER => Some(NO_CHANNEL_OWNER),
            Some(_) => None,
        }
    }

    /// Plans a message that waits for people: its millisecond is nobody else's from now on. Nothing is put below it, since it may
    /// never be there.
    pub fn post_by_itself(
        &mut self,
        outline: &Outline,
        known: Option<&PlannedPost>,
    ) -> Result<PlannedPost, &'static str> {
        let place = (outline.channel.clone(), outline.id.clone());
        // What it was before may stand there: answers belong to that.
        let before = self.roots.get(&place).copied();
        let planned = self.post(outline, known);
        match before {
            Some(before) => self.roots.insert(place, before),
            None => self.roots.remove(&place),
        };
        planned
    }

    /// Plans one message; `known` is what an earlier plan said of it. `Err` says why it is held.
    pub fn post(
        &mut self,
        outline: &Outline,
        known: Option<&PlannedPost>,
    ) -> Result<PlannedPost, &'static str> {
        if let Some(held) = self.held.or_else(|| self.held_in(&outline.channel)) {
            return Err(held);
        }
        if outline.text_bytes > TEXT_BYTES_MAX {
            return Err(TEXT_TOO_LARGE);
        }
        let created = outline.created.ok_or(NO_DATE)?;
        if self.taken_at.is_some_and(|taken| created > taken) {
            return Err(DATED_LATER);
        }
        let mapped = self.people.user(&outline.author).map(str::to_owned);
        let stand_in = mapped.is_none();
        let author = mapped.or_else(|| self.people.stand_in().map(str::to_owned));
        let author = author.ok_or(AUTHOR_NOT_MAPPED)?;
        let channel = outline.channel.clone();
        let parent = (channel.clone(), outline.reply_to.clone());
        let parent = self.roots.get(&parent).copied();
        let wanted = created.timestamp_millis();
        let used = self.used.entry(channel.clone()).or_default();
        let ms = match known.and_then(|known| millis_of(&known.at)) {
            Some(ms) => ms,
            // A reply stands after what it answers.
            None => free(used, parent.map_or(wanted, |parent| wanted.max(parent + 1))),
        };
        used.insert(ms);
        if outline.reply_to.is_empty() {
            self.roots.insert((channel.clone(), outline.id.clone()), ms);
        }
        Ok(PlannedPost {
            channel,
            at: text_of(ms),
            author,
            stand_in,
            shift_ms: ms - wanted,
            reply_to: parent.map(text_of).unwrap_or_default(),
            orphan: parent.is_none() && !outline.reply_to.is_empty(),
        })
    }
}

fn free(used: &BTreeSet<i64>, wanted: i64) -> i64 {
    let mut ms = wanted;
    for taken in used.range(wanted..) {
        if *taken != ms {
            break;
        }
        ms += 1;
    }
    ms
}

fn millis_of(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis())
}

fn text_of(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Teams began in March 2017: where a source says nothing of when a team was made, it was not before.
fn began() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_489_449_600_000).unwrap_or_default()
}

/// Before its first message, and never after it was made.
fn opened(created: Option<DateTime<Utc>>, earliest: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let first = earliest.map(|first| first - TimeDelta::seconds(1));
    let opened = match (created, first) {
        (Some(created), Some(first)) => created.min(first),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => began(),
    };
    DateTime::from_timestamp_millis(opened.timestamp_millis()).unwrap_or(opened)
}

fn planned_team(team: &Team, people: &People, mark: &str) -> PlannedTeam {
    let (members, left_out) = members(&team.members, people);
    let mut created = opened(team.created, team.earliest);
    let mut channels: Vec<PlannedChannel> = Vec::new();
    for channel in &team.channels {
        let opened = opened(channel.created, channel.earliest);
        created = created.min(opened);
        channels.push(planned_channel(channel, people, &members, opened));
    }
    // A private channel needs an owner who is in the team, and in migration mode nobody is in it.
    let all_see = team
        .channels
        .iter()
        .all(|one| one.membership == Membership::Standard);
    let is_team = team.kind == Kind::Team;
    let road = if is_team && all_see {
        Road::Creation
    } else {
        Road::Start
    };
    if road == Road::Creation || team.kind == Kind::Group {
        created -= own_offset(mark);
    }
    if let Some(general) = channels.iter_mut().find(|channel| channel.general) {
        // General is made with its team and has its time.
        general.created = text_of(created.timestamp_millis());
    }
    PlannedTeam {
        kind: team.kind.name().to_owned(),
        road,
        name: team.name.clone(),
        description: team.description.clone(),
        nickname: nickname(&team.name, mark),
        made_private: is_team && !team.is_private,
        created: text_of(created.timestamp_millis()),
        members,
        left_out,
        channels,
    }
}

fn planned_channel(
    channel: &Channel,
    people: &People,
    of_team: &[PlannedMember],
    opened: DateTime<Utc>,
) -> PlannedChannel {
    let is_standard = channel.membership == Membership::Standard;
    let (mut members, mut left_out) = members(&channel.members, people);
    if is_standard {
        (members, left_out) = (Vec::new(), Vec::new());
    }
    if channel.membership == Membership::Private {
        // Whoever is not in the team cannot be in its private channel.
        let (inside, outside): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|one| of_team.iter().any(|own| own.user == one.user));
        members = inside;
        left_out.extend(outside.into_iter().map(|one| LeftOut {
            who: one.user,
            why: "not-in-team".to_owned(),
        }));
    }
    let has_owner = is_standard || members.iter().any(|one| one.owner);
    PlannedChannel {
        id: channel.id.clone(),
        name: channel.name.clone(),
        description: channel.description.clone(),
        membership: channel.membership.name().to_owned(),
        general: channel.is_general,
        created: text_of(opened.timestamp_millis()),
        members,
        left_out,
        files_url: channel.files_url.clone(),
        held: if has_owner { "" } else { NO_CHANNEL_OWNER }.to_owned(),
    }
}

/// By the map: whoever is not in it gets nothing, and nobody from outside comes along.
fn members(all: &[Member], people: &People) -> (Vec<PlannedMember>, Vec<LeftOut>) {
    let (mut members, mut left_out) = (Vec::<PlannedMember>::new(), Vec::new());
    for member in all {
        let user = people.user(&member.person).filter(|_| !member.is_outside);
        let Some(user) = user else {
            let person = &member.person;
            let known = [&person.address, &person.name, &person.id];
            let who = known.into_iter().find(|word| !word.is_empty());
            left_out.push(LeftOut {
                who: who.cloned().unwrap_or_default(),
                why: if member.is_outside {
                    "from-outside"
                } else {
                    "not-mapped"
                }
                .to_owned(),
            });
            continue;
        };
        match members.iter_mut().find(|known| known.user == user) {
            // Two of the source became one: that one owns it only where both did.
            Some(known) => known.owner &= member.is_owner,
            None => members.push(PlannedMember {
                user: user.to_owned(),
                owner: member.is_owner,
            }),
        }
    }
    (members, left_out)
}

/// How much earlier a team or chat says that it was made: less than an hour, and its own. The time is the one thing that the tenant
/// lets a team be found again by, and two of the source may have one name and one time, or none.
fn own_offset(mark: &str) -> TimeDelta {
    const HOUR_MS: i64 = 3_600_000;
    let digits = mark.get(..12).unwrap_or(mark);
    let number = i64::from_str_radix(digits, 16).unwrap_or_default();
    TimeDelta::milliseconds(number % HOUR_MS)
}

/// Letters and digits of the name, and a mark that nobody else's group has.
fn nickname(name: &str, mark: &str) -> String {
    let word: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .take(40)
        .collect();
    let mark: String = mark.chars().take(10).collect();
    format!("{}-{mark}", word.trim_matches('-'))
        .trim_start_matches('-')
        .to_owned()
}

#[cfg(test)]
mod tests;
