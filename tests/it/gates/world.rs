//! A clean simulated tenant as the checks see it, and what may be changed about it.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use m365_simulator::{Directory, DirectoryNames};
use serde_json::Value;
use sha2::{Digest, Sha256};
use unbroken::domain::evidence::{
    Answer, Attestation, Certification, Evidence, EvidenceFile, Expected, ExpectedApp, OldTenant,
};
use unbroken::domain::finding::{Check, Finding, Verdict};
use unbroken::domain::waiver::Waiver;
use unbroken::domain::{baseline, separation};

pub(super) const TENANT: &str = "22222222-bbbb-4bbb-8bbb-222222222222";
pub(super) const OLD: &str = "11111111-aaaa-4aaa-8aaa-111111111111";

/// All that a test may change before it looks.
pub(super) struct World {
    pub(super) directory: Directory,
    pub(super) expected: Expected,
    pub(super) attested: BTreeMap<String, Attestation>,
    pub(super) taken_at: DateTime<Utc>,
    pub(super) waivers: Vec<Waiver>,
    pub(super) has_file: bool,
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// GUIDs as the simulated tenant makes them.
pub(super) fn app(number: u16) -> String {
    format!("51710010-0000-4000-8000-00000000{number:04x}")
}

fn key(number: u16) -> String {
    format!("51710050-0000-4000-8000-00000000{number:04x}")
}

fn expected_app(number: u16, is_ours: bool, roles: &[&str]) -> ExpectedApp {
    ExpectedApp {
        app_id: app(number),
        is_ours,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        keys: vec![key(number)],
    }
}

fn expected() -> Expected {
    let upn = |name: &str| format!("{name}@new.example");
    Expected {
        tenant_id: TENANT.to_owned(),
        old: OldTenant {
            tenant_id: OLD.to_owned(),
            domains: vec![
                "old.example".to_owned(),
                "oldcorp.onmicrosoft.com".to_owned(),
            ],
            moved: Vec::new(),
            app_ids: vec!["99999999-0000-4000-8000-000000000001".to_owned()],
            thumbprints: vec!["0LDC0FFEE".to_owned()],
        },
        declared_at: Some(at("2026-11-01T00:00:00Z")),
        admins: vec![upn("adm-global-1"), upn("adm-global-2")],
        break_glass: vec![upn("glass-1"), upn("glass-2")],
        apps: vec![
            expected_app(1, true, &["User.ReadWrite.All"]),
            expected_app(2, true, &["Mail.ReadWrite", "Files.ReadWrite.All"]),
            expected_app(3, true, &["Directory.Read.All", "Policy.Read.All"]),
            expected_app(4, false, &["User.Read.All"]),
        ],
        reviewed: Vec::new(),
        certification: Certification {
            certifiers: vec!["c1".to_owned(), "c2".to_owned()],
            needed: 2,
            hours: 168,
        },
    }
}

pub(super) const ATTESTED: [&str; 8] = [
    "admin-workstation",
    "alerts",
    "all-subscriptions",
    "audit-retention",
    "contact-data",
    "devices",
    "logs-to-soc",
    "partner-relationships",
];

/// A tenant as it should be.
pub(super) fn clean() -> World {
    let user = |number: u8, name: &str| {
        (
            format!("u5e00000-0000-4000-8000-00000000000{number}"),
            format!("{name}@new.example"),
        )
    };
    let directory = Directory::clean(DirectoryNames {
        tenant_id: TENANT.to_owned(),
        domain: "new.example".to_owned(),
        users: vec![user(1, "alice"), user(2, "bob"), user(3, "carol")],
        old_tenant_id: OLD.to_owned(),
        old_domain: "old.example".to_owned(),
    });
    let vouch = |name: &&str| {
        let by = Attestation {
            by: "the security lead".to_owned(),
            at: Some(at("2026-11-27T09:00:00Z")),
            ..Attestation::default()
        };
        ((*name).to_owned(), by)
    };
    World {
        directory,
        expected: expected(),
        attested: ATTESTED.iter().map(vouch).collect(),
        taken_at: at("2026-11-27T12:00:00Z"),
        waivers: Vec::new(),
        has_file: true,
    }
}

pub(super) fn with(plants: &[&str]) -> World {
    let mut world = clean();
    for plant in plants {
        assert!(world.directory.plant(plant), "{plant} can be planted");
    }
    world
}

/// What the documentation has 404 mean "none" for.
const NONE_BY_404: [&str; 1] = ["/tenantRelationships/multiTenantOrganization"];

impl World {
    /// What the checks would see of it.
    pub(super) fn evidence(&self) -> Evidence {
        let mut evidence = Evidence {
            expected: self.expected.clone(),
            attested: self.attested.clone(),
            waivers: self.waivers.clone(),
            now: at("2026-11-28T09:00:00Z"),
            ..Evidence::default()
        };
        for path in NONE_BY_404 {
            evidence.graph.insert(path, Answer::Nothing);
        }
        for (path, body) in &self.directory.answers {
            let answer = Answer::Said {
                digest: digest(body.to_string().as_bytes()),
                body: body.clone(),
            };
            evidence.graph.insert(path.clone(), answer);
        }
        let file = EvidenceFile {
            name: "exchange.json".to_owned(),
            digest: digest(b"exchange.json"),
            tool: "ExchangeOnlineManagement".to_owned(),
            version: "3.9.0".to_owned(),
            tenant_id: TENANT.to_owned(),
            taken_at: Some(self.taken_at),
        };
        if self.has_file {
            evidence.add_file(file, self.directory.exports.clone());
        }
        evidence
    }

