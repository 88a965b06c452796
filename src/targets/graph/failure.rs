//! Failures of calls: which may be tried again, what may have happened in spite of them, and messages without secrets.

use std::error::Error as _;

use serde_json::Value;

use crate::targets::{Retry, TargetError};

/// Codes of a 409 that pass: somebody else was there at the same moment (graph.md 6.5).
const PASSING_CONFLICTS: [&str; 3] = ["resourceModified", "resourceLocked", "conflict"];
const MESSAGE_CHARS_MAX: usize = 300;

/// What an answer said, as far as failures go.
pub(super) struct Said<'a> {
    pub(super) operation: &'static str,
    pub(super) status: u16,
    pub(super) retry_after_s: Option<u64>,
    pub(super) request_id: Option<String>,
    pub(super) body: &'a [u8],
    pub(super) writes: bool,
}

/// An answer that is not a success.
pub(super) fn answered(said: Said<'_>) -> TargetError {
    let body: Value = serde_json::from_slice(said.body).unwrap_or_default();
    let error = match &body["odata.error"] {
        Value::Null => &body["error"],
        error => error,
    };
    let code = match error {
        // SharePoint: {"odata.error": {"code": "-2130575322, Microsoft.SharePoint.SPException", …}}.
        _ if !body["odata.error"].is_null() => sharepoint_code(error),
        // The identity platform: {"error": "invalid_client", "error_description": "AADSTS…"}.
        Value::String(name) => sign_in_code(&body).unwrap_or_else(|| name.clone()),
        _ => error["code"].as_str().unwrap_or_default().to_owned(),
    };
    let code = if code.is_empty() {
        format!("HTTP{}", said.status)
    } else {
        code_word(&code)
    };
    let text = error["message"]
        .as_str()
        .or(error["message"]["value"].as_str())
        .or(body["error_description"].as_str());
    let conflict_passes = || {
        let mut known = PASSING_CONFLICTS.iter();
        said.status == 409 && known.any(|known| code.eq_ignore_ascii_case(known))
    };
    let passes = may_pass(said.status) || conflict_passes();
    let retry = match (passes, said.retry_after_s) {
        (false, _) => Retry::Never,
        (true, Some(seconds)) => Retry::After(seconds),
        (true, None) => Retry::Soon,
    };
    TargetError {
        operation: said.operation,
        status: said.status,
        message: redact(text.unwrap_or("no message")),
        request_id: said.request_id,
        retry,
        // 429 and 503 are refusals at the door; any other 5xx of a write may have done it (graph.md 6.7).
        outcome_unknown: said.writes && matches!(said.status, 408 | 500 | 502 | 504..=599),
        code,
    }
}

/// Whether a status alone says that the same may go another time.
pub(super) fn may_pass(status: u16) -> bool {
    match status {
        408 | 425 | 429 | 500..=599 => status != 507 && status != 501,
        // 412: the file is another one than we looked at: the next try looks again. 416: the session is ahead of us.
        412 | 416 | 423 => true,
        _ => false,
    }
}

fn sharepoint_code(error: &Value) -> String {
    let code = error["code"].as_str().unwrap_or_default();
    let (number, _) = code.split_once(',').unwrap_or((code, ""));
    format!("SharePoint{}", number.trim().replace('-', "_"))
}

fn sign_in_code(body: &Value) -> Option<String> {
    let number = body["error_codes"][0].as_u64()?;
    Some(format!("AADSTS{number}"))
}

/// Codes are words; anything else in their place is not repeated.
fn code_word(code: &str) -> String {
    let is_word = code.len() <= 80 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word {
        code.to_owned()
    } else {
        "UnreadableCode".to_owned()
    }
}

/// No answer in time.
pub(super) fn timeout(operation: &'static str, writes: bool) -> TargetError {
    TargetError {
        operation,
        status: 0,
        code: "Timeout".to_owned(),
        message: "no answer in time".to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: writes,
    }
}

/// The service said itself that it did nothing with a request.
const REFUSED: &str = "StreamRefused";

/// Whether the same request may go again at once: it was never looked at (RFC 9113 section 8.7).
pub(super) fn was_refused(error: &TargetError) -> bool {
    error.code == REFUSED
}

/// No answer to a request: it broke off before its head came.
pub(super) fn unheard(
    operation: &'static str,
    error: &reqwest::Error,
    writes: bool,
) -> TargetError {
    let Some(reason) = undone(error) else {
        return unanswered(operation, error, writes);
    };
    let (code, message) = match reason {
        h2::Reason::NO_ERROR | h2::Reason::REFUSED_STREAM => (
            REFUSED,
            "the service refused the request before it did anything",
        ),
        // Too many requests, or a fault of its own: not at once.
        _ => (
            "GoAway",
            "the service ended the connection before it did anything with the request",
        ),
    };
    TargetError {
        operation,
        status: 0,
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: false,
    }
}

