//! What a Conditional Access policy does, read strictly: one that is narrowed in any way does not count as covering everybody.

use serde_json::Value;

use super::super::evidence::object::Object;
use super::super::finding::Look;

/// Where the policies are read.
pub const POLICIES: &str = "/identity/conditionalAccess/policies";

/// The conditions that the checks read; any other that is set narrows a policy, one that Microsoft adds tomorrow too. A list of
/// those that narrow would let pass whatever it does not name.
const READ: [(&str, &[&str]); 4] = [
    (
        "conditions",
        &[
            "applications",
            "authenticationFlows",
            "clientAppTypes",
            "signInRiskLevels",
            "userRiskLevels",
            "users",
        ],
    ),
    ("conditions.applications", &["includeApplications"]),
    ("conditions.authenticationFlows", &["transferMethods"]),
    (
        "conditions.users",
        &[
            "excludeGroups",
            "excludeGuestsOrExternalUsers",
            "excludeRoles",
            "excludeUsers",
            // Whoever is named beside everybody is in it already.
            "includeGroups",
            "includeGuestsOrExternalUsers",
            "includeRoles",
            "includeUsers",
        ],
    ),
];

/// Whether nothing below says anything: PowerShell writes what nobody set as an object of nulls.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.iter().all(is_unset),
        Value::String(text) => text.trim().is_empty(),
        Value::Object(fields) => fields.values().all(is_unset),
        _ => false,
    }
}

/// Whether a field says what another one is, and nothing by itself: `devices@odata.context`.
fn is_annotation(name: &str) -> bool {
    name.contains('@')
}

/// An enabled policy.
#[derive(Clone, Copy)]
pub(super) struct Policy<'a>(pub(super) Object<'a>);

/// The policies in force; one that only reports is none.
pub(super) fn in_force<'a>(look: &mut Look<'a>) -> Vec<Policy<'a>> {
    let all = look.list(POLICIES);
    let on = all
        .into_iter()
        .filter(|policy| policy.text("state") == Some("enabled"));
    on.map(Policy).collect()
}

/// Whether a policy in force keeps every user out of everything: accounts and roles of administrators may be left out by name, no
/// group, since anybody can be put into one.
pub fn keeps_users_out(policies: &Value) -> bool {
    let all = policies["value"].as_array().into_iter().flatten();
    all.map(Object::new).map(Policy).any(|policy| {
        let users = policy.0.texts("conditions.users.includeUsers");
        policy.0.text("state") == Some("enabled")
            && users.contains(&"All")
            && policy.is_empty("conditions.users.excludeGroups")
            && policy.is_empty("conditions.users.excludeGuestsOrExternalUsers")
            && policy.is_everywhere()
            && policy.is_always()
            && policy.blocks()
    })
}

impl<'a> Policy<'a> {
    fn is_empty(self, path: &str) -> bool {
        !self.0.is_filled(path)
    }

