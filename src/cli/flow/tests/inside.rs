//! Who is in a site while a wave works on it: asked before the first byte and after the last, and a stranger stops either.

use super::*;
use crate::domain::case::{CaseCommand, SiteCommand};
use crate::domain::event::{SiteAttempted, SiteFacts, SiteReady, SiteReadyFacts};

const QUAY: &str = "https://clean.sharepoint.com/sites/quay";

/// Somebody looked at the site: who was in, where that could be seen.
async fn looked(journal: &Journal, closed: bool, inside: Option<&[&str]>) {
    let site = new_pseudonym().expect("random");
    let data = SiteAttempted {
        early: None,
        group: None,
        libraries: 0,
        members: Some(0),
        site: site.clone(),
    };
    let ready = SiteReady {
        inside: inside.map(|names| names.len() as u64),
        libraries: 0,
        made: false,
        sharing_closed: closed,
        site,
    };
    let names = inside.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let facts = SiteReadyFacts {
        address: Some(QUAY.to_owned()),
        inside: names,
        ..SiteReadyFacts::default()
    };
    for command in [
        SiteCommand::Attempt(data, SiteFacts::default()),
        SiteCommand::Ready(ready, facts),
    ] {
        let command = CaseCommand::Site(command);
        journal.command(command).await.expect("recorded");
    }
}

/// A case up to the mapping of ann's content into a site.
async fn mapped_to_site(folder: &Path, source: &FakeSource) -> (KeyRing, Journal, FakeTarget) {
    let target = FakeTarget::default();
    let keys = KeyRing::make(&folder.join("keys"), None).expect("keys");
    let journal = declare(folder, &keys, &declaration()).expect("declared");
    sources::register(&journal, source, Path::new("backup")).expect("registered");
    let connected = mapping::connect(&journal, &target, true).await;
    connected.expect("connected");
    let rows = parse_map(&format!("source,target\nann,{QUAY}\n")).expect("rows");
    let rows = (&rows[..], mapping::Names::Believed);
    let mapped = mapping::map(&journal, &target, rows, Path::new("map.csv")).await;
    mapped.expect("mapped");
    (keys, journal, target)
}

async fn restore(journal: &Journal, source: &FakeSource, target: &FakeTarget) -> Result<()> {
    let (_ask, stop) = watch::channel(false);
    let (source, options) = (Arc::new(source.clone()), Options::default());
    let ended = restoring::restore(journal, source, target.clone(), options, stop, &Quiet);
    ended.await.map(drop)
}

fn open_waves(journal: &Journal) -> usize {
    journal.case().expect("read").open_waves.len()
}

#[tokio::test]
async fn nothing_is_planned_for_a_site_that_nobody_looked_at_or_that_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = FakeSource::new(1);
    let (_keys, journal, _target) = mapped_to_site(folder.path(), &source).await;
    let refused = async || {
        let made = planning::make(&journal, &source, None, &Choices::default()).await;
        let error = made.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::GateRefused);
        error.to_string()
    };
    let said = refused().await;
    assert!(said.contains("nobody looked at"), "{said}");
    looked(&journal, false, Some(&["ann"])).await;
    let said = refused().await;
    assert!(said.contains("last seen open"), "{said}");
    let case = journal.case().expect("read");
    assert!(case.plans.is_empty());
    assert_eq!(case.custodians.len(), 1, "bob is not named by a refusal");
    looked(&journal, true, Some(&["ann"])).await;
    let made = planning::make(&journal, &source, None, &Choices::default()).await;
    let plan = made.expect("planned").plan;
    let inside = journal.case().expect("read").plans[&plan].inside;
    let inside = inside.expect("counted");
    assert_eq!((inside.people, inside.places, inside.unseen), (1, 1, 0));
}

#[tokio::test]
async fn somebody_whom_the_plan_did_not_know_of_stops_the_first_byte_and_the_end_of_the_wave() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = FakeSource::new(2);
    let (keys, journal, target) = mapped_to_site(folder.path(), &source).await;
    looked(&journal, true, Some(&["ann"])).await;
    approved(&journal, &keys, &source).await;

    target.lets_in(&[Some(&["ann", "eve"])]);
    let error = restore(&journal, &source, &target)
        .await
        .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::GateRefused);
    assert!(
        error.to_string().contains("eve in https://clean"),
        "{error}"
    );
    assert_eq!((target.messages(), open_waves(&journal)), (0, 0));

    // Looked at again, she is known; but the plan was approved before.
    looked(&journal, true, Some(&["ann", "eve"])).await;
    target.lets_in(&[Some(&["ann", "eve"])]);
    let error = restore(&journal, &source, &target)
        .await
        .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::GateRefused);

    target.lets_in(&[Some(&["ann"]), Some(&["ann", "eve"])]);
    let error = restore(&journal, &source, &target)
        .await
        .expect_err("found");
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert_eq!((target.messages(), open_waves(&journal)), (2, 1));

    target.lets_in(&[Some(&["ann"]), Some(&[])]);
    restore(&journal, &source, &target).await.expect("ended");
    assert_eq!(open_waves(&journal), 0);
}

#[tokio::test]
async fn where_nobody_can_see_who_is_in_that_is_said_and_a_later_sight_of_somebody_is_a_stranger() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = FakeSource::new(1);
    let (keys, journal, target) = mapped_to_site(folder.path(), &source).await;
    looked(&journal, true, None).await;
    approved(&journal, &keys, &source).await;
    let case = journal.case().expect("read");
    let plan = case.adopted[0].clone();
    let said = places::warnings(&case, &plan);
    assert_eq!(said, [format!("{QUAY}: who is in it could not be seen")]);
    target.lets_in(&[Some(&["eve"])]);
    assert!(restore(&journal, &source, &target).await.is_err());
    target.lets_in(&[None, None]);
    restore(&journal, &source, &target).await.expect("restored");
    let mut seen = Vec::new();
    let replayed = journal.replay(|recorded| {
        if let crate::domain::event::Event::PlacesSeen(data, _) = recorded.event {
            seen.push((data.begins, data.unseen, data.strangers));
        }
        Ok(())
    });
    replayed.expect("read");
    assert_eq!(seen, [(true, 0, 1), (true, 1, 0), (false, 1, 0)]);
}
