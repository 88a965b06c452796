//! What a declaration may not say, checked before a ledger is made: it could never be taken back. Pure.

use chrono::{DateTime, Utc};

use super::Declare;
use crate::error::{Error, ErrorKind, Result};

/// In bytes; docs/ledger-format.md, section 6.
const NAME_BYTES_MAX: usize = 120;

/// Refuses a name that no origin may have, and instants that cannot be.
pub(super) fn check(declare: &Declare, now: DateTime<Utc>) -> Result<()> {
    let refuse = |why: String| Err(Error::new(ErrorKind::Usage, why));
    if !is_name(&declare.name) {
        let why = format!(
            "--name {}: the ledger's name is [a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9._-]*)*, \
             at most {NAME_BYTES_MAX} bytes",
            declare.name
        );
        return refuse(why).map_err(|error| error.hint("for example acme.example/2026-04"));
    }
    // Nothing appeared after the window's beginning and before its end: nothing would be held.
    if declare.window_from > declare.window_to {
        let why = format!(
            "the breach window ends at {} before it begins at {}",
            declare.window_to, declare.window_from
        );
        return refuse(why).map_err(|error| {
            error.hint("--window-from is the earlier instant and --window-to the later one")
        });
    }
    match declare.circumstances.aware_at {
        Some(aware_at) if aware_at > now => refuse(format!(
            "--aware-at {aware_at} lies in the future; it is {now} now"
        ))
        .map_err(|error| error.hint("correct the instant, its zone, or this machine's clock")),
        _ => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str, marks: &[u8]| {
        let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins = part.as_bytes().first().is_some_and(is_plain);
        begins
            && part
                .bytes()
                .all(|byte| is_plain(&byte) || marks.contains(&byte))
    };
    let mut parts = name.split('/');
    name.len() <= NAME_BYTES_MAX
        && parts.next().is_some_and(|first| is_part(first, b".-"))
        && parts.all(|part| is_part(part, b"._-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_format() {
        for good in ["acme", "acme.example/2026-04", "a/b_c/9.x", "0-1"] {
            assert!(is_name(good), "{good}");
        }
        let long = "a".repeat(NAME_BYTES_MAX + 1);
        for bad in [
            "", "Acme", "a_b", "a/", "/a", "a//b", "a/_b", "-a", "a/B", "a b", "\u{e4}", &*long,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_name(&long[1..]));
    }
}
