//! kill -9 in the middle of a restore, again and again, against a tenant that lives on: in the end every item is there
//! exactly once, every attempt is explained, and the independent verifier agrees.

mod mixed;
mod unread;

use std::collections::BTreeMap;
use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};
use unbroken_verify::VerdictKind;

use crate::case::{Case, mail};

const CASES: usize = 10;
const KILLS_PER_CASE: usize = 5;
const MAILS: usize = 8;
const FILES: usize = 8;
/// Two fragments of an upload session.
const LARGE: usize = 4_200_000;

/// Numbers that are the same in every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Where the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// The tenant has carried the write out, we have not heard of it.
    CommittedNotHeard,
    /// The message is there, its last attachment is not.
    MessageWithoutAttachment,
    /// At some instant.
    SomeInstant,
}

fn mail_case() -> Case {
    let case = Case::new(Faults::none());
    for number in 0..MAILS {
        let attached = if number % 2 == 0 { LARGE } else { 0 };
        case.plant(&format!("{number}.eml"), &mail(number, attached));
    }
    case.prepare("mailbox");
    case
}

fn file_case() -> Case {
    let case = Case::new(Faults::none());
    for number in 0..FILES {
        let content: Vec<u8> = (0..500_000)
            .map(|at: usize| (at + number).to_le_bytes()[0])
            .collect();
        case.plant(&format!("folder/{number}.dat"), &content);
    }
    case.prepare("drive");
    case
}

/// The request after whose commit the program hears nothing more.
fn hold(case: &Case, of_mail: bool, method: &str, path: &str, skip: u32) -> Phase {
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: method.to_owned(),
        path: path.to_owned(),
        skip,
    });
    if of_mail && path != "mailFolders/" {
        Phase::MessageWithoutAttachment
    } else {
        Phase::CommittedNotHeard
    }
}

fn kill_once(case: &Case, of_mail: bool, kill: usize, seeded: &mut Seeded) -> Option<Phase> {
    let skip = u32::try_from(seeded.below(2)).expect("small");
    let phase = match (of_mail, kill) {
        (true, 0 | 3) => hold(case, of_mail, "POST", "mailFolders/", skip),
        (true, 1) => hold(case, of_mail, "PUT", "/_upload/", 0),
        (true, 2) => hold(case, of_mail, "POST", "createUploadSession", 0),
        (false, 0..=2) => hold(case, of_mail, "PUT", "/_upload/", skip),
        _ => Phase::SomeInstant,
    };
    let mut child = case.start("restore CASE --source SOURCE TARGET");
    if phase == Phase::SomeInstant {
        std::thread::sleep(Duration::from_millis(60 + seeded.below(700)));
    } else {
        // Until the tenant holds the answer back, or the work ended before it came to that request.
        while case.inspect().held() == 0 && child.try_wait().expect("asked").is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let ended = child.try_wait().expect("asked").is_some();
    child.kill().expect("killed");
    child.wait().expect("gone");
    case.inspect().disarm();
    (!ended).then_some(phase)
}

/// Each intent has exactly one end: an outcome, a failed try, or what reading back found.
pub(crate) fn expect_explained(case: &Case) {
    let mut open: BTreeMap<(String, u64), u32> = BTreeMap::new();
    for event in case.events("bundle-of-attempts") {
        let data = &event["data"];
        let item = data["item"].as_str().unwrap_or_default().to_owned();
        let attempt = data["attempt"]
            .as_u64()
            .or(data["attempts"].as_u64())
            .unwrap_or(0);
        match event["type"].as_str().expect("a type") {
            "ItemAttempted/1" => {
                let before = open.insert((item, attempt), 0);
                assert_eq!(before, None, "an attempt twice");
            }
            "AttemptFailed/1" | "AttemptInterrupted/1" | "ItemRestored/1" => {
                *open
                    .get_mut(&(item, attempt))
                    .expect("an intent lies before each end") += 1;
            }
            _ => {}
        }
    }
    assert!(!open.is_empty());
    for ((item, attempt), ends) in open {
        assert_eq!(ends, 1, "attempt {attempt} of {item} has {ends} ends");
    }
}

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    let mut seeded = Seeded(2026);
    let mut kills: BTreeMap<Phase, usize> = BTreeMap::new();
    let mut cases = 0;
    while cases < CASES || kills.values().sum::<usize>() < CASES * KILLS_PER_CASE {
        assert!(cases < 3 * CASES, "the kills come too late: {kills:?}");
        let of_mail = cases % 5 != 4;
        let case = if of_mail { mail_case() } else { file_case() };
        for kill in 0..KILLS_PER_CASE {
            let phase = kill_once(&case, of_mail, kill, &mut seeded);
            *kills
                .entry(phase.unwrap_or(Phase::SomeInstant))
                .or_default() += usize::from(phase.is_some());
        }
        let ended = case.restore();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        if of_mail {
            expect_mails(&case);
        } else {
            expect_files(&case);
        }
        expect_explained(&case);
        let verdict = case.verdict();
        assert_eq!(verdict.kind, VerdictKind::Valid, "{}", verdict.to_text());
        cases += 1;
    }
    println!("kills per phase in {cases} cases: {kills:?}");
    assert!(kills[&Phase::CommittedNotHeard] >= 10, "{kills:?}");
    assert!(kills[&Phase::MessageWithoutAttachment] >= 10, "{kills:?}");
}

fn expect_mails(case: &Case) {
    let stored = case.inspect().messages("ada@clean.example");
    assert_eq!(stored.len(), MAILS, "messages in the mailbox");
    let keys: std::collections::BTreeSet<_> = stored.iter().map(|one| one.key.clone()).collect();
    assert_eq!(keys.len(), MAILS, "each with a key of its own");
    for message in &stored {
        let subject = message.json["subject"].as_str().expect("a subject");
        let number: usize = subject
            .trim_start_matches("mail ")
            .parse()
            .expect("a number");
        let sizes: Vec<usize> = message
            .attachments
            .iter()
            .map(|(_, size, _)| *size)
            .collect();
        let expected = if number.is_multiple_of(2) {
            vec![LARGE]
        } else {
            Vec::new()
        };
        assert_eq!(sizes, expected, "attachments of {subject}");
    }
}

fn expect_files(case: &Case) {
    let stored = case.inspect().files("ada@clean.example");
    assert_eq!(stored.len(), FILES, "{stored:?}");
    assert!(
        stored
            .iter()
            .all(|file| file.version == 1 && file.size == 500_000),
        "{stored:?}"
    );
}
