//! C1 to C32: each over a tenant that passes, one that fails for exactly that reason, and one where the answer cannot be had.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use unbroken::domain::evidence::Evidence;
use unbroken::domain::evidence::scuba::{Control, Report};
use unbroken::domain::finding::Verdict;
use unbroken::domain::waiver::Waiver;

use super::world::{TENANT, World, app, at, changed, clean, names, with, without};

/// Check, what is planted, the object that the finding names.
const FAILS: [(&str, &str, &str); 27] = [
    ("C1", "unnamed_global_admin", "alice@new.example"),
    ("C2", "finer_roles_gone", "Global Administrator"),
    ("C3", "synced_admin", "adm-exchange@new.example"),
    ("C4", "permanent_admin", "adm-exchange@new.example"),
    ("C5", "mfa_with_a_hole", "MFA for all users"),
    ("C6", "device_code_open", "block the device code flow"),
    ("C7", "risk_open", "block users at high risk"),
    ("C8", "glass_locked_out", "glass-1@new.example"),
    ("C9", "unregistered_user", "alice@new.example"),
    ("C10", "users_register_apps", "allowedToCreateApps"),
    ("C11", "key_on_first_party", "Microsoft Graph"),
    ("C12", "secret_on_our_app", "unbroken data"),
    ("C13", "grant_for_everybody", "Mail Cleaner"),
    ("C14", "impersonation", "svc-archive"),
    ("C15", "reader_writes", "mail archive viewer"),
    ("C16", "federated_domain", "sso.new.example"),
    ("C17", "service_provider", "07e50000"),
    (
        "C18",
        "partner_is_old",
        "11111111-aaaa-4aaa-8aaa-111111111111",
    ),
    ("C19", "guest_of_old", "mallory_old.example#EXT#"),
    ("C20", "synced_directory", "New"),
    ("C21", "app_homed_in_old", "Backup Sync"),
    ("C22", "rule_redirects_outside", "alice@new.example"),
    ("C23", "blind_copies", "legal copy"),
    ("C24", "sharing_open", "sharingCapability"),
    ("C25", "mail_into_channels", "AllowEmailIntoChannel"),
    ("C26", "audit_off", "UnifiedAuditLogIngestionEnabled"),
    ("C27", "strict_preset_off", "Strict Preset Security Policy"),
];

/// Check, and the path, the section (`Get-`) or the attestation without which it cannot answer.
const UNANSWERED: [(&str, &str); 31] = [
    ("C1", "/roleManagement/directory/roleAssignments"),
    (
        "C2",
        "/roleManagement/directory/roleEligibilityScheduleInstances",
    ),
    ("C3", "/users"),
    ("C4", "/policies/roleManagementPolicyAssignments"),
    ("C5", "/policies/authenticationMethodsPolicy"),
    ("C6", "Get-TransportConfig"),
    ("C7", "/identity/conditionalAccess/policies"),
    (
        "C8",
        "/reports/authenticationMethods/userRegistrationDetails",
    ),
    ("C9", "attestation contact-data"),
    ("C10", "/policies/adminConsentRequestPolicy"),
    ("C11", "/servicePrincipals"),
    ("C12", "/applications"),
    (
        "C12",
        "/applications/51710040-0000-4000-8000-000000000002/federatedIdentityCredentials",
    ),
    ("C13", "/oauth2PermissionGrants"),
    ("C14", "Get-ManagementRoleAssignment"),
    (
        "C15",
        "/servicePrincipals/51710020-0000-4000-8000-000000000065/appRoleAssignedTo",
    ),
    ("C16", "/domains"),
    ("C17", "attestation partner-relationships"),
    ("C18", "/policies/crossTenantAccessPolicy/default"),
    ("C19", "/policies/authorizationPolicy"),
    ("C20", "/organization"),
    ("C21", "/servicePrincipals"),
    ("C22", "Get-Mailbox"),
    ("C23", "Get-DomainRecord"),
    ("C24", "/admin/sharepoint/settings"),
    ("C25", "Get-CsTeamsClientConfiguration"),
    ("C26", "attestation logs-to-soc"),
    ("C27", "Get-ATPProtectionPolicyRule"),
    ("C28", "/groups"),
    ("C29", "attestation admin-workstation"),
    ("C30", "evidence files"),
];

