//! What the fuzz target of Office files calls: two packages, or one and itself, are compared part by part. No files, no target.

use super::compare::rewritten;

/// The first two bytes say where the first package ends and the second begins.
pub fn office_files(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_at_checked(2) else {
        return;
    };
    let middle = usize::from(u16::from_le_bytes([head[0], head[1]])).min(rest.len());
    let (left, right) = rest.split_at(middle);
    for name in ["a.docx", "a.html"] {
        let there = rewritten::compare(name, left, right);
        let itself = rewritten::compare(name, left, left);
        // What can be compared at all is the same as itself, but for being packed anew.
        assert!(there.is_none() || itself.is_some());
        assert!(itself.is_none_or(|deltas| deltas.len() <= 1));
    }
}
