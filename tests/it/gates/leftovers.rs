//! What restored content holds of the compromised tenant is counted and flagged; it fails no check and is not changed.

use serde_json::Value;

use super::road::{OLD, case_with};
use crate::case::mail;

fn mail_with(body: &str) -> Vec<u8> {
    format!(
        "From: Ben <ben@elsewhere.example>\r\nTo: ada@clean.example\r\nSubject: meeting\r\n\
         Date: Tue, 01 Apr 2025 10:00:09 +0000\r\nMessage-ID: <9@elsewhere.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

#[test]
fn hits_in_content_are_counted_and_old_teams_links_flagged() {
    let context = format!("%7b%22Tid%22%3a%22{OLD}%22%7d");
    let meeting = "https://teams.microsoft.com/l/meetup-join/19%3ax%40thread.v2/0?context=";
    let file = "https://files.old.example/sites/quay/a.docx";
    let link = format!(
        "<a href=\"{meeting}{context}\">join</a> <a href='{file}'>=1+1</a> https://notold.example/"
    );
    let case = case_with(|case| {
        case.plant("9.eml", &mail_with(&link));
        case.plant("10.eml", &mail_with("nothing of anybody"));
        for number in 1..=3 {
            case.plant(&format!("{number}.eml"), &mail(number, 0));
        }
        case.prepare("mailbox");
    });
    // Before the tenant is pinned nothing stands in the way of a restore.
    assert!(case.restore().status.success());
    case.done(&format!(
        "case pin CASE --tenant-id {OLD} --domain old.example"
    ));
    let look = "separation CASE --expected @expected.json --evidence @exchange.json VERIFY";
    let said = case.done(&format!("{look} --source SOURCE --links @links.csv --json"));
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["open"], 0, "hits in content open nothing");
    let counted = &said["content"]["counted"];
    assert_eq!(
        (&counted["searched"], &counted["not_searched"]),
        (&5.into(), &0.into())
    );
    // Three mails come from the old domain and go to it; one holds the link, which names the tenant.
    assert_eq!(
        (&counted["items"], &counted["flagged"]),
        (&4.into(), &1.into())
    );
    assert_eq!(
        (&counted["join_links"], &counted["tenant_ids"]),
        (&1.into(), &1.into())
    );
    assert!(counted["addresses"].as_u64() >= Some(6), "{counted}");
    assert_eq!(said["content"]["flagged"].as_array().map(Vec::len), Some(1));
    let listed = std::fs::read_to_string(case.path("links.csv")).expect("a list");
    let rows: Vec<&str> = listed.lines().collect();
    assert_eq!(rows[0], "custodian,workload,item,name,old,new");
    assert_eq!(rows.len(), 3, "{listed}");
    assert!(
        rows.iter().any(|row| row.ends_with(&format!(",{file},"))),
        "{listed}"
    );
    assert!(
        rows.iter().any(|row| row.contains("/meetup-join/")),
        "{listed}"
    );
    assert_eq!(said["content"]["links"], 2);

    case.done("report issue CASE --edition redacted --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("a report");
    let words = "5 restored items searched, 0 not: 4 of them name the compromised tenant";
    assert!(report.contains(words), "{words}");
    let unscanned = "Content was not scanned for anything harmful: no content gate was set.";
    assert!(report.contains(unscanned), "{unscanned}");
}
