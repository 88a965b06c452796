//! A team over more than one wave: what is recent first, the rest into the same team, and a reply behind what it answers.

use serde_json::{Value, json};
use unbroken::sources::archive::index::TeamsKind;
use unbroken_verify::VerdictKind;

use super::world::{
    BEN, Said, TEAM, channel, fresh, mapped, message_entry, plain_entry, reasons, said, team,
    thread, troubles, write_archive,
};
use crate::case::Case;

fn talk() -> Vec<Said> {
    let old = said("General", "1", "2022-03-01T08:00:00Z", "long ago");
    // Recent, but it answers what is not.
    let mut late = said("General", "2", "2025-12-28T08:00:00Z", "a late answer");
    (late.author, late.reply_to) = (BEN, Some(old.id.clone()));
    let new = said("General", "3", "2025-12-29T08:00:00Z", "the other day");
    let mut answer = said("General", "4", "2025-12-30T08:00:00Z", "and its answer");
    (answer.author, answer.reply_to) = (BEN, Some(new.id.clone()));
    let plans = said("Plans", "5", "2022-04-01T08:00:00Z", "old plans");
    vec![old, late, new, answer, plans]
}

fn write(case: &Case) {
    write_archive(case, TEAM, |writer| {
        let channels = json!([
            channel("General", "standard", &json!([])),
            channel("Plans", "standard", &json!([]))
        ]);
        let all = talk();
        let mut entries: Vec<_> = all.iter().map(|one| message_entry(writer, one)).collect();
        let team = team(&channels);
        entries.push(plain_entry(writer, TeamsKind::Team, "team", &team));
        entries
    });
}

/// How many items were restored in each wave, by number.
fn by_wave(events: &[Value]) -> Vec<(u64, usize)> {
    let mut waves = Vec::new();
    for event in events {
        match event["type"].as_str() {
            Some("WaveOpened/1") => {
                waves.push((event["data"]["wave"].as_u64().expect("a number"), 0));
            }
            Some("ItemRestored/1") => waves.last_mut().expect("an open wave").1 += 1,
            _ => {}
        }
    }
    waves
}

#[test]
fn a_team_over_two_waves_comes_back_whole() {
    let case = fresh();
    write(&case);
    mapped(&case, &format!("{TEAM},team:Quay 7\n"));
    case.done("plan make CASE --source SOURCE --recent-days 30");
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
    let ended = case.restore();
    let events = case.events("bundle-of-waves");
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{stderr} {:#?}", troubles(&events));
    assert_eq!(reasons(&events, "ItemHeld/1"), [""; 0]);
    // The team itself, what was said of late and its answer; then the rest.
    assert_eq!(by_wave(&events), [(1, 3), (2, 3)]);
    let general = thread(&case, "General");
    let posts: Vec<_> = general
        .posts
        .iter()
        .map(|one| (&*one.content, one.reply_to.is_some()))
        .collect();
    let expected = [
        ("long ago", false),
        ("a late answer", true),
        ("the other day", false),
        ("and its answer", true),
    ];
    assert_eq!(posts, expected);
    assert_eq!(general.imported, 4, "each once");
    assert_eq!(thread(&case, "Plans").posts.len(), 1);
    for thread in case.inspect().threads() {
        assert!(!thread.is_migrating);
        assert_eq!(thread.members.len(), 2);
    }
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
    case.done("case finish CASE");
}
