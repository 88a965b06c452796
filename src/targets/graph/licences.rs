//! What licences the tenant has and who has one: subscribed SKUs and users, page by page. Nothing is assigned here.
//! <https://learn.microsoft.com/graph/api/subscribedsku-list>

use std::collections::BTreeSet;

use serde_json::Value;

use super::call::Session;
use super::directory::read_url;
use crate::domain::evidence::Answer;

/// Licences that come with a mailbox.
#[derive(Clone, Debug, Default)]
pub struct Licences {
    /// Bought, not used up, not suspended.
    pub free: u64,
    holders: BTreeSet<String>,
}

impl Licences {
    /// Whether a user has one.
    pub fn has_mailbox(&self, user: &str) -> bool {
        self.holders.contains(user)
    }
}

pub(super) async fn read(session: &Session) -> Result<Licences, String> {
    let skus = rows(session, "/subscribedSkus", "subscribedSkus").await?;
    let with_mailbox: Vec<&Value> = skus.iter().filter(|sku| has_mailbox(sku)).collect();
    let ids: BTreeSet<&str> = with_mailbox
        .iter()
        .filter_map(|sku| sku["skuId"].as_str())
        .collect();
    let users = "users?$select=id,assignedLicenses&$top=999";
    let users = rows(session, "/users", users).await?;
    let holds = |user: &&Value| {
        let mut assigned = user["assignedLicenses"].as_array().into_iter().flatten();
        assigned.any(|one| one["skuId"].as_str().is_some_and(|id| ids.contains(id)))
    };
    let holders = users.iter().filter(holds);
    Ok(Licences {
        free: with_mailbox.iter().map(|sku| free(sku)).sum(),
        holders: holders
            .filter_map(|user| user["id"].as_str().map(str::to_owned))
            .collect(),
    })
}

async fn rows(session: &Session, path: &str, url: &str) -> Result<Vec<Value>, String> {
    match read_url(session, path, url.to_owned(), &mut |_| {}).await {
        Answer::Said { body, .. } => match body["value"].as_array() {
            Some(rows) => Ok(rows.clone()),
            None => Err(format!("{path}: the answer is no collection")),
        },
        Answer::Nothing => Ok(Vec::new()),
        Answer::NotHad(why) => Err(format!("{path}: {why}")),
    }
}

/// A plan named `EXCHANGE_S_…` is a mailbox, except the foundation that comes with everything and is none.
fn has_mailbox(sku: &Value) -> bool {
    let plans = sku["servicePlans"].as_array();
    let names = plans
        .into_iter()
        .flatten()
        .filter_map(|plan| plan["servicePlanName"].as_str());
    let mut names = names.filter(|name| *name != "EXCHANGE_S_FOUNDATION");
    names.any(|name| name.starts_with("EXCHANGE_S_"))
}

/// `Warning` is a subscription in its grace period: what was bought still works, and nothing is promised of it.
fn free(sku: &Value) -> u64 {
    if sku["capabilityStatus"] != "Enabled" {
        return 0;
    }
    let enabled = sku["prepaidUnits"]["enabled"].as_u64().unwrap_or(0);
    enabled.saturating_sub(sku["consumedUnits"].as_u64().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_comes_with_a_mailbox_and_is_not_used_up_counts() {
        let sku = |plan: &str, status: &str, used: u64| {
            json!({
                "capabilityStatus": status,
                "consumedUnits": used,
                "prepaidUnits": { "enabled": 10 },
                "servicePlans": [{ "servicePlanName": "EXCHANGE_S_FOUNDATION" },
                                 { "servicePlanName": plan }],
            })
        };
        let e3 = sku("EXCHANGE_S_ENTERPRISE", "Enabled", 7);
        assert!(has_mailbox(&e3) && free(&e3) == 3);
        assert_eq!(free(&sku("EXCHANGE_S_ENTERPRISE", "Suspended", 7)), 0);
        assert_eq!(free(&sku("EXCHANGE_S_ENTERPRISE", "Enabled", 12)), 0);
        assert!(!has_mailbox(&sku("TEAMS1", "Enabled", 0)));
    }
}
