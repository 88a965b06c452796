//! The sanitiser: what of a mailbox sends mail away, hides it or lets somebody in (rules, forwarding, delegates, permissions), each
//! with the reason for which it is held. Pure. Nothing of it is ever written to a tenant, in whatever state: a rule that is made
//! switched off is switched on by one click, and whoever was in the old tenant knows which one.

mod rule;

pub use rule::{Action, Folder, Rule};

/// Something of a mailbox that is no item, as a source holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Mail of the whole mailbox goes on to somebody: `ForwardingSmtpAddress` and `ForwardingAddress` of Exchange.
    Forwarding {
        /// To whom.
        to: Vec<String>,
    },
    /// Somebody may open the mailbox, a folder of it, or send in its name: a delegate or a permission.
    Grant {
        /// Who, as the old tenant named them.
        who: String,
    },
    /// An inbox rule.
    Rule(Rule),
}

/// Why something is held, from the worst down. A rule that does several things is held for the worst of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hazard {
    /// It sends mail to somebody outside of the old organisation.
    RuleSendsOutside,
    /// It deletes mail.
    RuleDeletes,
    /// It puts mail where nobody looks, or out of sight as it comes.
    RuleHides,
    /// It sends mail on within the old organisation.
    RuleSendsOn,
    /// It does something that is not known here.
    RuleUnknown,
    /// It sorts or marks mail, and no more.
    RuleSorts,
    /// All mail goes to somebody outside.
    ForwardsOutside,
    /// All mail goes on to somebody within.
    ForwardsOn,
    /// Somebody from outside, or anybody at all, may use the mailbox.
    OpenToOutside,
    /// Somebody of the old organisation may use the mailbox.
    OpenToOthers,
}

impl Hazard {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::RuleSendsOutside,
        Self::RuleDeletes,
        Self::RuleHides,
        Self::RuleSendsOn,
        Self::RuleUnknown,
        Self::RuleSorts,
        Self::ForwardsOutside,
        Self::ForwardsOn,
        Self::OpenToOutside,
        Self::OpenToOthers,
    ];

    /// The reason that the record names; docs/fidelity.md says more of each.
    pub fn reason(self) -> &'static str {
        match self {
            Self::RuleSendsOutside => "rule-sends-mail-outside",
            Self::RuleDeletes => "rule-deletes-mail",
            Self::RuleHides => "rule-hides-mail",
            Self::RuleSendsOn => "rule-sends-mail-on",
            Self::RuleUnknown => "rule-not-known",
            Self::RuleSorts => "rule-sorts-mail",
            Self::ForwardsOutside => "forwarding-outside",
            Self::ForwardsOn => "forwarding-on",
            Self::OpenToOutside => "mailbox-open-to-outside",
            Self::OpenToOthers => "mailbox-open-to-others",
        }
    }
}

/// What the old organisation's addresses end with.
#[derive(Clone, Debug, Default)]
pub struct Inside(Vec<String>);

impl Inside {
    /// From its domains, or from addresses in them.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let domain = |name: &str| {
            let domain = name.rsplit('@').next().unwrap_or_default();
            domain.trim().to_ascii_lowercase()
        };
        let mut domains: Vec<String> = names.into_iter().map(domain).collect();
        domains.retain(|domain| domain.contains('.'));
        domains.sort();
        domains.dedup();
        Self(domains)
    }

    /// Whether an address is in one of them, letter by letter: a subdomain is another domain, and so is one that only looks alike.
    /// What is no SMTP address is outside.
    pub fn holds(&self, address: &str) -> bool {
        let address = address.trim();
        let scheme = address
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("smtp:"));
        let plain = if scheme { &address[5..] } else { address };
        let Some((local, domain)) = plain.rsplit_once('@') else {
            return false;
        };
        let domain = domain.trim_end_matches('>').to_ascii_lowercase();
        !local.is_empty() && self.0.binary_search(&domain).is_ok()
    }
}

/// Why it is held; everything is, for one reason or another.
pub fn hazard(setting: &Setting, inside: &Inside) -> Hazard {
    match setting {
        Setting::Forwarding { to } => {
            let is_inside = !to.is_empty() && to.iter().all(|address| inside.holds(address));
            if is_inside {
                Hazard::ForwardsOn
            } else {
                Hazard::ForwardsOutside
            }
        }
        Setting::Grant { who } if inside.holds(who) => Hazard::OpenToOthers,
        Setting::Grant { .. } => Hazard::OpenToOutside,
        Setting::Rule(rule) => rule.hazard(inside),
    }
}

#[cfg(test)]
mod tests;
