//! A request as the handlers see it: decoded path, query and body; no HTTP library below this line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::answer::{Answer, refuse};

/// One request, or one part of a `$batch`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it came, still percent-encoded, without the query.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Application permissions of the token.
    pub(crate) roles: Vec<String>,
    /// Which app sent it.
    pub(crate) app: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<serde_json::Map<String, Value>, Answer> {
        let kind = self.header("content-type").unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(refuse(
                415,
                "UnsupportedMediaType",
                "Content-Type is application/json",
            ));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(refuse(
                400,
                "BadRequest",
                "Unable to read JSON request payload.",
            )),
        }
    }

    /// Whether the token has one of the permissions.
    pub(crate) fn needs(&self, roles: &[&str]) -> Result<(), Answer> {
        if self.roles.iter().any(|role| roles.contains(&&**role)) {
            return Ok(());
        }
        let message = "Insufficient privileges to complete the operation.";
        Err(refuse(403, "Authorization_RequestDenied", message))
    }

    /// Refuses query options that the operation does not know, as Graph does.
    pub(crate) fn only(&self, options: &[&str]) -> Result<(), Answer> {
        match self.query.keys().find(|key| !options.contains(&&***key)) {
            Some(key) => {
                let message = format!("The query specified in the URI is not valid: {key}");
                Err(refuse(400, "BadRequest", &message))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        self.method != "GET"
    }
}

/// Percent-decoding; `None` when it is malformed.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digits = text.get(at + 1..at + 3)?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                at += 3;
            }
            b'+' if plus_is_space => {
                out.push(b' ');
                at += 1;
            }
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// A query or form as pairs.
pub(crate) fn decode_pairs(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name, true)?, decode(value, true)?))
        })
        .collect()
}
