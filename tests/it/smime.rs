//! S/MIME through a whole restore: openssl verifies, over what the tenant gives back, each signature that it verified before, and
//! decrypts what was encrypted; where the tenant does not take the message class, that is declared.

use std::path::Path;
use std::process::Command;

use m365_simulator::Faults;
use unbroken::targets::{Target, TargetId};

use crate::anchors::has_openssl;
use crate::case::Case;
use crate::fidelity::Row;
use crate::readback::graph;

const ADA: &str = "ada@clean.example";

fn openssl(folder: &Path, words: &str) -> bool {
    let done = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder)
        .output();
    done.expect("openssl runs").status.success()
}

fn made(folder: &Path, words: &str) {
    assert!(openssl(folder, words), "openssl {words}");
}

/// A certificate, and a text that is signed in the open, signed as one piece, and encrypted; each is a file of its own.
fn prepared(case: &Case) {
    let folder = case.folder.path();
    std::fs::write(folder.join("text"), "We buy it.\n").expect("written");
    made(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 3650 \
         -subj /CN=ada@old.example",
    );
    for (name, how) in [
        ("open", "-sign -signer cert.pem -inkey key.pem"),
        ("piece", "-sign -nodetach -signer cert.pem -inkey key.pem"),
    ] {
        made(
            folder,
            &format!(
                "smime {how} -text -in text -subject {name} -from ada@old.example -out {name}.eml"
            ),
        );
    }
    made(
        folder,
        "smime -encrypt -aes-256-cbc -text -in text -subject secret -from ada@old.example \
         -out secret.eml cert.pem",
    );
    for name in ["open", "piece", "secret"] {
        let made = std::fs::read(folder.join(format!("{name}.eml"))).expect("made");
        let dated = [b"Date: Mon, 5 Jan 2026 10:00:00 +0000\n", &made[..]].concat();
        case.plant(&format!("{name}.eml"), &dated);
    }
}

/// The one attachment of that name that the tenant gives back, written beside the case.
fn read_back(case: &Case, subject: &str, name: &str) -> String {
    let stored = case.inspect().messages(ADA);
    let stored = stored.iter().find(|one| one.json["subject"] == subject);
    let id = TargetId(stored.expect("restored").id.clone());
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let message = runtime.block_on(async {
        let graph = graph(case);
        let user = graph.user(ADA).await.expect("asked").expect("there");
        graph.read_message(&user, &id).await.expect("read")
    });
    let mut files = message
        .attachments
        .into_iter()
        .filter(|file| file.name == name);
    let file = files.next().expect("attached");
    let path = format!("{subject}.found");
    std::fs::write(case.path(&path), file.content).expect("written");
    path
}

fn deltas(case: &Case, bundle: &str) -> Vec<String> {
    let events = case.events(bundle);
    let restored = events
        .iter()
        .filter(|event| event["type"] == "ItemRestored/1");
    let mut deltas: Vec<String> = restored
        .flat_map(|event| {
            event["data"]["deltas"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        })
        .filter_map(|delta| Some(delta.as_str()?.to_owned()))
        .collect();
    deltas.sort();
    deltas
}

#[test]
fn openssl_verifies_and_decrypts_what_comes_back() {
    if !has_openssl() {
        return;
    }
    let case = Case::new(Faults::none());
    prepared(&case);
    case.prepare("mailbox");
    assert!(case.restore().status.success());
    let folder = case.folder.path();
    let checks = [
        (
            Row::declared("Messages", "message signed in the open"),
            "open",
            "signed-original.eml",
            "smime -verify -CAfile cert.pem",
        ),
        (
            Row::kept("Messages", "message signed as one piece"),
            "piece",
            "smime.p7m",
            "smime -verify -inform DER -CAfile cert.pem",
        ),
        (
            Row::kept("Messages", "encrypted message"),
            "secret",
            "smime.p7m",
            "smime -decrypt -inform DER -inkey key.pem -recip cert.pem",
        ),
    ];
    for (row, subject, name, words) in checks {
        let path = read_back(&case, subject, name);
        let verified = |path: &str| openssl(folder, &format!("{words} -out out.txt -in {path}"));
        row.holds(verified(&path), &subject);
        let text = std::fs::read_to_string(folder.join("out.txt")).expect("its text");
        row.stands_in(&text, "We buy it.");
        // A change of one letter in what came back is seen.
        let mut bytes = std::fs::read(folder.join(&path)).expect("written");
        let at = bytes.windows(3).position(|three| three == b"buy");
        let at = at.unwrap_or(bytes.len() / 2);
        bytes[at] ^= 1;
        std::fs::write(folder.join("changed"), bytes).expect("written");
        let is_same = verified("changed") && {
            let text = std::fs::read_to_string(folder.join("out.txt")).expect("its text");
            text.contains("We buy it.")
        };
        assert!(
            !is_same,
            "{subject}: a changed piece was taken for the same"
        );
    }
    let class = |subject: &str| {
        let stored = case.inspect().messages(ADA);
        let stored = stored
            .into_iter()
            .find(|one| one.json["subject"] == subject);
        stored
            .expect("restored")
            .properties
            .get("string 0x1a")
            .cloned()
    };
    assert_eq!(class("piece").as_deref(), Some("IPM.Note.SMIME"));
    assert_eq!(class("secret").as_deref(), Some("IPM.Note.SMIME"));
    assert_eq!(class("open"), None, "it has more than the piece");
    assert_eq!(deltas(&case, "bundle-kept"), Vec::<String>::new());
}

#[test]
fn a_class_that_the_tenant_does_not_take_is_declared() {
    if !has_openssl() {
        return;
    }
    let case = Case::new(Faults::none());
    prepared(&case);
    case.inspect().set_takes_classes(false);
    case.prepare("mailbox");
    assert!(case.restore().status.success());
    assert_eq!(
        deltas(&case, "bundle-declared"),
        [
            "message class: restored as a plain message",
            "message class: restored as a plain message",
            "signature: signed or encrypted as one piece, which is kept as an attachment",
            "signature: signed or encrypted as one piece, which is kept as an attachment",
        ]
    );
}