#[test]
fn the_clean_tenant_passes_every_check() {
    let findings = unbroken::domain::baseline::findings(&clean().evidence());
    assert_eq!(findings.len(), 32);
    let open: Vec<_> = findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass)
        .map(|finding| format!("{}: {}", finding.id, finding.found))
        .collect();
    assert_eq!(open, Vec::<String>::new());
    // Each rests on something that can be shown, or on a decision of people.
    for finding in &findings {
        let is_decision = ["C31", "C32", "C30"].contains(&&*finding.id);
        assert!(
            is_decision || !finding.rests_on.is_empty(),
            "{}",
            finding.id
        );
    }
}

#[test]
fn each_fails_for_its_own_reason_and_no_other_changes() {
    for (check, plant, object) in FAILS {
        let world = with(&[plant]);
        let changes = changed(&world, 'C');
        assert_eq!(changes, [(check.to_owned(), Verdict::Fail)], "{plant}");
        let finding = world.finding(check);
        assert!(names(&finding, object), "{plant}: {:?}", finding.failed);
    }
}

/// What is decided or vouched for, not read.
#[test]
fn decisions_of_people_fail_for_their_own_reason_too() {
    type Change = fn(&mut World);
    let changes: [(&str, Change, &str); 4] = [
        (
            "C28",
            |w| assert!(w.directory.plant("group_member_of_old")),
            "Board",
        ),
        (
            "C29",
            |w| {
                w.attested
                    .get_mut("admin-workstation")
                    .expect("attested")
                    .denies = true;
            },
            "admin-workstation",
        ),
        (
            "C31",
            |w| w.expected.certification.certifiers.truncate(1),
            "certifiers",
        ),
        (
            "C32",
            |w| {
                w.waivers.push(Waiver {
                    check: "C16".to_owned(),
                    object: "sso.new.example".to_owned(),
                    reason: "I say so".to_owned(),
                    requester: "p1".to_owned(),
                    signers: vec!["p1".to_owned()],
                    from: at("2026-11-20T00:00:00Z"),
                    until: at("2026-12-01T00:00:00Z"),
                });
            },
            "waiver of C16",
        ),
    ];
    for (check, change, object) in changes {
        let mut world = clean();
        change(&mut world);
        assert_eq!(
            changed(&world, 'C'),
            [(check.to_owned(), Verdict::Fail)],
            "{check}"
        );
        let finding = world.finding(check);
        assert!(names(&finding, object), "{check}: {:?}", finding.failed);
    }
}

/// Reasons beyond the first, of checks that look at several settings of one export.
#[test]
fn each_setting_of_an_export_is_a_reason_of_its_own() {
    const TEAMS: &str = "CsTenantFederationConfiguration";
    const EOP: &str = "EOPProtectionPolicyRule";
    const ATP: &str = "ATPProtectionPolicyRule";
    type Row = (&'static str, usize, &'static str, Value);
    let one = |noun, row, field, value| -> Row { (noun, row, field, value) };
    let some_only = vec![
        one(EOP, 0, "SentTo", json!(["alice@new.example"])),
        one(EOP, 1, "ExceptIfSentToMemberOf", json!(["all"])),
    ];
    let other_domain = vec![one(ATP, 1, "RecipientDomainIs", json!(["other.example"]))];
    let edit = vec![one("SPOTenant", 0, "DefaultLinkPermission", json!("Edit"))];
    let outward = vec![one(TEAMS, 0, "AllowTeamsConsumer", json!(true))];
    let mut inward = outward.clone();
    inward.push(one(TEAMS, 0, "AllowTeamsConsumerInbound", json!(true)));
    let dmarc = |text: &str| vec![one("DomainRecord", 0, "Dmarc", json!(text))];
    let cases = [
        ("C27", some_only, "EOPProtectionPolicyRule: everybody"),
        (
            "C27",
            other_domain,
            "ATPProtectionPolicyRule: sensitive accounts",
        ),
        ("C24", edit, "DefaultLinkPermission"),
        ("C25", outward, "AllowTeamsConsumer"),
        ("C25", inward, "AllowTeamsConsumerInbound"),
        ("C23", dmarc("v=DMARC1; p=none"), "new.example"),
        ("C23", dmarc(""), "new.example"),
    ];
    for (check, rows, object) in cases {
        let mut world = clean();
        for (noun, row, field, value) in rows {
            world.directory.exports.get_mut(noun).expect("a section")[row][field] = value;
        }
        let changes = changed(&world, 'C');
        assert_eq!(changes, [(check.to_owned(), Verdict::Fail)], "{object}");
        assert!(names(&world.finding(check), object), "{check}: {object}");
    }
    // A rule that names each domain of the tenant covers everybody as well.
    let mut world = clean();
    for noun in [EOP, ATP] {
        let rules = world.directory.exports.get_mut(noun).expect("a section");
        rules[0]["RecipientDomainIs"] = json!(["new.example", "newtenant.onmicrosoft.com"]);
        rules[1]["RecipientDomainIs"] = json!(["NEW.example"]);
    }
    assert_eq!(changed(&world, 'C'), []);
}

