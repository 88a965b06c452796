//! `$batch`: up to 20 requests, dependencies, each with its own status.
//! <https://learn.microsoft.com/graph/json-batching>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::{Answer, Body, json_answer, refuse};
use crate::request::{Request, decode_pairs};
use crate::route;
use crate::tenant::Tenant;

pub(crate) fn run(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    let body = request.json()?;
    let parts = body.get("requests").and_then(Value::as_array);
    let parts = parts.ok_or_else(|| refuse(400, "BadRequest", "requests is missing."))?;
    if parts.len() > 20 {
        return Err(refuse(
            400,
            "BadRequest",
            "A batch has at most 20 requests.",
        ));
    }
    let mut done: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    for part in parts {
        let bad = || refuse(400, "BadRequest", "A request in the batch is malformed.");
        let id = part
            .get("id")
            .and_then(Value::as_str)
            .ok_or_else(bad)?
            .to_owned();
        let answer = if failed_dependency(part, &done)? {
            refuse(
                424,
                "FailedDependency",
                "A request that this one depends on failed.",
            )
        } else {
            route::answer(tenant, &inner(part, request).ok_or_else(bad)?)
        };
        if done.insert(id.clone(), answer.status).is_some() {
            return Err(refuse(
                400,
                "BadRequest",
                "Request ids are unique in a batch.",
            ));
        }
        let headers: serde_json::Map<String, Value> = answer
            .headers
            .iter()
            .map(|(name, value)| ((*name).into(), value.as_str().into()))
            .collect();
        let body = match answer.body {
            Body::Json(value) => value,
            _ => Value::Null,
        };
        responses
            .push(json!({"id": id, "status": answer.status, "headers": headers, "body": body}));
    }
    Ok(json_answer(200, json!({"responses": responses})))
}

fn failed_dependency(part: &Value, done: &BTreeMap<String, u16>) -> Result<bool, Answer> {
    let mut failed = false;
    for name in part
        .get("dependsOn")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let status = name.as_str().and_then(|name| done.get(name));
        let unknown = || refuse(400, "BadRequest", "dependsOn names no earlier request.");
        failed |= *status.ok_or_else(unknown)? >= 400;
    }
    Ok(failed)
}

fn inner(part: &Value, outer: &Request) -> Option<Request> {
    let url = part.get("url")?.as_str()?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut headers = BTreeMap::new();
    for (name, value) in part
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        headers.insert(name.to_lowercase(), value.as_str()?.to_owned());
    }
    let body = part
        .get("body")
        .map(|body| body.to_string().into_bytes())
        .unwrap_or_default();
    Some(Request {
        method: part.get("method")?.as_str()?.to_owned(),
        path: format!("/v1.0/{}", path.trim_start_matches('/')),
        query: decode_pairs(query),
        headers,
        body,
        roles: outer.roles.clone(),
        app: outer.app.clone(),
    })
}
