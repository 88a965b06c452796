//! The policy of section 7.2, and the forms of roles, persons and the origin.

use std::collections::BTreeMap;

use crate::broken::{Checked, broken, ensure};
use crate::bytes::{Hash, hex, sha256};
use crate::event::{is_numbered_type, is_stream};
use crate::json::{Field, Value};

pub(crate) const ROLES: [&str; 8] = [
    "approver",
    "auditor",
    "certifier",
    "log",
    "operator",
    "root",
    "service",
    "worker",
];
const SIGNING_ROLES: [&str; 6] = [
    "approver",
    "auditor",
    "certifier",
    "operator",
    "service",
    "worker",
];

/// Who may sign what, on what an intent rests, whose approval is needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) approvals: BTreeMap<String, (u64, String)>,
    pub(crate) gates: BTreeMap<String, Vec<String>>,
    pub(crate) types: BTreeMap<String, Vec<String>>,
}

impl Policy {
    pub(crate) fn parse(value: &Value) -> Checked<Self> {
        let bad = |why: &str| broken("policy/form", why.to_owned());
        let Ok([approvals, gates, types]) = value.clone().listed(["approvals", "gates", "types"])
        else {
            return bad("a policy is approvals, gates, types");
        };
        let mut policy = Self::default();
        for (name, rule) in fields(&approvals)? {
            let Ok([m, scope]) = rule.clone().listed(["m", "scope"]) else {
                return bad("an approval rule is m, scope");
            };
            let m = m.count().filter(|m| (1..=16).contains(m));
            let scope = scope.text().filter(|scope| is_scope(scope));
            let (Some(m), Some(scope)) = (m, scope) else {
                return bad("m or scope is not in form");
            };
            let known = is_numbered_type(name) || name == "Erased";
            ensure(
                known,
                "policy/form",
                "an approval for a type that takes none",
            )?;
            policy
                .approvals
                .insert(name.to_string(), (m, scope.to_owned()));
        }
        for (name, patterns) in fields(&gates)? {
            let patterns = texts(patterns)?;
            let formed = is_numbered_type(name) && patterns.iter().all(|text| is_stream(text));
            ensure(
                formed,
                "policy/form",
                "a gate is a type and patterns of streams",
            )?;
            policy.gates.insert(name.to_string(), patterns);
        }
        for (name, roles) in fields(&types)? {
            let roles = texts(roles)?;
            let known = roles
                .iter()
                .all(|role| SIGNING_ROLES.contains(&role.as_str()));
            ensure(
                known && !roles.is_empty() && is_numbered_type(name),
                "policy/form",
                "a type and its roles",
            )?;
            policy.types.insert(name.to_string(), roles);
        }
        Ok(policy)
    }
}

fn fields<'a, 'b>(value: &'b Value<'a>) -> Checked<&'b [Field<'a>]> {
    value
        .fields()
        .map_or_else(|| broken("policy/form", "not an object"), Ok)
}

/// An ascending array of strings without repetition.
pub(crate) fn texts(value: &Value) -> Checked<Vec<String>> {
    let items = value
        .list()
        .map_or_else(|| broken("policy/form", "not an array"), Ok)?;
    let texts: Option<Vec<String>> = items.iter().map(|v| v.text().map(str::to_owned)).collect();
    let ascends = |texts: &Vec<String>| texts.windows(2).all(|p| p[0].as_bytes() < p[1].as_bytes());
    match texts.filter(ascends) {
        Some(texts) => Ok(texts),
        None => broken("policy/form", "not an ascending array of strings"),
    }
}

pub(crate) fn is_scope(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

pub(crate) fn is_person(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// Roles and person of a key that is enrolled.
pub(crate) fn check_roles(roles: &[String], person: &str) -> Checked {
    let known = !roles.is_empty() && roles.iter().all(|role| ROLES.contains(&role.as_str()));
    ensure(known, "key/roles", "no role, or one that is not known")?;
    let alone = ["log", "root", "service"];
    let stands_alone = roles.len() == 1 || roles.iter().all(|role| !alone.contains(&role.as_str()));
    ensure(
        stands_alone,
        "key/roles",
        "root, log and service each stand alone",
    )?;
    let human = ["approver", "auditor", "certifier", "operator", "root"];
    let is_human = roles.iter().any(|role| human.contains(&role.as_str()));
    let fits = if is_human {
        is_person(person)
    } else {
        person.is_empty()
    };
    ensure(
        fits,
        "key/person",
        "a human's key has a person, any other has none",
    )
}

/// `<name>/<roots>` or `<name>/<roots>/simulated`.
pub(crate) fn check_origin(origin: &str, roots: &[[u8; 32]]) -> Checked {
    let mut sorted = roots.to_vec();
    sorted.sort_unstable();
    let expected: Hash = sha256(&sorted.concat());
    let base = origin.strip_suffix("/simulated").unwrap_or(origin);
    let named = base.rsplit_once('/');
    let Some((name, roots)) = named else {
        return broken("origin/roots", "no hash of the roots");
    };
    ensure(
        roots == hex(&expected),
        "origin/roots",
        "the origin is not that of these roots",
    )?;
    let part = |part: &str, is_first: bool| {
        let mut bytes = part.bytes();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        bytes.next().is_some_and(plain)
            && bytes.all(|b| plain(b) || b == b'.' || b == b'-' || (b == b'_' && !is_first))
    };
    let formed = name.len() <= 120 && name.split('/').enumerate().all(|(n, p)| part(p, n == 0));
    ensure(formed, "origin/roots", "the origin's name is not in form")
}
