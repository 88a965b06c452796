//! Forty and more backdoors, each found and named; twenty and more look-alikes, none reported.

use m365_simulator::Directory;
use unbroken::domain::finding::Verdict;
use unbroken::domain::{baseline, separation};

use super::world::{clean, names, with};

/// What is planted, and the object that some finding must name.
const BACKDOORS: [(&str, &str); 73] = [
    ("unnamed_global_admin", "alice@new.example"),
    ("global_admin_app", "mail archive viewer"),
    ("permanent_admin", "adm-exchange@new.example"),
    ("mfa_with_a_hole", "MFA for all users"),
    ("mfa_or_device", "MFA for all users"),
    ("mfa_or_terms", "MFA for all users"),
    ("mfa_or_another_factor", "MFA for all users"),
    (
        "admins_by_any_mfa",
        "phishing-resistant MFA for administrators",
    ),
    ("legacy_reports_only", "block legacy authentication"),
    ("legacy_by_device_code", "block legacy authentication"),
    ("legacy_by_device_code", "block the device code flow"),
    ("legacy_at_risk_only", "block legacy authentication"),
    ("device_code_of_some_clients", "block the device code flow"),
    ("risk_of_legacy_only", "block users at high risk"),
    ("glass_locked_out", "glass-1@new.example"),
    (
        "users_consent",
        "ManagePermissionGrantsForSelf.microsoft-user-default-legacy",
    ),
    ("app_homed_in_old", "Backup Sync"),
    ("app_id_of_old", "Payroll"),
    ("key_on_first_party", "Microsoft Graph"),
    ("secret_on_first_party", "Office 365 Exchange Online"),
    ("secret_on_our_app", "unbroken data"),
    ("key_of_old", "unbroken data"),
    ("federated_credential", "unbroken data"),
    ("federated_credential_of_old", "unbroken data"),
    ("app_owned_by_a_user", "unbroken data"),
    ("first_party_owned_by_an_app", "Office 365 Exchange Online"),
    ("multi_tenant_audience", "unbroken data"),
    ("unknown_app_with_role", "Directory Helper"),
    ("grant_for_everybody", "Mail Cleaner"),
    ("grant_to_send", "Mail Cleaner"),
    ("reader_writes", "mail archive viewer"),
    ("our_app_holds_more", "unbroken data"),
    ("full_access_as_app", "unbroken data"),
    ("impersonation", "svc-archive"),
    ("federated_domain", "sso.new.example"),
    ("any_sts", "sso.new.example"),
    ("federation_of_old", "sso.new.example"),
    ("unverified_domain", "pending.example"),
    ("service_provider", "07e50000"),
    ("role_from_outside", "foreign admin"),
    ("partner_is_old", "11111111-aaaa"),
    ("partner_syncs_users", "07e50000"),
    ("partner_mfa_trusted", "07e50000"),
    ("default_trusts_mfa", "crossTenantAccessPolicy/default"),
    ("default_direct_connect", "crossTenantAccessPolicy/default"),
    ("default_consents", "crossTenantAccessPolicy/default"),
    ("organization_relationship", "legacy"),
    ("migration_endpoint", "mrs"),
    ("connector_of_old", "from old"),
    ("guest_of_old", "mallory_old.example#EXT#"),
    ("guest_by_address", "mallory_gmail.com#EXT#"),
    ("guest_as_member", "eve_other.example#EXT#"),
    ("identity_of_old", "alice@new.example"),
    ("synced_directory", "New"),
    ("multi_tenant_organization", "Both"),
    ("sync_job", "mail archive viewer"),
    ("identity_provider_of_old", "Old sign-in"),
    ("saml_federation_of_old", "SSO"),
    ("root_of_old", "CN=Corp Root"),
    ("rule_forwards_to_old", "alice@new.example"),
    ("rule_redirects_outside", "alice@new.example"),
    ("rule_deletes_everything", "alice@new.example"),
    ("smtp_forwarding", "alice@new.example"),
    ("blind_copies", "legal copy"),
    ("past_the_filters", "legal copy"),
    ("connector_nobody_knows", "relay"),
    ("full_access_from_outside", "boss"),
    ("send_as_from_outside", "boss"),
    ("calendar_delegate", "alice@new.example"),
    ("shared_with_old", "budget.xlsx"),
    ("team_tab_of_old", "Board"),
    ("channel_shared_with_old", "Board"),
    ("webhook_of_nobody", "hook-2"),
];

fn failed_by(plants: &[&str], object: &str) -> Vec<String> {
    let evidence = with(plants).evidence();
    let mut all = baseline::findings(&evidence);
    all.extend(separation::findings(&evidence));
    all.retain(|finding| finding.verdict == Verdict::Fail && names(finding, object));
    all.into_iter().map(|finding| finding.id).collect()
}

#[test]
fn every_backdoor_is_found_by_name() {
    let missed: Vec<&str> = BACKDOORS
        .iter()
        .filter(|(plant, object)| failed_by(&[plant], object).is_empty())
        .map(|(plant, _)| *plant)
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn they_do_not_hide_each_other() {
    let plants: Vec<&str> = BACKDOORS.iter().map(|(plant, _)| *plant).collect();
    for (plant, object) in BACKDOORS {
        assert!(!failed_by(&plants, object).is_empty(), "{plant} among all");
    }
}

#[test]
fn no_look_alike_is_reported() {
    let alike = Directory::look_alikes();
    assert!(alike.len() >= 20, "{}", alike.len());
    let before = clean().verdicts();
    for name in &alike {
        let world = with(&[name]);
        for (id, verdict) in world.verdicts() {
            assert_eq!(
                verdict,
                before[&id],
                "{name}: {id}: {:?}",
                world.finding(&id).failed
            );
        }
    }
    let together = with(&alike);
    for (id, verdict) in together.verdicts() {
        assert_eq!(
            verdict,
            before[&id],
            "all of them: {id}: {:?}",
            together.finding(&id).failed
        );
    }
}
