//! Files of a backup that were made to end the program or to keep it busy for hours: under a limit of memory and of processor
//! time, with a good file beside them that has to be listed.

use std::fmt::Write as _;
use std::process::Command;

use m365_simulator::Faults;

use crate::case::Case;

/// KiB of addresses and seconds of one processor; what was made to hurt would take a multiple of either.
const LIMITS: (&str, &str) = ("4194304", "60");
const GOOD: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:good\r\nSUMMARY:Good\r\n\
                    DTSTART:20270201T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// Runs a command that has to come to its end within the limits.
#[track_caller]
fn within_limits(case: &Case, words: &str) -> String {
    let (kib, seconds) = LIMITS;
    let plan = case.command(words);
    let done = Command::new("bash")
        .args([
            "-c",
            "ulimit -v $1 -t $2 && shift 2 && exec \"$@\"",
            "limited",
            kib,
            seconds,
        ])
        .arg(plan.get_program())
        .args(plan.get_args())
        .env("NO_COLOR", "1")
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(0), "{said}");
    said + &String::from_utf8_lossy(&done.stdout)
}

#[test]
fn no_calendar_and_no_card_keeps_the_others_from_being_planned() {
    let case = Case::new(Faults::none());
    let zones = "BEGIN:VTIMEZONE\nEND:VTIMEZONE\n".repeat(16_000);
    let events = "BEGIN:VEVENT\nEND:VEVENT\n".repeat(16_000);
    let product = format!("BEGIN:VCALENDAR\n{zones}{events}END:VCALENDAR\n");
    let goes_on = format!(
        "BEGIN:VCARD\nA\n{}FN:b\nEND:VCARD\n",
        " =\n".repeat(600_000)
    );
    let mut labels = "BEGIN:VCARD\nFN:c\n".to_owned();
    for number in 0..100_000 {
        writeln!(labels, "i{number}.GEO:1\nj{number}.X-ABLABEL:x").expect("a String takes it");
    }
    labels.push_str("END:VCARD\n");
    case.plant("product.ics", product.as_bytes());
    case.plant("goes-on.vcf", goes_on.as_bytes());
    case.plant("labels.vcf", labels.as_bytes());
    case.plant("good.ics", GOOD.as_bytes());
    // Every file is opened; then every item is read.
    let opened = within_limits(&case, "source inspect SOURCE");
    assert!(opened.contains("ics+vcf"), "{opened}");
    case.declare("mailbox", "");
    let planned = within_limits(&case, "plan make CASE --source SOURCE");
    // Of the product each event is named: none says when it is.
    for said in ["3 items to restore", "16000 that cannot be read"] {
        assert!(planned.contains(said), "{planned}");
    }
}
