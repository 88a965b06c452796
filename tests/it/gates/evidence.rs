//! Evidence files: hand-made ones are read, malformed ones are refused with the place.

use unbroken::domain::evidence::exchange::{parse_csv, parse_json};
use unbroken::domain::evidence::object::Object;

const JSON: &str = r#"{
  "format": "unbroken-exchange-evidence/1",
  "tenantId": "22222222-bbbb-4bbb-8bbb-222222222222",
  "tool": "ExchangeOnlineManagement",
  "toolVersion": "3.9.0",
  "takenAt": "2026-11-27T12:00:00Z",
  "sections": {
    "Mailbox": [
      {"PrimarySmtpAddress": "alice@new.example",
       "ForwardingSmtpAddress": "smtp:x@mail.invalid", "ForwardingAddress": null}
    ],
    "TransportConfig": [{"SmtpClientAuthenticationDisabled": true}]
  }
}"#;

const CSV: &str = "# section: Mailbox\r\n# tenantId: 22222222-bbbb-4bbb-8bbb-222222222222\r\n\
# tool: Export-Csv by hand\r\n# toolVersion: 5.1\r\n# takenAt: 2026-11-27T12:00:00Z\r\n\
PrimarySmtpAddress,ForwardingSmtpAddress,ForwardingAddress\r\n\
alice@new.example,,\r\n\"bob, the other\",smtp:x@mail.invalid,\r\n";

#[test]
fn hand_made_files_are_read() {
    let json = parse_json(JSON.as_bytes()).expect("a good file");
    assert_eq!(json.file.tool, "ExchangeOnlineManagement");
    assert_eq!(json.sections.len(), 2);
    let with_mark = [b"\xef\xbb\xbf", JSON.as_bytes()].concat();
    assert_eq!(parse_json(&with_mark), Ok(json));
    let csv = parse_csv(CSV.as_bytes()).expect("a good file");
    assert_eq!(csv.file.version, "5.1");
    let rows = &csv.sections["Mailbox"];
    assert_eq!(rows.len(), 2);
    let bob = Object::new(&rows[1]);
    assert_eq!(bob.text("PrimarySmtpAddress"), Some("bob, the other"));
    assert!(bob.is_filled("ForwardingSmtpAddress") && !bob.is_filled("ForwardingAddress"));
}

#[test]
fn malformed_ones_are_refused_with_the_place() {
    let changed = |from: &str, to: &str| {
        assert!(JSON.contains(from), "{from}");
        let error = parse_json(JSON.replace(from, to).as_bytes()).expect_err(to);
        error.place
    };
    assert_eq!(
        changed("\"takenAt\": \"", "\"takenAt\": "),
        "line 6, column 18"
    );
    assert_eq!(changed("evidence/1", "evidence/9"), "format");
    assert_eq!(changed("\"tenantId\"", "\"tenant\""), "tenantId");
    assert_eq!(changed("2026-11-27T", "27.11.2026 T"), "takenAt");
    assert_eq!(
        changed("\"ForwardingAddress\": null", "\"X\": 1"),
        "sections.Mailbox[0].ForwardingAddress"
    );
    assert_eq!(
        changed("\"Mailbox\"", "\"Mailboxes\""),
        "sections.Mailboxes"
    );
    assert_eq!(
        changed("[{\"Smtp", "[7, {\"Smtp"),
        "sections.TransportConfig[0]"
    );
    let csv = |from: &str, to: &str| {
        assert!(CSV.contains(from), "{from}");
        parse_csv(CSV.replace(from, to).as_bytes())
            .expect_err(to)
            .place
    };
    assert_eq!(csv("alice@new.example,,", "alice@new.example,"), "line 7");
    assert_eq!(csv("# tool: ", "# tool "), "line 3");
    assert_eq!(csv("# section: Mailbox", "# section: Nothing"), "Nothing");
    assert_eq!(csv(",ForwardingAddress\r", "\r"), "line 7");
    assert_eq!(
        csv(",ForwardingAddress\r", ",Other\r"),
        "Mailbox[0].ForwardingAddress"
    );
    assert_eq!(
        parse_csv(b"\xff\xfe").expect_err("not UTF-8").place,
        "byte 0"
    );
}
