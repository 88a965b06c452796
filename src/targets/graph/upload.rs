//! Upload sessions: fragments in order to a URL that is a secret by itself. No fragment is sent twice from in here: a
//! second try is an attempt, and attempts are on the record.

use std::io::Read;

use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use super::call::{Call, Goal, Payload, Session};
use super::failure;
use crate::targets::TargetError;

/// What the session makes: the rules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// At most 4 MB a fragment.
    Attachment,
    /// Multiples of 327,680 bytes below 60 MiB.
    File,
}

impl Kind {
    fn operation(self) -> &'static str {
        match self {
            Self::Attachment => "PUT {attachment upload session}",
            Self::File => "PUT {file upload session}",
        }
    }

    fn fragment_bytes(self) -> usize {
        match self {
            Self::Attachment => 12 * 327_680,
            Self::File => 32 * 327_680,
        }
    }
}

type Content = Box<dyn Read + Send>;

/// Sends all of it; gives back the last answer.
pub(super) async fn send(
    session: &Session,
    kind: Kind,
    url: &SecretString,
    mut content: Content,
    size: u64,
) -> Result<Value, TargetError> {
    let mut sent = 0_u64;
    loop {
        let (rest, fragment) = fragment(kind, content).await?;
        content = rest;
        let end = sent + fragment.len() as u64;
        if fragment.is_empty() || end > size {
            let rule = "the source gave another number of bytes than planned";
            return Err(failure::unsendable(kind.operation(), rule));
        }
        let range = Some(format!("bytes {sent}-{}/{size}", end - 1));
        let call = Call {
            operation: kind.operation(),
            method: Method::PUT,
            goal: Goal::PreAuthenticated(url.clone()),
            body: Payload::Bytes {
                content: fragment,
                range,
            },
        };
        let answer = session.json(call).await?;
        sent = end;
        if sent == size {
            return match answer.status {
                200 | 201 => Ok(answer.body),
                _ => Err(TargetError {
                    outcome_unknown: true,
                    ..failure::contract(kind.operation(), "the last fragment was not the last")
                }),
            };
        }
        check_progress(kind, &answer.body, sent)?;
    }
}

/// The service says where it is; where that is not where we are, bytes were lost.
fn check_progress(kind: Kind, answer: &Value, sent: u64) -> Result<(), TargetError> {
    let ranges = answer["nextExpectedRanges"].as_array();
    let Some(next) = ranges
        .and_then(|ranges| ranges.first())
        .and_then(Value::as_str)
    else {
        return Ok(());
    };
    let from = next
        .split('-')
        .next()
        .and_then(|from| from.parse::<u64>().ok());
    if from == Some(sent) {
        return Ok(());
    }
    Err(failure::contract(
        kind.operation(),
        "the session expects other bytes than those that follow",
    ))
}

/// The next fragment; sources block, so it is read on a thread of its own.
async fn fragment(kind: Kind, mut content: Content) -> Result<(Content, Vec<u8>), TargetError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(kind.fragment_bytes());
        let result = content
            .by_ref()
            .take(kind.fragment_bytes() as u64)
            .read_to_end(&mut bytes);
        result.map(|_| (content, bytes))
    });
    match read.await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(_)) => Err(failure::unsendable(
            kind.operation(),
            "the source cannot be read",
        )),
        Err(_) => Err(failure::unsendable(
            kind.operation(),
            "the reader of the source gave up",
        )),
    }
}
