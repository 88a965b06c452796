//! What an account is beside a mailbox: its licences, its place, its one-use pass; and the licences that the tenant has.
//! <https://learn.microsoft.com/graph/api/user-assignlicense>,
//! <https://learn.microsoft.com/graph/api/authentication-post-temporaryaccesspassmethods>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, json_answer, page, refuse};
use crate::request::Request;
use crate::tenant::Tenant;

/// One account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    /// Nobody signs in to it.
    pub(crate) is_blocked: bool,
    /// An administrator has made a shared mailbox of its own.
    pub(crate) is_shared: bool,
    pub(crate) usage_location: String,
    pub(crate) mark: Option<String>,
    pub(crate) licences: Vec<String>,
    /// The pass's id, and what it says.
    pub(crate) pass: Option<(String, String)>,
    /// How many passes were made.
    pub(crate) passes: u32,
}

/// A licence that the tenant bought.
#[derive(Clone, Debug)]
pub(crate) struct Sku {
    pub(crate) id: String,
    pub(crate) part: String,
    pub(crate) enabled: u64,
}

/// Everything about accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    /// By object id of the user.
    pub(crate) of: BTreeMap<String, Account>,
    pub(crate) skus: Vec<Sku>,
    /// Groups by their unique names.
    pub(crate) unique: BTreeMap<String, String>,
    /// How many more requests to a new group are answered as if it were not there.
    pub(crate) young: BTreeMap<String, u32>,
    /// How many requests that will be for a new group.
    pub(crate) young_requests: u32,
    /// How often the site of a group was asked for before it is there.
    pub(crate) asked_for_site: BTreeMap<String, u32>,
}

impl Accounts {
    /// The licences in use.
    fn consumed(&self, sku: &str) -> u64 {
        let all = self.of.values().flat_map(|account| &account.licences);
        all.filter(|licence| *licence == sku).count() as u64
    }

