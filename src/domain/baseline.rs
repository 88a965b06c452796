//! The clean tenant's baseline: checks C1 to C32, each a pure look at what was read. What is asked of Graph stands in `targets`.

use super::evidence::Evidence;
use super::finding::{Check, Finding};
use super::waiver;

mod admins;
mod apps;
mod conditional_access;
mod detection;
mod known;
mod mail;
mod needed;
mod ours;
mod sharing;
mod sign_in;
mod trust_edges;

pub(super) use apps::{strange_owners, undeclared_federation};
pub use conditional_access::{POLICIES, keeps_users_out};
pub(super) use known::{is_microsoft, is_write, own_mailboxes, own_users, owned_domains, rights};
pub(super) use mail::{forwarded_by_smtp, forwarding_rules, unreviewed};
pub use needed::OUR_APPS;
pub(super) use trust_edges::{apps_of_old, guests_of_old, open_by_default};

/// Every check, in the order of its number.
pub const CHECKS: [Check; 32] = [
    Check {
        id: "C1",
        requirement: "two to eight Global Administrators, all of them named beforehand",
        look: admins::global_admins,
    },
    Check {
        id: "C2",
        requirement: "no more Global Administrators than other privileged users",
        look: admins::finer_roles,
    },
    Check {
        id: "C3",
        requirement: "privileged users exist in the cloud only",
        look: admins::cloud_only,
    },
    Check {
        id: "C4",
        requirement: "privileged roles are activated for a time, with approval and alerts",
        look: admins::activation,
    },
    Check {
        id: "C5",
        requirement: "MFA for all, phishing-resistant for administrators; no codes by SMS or mail",
        look: sign_in::mfa,
    },
    Check {
        id: "C6",
        requirement: "legacy authentication, SMTP AUTH and the device code flow are blocked",
        look: sign_in::legacy,
    },
    Check {
        id: "C7",
        requirement: "users and sign-ins at high risk are blocked",
        look: sign_in::risk,
    },
    Check {
        id: "C8",
        requirement: "two or more fresh break-glass accounts with a key, that no policy locks out",
        look: admins::break_glass,
    },
    Check {
        id: "C9",
        requirement: "every account has registered MFA, and somebody vouches for contact details",
        look: sign_in::registration,
    },
    Check {
        id: "C10",
        requirement: "users neither register apps nor consent to them; app secrets are restricted",
        look: apps::consent,
    },
    Check {
        id: "C11",
        requirement: "no service principal of Microsoft has a credential of its own",
        look: apps::first_party_credentials,
    },
    Check {
        id: "C12",
        requirement: "each app has declared credentials alone and is owned by named administrators",
        look: apps::credentials,
    },
    Check {
        id: "C13",
        requirement: "grants and app roles go to declared apps only",
        look: apps::grants,
    },
    Check {
        id: "C14",
        requirement: "nobody may impersonate every mailbox",
        look: apps::impersonation,
    },
    Check {
        id: "C15",
        requirement: "only our apps write, each with no more than it declared and its steps take",
        look: apps::writers,
    },
    Check {
        id: "C16",
        requirement: "no domain is federated or unverified",
        look: trust_edges::domains,
    },
    Check {
        id: "C17",
        requirement: "no partner administers the tenant",
        look: trust_edges::partners,
    },
    Check {
        id: "C18",
        requirement: "nothing connects the tenant with the compromised one",
        look: trust_edges::old_tenant,
    },
    Check {
        id: "C19",
        requirement: "guests are restricted, and none comes from the compromised tenant",
        look: trust_edges::guests,
    },
    Check {
        id: "C20",
        requirement: "no directory on premises is synchronised",
        look: trust_edges::hybrid,
    },
    Check {
        id: "C21",
        requirement: "no app is homed in the compromised tenant",
        look: trust_edges::foreign_apps,
    },
    Check {
        id: "C22",
        requirement: "mail is not forwarded outside, and no folder stands open",
        look: mail::forwarding,
    },
    Check {
        id: "C23",
        requirement: "transport rules and connectors were reviewed; SPF, DKIM and DMARC reject",
        look: mail::transport,
    },
    Check {
        id: "C24",
        requirement: "sites share with existing guests at most, by links for named people to view",
        look: sharing::sites,
    },
    Check {
        id: "C25",
        requirement: "Teams talks to named domains, runs named apps and takes no e-mail",
        look: sharing::teams,
    },
    Check {
        id: "C26",
        requirement: "audit is on, kept, sent on, and alerts go out",
        look: detection::audit,
    },
    Check {
        id: "C27",
        requirement: "the standard and the strict preset policies are on, and cover everybody",
        look: detection::presets,
    },
    Check {
        id: "C28",
        requirement: "nothing of the compromised tenant stands in a group or an access list",
        look: ours::negative_provenance,
    },
    Check {
        id: "C29",
        requirement: "somebody vouches that the administrators' workstations are clean",
        look: ours::workstation,
    },
    Check {
        id: "C30",
        requirement: "every evidence file is hashed, of this tenant, and at most a week old",
        look: ours::evidence_files,
    },
    Check {
        id: "C31",
        requirement: "two or more people are declared to certify, for a week at most",
        look: ours::certification,
    },
    Check {
        id: "C32",
        requirement: "every waiver has a scope, two signers and an end",
        look: ours::waivers,
    },
];

/// Looks at everything; waivers are applied as of the evidence's instant.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let look = |check: &Check| {
        let finding = check.run(evidence);
        // A waiver never waives the rule that judges waivers.
        if check.id == "C32" {
            return finding;
        }
        waiver::apply(finding, &evidence.waivers, evidence.now)
    };
    CHECKS.iter().map(look).collect()
}