    pub(super) fn verdicts(&self) -> BTreeMap<String, Verdict> {
        verdicts(&self.evidence())
    }

    pub(super) fn finding(&self, id: &str) -> Finding {
        let evidence = self.evidence();
        let mut all = baseline::findings(&evidence);
        all.extend(separation::findings(&evidence));
        let mut fitting = all.into_iter().filter(|finding| finding.id == id);
        fitting.next().expect("a check of this id")
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").expect("a string");
    }
    hex
}

pub(super) fn verdicts(evidence: &Evidence) -> BTreeMap<String, Verdict> {
    let all = baseline::findings(evidence).into_iter();
    all.chain(separation::findings(evidence))
        .map(|finding| (finding.id, finding.verdict))
        .collect()
}

pub(super) fn checks() -> impl Iterator<Item = &'static Check> {
    baseline::CHECKS.iter().chain(&separation::CHECKS)
}

/// Whether a finding names an object, by its name or in the reason.
pub(super) fn names(finding: &Finding, object: &str) -> bool {
    let mut all = finding.failed.iter().chain(&finding.missing);
    all.any(|named| named.object.contains(object))
}

/// Changes of verdicts against the clean tenant, within one family of checks.
pub(super) fn changed(world: &World, family: char) -> Vec<(String, Verdict)> {
    let before = clean().verdicts();
    let after = world.verdicts().into_iter();
    after
        .filter(|(id, verdict)| id.starts_with(family) && before[id] != *verdict)
        .collect()
}

/// The answer of a path is taken away.
pub(super) fn without(mut world: World, path: &str) -> World {
    let removed: Option<Value> = world.directory.answers.remove(path);
    assert!(removed.is_some(), "{path} is in the clean tenant");
    world
}

impl World {
    /// As if nobody had brought a file; the sections are gone with it.
    pub(super) fn no_files(mut self) -> Self {
        self.has_file = false;
        self
    }

    /// The finding when a call was refused.
    pub(super) fn refused(&self, path: &str, id: &str) -> Finding {
        let mut evidence = self.evidence();
        evidence.graph.insert(
            path,
            Answer::NotHad("403 Authorization_RequestDenied".to_owned()),
        );
        let check = checks().find(|check| check.id == id).expect("a check");
        check.run(&evidence)
    }
}
