//! The objects of a ledger's directory: each is what its name says. What they hold is not read.

use std::path::Path;

use super::bundle::InFile;
use super::names;
use crate::broken::broken;
use crate::bytes::parse_hex;
use crate::files::bag;

/// Whether the name of every object is its digest. What has no such name is no object: a crash can leave a staged file.
pub(crate) fn all(root: &Path) -> InFile {
    let top = root.join("objects");
    for folder in names(&top)? {
        let within = top.join(&folder);
        if !within.is_dir() {
            continue;
        }
        for name in names(&within)? {
            let Ok(hash) = parse_hex::<32>(&name) else {
                continue;
            };
            if !name.starts_with(&folder) || bag::digest(&within.join(&name), b"")? != hash {
                let place =
                    format!("objects/{folder}/{name}: an object's bytes are not those of its name");
                return Ok(broken("anchor/object", place));
            }
        }
    }
    Ok(Ok(()))
}
