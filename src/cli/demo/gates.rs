//! The gates of a demonstration: the simulated tenant gets a directory, is looked at and certified by two, as a real one would be.
//! What stands in a clean directory is the simulator's; what is expected of it is written here, as an operator would declare it.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use m365_simulator::Running;
use serde_json::{Value, json};
use unbroken_ledger::{Role, Signer};

use super::super::demo_folder::DemoFolder;
use super::super::flow::gating::{self, Brought, Family};
use super::super::flow::planning;
use super::super::keyring::{self, KeyRing};
use super::super::{key_file, open};
use crate::clock::{Clock, SystemClock};
use crate::domain::event::PinnedFacts;
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::targets::graph::Graph;

/// The GUID of the tenant that the intruder owned.
const OLD_TENANT: &str = "99999999-aaaa-4aaa-8aaa-999999999999";
/// Its domain.
pub(super) const OLD_DOMAIN: &str = "old.example";
/// The second approver, whom a case of one person's keys does not have.
const SECOND_APPROVER: &str = "approver-2.pem";
/// Hours for which a certificate holds.
const HOURS: i64 = 72;
/// What nobody can read out of a tenant, so that a person vouches for it.
const ATTESTED: [&str; 8] = [
    "admin-workstation",
    "alerts",
    "all-subscriptions",
    "audit-retention",
    "contact-data",
    "devices",
    "logs-to-soc",
    "partner-relationships",
];

/// The files that a look at the tenant rests on beside the tenant itself.
pub(super) struct Gates {
    expected: PathBuf,
    evidence: [PathBuf; 1],
}

impl Gates {
    /// Gives the tenant its directory, and writes what an operator declares of it and what an administrator exports from it.
    pub(super) fn prepare(running: &Running, folder: &DemoFolder) -> Result<Self> {
        let inspect = running.inspect();
        inspect.set_directory(OLD_TENANT, OLD_DOMAIN);
        let mut sections = Value::Null;
        inspect.change_directory(|directory| sections = json!(directory.exports));
        let export = exported(&sections, SystemClock.now());
        Ok(Self {
            expected: folder.write_declared("expected.json", &expected(SystemClock.now()))?,
            evidence: [folder.write_declared("exchange.json", &export)?],
        })
    }

    /// Looks at the tenant, and has two people certify what was found; one of them is not the operator's machine's.
    pub(super) async fn certify(
        &self,
        family: Family,
        journal: &Journal,
        graph: &Graph,
        keys: &KeyRing,
    ) -> Result<String> {
        let brought = Brought {
            expected: &self.expected,
            files: &self.evidence,
        };
        let findings = gating::look(journal, family, graph, &brought)
            .await?
            .findings;
        let open = findings.iter().filter(|finding| !finding.verdict.opens());
        let open: Vec<&str> = open.map(|finding| &*finding.id).collect();
        if !open.is_empty() {
            let open = open.join(", ");
            return Err(Error::failed(format!(
                "checks of the simulated tenant are open: {open}"
            )));
        }
        let kind = family.certificate();
        let proposal = gating::propose(journal, kind, HOURS)?;
        for approver in [keyring::APPROVER, SECOND_APPROVER] {
            planning::approve(journal, &proposal, &*keys.key(approver)?)?;
        }
        let said = gating::issue(journal, kind).await?;
        Ok(format!(
            "{} checks of the clean tenant hold; two people certified {} until {}",
            findings.len(),
            kind.name(),
            said.until.to_rfc3339_opts(SecondsFormat::Secs, true)
        ))
    }
}

/// Enrols a second approver and says which tenant is kept out: from then on nothing runs without a certificate.
pub(super) async fn pin(journal: &Journal, folder: &DemoFolder, keys: &KeyRing) -> Result<()> {
    let second = key_file::generate(&folder.keys().join(SECOND_APPROVER), None)?;
    let roots = keys.roots()?;
    let roots: Vec<&dyn Signer> = roots.iter().take(2).map(|root| &**root).collect();
    let enrolled = journal
        .ledger()
        .enrol(&second, "approver-2", &[Role::Approver], &roots);
    enrolled.map_err(open::meaning)?;
    let facts = PinnedFacts {
        tenant_id: Some(OLD_TENANT.to_owned()),
        domains: Some(vec![OLD_DOMAIN.to_owned()]),
        ..PinnedFacts::default()
    };
    gating::pin(journal, facts).await
}

fn expected(now: DateTime<Utc>) -> Value {
    let upn = |name: &str| format!("{name}@clean.example");
    let ours = |number: u16, roles: &[&str]| {
        let id = |kind: u32| format!("{kind}-0000-4000-8000-00000000{number:04x}");
        json!({ "appId": id(51_710_010), "keys": [id(51_710_050)], "ours": true, "roles": roles })
    };
    let at = now.to_rfc3339();
    let vouched = |name: &str| {
        let by = json!({ "at": at, "by": "the demo operator" });
        (name.to_owned(), by)
    };
    let attested: serde_json::Map<String, Value> = ATTESTED.into_iter().map(vouched).collect();
    json!({
        "admins": [upn("adm-global-1"), upn("adm-global-2")],
        "apps": [
            ours(1, &["User.ReadWrite.All"]),
            ours(2, &["Mail.ReadWrite", "Files.ReadWrite.All"]),
            ours(3, &["Directory.Read.All", "Policy.Read.All"]),
            { "appId": "51710010-0000-4000-8000-000000000004", "roles": ["User.Read.All"] },
        ],
        "attested": attested,
        "breakGlass": [upn("glass-1"), upn("glass-2")],
        "certifiers": ["approver-1", "approver-2"],
        "hours": HOURS,
        "needed": 2,
    })
}

fn exported(sections: &Value, taken_at: DateTime<Utc>) -> Value {
    json!({
        "format": "unbroken-exchange-evidence/1",
        "sections": sections,
        "takenAt": taken_at.to_rfc3339(),
        "tenantId": super::super::simulate::TENANT,
        "tool": "m365-simulator",
        "toolVersion": env!("CARGO_PKG_VERSION"),
    })
}
