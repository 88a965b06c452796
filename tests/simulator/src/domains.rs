//! Domains of the tenant: added, verified by DNS, removed; and users who get another principal name in them.
//! <https://learn.microsoft.com/graph/api/resources/domain>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::answer::{Answer, empty, json_answer, refuse, select};
use crate::request::Request;
use crate::tenant::Tenant;
use crate::users;

const READ: [&str; 3] = [
    "Domain.Read.All",
    "Domain.ReadWrite.All",
    "Directory.Read.All",
];
const WRITE: [&str; 1] = ["Domain.ReadWrite.All"];

/// Domains beside the initial one, and what the world outside says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domains {
    /// By name: verified or not.
    known: BTreeMap<String, bool>,
    /// Verified in another tenant, which has not let go of them.
    pub(crate) elsewhere: BTreeSet<String>,
    /// Of which the verifying record stands in DNS.
    pub(crate) in_dns: BTreeSet<String>,
}

fn bad(message: &str) -> Answer {
    refuse(400, "Request_BadRequest", message)
}

fn method() -> Answer {
    let message = "Specified HTTP method is not allowed.";
    refuse(405, "Request_BadRequest", message)
}

fn shown(name: &str, is_verified: bool) -> Value {
    json!({
        "id": name,
        "authenticationType": "Managed",
        "isAdminManaged": true,
        "isDefault": false,
        "isInitial": false,
        "isRoot": true,
        "isVerified": is_verified,
        "supportedServices": if is_verified { json!(["Email"]) } else { json!([]) },
    })
}

/// `/domains`.
pub(crate) fn collection(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.needs(&READ)?;
            request.only(&["$select"])?;
            let own = shown(&tenant.domain, true);
            let others = tenant.domains.known.iter();
            let all = std::iter::once(own).chain(others.map(|(name, is)| shown(name, *is)));
            let fields = request.query.get("$select");
            let rows: Vec<Value> = all.map(|row| select(row, fields)).collect();
            Ok(json_answer(200, json!({ "value": rows })))
        }
        "POST" => {
            request.needs(&WRITE)?;
            let body = request.json()?;
            let name = body.get("id").and_then(Value::as_str).unwrap_or_default();
            let name = name.to_lowercase();
            if !name.contains('.') || name.contains(['/', ' ', '@']) {
                return Err(bad(
                    "Invalid value specified for property 'id' of resource 'Domain'.",
                ));
            }
            if name == tenant.domain || tenant.domains.known.contains_key(&name) {
                let message = "A conflicting object with one or more of the specified property \
                               values is present in the directory.";
                return Err(bad(message));
            }
            tenant.domains.known.insert(name.clone(), false);
            say(tenant);
            Ok(json_answer(201, shown(&name, false)))
        }
        _ => Err(method()),
    }
}

/// `/domains/{id}` and what lies below.
pub(crate) fn one(
    tenant: &mut Tenant,
    request: &Request,
    name: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let name = name.to_lowercase();
    let unknown = || refuse(404, "Request_ResourceNotFound", "Resource does not exist.");
    let known = tenant.domains.known.get(&name).copied();
    let is_verified = known
        .or((name == tenant.domain).then_some(true))
        .ok_or_else(unknown)?;
    match (&*request.method, rest) {
        ("GET", []) => {
            request.needs(&READ)?;
            Ok(json_answer(200, shown(&name, is_verified)))
        }
        ("GET", ["verificationDnsRecords"]) => {
            request.needs(&READ)?;
            Ok(json_answer(200, json!({ "value": [verifying(&name)] })))
        }
        ("GET", ["serviceConfigurationRecords"]) => {
            request.needs(&READ)?;
            Ok(json_answer(200, json!({ "value": services(&name) })))
        }
        ("POST", ["verify"]) => {
            request.needs(&WRITE)?;
            verify(tenant, &name)
        }
        ("DELETE", []) => {
            request.needs(&WRITE)?;
            let ending = format!("@{name}");
            if tenant
                .users
                .iter()
                .any(|user| user.upn.to_lowercase().ends_with(&ending))
            {
                return Err(bad(
                    "The domain has references: users have their names in it.",
                ));
            }
            if tenant.domains.known.remove(&name).is_none() {
                return Err(bad("The initial domain cannot be deleted."));
            }
            say(tenant);
            Ok(empty(204))
        }
        _ => Err(method()),
    }
}

