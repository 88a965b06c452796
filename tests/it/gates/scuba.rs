//! CISA's published sample report: read, its `Raw` part run through our checks, each difference to its verdicts explained.

use std::fs;

use unbroken::domain::baseline;
use unbroken::domain::evidence::scuba::{ScubaRun, parse};
use unbroken::domain::evidence::{Evidence, Expected, OldTenant};
use unbroken::domain::finding::Finding;

use crate::left_out::left_out;

use super::world::{at, digest};

fn sample() -> Option<Vec<u8>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/vectors/scuba/ScubaResults_sample.json"
    );
    let bytes = fs::read(path).ok();
    if bytes.is_none() {
        left_out("../shared/vectors/scuba is not here");
    }
    bytes
}

fn run(bytes: &[u8]) -> ScubaRun {
    parse(bytes, &digest(bytes)).expect("the sample can be read")
}

fn evidence(run: ScubaRun) -> Evidence {
    let mut evidence = Evidence {
        graph: run.readings,
        expected: Expected {
            tenant_id: run.brought.file.tenant_id.clone(),
            old: OldTenant {
                tenant_id: "11111111-aaaa-4aaa-8aaa-111111111111".to_owned(),
                domains: vec!["old.example".to_owned()],
                ..OldTenant::default()
            },
            admins: vec!["John Public".to_owned(), "Jane Doe".to_owned()],
            ..Expected::default()
        },
        scuba: Some(run.report),
        now: at("2026-05-05T00:00:00Z"),
        ..Evidence::default()
    };
    evidence.add_file(run.brought.file, run.brought.sections);
    evidence
}

/// A control of theirs, our check, and how its objects begin when it is about the same.
const SAME: [(&str, &str, &[&str]); 26] = [
    ("MS.AAD.1.1", "C6", &["block legacy"]),
    ("MS.AAD.2.1", "C7", &["block users"]),
    ("MS.AAD.2.3", "C7", &["block sign-ins"]),
    ("MS.AAD.3.2", "C5", &["MFA for all"]),
    ("MS.AAD.3.4", "C5", &["policyMigrationState"]),
    (
        "MS.AAD.3.5",
        "C5",
        &[
            "authentication method Sms",
            "authentication method Voice",
            "authentication method Email",
        ],
    ),
    ("MS.AAD.3.6", "C5", &["phishing-resistant"]),
    ("MS.AAD.3.9", "C6", &["block the device"]),
    ("MS.AAD.5.1", "C10", &["allowedToCreateApps"]),
    ("MS.AAD.5.2", "C10", &["ManagePermissionGrantsForSelf"]),
    ("MS.AAD.5.3", "C10", &["adminConsentRequestPolicy"]),
    ("MS.AAD.7.1", "C1", &["Global Administrator"]),
    ("MS.AAD.7.2", "C2", &["Global Administrator"]),
    ("MS.AAD.7.3", "C3", &[""]),
    (
        "MS.AAD.7.6",
        "C4",
        &["62e90394-69f5-4237-9190-012177145e10/Approval"],
    ),
    (
        "MS.AAD.7.8",
        "C4",
        &["62e90394-69f5-4237-9190-012177145e10/Notification_Admin_EndUser"],
    ),
    ("MS.AAD.8.1", "C19", &["guestUserRoleId"]),
    ("MS.AAD.8.2", "C19", &["allowInvitesFrom"]),
    ("MS.EXO.1.1", "C22", &["Default"]),
    ("MS.EXO.5.1", "C6", &["SmtpClient"]),
    ("MS.DEFENDER.1.1", "C27", &["Standard", "Strict"]),
    ("MS.DEFENDER.6.1", "C26", &["UnifiedAudit"]),
    ("MS.EXO.13.1", "C26", &["AuditDisabled"]),
    ("MS.SHAREPOINT.1.1", "C24", &["sharingCapability"]),
    ("MS.SHAREPOINT.1.2", "C24", &["ODBSharingCapability"]),
    ("MS.TEAMS.4.1", "C25", &["AllowEmail"]),
];

