//! The governor against the clock: never more than documented, little less, and what each answer teaches.

use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time")
}

fn mailbox(name: &str) -> Lane {
    Lane::Mailbox(name.to_owned())
}

const ONE: Cost = Cost {
    requests: 1,
    resource_units: 2,
    upload_bytes: 1_000,
    download_bytes: 0,
    writes: 0,
    sharing: 0,
};

/// Sends as fast as it may for `span` and says when each call went.
fn greedy(lane: &Lane, cost: Cost, span: TimeDelta) -> Vec<DateTime<Utc>> {
    let mut governor = Governor::new(Quotas::default());
    let mut now = start();
    let mut sent = Vec::new();
    while now < start() + span {
        match governor.ask(now, lane, cost) {
            Answer::Go => sent.push(now),
            Answer::WaitUntil(at) => {
                assert!(at > now, "waiting moves time on");
                now = at;
            }
        }
    }
    sent
}

fn most_within(sent: &[DateTime<Utc>], span: TimeDelta) -> u64 {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in sent.iter().enumerate() {
        while *at - sent[first] >= span {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    u64::try_from(most).expect("a small number")
}

#[test]
fn a_mailbox_stays_just_under_ten_thousand_in_ten_minutes() {
    let only_requests = Cost {
        upload_bytes: 0,
        ..ONE
    };
    let sent = greedy(&mailbox("a"), only_requests, TimeDelta::hours(1));
    let most = most_within(&sent, TimeDelta::minutes(10));
    assert!((9_800..=9_900).contains(&most), "{most}");
    assert!(sent.len() > 57_000, "{} of 60,000: too timid", sent.len());
    let at_once = most_within(&sent, TimeDelta::seconds(1));
    assert!(at_once < 2_700, "{at_once} in one second: a burst");
}

#[test]
fn bytes_count_too() {
    let large = Cost {
        upload_bytes: 4_000_000,
        ..ONE
    };
    let sent = greedy(&mailbox("a"), large, TimeDelta::hours(1));
    let most = most_within(&sent, TimeDelta::minutes(5)) * large.upload_bytes;
    assert!((140_000_000..=150_000_000).contains(&most), "{most}");
}

#[test]
fn sharepoint_counts_units_by_the_minute_and_by_the_day() {
    let sent = greedy(&Lane::SharePoint, ONE, TimeDelta::days(2));
    let by_minute = most_within(&sent, TimeDelta::minutes(1)) * 2;
    assert!((1_200..=1_250).contains(&by_minute), "{by_minute}");
    let by_day = most_within(&sent, TimeDelta::days(1)) * 2;
    assert!((1_150_000..=1_200_000).contains(&by_day), "{by_day}");
}

#[test]
fn mailboxes_do_not_share_a_quota_and_channels_share_the_tenants() {
    let mut governor = Governor::new(Quotas::default());
    let all = Cost {
        requests: 9_000,
        ..Cost::default()
    };
    assert_eq!(governor.ask(start(), &mailbox("a"), all), Answer::Go);
    assert_ne!(governor.ask(start(), &mailbox("a"), all), Answer::Go);
    assert_eq!(governor.ask(start(), &mailbox("b"), all), Answer::Go);
    let message = Cost {
        requests: 1,
        writes: 1,
        ..Cost::default()
    };
    let went = (0..100).filter(|number| {
        let lane = Lane::TeamsImport {
            team: format!("team {number}"),
            channel: format!("channel {number}"),
        };
        governor.ask(start(), &lane, message) == Answer::Go
    });
    assert!(went.count() <= 50, "50 a second in the whole tenant");
}

#[test]
fn conditional_access_takes_one_a_second() {
    let sent = greedy(&Lane::ConditionalAccess, ONE, TimeDelta::minutes(1));
    assert_eq!(most_within(&sent, TimeDelta::seconds(1)), 1);
    assert!(sent.len() >= 55, "{}", sent.len());
}

#[test]
fn a_pause_holds_its_lane_alone_and_only_grows() {
    let mut governor = Governor::new(Quotas::default());
    let pause = |seconds| Heard::Throttled(Some(TimeDelta::seconds(seconds)));
    governor.heard(start(), &mailbox("a"), start(), pause(30));
    governor.heard(start(), &mailbox("a"), start(), pause(5));
    let until = start() + TimeDelta::seconds(30);
    let answer = governor.ask(start(), &mailbox("a"), ONE);
    assert_eq!(answer, Answer::WaitUntil(until));
    assert_eq!(governor.ask(start(), &mailbox("b"), ONE), Answer::Go);
    assert_eq!(governor.ask(until, &mailbox("a"), ONE), Answer::Go);
}

#[test]
fn without_a_named_pause_the_pauses_double_up_to_a_minute_until_something_is_served() {
    let mut governor = Governor::new(Quotas::default());
    let lane = mailbox("a");
    let mut now = start();
    let mut pauses = Vec::new();
    for _ in 0..12 {
        governor.heard(now, &lane, now, Heard::Throttled(None));
        let until = governor.opens(now, &lane, ONE).expect("a pause");
        pauses.push((until - now).num_milliseconds());
        now = until;
    }
    assert_eq!(pauses[..3], [500, 1_000, 2_000]);
    assert!(pauses.iter().all(|pause| *pause <= 64_000), "{pauses:?}");
    governor.heard(now, &lane, now, Heard::Served);
    governor.heard(now, &lane, now, Heard::Unavailable(None));
    let until = governor.opens(now, &lane, ONE).expect("a pause");
    assert_eq!((until - now).num_milliseconds(), 500);
}

#[test]
fn many_refusals_of_one_moment_are_one_lesson_and_a_service_in_trouble_is_none() {
    let mut governor = Governor::new(Quotas::default());
    let lane = Lane::SharePoint;
    let mut now = start();
    for _ in 0..3_000 {
        match governor.ask(now, &lane, ONE) {
            Answer::Go => {}
            Answer::WaitUntil(at) => now = at,
        }
    }
    let pause = Some(TimeDelta::seconds(1));
    governor.heard(now, &lane, now, Heard::Unavailable(pause));
    assert_eq!(governor.share(&lane), 1_000);
    let before = now;
    now += TimeDelta::seconds(1);
    governor.heard(now, &lane, now, Heard::Throttled(pause));
    let once = governor.share(&lane);
    assert!((700..=970).contains(&once), "{once}");
    for _ in 0..9 {
        governor.heard(now, &lane, before, Heard::Throttled(pause));
    }
    assert_eq!(governor.share(&lane), once);
}

#[test]
fn a_pause_of_hours_speaks_of_the_day_not_of_the_minute() {
    let mut governor = Governor::new(Quotas::default());
    let lane = Lane::SharePoint;
    let mut now = start();
    while now < start() + TimeDelta::hours(13) {
        if let Answer::WaitUntil(at) = governor.ask(now, &lane, ONE) {
            now = at;
        }
    }
    let pause = TimeDelta::hours(5);
    governor.heard(now, &lane, now, Heard::Throttled(Some(pause)));
    now += pause;
    let mut sent = 0;
    while now < start() + TimeDelta::hours(19) {
        match governor.ask(now, &lane, ONE) {
            Answer::Go => sent += 1,
            Answer::WaitUntil(at) => now = at,
        }
    }
    assert_eq!(sent, 0, "the day's share is what was sent by then");
}

#[test]
fn hints_slow_down_and_nothing_rests_on_them() {
    let mut governor = Governor::new(Quotas::default());
    let lane = Lane::SharePoint;
    let hint = |remaining| Hint::RateLimit {
        limit: 1_250,
        remaining,
        reset: TimeDelta::seconds(30),
    };
    governor.hint(start(), &lane, hint(600));
    assert_eq!(governor.opens(start(), &lane, ONE), None);
    governor.hint(start(), &lane, hint(10));
    let until = governor.opens(start(), &lane, ONE).expect("spread");
    assert_eq!(until - start(), TimeDelta::seconds(3));
    governor.hint(start(), &lane, hint(0));
    let until = governor.opens(start(), &lane, ONE).expect("used up");
    assert_eq!(until - start(), TimeDelta::seconds(30));
    let directory = Lane::Directory;
    governor.hint(start(), &directory, Hint::ThrottlePercentage(0.7));
    assert_eq!(governor.share(&directory), 1_000);
    governor.hint(start(), &directory, Hint::ThrottlePercentage(1.2));
    assert!(governor.share(&directory) < 1_000);
}

#[test]
fn a_call_larger_than_the_quota_goes_when_the_lane_is_quiet() {
    let mut governor = Governor::new(Quotas::default());
    let huge = Cost {
        upload_bytes: 400_000_000,
        ..ONE
    };
    assert_eq!(governor.ask(start(), &mailbox("a"), ONE), Answer::Go);
    let Answer::WaitUntil(at) = governor.ask(start(), &mailbox("a"), huge) else {
        panic!("the lane is not quiet");
    };
    assert_eq!(governor.ask(at, &mailbox("a"), huge), Answer::Go);
    assert_ne!(governor.ask(at, &mailbox("a"), ONE), Answer::Go);
}

#[test]
fn a_batch_takes_twenty_and_four_of_a_mailbox() {
    let mut governor = Governor::new(Quotas::default());
    let calls = |lane: &Lane, count| vec![(lane.clone(), ONE); count];
    let drive = calls(&Lane::SharePoint, 30);
    assert_eq!(governor.ask_batch(start(), &drive), 20);
    let mail = calls(&mailbox("a"), 9);
    assert_eq!(governor.ask_batch(start(), &mail), 4);
}

#[test]
fn the_tiers_are_those_of_the_table() {
    let units = |licences| Quotas::documented(LicenceTier::of(licences)).sharepoint_units_minute;
    assert_eq!(
        [1_000, 5_000, 15_000, 50_000, 50_001].map(units),
        [1_250, 2_500, 3_750, 5_000, 6_250]
    );
}
