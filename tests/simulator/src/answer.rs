//! Answers as Graph gives them: JSON bodies, its error shape, its headers.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::stored::OnDisk;

/// What the client gets.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Bytes(&'static str, Vec<u8>),
    Disk(&'static str, Arc<OnDisk>, Range<usize>),
    Empty,
    Json(Value),
}

pub(crate) fn json_answer(status: u16, value: Value) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: Body::Json(value),
    }
}

pub(crate) fn empty(status: u16) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: Body::Empty,
    }
}

pub(crate) fn bytes(kind: &'static str, content: Vec<u8>) -> Answer {
    Answer {
        status: 200,
        headers: Vec::new(),
        body: Body::Bytes(kind, content),
    }
}

/// Graph's error body; request ids are filled in by the server.
pub(crate) fn refuse(status: u16, code: &str, message: &str) -> Answer {
    json_answer(status, json!({"error": {"code": code, "message": message}}))
}

impl Answer {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds what every Graph error carries.
    pub(crate) fn stamp(&mut self, request_id: &str, client_id: Option<&str>, date: &str) {
        if let Body::Json(value) = &mut self.body
            && let Some(error) = value.get_mut("error").filter(|error| error.is_object())
        {
            error["innerError"] = json!({
                "date": date.trim_end_matches('Z'),
                "request-id": request_id,
                "client-request-id": client_id.unwrap_or(request_id),
            });
        }
        self.headers.push(("request-id", request_id.to_owned()));
        self.headers.push((
            "client-request-id",
            client_id.unwrap_or(request_id).to_owned(),
        ));
    }
}

/// `$select`: keeps the named fields, the id and annotations.
pub(crate) fn select(value: Value, wanted: Option<&String>) -> Value {
    let Some(wanted) = wanted else { return value };
    let names: Vec<&str> = wanted.split(',').map(str::trim).collect();
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(key, _)| key == "id" || key.starts_with('@') || names.contains(&&**key))
                .collect(),
        ),
        other => other,
    }
}

/// A page of a collection, with `@odata.nextLink` when more follows. `skip` is the `$skip` or `$skiptoken` so far.
pub(crate) fn page(
    items: Vec<Value>,
    request: &crate::request::Request,
    base: &str,
    default_top: usize,
) -> Result<Answer, Answer> {
    let number = |name: &str| match request.query.get(name) {
        Some(text) => text.parse::<usize>().map(Some).map_err(|_| {
            refuse(
                400,
                "BadRequest",
                &format!("Invalid value '{text}' for {name}"),
            )
        }),
        None => Ok(None),
    };
    let top = number("$top")?.unwrap_or(default_top).clamp(1, 1000);
    let skip = number("$skip")?.or(number("$skiptoken")?).unwrap_or(0);
    let total = items.len();
    let picked: Vec<Value> = items.into_iter().skip(skip).take(top).collect();
    let shown = skip + picked.len();
    let mut body = json!({"value": picked});
    if request
        .query
        .get("$count")
        .is_some_and(|count| count == "true")
    {
        body["@odata.count"] = total.into();
    }
    if shown < total {
        let mut link = format!("{base}{}?", request.path);
        for (name, value) in &request.query {
            if name != "$skip" && name != "$skiptoken" {
                let _ = write!(link, "{}={}&", encode(name), encode(value));
            }
        }
        let _ = write!(link, "$skiptoken={shown}");
        body["@odata.nextLink"] = link.into();
    }
    Ok(json_answer(200, body))
}

pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
