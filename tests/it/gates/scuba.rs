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
const MORE: [(&str, &str, &[&str]); 25] = [
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
    ("MS.EXO.4.1", "C23", &["no DMARC record"]),
    (
        "MS.EXO.4.2",
        "C23",
        &["no DMARC record", "DMARC record does not reject"],
    ),
    ("MS.TEAMS.5.1", "C25", &["DefaultApp"]),
    ("MS.SHAREPOINT.2.1", "C24", &["DefaultSharingLinkType"]),
    ("MS.TEAMS.2.1", "C25", &["AllowFederatedUsers"]),
    ("MS.TEAMS.5.2", "C25", &["GlobalApp"]),
    ("MS.TEAMS.5.3", "C25", &["PrivateApp"]),
    ("MS.TEAMS.2.2", "C25", &["AllowTeamsConsumerInbound"]),
    ("MS.TEAMS.2.3", "C25", &["AllowTeamsConsumer"]),
    ("MS.AAD.3.1", "C5", &["MFA for all"]),
    (
        "MS.DEFENDER.1.2",
        "C27",
        &["EOPProtectionPolicyRule: everybody"],
    ),
    (
        "MS.DEFENDER.1.3",
        "C27",
        &["ATPProtectionPolicyRule: everybody"],
    ),
    (
        "MS.DEFENDER.1.4",
        "C27",
        &["EOPProtectionPolicyRule: sensitive accounts"],
    ),
    (
        "MS.DEFENDER.1.5",
        "C27",
        &["ATPProtectionPolicyRule: sensitive accounts"],
    ),
    ("MS.SHAREPOINT.2.2", "C24", &["DefaultLinkPermission"]),
    // These ask for something only where sharing goes further than C24 lets it.
    ("MS.SHAREPOINT.1.3", "C24", &["sharingCapability"]),
    ("MS.SHAREPOINT.3.1", "C24", &["sharingCapability"]),
    ("MS.SHAREPOINT.3.2", "C24", &["sharingCapability"]),
    ("MS.SHAREPOINT.3.3", "C24", &["sharingCapability"]),
];

/// What neither reads (theirs is `N/A`): C26 asks a person.
const VOUCHED: [(&str, &str); 2] = [
    ("MS.AAD.4.1", "attestation logs-to-soc"),
    ("MS.DEFENDER.6.3", "attestation audit-retention"),
];

/// The alerts themselves C26 takes from them; it asks a person only where they did not pass.
const TAKEN_OVER: (&str, &str) = ("MS.DEFENDER.5.1", "attestation alerts");

/// Controls that no check of ours looks at, and why not. The checks ask who could get at the tenant or at what is restored; C1 to
/// C32 are a closed list.
const NONE_OF_OURS: [(&str, &str); 38] = [
    (
        "MS.AAD.2.2",
        "C7 has users at high risk blocked; who is told of them is not read by them either",
    ),
    (
        "MS.AAD.3.3",
        "C5 asks which methods are on; what the Authenticator shows is not read",
    ),
    (
        "MS.AAD.3.7",
        "a new tenant has no managed devices when it is certified; S23 asks for them wave by wave",
    ),
    (
        "MS.AAD.3.8",
        "as 3.7; C9 asks that every account has registered",
    ),
    (
        "MS.AAD.6.1",
        "a password that expires lets nobody in; C8 asks when those behind glass were set",
    ),
    (
        "MS.AAD.8.3",
        "not read by them either; C19 looks at the guests who are there, and at who may invite",
    ),
    (
        "MS.DEFENDER.2.1",
        "who is imitated in mail: no path into the tenant",
    ),
    ("MS.DEFENDER.2.2", "as 2.1, for domains"),
    ("MS.DEFENDER.2.3", "as 2.1, for partners' domains"),
    (
        "MS.DEFENDER.3.1",
        "what is restored goes through the content gate, whatever the tenant scans",
    ),
    (
        "MS.DEFENDER.4.1",
        "loss prevention: what users may send is no path into the tenant",
    ),
    ("MS.DEFENDER.4.2", "as 4.1"),
    ("MS.DEFENDER.4.3", "as 4.1"),
    ("MS.DEFENDER.4.4", "as 4.1"),
    ("MS.DEFENDER.4.5", "as 4.1; not read by them either"),
    ("MS.DEFENDER.4.6", "as 4.1; not read by them either"),
    (
        "MS.DEFENDER.5.2",
        "not read by them either; C26 has a person vouch for the way of the logs to the SOC",
    ),
    ("MS.EXO.4.3", "reports to one agency of one state"),
    ("MS.EXO.4.4", "where reports on DMARC go opens nothing"),
    (
        "MS.EXO.6.1",
        "what users may share; C22 reads what folders do share, with Default and Anonymous",
    ),
    ("MS.EXO.6.2", "as 6.1; S17 reads each calendar"),
    (
        "MS.EXO.7.1",
        "a warning in the mail: no path into the tenant",
    ),
    (
        "MS.POWERPLATFORM.1.1",
        "nothing is restored into the Power Platform, and Graph does not show it",
    ),
    ("MS.POWERPLATFORM.1.2", "as 1.1"),
    ("MS.POWERPLATFORM.2.1", "as 1.1"),
    ("MS.POWERPLATFORM.2.2", "as 1.1"),
    (
        "MS.POWERPLATFORM.3.1",
        "as 1.1; S7 and S8 read what ties tenants together",
    ),
    ("MS.POWERPLATFORM.3.2", "as 1.1; not read by them either"),
    ("MS.POWERPLATFORM.4.1", "as 1.1; not read by them either"),
    ("MS.POWERPLATFORM.5.1", "as 1.1"),
    ("MS.POWERPLATFORM.6.1", "as 1.1"),
    (
        "MS.TEAMS.1.1",
        "no meeting is restored into Teams; who controls a screen in a new one opens nothing",
    ),
    ("MS.TEAMS.1.2", "as 1.1, for who starts one"),
    ("MS.TEAMS.1.3", "as 1.1, for the lobby"),
    ("MS.TEAMS.1.4", "as 1.1, for the lobby"),
    ("MS.TEAMS.1.5", "as 1.1, for callers"),
    ("MS.TEAMS.1.6", "as 1.1, for recordings"),
    ("MS.TEAMS.1.7", "as 1.1, for recordings"),
];