/// A declaration that asks for more than any step takes is no leave to hold it.
#[test]
fn our_own_apps_hold_nothing_that_no_step_takes_whatever_was_declared() {
    let mut world = with(&["our_app_holds_more"]);
    let role = "RoleManagement.ReadWrite.Directory";
    let data = world
        .expected
        .apps
        .iter_mut()
        .find(|one| one.app_id == app(2));
    data.expect("our app").roles.push(role.to_owned());
    let finding = world.finding("C15");
    assert_eq!(finding.verdict, Verdict::Fail);
    assert!(names(&finding, "unbroken data"), "{:?}", finding.failed);
}

/// It is declared by whom it trusts: its id stays when somebody sets another subject.
#[test]
fn a_federated_credential_is_one_that_must_be_declared() {
    let mut world = with(&["federated_credential"]);
    let set = |world: &mut World, key: &str| {
        let mut apps = world.expected.apps.iter_mut();
        let data = apps.find(|one| one.app_id == app(2)).expect("our app");
        data.keys.push(key.to_owned());
    };
    set(&mut world, "51710041-0000-4000-8000-000000000001");
    for check in ["C12", "S4"] {
        let finding = world.finding(check);
        assert_eq!(finding.verdict, Verdict::Fail, "{check}");
        assert!(names(&finding, "unbroken data"), "{:?}", finding.failed);
    }
    set(
        &mut world,
        "https://token.actions.githubusercontent.com repo:somebody/something:ref:refs/heads/main",
    );
    for check in ["C12", "S4"] {
        assert_eq!(world.finding(check).verdict, Verdict::Pass, "{check}");
    }
}

#[test]
fn what_could_not_be_had_is_never_a_pass() {
    for (check, what) in UNANSWERED {
        let world = take_away(what);
        let finding = world.finding(check);
        assert_eq!(
            finding.verdict,
            Verdict::NeedsEvidence,
            "{check} without {what}: {}",
            finding.found
        );
        assert!(names(&finding, what), "{check}: {:?}", finding.missing);
    }
    let mut nobody = clean();
    nobody.expected.certification.certifiers.clear();
    assert_eq!(nobody.finding("C31").verdict, Verdict::NeedsEvidence);
}

/// C32 is the only check without an answer that could be missing: it judges the waivers, which the case's own record holds. A
/// record that cannot be read stops the command before any check, and one without a waiver is an answer.
#[test]
fn with_nothing_at_all_only_the_check_of_the_waivers_has_its_answer() {
    let nothing = Evidence::default();
    for finding in unbroken::domain::baseline::findings(&nothing) {
        let answered = finding.verdict == Verdict::Pass;
        assert_eq!(answered, finding.id == "C32", "{}", finding.id);
        assert!(!answered || finding.found == "0 waivers");
    }
    let tested: Vec<&str> = UNANSWERED.iter().map(|(check, _)| *check).collect();
    let all = unbroken::domain::baseline::CHECKS.iter().map(|one| one.id);
    let rest: Vec<&str> = all.filter(|id| !tested.contains(id)).collect();
    assert_eq!(rest, ["C31", "C32"]);
}

/// Takes away any one answer, section or attestation: no check may turn from a fault or a doubt into a pass by it.
#[test]
fn no_missing_answer_helps() {
    let planted = with(&[
        "guest_of_old",
        "rule_forwards_to_old",
        "federated_domain",
        "reader_writes",
    ]);
    let before = planted.verdicts();
    for path in planted.directory.answers.keys() {
        let mut world = with(&[
            "guest_of_old",
            "rule_forwards_to_old",
            "federated_domain",
            "reader_writes",
        ]);
        world.directory.answers.remove(path);
        for (id, verdict) in world.verdicts() {
            let helped = verdict == Verdict::Pass && before[&id] != Verdict::Pass;
            assert!(!helped, "{id} passes once {path} is gone");
        }
    }
}

