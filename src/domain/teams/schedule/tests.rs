//! Milliseconds, authors, members and roads, as the plan fixes them.

use super::*;
use crate::domain::teams::Person;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn people() -> People {
    let pair = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    People::new([pair("ada", "new-ada"), pair("bob", "new-bob")])
}

fn member(id: &str, is_owner: bool) -> Member {
    Member {
        person: Person {
            id: id.to_owned(),
            ..Person::default()
        },
        is_owner,
        is_outside: false,
    }
}

fn channel(name: &str, membership: Membership, members: Vec<Member>) -> Channel {
    Channel {
        id: format!("19:{name}"),
        name: name.to_owned(),
        membership,
        is_general: name == "General",
        created: Some(at("2024-01-01T00:00:00Z")),
        members,
        ..Channel::default()
    }
}

fn team(channels: Vec<Channel>) -> Team {
    Team {
        name: "Quay 7".to_owned(),
        members: vec![
            member("ada", true),
            member("bob", false),
            member("eve", true),
        ],
        channels,
        ..Team::default()
    }
}

fn outline(id: &str, created: &str, reply_to: &str) -> Outline {
    Outline {
        channel: "19:General".to_owned(),
        author: member("ada", false).person,
        created: Some(at(created)),
        id: id.to_owned(),
        reply_to: reply_to.to_owned(),
        text_bytes: 3,
    }
}

fn schedule() -> Schedule {
    let mut schedule = Schedule::new(people(), Some(at("2024-06-01T00:00:00Z")));
    let general = channel("General", Membership::Standard, Vec::new());
    let (_, held) = schedule.team(&team(vec![general]), "abcdef0123456", false);
    assert_eq!(held, None);
    schedule
}

#[test]
fn each_message_has_its_own_millisecond_and_a_reply_stands_behind_what_it_answers() {
    let mut schedule = schedule();
    let same = "2024-02-01T00:00:00.0004Z";
    let mut plan = |id: &str, created: &str, reply: &str| {
        let post = schedule.post(&outline(id, created, reply), None);
        let post = post.expect("planned");
        (post.at, post.shift_ms, post.reply_to, post.orphan)
    };
    let ms = |last: u8| format!("2024-02-01T00:00:00.00{last}Z");
    assert_eq!(plan("1", same, ""), (ms(0), 0, String::new(), false));
    assert_eq!(plan("2", same, ""), (ms(1), 1, String::new(), false));
    assert_eq!(plan("3", same, "2"), (ms(2), 2, ms(1), false));
    let early = "2024-01-31T00:00:00Z";
    assert_eq!(plan("4", early, "1"), (ms(3), 86_400_003, ms(0), false));
    let (.., orphan) = plan("5", early, "gone");
    assert!(orphan);
}

#[test]
fn a_later_plan_gives_nobodys_millisecond_away() {
    let first = schedule().post(&outline("1", "2024-02-01T00:00:00Z", ""), None);
    let first = first.expect("planned");
    let mut later = schedule();
    later.reserve(&first);
    let new = later.post(&outline("0", "2024-02-01T00:00:00Z", ""), None);
    assert_eq!(new.expect("planned").shift_ms, 1);
    let again = later.post(&outline("1", "2024-02-01T00:00:00Z", ""), Some(&first));
    assert_eq!(again.expect("planned").at, first.at);
}

#[test]
fn what_cannot_be_written_truly_is_held_by_name() {
    let mut schedule = schedule();
    let mut reason = |change: fn(&mut Outline)| {
        let mut one = outline("1", "2024-02-01T00:00:00Z", "");
        change(&mut one);
        schedule.post(&one, None).expect_err("held")
    };
    assert_eq!(
        reason(|one| one.author.id = "eve".to_owned()),
        AUTHOR_NOT_MAPPED
    );
    assert_eq!(reason(|one| one.created = None), NO_DATE);
    assert_eq!(reason(|one| one.text_bytes = 1 << 20), TEXT_TOO_LARGE);
    assert_eq!(reason(|one| one.channel = "19:other".to_owned()), NO_TEAM);
    assert_eq!(
        reason(|one| one.created = Some(at("2025-01-01T00:00:00Z"))),
        DATED_LATER
    );
}

#[test]
fn a_stand_in_writes_for_whoever_is_not_mapped() {
    let pair = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    let people = People::new([pair("ada", "1"), pair("teams:stand-in", "9")]);
    let mut schedule = Schedule::new(people, None);
    let general = channel("General", Membership::Standard, Vec::new());
    schedule.team(&team(vec![general]), "x", false);
    let mut one = outline("1", "2024-02-01T00:00:00Z", "");
    one.author.id = "eve".to_owned();
    let post = schedule.post(&one, None).expect("planned");
    assert!(post.stand_in && post.author == "9");
}

