//! Notices from outside: what waits is told over a signed webhook and as a mail text, and never to the compromised tenant.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use m365_simulator::Faults;
use serde_json::Value;

use crate::case::{Case, mail};
use crate::tampering::forge::put;

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Answers each request with the next status; keeps what was sent.
fn listener(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<String>>>) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    std::thread::spawn(move || {
        for status in statuses {
            let (mut connection, _) = socket.accept().expect("somebody");
            let mut all = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let count = connection.read(&mut buffer).expect("read");
                all.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&all);
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let head = head.to_lowercase();
                    let length = head.split("content-length: ").nth(1);
                    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
                    length.is_some_and(|length: usize| body.len() >= length)
                });
                if whole || count == 0 {
                    break;
                }
            }
            keep.lock()
                .expect("no panic")
                .push(String::from_utf8_lossy(&all).into_owned());
            write!(
                connection,
                "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            .expect("answered");
        }
    });
    (format!("http://{address}/hook/secret-token"), kept)
}

fn case() -> Case {
    let case = Case::without_quotas(Faults::none());
    case.plant("1.eml", &mail(1, 0));
    case.prepare_people("mailbox");
    case.done("plan make CASE --source SOURCE");
    case
}

#[test]
fn what_waits_is_sent_signed_tried_again_and_on_record() {
    let case = case();
    let (url, kept) = listener(&[503, 204]);
    put(&case.path("webhook"), format!("{url}\n{KEY}\n").as_bytes());
    let none = case.done("notify send CASE --webhook-file @webhook");
    assert!(none.contains("nothing waits"), "{none}");
    case.done("plan propose CASE");
    let sent = case.run("notify send CASE --webhook-file @webhook");
    let said = String::from_utf8_lossy(&sent.stdout);
    assert!(
        sent.status.success() && said.contains("204, 2 tries"),
        "{said}"
    );

    let requests = kept.lock().expect("no panic").clone();
    assert_eq!(requests.len(), 2);
    let header = |request: &str, name: &str| {
        let line = request
            .lines()
            .find(|line| line.to_lowercase().starts_with(name));
        line.and_then(|line| line.split_once(": "))
            .map(|(_, value)| value.to_owned())
    };
    let id = header(&requests[0], "webhook-id").expect("an id");
    assert_eq!(
        header(&requests[1], "webhook-id").as_ref(),
        Some(&id),
        "the same notice"
    );
    let signature = header(&requests[1], "webhook-signature").expect("signed");
    assert!(signature.starts_with("v1,"), "{signature}");
    let body = requests[1].split_once("\r\n\r\n").expect("a body").1;
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["data"]["waiting"][0]["kind"], "approval");
    for personal in ["mailbox", "ada@", "old.example"] {
        assert!(!body.to_string().contains(personal), "{body}");
    }

    // Before it left and after: on the record, without the address.
    let events = case.events("bundle");
    let of = |kind: &str| {
        events
            .iter()
            .find(|event| event["type"] == kind)
            .expect("recorded")
    };
    assert_eq!(of("NoticeAttempted/1")["data"]["waiting"]["approval"], 1);
    let ended = &of("NoticeEnded/1")["data"];
    assert_eq!(
        (&ended["delivered"], &ended["tries"]),
        (&true.into(), &2.into())
    );
    for event in &events {
        assert!(!event.to_string().contains("secret-token"), "{event}");
    }
}

#[test]
fn nobody_in_the_compromised_tenant_is_told_and_no_error_names_the_webhook() {
    let case = case();
    case.done("plan propose CASE");
    for address in ["lead@old.example", "lead@mail.old.example"] {
        let refused = case.run(&format!("notify text CASE --to {address}"));
        assert_eq!(refused.status.code(), Some(12), "{address}");
    }
    let mail = case.done("notify text CASE --to lead@other.example");
    assert!(
        mail.starts_with("To: lead@other.example\nSubject: 1 things wait"),
        "{mail}"
    );
    assert!(mail.contains("approval: proposal "), "{mail}");
    for (file, code) in [
        ("https://hooks.old.example/secret-token\n", 12),
        ("http://hooks.other.example/secret-token\n", 1),
        ("http://127.0.0.1:9/secret-token\nnokey\n", 1),
    ] {
        put(&case.path("hook"), file.as_bytes());
        let refused = case.run("notify send CASE --webhook-file @hook");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(code), "{said}");
        assert!(!said.contains("secret-token"), "{said}");
    }
}
