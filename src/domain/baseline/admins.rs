//! C1 to C4 and C8: who administers the clean tenant.

use std::collections::{BTreeMap, BTreeSet};

use super::super::evidence::object::Object;
use super::super::finding::Look;
use super::conditional_access::in_force;
use super::known::{
    ACTIVE, ASSIGNMENTS, GLOBAL_ADMIN, HIGHLY_PRIVILEGED, break_glass_ids, holders,
};

/// C1 (MS.AAD.7.1).
pub(super) fn global_admins(look: &mut Look<'_>) {
    let expected = look.expected();
    let mut names = BTreeMap::new();
    for holder in holders(look) {
        if holder.role == GLOBAL_ADMIN {
            names.insert(holder.principal, (holder.name, holder.is_user));
        }
    }
    let known: Vec<&String> = expected
        .admins
        .iter()
        .chain(&expected.break_glass)
        .collect();
    if known.is_empty() {
        look.missing("the named administrators", "nobody was named");
    }
    for (name, is_user) in names.values() {
        let is_named = known.iter().any(|one| one.eq_ignore_ascii_case(name));
        if !known.is_empty() && !is_named {
            let kind = if *is_user { "user" } else { "app" };
            look.fail(
                name.clone(),
                format!("this {kind} is Global Administrator and was not named"),
            );
        }
    }
    let users = names.values().filter(|(_, is_user)| *is_user).count();
    if users < 2 && look.evidence().graph.answer(ASSIGNMENTS).is_ok() {
        look.fail(
            "Global Administrator",
            format!("{users} users hold the role; at least 2 are needed"),
        );
    }
    if users > 8 {
        look.fail(
            "Global Administrator",
            format!("{users} users hold the role; at most 8 may"),
        );
    }
    look.note(format!("{users} Global Administrators"));
}

/// C2 (MS.AAD.7.2): its least privilege score, at most 1.
pub(super) fn finer_roles(look: &mut Look<'_>) {
    let behind_glass = break_glass_ids(look);
    let mut global = BTreeSet::new();
    let mut privileged = BTreeSet::new();
    for holder in holders(look) {
        if !holder.is_user || behind_glass.contains(&holder.principal) {
            continue;
        }
        if holder.role == GLOBAL_ADMIN {
            global.insert(holder.principal);
        } else if HIGHLY_PRIVILEGED.contains(&holder.role) {
            privileged.insert(holder.principal);
        }
    }
    let others = privileged.difference(&global).count();
    if global.len() > others {
        let why = format!(
            "{} users hold it, {others} hold a finer role only",
            global.len()
        );
        look.fail("Global Administrator", why);
    }
    look.note(format!(
        "{} global, {others} with a finer role only",
        global.len()
    ));
}

/// C3 (MS.AAD.7.3).
pub(super) fn cloud_only(look: &mut Look<'_>) {
    let users = look.list("/users");
    let by_id: BTreeMap<&str, Object<'_>> = users
        .iter()
        .filter_map(|user| Some((user.text("id")?, *user)))
        .collect();
    for holder in holders(look) {
        if !holder.is_user || !HIGHLY_PRIVILEGED.contains(&holder.role) {
            continue;
        }
        let Some(user) = by_id.get(holder.principal) else {
            look.missing(
                holder.name,
                "a privileged user who is not in the list of users",
            );
            continue;
        };
        if !user.has("onPremisesSyncEnabled") && !user.has("onPremisesImmutableId") {
            look.missing(
                holder.name.clone(),
                "onPremisesSyncEnabled is not in the answer",
            );
        }
        let synced = user.flag("onPremisesSyncEnabled") == Some(true);
        if synced || user.text("onPremisesImmutableId").is_some() {
            look.fail(holder.name, "comes from a directory on premises");
        }
    }
}

const ROLE_POLICIES: &str = "/policies/roleManagementPolicyAssignments";

/// C4 (MS.AAD.7.4 to 7.9).
pub(super) fn activation(look: &mut Look<'_>) {
    let behind_glass = break_glass_ids(look);
    for row in look.list(ACTIVE) {
        let role = row.text("roleDefinitionId").unwrap_or_default();
        let principal = row.text("principalId").unwrap_or_default();
        if !HIGHLY_PRIVILEGED.contains(&role) || behind_glass.contains(&principal) {
            continue;
        }
        let name = row
            .object("principal")
            .map_or_else(|| principal.to_owned(), Object::name);
        if row.text("startDateTime").is_none() {
            look.fail(name.clone(), format!("holds role {role} outside of PIM"));
        }
        if row.text("assignmentType") == Some("Assigned") && row.text("endDateTime").is_none() {
            look.fail(name, format!("holds role {role} for ever"));
        }
    }
    let rows = look.list(ROLE_POLICIES);
    for role in HIGHLY_PRIVILEGED {
        let of_role = |row: &&Object<'_>| row.text("roleDefinitionId") == Some(role);
        let Some(row) = rows.iter().find(of_role) else {
            look.missing(
                format!("{ROLE_POLICIES}: {role}"),
                "no policy of this role was read",
            );
            continue;
        };
        let rules = row.objects("policy.rules");
        for rule in [
            "Notification_Admin_Admin_Eligibility",
            "Notification_Admin_Admin_Assignment",
        ] {
            check_alert(look, role, &rules, rule);
        }
        check_alert(look, role, &rules, "Notification_Admin_EndUser_Assignment");
        if role == GLOBAL_ADMIN {
            check_approval(look, &rules);
        }
    }
}

