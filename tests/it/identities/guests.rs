//! Guests and shared mailboxes through the program: invited once and without a mail, let in by the access plan alone, looked at
//! afterwards; nobody from the old tenant.

use std::time::Duration;

use m365_simulator::{Exchange, FaultKind, OneShot};
use unbroken_verify::VerdictKind;

use super::{connected, keep_users_out, refused};
use crate::access::journey::{ACCESS, approved, others, restored};
use crate::case::Case;
use crate::gates::road;
use crate::openapi::expect_as_documented;
use crate::tampering::forge::put;

const SIDECAR: &str = "custodian,path,kind,inherits,principal,principal_kind,level,effect,via,\
expires\n\
drive,Contracts,folder,yes,eve@partner.example,guest,read,,,\n\
drive,Contracts,folder,yes,max@partner.example,guest,read,,,\n\
drive,Contracts/secret.txt,file,no,,,,,,\n";
const PRINCIPALS: &str = "source,target,kind,fate\n\
drive,ada@clean.example,user,mapped\n\
eve@partner.example,eve@partner.example,guest,external-approved\n\
max@partner.example,max@partner.example,guest,mapped\n";
const INVITE: &str = "identity guests CASE --map @principals.csv IDENTITY";

fn count(case: &Case, bundle: &str, kind: &str, of: &str) -> usize {
    let events = case.events(bundle);
    let of = events
        .iter()
        .filter(|event| event["type"] == kind && event["data"]["kind"] == of);
    of.count()
}

/// Starts to invite, and is killed behind the call.
fn killed_behind_the_call(case: &Case) {
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: "POST".to_owned(),
        path: "/invitations".to_owned(),
        skip: 0,
    });
    let mut child = case.start(INVITE);
    while case.inspect().held() == 0 {
        let ended = child.try_wait().expect("asked");
        assert!(ended.is_none(), "it ended before the call: {ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    while case.inspect().held() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    case.inspect().disarm();
}

#[test]
fn an_approved_guest_is_invited_once_without_a_mail_and_opens_what_the_plan_gives() {
    let case = restored();
    case.inspect().record_exchanges();
    case.inspect().set_directory(road::OLD, "old.example");
    put(&case.path("access.csv"), SIDECAR.as_bytes());
    put(&case.path("principals.csv"), PRINCIPALS.as_bytes());
    refused(&case, INVITE, "no access plan is in force");
    approved(&case);
    let apply = format!("access apply CASE {ACCESS} TARGET");
    refused(&case, &apply, "there is nobody of that key");
    refused(&case, INVITE, "no conditional access policy");
    keep_users_out(&case);
    assert_eq!(case.inspect().guest_invitations(), (0, 0));

    killed_behind_the_call(&case);
    let said = case.done(INVITE);
    assert!(said.starts_with("1 invited, 0 there before"), "{said}");
    let again = case.done(INVITE);
    assert!(again.starts_with("0 invited, 0 there before"), "{again}");
    assert!(again.contains("1 invited earlier"), "{again}");
    // Once, no mail, and nobody whom the map does not approve.
    assert_eq!(case.inspect().guest_invitations(), (1, 0));
    let guests = [("eve@partner.example".to_owned(), false)];
    assert_eq!(case.inspect().guests(), guests);
    assert_eq!(count(&case, "bundle", "IdentityAttempted/1", "guest"), 1);

    assert!(
        others(&case, "/Contracts").is_empty(),
        "inviting opens nothing"
    );
    case.done(&apply);
    let name = "eve_partner.example#EXT#@clean.example";
    let only_eve = [(name.to_owned(), "read".to_owned())];
    assert_eq!(others(&case, "/Contracts"), only_eve);
    assert!(others(&case, "/Contracts/secret.txt").is_empty());
    let same = case.done(&format!("access diff CASE {ACCESS} TARGET"));
    assert!(same.contains("0 gained"), "{same}");

    let seen = case.done("identity check CASE IDENTITY");
    assert!(
        seen.contains("guest eve@partner.example: has not come in yet"),
        "{seen}"
    );
    assert!(case.inspect().redeem("eve@partner.example"));
    let seen = case.done("identity check CASE IDENTITY");
    assert!(seen.contains("1 of 1 guests came in"), "{seen}");
    let events = case.events("bundle-2");
    let confirmed = events
        .iter()
        .filter(|event| event["type"] == "IdentityConfirmed/1");
    let said: Vec<bool> = confirmed
        .map(|event| {
            assert_eq!(event["data"]["what"], "came-in");
            event["data"]["there"] == true
        })
        .collect();
    assert_eq!(said, [false, true]);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);

    let exchanges = case.inspect().exchanges();
    let redeems = |one: &&Exchange| one.path.contains("redeem");
    assert_eq!(
        exchanges.iter().filter(redeems).count(),
        0,
        "by nobody of ours"
    );
    expect_as_documented(&exchanges);
}

