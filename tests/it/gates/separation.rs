//! S1 to S24: each over a tenant that passes, one that fails for exactly that reason, and one that cannot answer.

use serde_json::{Value, json};
use unbroken::domain::evidence::Attestation;
use unbroken::domain::finding::Verdict;

use super::world::{at, changed, clean, names, with, without};

/// Check, what is planted, the object that the finding names.
const FAILS: [(&str, &str, &str); 24] = [
    ("S1", "app_homed_in_old", "Backup Sync"),
    ("S2", "unknown_app_with_role", "Directory Helper"),
    ("S3", "grant_to_send", "Mail Cleaner"),
    ("S4", "federated_credential_of_old", "unbroken data"),
    ("S5", "guest_of_old", "mallory_old.example#EXT#"),
    ("S6", "role_from_outside", "foreign admin"),
    ("S7", "partner_syncs_users", "07e50000"),
    ("S8", "multi_tenant_organization", "Both"),
    ("S9", "sync_job", "mail archive viewer"),
    ("S10", "federated_domain", "sso.new.example"),
    ("S11", "identity_provider_of_old", "Old sign-in"),
    ("S12", "root_of_old", "CN=Corp Root"),
    ("S13", "synced_directory", "New"),
    ("S14", "rule_forwards_to_old", "alice@new.example"),
    ("S15", "smtp_forwarding", "alice@new.example"),
    ("S16", "full_access_from_outside", "boss"),
    ("S17", "calendar_delegate", "alice@new.example"),
    ("S18", "anonymous_link", "budget.xlsx"),
    ("S19", "site_grant", "Board"),
    ("S20", "team_member_of_old", "Board"),
    ("S21", "webhook_to_old", "hook-1"),
    ("S22", "service_provider", "07e50000"),
    ("S23", "hybrid_device", "OLD-PC"),
    ("S24", "address_of_old", "alice@new.example"),
];

/// Check, and what it cannot answer without.
const UNANSWERED: [(&str, &str); 24] = [
    ("S1", "/servicePrincipals"),
    (
        "S2",
        "/servicePrincipals/51710020-0000-4000-8000-000000000067/appRoleAssignedTo",
    ),
    ("S3", "/oauth2PermissionGrants"),
    (
        "S4",
        "/applications/51710040-0000-4000-8000-000000000002/federatedIdentityCredentials",
    ),
    ("S5", "/users"),
    ("S6", "/roleManagement/directory/roleAssignments"),
    ("S7", "/policies/crossTenantAccessPolicy/partners"),
    ("S8", "/tenantRelationships/multiTenantOrganization"),
    (
        "S9",
        "/servicePrincipals/51710020-0000-4000-8000-000000000004/synchronization/jobs",
    ),
    ("S10", "/domains"),
    ("S11", "/identity/identityProviders"),
    (
        "S12",
        "/organization/22222222-bbbb-4bbb-8bbb-222222222222/certificateBasedAuthConfiguration",
    ),
    ("S13", "/organization"),
    (
        "S14",
        "/users/u5e00000-0000-4000-8000-000000000002/mailFolders/inbox/messageRules",
    ),
    ("S15", "Get-Mailbox"),
    ("S16", "Get-RecipientPermission"),
    (
        "S17",
        "/users/u5e00000-0000-4000-8000-000000000003/calendar/calendarPermissions",
    ),
    ("S18", "/drives/b!drive-1/items/item-shared/permissions"),
    ("S19", "/sites/new.sharepoint.com,1,1/permissions"),
    (
        "S20",
        "/teams/51710060-0000-4000-8000-000000000001/permissionGrants",
    ),
    ("S21", "attestation all-subscriptions"),
    ("S22", "attestation partner-relationships"),
    ("S23", "attestation devices"),
    ("S24", "/groups"),
];

#[test]
fn the_clean_tenant_has_no_access_path() {
    let findings = unbroken::domain::separation::findings(&clean().evidence());
    assert_eq!(findings.len(), 24);
    for finding in findings {
        assert_eq!(
            finding.verdict,
            Verdict::Pass,
            "{}: {}",
            finding.id,
            finding.found
        );
    }
}

#[test]
fn each_row_fails_for_its_own_reason_and_no_other_changes() {
    for (check, plant, object) in FAILS {
        let world = with(&[plant]);
        assert_eq!(
            changed(&world, 'S'),
            [(check.to_owned(), Verdict::Fail)],
            "{plant}"
        );
        let finding = world.finding(check);
        assert!(names(&finding, object), "{plant}: {:?}", finding.failed);
    }
}

/// Whoever never had a mailbox may have a drive, and a link in it.
#[test]
fn a_link_in_the_drive_of_somebody_without_a_mailbox_is_found() {
    let mut world = clean();
    let mut say = |path: &str, row: Value| {
        let body = json!({ "value": [row] });
        world.directory.answers.insert(path.to_owned(), body);
    };
    let link = json!({ "id": "1", "link": { "scope": "anonymous", "type": "view" } });
    let drives = "/users/51710001-0000-4000-8000-000000000003/drives";
    say(drives, json!({ "id": "b!drive-9" }));
    let item = json!({ "id": "9", "name": "keys.xlsx", "shared": { "scope": "anonymous" } });
    say("/drives/b!drive-9/root/delta", item);
    say("/drives/b!drive-9/items/9/permissions", link);
    let finding = world.finding("S18");
    assert_eq!(finding.verdict, Verdict::Fail);
    assert!(names(&finding, "keys.xlsx"), "{:?}", finding.failed);
}

/// What somebody saw before the last wave is not what is: each wave has an attestation of its own.
#[test]
fn an_attestation_is_somebodys_and_of_late() {
    type Change = fn(&mut Attestation);
    let changes: [Change; 3] = [
        |one| one.by = " ".to_owned(),
        |one| one.at = None,
        |one| one.at = Some(at("2026-11-10T00:00:00Z")),
    ];
    for change in changes {
        let mut world = clean();
        change(world.attested.get_mut("devices").expect("attested"));
        let finding = world.finding("S23");
        assert_eq!(finding.verdict, Verdict::NeedsEvidence);
        assert!(
            names(&finding, "attestation devices"),
            "{:?}",
            finding.missing
        );
    }
}

#[test]
fn a_row_without_its_answer_is_not_evidenced() {
    for (check, what) in UNANSWERED {
        let mut world = clean();
        let finding = if let Some(noun) = what.strip_prefix("Get-") {
            assert!(world.directory.exports.remove(noun).is_some(), "{what}");
            world.finding(check)
        } else if let Some(name) = what.strip_prefix("attestation ") {
            assert!(world.attested.remove(name).is_some(), "{what}");
            world.finding(check)
        } else if check == "S8" {
            world.refused(what, check)
        } else {
            without(world, what).finding(check)
        };
        assert_eq!(
            finding.verdict,
            Verdict::NeedsEvidence,
            "{check} without {what}: {}",
            finding.found
        );
        assert!(names(&finding, what), "{check}: {:?}", finding.missing);
    }
}
