//! Who signed the bag's manifest (11.2): an SSHSIG of OpenSSH's PROTOCOL.sshsig, version 1, by the service key alone. It says
//! nothing of what is listed, only who vouches for the list.

use std::io::Read;
use std::path::Path;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha512};

use super::bundle::InFile;
use super::{VerifyError, io_error, open, small};
use crate::broken::broken;
use crate::bytes::Hex;
use crate::signature::PublicKey;

/// Where it lies.
pub(crate) const SIGNATURE: &str = "manifest-sha256.txt.sig";
const MANIFEST: &str = "manifest-sha256.txt";
const RULE: &str = "bundle/signature";
/// What is signed for another purpose never passes here.
const NAMESPACE: &[u8] = b"bundle-manifest-v1@unbroken";
const DIGEST: &[u8] = b"sha512";
const ALGORITHM: &[u8] = b"ssh-ed25519";
const MAGIC: &[u8] = b"SSHSIG";
const VERSION: [u8; 4] = 1_u32.to_be_bytes();
const BYTES_MAX: u64 = 4096;
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// Whether the key signed the manifest as it lies there; `false` where there is no signature.
pub(crate) fn check(root: &Path, key: &PublicKey) -> InFile<bool> {
    let path = root.join(SIGNATURE);
    // What is too large to be one is none that holds.
    let text = match small(&path, BYTES_MAX) {
        Ok(None) => return Ok(Ok(false)),
        Ok(Some(bytes)) => bytes,
        Err(_) => Vec::new(),
    };
    let Some(blob) = dearmored(&text) else {
        return Ok(broken(RULE, "no armoured SSH signature"));
    };
    // Only its last 64 bytes are not known beforehand: another key, namespace, digest or length is another beginning.
    let beginning = beginning(key);
    let signature = blob.strip_prefix(&*beginning).filter(|it| it.len() == 64);
    let Some(signature) = signature else {
        let why = format!(
            "no signature of the service key {} for this purpose",
            Hex(&key.id())
        );
        return Ok(broken(RULE, why));
    };
    let manifest = root.join(MANIFEST);
    if !manifest.is_file() {
        return Ok(broken(RULE, "the manifest that it is over is not there"));
    }
    let message = message(&digest(&manifest)?);
    Ok(match key.check(&message, signature) {
        Ok(()) => Ok(true),
        Err(_) => broken(
            RULE,
            "the manifest is not the one that the service key signed",
        ),
    })
}

fn dearmored(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim_end();
    let body = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: String = body
        .lines()
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    Base64::decode_vec(&body).ok()
}

fn beginning(key: &PublicKey) -> Vec<u8> {
    let mut own = Vec::new();
    string(&mut own, ALGORITHM);
    string(&mut own, key.bytes());
    let mut signature = Vec::new();
    string(&mut signature, ALGORITHM);
    signature.extend(64_u32.to_be_bytes());
    let mut blob = [MAGIC, &VERSION].concat();
    for part in [&own[..], NAMESPACE, b"", DIGEST] {
        string(&mut blob, part);
    }
    let length = signature.len() + 64;
    blob.extend(size(length).to_be_bytes());
    blob.extend(signature);
    blob
}

fn message(digest: &[u8]) -> Vec<u8> {
    let mut signed = MAGIC.to_vec();
    for part in [NAMESPACE, b"", DIGEST, digest] {
        string(&mut signed, part);
    }
    signed
}

/// `string` of RFC 4251 section 5.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(size(bytes.len()).to_be_bytes());
    out.extend(bytes);
}

/// Keys, digests and names are short.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn digest(path: &Path) -> Result<Vec<u8>, VerifyError> {
    let mut file = open(path)?;
    let mut hasher = Sha512::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(io_error(path))? {
            0 => return Ok(hasher.finalize().to_vec()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
