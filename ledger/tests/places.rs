//! One conformance suite over every checkpoint place: what is there is replaced by compare and swap, or stays.

use unbroken_ledger::store::place::MemoryPlace;
use unbroken_ledger::store::{CheckpointPlace, PlaceError};
use unbroken_ledger::{Checkpoint, FilePlace, Hash, PrivateKey, SignedCheckpoint};

fn note(size: u64, root: u8) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        origin: "example.org/places".to_owned(),
        size,
        root: Hash([root; 32]),
    };
    let signed = checkpoint.sign(&PrivateKey::from_seed(&[4; 32]));
    signed.expect("signed")
}

fn conforms(place: &mut dyn CheckpointPlace) {
    assert_eq!(place.load().expect("empty"), None);
    let (first, second, fork) = (note(1, 1), note(2, 2), note(2, 3));
    let early = place.swap(Some(&first), &second);
    assert!(
        matches!(early, Err(PlaceError::Conflict { .. })),
        "{early:?}"
    );
    assert_eq!(place.load().expect("still empty"), None);
    place.swap(None, &first).expect("the first");
    place
        .swap(None, &first)
        .expect("the first again: the answer was lost");
    place.swap(Some(&first), &second).expect("the next");
    // Somebody else's view of what lies there: an older one, nothing, a fork.
    for expected in [Some(&first), None, Some(&fork)] {
        let refused = place.swap(expected, &fork);
        assert!(
            matches!(refused, Err(PlaceError::Conflict { .. })),
            "{refused:?}"
        );
        assert_eq!(place.load().expect("readable").as_ref(), Some(&second));
    }
    place
        .swap(Some(&first), &second)
        .expect("the next again: the answer was lost");
    assert_eq!(place.load().expect("readable"), Some(second));
}

#[test]
fn a_place_in_memory_conforms() {
    conforms(&mut MemoryPlace::default());
}

#[test]
fn a_place_in_a_file_conforms_and_says_when_it_holds_something_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("apart/checkpoint");
    conforms(&mut FilePlace::new(&path));
    let kept = FilePlace::new(&path).load().expect("readable");
    assert_eq!(kept, Some(note(2, 2)), "it outlives its opener");
    std::fs::File::create(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"nothing"))
        .expect("written");
    let found = FilePlace::new(&path).load();
    assert!(
        matches!(found, Err(PlaceError::NotACheckpoint { .. })),
        "{found:?}"
    );
}
