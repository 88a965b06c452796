//! docs/operating.md, the sections on content and on identities: their commands are run line by line, against the simulated
//! tenant, and print what the page says.

use std::os::unix::fs::symlink;

use m365_simulator::Faults;

use super::runbook::filled;
use crate::case::{Case, mail};
use crate::content::planted::{carrying, macro_document};
use crate::content::two_approvers;
use crate::operating::{commands, normal};

/// Runs a section; how each command that begins so ends, where it is not with 0.
#[track_caller]
fn follows(case: &Case, heading: &str, least: usize, codes: &[(&str, i32)]) {
    for (from, to) in [
        ("case", "acme"),
        ("source", "mail"),
        ("secret", "app.secret"),
    ] {
        symlink(case.path(from), case.path(to)).expect("linked");
    }
    let found = commands(heading);
    assert!(found.len() >= least, "only {} commands", found.len());
    let mut wrong = Vec::new();
    for (command, printed) in found {
        let words = filled(case, &command);
        let output = case
            .command("")
            .args(words.iter().skip(1))
            .current_dir(case.folder.path())
            .output()
            .expect("started");
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        let code = codes.iter().find(|(start, _)| command.starts_with(start));
        let code = code.map_or(0, |(_, code)| *code);
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        if !printed.is_empty() && normal(&printed) != normal(&said) {
            wrong.push(format!("$ {command}\n{said}"));
        }
    }
    let wrong = wrong.join("\n");
    assert!(wrong.is_empty(), "the page says otherwise:\n{wrong}");
}

/// A mail with a macro, one with a program, and one with neither.
#[test]
fn the_section_on_content_does_what_it_says() {
    let case = Case::without_quotas(Faults::none());
    for (name, bytes) in [
        ("1.eml", mail(1, 0)),
        ("2.eml", carrying(2, "report.docx", &macro_document())),
        ("3.eml", carrying(3, "setup.exe", b"MZ and so on")),
    ] {
        case.plant(name, &bytes);
    }
    case.prepare_people("mailbox");
    two_approvers(&case);
    let heading = "Content: scanners, holds, releases";
    // What is held makes it 3, before the release and after it.
    follows(&case, heading, 13, &[("unbroken restore", 3)]);
    assert_eq!(case.inspect().messages("ada@clean.example").len(), 2);
}

#[test]
fn the_section_on_identities_does_what_it_says() {
    let case = crate::identities::connected();
    follows(&case, "Identities", 4, &[]);
    assert_eq!(case.inspect().users_named("cleo@clean.example"), 1);
}
