//! Domains of the tenant and the addresses of its users: one call, one effect. <https://learn.microsoft.com/graph/api/resources/domain>

use reqwest::Method;
use serde_json::json;

use super::call::{Call, Session};
use super::failure;
use crate::targets::TargetError;

/// `POST /domains`. Whether the tenant knows it then is read back.
pub(super) async fn add(session: &Session, name: &str) -> Result<(), TargetError> {
    let body = json!({ "id": name });
    let call = Call::post("POST /domains", "domains".to_owned(), &body);
    session.json(call).await.map(|_| ())
}

/// `POST /domains/{id}/verify`.
pub(super) async fn verify(session: &Session, name: &str) -> Result<(), TargetError> {
    let path = format!("domains/{}/verify", super::segment(name));
    // "Do not supply a request body for this method": <https://learn.microsoft.com/graph/api/domain-verify>.
    let call = Call::bare("POST /domains/{id}/verify", Method::POST, path);
    session.json(call).await.map(|_| ())
}

/// `DELETE /domains/{id}`.
pub(super) async fn remove(session: &Session, name: &str) -> Result<(), TargetError> {
    let path = format!("domains/{}", super::segment(name));
    let call = Call::bare("DELETE /domains/{id}", Method::DELETE, path);
    session.send(call).await.map(|_| ())
}

/// Whether the tenant has verified it; `None` where the tenant does not know it.
pub(super) async fn state(session: &Session, name: &str) -> Result<Option<bool>, TargetError> {
    const OPERATION: &str = "GET /domains/{id}";
    let path = format!("domains/{}", super::segment(name));
    match session.json(Call::get(OPERATION, path)).await {
        Ok(answer) => match answer.body["isVerified"].as_bool() {
            Some(is_verified) => Ok(Some(is_verified)),
            None => Err(failure::contract(OPERATION, "it does not say isVerified")),
        },
        Err(error) if error.status == 404 => Ok(None),
        Err(error) => Err(error),
    }
}

/// `PATCH /users/{id}`: another user principal name.
pub(super) async fn rename(session: &Session, user: &str, to: &str) -> Result<(), TargetError> {
    let path = format!("users/{}", super::segment(user));
    let body = json!({ "userPrincipalName": to });
    let call = Call::json("PATCH /users/{id}", Method::PATCH, path, &body);
    session.send(call).await.map(|_| ())
}
