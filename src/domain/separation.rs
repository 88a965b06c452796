//! No access path from the compromised tenant: checks S1 to S24, one for each kind of path, and the search for what is left of it.

use super::evidence::Evidence;
use super::finding::{Check, Finding};
use super::waiver;

mod collaboration;
mod directory;
mod mailboxes;
pub mod search;

/// Every check, in the order of the table.
pub const CHECKS: [Check; 24] = [
    Check {
        id: "S1",
        requirement: "no app is homed in the compromised tenant",
        look: directory::homed_apps,
    },
    Check {
        id: "S2",
        requirement: "app roles are held by known principals only",
        look: directory::app_roles_held,
    },
    Check {
        id: "S3",
        requirement: "no unknown client has delegated grants",
        look: directory::delegated,
    },
    Check {
        id: "S4",
        requirement: "no key, credential, audience or owner of an app leads to the old tenant",
        look: directory::app_keys,
    },
    Check {
        id: "S5",
        requirement: "no guest, and no member in disguise, comes from the compromised tenant",
        look: directory::guests,
    },
    Check {
        id: "S6",
        requirement: "no role is held from another tenant",
        look: directory::foreign_roles,
    },
    Check {
        id: "S7",
        requirement: "cross-tenant access lets the compromised tenant in nowhere",
        look: directory::cross_tenant,
    },
    Check {
        id: "S8",
        requirement: "no multi-tenant organisation with the compromised tenant",
        look: directory::multi_tenant,
    },
    Check {
        id: "S9",
        requirement: "no job synchronises from another tenant",
        look: directory::sync_jobs,
    },
    Check {
        id: "S10",
        requirement: "no domain is federated",
        look: directory::federated,
    },
    Check {
        id: "S11",
        requirement: "no external identity provider of the compromised tenant",
        look: directory::identity_providers,
    },
    Check {
        id: "S12",
        requirement: "no certificate authority of the compromised tenant is trusted",
        look: directory::certificate_roots,
    },
    Check {
        id: "S13",
        requirement: "no directory on premises is synchronised",
        look: directory::directory_sync,
    },
    Check {
        id: "S14",
        requirement: "no inbox rule sends mail out or makes it vanish",
        look: mailboxes::rules,
    },
    Check {
        id: "S15",
        requirement: "no mailbox forwards by SMTP",
        look: mailboxes::smtp_forwarding,
    },
    Check {
        id: "S16",
        requirement: "no transport rule, connector, remote domain or full access leads out",
        look: mailboxes::transport_and_full_access,
    },
    Check {
        id: "S17",
        requirement: "no calendar is delegated outside",
        look: mailboxes::calendar_delegates,
    },
    Check {
        id: "S18",
        requirement: "no item is shared with everybody or with the compromised tenant",
        look: collaboration::sharing,
    },
    Check {
        id: "S19",
        requirement: "no unknown app has a grant on a site",
        look: collaboration::site_grants,
    },
    Check {
        id: "S20",
        requirement: "no app, tab, member or shared channel of a team leads to the old tenant",
        look: collaboration::teams,
    },
    Check {
        id: "S21",
        requirement: "no webhook reports to anybody unknown",
        look: collaboration::webhooks,
    },
    Check {
        id: "S22",
        requirement: "no partner administers the tenant",
        look: directory::partners,
    },
    Check {
        id: "S23",
        requirement: "no connector and no device of the compromised tenant is left",
        look: collaboration::connectors_and_devices,
    },
    Check {
        id: "S24",
        requirement: "nothing of the old tenant stands where users and groups bear identity",
        look: search::leftovers,
    },
];

/// Looks at everything; waivers are applied as of the evidence's instant.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let look = |check: &Check| waiver::apply(check.run(evidence), &evidence.waivers, evidence.now);
    CHECKS.iter().map(look).collect()
}
