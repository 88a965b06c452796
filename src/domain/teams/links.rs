//! Links to the old tenant inside restored text: which there are, and where they lead now where that is known. Whoever follows one
//! that was left lands in the compromised tenant; so they are counted and listed.

use std::collections::BTreeSet;

/// What is known of places in both tenants.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The old place and the new one, both as URLs without a slash at the end.
    places: Vec<(String, String)>,
    hosts: BTreeSet<String>,
    tenant: String,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nowhere in the old tenant.
    Elsewhere,
    /// Into the old tenant; nothing of the kind is known in the new one.
    Left,
    /// To the same thing in the new tenant.
    Moved(String),
}

/// The links of one item, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundLinks {
    /// Into the old tenant, as they stand.
    pub left: BTreeSet<String>,
    /// Rewritten, as they were.
    pub moved: BTreeSet<String>,
}

impl Links {
    /// Hosts of the old tenant come from the places; `tenant` is its GUID, where it is known.
    pub fn new(places: impl IntoIterator<Item = (String, String)>, tenant: &str) -> Self {
        let mut links = Self {
            tenant: tenant.to_lowercase(),
            ..Self::default()
        };
        for (old, new) in places {
            links.add(&old, &new);
        }
        links
    }

    /// Another place; an empty new one only says that its host is the old tenant's.
    pub fn add(&mut self, old: &str, new: &str) {
        if let Some((host, _)) = split(old) {
            if let Some(name) = host.strip_suffix(".sharepoint.com") {
                let name = name.trim_end_matches("-my");
                self.hosts.insert(format!("{name}.sharepoint.com"));
                self.hosts.insert(format!("{name}-my.sharepoint.com"));
            }
            self.hosts.insert(host);
        }
        if !new.is_empty() {
            let place = |url: &str| url.trim_end_matches('/').to_owned();
            self.places.push((place(old), place(new)));
        }
    }

    /// Where a URL leads.
    pub fn look(&self, url: &str) -> Link {
        let Some((host, path)) = split(url) else {
            return Link::Elsewhere;
        };
        if !self.hosts.contains(&host) {
            let names_tenant = !self.tenant.is_empty() && url.to_lowercase().contains(&self.tenant);
            return if names_tenant {
                Link::Left
            } else {
                Link::Elsewhere
            };
        }
        let places = self.places.iter();
        let known =
            places.filter_map(|(old, new)| Some((old.len(), below(old, &host, path)?, new)));
        match known.max_by_key(|(length, ..)| *length) {
            // The rest of the path alone: a query may hold ids of the old tenant.
            Some((_, "", new)) => Link::Moved(new.clone()),
            Some((_, rest, new)) => Link::Moved(format!("{new}/{rest}")),
            None => Link::Left,
        }
    }

    /// The same, and kept in mind.
    pub fn follow(&self, url: &str, found: &mut FoundLinks) -> Option<String> {
        match self.look(url) {
            Link::Elsewhere => None,
            Link::Left => {
                found.left.insert(url.to_owned());
                None
            }
            Link::Moved(new) => {
                found.moved.insert(url.to_owned());
                Some(new)
            }
        }
    }
}

/// The host in lower case, and what follows it.
fn split(url: &str) -> Option<(String, &str)> {
    let at = url.find("://")?;
    let scheme = &url[..at];
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let rest = &url[at + 3..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_lowercase();
    (!host.is_empty()).then_some((host, &rest[end..]))
}

/// What of a path lies below a known place: compared name by name, without case and whatever is percent-encoded.
fn below<'a>(place: &str, host: &str, path: &'a str) -> Option<&'a str> {
    let (place_host, place_path) = split(place)?;
    if place_host != host {
        return None;
    }
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let mut rest = path.trim_start_matches('/');
    for name in place_path.split('/').filter(|name| !name.is_empty()) {
        let (own, more) = rest.split_once('/').unwrap_or((rest, ""));
        if decoded(own) != decoded(name) {
            return None;
        }
        rest = more;
    }
    // A way back up would lead out of the place.
    let is_up = |name: &str| [".", ".."].contains(&&*decoded(name));
    (!rest.split('/').any(is_up)).then_some(rest)
}

fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = (*first == b'%').then(|| name_of(more)).flatten();
        bytes.push(digits.unwrap_or(*first));
        rest = if digits.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).to_lowercase()
}

fn name_of(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let place = |old: &str, new: &str| (old.to_owned(), new.to_owned());
        Links::new(
            [
                place(
                    "https://old.sharepoint.com/sites/Quay",
                    "https://new.sharepoint.com/sites/quay/",
                ),
                place(
                    "https://old.sharepoint.com/sites/Quay/Shared Documents/General",
                    "https://new.sharepoint.com/sites/q-1/Shared%20Documents/General",
                ),
            ],
            "0AAA-1",
        )
    }

    #[test]
    fn the_longest_known_place_decides_and_a_query_is_dropped() {
        let moved = |url: &str| match links().look(url) {
            Link::Moved(new) => new,
            other => panic!("{url}: {other:?}"),
        };
        assert_eq!(
            moved(
                "https://OLD.sharepoint.com/sites/quay/Shared%20Documents/General/a%20b.docx?d=w1"
            ),
            "https://new.sharepoint.com/sites/q-1/Shared%20Documents/General/a%20b.docx"
        );
        assert_eq!(
            moved("https://old.sharepoint.com/sites/Quay/Lists/x"),
            "https://new.sharepoint.com/sites/quay/Lists/x"
        );
        assert_eq!(
            moved("https://old.sharepoint.com/sites/Quay"),
            "https://new.sharepoint.com/sites/quay"
        );
    }

    #[test]
    fn what_is_not_known_is_left_and_what_is_elsewhere_is_nobodys_business() {
        for left in [
            "https://old.sharepoint.com/:w:/s/Quay/Eabc",
            "https://old-my.sharepoint.com/personal/ada/Documents/x.docx",
            "https://old.sharepoint.com/sites/Quayside",
            "https://old.sharepoint.com/sites/Quay/../Hr/x",
            "https://old.sharepoint.com/sites/Quay/%2e%2E/Hr/x",
            "https://teams.microsoft.com/l/message/19:x/1?tenantId=0aaa-1",
        ] {
            assert_eq!(links().look(left), Link::Left, "{left}");
        }
        for other in [
            "https://example.com/old.sharepoint.com",
            "https://evil.example/@old.sharepoint.com/",
            "mailto:a@old.sharepoint.com",
            "old.sharepoint.com/sites/Quay",
        ] {
            assert_eq!(links().look(other), Link::Elsewhere, "{other}");
        }
        assert_eq!(
            links().look("https://x@old.sharepoint.com:443/a"),
            Link::Left
        );
    }
}
