//! Who is in a team, in its group and in its private and shared channels at every moment of a restore that is killed at each
//! request which makes one of them or lets somebody in: nobody who was not in it in the source.

use std::collections::BTreeSet;
use std::time::Duration;

use m365_simulator::{FaultKind, OneShot};
use unbroken_verify::VerdictKind;

use super::journey::{MAP, of_secret, with_secret, write};
use super::world::{fresh, planned};
use crate::case::Case;

const RESTORE: &str = "restore CASE --source SOURCE TARGET --workers 1 --without-quotas";
const ADA: &str = "ada@clean.example";
const BEN: &str = "ben@clean.example";

/// Everything is approved, nothing is restored, and from here on every moment is looked at.
fn ready() -> Case {
    let case = fresh();
    write(&case, &with_secret(), of_secret);
    planned(&case, MAP);
    case.inspect().record_people();
    case
}

/// Whoever the map makes of those who were in it in the source.
fn allowed(place: &str) -> BTreeSet<String> {
    let names: &[&str] = match place {
        "channel Quay 7/Secret" => &[BEN],
        "channel Quay 7/Across" => &[ADA],
        "team Quay 7" | "group Quay 7" => &[ADA, BEN],
        other => panic!("{other} was made"),
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Nobody was anywhere too early or wrongly; in the end all are in.
fn judge(case: &Case, at: &str) {
    let history = case.inspect().people_history();
    assert!(!history.is_empty(), "{at}: nothing was looked at");
    for change in &history {
        let allowed = allowed(&change.place);
        assert!(change.people.is_subset(&allowed), "{at}: {change:?}");
    }
    for place in [
        "channel Quay 7/Secret",
        "channel Quay 7/Across",
        "team Quay 7",
    ] {
        let mut of_place = history.iter().filter(|change| change.place == place);
        let last = of_place.next_back().expect("it was made");
        assert_eq!(last.people, allowed(place), "{at}: {place}");
    }
}

fn ended(case: &Case, at: &str) {
    let ended = case.run(RESTORE);
    // One message has no author in the map: it is held, and the restore says so.
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{at}: {said}");
}

/// The requests that make a place or let somebody in, as shots at each of them.
fn shots(case: &Case) -> Vec<OneShot> {
    let before = case.inspect().requests().len();
    ended(case, "not killed");
    let requests: Vec<_> = case.inspect().requests().split_off(before);
    let last = |path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let mut shots = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let name = last(&request.path);
        let makes = ["teams", "groups", "team", "channels", "members"].contains(&&*name);
        if !makes || !["POST", "PUT"].contains(&&*request.method) {
            continue;
        }
        let path = format!("/{name}");
        let earlier = requests[..at].iter();
        let earlier = earlier
            .filter(|one| one.method == request.method && one.path.contains(&path))
            .count();
        shots.push(OneShot {
            kind: FaultKind::Hold,
            method: request.method.clone(),
            path,
            skip: u32::try_from(earlier).expect("small"),
        });
    }
    shots
}

/// Kills a restore when the tenant has carried out that request, whose answer it will not hear.
fn kill_at(case: &Case, shot: OneShot, at: &str) {
    case.inspect().arm(shot);
    let mut child = case.start(RESTORE);
    while case.inspect().held() == 0 {
        let ended = child.try_wait().expect("asked");
        assert!(ended.is_none(), "{at}: it ended before: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_at_each_request_that_lets_somebody_in_nobody_was_ever_where_they_should_not_be() {
    let case = ready();
    let shots = shots(&case);
    judge(&case, "not killed");
    assert!(
        shots.len() >= 4,
        "a team, two channels and their people: {shots:?}"
    );
    for shot in shots {
        let at = format!("{} {} after {}", shot.method, shot.path, shot.skip);
        let case = ready();
        kill_at(&case, shot, &at);
        ended(&case, &at);
        judge(&case, &at);
        assert_eq!(case.verdict().kind, VerdictKind::Valid, "{at}");
    }
}