/// Why the service ended a stream of which it says that nothing was done: REFUSED_STREAM, or a GOAWAY whose last stream lies
/// below (RFC 9113 sections 6.8 and 8.7). Any other reset, and a connection that ends after a GOAWAY, leaves it open. A type
/// decides and not a text, since GOAWAY carries words of whoever sends it.
fn undone(error: &reqwest::Error) -> Option<h2::Reason> {
    let mut at = error.source();
    while let Some(cause) = at {
        if let Some(ended) = cause.downcast_ref::<h2::Error>() {
            let reason = ended.reason()?;
            let refused = ended.is_reset() && reason == h2::Reason::REFUSED_STREAM;
            return (ended.is_remote() && (refused || ended.is_go_away())).then_some(reason);
        }
        at = cause.source();
    }
    None
}

/// No answer, or one that broke off.
pub(super) fn unanswered(
    operation: &'static str,
    error: &reqwest::Error,
    writes: bool,
) -> TargetError {
    let chain = chain_of(error);
    if let Some(reason) = certificate_reason(&chain) {
        return TargetError {
            operation,
            status: 0,
            code: "Certificate".to_owned(),
            message: format!(
                "the server's certificate is not accepted ({reason}); \
                 name its root with --root-certificates"
            ),
            request_id: None,
            retry: Retry::Never,
            outcome_unknown: false,
        };
    }
    if error.is_timeout() {
        return timeout(operation, writes && !error.is_connect());
    }
    let (code, message) = if error.is_connect() {
        ("Connection", "the connection could not be made")
    } else {
        ("Connection", "the connection broke off")
    };
    TargetError {
        operation,
        status: 0,
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: writes && !error.is_connect(),
    }
}

fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut at = error.source();
    while let Some(cause) = at {
        text.push_str(&cause.to_string());
        text.push('\n');
        at = cause.source();
    }
    text
}

fn certificate_reason(chain: &str) -> Option<String> {
    let (_, rest) = chain.split_once("invalid peer certificate: ")?;
    let word: String = rest
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    Some(word)
}

/// An answer that breaks Graph's own contract: trying again changes nothing that we could name.
pub(super) fn contract(operation: &'static str, rule: &str) -> TargetError {
    TargetError {
        operation,
        status: 0,
        code: "Contract".to_owned(),
        message: rule.to_owned(),
        request_id: None,
        retry: Retry::Soon,
        outcome_unknown: false,
    }
}

/// A thing of ours that cannot be sent.
pub(super) fn unsendable(operation: &'static str, rule: &str) -> TargetError {
    TargetError {
        operation,
        status: 0,
        code: "Unsendable".to_owned(),
        message: rule.to_owned(),
        request_id: None,
        retry: Retry::Never,
        outcome_unknown: false,
    }
}

/// Takes addresses, URLs, ids and quoted texts out of a service's message: it goes into logs and terminals.
fn redact(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        let is_id = word.len() >= 20 && word.chars().any(|c| c.is_ascii_digit());
        let secret = is_id || word.contains(['@', '\'', '"']) || word.contains("://");
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(if secret { "[…]" } else { word });
    }
    out.chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &[u8], writes: bool) -> Said<'_> {
        Said {
            operation: "POST /x",
            status,
            retry_after_s: None,
            request_id: None,
            body,
            writes,
        }
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_may_have_happened_is_said() {
        let error = answered(said(503, b"", true));
        assert_eq!((error.retry, error.outcome_unknown), (Retry::Soon, false));
        let error = answered(said(504, b"", true));
        assert_eq!((error.retry, error.outcome_unknown), (Retry::Soon, true));
        assert!(!answered(said(500, b"", false)).outcome_unknown);
        let full = answered(said(
            507,
            br#"{"error":{"code":"quotaLimitReached"}}"#,
            true,
        ));
        assert_eq!(
            (full.retry, &*full.code),
            (Retry::Never, "quotaLimitReached")
        );
    }

    #[test]
    fn messages_lose_what_is_personal_or_secret() {
        let text = redact("The user ada@old.example at https://x/y?token=1 has 'Secret plan' open");
        assert_eq!(text, "The user […] at […] has […] […] open");
    }

    #[test]
    fn the_identity_platform_has_its_own_shape() {
        let body = br#"{"error":"invalid_client","error_codes":[700027]}"#;
        assert_eq!(answered(said(401, body, false)).code, "AADSTS700027");
    }
}