fn rule<'a>(rules: &[Object<'a>], id: &str) -> Option<Object<'a>> {
    rules
        .iter()
        .find(|rule| rule.text("id") == Some(id))
        .copied()
}

fn check_alert(look: &mut Look<'_>, role: &str, rules: &[Object<'_>], id: &str) {
    match rule(rules, id) {
        None => look.missing(format!("{role}/{id}"), "the rule is not in the answer"),
        Some(rule) if !rule.is_filled("notificationRecipients") => {
            look.fail(format!("{role}/{id}"), "nobody is told");
        }
        Some(_) => {}
    }
}

fn check_approval(look: &mut Look<'_>, rules: &[Object<'_>]) {
    const ID: &str = "Approval_EndUser_Assignment";
    let approval = rule(rules, ID).and_then(|rule| rule.flag("setting.isApprovalRequired"));
    match approval {
        Some(true) => {}
        Some(false) => look.fail(
            format!("{GLOBAL_ADMIN}/{ID}"),
            "activation needs no approval",
        ),
        None => look.missing(
            format!("{GLOBAL_ADMIN}/{ID}"),
            "the rule is not in the answer",
        ),
    }
}

const REGISTERED: &str = "/reports/authenticationMethods/userRegistrationDetails";

/// C8.
pub(super) fn break_glass(look: &mut Look<'_>) {
    let expected = look.expected();
    if expected.break_glass.len() < 2 {
        look.fail(
            "break-glass accounts",
            format!(
                "{} are declared; at least 2 are needed",
                expected.break_glass.len()
            ),
        );
    }
    let users = look.list("/users");
    let policies = in_force(look);
    let registered = look.list(REGISTERED);
    let holders = holders(look);
    let read = look.evidence().graph.answer("/users").is_ok();
    for upn in &expected.break_glass {
        let is_it = |row: &&Object<'_>| {
            row.text("userPrincipalName")
                .is_some_and(|one| one.eq_ignore_ascii_case(upn))
        };
        let Some(user) = users.iter().find(is_it) else {
            if read {
                look.fail(upn.clone(), "there is no such account");
            }
            continue;
        };
        let id = user.text("id").unwrap_or_default();
        check_account(look, upn, *user);
        let is_global = holders
            .iter()
            .any(|one| one.principal == id && one.role == GLOBAL_ADMIN);
        if !is_global && look.evidence().graph.answer(ASSIGNMENTS).is_ok() {
            look.fail(upn.clone(), "is no Global Administrator");
        }
        for policy in &policies {
            let all = policy
                .0
                .texts("conditions.users.includeUsers")
                .contains(&"All");
            let excluded = policy
                .0
                .texts("conditions.users.excludeUsers")
                .contains(&id);
            if all && policy.blocks() && !excluded {
                look.fail(
                    upn.clone(),
                    format!("policy {} may lock it out", policy.0.name()),
                );
            }
        }
        match registered.iter().find(is_it) {
            Some(row) if has_hardware_key(*row) => {}
            Some(_) => look.fail(upn.clone(), "has registered no security key"),
            None => look.missing(
                format!("{REGISTERED}: {upn}"),
                "the account is not in the report",
            ),
        }
    }
}

fn check_account(look: &mut Look<'_>, upn: &str, user: Object<'_>) {
    if user.flag("accountEnabled") == Some(false) {
        look.fail(upn, "is disabled");
    }
    let declared_at = look.expected().declared_at;
    match (user.time("lastPasswordChangeDateTime"), declared_at) {
        // Graph gives whole seconds: what was set in the very second of the declaration is not older.
        (Some(changed), Some(declared)) if changed.timestamp() < declared.timestamp() => {
            look.fail(upn, "its password is older than the declaration");
        }
        (Some(_), Some(_)) => {}
        _ => look.missing(upn, "when its password was set could not be had"),
    }
}

/// Whether somebody has registered a method that cannot be phished.
pub(super) fn has_hardware_key(row: Object<'_>) -> bool {
    const KEYS: [&str; 5] = [
        "fido2SecurityKey",
        "fido2",
        "passKeyDeviceBound",
        "windowsHelloForBusiness",
        "x509CertificateMultiFactor",
    ];
    row.texts("methodsRegistered")
        .iter()
        .any(|method| KEYS.contains(method))
}
