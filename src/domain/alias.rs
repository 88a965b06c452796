//! Exchange addresses (X500) that a backup's mail names people by: which mailbox of the new tenant needs which as an alias, so
//! that an answer to an old mail arrives. A list for a person: nothing is added to a mailbox by it. Pure.

use std::collections::BTreeMap;

/// Names kept of one address; more are noise.
const NAMES_MAX: usize = 8;

/// Somebody whom a message names by an Exchange address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The address, `/o=…/cn=…`.
    pub exchange: String,
    /// The name beside it.
    pub name: String,
    /// The SMTP address beside it, in a property or in the header.
    pub smtp: Option<String>,
}

/// How an alias came to its mailbox, or why it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The address that the custodian had in the old tenant.
    OldAddress,
    /// The mail itself names that custodian's SMTP address beside it, and no other.
    SmtpBesideIt,
    /// An SMTP address stands beside it, of nobody who is mapped.
    NotMapped,
    /// The mail names several SMTP addresses beside it: a person decides.
    Several,
    /// Nothing stands beside it: a person decides by the name.
    Unknown,
}

impl Why {
    /// The word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::OldAddress => "old-address",
            Self::SmtpBesideIt => "smtp-beside-it",
            Self::NotMapped => "not-mapped",
            Self::Several => "several-smtp",
            Self::Unknown => "unknown",
        }
    }
}

/// One alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The user in the new tenant who needs it, where that is known.
    pub mailbox: Option<String>,
    /// As Exchange takes it: `X500:/o=…` or `smtp:…`.
    pub alias: String,
    /// How that is known.
    pub why: Why,
    /// The names that the mail gives it.
    pub names: Vec<String>,
    /// How often it was met.
    pub seen: u64,
}

#[derive(Debug, Default)]
struct Seen {
    exchange: String,
    names: Vec<String>,
    smtps: BTreeMap<String, u64>,
    times: u64,
}

/// What was met so far, by address; Exchange compares those without case.
#[derive(Debug, Default)]
pub struct Aliases(BTreeMap<String, Seen>);

impl Aliases {
    /// Takes in what a message names.
    pub fn note(&mut self, named: Named) {
        let seen = self.0.entry(named.exchange.to_lowercase()).or_default();
        seen.times += 1;
        if seen.exchange.is_empty() {
            seen.exchange = named.exchange;
        }
        if !named.name.is_empty()
            && seen.names.len() < NAMES_MAX
            && !seen.names.contains(&named.name)
        {
            seen.names.push(named.name);
        }
        if let Some(smtp) = named.smtp {
            *seen.smtps.entry(smtp.to_lowercase()).or_default() += 1;
        }
    }

    /// The list: `mapped` holds the new users by the address that each had in the old tenant.
    pub fn rows(&self, mapped: &BTreeMap<String, String>) -> Vec<Row> {
        let by_address: BTreeMap<String, &String> = mapped
            .iter()
            .map(|(old, new)| (old.to_lowercase(), new))
            .collect();
        let mut rows: Vec<Row> = mapped
            .iter()
            .filter(|(old, new)| old.contains('@') && !old.eq_ignore_ascii_case(new))
            .map(|(old, new)| Row {
                mailbox: Some(new.clone()),
                alias: format!("smtp:{old}"),
                why: Why::OldAddress,
                names: Vec::new(),
                seen: 0,
            })
            .collect();
        rows.extend(self.0.values().map(|seen| {
            let smtps: Vec<&String> = seen.smtps.keys().collect();
            let (mailbox, why) = match smtps.as_slice() {
                [] => (None, Why::Unknown),
                [one] => match by_address.get(*one) {
                    Some(new) => (Some((*new).clone()), Why::SmtpBesideIt),
                    None => (None, Why::NotMapped),
                },
                _ => (None, Why::Several),
            };
            Row {
                mailbox,
                alias: format!("X500:{}", seen.exchange),
                why,
                names: seen.names.clone(),
                seen: seen.times,
            }
        }));
        // Those of a mailbox together, what nobody is known for at the end.
        rows.sort_by(|left, right| {
            let key = |row: &Row| {
                (
                    row.mailbox.is_none(),
                    row.mailbox.clone(),
                    row.alias.clone(),
                )
            };
            key(left).cmp(&key(right))
        });
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(exchange: &str, name: &str, smtp: Option<&str>) -> Named {
        Named {
            exchange: exchange.to_owned(),
            name: name.to_owned(),
            smtp: smtp.map(str::to_owned),
        }
    }

    #[test]
    fn an_address_goes_to_the_one_mailbox_that_the_mail_names_beside_it() {
        let mut aliases = Aliases::default();
        for one in [
            named("/o=Old/cn=ada", "Ada", Some("ada@old.example")),
            named("/O=OLD/CN=ADA", "Ada L.", None),
            named("/o=Old/cn=eve", "Eve", Some("eve@old.example")),
            named("/o=Old/cn=two", "", Some("ada@old.example")),
            named("/o=Old/cn=two", "", Some("ben@old.example")),
            named("/o=Old/cn=who", "Who", None),
        ] {
            aliases.note(one);
        }
        let mapped = BTreeMap::from([
            ("Ada@old.example".to_owned(), "ada@clean.example".to_owned()),
            ("mailbox".to_owned(), "ben@clean.example".to_owned()),
        ]);
        let rows = aliases.rows(&mapped);
        let shown: Vec<(&str, &str, &str, u64)> = rows
            .iter()
            .map(|row| {
                let mailbox = row.mailbox.as_deref().unwrap_or("");
                (mailbox, row.alias.as_str(), row.why.word(), row.seen)
            })
            .collect();
        assert_eq!(
            shown,
            [
                (
                    "ada@clean.example",
                    "X500:/o=Old/cn=ada",
                    "smtp-beside-it",
                    2
                ),
                (
                    "ada@clean.example",
                    "smtp:Ada@old.example",
                    "old-address",
                    0
                ),
                ("", "X500:/o=Old/cn=eve", "not-mapped", 1),
                ("", "X500:/o=Old/cn=two", "several-smtp", 2),
                ("", "X500:/o=Old/cn=who", "unknown", 1),
            ]
        );
        assert_eq!(rows[0].names, ["Ada", "Ada L."]);
    }
}