fn take_away(what: &str) -> World {
    let mut world = clean();
    if let Some(noun) = what.strip_prefix("Get-") {
        assert!(world.directory.exports.remove(noun).is_some(), "{what}");
        world
    } else if let Some(name) = what.strip_prefix("attestation ") {
        assert!(world.attested.remove(name).is_some(), "{what}");
        world
    } else if what == "evidence files" {
        // A tenant for which nobody brought a file.
        world.directory.exports.clear();
        world.taken_at = at("2026-11-27T12:00:00Z");
        world.no_files()
    } else {
        without(world, what)
    }
}

/// What was set since it was taken is not in it.
#[test]
fn an_old_export_is_no_evidence_for_any_check() {
    for taken in ["2026-10-29T09:00:00Z", "2026-11-28T10:00:00Z"] {
        let mut world = clean();
        world.taken_at = at(taken);
        let finding = world.finding("C30");
        assert_eq!(finding.verdict, Verdict::Fail);
        assert!(names(&finding, "exchange.json"), "{:?}", finding.failed);
        for id in ["C6", "C14", "C22", "C23", "C26", "C27", "S15", "S16"] {
            let finding = world.finding(id);
            assert_eq!(finding.verdict, Verdict::NeedsEvidence, "{id}: {taken}");
            assert!(names(&finding, "Get-"), "{id}: {:?}", finding.missing);
        }
    }
}

#[test]
fn verdicts_of_an_old_report_spare_nobody_the_attestation() {
    let mut world = clean();
    world.attested.remove("alerts");
    let c26 = |taken: &str| {
        let control = Control {
            result: "Pass".to_owned(),
            criticality: "Shall".to_owned(),
            requirement: String::new(),
        };
        let mut evidence = world.evidence();
        evidence.scuba = Some(Report {
            tenant_id: TENANT.to_owned(),
            taken_at: Some(at(taken)),
            controls: BTreeMap::from([("MS.DEFENDER.5.1".to_owned(), control)]),
        });
        let all = unbroken::domain::baseline::findings(&evidence);
        let mut c26 = all.into_iter().filter(|one| one.id == "C26");
        c26.next().expect("C26").verdict
    };
    assert_eq!(c26("2026-11-27T12:00:00Z"), Verdict::Pass);
    assert_eq!(c26("2026-10-29T09:00:00Z"), Verdict::NeedsEvidence);
}

#[test]
fn an_export_of_another_tenant_is_no_evidence() {
    let mut evidence = clean().evidence();
    evidence.files[0].tenant_id = "33333333-cccc-4ccc-8ccc-333333333333".to_owned();
    let findings = unbroken::domain::baseline::findings(&evidence);
    let verdict = |id: &str| {
        findings
            .iter()
            .find(|one| one.id == id)
            .expect("a check")
            .verdict
    };
    assert_eq!(verdict("C30"), Verdict::Fail);
    for id in ["C6", "C14", "C22", "C23", "C26", "C27"] {
        assert_eq!(verdict(id), Verdict::NeedsEvidence, "{id}");
    }
}

#[test]
fn a_waiver_lets_its_object_pass_until_its_date() {
    let mut world = with(&["unverified_domain"]);
    world.waivers.push(Waiver {
        check: "C16".to_owned(),
        object: "pending.example".to_owned(),
        reason: "verified on Monday".to_owned(),
        requester: "p1".to_owned(),
        signers: vec!["p2".to_owned(), "p3".to_owned()],
        from: at("2026-11-27T00:00:00Z"),
        until: at("2026-11-30T00:00:00Z"),
    });
    let mut evidence = world.evidence();
    let verdict = |evidence: &Evidence| {
        let all = unbroken::domain::baseline::findings(evidence);
        all.into_iter()
            .find(|one| one.id == "C16")
            .expect("C16")
            .verdict
    };
    assert_eq!(verdict(&evidence), Verdict::Waived);
    evidence.now = at("2026-11-30T00:00:00Z");
    assert_eq!(verdict(&evidence), Verdict::Fail);
}
