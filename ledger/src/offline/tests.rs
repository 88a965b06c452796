//! Signatures collected away from the ledger: what a file may hold, and that no byte of it can be changed unnoticed.

use super::*;
use crate::canonical::Value;
use crate::event::Seen;
use crate::hash::Hash;
use crate::key::PrivateKey;
use crate::time::Timestamp;

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

fn event(signers: &[&PrivateKey]) -> Event {
    Event {
        id: "019aaaaa-0000-7000-8000-000000000001".to_owned(),
        origin: "example.org/x".to_owned(),
        stream: "keys".to_owned(),
        seq: 1,
        link: Hash::ZERO,
        seen: Seen {
            size: 0,
            leaf: Hash::ZERO,
        },
        kind: "PolicyChanged".to_owned(),
        at: Timestamp::parse("2026-11-23T20:00:00.000000Z").expect("a time"),
        by: signers.iter().map(|key| key.key_id()).collect(),
        data: Value::object([]),
        sd: Vec::new(),
    }
}

fn reread(file: &OfflineEvent) -> OfflineEvent {
    let again = OfflineEvent::parse(&file.to_bytes()).expect("read");
    assert_eq!(again, *file);
    again
}

#[test]
fn signatures_come_together_in_any_order_and_stand_in_that_of_by() {
    let (a, b) = (key(1), key(2));
    let blank = OfflineEvent::unsigned(event(&[&a, &b]));
    let mut first = reread(&blank);
    let mut second = reread(&blank);
    second.sign(&b).expect("asked");
    first.sign(&a).expect("asked");
    assert_eq!(second.missing(), [a.key_id()]);
    assert!(matches!(
        second.clone().into_envelope(),
        Err(OfflineError::Incomplete { missing }) if missing == [a.key_id()]
    ));
    let mut all = reread(&second);
    all.merge(&reread(&first)).expect("the same bytes");
    let envelope = reread(&all).into_envelope().expect("complete");
    let order: Vec<_> = envelope.signatures.iter().map(|(id, _)| *id).collect();
    assert_eq!(order, [a.key_id(), b.key_id()]);
    for (signer, (_, signature)) in [&a, &b].into_iter().zip(&envelope.signatures) {
        assert!(signer.public().verifies(&pae(&envelope.payload), signature));
    }
}

#[test]
fn a_key_that_is_not_asked_and_another_event_are_refused() {
    let (a, b) = (key(1), key(2));
    let mut file = OfflineEvent::unsigned(event(&[&a]));
    assert!(matches!(
        file.sign(&b),
        Err(OfflineError::NotAsked { key, .. }) if key == b.key_id()
    ));
    let other = OfflineEvent::unsigned(Event {
        seq: 2,
        ..event(&[&a])
    });
    assert!(matches!(file.merge(&other), Err(OfflineError::Different)));
}

#[test]
fn a_file_with_a_foreign_doubled_or_misplaced_signature_is_no_request() {
    let (a, b, c) = (key(1), key(2), key(3));
    let mut file = OfflineEvent::unsigned(event(&[&a, &b]));
    file.sign(&a).expect("asked");
    file.sign(&b).expect("asked");
    let signed = |order: &[usize]| OfflineEvent {
        signatures: order.iter().map(|at| file.signatures[*at]).collect(),
        ..file.clone()
    };
    let mut foreign = file.clone();
    foreign.signatures[1].0 = c.key_id();
    for bad in [signed(&[1, 0]), signed(&[0, 0]), foreign] {
        let refused = OfflineEvent::parse(&bad.to_bytes()).expect_err("refused");
        assert_eq!(refused.rule, "event/signatures");
    }
    let long = vec![b' '; FILE_BYTES_MAX + 1];
    assert_eq!(
        OfflineEvent::parse(&long).expect_err("refused").rule,
        "event/size"
    );
}

fn standard(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    crate::base64::encode(bytes, &mut text);
    String::from_utf8(text).expect("ASCII")
}