#[test]
fn members_come_by_the_map_and_nobody_from_outside() {
    let mut guest = member("bob", false);
    guest.is_outside = true;
    let mut whole = team(vec![channel("General", Membership::Standard, Vec::new())]);
    whole.members[1] = guest;
    let (planned, held) = Schedule::new(people(), None).team(&whole, "x", false);
    assert_eq!(held, None);
    let users: Vec<(&str, bool)> = planned
        .members
        .iter()
        .map(|one| (&*one.user, one.owner))
        .collect();
    assert_eq!(users, [("new-ada", true)]);
    let why: Vec<&str> = planned.left_out.iter().map(|one| &*one.why).collect();
    assert_eq!(why, ["from-outside", "not-mapped"]);
    assert_eq!(planned.road, Road::Creation);
    assert!(planned.made_private);
    let (planned, _) = Schedule::new(people(), None).team(&whole, "x", true);
    assert_eq!(planned.road, Road::Start, "a team that is there");
    whole.members.remove(0);
    let (_, held) = Schedule::new(people(), None).team(&whole, "x", false);
    assert_eq!(held, Some(NO_OWNER));
}

#[test]
fn a_private_channel_stays_private_and_its_team_is_migrated_into_afterwards() {
    let secret = channel(
        "Secret",
        Membership::Private,
        vec![member("bob", true), member("eve", true)],
    );
    let orphaned = channel("Lost", Membership::Private, vec![member("eve", true)]);
    let general = channel("General", Membership::Standard, Vec::new());
    let mut schedule = Schedule::new(people(), None);
    let (planned, _) = schedule.team(&team(vec![general, secret, orphaned]), "x", false);
    assert_eq!(planned.road, Road::Start);
    let [_, secret, lost] = &planned.channels[..] else {
        panic!("three channels")
    };
    assert_eq!((&*secret.membership, secret.members.len()), ("private", 1));
    assert_eq!((&*lost.held, lost.members.len()), (NO_CHANNEL_OWNER, 0));
    let mut one = outline("1", "2024-02-01T00:00:00Z", "");
    one.channel = "19:Lost".to_owned();
    assert_eq!(schedule.post(&one, None), Err(NO_CHANNEL_OWNER));
}

#[test]
fn a_team_is_older_than_its_channels_and_those_than_their_messages() {
    let mut plans = channel("Plans", Membership::Standard, Vec::new());
    plans.earliest = Some(at("2020-01-01T00:00:00.5Z"));
    let general = channel("General", Membership::Standard, Vec::new());
    let mut whole = team(vec![general, plans]);
    whole.created = Some(at("2023-01-01T00:00:00Z"));
    let (planned, _) = Schedule::new(people(), None).team(&whole, "x", false);
    assert_eq!(planned.channels[1].created, "2019-12-31T23:59:59.500Z");
    assert_eq!(planned.created, planned.channels[1].created);
    assert_eq!(
        planned.channels[0].created, planned.created,
        "General is as old as its team"
    );
    assert_eq!(planned.nickname, "quay-7-x");
}

#[test]
fn a_chat_needs_those_who_were_in_it() {
    let chat = |kind, members| Team {
        kind,
        members,
        ..Team::default()
    };
    let held = |team: &Team| Schedule::new(people(), None).team(team, "x", false).1;
    let (ada, bob, eve) = (
        member("ada", true),
        member("bob", true),
        member("eve", true),
    );
    let pair = vec![ada.clone(), bob.clone()];
    assert_eq!(held(&chat(Kind::OneOnOne, pair.clone())), None);
    let broken = vec![ada.clone(), eve.clone()];
    assert_eq!(
        held(&chat(Kind::OneOnOne, broken.clone())),
        Some(CHAT_PARTNER)
    );
    assert_eq!(held(&chat(Kind::Group, broken)), Some(CHAT_PARTNER));
    assert_eq!(held(&chat(Kind::Group, vec![ada, bob, eve])), None);
}

#[test]
fn no_two_teams_or_chats_say_that_they_were_made_in_one_millisecond() {
    let planned = |kind: Kind, mark: &str| {
        let mut team = team(vec![channel("General", Membership::Standard, Vec::new())]);
        team.kind = kind;
        team.channels[0].created = None;
        let mut schedule = Schedule::new(people(), None);
        let (planned, held) = schedule.team(&team, mark, false);
        assert_eq!(held, None);
        planned.created
    };
    for kind in [Kind::Team, Kind::Group] {
        let (one, other) = (
            planned(kind, "abcdef0123456"),
            planned(kind, "abcdef0123466"),
        );
        assert_ne!(one, other, "one name, one time of the source");
        // The next plan says the same again.
        assert_eq!(one, planned(kind, "abcdef0123456"));
        let earlier = began() - at(&one);
        assert!(earlier >= TimeDelta::zero() && earlier < TimeDelta::hours(1));
    }
    // The tenant has one chat of two, and finds it by its people.
    assert_eq!(
        planned(Kind::OneOnOne, "abcdef0123456"),
        text_of(began().timestamp_millis())
    );
}
