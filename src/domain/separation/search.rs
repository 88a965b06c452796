//! The search for what is left of the compromised tenant: ids, addresses and domains, in fields that bear identity and in content.
//!
//! A hit in an identity-bearing field is a finding. A hit in content is inert: it is counted, never changed. A Teams
//! join link of the compromised tenant is content too, and flagged: whoever clicks it meets the attacker.

use serde_json::Value;

use super::super::evidence::{Answer, OldTenant};
use super::super::finding::Look;

/// Fields that people write: what stands in them opens nothing.
const CONTENT: [&str; 14] = [
    "displayName",
    "description",
    "body",
    "bodyPreview",
    "subject",
    "comments",
    "notes",
    "aboutMe",
    "jobTitle",
    "companyName",
    "title",
    "summary",
    "message",
    "mailNickname",
];
/// Deeper than any answer of Graph.
const DEPTH_MAX: usize = 32;

/// A token of the compromised tenant in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The field, as a dotted path.
    pub place: String,
    /// What stands there.
    pub text: String,
}

/// Tokens in the identity-bearing fields of a value.
pub fn tokens_in(value: &Value, old: &OldTenant) -> Vec<Token> {
    let mut found = Vec::new();
    walk(value, "", 0, &mut |place, text| {
        let field = place.rsplit('.').next().unwrap_or(place);
        if !CONTENT.contains(&field) && names(text, old) {
            found.push(Token {
                place: place.to_owned(),
                text: text.to_owned(),
            });
        }
    });
    found
}

fn walk<'v>(value: &'v Value, place: &str, depth: usize, see: &mut impl FnMut(&str, &'v str)) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::String(text) => see(place, text),
        Value::Array(list) => {
            for one in list {
                walk(one, place, depth + 1, see);
            }
        }
        Value::Object(fields) => {
            for (name, one) in fields {
                // `@odata.context` names the tenant's own service, never a principal.
                if name.starts_with("@odata") {
                    continue;
                }
                let below = if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                walk(one, &below, depth + 1, see);
            }
        }
        _ => {}
    }
}

/// Whether a text names the compromised tenant: as a whole word, never as a part of a longer one.
pub fn names(text: &str, old: &OldTenant) -> bool {
    old.invited(text) || words(text).any(|word| is_token(word, old))
}

fn is_token(word: &str, old: &OldTenant) -> bool {
    old.is_id(word) || old.has_app(word) || old.has_key(word) || old.owns(word)
}

/// Words as ids, addresses and hosts are made: letters, digits, `.`, `-`, `_`, `@`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_cut = |letter: char| !letter.is_alphanumeric() && !".-_@".contains(letter);
    text.split(is_cut)
        .map(|word| word.trim_matches(['.', '-', '_']))
        .filter(|word| !word.is_empty())
}

/// What stands in content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentHits {
    /// The tenant's GUID.
    pub tenant_ids: u64,
    /// Ids of its apps.
    pub app_ids: u64,
    /// Addresses and UPNs in its domains.
    pub addresses: u64,
    /// Its domains, without an address.
    pub domains: u64,
    /// Teams join links into it; each also counts as a tenant id.
    pub join_links: u64,
}

impl std::ops::AddAssign for ContentHits {
    fn add_assign(&mut self, other: Self) {
        self.tenant_ids += other.tenant_ids;
        self.app_ids += other.app_ids;
        self.addresses += other.addresses;
        self.domains += other.domains;
        self.join_links += other.join_links;
    }
}

/// Counts what a text of an item holds. Nothing of it is changed.
pub fn content_hits(text: &str, old: &OldTenant) -> ContentHits {
    let plain = percent_decoded(text);
    let mut hits = ContentHits::default();
    for word in words(&plain) {
        if old.is_id(word) {
            hits.tenant_ids += 1;
        } else if old.has_app(word) {
            hits.app_ids += 1;
        } else if old.owns(word) && word.contains('@') {
            hits.addresses += 1;
        } else if old.owns(word) {
            hits.domains += 1;
        }
    }
    let lower = plain.to_ascii_lowercase();
    for (at, _) in lower.match_indices("teams.microsoft.com/l/meetup-join/") {
        // The link ends where a quote, a bracket or a space would; the tenant stands in its context.
        let rest = &lower[at..];
        let end = rest.find(['<', '>', ' ', '\n', '\r']).unwrap_or(rest.len());
        let wanted = format!("\"tid\":\"{}\"", old.tenant_id.to_ascii_lowercase());
        if !old.tenant_id.is_empty() && rest[..end].contains(&wanted) {
            hits.join_links += 1;
        }
    }
    hits
}

