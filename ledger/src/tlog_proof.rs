//! C2SP tlog-proof: an inclusion proof and the checkpoint that it leads to, as one text. <https://c2sp.org/tlog-proof>

use base64ct::{Base64, Encoding};

use crate::hash::Hash;
use crate::note::SignedCheckpoint;

/// The file's bytes: the leaf's sibling first, then the checkpoint as it was signed and cosigned.
pub fn encode(index: u64, proof: &[Hash], note: &SignedCheckpoint) -> String {
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {index}\n");
    for hash in proof {
        text += &Base64::encode_string(&hash.0);
        text.push('\n');
    }
    text.push('\n');
    text + &note.to_note()
}
