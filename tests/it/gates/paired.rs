//! Check by check: a response as the documentation prints it, and the same state as the simulator writes it, lead to one finding.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use unbroken::domain::evidence::Evidence;
use unbroken::domain::finding::{Finding, Verdict};

use super::documented::{Documented, contoso, documented, push};
use super::world::{World, checks, clean, names, with};

mod apps;
mod content;
mod people;
mod trust;

const USERS: &str = "/users";
const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
/// Somebody whom an example names.
const GRADY: &str = "e8b753b5-4117-464e-9a08-713e1ff266b3";

/// One check over one documented response.
#[derive(Clone, Copy)]
struct Pair {
    check: &'static str,
    /// The page of the documentation, and which of its examples.
    page: (&'static str, usize),
    /// Where the check asks for it; after `#` the list within the answer.
    path: &'static str,
    /// What was changed of the documented response, in words; empty where nothing was.
    changed: &'static str,
    change: fn(&mut Value),
    /// What stands around it in both worlds.
    around: fn(&mut World),
    /// The same state as the simulator writes it.
    like: fn(&mut World),
    verdict: Verdict,
    /// Whether the documented rows change what is found; those of a policy that is off must not.
    counts: bool,
    /// Part of what the finding names.
    object: &'static str,
}

const fn pair(check: &'static str, page: (&'static str, usize), path: &'static str) -> Pair {
    Pair {
        check,
        page,
        path,
        changed: "",
        change: |_| (),
        around: |_| (),
        like: |_| (),
        verdict: Verdict::Pass,
        counts: true,
        object: "",
    }
}

impl Pair {
    const fn changed(mut self, words: &'static str, change: fn(&mut Value)) -> Self {
        self.changed = words;
        self.change = change;
        self
    }

    const fn around(mut self, around: fn(&mut World)) -> Self {
        self.around = around;
        self
    }

    const fn like(mut self, like: fn(&mut World)) -> Self {
        self.like = like;
        self
    }

    const fn for_nothing(mut self) -> Self {
        self.counts = false;
        self
    }

    const fn fails(mut self, object: &'static str) -> Self {
        self.verdict = Verdict::Fail;
        self.object = object;
        self
    }

    const fn lacks(mut self, object: &'static str) -> Self {
        self.verdict = Verdict::NeedsEvidence;
        self.object = object;
        self
    }
}

/// A row of the simulator with other values; `null` takes a field away.
fn shaped(mut row: Value, changes: &Value) -> Value {
    let fields = row.as_object_mut().expect("a row");
    for (name, value) in changes.as_object().expect("changes") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    row
}

fn last(world: &World, path: &str) -> Value {
    let rows = world.directory.answers[path]["value"].as_array();
    rows.and_then(|rows| rows.last()).expect("a row").clone()
}

/// One more row like the clean tenant's last.
fn more(world: &mut World, path: &str, changes: &Value) {
    let row = shaped(last(&clean(), path), changes);
    push(world, path, row);
}

/// One more row like the one that a plant puts there.
fn planted(world: &mut World, plant: &str, path: &str, changes: &Value) {
    let row = shaped(last(&with(&[plant]), path), changes);
    push(world, path, row);
}

fn rows<'w>(world: &'w mut World, path: &str) -> &'w mut Vec<Value> {
    let (path, list) = path.split_once('#').unwrap_or((path, "value"));
    let answer = world.directory.answers.get_mut(path).expect("an answer");
    answer[list].as_array_mut().expect("a collection")
}

fn empty(world: &mut World, path: String) {
    world.directory.answers.insert(path, json!({ "value": [] }));
}

/// A row of the simulator without a field that it always has.
fn bare(world: &mut World, path: &str, field: &str) {
    let row = rows(world, path).last_mut().expect("a row");
    row.as_object_mut().expect("a row").remove(field);
}

fn grady(world: &mut World, changes: &Value) {
    let row = json!({
        "id": GRADY,
        "userPrincipalName": "GradyA@contoso.com",
        "displayName": "Grady Archie",
        "mail": "GradyA@contoso.com",
    });
    let row = shaped(shaped(last(&clean(), USERS), &row), changes);
    push(world, USERS, row);
}

fn pairs() -> impl Iterator<Item = &'static Pair> {
    let people = people::ADMINS.iter().chain(&people::SIGN_IN);
    let trust = people.chain(&apps::OF_APPS).chain(&trust::TRUST);
    trust.chain(&content::CONTENT).chain(&content::CONSENTED)
}

/// The documented rows among the tenant's own; one object stands in the place of another.
fn grafted(pair: &Pair, body: &Value) -> World {
    let mut world = contoso();
    (pair.around)(&mut world);
    let rows_of = match &body["value"] {
        Value::Array(rows) => rows.clone(),
        one @ Value::Object(_) => vec![one.clone()],
        _ => vec![body.clone()],
    };
    let (path, list) = pair.path.split_once('#').unwrap_or((pair.path, "value"));
    for mut row in rows_of {
        (pair.change)(&mut row);
        let answer = world.directory.answers.get_mut(path).expect("an answer");
        match answer.get_mut(list).and_then(Value::as_array_mut) {
            Some(rows) => rows.push(row),
            None => *answer = row,
        }
    }
    world
}

fn simulated(pair: &Pair) -> World {
    let mut world = contoso();
    (pair.around)(&mut world);
    (pair.like)(&mut world);
    world
}