/// Percent escapes resolved; one that is none stays as it is. Links hide ids in them.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let escaped = digits
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        plain.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).replace("&quot;", "\"")
}

/// S24. Guests, apps, rules and shares have rows of their own: here it is what else says who somebody is.
pub(super) fn leftovers(look: &mut Look<'_>) {
    const FIELDS: [&str; 6] = [
        "mail",
        "proxyAddresses",
        "otherMails",
        "imAddresses",
        "onPremisesUserPrincipalName",
        "onPremisesDomainName",
    ];
    let old = &look.expected().old;
    for path in ["/users", "/groups"] {
        for row in look.list(path) {
            let upn = row.text("userPrincipalName").unwrap_or_default();
            let is_guest = row.text("userType") == Some("Guest") || upn.contains("#EXT#");
            if is_guest {
                continue;
            }
            for field in FIELDS {
                for text in row.texts(field) {
                    if names(text, old) {
                        look.fail(row.name(), format!("{field} is {text}"));
                    }
                }
            }
        }
    }
    let content: u64 = look
        .evidence()
        .graph
        .iter()
        .filter_map(|(_, answer)| match answer {
            Answer::Said { body, .. } => Some(inert(body, old)),
            _ => None,
        })
        .sum();
    look.note(format!("{content} inert hits in names and descriptions"));
}

/// Hits in the fields of an answer that people write.
fn inert(value: &Value, old: &OldTenant) -> u64 {
    let mut count = 0;
    walk(value, "", 0, &mut |place, text| {
        let field = place.rsplit('.').next().unwrap_or(place);
        if CONTENT.contains(&field) && names(text, old) {
            count += 1;
        }
    });
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn old() -> OldTenant {
        OldTenant {
            tenant_id: "11111111-aaaa-4aaa-8aaa-111111111111".to_owned(),
            domains: vec!["old.example".to_owned()],
            moved: Vec::new(),
            app_ids: vec!["99999999-0000-4000-8000-000000000001".to_owned()],
            thumbprints: vec!["AB12CD34".to_owned()],
        }
    }

    #[test]
    fn identity_and_content_are_told_apart() {
        let group = json!({
            "displayName": "friends of old.example",
            "mail": "team@new.example",
            "proxyAddresses": ["smtp:team@mail.old.example", "SMTP:team@new.example"],
            "securityIdentifier": "11111111-AAAA-4aaa-8aaa-111111111111",
        });
        let found = tokens_in(&group, &old());
        let places: Vec<&str> = found.iter().map(|token| &*token.place).collect();
        assert_eq!(places, ["proxyAddresses", "securityIdentifier"]);
        assert_eq!(inert(&group, &old()), 1);
    }

    #[test]
    fn look_alikes_are_left_alone() {
        for text in [
            "a@bold.example",
            "old.example.net",
            "golden.example",
            "11111111-aaaa-4aaa-8aaa-111111111112",
        ] {
            assert!(!names(text, &old()), "{text}");
        }
        for text in [
            "https://old.example/x",
            "<a@old.example>",
            "mallory_old.example#EXT#@new.example",
        ] {
            assert!(names(text, &old()), "{text}");
        }
    }

    #[test]
    fn join_links_are_flagged_escaped_or_not() {
        let escaped = "Join: https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=\
            %7b%22Tid%22%3a%2211111111-aaaa-4aaa-8aaa-111111111111%22%2c%22Oid%22%3a%22x%22%7d>";
        let hits = content_hits(escaped, &old());
        assert_eq!((hits.join_links, hits.tenant_ids), (1, 1));
        let other = escaped.replace("11111111-aaaa", "22222222-aaaa");
        assert_eq!(content_hits(&other, &old()), ContentHits::default());
        let text = "write to bob@old.example, see www.old.example. 100% of it";
        let hits = content_hits(text, &old());
        assert_eq!((hits.addresses, hits.domains, hits.join_links), (1, 1, 0));
    }
}