#[test]
fn a_guest_from_the_old_tenant_or_by_another_map_is_refused() {
    let case = restored();
    put(&case.path("access.csv"), SIDECAR.as_bytes());
    let old = PRINCIPALS.replace("eve@partner.example,guest", "eve@mail.old.example,guest");
    put(&case.path("principals.csv"), old.as_bytes());
    let propose = format!("access propose CASE {ACCESS}");
    let rule = "guest eve@mail.old.example: lies in the compromised tenant";
    refused(&case, &propose, rule);
    refused(&case, INVITE, rule);
    put(&case.path("principals.csv"), PRINCIPALS.as_bytes());
    approved(&case);
    let more = PRINCIPALS.replace(
        "max@partner.example,guest,mapped",
        "max@partner.example,guest,external-approved",
    );
    assert_ne!(more, PRINCIPALS);
    put(&case.path("principals.csv"), more.as_bytes());
    refused(&case, INVITE, "not the one that the access plan in force");
    assert_eq!(case.inspect().guest_invitations(), (0, 0));
}

#[test]
fn what_becomes_of_a_shared_mailbox_is_read_back() {
    let case = connected();
    case.inspect().record_exchanges();
    let file = "kind,name,display_name,usage_location,licences,owners,members\n\
        shared-mailbox,desk@clean.example,Desk,DE,,,\n";
    put(&case.path("identities.csv"), file.as_bytes());
    case.done(super::MAKE);
    let check = "identity check CASE IDENTITY";
    let seen = case.done(check);
    assert!(
        seen.contains("desk@clean.example: has no mailbox yet"),
        "{seen}"
    );
    assert!(case.inspect().hurry("desk@clean.example"));
    // One that may not look says so, and does not say that it is not converted.
    let unseen = case.done("identity check CASE PROVISION");
    assert!(
        unseen.contains("not seen; the application needs"),
        "{unseen}"
    );
    let seen = case.done(check);
    let command = "Set-Mailbox -Identity desk@clean.example -Type Shared";
    assert!(seen.contains(command), "{seen}");
    assert!(
        seen.contains("0 of 1 shared mailboxes are converted"),
        "{seen}"
    );
    assert!(case.inspect().convert_to_shared("desk@clean.example"));
    let seen = case.done(check);
    assert!(
        seen.contains("1 of 1 shared mailboxes are converted"),
        "{seen}"
    );
    let events = case.events("bundle");
    let confirmed = events
        .iter()
        .filter(|event| event["type"] == "IdentityConfirmed/1");
    let said: Vec<bool> = confirmed
        .map(|event| event["data"]["there"] == true)
        .collect();
    assert_eq!(said, [false, true], "only what is new is recorded");
    expect_as_documented(&case.inspect().exchanges());
    case.done("report issue CASE --edition full --out @report");
    let report = std::fs::read_to_string(case.path("report/report.json")).expect("written");
    assert!(report.contains("Guests and shared mailboxes, and what was seen of them"));
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
