//! The DSSE envelope v1.0.2 around an event: what is signed; whether signatures hold is `key.rs`, who may sign `admission.rs`.

use crate::key::{KeyId, Signature};

/// The payload type of an event.
pub const EVENT_PAYLOAD_TYPE: &str = "application/vnd.unbroken.event.v1+json";

/// The pre-authentication encoding: what an event's keys sign.
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {EVENT_PAYLOAD_TYPE} {} ",
        EVENT_PAYLOAD_TYPE.len(),
        payload.len()
    );
    let mut out = Vec::with_capacity(head.len() + payload.len());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(payload);
    out
}

/// A signed event as it is handed to the sequencer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The event's exact bytes.
    pub payload: Vec<u8>,
    /// One signature a keyid of `by`, in that order.
    pub signatures: Vec<(KeyId, Signature)>,
}
