//! Reads of directory, policies and settings for the checks of the gates: one path, all of its pages, the digest of what came.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::call::{Call, Session};
use crate::domain::evidence::{Answer, ROWS_MAX};
use crate::targets::{Retry, TargetError};

/// Pages of one collection; no tenant has more, and a service that never ends its list is not waited for.
const PAGES_MAX: usize = 5_000;
/// Tries of one page that the service is too busy for. Conditional access takes one request a second of all apps together and
/// says 429 without saying until when: <https://learn.microsoft.com/graph/throttling-limits>.
const TRIES_MAX: u32 = 5;
const WAIT_MAX_S: u64 = 60;
/// What the log and errors may say of such a read.
const OPERATION: &str = "GET /{directory}";

/// Paths for which the documentation has 404 mean that there is none of it.
const NONE_BY_404: [&str; 2] = [
    "/tenantRelationships/multiTenantOrganization",
    "/identitySynchronization",
];

/// What has to be asked for by name, since it is not in an answer by default.
const QUERIES: [(&str, &str); 11] = [
    (
        "/users",
        "$select=id,userPrincipalName,displayName,mail,userType,accountEnabled,\
         onPremisesSyncEnabled,onPremisesImmutableId,lastPasswordChangeDateTime,\
         proxyAddresses,otherMails,imAddresses,\
         identities,creationType,externalUserState,jobTitle&$top=999",
    ),
    (
        "/servicePrincipals",
        "$select=id,appId,displayName,appOwnerOrganizationId,signInAudience,keyCredentials,\
         passwordCredentials,appRoles&$top=999",
    ),
    (
        "/applications",
        "$select=id,appId,displayName,signInAudience,keyCredentials,passwordCredentials&$top=999",
    ),
    (
        "/groups",
        "$select=id,displayName,description,mail,proxyAddresses,groupTypes,\
         resourceProvisioningOptions&$top=999",
    ),
    (
        "/organization",
        "$select=id,displayName,onPremisesSyncEnabled",
    ),
    (
        "/roleManagement/directory/roleAssignments",
        "$expand=principal",
    ),
    (
        "/roleManagement/directory/roleAssignmentScheduleInstances",
        "$expand=principal",
    ),
    (
        "/roleManagement/directory/roleEligibilityScheduleInstances",
        "$expand=principal",
    ),
    (
        "/policies/roleManagementPolicyAssignments",
        "$filter=scopeId%20eq%20'/'%20and%20scopeType%20eq%20'DirectoryRole'\
         &$expand=policy($expand=rules)",
    ),
    ("/installedApps", "$expand=teamsApp"),
    (
        "/devices",
        "$select=id,displayName,trustType,onPremisesSyncEnabled,physicalIds,enrollmentProfileName\
         &$top=999",
    ),
];

/// Reads one path. Whatever goes wrong is an answer that could not be had, with the reason: one bad read never stops the others.
pub(super) async fn read(session: &Session, path: &str) -> Answer {
    read_url(session, path, url_of(path), &mut |_| {}).await
}

/// The same, with each page as it came, byte for byte: the digest is of exactly these.
pub(super) async fn read_raw(session: &Session, path: &str) -> (Answer, Vec<Vec<u8>>) {
    let mut pages = Vec::new();
    let keep = &mut |page: &[u8]| pages.push(page.to_vec());
    let answer = read_url(session, path, url_of(path), keep).await;
    (answer, pages)
}

/// With a query of its own; `keep` gets each page.
pub(super) async fn read_url(
    session: &Session,
    path: &str,
    mut next: String,
    keep: &mut (dyn FnMut(&[u8]) + Send),
) -> Answer {
    let mut digest = Sha256::new();
    let mut rows = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = match page(session, &next).await {
            Ok(page) => page,
            Err(error) if error.status == 404 && means_none(path) => return Answer::Nothing,
            Err(error) => return Answer::NotHad(format!("{} {}", error.status, error.code)),
        };
        digest.update(&page);
        keep(&page);
        let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&page) else {
            return Answer::NotHad("the answer is not JSON".to_owned());
        };
        let link = body["@odata.nextLink"].as_str().map(str::to_owned);
        match body.get_mut("value") {
            Some(serde_json::Value::Array(more)) => rows.append(more),
            // One object, not a collection.
            _ => return said(&digest.finalize(), body),
        }
        if rows.len() > ROWS_MAX {
            return Answer::NotHad(format!("more than {ROWS_MAX} rows"));
        }
        let Some(link) = link else {
            let body = serde_json::json!({ "value": rows });
            return said(&digest.finalize(), body);
        };
        // The rest of a list lies where the list lies: a link to elsewhere would take the token along.
        let Some(rest) = link.strip_prefix(&format!("{}/", session.base)) else {
            return Answer::NotHad("the next page lies elsewhere".to_owned());
        };
        rest.clone_into(&mut next);
    }
    Answer::NotHad(format!("more than {PAGES_MAX} pages"))
}

/// One page; asked for again while the service is too busy, for else a check would stay open that nothing is wrong with.
async fn page(session: &Session, url: &str) -> Result<Vec<u8>, TargetError> {
    let mut wait_s = 1;
    for _ in 1..TRIES_MAX {
        let error = match session.bytes(Call::get(OPERATION, url.to_owned())).await {
            Err(error) if matches!(error.status, 429 | 503) => error,
            ended => return ended,
        };
        let asked_s = match error.retry {
            Retry::After(seconds) => seconds.min(WAIT_MAX_S),
            Retry::Never | Retry::Soon => wait_s,
        };
        tokio::time::sleep(Duration::from_secs(asked_s)).await;
        wait_s *= 2;
    }
    session.bytes(Call::get(OPERATION, url.to_owned())).await
}

fn said(digest: &[u8], body: serde_json::Value) -> Answer {
    let digest = digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    Answer::Said { digest, body }
}

fn means_none(path: &str) -> bool {
    // "User's mysite not found": who is listed and never had a licence has no drive.
    let is_users_drives = path.starts_with("/users/") && path.ends_with("/drives");
    is_users_drives || NONE_BY_404.iter().any(|end| path.ends_with(end))
}

/// Below the base, each segment escaped, with the query that belongs to the path.
fn url_of(path: &str) -> String {
    let segments: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(super::segment)
        .collect();
    let url = segments.join("/");
    let query = QUERIES.iter().find(|(of, _)| {
        let is_whole = *of == path;
        is_whole || (*of == "/installedApps" && path.ends_with(of))
    });
    match query {
        Some((_, query)) => format!("{url}?{query}"),
        None => url,
    }
}

#[cfg(test)]
mod tests {
    use super::{means_none, url_of};

    #[test]
    fn a_path_is_escaped_and_gets_its_query() {
        let teams = url_of("/teams/t 1/channels/19:x@y/tabs");
        assert_eq!(teams, "teams/t%201/channels/19%3Ax%40y/tabs");
        assert_eq!(
            url_of("/teams/t/installedApps"),
            "teams/t/installedApps?$expand=teamsApp"
        );
        assert!(url_of("/users").contains("onPremisesSyncEnabled"));
        assert_eq!(url_of("/users/1/x"), "users/1/x");
        assert!(means_none(
            "/policies/crossTenantAccessPolicy/partners/t/identitySynchronization"
        ));
        assert!(means_none("/users/u/drives"));
        assert!(!means_none("/users") && !means_none("/sites/s/drives"));
    }
}
