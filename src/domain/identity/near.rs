//! The name that was meant by one that is not there: for a person to look at, nothing is ever put in its place. Pure.

/// Longer names are compared with nothing: the distance takes their lengths multiplied.
const CHARS_MAX: usize = 256;

/// The known name that a misspelt one is nearest to: no further away than one letter in four, three at most. Swapped neighbours
/// count as one, and the case of letters does not.
pub fn nearest<'n>(wanted: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let folded = wanted.to_lowercase();
    let length = folded.chars().count();
    let far = (length / 4).clamp(1, 3);
    let names = known.into_iter().filter(|name| {
        let is_short = name.len() <= 4 * CHARS_MAX && length <= CHARS_MAX;
        is_short && name.chars().count().abs_diff(length) <= far
    });
    let all = names.map(|name| (strsim::osa_distance(&folded, &name.to_lowercase()), name));
    let (_, name) = all.filter(|(away, _)| *away <= far).min()?;
    Some(name)
}

/// What stands behind an error about a name that is not there.
pub fn did_you_mean<'n>(wanted: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(wanted, known).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_somebody_else() {
        let known = ["jane@acme.example", "bob@acme.example", "jan@acme.example"];
        for (slip, meant) in [
            ("jnae@acme.example", Some("jane@acme.example")),
            ("JANE@acme.example", Some("jane@acme.example")),
            ("bob@acme.exmaple", Some("bob@acme.example")),
            ("carol@acme.example", None),
            ("mailbox", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, known), meant, "{slip}");
        }
        assert_eq!(nearest(&"x".repeat(CHARS_MAX + 1), known), None);
        assert_eq!(did_you_mean("drvie", ["drive"]), "; did you mean drive?");
        assert_eq!(did_you_mean("drvie", ["mailbox"]), "");
    }
}
