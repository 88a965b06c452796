//! Notices of what waits on a person: what the record says of them, and whom they never go to. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::declaration::old_tenant;
use super::event::{Event, NoFacts};
use super::evidence::OldTenant;
use super::pseudonym::Pseudonym;
use super::separation::search::names;

/// Public data of `NoticeAttempted/1`: it stands before the notice leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeAttempted {
    /// The notice.
    pub notice: Pseudonym,
    /// How many of each kind wait.
    pub waiting: BTreeMap<String, u64>,
}

/// Public data of `NoticeEnded/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeEnded {
    /// Whether whoever listens there took it.
    pub delivered: bool,
    /// The notice.
    pub notice: Pseudonym,
    /// The last HTTP status; 0 when no answer came.
    pub status: u16,
    /// How often it was tried.
    pub tries: u32,
}

/// What the record takes about notices.
#[derive(Clone, Debug, PartialEq)]
pub enum NoticeCommand {
    /// One is about to leave.
    Attempt(NoticeAttempted),
    /// What became of it.
    End(NoticeEnded),
}

impl NoticeCommand {
    pub(super) fn event(self) -> Event {
        let no_facts = Box::new(NoFacts {});
        match self {
            Self::Attempt(data) => Event::NoticeAttempted(Box::new(data), no_facts),
            Self::End(data) => Event::NoticeEnded(Box::new(data), no_facts),
        }
    }
}

/// Why a notice does not go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotThere {
    /// The attacker would read it.
    #[error(
        "it lies in the compromised tenant or one of its domains: whoever is in there reads it"
    )]
    OldTenant,
    /// It is no address.
    #[error("it is no address of one mailbox, such as jane@acme.example")]
    NoAddress,
}

/// The compromised tenant, as far as it is known: pinned, or as it was declared. A domain that has moved stays kept out here: where
/// its mail goes by now cannot be seen.
pub fn kept_out(case: &Case) -> OldTenant {
    let mut old = case
        .gates
        .pinned
        .as_ref()
        .map(|pinned| old_tenant(pinned, &[]))
        .unwrap_or_default();
    let declared = case.declared.as_ref();
    let declared = declared.and_then(|(_, facts)| facts.source_tenant.clone());
    match declared {
        Some(name) if name.contains('.') => old.domains.push(name),
        Some(id) if old.tenant_id.is_empty() => old.tenant_id = id,
        _ => {}
    }
    old
}

/// Whether a mail may go to an address.
pub fn check_address(address: &str, old: &OldTenant) -> Result<(), NotThere> {
    let is_plain = |text: &str| {
        let may =
            |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
        !text.is_empty() && text.bytes().all(may)
    };
    let parts: Vec<&str> = address.split('@').collect();
    let [local, domain] = parts[..] else {
        return Err(NotThere::NoAddress);
    };
    if !is_plain(local) || !is_plain(domain) || !domain.contains('.') {
        return Err(NotThere::NoAddress);
    }
    if names(address, old) {
        return Err(NotThere::OldTenant);
    }
    Ok(())
}

/// Whether a webhook may lie there: nowhere in its address does it name the compromised tenant. Teams names the tenant in the
/// host (`acme.webhook.office.com`), Power Automate by its id in the path.
pub fn check_webhook(url: &str, old: &OldTenant) -> Result<(), NotThere> {
    let lower = url.to_ascii_lowercase();
    let host = lower.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let first = host.split('.').next().unwrap_or_default();
    let is_first = |domain: &String| {
        let name = domain.to_ascii_lowercase();
        name.strip_suffix(".onmicrosoft.com")
            .is_some_and(|name| name == first)
    };
    let is_office = host
        .split(':')
        .next()
        .unwrap_or_default()
        .ends_with(".office.com");
    let id = old.tenant_id.to_ascii_lowercase();
    let has_id = !id.is_empty() && (lower.contains(&id) || lower.contains(&id.replace('-', "")));
    if has_id || names(&lower, old) || (is_office && old.domains.iter().any(is_first)) {
        return Err(NotThere::OldTenant);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old() -> OldTenant {
        OldTenant {
            tenant_id: "11111111-aaaa-4aaa-8aaa-111111111111".to_owned(),
            domains: vec![
                "old.example".to_owned(),
                "oldcorp.onmicrosoft.com".to_owned(),
            ],
            ..OldTenant::default()
        }
    }

    #[test]
    fn nobody_in_the_old_tenant_is_told_anything() {
        for address in [
            "a@old.example",
            "a@mail.OLD.example",
            "a@oldcorp.onmicrosoft.com",
        ] {
            assert_eq!(
                check_address(address, &old()),
                Err(NotThere::OldTenant),
                "{address}"
            );
        }
        for address in ["a@bold.example", "jane.doe+x@acme.example"] {
            assert_eq!(check_address(address, &old()), Ok(()), "{address}");
        }
        for address in [
            "",
            "a",
            "a@b",
            "a b@c.example",
            "a@c.example\r\nBcc: x@y.example",
            "<a@b.c>",
        ] {
            assert_eq!(
                check_address(address, &old()),
                Err(NotThere::NoAddress),
                "{address:?}"
            );
        }
        for url in [
            "https://hooks.old.example/x",
            "https://user@old.example:444/",
            "https://oldcorp.webhook.office.com/webhookb2/1",
            "https://x.example/webhookb2/2@11111111-AAAA-4aaa-8aaa-111111111111/IncomingWebhook",
            "https://default11111111aaaa4aaa8aaa111111111111.api.powerplatform.com/x",
        ] {
            assert_eq!(
                check_webhook(url, &old()),
                Err(NotThere::OldTenant),
                "{url}"
            );
        }
        for url in [
            "https://hooks.slack.example/services/T/B/x",
            "https://acme.webhook.office.com/1",
        ] {
            assert_eq!(check_webhook(url, &old()), Ok(()), "{url}");
        }
    }
}
