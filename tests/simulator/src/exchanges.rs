//! Whole requests and their answers, kept where somebody asks for them: what is sent is held against Microsoft's own schema.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::answer::{Answer, Body};
use crate::request::Request;

/// A request and what was answered, without what is no JSON.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The path, encoded as it came.
    pub path: String,
    /// The query.
    pub query: BTreeMap<String, String>,
    /// The body, where it is JSON.
    pub request: Option<Value>,
    /// The status.
    pub status: u16,
    /// The answer, where it is JSON.
    pub response: Option<Value>,
}

impl Exchange {
    pub(crate) fn of(request: &Request, answer: &Answer) -> Self {
        let is_json = request
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        let body = is_json.then(|| serde_json::from_slice(&request.body).ok());
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            request: body.flatten(),
            status: answer.status,
            response: match &answer.body {
                Body::Json(value) => Some(value.clone()),
                Body::Bytes(..) | Body::Disk(..) | Body::Empty => None,
            },
        }
    }
}
