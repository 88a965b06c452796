//! Address lists (RFC 5322 section 3.4), split by `mail-parser`; groups flattened; what is no address is kept as it stands.

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address as Parsed, HeaderValue};

use super::words;
use crate::domain::message::Address;

/// Addresses in one header.
const ADDRESSES_MAX: usize = 100_000;

/// Reads a header's value.
pub(super) fn read(value: &str) -> Vec<Address> {
    let line = format!("{value}\r\n");
    let addresses: Vec<Address> = match MessageStream::new(line.as_bytes()).parse_address() {
        HeaderValue::Address(Parsed::List(list)) => list.iter().map(one).collect(),
        HeaderValue::Address(Parsed::Group(groups)) => groups
            .iter()
            .flat_map(|group| group.addresses.iter().map(one))
            .collect(),
        _ => Vec::new(),
    };
    addresses
        .into_iter()
        .filter(|address| !(address.name.is_empty() && address.address.is_empty()))
        .take(ADDRESSES_MAX)
        .collect()
}

fn one(parsed: &Addr<'_>) -> Address {
    let name = parsed.name.as_deref().unwrap_or_default();
    let address = parsed.address.as_deref().unwrap_or_default();
    Address {
        name: words::decode(name).trim().to_owned(),
        address: address.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_they_come() {
        for (value, expected) in [
            ("a@b.example", &[("", "a@b.example")][..]),
            (
                "\"Doe, J\" <j@b.example>, k@b.example",
                &[("Doe, J", "j@b.example"), ("", "k@b.example")],
            ),
            (
                "Team: a@b.example, B <b@b.example>;, c@b.example",
                &[
                    ("", "a@b.example"),
                    ("B", "b@b.example"),
                    ("", "c@b.example"),
                ],
            ),
            (
                "=?utf-8?q?J=C3=B6rg?= <j@b.example>",
                &[("Jörg", "j@b.example")],
            ),
            ("undisclosed-recipients:;", &[]),
            ("", &[]),
        ] {
            let found = read(value);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|address| (&*address.name, &*address.address))
                .collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
