//! The directory: organization and users, and the first quarter of an hour of a new user.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::access::guests;
use crate::accounts;
use crate::answer::{Answer, json_answer, page, refuse, select};
use crate::config::UserSpec;
use crate::request::Request;
use crate::tenant::{Tenant, User};

const READ: [&str; 4] = [
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

pub(crate) fn unknown() -> Answer {
    refuse(
        404,
        "Request_ResourceNotFound",
        "Resource does not exist or is not present.",
    )
}

pub(crate) fn organization(tenant: &Tenant, request: &Request) -> Result<Answer, Answer> {
    let read = [
        "Organization.Read.All",
        "Directory.Read.All",
        "User.Read.All",
    ];
    request.needs(&[&read[..], &READ].concat())?;
    request.only(&["$select"])?;
    if request.method != "GET" {
        return Err(refuse(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed.",
        ));
    }
    let domain = json!({"name": tenant.domain, "isDefault": true, "isInitial": true});
    let one = json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "verifiedDomains": [domain],
        "onPremisesSyncEnabled": Value::Bool(false),
    });
    Ok(json_answer(
        200,
        json!({"value": [select(one, request.query.get("$select"))]}),
    ))
}

fn shown(tenant: &Tenant, user: &User) -> Value {
    json!({
        "id": user.id,
        "userPrincipalName": user.upn,
        "displayName": user.display_name,
        "mail": guests::mail(tenant, user),
        "businessPhones": [],
    })
}

pub(crate) fn collection(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.needs(&READ)?;
            request.only(&["$select", "$filter", "$top", "$count", "$skiptoken"])?;
            let wanted = match request.query.get("$filter") {
                Some(filter) => Some(equals(filter, &["userPrincipalName", "mail"])?),
                None => None,
            };
            let fits = |user: &&User| {
                wanted.as_ref().is_none_or(|(name, wanted)| {
                    let found = match *name {
                        "mail" => guests::mail(tenant, user),
                        _ => &user.upn,
                    };
                    found.eq_ignore_ascii_case(wanted)
                })
            };
            let select_of = request.query.get("$select");
            let users = tenant.users.iter().filter(|user| user.site.is_none());
            let users = users.filter(fits);
            let with_licences = |user: &User| {
                let mut whole = shown(tenant, user);
                whole["assignedLicenses"] = crate::licences::assigned(tenant, user);
                if let (Some(whole), Some(_)) = (whole.as_object_mut(), select_of) {
                    whole.extend(guests::shown(tenant, user));
                }
                whole
            };
            let users = users
                .map(|user| select(with_licences(user), select_of))
                .collect();
            page(users, request, &tenant.base, 100)
        }
        "POST" => create(tenant, request),
        _ => Err(refuse(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed.",
        )),
    }
}

/// `name eq 'value'` for one of the names, and which; quotes are doubled inside.
pub(crate) fn equals<'a>(filter: &'a str, names: &[&str]) -> Result<(&'a str, String), Answer> {
    let bad = || {
        refuse(
            400,
            "Request_UnsupportedQuery",
            "Unsupported or invalid query filter.",
        )
    };
    let (name, value) = filter.trim().split_once(" eq ").ok_or_else(bad)?;
    let value = value
        .trim()
        .strip_prefix('\'')
        .and_then(|v| v.strip_suffix('\''));
    if !names.contains(&name.trim()) {
        return Err(bad());
    }
    let value = value.map(|value| value.replace("''", "'"));
    Ok((name.trim(), value.ok_or_else(bad)?))
}

pub(crate) fn one(tenant: &Tenant, request: &Request, name: &str) -> Result<Answer, Answer> {
    request.needs(&READ)?;
    if request.method != "GET" {
        return Err(refuse(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed.",
        ));
    }
    request.only(&["$select"])?;
    let place = tenant.user_index(name).ok_or_else(unknown)?;
    let user = &tenant.users[place];
    let chosen = request.query.get("$select");
    let mut whole = shown(tenant, user);
    // What is not selected is not shown of an account beyond its names.
    if let (Some(whole), Some(_)) = (whole.as_object_mut(), chosen) {
        whole.extend(accounts::shown(tenant, &user.id));
        whole.extend(guests::shown(tenant, user));
    }
    Ok(json_answer(200, select(whole, chosen)))
}

fn create(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    request.needs(&[
        "User.ReadWrite.All",
        "User.Create",
        "Directory.ReadWrite.All",
    ])?;
    let body = request.json()?;
    for name in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "userPrincipalName",
        "passwordProfile",
    ] {
        if !body.contains_key(name) {
            let message = format!("A value is required for property '{name}' of resource 'User'.");
            return Err(refuse(400, "Request_BadRequest", &message));
        }
    }
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let upn = text("userPrincipalName");
    if !upn.ends_with(&format!("@{}", tenant.domain)) {
        let message = "The domain portion of the userPrincipalName property is invalid.";
        return Err(refuse(400, "Request_BadRequest", message));
    }
    if tenant.user_index(&upn).is_some() {
        let message = "Another object with the same value for property userPrincipalName exists.";
        return Err(refuse(400, "Request_BadRequest", message));
    }
    let spec = UserSpec {
        user_principal_name: upn,
        display_name: text("displayName"),
    };
    let ready = tenant.clock.after(15);
    let id = tenant.add_user(&spec, ready);
    let account = accounts::of_new(&body);
    tenant.accounts.of.insert(id.clone(), account);
    let place = tenant.user_index(&id).expect("added just now");
    Ok(json_answer(201, shown(tenant, &tenant.users[place])))
}

/// For 15 minutes a new user's mailbox and drive are not there, and the code changes from call to call.
pub(crate) fn check_ready(
    tenant: &mut Tenant,
    request: &Request,
    place: usize,
) -> Result<(), Answer> {
    let now = tenant.clock.now();
    if now >= tenant.users[place].ready {
        return Ok(());
    }
    let left = (tenant.users[place].ready - now).min(TimeDelta::minutes(15));
    let codes = [
        "MailboxNotEnabledForRESTAPI",
        "ResourceNotFound",
        "ErrorNonExistentMailbox",
        "ErrorInvalidUser",
    ];
    let code = codes[usize::try_from(tenant.seeded.next() % 4).unwrap_or(0)];
    let code = if request.path.contains("/drive") {
        "ResourceNotFound"
    } else {
        code
    };
    let message = format!("The resource is not there yet ({} s).", left.num_seconds());
    Err(refuse(404, code, &message))
}
