//! Guests of the clean tenant: invited without a message and looked up by address. The link by which a guest would come in is in
//! the answer, and is kept nowhere: this program redeems nothing.
//! <https://learn.microsoft.com/graph/api/invitation-post>

use serde_json::json;

use super::call::Call;
use super::{Graph, failure, id_of, segment};
use crate::targets::{Retry, TargetError, TargetId};

/// Where a guest lands who came in: the list of what one may open.
const LANDING: &str = "https://myapplications.microsoft.com";

/// Whoever has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundGuest {
    /// The object id.
    pub id: String,
    /// Whether it is a guest; else it is a member of the tenant.
    pub is_guest: bool,
    /// Whether the invitation was redeemed.
    pub came_in: bool,
}

impl Graph {
    /// Whoever has this address in the tenant.
    pub async fn guest(&self, address: &str) -> Result<Option<FoundGuest>, TargetError> {
        let operation = "GET /users?$filter=mail eq";
        let filter = format!("mail eq '{}'", address.replace('\'', "''"));
        let wanted = "id,mail,userType,externalUserState";
        let path = format!("users?$filter={}&$select={wanted}", segment(&filter));
        let found = self.list(operation, path).await?;
        let [one] = &found[..] else {
            if found.is_empty() {
                return Ok(None);
            }
            return Err(TargetError {
                retry: Retry::Never,
                ..failure::contract(operation, "several have one address")
            });
        };
        Ok(Some(FoundGuest {
            id: id_of(operation, one)?.0,
            is_guest: one["userType"] == "Guest",
            came_in: one["externalUserState"] == "Accepted",
        }))
    }

    /// Makes a guest of an address. Nobody is told: whoever restores decides when people hear of the new tenant.
    pub async fn invite_guest(&self, address: &str) -> Result<TargetId, TargetError> {
        let operation = "POST /invitations";
        let body = json!({
            "invitedUserEmailAddress": address,
            "invitedUserType": "Guest",
            "inviteRedirectUrl": LANDING,
            "sendInvitationMessage": false,
        });
        let call = Call::post(operation, "invitations".to_owned(), &body);
        let answer = self.session.json(call).await?;
        id_of(operation, &answer.body["invitedUser"])
    }
}