fn verify(tenant: &mut Tenant, name: &str) -> Result<Answer, Answer> {
    if tenant.domains.elsewhere.contains(name) {
        return Err(bad("Domain is already verified in another directory."));
    }
    if !tenant.domains.in_dns.contains(name) {
        return Err(bad("Domain verification failed with the following error: \
                        'The record was not found in DNS.'"));
    }
    tenant.domains.known.insert(name.to_owned(), true);
    say(tenant);
    Ok(json_answer(200, shown(name, true)))
}

/// `MS=ms` and eight digits, the same for a name in every run.
fn verifying(name: &str) -> Value {
    let sum = name.bytes().fold(17_u64, |sum, byte| {
        (sum * 31 + u64::from(byte)) % 100_000_000
    });
    record("Txt", name, json!({ "text": format!("MS=ms{sum:08}") }))
}

fn services(name: &str) -> Vec<Value> {
    let host = format!("{}.mail.protection.outlook.com", name.replace('.', "-"));
    let spf = "v=spf1 include:spf.protection.outlook.com -all";
    let mx = json!({ "mailExchange": host, "preference": 0 });
    let discover = json!({ "canonicalName": "autodiscover.outlook.com" });
    vec![
        record("Mx", name, mx),
        record("Txt", name, json!({ "text": spf })),
        record("CName", &format!("autodiscover.{name}"), discover),
    ]
}

fn record(kind: &str, label: &str, mut row: Value) -> Value {
    let of = if kind == "CName" { "Cname" } else { kind };
    row["@odata.type"] = format!("#microsoft.graph.domainDns{of}Record").into();
    row["id"] = format!("{kind}-{label}").into();
    row["recordType"] = kind.into();
    row["label"] = label.into();
    row["isOptional"] = false.into();
    row["supportedService"] = "Email".into();
    row["ttl"] = 3600.into();
    row
}

/// Policies and settings name the tenant's domains too.
fn say(tenant: &mut Tenant) {
    let known = tenant.domains.known.clone();
    let Some(directory) = &mut tenant.directory else {
        return;
    };
    let rows = directory.answers.get_mut("/domains");
    let Some(rows) = rows.and_then(|answer| answer["value"].as_array_mut()) else {
        return;
    };
    rows.retain(|row| row.get("isRoot").is_none());
    rows.extend(
        known
            .iter()
            .map(|(name, is_verified)| shown(name, *is_verified)),
    );
}

/// `PATCH /users/{id}`: another principal name, and with it the address.
pub(crate) fn rename(tenant: &mut Tenant, request: &Request, user: &str) -> Result<Answer, Answer> {
    request.needs(&["User.ReadWrite.All", "Directory.ReadWrite.All"])?;
    let place = tenant.user_index(user).ok_or_else(users::unknown)?;
    let body = request.json()?;
    let wanted = body.get("userPrincipalName").and_then(Value::as_str);
    let (Some(wanted), 1) = (wanted, body.len()) else {
        return Err(bad("Only userPrincipalName is changed here."));
    };
    let domain = wanted.rsplit('@').next().unwrap_or_default().to_lowercase();
    let is_ours = domain == tenant.domain || tenant.domains.known.get(&domain) == Some(&true);
    if !is_ours {
        let message = "Property userPrincipalName is invalid: the domain is not verified.";
        return Err(bad(message));
    }
    if tenant
        .user_index(wanted)
        .is_some_and(|other| other != place)
    {
        let message = "Another object with the same value for property userPrincipalName exists.";
        return Err(bad(message));
    }
    let before = std::mem::replace(&mut tenant.users[place].upn, wanted.to_owned());
    if let Some(directory) = &mut tenant.directory {
        let answers = directory.answers.values_mut();
        let exports = directory.exports.values_mut().flatten();
        for value in answers.chain(exports) {
            replace(value, &before, wanted);
        }
    }
    Ok(empty(204))
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(list) => list.iter_mut().for_each(|one| replace(one, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|one| replace(one, from, to)),
        _ => {}
    }
}
