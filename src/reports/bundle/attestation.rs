//! What the service key signs in a bundle: an in-toto statement about its head in a DSSE envelope, and the manifest by
//! SSHSIG; so that tools which never heard of ledgers check both. Why this key: docs/adr/0005-attestation-keys.md.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use sha2::{Digest as _, Sha256, Sha512};
use unbroken_ledger::key::SignerError;
use unbroken_ledger::{Hash, Ledger, PublicKey};

/// The type of a DSSE payload that is an in-toto statement.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// The type of our predicate. A URN: the project owns no domain name that it could promise to keep.
const PREDICATE: &str = "urn:x-unbroken:bundle-head:v1";
/// The namespace of the manifest's signature: what is signed for another purpose never passes here.
pub(super) const NAMESPACE: &str = "bundle-manifest-v1@unbroken";
/// Who signs, in `allowed_signers`.
const PRINCIPAL: &str = "service";
const SSH_KEY: &[u8] = b"ssh-ed25519";

/// What the statement says of the bundle.
pub(super) struct Head<'a> {
    pub(super) origin: &'a str,
    pub(super) size: u64,
    pub(super) root: Hash,
    /// The note's bytes.
    pub(super) checkpoint: &'a str,
    pub(super) kind: &'a str,
    pub(super) edition: &'a str,
    pub(super) streams: &'a [String],
    pub(super) entries: u64,
    pub(super) disclosures: u64,
    pub(super) timestamps: usize,
    pub(super) actions: u64,
}

impl Head<'_> {
    /// An in-toto statement v1 in one spelling: keys ascend, nothing needs an escape.
    fn statement(&self, manifest: &[u8]) -> String {
        let streams: Vec<String> = self
            .streams
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        format!(
            "{{\"_type\":\"https://in-toto.io/Statement/v1\",\
             \"predicate\":{{\"counts\":{{\"actions\":{},\"disclosures\":{},\"entries\":{},\
             \"timestamps\":{}}},\"edition\":\"{}\",\"kind\":\"{}\",\"origin\":\"{}\",\
             \"root\":\"{}\",\"size\":{},\
             \"software\":{{\"name\":\"unbroken\",\"version\":\"{}\"}},\"streams\":[{}]}},\
             \"predicateType\":\"{PREDICATE}\",\"subject\":[\
             {{\"digest\":{{\"sha256\":\"{}\"}},\"name\":\"manifest-sha256.txt\"}},\
             {{\"digest\":{{\"sha256\":\"{}\"}},\"name\":\"data/checkpoint\"}}]}}",
            self.actions,
            self.disclosures,
            self.entries,
            self.timestamps,
            self.edition,
            self.kind,
            self.origin,
            self.root,
            self.size,
            env!("CARGO_PKG_VERSION"),
            streams.join(","),
            hex(&Sha256::digest(manifest)),
            hex(&Sha256::digest(self.checkpoint)),
        )
    }

    /// `head.dsse.json`.
    pub(super) fn envelope(&self, ledger: &Ledger, manifest: &[u8]) -> Result<String, SignerError> {
        let statement = self.statement(manifest);
        let (kind, length) = (STATEMENT.len(), statement.len());
        let message = format!("DSSEv1 {kind} {STATEMENT} {length} {statement}");
        let signature = ledger.attest(message.as_bytes())?;
        Ok(format!(
            "{{\"payload\":\"{}\",\"payloadType\":\"{STATEMENT}\",\
             \"signatures\":[{{\"keyid\":\"{}\",\"sig\":\"{}\"}}]}}\n",
            Base64::encode_string(statement.as_bytes()),
            ledger.service_key().id(),
            Base64::encode_string(&signature.0),
        ))
    }
}

/// `manifest-sha256.txt.sig`: the armored SSHSIG of OpenSSH's PROTOCOL.sshsig, version 1, over SHA-512.
pub(super) fn ssh_signature(ledger: &Ledger, manifest: &[u8]) -> Result<String, SignerError> {
    let mut signed = b"SSHSIG".to_vec();
    for part in [
        NAMESPACE.as_bytes(),
        b"",
        b"sha512",
        &Sha512::digest(manifest)[..],
    ] {
        string(&mut signed, part);
    }
    let mut signature = Vec::new();
    string(&mut signature, SSH_KEY);
    string(&mut signature, &ledger.attest(&signed)?.0);
    let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
    let key = ssh_key(&ledger.service_key());
    for part in [&key[..], NAMESPACE.as_bytes(), b"", b"sha512", &signature] {
        string(&mut blob, part);
    }
    let mut text = "-----BEGIN SSH SIGNATURE-----\n".to_owned();
    let mut rest = &*Base64::encode_string(&blob);
    while !rest.is_empty() {
        let (line, below) = rest.split_at(rest.len().min(70));
        let _ = writeln!(text, "{line}");
        rest = below;
    }
    text.push_str("-----END SSH SIGNATURE-----\n");
    Ok(text)
}

/// `allowed_signers` of ssh-keygen(1): this key, for this purpose alone.
pub(super) fn allowed_signers(key: &PublicKey) -> String {
    let key = Base64::encode_string(&ssh_key(key));
    format!("{PRINCIPAL} namespaces=\"{NAMESPACE}\" ssh-ed25519 {key}\n")
}

/// A public key as RFC 8709 section 4 has it.
fn ssh_key(key: &PublicKey) -> Vec<u8> {
    let mut blob = Vec::new();
    string(&mut blob, SSH_KEY);
    string(&mut blob, key.as_bytes());
    blob
}

/// `string` of RFC 4251 section 5.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("keys and digests are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
