//! C5, C6, C7 and C9: how people prove who they are.

use super::super::evidence::object::Object;
use super::super::finding::Look;
use super::admins::has_hardware_key;
use super::conditional_access::{POLICIES, Policy, in_force};
use super::known::{ADMIN_ROLES, break_glass_ids};

const DEFAULTS: &str = "/policies/identitySecurityDefaultsEnforcementPolicy";

/// Fails under the name of what is missing, and names the policy that comes nearest, with what it lacks.
fn demand(
    look: &mut Look<'_>,
    what: &str,
    policies: &[Policy<'_>],
    hit: impl Fn(Policy<'_>) -> bool,
) {
    if look.evidence().graph.answer(POLICIES).is_err() {
        return;
    }
    if !policies.iter().any(|policy| hit(*policy)) {
        look.fail(
            what,
            "no policy in force does this for everybody, everywhere",
        );
    }
}

/// C5 (MS.AAD.3.2, 3.4, 3.5, 3.6).
pub(super) fn mfa(look: &mut Look<'_>) {
    let glass = break_glass_ids(look);
    let policies = in_force(look);
    // Security defaults ask everybody for MFA where no policy can.
    let defaults = look.maybe(DEFAULTS).and_then(|one| one.flag("isEnabled")) == Some(true);
    if !defaults {
        demand(look, "MFA for all users", &policies, |policy| {
            policy.is_for_all(&glass)
                && policy.is_everywhere()
                && policy.is_always()
                && policy.asks_for_mfa()
        });
    }
    demand(
        look,
        "phishing-resistant MFA for administrators",
        &policies,
        |policy| {
            policy.is_for_roles(&ADMIN_ROLES, &glass)
                && policy.is_everywhere()
                && policy.is_always()
                && policy.resists_phishing()
        },
    );
    methods(look);
}

fn methods(look: &mut Look<'_>) {
    const PATH: &str = "/policies/authenticationMethodsPolicy";
    let Some(policy) = look.one(PATH) else {
        return;
    };
    match policy.text("policyMigrationState") {
        Some("migrationComplete") => {}
        Some(state) => look.fail(
            "policyMigrationState",
            format!("is {state}: the old policy still counts"),
        ),
        None => look.missing(PATH, "policyMigrationState is not in the answer"),
    }
    let configured = policy.objects("authenticationMethodConfigurations");
    let of = |id: &str| {
        let is_it = |one: &&Object<'_>| {
            one.text("id")
                .is_some_and(|name| name.eq_ignore_ascii_case(id))
        };
        configured
            .iter()
            .find(is_it)
            .and_then(|one| one.text("state"))
    };
    for (id, wanted) in [
        ("Sms", "disabled"),
        ("Voice", "disabled"),
        ("Email", "disabled"),
        ("Fido2", "enabled"),
    ] {
        match of(id) {
            Some(state) if state == wanted => {}
            Some(state) => look.fail(format!("authentication method {id}"), format!("is {state}")),
            None => look.missing(format!("{PATH}: {id}"), "the method is not in the answer"),
        }
    }
}

/// C6 (MS.AAD.1.1, 3.9, MS.EXO.5.1).
pub(super) fn legacy(look: &mut Look<'_>) {
    let glass = break_glass_ids(look);
    let policies = in_force(look);
    demand(look, "block legacy authentication", &policies, |policy| {
        policy.is_for_all(&glass)
            && policy.is_everywhere()
            && policy.is_for_legacy_clients()
            && policy.blocks()
    });
    demand(look, "block the device code flow", &policies, |policy| {
        policy.is_for_all(&glass)
            && policy.is_everywhere()
            && policy.is_for_device_code()
            && policy.blocks()
    });
    if let Some(transport) = look.setting("TransportConfig")
        && look.flag(
            transport,
            "Get-TransportConfig",
            "SmtpClientAuthenticationDisabled",
        ) == Some(false)
    {
        look.fail("SmtpClientAuthenticationDisabled", "SMTP AUTH is on");
    }
}

/// C7 (MS.AAD.2.1, 2.3).
pub(super) fn risk(look: &mut Look<'_>) {
    const USER: &str = "conditions.userRiskLevels";
    const SIGN_IN: &str = "conditions.signInRiskLevels";
    let glass = break_glass_ids(look);
    let policies = in_force(look);
    for (what, levels, other) in [
        ("block users at high risk", USER, SIGN_IN),
        ("block sign-ins at high risk", SIGN_IN, USER),
    ] {
        demand(look, what, &policies, |policy| {
            policy.is_for_all(&glass)
                && policy.is_everywhere()
                && policy.is_for_risk(levels, other)
                && policy.blocks()
        });
    }
}

/// C9.
pub(super) fn registration(look: &mut Look<'_>) {
    const PATH: &str = "/reports/authenticationMethods/userRegistrationDetails";
    let rows = look.list(PATH);
    let read = look.evidence().graph.answer(PATH).is_ok();
    for user in look.list("/users") {
        let is_off = user.flag("accountEnabled") == Some(false);
        if is_off || user.text("userType") == Some("Guest") {
            continue;
        }
        let Some(id) = user.text("id") else {
            continue;
        };
        let Some(row) = rows.iter().find(|row| row.text("id") == Some(id)) else {
            if read {
                look.missing(
                    user.name(),
                    "the report on registered methods does not have this account",
                );
            }
            continue;
        };
        match row.flag("isMfaRegistered") {
            Some(true) => {}
            Some(false) => look.fail(user.name(), "has registered no second factor"),
            None => look.missing(user.name(), "isMfaRegistered is not in the answer"),
        }
        if row.flag("isAdmin") == Some(true) && !has_hardware_key(*row) {
            // The accounts behind glass have a check of their own.
            let expected = look.expected();
            let glass = expected
                .break_glass
                .iter()
                .any(|upn| upn.eq_ignore_ascii_case(&user.name()));
            if !glass {
                look.fail(
                    user.name(),
                    "is an administrator without a phishing-resistant method",
                );
            }
        }
    }
    look.attested("contact-data");
}
