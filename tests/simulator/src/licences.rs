//! Licences of the tenant: what was bought, who has one. <https://learn.microsoft.com/graph/api/subscribedsku-list>

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::{Answer, Body, refuse, select};
use crate::request::Request;
use crate::tenant::{Tenant, User};

/// Microsoft 365 E3.
const SKU: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";

/// What was bought beside what the users have, and who has none.
#[derive(Clone, Debug)]
pub(crate) struct Licences {
    pub(crate) free: u64,
    /// Object ids.
    pub(crate) without: BTreeSet<String>,
}

impl Default for Licences {
    fn default() -> Self {
        Self {
            free: 25,
            without: BTreeSet::new(),
        }
    }
}

/// `assignedLicenses` of a user.
pub(crate) fn assigned(tenant: &Tenant, user: &User) -> Value {
    if tenant.licences.without.contains(&user.id) {
        return json!([]);
    }
    json!([{ "disabledPlans": [], "skuId": SKU }])
}

/// `GET /subscribedSkus`.
pub(crate) fn subscribed(tenant: &Tenant, request: &Request) -> Result<Answer, Answer> {
    request.only(&["$select", "$skiptoken"])?;
    if request.method != "GET" {
        let message = "Specified HTTP method is not allowed.";
        return Err(refuse(405, "Request_BadRequest", message));
    }
    let mut answer = crate::accounts::subscribed(tenant, request)?;
    let people = tenant.users.iter().filter(|user| user.site.is_none());
    let consumed = people.count() - tenant.licences.without.len();
    let plan = |id: &str, name: &str| {
        json!({
            "servicePlanId": id,
            "servicePlanName": name,
            "provisioningStatus": "Success",
            "appliesTo": "User",
        })
    };
    let sku = json!({
        "id": format!("{}_{SKU}", tenant.id),
        "skuId": SKU,
        "skuPartNumber": "SPE_E3",
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": {
            "enabled": consumed as u64 + tenant.licences.free,
            "suspended": 0,
            "warning": 0,
        },
        "servicePlans": [
            plan("113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION"),
            plan("efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"),
            plan("5dbe027f-2339-4123-9542-606e4d348a72", "SHAREPOINTENTERPRISE"),
        ],
    });
    if let Body::Json(value) = &mut answer.body
        && let Some(rows) = value["value"].as_array_mut()
    {
        rows.push(select(sku, request.query.get("$select")));
    }
    Ok(answer)
}