/// Where both look and do not say the same: the control, and why.
const DIFFERENCES: [(&str, &str); 5] = [
    (
        "MS.EXO.3.1",
        "they ask the DNS for the key, which was not there; ours reads whether Exchange signs",
    ),
    (
        "MS.AAD.3.1",
        "they ask all for MFA that cannot be phished; C5 asks administrators, and MFA of all",
    ),
    (
        "MS.EXO.4.1",
        "they ask for the second-level domain; ours wants tqhjy.mail.onmicrosoft.com as well",
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

/// Every control of the sample is compared, vouched for, taken over, or named with the reason why not; nothing is named twice.
#[test]
fn every_control_is_compared_or_named_as_none_of_ours() {
    let Some(bytes) = sample() else {
        return;
    };
    let run = run(&bytes);
    let compared = SAME.iter().chain(&MORE).map(|(control, ..)| *control);
    let mut named: Vec<&str> = compared
        .chain(VOUCHED.iter().map(|(control, _)| *control))
        .chain([TAKEN_OVER.0])
        .chain(NONE_OF_OURS.iter().map(|(control, _)| *control))
        .collect();
    named.sort_unstable();
    let theirs: Vec<&str> = run.report.controls.keys().map(String::as_str).collect();
    assert_eq!(named, theirs);
    assert_eq!(theirs.len(), 92);
    for (control, why) in NONE_OF_OURS {
        assert!(!why.is_empty(), "{control}");
        // What they could not read either is said so.
        let unread = run.report.controls[control].result == "N/A";
        assert_eq!(unread, why.contains("by them either"), "{control}: {why}");
    }
}

#[test]
fn what_neither_can_read_is_asked_of_a_person() {
    let Some(bytes) = sample() else {
        return;
    };
    let missing = |run: ScubaRun, what: &str| {
        let findings = baseline::findings(&evidence(run));
        let mut c26 = findings.into_iter().filter(|one| one.id == "C26");
        let c26 = c26.next().expect("C26");
        c26.missing.iter().any(|named| named.object == what)
    };
    for (control, attestation) in VOUCHED {
        let run = run(&bytes);
        assert_eq!(run.report.controls[control].result, "N/A", "{control}");
        assert!(missing(run, attestation), "{control}");
    }
    let (control, attestation) = TAKEN_OVER;
    let passed = run(&bytes);
    assert_eq!(passed.report.controls[control].result, "Pass");
    assert!(!missing(passed, attestation));
    let mut failed = run(&bytes);
    let theirs = failed.report.controls.get_mut(control).expect("a control");
    theirs.result = "Fail".to_owned();
    assert!(missing(failed, attestation));
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
