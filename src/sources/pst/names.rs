//! Where a data file keeps the names of its named properties ([MS-PST] 2.4.7).

use super::error::PstError;
use super::node::Node;
use super::property;
use crate::sources::mapi::Key;
pub(super) use crate::sources::mapi::names::Names;

const GUIDS: Key = Key::Tag(2);
const ENTRIES: Key = Key::Tag(3);
const TEXTS: Key = Key::Tag(4);

/// Reads the map.
pub(super) fn read(node: &Node) -> Result<Names, PstError> {
    let map = property::read(node, &Names::default())?.properties;
    let bytes = |key| map.bytes(&key).unwrap_or_default();
    Ok(Names::read(bytes(GUIDS), bytes(ENTRIES), bytes(TEXTS)))
}