    /// Whether a new group is still not seen by everybody.
    pub(crate) fn is_young(&mut self, group: &str) -> bool {
        match self.young.get_mut(group) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

fn bad(message: &str) -> Answer {
    refuse(400, "Request_BadRequest", message)
}

/// `GET /subscribedSkus`.
pub(crate) fn subscribed(tenant: &Tenant, request: &Request) -> Result<Answer, Answer> {
    request.needs(&[
        "LicenseAssignment.Read.All",
        "LicenseAssignment.ReadWrite.All",
        "Organization.Read.All",
        "Directory.Read.All",
    ])?;
    let skus = tenant.accounts.skus.iter().map(|sku| {
        json!({
            "id": format!("{}_{}", tenant.id, sku.id),
            "skuId": sku.id,
            "skuPartNumber": sku.part,
            "capabilityStatus": "Enabled",
            "consumedUnits": tenant.accounts.consumed(&sku.id),
            "prepaidUnits": {"enabled": sku.enabled, "suspended": 0, "warning": 0},
            "servicePlans": [],
        })
    });
    page(skus.collect(), request, &tenant.base, 100)
}

/// What a `POST /users` says of the account.
pub(crate) fn of_new(body: &Map<String, Value>) -> Account {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mark = &body.get("onPremisesExtensionAttributes");
    let mark = mark.and_then(|all| all["extensionAttribute15"].as_str());
    Account {
        is_blocked: body.get("accountEnabled") == Some(&Value::Bool(false)),
        usage_location: body.get("usageLocation").map(text).unwrap_or_default(),
        mark: mark.map(str::to_owned),
        ..Account::default()
    }
}

/// What is shown of an account beside its names.
pub(crate) fn shown(tenant: &Tenant, user: &str) -> Map<String, Value> {
    let none = Account::default();
    let account = tenant.accounts.of.get(user).unwrap_or(&none);
    let licences: Vec<Value> = account
        .licences
        .iter()
        .map(|sku| json!({"skuId": sku, "disabledPlans": []}))
        .collect();
    let shown = json!({
        "accountEnabled": !account.is_blocked,
        "usageLocation": account.usage_location,
        "assignedLicenses": licences,
        "onPremisesExtensionAttributes": {"extensionAttribute15": account.mark},
    });
    match shown {
        Value::Object(shown) => shown,
        _ => Map::new(),
    }
}

/// `/users/{id}/…`, as far as it is about the account.
pub(crate) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    user: usize,
    rest: &[&str],
) -> Result<Answer, Answer> {
    match rest {
        ["assignLicense"] => assign(tenant, request, user),
        ["authentication", "temporaryAccessPassMethods"] => passes(tenant, request, user),
        _ => Err(bad("Resource not found for the segment.")),
    }
}

/// `GET /users/{id}/mailboxSettings`, as far as what the mailbox is for.
/// <https://learn.microsoft.com/graph/api/resources/mailboxsettings>
pub(crate) fn mailbox_settings(
    tenant: &Tenant,
    request: &Request,
    user: usize,
) -> Result<Answer, Answer> {
    request.needs(&["MailboxSettings.Read", "MailboxSettings.ReadWrite"])?;
    if request.method != "GET" {
        return Err(bad("Specified HTTP method is not allowed."));
    }
    let account = tenant.accounts.of.get(&tenant.users[user].id);
    let is_shared = account.is_some_and(|account| account.is_shared);
    let purpose = if is_shared { "shared" } else { "user" };
    Ok(json_answer(
        200,
        json!({"timeZone": "UTC", "userPurpose": purpose}),
    ))
}

/// `POST /users/{id}/assignLicense`.
fn assign(tenant: &mut Tenant, request: &Request, user: usize) -> Result<Answer, Answer> {
    request.needs(&[
        "LicenseAssignment.ReadWrite.All",
        "User.ReadWrite.All",
        "Directory.ReadWrite.All",
    ])?;
    if request.method != "POST" {
        return Err(bad("Specified HTTP method is not allowed."));
    }
    let body = request.json()?;
    let id = tenant.users[user].id.clone();
    let adds = body.get("addLicenses").and_then(Value::as_array);
    let adds = adds.ok_or_else(|| bad("addLicenses is required."))?;
    if body
        .get("removeLicenses")
        .and_then(Value::as_array)
        .is_none()
    {
        return Err(bad("removeLicenses is required."));
    }
    for add in adds {
        let sku = add["skuId"].as_str().unwrap_or_default().to_owned();
        let known = tenant.accounts.skus.iter().find(|known| known.id == sku);
        let Some(known) = known else {
            return Err(bad("License assignment failed: the SKU is not subscribed."));
        };
        let account = tenant.accounts.of.get(&id).cloned().unwrap_or_default();
        if account.usage_location.is_empty() {
            return Err(bad(
                "License assignment cannot be done for user with invalid usage location.",
            ));
        }
        if account.licences.contains(&sku) {
            continue;
        }
        if tenant.accounts.consumed(&sku) >= known.enabled {
            return Err(bad(
                "Subscription with SKU does not have any available licenses.",
            ));
        }
        tenant
            .accounts
            .of
            .entry(id.clone())
            .or_default()
            .licences
            .push(sku);
    }
    Ok(json_answer(200, json!({"id": id})))
}

/// `/users/{id}/authentication/temporaryAccessPassMethods`.
fn passes(tenant: &mut Tenant, request: &Request, user: usize) -> Result<Answer, Answer> {
    request.needs(&[
        "UserAuthenticationMethod.ReadWrite.All",
        "UserAuthMethod-TAP.ReadWrite.All",
    ])?;
    let id = tenant.users[user].id.clone();
    let shown = |id: &str, pass: Option<&str>| {
        let mut one = json!({"id": id, "isUsableOnce": true, "isUsable": true});
        one["temporaryAccessPass"] = json!(pass);
        one
    };
    if request.method == "GET" {
        let account = tenant.accounts.of.get(&id);
        let pass = account.and_then(|account| account.pass.as_ref());
        let list: Vec<Value> = pass.map(|(id, _)| shown(id, None)).into_iter().collect();
        return page(list, request, &tenant.base, 100);
    }
    let body = request.json()?;
    let minutes = body.get("lifetimeInMinutes").and_then(Value::as_u64);
    if !minutes.is_some_and(|minutes| (10..=43_200).contains(&minutes)) {
        return Err(bad("lifetimeInMinutes is between 10 and 43200."));
    }
    if body.get("isUsableOnce") != Some(&Value::Bool(true)) {
        return Err(bad(
            "The policy of this tenant asks for passes that are used once.",
        ));
    }
    let pass = format!("{:016x}", tenant.seeded.next());
    let method = tenant.seeded.guid();
    let account = tenant.accounts.of.entry(id).or_default();
    account.pass = Some((method.clone(), pass.clone()));
    account.passes += 1;
    Ok(json_answer(201, shown(&method, Some(&pass))))
}