/// Section 11.7 of the format, letter by letter.
#[test]
fn a_file_has_the_bytes_that_the_page_gives_it() {
    let (a, b) = (key(1), key(2));
    let mut file = OfflineEvent::unsigned(event(&[&a, &b]));
    let payload = standard(&file.payload);
    let head = format!(
        "{{\"payloadType\":\"application/vnd.unbroken.event.v1+json\",\"payload\":\"{payload}\",\
         \"signatures\":["
    );
    let blank = format!("{head}]}}\n");
    assert_eq!(file.to_bytes(), blank.as_bytes());
    file.sign(&b).expect("asked");
    let signature = b.sign(&pae(&file.payload)).expect("signed");
    let one = format!(
        "{head}{{\"keyid\":\"{}\",\"sig\":\"{}\"}}]}}",
        b.key_id(),
        standard(&signature.0)
    );
    assert_eq!(file.to_bytes(), format!("{one}\n").as_bytes());
    for (text, holds) in [(one.clone(), true), (format!("{one}\n\n"), false)] {
        assert_eq!(OfflineEvent::parse(text.as_bytes()).is_ok(), holds);
    }
}

mod approvals {
    use super::*;
    use crate::entry::{Entry, encode, leaf};
    use crate::offline::approval::{ApprovalRequest, Decision};

    fn at(hour: u8) -> Timestamp {
        Timestamp::parse(&format!("2026-11-23T{hour:02}:00:00.000000Z")).expect("a time")
    }

    fn entry(index: u64, kind: &str, data: Value, operator: &PrivateKey) -> Vec<u8> {
        let event = Event {
            stream: format!("case/{}", operator.key_id()),
            seq: index,
            kind: kind.to_owned(),
            data,
            ..event(&[operator])
        };
        let envelope = crate::ledger::sign_event(&event, &[operator]).expect("signed");
        encode(index, &Hash::ZERO, at(20), &envelope)
    }

    fn proposed(operator: &PrivateKey) -> Vec<u8> {
        let data = Value::object([
            ("digest", Value::text("ab".repeat(32))),
            ("expires", Value::text(at(22).to_string())),
            ("scope", Value::text("plan")),
        ]);
        entry(7, "Proposed", data, operator)
    }

    fn about(index: u64, operator: &PrivateKey) -> Vec<u8> {
        let data = Value::object([("plan", Value::text("ab".repeat(32)))]);
        entry(index, "PlanMade/1", data, operator)
    }

    /// Section 11.7 of the format, letter by letter.
    #[test]
    fn a_request_has_the_bytes_that_the_page_gives_it() {
        let operator = key(6);
        let (proposed, about) = (proposed(&operator), about(6, &operator));
        let keys = vec![operator.public()];
        let asked = ApprovalRequest::new(proposed.clone(), vec![about.clone()], keys);
        let text = format!(
            "{{\"about\":[\"{}\"],\"keys\":[\"{}\"],\"proposed\":\"{}\",\"v\":1}}",
            standard(&about),
            operator.public(),
            standard(&proposed)
        );
        assert_eq!(
            asked.expect("whole").to_bytes(),
            format!("{text}\n").as_bytes()
        );
        assert!(ApprovalRequest::parse(text.as_bytes()).is_ok());
        let changed = [
            text.replace("\"v\":1", "\"v\":2"),
            text.replace("\"keys\":[", "\"keys\":[7,"),
            text.replace(",\"v\":1", ""),
        ];
        for changed in changed {
            let refused = ApprovalRequest::parse(changed.as_bytes()).expect_err("refused");
            assert_eq!(refused.rule, "request/form");
        }
    }

    #[test]
    fn a_decision_names_the_proposal_and_claims_to_have_seen_no_more() {
        let (operator, approver) = (key(6), key(7));
        let asked = ApprovalRequest::new(
            proposed(&operator),
            vec![about(6, &operator)],
            vec![operator.public()],
        )
        .expect("it holds together");
        let asked = ApprovalRequest::parse(&asked.to_bytes()).expect("read");
        assert_eq!(asked.proposal(), leaf(&proposed(&operator)));
        assert_eq!((asked.scope(), asked.expires()), ("plan", at(22)));
        for decision in [Decision::Approve, Decision::Reject] {
            let signed = asked.decide(decision, &approver, at(21)).expect("signed");
            let event = Event::parse(&signed.payload).expect("an event");
            assert_eq!(event.kind, decision.kind());
            assert_eq!((event.seen.size, event.seen.leaf), (8, asked.proposal()));
            let stream = format!("approval/{}/{}", asked.proposal(), approver.key_id());
            assert_eq!((event.stream, event.seq), (stream, 0));
        }
        assert!(matches!(
            asked.decide(Decision::Approve, &operator, at(21)),
            Err(OfflineError::Form(refusal)) if refusal.rule == "approval/requester"
        ));
    }

