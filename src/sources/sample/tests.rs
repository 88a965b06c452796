//! The sample is what its facts say, and the same every time.

use std::collections::BTreeMap;

use super::*;
use crate::domain::item::Workload;
use crate::sources::open;

#[test]
fn the_facts_hold_and_everything_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sample");
    let facts = write_sample(&path).expect("written");
    let source = open(&path).expect("opened");
    let description = source.description();
    assert_eq!(description.kind, "archive");
    assert_eq!(description.custodians, facts.custodians);
    assert!(description.evidence.access && description.evidence.digests);
    let taken: Vec<_> = description.points.iter().map(|point| point.taken).collect();
    assert!(taken[0] < Some(facts.window_from) && Some(facts.window_from) < taken[1]);
    let mut digests = Vec::new();
    for (point, count) in &facts.items {
        let mut seen = BTreeMap::new();
        for custodian in &facts.custodians {
            for item in source.items(point, custodian).expect("listed") {
                let item = item.expect("readable");
                if item.workload == Workload::Mail {
                    let message = source.message(&item).expect("read");
                    assert!(message.from.is_some() && message.sent == item.created);
                }
                let mut bytes = Vec::new();
                let mut file = source.file(&item).expect("opened");
                file.read_to_end(&mut bytes).expect("read");
                assert_eq!(digest_of(&bytes), item.digest);
                seen.insert((item.custodian, item.stable_id), item.digest);
            }
        }
        assert_eq!(seen.len(), *count);
        digests.push(seen);
    }
    let changed = digests[0]
        .iter()
        .filter(|(id, digest)| digests[1].get(id).is_some_and(|later| later != *digest))
        .count();
    let gone = digests[0].keys().filter(|id| !digests[1].contains_key(id));
    let new = digests[1].keys().filter(|id| !digests[0].contains_key(id));
    assert_eq!((changed, gone.count(), new.count()), (1, 3, 15));
}

#[test]
fn three_mails_are_identical_and_three() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sample");
    let facts = write_sample(&path).expect("written");
    let source = open(&path).expect("opened");
    let bob = &facts.custodians[1];
    let mut by_digest: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for item in source.items(&facts.items[0].0, bob).expect("listed") {
        let item = item.expect("readable");
        by_digest.entry(item.digest).or_default().push(item);
    }
    let (_, three) = by_digest
        .into_iter()
        .find(|(_, items)| items.len() > 1)
        .expect("there are identical ones");
    assert_eq!(three.len(), 3);
    assert!(three.iter().all(|item| item.folder == three[0].folder));
}

#[test]
fn it_is_the_same_every_time_and_small() {
    let folder = tempfile::tempdir().expect("a folder");
    let digest = |name: &str| {
        let path = folder.path().join(name);
        write_sample(&path).expect("written");
        open(&path).expect("opened").description().digest
    };
    assert_eq!(digest("one"), digest("two"));
    let tree = crate::sources::reader::Tree::at(&folder.path().join("one")).expect("opened");
    let files = tree.walk().expect("walked");
    let size: u64 = files.iter().map(|file| file.size_bytes).sum();
    assert!(size < 15_000_000, "{size}");
}
