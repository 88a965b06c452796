//! Roles and the policy of format v1 section 7.2: who may sign which type, what gates it has, whose approval it needs.

use std::collections::BTreeMap;

use crate::canonical::Value;
use crate::event::is_versioned_type;
use crate::refusal::{Refusal, ensure};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Decides on proposals.
    Approver,
    /// Reads.
    Auditor,
    /// Signs certificates.
    Certifier,
    /// Signs checkpoints only.
    Log,
    /// Runs the case.
    Operator,
    /// Enrols keys and sets the policy, with others.
    Root,
    /// Keeps the ledger's own books.
    Service,
    /// Restores items.
    Worker,
}

impl Role {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Approver, "approver"),
        (Self::Auditor, "auditor"),
        (Self::Certifier, "certifier"),
        (Self::Log, "log"),
        (Self::Operator, "operator"),
        (Self::Root, "root"),
        (Self::Service, "service"),
        (Self::Worker, "worker"),
    ];

    /// The word in the record.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(role, _)| *role == self)
            .expect("every role has a name")
            .1
    }

    /// Reads the word.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, word)| *word == name)
            .map(|(role, _)| *role)
    }

    /// Whether a key with this role is a human's and names a person (`key/person`).
    pub fn is_human(self) -> bool {
        !matches!(self, Self::Log | Self::Service | Self::Worker)
    }

    /// Whether a key with this role has no other (`key/roles`).
    pub fn stands_alone(self) -> bool {
        matches!(self, Self::Log | Self::Root | Self::Service)
    }
}

/// How many must approve, and under which heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRule {
    /// Distinct persons.
    pub m: u64,
    /// The `scope` of the proposal.
    pub scope: String,
}

/// The policy in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Type to what its approval takes.
    pub approvals: BTreeMap<String, ApprovalRule>,
    /// Intent type to the streams that it depends on: names, or prefixes that end in `/`.
    pub gates: BTreeMap<String, Vec<String>>,
    /// Type to the roles that may sign it.
    pub types: BTreeMap<String, Vec<Role>>,
}

impl Policy {
    /// The form in the record.
    pub fn to_value(&self) -> Value {
        let approvals = self.approvals.iter().map(|(kind, rule)| {
            let m = crate::event::integer(rule.m);
            (
                kind.clone(),
                Value::object([("m", m), ("scope", Value::text(&rule.scope))]),
            )
        });
        let gates = self.gates.iter().map(|(kind, patterns)| {
            (
                kind.clone(),
                Value::Array(patterns.iter().map(Value::text).collect()),
            )
        });
        let types = self.types.iter().map(|(kind, roles)| {
            let names = roles.iter().map(|role| Value::text(role.name()));
            (kind.clone(), Value::Array(names.collect()))
        });
        Value::Object(vec![
            ("approvals".to_owned(), Value::Object(approvals.collect())),
            ("gates".to_owned(), Value::Object(gates.collect())),
            ("types".to_owned(), Value::Object(types.collect())),
        ])
    }

    /// Reads it; anything of another form is refused (`policy/form`).
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let refusal = |found: &str| Refusal::new("policy/form", found);
        let [approvals, gates, types] = value
            .fields(["approvals", "gates", "types"])
            .ok_or_else(|| refusal("a policy is {approvals, gates, types}"))?;
        let object = |value: &Value| {
            value
                .as_object()
                .map(<[_]>::to_vec)
                .ok_or_else(|| refusal("a part is no object"))
        };
        let mut policy = Self::default();
        for (kind, rule) in object(approvals)? {
            ensure(
                is_versioned_type(&kind) || kind == "Erased",
                "policy/form",
                || format!("approvals for {kind}"),
            )?;
            policy.approvals.insert(kind, approval_rule(&rule)?);
        }
        for (kind, patterns) in object(gates)? {
            ensure(is_versioned_type(&kind), "policy/form", || {
                format!("gates for {kind}")
            })?;
            policy.gates.insert(kind, patterns_of(&patterns)?);
        }
        for (kind, roles) in object(types)? {
            ensure(is_versioned_type(&kind), "policy/form", || {
                format!("roles for {kind}")
            })?;
            let roles = roles_of(&roles, "policy/form")?;
            let fits = roles
                .iter()
                .all(|role| !matches!(role, Role::Log | Role::Root));
            ensure(fits && !roles.is_empty(), "policy/form", || {
                "root or log, or no role".into()
            })?;
            policy.types.insert(kind, roles);
        }
        Ok(policy)
    }

    /// Whether a gate of the type matches a stream.
    pub fn gate_matches(pattern: &str, stream: &str) -> bool {
        stream == pattern || (pattern.ends_with('/') && stream.starts_with(pattern))
    }
}

/// An ascending array of role names.
pub(crate) fn roles_of(value: &Value, rule: &'static str) -> Result<Vec<Role>, Refusal> {
    let names = value
        .as_array()
        .ok_or_else(|| Refusal::new(rule, "roles are no array"))?;
    let roles: Option<Vec<Role>> = names
        .iter()
        .map(|name| name.as_str().and_then(Role::parse))
        .collect();
    let roles = roles.ok_or_else(|| Refusal::new(rule, "an unknown role"))?;
    let ascending = roles.windows(2).all(|pair| pair[0].name() < pair[1].name());
    ensure(ascending, rule, || "roles do not ascend".into())?;
    Ok(roles)
}

/// `[a-z-]{1,40}`.
pub(crate) fn is_scope(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b == b'-' || b.is_ascii_lowercase())
}

fn approval_rule(value: &Value) -> Result<ApprovalRule, Refusal> {
    let refusal = || {
        Refusal::new(
            "policy/form",
            "an approval is {m: 1..16, scope: [a-z-]{1,40}}",
        )
    };
    let [m, scope] = value.fields(["m", "scope"]).ok_or_else(refusal)?;
    let m = m
        .as_size()
        .filter(|m| (1..=16).contains(m))
        .ok_or_else(refusal)?;
    let scope = scope
        .as_str()
        .filter(|scope| is_scope(scope))
        .ok_or_else(refusal)?;
    Ok(ApprovalRule {
        m,
        scope: scope.to_owned(),
    })
}

fn patterns_of(value: &Value) -> Result<Vec<String>, Refusal> {
    let refusal = || {
        Refusal::new(
            "policy/form",
            "gates are ascending stream names or prefixes",
        )
    };
    let items = value.as_array().ok_or_else(refusal)?;
    let patterns: Option<Vec<String>> = items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect();
    let patterns = patterns.ok_or_else(refusal)?;
    let letters = patterns.iter().all(|pattern| {
        (1..=200).contains(&pattern.len())
            && pattern
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-'))
    });
    let ascending = patterns.windows(2).all(|pair| pair[0] < pair[1]);
    if letters && ascending {
        Ok(patterns)
    } else {
        Err(refusal())
    }
}