    /// Whom it leaves out beside the accounts behind glass.
    pub(super) fn left_out(self, break_glass: &[&str]) -> Vec<&'a str> {
        let users = self.0.texts("conditions.users.excludeUsers").into_iter();
        let mut out: Vec<&str> = users.filter(|id| !break_glass.contains(id)).collect();
        out.extend(self.0.texts("conditions.users.excludeGroups"));
        out.extend(self.0.texts("conditions.users.excludeRoles"));
        out
    }

    /// Whether it names everybody, apart from the accounts behind glass.
    pub(super) fn is_for_all(self, break_glass: &[&str]) -> bool {
        self.0
            .texts("conditions.users.includeUsers")
            .contains(&"All")
            && self.left_out(break_glass).is_empty()
            && self.is_empty("conditions.users.excludeGuestsOrExternalUsers")
    }

    /// Whether it names each of these roles, or everybody.
    pub(super) fn is_for_roles(self, roles: &[&str], break_glass: &[&str]) -> bool {
        let named = self.0.texts("conditions.users.includeRoles");
        self.is_for_all(break_glass)
            || (roles.iter().all(|role| named.contains(role))
                && self.left_out(break_glass).is_empty())
    }

    /// Whether it holds for every app, everywhere.
    pub(super) fn is_everywhere(self) -> bool {
        self.0
            .texts("conditions.applications.includeApplications")
            .contains(&"All")
            && READ.iter().all(|(place, read)| self.has_only(place, read))
    }

    /// Whether nothing is set in an object of the policy beside these fields.
    fn has_only(self, place: &str, read: &[&str]) -> bool {
        let Some(object) = self.0.object(place) else {
            return true;
        };
        let Some(fields) = object.value().as_object() else {
            return false;
        };
        fields.iter().all(|(name, value)| {
            is_annotation(name) || read.contains(&name.as_str()) || is_unset(value)
        })
    }

    fn has_risk(self) -> bool {
        !self.is_empty("conditions.userRiskLevels") || !self.is_empty("conditions.signInRiskLevels")
    }

    fn transfer_methods(self) -> Vec<&'a str> {
        let methods = self
            .0
            .texts("conditions.authenticationFlows.transferMethods");
        methods
            .into_iter()
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .collect()
    }

    /// Whether it holds whatever the client is.
    fn is_for_any_client(self) -> bool {
        let clients = self.0.texts("conditions.clientAppTypes");
        clients.is_empty() || clients.contains(&"all")
    }

    /// Whether it holds for every sign-in, whatever the client, the risk and the flow.
    pub(super) fn is_always(self) -> bool {
        self.is_for_any_client() && !self.has_risk() && self.transfer_methods().is_empty()
    }

    /// Whether it blocks.
    pub(super) fn blocks(self) -> bool {
        self.0
            .texts("grantControls.builtInControls")
            .contains(&"block")
    }

    /// In how many ways somebody may satisfy it: terms of use and another vendor's factor are ways as well.
    fn ways(self) -> usize {
        const LISTS: [&str; 3] = [
            "builtInControls",
            "termsOfUse",
            "customAuthenticationFactors",
        ];
        const STRENGTH: [&str; 3] = ["id", "requirementsSatisfied", "allowedCombinations"];
        let listed: usize = LISTS
            .iter()
            .map(|list| self.0.texts(&format!("grantControls.{list}")).len())
            .sum();
        // PowerShell writes a strength that nobody set as an object of nulls.
        let has_strength = STRENGTH.iter().any(|field| {
            self.0
                .is_filled(&format!("grantControls.authenticationStrength.{field}"))
        });
        listed + usize::from(has_strength)
    }

    /// Whether nobody gets in without MFA. Unless all of them are asked for, any other control would do instead.
    pub(super) fn asks_for_mfa(self) -> bool {
        let controls = self.0.texts("grantControls.builtInControls");
        let strength = self
            .0
            .text("grantControls.authenticationStrength.requirementsSatisfied");
        let is_only = self.ways() <= 1 || self.0.text("grantControls.operator") == Some("AND");
        is_only
            && (controls.contains(&"mfa") || strength == Some("mfa"))
            && !controls.contains(&"passwordChange")
    }

    /// Whether only methods will do that cannot be phished.
    pub(super) fn resists_phishing(self) -> bool {
        const RESISTANT: [&str; 3] = [
            "fido2",
            "windowsHelloForBusiness",
            "x509CertificateMultiFactor",
        ];
        let allowed = self
            .0
            .texts("grantControls.authenticationStrength.allowedCombinations");
        !allowed.is_empty()
            && allowed.iter().all(|method| RESISTANT.contains(method))
            && self.asks_for_mfa()
    }

    /// Whether it concerns clients that know no modern authentication, at any risk and in any flow. Entra asks for all conditions
    /// of a policy at once, so one more of them is one more way past it.
    pub(super) fn is_for_legacy_clients(self) -> bool {
        let clients = self.0.texts("conditions.clientAppTypes");
        clients.contains(&"exchangeActiveSync")
            && clients.contains(&"other")
            && !self.has_risk()
            && self.transfer_methods().is_empty()
    }

    /// Whether it concerns the device code flow, from any client and at any risk.
    pub(super) fn is_for_device_code(self) -> bool {
        self.transfer_methods().contains(&"deviceCodeFlow")
            && self.is_for_any_client()
            && !self.has_risk()
    }

    /// Whether it concerns risk of that kind at its highest, and no other condition narrows it.
    pub(super) fn is_for_risk(self, levels: &str, other: &str) -> bool {
        self.0.texts(levels).contains(&"high")
            && self.is_empty(other)
            && self.is_for_any_client()
            && self.transfer_methods().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policies(change: impl FnOnce(&mut Value)) -> Value {
        let mut policy = json!({
            "state": "enabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": { "includeApplications": ["All"], "excludeApplications": [] },
                "users": { "includeUsers": ["All"], "excludeUsers": ["a"], "excludeGroups": [] },
            },
            "grantControls": { "operator": "OR", "builtInControls": ["block"] },
        });
        change(&mut policy);
        json!({ "value": [policy] })
    }

    #[test]
    fn users_are_kept_out_by_a_policy_that_nothing_narrows() {
        assert!(keeps_users_out(&policies(|_| {})));
        let set = |path: &str, value: Value| {
            policies(|policy| {
                let mut at = policy;
                for name in path.split('.') {
                    at = &mut at[name];
                }
                *at = value;
            })
        };
        for (path, value) in [
            ("state", json!("enabledForReportingButNotEnforced")),
            ("conditions.users.includeUsers", json!(["one"])),
            ("conditions.users.excludeGroups", json!(["friends"])),
            (
                "conditions.applications.excludeApplications",
                json!(["mail"]),
            ),
            ("conditions.clientAppTypes", json!(["other"])),
            (
                "conditions.locations",
                json!({"includeLocations": ["somewhere"]}),
            ),
            // What the checks do not know is no reason to believe that it is for everybody.
            ("conditions.agentIdRiskLevels", json!("high")),
            ("conditions.anyFutureThing", json!({"mode": "exclude"})),
            (
                "conditions.applications.networkAccess",
                json!({"x": ["one"]}),
            ),
            (
                "conditions.applications.includeUserActions",
                json!(["urn:user:registersecurityinfo"]),
            ),
            ("conditions.users.excludeAgents", json!(["one"])),
            ("conditions.authenticationFlows.anyFutureFlow", json!("one")),
            ("grantControls.builtInControls", json!(["mfa"])),
        ] {
            assert!(!keeps_users_out(&set(path, value)), "{path}");
        }
        assert!(!keeps_users_out(&json!({})));
        for (path, value) in [
            (
                "conditions.devices",
                json!({"deviceFilter": {"mode": null}}),
            ),
            ("conditions.insiderRiskLevels", json!(null)),
            ("conditions.devices@odata.context", json!("https://one")),
            ("conditions.anyFutureThing", json!([])),
        ] {
            assert!(keeps_users_out(&set(path, value)), "{path}");
        }
    }
}