    /// What whoever carries the file can do: keys travel in it, so anybody's signature holds.
    #[test]
    fn what_the_requester_did_not_say_in_its_own_stream_is_not_shown() {
        let (operator, stranger) = (key(6), key(8));
        let keys = vec![operator.public(), stranger.public()];
        let rule = |about| {
            let refused = ApprovalRequest::new(proposed(&operator), about, keys.clone());
            refused.map_err(|refusal| refusal.rule).map(|_| ())
        };
        assert_eq!(rule(vec![about(6, &operator)]), Ok(()));
        // A fresh key's other counts of the same plan, alone and beside the true ones; a signature on a bare digest.
        let forged = about(6, &stranger);
        for shown in [vec![forged.clone()], vec![about(5, &operator), forged]] {
            assert_eq!(rule(shown), Err("request/foreign"));
        }
        assert_eq!(rule(vec![]), Err("request/form"));
        // The requester's, but of another stream, or not said before the proposal.
        let placed = |stream: &str, seq: u64| {
            let data = Value::object([("plan", Value::text("ab".repeat(32)))]);
            let event = Event {
                stream: stream.to_owned(),
                seq,
                kind: "PlanMade/1".to_owned(),
                data,
                ..event(&[&operator])
            };
            let envelope = crate::ledger::sign_event(&event, &[&operator]).expect("signed");
            encode(6, &Hash::ZERO, at(20), &envelope)
        };
        let own = format!("case/{}", operator.key_id());
        assert_eq!(rule(vec![placed(&own, 6)]), Ok(()));
        let others = format!("case/{}", stranger.key_id());
        for about in [placed(&others, 6), placed("keys", 6), placed(&own, 7)] {
            assert_eq!(rule(vec![about]), Err("request/foreign"));
        }
    }

    /// The digest of an erasure says itself who is meant: an operator's key may have been rotated since the mapping.
    #[test]
    fn whom_an_erasure_names_is_held_against_the_digest_that_the_requester_signed() {
        let (operator, before) = (key(6), key(8));
        let keys = vec![operator.public(), before.public()];
        let digest = crate::ledger::erasure_digest("example.org/x", "c1");
        let data = Value::object([
            ("digest", Value::text(digest.to_string())),
            ("expires", Value::text(at(22).to_string())),
            ("scope", Value::text("erase")),
        ]);
        let rule = |name: &str, signer: &PrivateKey| {
            let mapped = Value::object([("custodian", Value::text(name))]);
            let about = vec![entry(6, "CustodianMapped/1", mapped, signer)];
            let asked = entry(7, "Proposed", data.clone(), &operator);
            let refused = ApprovalRequest::new(asked, about, keys.clone());
            refused.map_err(|refusal| refusal.rule).map(|_| ())
        };
        assert_eq!(rule("c1", &before), Ok(()));
        assert_eq!(rule("c2", &before), Err("request/foreign"));
        assert_eq!(rule("c2", &operator), Err("request/foreign"));
    }

    #[test]
    fn a_request_that_does_not_hold_together_shows_nothing() {
        let (operator, other) = (key(6), key(8));
        let keys = vec![operator.public(), other.public()];
        let rule = |proposed, about, keys| {
            ApprovalRequest::new(proposed, about, keys).map_err(|refusal| refusal.rule)
        };
        let unknown = rule(
            proposed(&operator),
            vec![about(6, &operator)],
            vec![other.public()],
        );
        assert_eq!(unknown.expect_err("refused"), "key/unknown");
        let behind = rule(proposed(&operator), vec![about(8, &operator)], keys.clone());
        assert_eq!(behind.expect_err("refused"), "request/form");
        let another = rule(about(6, &operator), vec![about(5, &operator)], keys.clone());
        assert_eq!(another.expect_err("refused"), "request/form");
        // Other counts under the same signature.
        let entry = Entry::parse(&about(6, &operator)).expect("an entry");
        let mut envelope = entry.envelope;
        let text = String::from_utf8(envelope.payload).expect("UTF-8");
        envelope.payload = text.replace("abab", "acac").into_bytes();
        let forged = encode(6, &Hash::ZERO, at(20), &envelope);
        let forged = rule(proposed(&operator), vec![forged], keys);
        assert_eq!(forged.expect_err("refused"), "signature/strict");
    }
}
