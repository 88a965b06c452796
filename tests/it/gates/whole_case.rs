//! docs/operating.md, the whole case line by line: run as it stands, against the simulated tenant.

use std::os::unix::fs::symlink;

use m365_simulator::Faults;
use serde_json::json;

use super::road::{OLD, expected, export, export_as};
use super::runbook::filled;
use super::world::app;
use crate::case::{Case, mail};
use crate::operating::{commands, normal};
use crate::tampering::forge::put;

const ZONE: &str = "old.example. 3600 IN MX 0 old-example.mail.protection.outlook.com.\n\
    old.example. 3600 IN TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n\
    autodiscover.old.example. 3600 IN CNAME autodiscover.outlook.com.\n\
    selector1._domainkey.old.example. 3600 IN CNAME s1._domainkey.clean.example.\n\
    selector2._domainkey.old.example. 3600 IN CNAME s2._domainkey.clean.example.\n";

const SIDECAR: &str = "custodian,path,kind,inherits,principal,principal_kind,\
    level,effect,via,expires\n\
    ada@old.example,Contracts,folder,yes,ben@old.example,user,read,,,\n\
    ada@old.example,Contracts/open.txt,file,yes,gone@old.example,user,write,,,\n\
    ada@old.example,Contracts/secret.txt,file,no,,,,,,\n";

const PRINCIPALS: &str = "source,target,kind,fate\n\
    ada@old.example,ada@clean.example,user,mapped\n\
    ben@old.example,ben@clean.example,user,mapped\n";

/// The commands that a whole case cannot do without.
const GROUPS: [&str; 9] = [
    "case",
    "baseline",
    "plan",
    "approve",
    "certify",
    "restore",
    "access",
    "separation",
    "domain",
];

/// What lies in the folder before the first line.
fn folder() -> Case {
    let case = Case::new(Faults::none());
    for (number, who) in ["ada", "ada", "ben", "ben"].into_iter().enumerate() {
        let path = format!("{who}@old.example/Inbox/{number}.eml");
        case.plant(&path, &mail(number, 0));
    }
    symlink(case.path("source"), case.path("mail")).expect("linked");
    for name in ["open.txt", "secret.txt"] {
        let path = case.path(&format!("files/ada@old.example/Contracts/{name}"));
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        put(&path, name.as_bytes());
    }
    case.inspect().set_directory(OLD, "old.example");
    case.inspect().set_domain("old.example", false, true);
    export(&case);
    for (name, text) in [
        ("expected.json", expected().to_string()),
        ("passphrase", "correct horse battery staple\n".to_owned()),
        (
            "people.csv",
            "source,target\nada@old.example,ada@clean.example\n\
             ben@old.example,ben@clean.example\n"
                .to_owned(),
        ),
        (
            "waves.csv",
            "custodian,department,wave\nben@old.example,,1\n".to_owned(),
        ),
        (
            "prices.csv",
            "tenant,licence,users,price,currency\nold,E3,950,36.00,EUR\n".to_owned(),
        ),
        ("access.csv", SIDECAR.to_owned()),
        ("principals.csv", PRINCIPALS.to_owned()),
        ("zone.txt", ZONE.to_owned()),
        ("signins.json", "[]".to_owned()),
        ("devices.csv", "device,state\n".to_owned()),
        ("released.json", "{\"value\": []}".to_owned()),
        ("removed.png", "a picture".to_owned()),
    ] {
        put(&case.path(name), text.as_bytes());
    }
    std::fs::copy(case.path("secret"), case.path("app.secret")).expect("copied");
    case
}

/// What happens in the tenant between the lines: an administrator's hands.
fn between(case: &Case, command: &str) {
    if command.contains("domain step") && command.contains("--step swap") {
        return;
    }
    if command.contains("case finish") {
        // After the swap the mailboxes have other names: they are exported again.
        export_as(case, "exchange-2.json");
    }
    if command.contains("case apps-gone") {
        case.inspect().change_directory(|directory| {
            for path in ["/applications", "/servicePrincipals"] {
                let rows = directory.answers.get_mut(path).expect("a collection");
                let rows = rows["value"].as_array_mut().expect("rows");
                rows.retain(|row| (1..=3).all(|number| row["appId"] != json!(app(number))));
            }
        });
    }
}

#[test]
fn the_whole_case_goes_as_the_page_says() {
    let case = folder();
    case.inspect().record_exchanges();
    let mut wrong = Vec::new();
    let found = commands("The whole case, line by line");
    assert!(found.len() > 70, "only {} commands", found.len());
    for group in GROUPS {
        let start = format!("unbroken {group} ");
        let is_run = found.iter().any(|(command, _)| command.starts_with(&start));
        assert!(is_run, "no `{group}` on the page");
    }
    for (command, printed) in found {
        between(&case, &command);
        let words = filled(&case, &command);
        let output = case
            .command("")
            .args(words.iter().skip(1))
            .current_dir(case.folder.path())
            .output()
            .expect("started");
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        let code = match () {
            () if printed.starts_with("error: ") => 12,
            // Without a trust file nobody vouches for the signer: the verifier says so.
            () if command.starts_with("unbroken verify") => 21,
            () => 0,
        };
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        if !printed.is_empty() && normal(&printed) != normal(&said) {
            wrong.push(format!("$ {command}\n{said}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "the page says otherwise:\n{}",
        wrong.join("\n")
    );
    crate::openapi::expect_as_documented(&case.inspect().exchanges());
    let names = case.inspect().user_names();
    assert!(names.contains(&"ada@old.example".to_owned()), "{names:?}");
    for name in ["ada@old.example", "ben@old.example"] {
        assert_eq!(case.inspect().messages(name).len(), 2, "{name}");
    }
    // Let in before the swap, under the name of before; the closed file stayed closed.
    let access = case.inspect().effective_access();
    let at = |name: &str| {
        let path = format!("/Contracts/{name}");
        let place = ("ada@old.example".to_owned(), path);
        access[&place].get("ben@old.example").cloned()
    };
    assert_eq!(at("open.txt").as_deref(), Some("read"));
    assert_eq!(at("secret.txt"), None);
}