/// What a finding says, without what it rests on: the digests of two bodies differ.
fn said(finding: &Finding) -> (Verdict, BTreeSet<String>, BTreeSet<String>) {
    let all = |list: &[unbroken::domain::finding::Named]| {
        let lines = list
            .iter()
            .map(|one| format!("{}: {}", one.object, one.why));
        lines.collect()
    };
    (finding.verdict, all(&finding.failed), all(&finding.missing))
}

fn example<'d>(all: &'d [Documented], pair: &Pair) -> &'d Value {
    let of_page = all.iter().filter(|one| one.page == pair.page.0);
    let mut bodies = of_page.filter_map(|one| one.body.as_ref());
    let found = bodies.nth(pair.page.1);
    found.unwrap_or_else(|| panic!("{} has an example {}", pair.page.0, pair.page.1))
}

#[test]
fn the_documented_and_the_simulated_state_lead_to_one_finding() {
    let Some(all) = documented() else {
        return;
    };
    for pair in pairs() {
        let label = format!("{} over {:?}, {:?}", pair.check, pair.page, pair.changed);
        let theirs = grafted(pair, example(&all, pair)).finding(pair.check);
        let ours = simulated(pair).finding(pair.check);
        assert_eq!(said(&theirs), said(&ours), "{label}");
        assert_eq!(theirs.verdict, pair.verdict, "{label}: {}", theirs.found);
        let named = pair.object.is_empty() || names(&theirs, pair.object);
        assert!(named, "{label}: {theirs:?}");
        // The state that was put there is what the finding is about: without it there is another.
        let mut without = contoso();
        (pair.around)(&mut without);
        let before = without.finding(pair.check);
        let is_seen = said(&before) != said(&ours) || before.verdict == Verdict::Pass;
        assert_eq!(is_seen, pair.counts, "{label}");
    }
}

/// Why a check has no pair.
#[derive(Clone, Copy)]
enum Unpaired {
    /// No response is documented for the paths that it is about.
    NoExample(&'static [&'static str]),
    /// It asks Graph for nothing.
    NotGraph,
}

const UNPAIRED: [(&str, Unpaired); 17] = [
    (
        "C4",
        Unpaired::NoExample(&[
            "/roleManagement/directory/roleAssignmentScheduleInstances",
            "/policies/roleManagementPolicyAssignments",
        ]),
    ),
    (
        "C17",
        Unpaired::NoExample(&["/policies/crossTenantAccessPolicy/partners", ASSIGNMENTS]),
    ),
    (
        "C18",
        Unpaired::NoExample(&[
            "/policies/crossTenantAccessPolicy/partners",
            "/policies/crossTenantAccessPolicy/default",
        ]),
    ),
    ("C23", Unpaired::NotGraph),
    ("C24", Unpaired::NoExample(&["/admin/sharepoint/settings"])),
    ("C25", Unpaired::NotGraph),
    ("C26", Unpaired::NotGraph),
    ("C27", Unpaired::NotGraph),
    ("C29", Unpaired::NotGraph),
    ("C30", Unpaired::NotGraph),
    ("C31", Unpaired::NotGraph),
    ("C32", Unpaired::NotGraph),
    ("S6", Unpaired::NoExample(&[ASSIGNMENTS])),
    (
        "S7",
        Unpaired::NoExample(&[
            "/policies/crossTenantAccessPolicy/partners",
            "/policies/crossTenantAccessPolicy/default",
        ]),
    ),
    (
        "S8",
        Unpaired::NoExample(&["/tenantRelationships/multiTenantOrganization"]),
    ),
    ("S9", Unpaired::NoExample(&["/synchronization/jobs"])),
    (
        "S22",
        Unpaired::NoExample(&["/policies/crossTenantAccessPolicy/partners"]),
    ),
];

/// What a check asks Graph for: what it rests on in a clean tenant, and what it would ask for first.
pub(super) fn asked(check: &str) -> BTreeSet<String> {
    let found = checks().find(|one| one.id == check).expect("a check");
    let rests_on = found.run(&clean().evidence()).rests_on.into_keys();
    let first = found.run(&Evidence::default()).missing.into_iter();
    let all = rests_on.chain(first.map(|named| named.object));
    all.filter(|what| what.starts_with('/')).collect()
}

/// Every check is paired, or the claim that there is nothing to pair it with holds.
#[test]
fn a_check_without_a_pair_has_no_documented_response() {
    let Some(all) = documented() else {
        return;
    };
    let paired: BTreeSet<&str> = pairs().map(|pair| pair.check).collect();
    let unpaired: BTreeSet<&str> = UNPAIRED.iter().map(|(check, _)| *check).collect();
    assert_eq!(paired.intersection(&unpaired).count(), 0);
    let ids: BTreeSet<&str> = checks().map(|check| check.id).collect();
    assert_eq!(&paired | &unpaired, ids);
    assert_eq!(paired.len(), 39);
    for (check, why) in UNPAIRED {
        let asked = asked(check);
        let Unpaired::NoExample(paths) = why else {
            assert_eq!(asked, BTreeSet::new(), "{check} asks Graph");
            continue;
        };
        for path in paths {
            assert!(
                asked.iter().any(|one| one.contains(path)),
                "{check}: {path}"
            );
            let with_body = all.iter().filter(|one| one.body.is_some());
            let urls: Vec<&str> = with_body.map(|one| &*one.url).collect();
            let found = urls.iter().find(|url| url.contains(path));
            assert_eq!(found, None, "{check}: {path} has an example");
        }
    }
}