/// More of the same; these are told apart by what is wrong with the object.
const MORE: [(&str, &str, &[&str]); 12] = [
    ("MS.AAD.7.4", "C4", &["for ever"]),
    ("MS.AAD.7.5", "C4", &["outside of PIM"]),
    (
        "MS.AAD.7.7",
        "C4",
        &[
            "e8611ab8-c189-46e8-94e1-60213ab1f814/Notification_Admin_Admin",
            "158c047a-c907-4556-b7ef-446551a6b5f7/Notification_Admin_Admin",
        ],
    ),
    (
        "MS.AAD.7.9",
        "C4",
        &["158c047a-c907-4556-b7ef-446551a6b5f7/Notification_Admin_EndUser"],
    ),
    ("MS.EXO.2.2", "C23", &["no SPF"]),
    ("MS.EXO.3.1", "C23", &["DKIM is off"]),
    ("MS.EXO.4.2", "C23", &["no DMARC"]),
    ("MS.TEAMS.5.1", "C25", &["DefaultApp"]),
    ("MS.SHAREPOINT.2.1", "C24", &["DefaultSharingLinkType"]),
    ("MS.TEAMS.2.1", "C25", &["AllowFederatedUsers"]),
    ("MS.TEAMS.5.2", "C25", &["GlobalApp"]),
    ("MS.TEAMS.5.3", "C25", &["PrivateApp"]),
];

/// Where both look and do not say the same: the control, and why.
const DIFFERENCES: [(&str, &str); 3] = [
    (
        "MS.EXO.3.1",
        "they ask the DNS for the key, which was not there; ours reads whether Exchange signs",
    ),
    (
        "MS.EXO.4.2",
        "they ask for the second-level domain; ours wants tqhjy.mail.onmicrosoft.com as well",
    ),
    (
        "MS.TEAMS.5.1",
        "C25 is about apps of third parties and one's own; they ask for Microsoft's as well",
    ),
];

fn holds(findings: &[Finding], check: &str, starts: &[&str]) -> bool {
    let finding = findings
        .iter()
        .find(|one| one.id == check)
        .expect("a check");
    let mut failed = finding.failed.iter();
    !failed.any(|named| {
        let is_it = |start: &&str| {
            named.object.starts_with(start) || (!start.is_empty() && named.why.contains(start))
        };
        starts.iter().any(is_it)
    })
}

#[test]
fn our_verdicts_over_its_raw_part_are_its_own() {
    let Some(bytes) = sample() else {
        return;
    };
    let run = run(&bytes);
    let controls = run.report.controls.clone();
    let findings = baseline::findings(&evidence(run));
    let mut differ = Vec::new();
    for (control, check, starts) in SAME.iter().chain(&MORE) {
        let theirs = controls[*control].result == "Pass";
        let finding = findings
            .iter()
            .find(|one| one.id == *check)
            .expect("a check");
        let had = !finding.missing.iter().any(|named| {
            starts
                .iter()
                .any(|start| !start.is_empty() && named.object.starts_with(start))
        });
        assert!(
            had,
            "{control}: {check} has nothing to look at: {:?}",
            finding.missing
        );
        if theirs != holds(&findings, check, starts) {
            differ.push(format!(
                "{control} ({}): {:?}",
                controls[*control].result, finding.failed
            ));
        }
    }
    // Each difference is explained, and each explanation is needed.
    for (control, why) in DIFFERENCES {
        let before = differ.len();
        differ.retain(|text| !text.starts_with(&format!("{control} ")));
        assert_eq!(differ.len() + 1, before, "{control} does not differ: {why}");
    }
    assert_eq!(differ, Vec::<String>::new());
}

#[test]
fn what_is_malformed_is_refused_with_the_place() {
    let Some(bytes) = sample() else {
        return;
    };
    let text = String::from_utf8(bytes).expect("UTF-8");
    let place = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        parse(changed.as_bytes(), "").expect_err(to).place
    };
    assert!(place("\"MetaData\"", "MetaData").starts_with("line 2, column"));
    assert_eq!(place("\"TenantId\"", "\"TenantID\""), "MetaData.TenantId");
    assert_eq!(place("\"ScubaGear\"", "\"Other\""), "MetaData.Tool");
    assert_eq!(place("\"Raw\"", "\"raw\""), "Raw");
    assert_eq!(
        place("\"Control ID\"", "\"ControlId\""),
        "Results.AAD[0].Controls[0].Control ID"
    );
    assert_eq!(
        place("MS.AAD.2.1v1\"", "MS.AAD.1.1v1\""),
        "Results.AAD[1].Controls[0]"
    );
    let cut = &text.as_bytes()[..text.len() / 2];
    assert!(
        parse(cut, "")
            .expect_err("cut in half")
            .place
            .starts_with("line ")
    );
}
