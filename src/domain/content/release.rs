//! Letting held items pass: which reasons people may release and which nobody may, and what exactly is approved. Pure.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Class;
use crate::domain::approval::Approval;
use crate::domain::certificate::SIGNERS_MIN;
use crate::domain::item::{Digest, ItemKey};
use crate::domain::pseudonym::Pseudonym;
use crate::domain::refusal::Refusal;

/// It answers a message of a team or chat that is held itself.
pub const ANSWERS_HELD: &str = "answers-held-message";

/// Reasons that two other people may let pass. Everything else stays held: what is on a list of known-bad digests is known; what
/// no scanner saw is looked at again by the next `restore`, not waved through; whoever is not mapped is mapped; a rule of a
/// mailbox is persistence; for the rest the new tenant has no form.
pub const RELEASABLE: [&str; 10] = [
    "added-in-breach-window",
    ANSWERS_HELD,
    "changed-in-breach-window",
    "content-archive",
    "content-encrypted",
    "content-executable",
    "content-macro",
    "content-malware",
    "content-not-whole",
    "team-held",
];
/// Items of one release at most: the event stays well below 45,000 bytes, and a person can still look at what they approve.
pub const ITEMS_MAX: usize = 200;

/// Public data of `ItemsReleased/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemsReleased {
    /// Whose they are.
    pub custodian: Pseudonym,
    /// What was approved: the digest of [`words`].
    pub digest: String,
    /// The items, sorted.
    pub items: Vec<Pseudonym>,
    /// The proposal that it rests on.
    pub proposal: String,
    /// What is let pass, sorted; found for anything else, an item is held again.
    pub reasons: Vec<String>,
    /// The sight of each item that the gate looked into, by place in `items`; [`PLANNED`] and [`planned_sight`] of one that a plan
    /// holds and nobody looked into; empty where what belongs together is held together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sights: Vec<String>,
}

/// Facts of `ItemsReleased/1`; they concern the custodian.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFacts {
    /// Why, in the words of whoever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What stands in the record of an item that was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The proposal that the newest one rests on.
    pub proposal: String,
    /// What is let pass.
    pub reasons: Vec<String>,
    /// What the signers of the newest one saw; nothing that the gate found is let pass for anything else.
    pub sight: Option<String>,
    /// The content that a plan held, as the signers knew it; no other is written instead of it.
    pub planned: Option<String>,
}

/// Before a sight of what a plan holds.
pub const PLANNED: &str = "plan:";

/// The content that a plan names, under the item's key: the digests of the item and of its older versions, oldest first. Another
/// plan with the same content has the same.
pub fn planned_sight<'a>(key: &ItemKey, digests: impl IntoIterator<Item = &'a str>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("any length is a key");
    mac.update(b"unbroken/planned/v1\n");
    for digest in digests {
        // One a line: a digest is hex and holds none.
        mac.update(digest.as_bytes());
        mac.update(b"\n");
    }
    Digest(mac.finalize().into_bytes().into()).to_string()
}

/// What was looked at and what was found, under the item's key: it says nothing to whoever has no key, and is equal only for equal
/// content with equal findings.
pub fn sight(key: &ItemKey, seen: Digest) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("any length is a key");
    mac.update(b"unbroken/sight/v1\n");
    mac.update(&seen.0);
    Digest(mac.finalize().into_bytes().into()).to_string()
}

impl Release {
    /// Whether it was given for what is seen now.
    pub fn is_for(&self, sight: Option<&str>) -> bool {
        self.sight.is_some() && self.sight.as_deref() == sight
    }

    /// Whether an item that a plan holds may be written: for the reason, and with the content that was released.
    pub fn lets_write(&self, reason: &str, planned: Option<&str>) -> bool {
        self.covers(reason) && planned.is_some() && self.planned.as_deref() == planned
    }

    /// Whether it covers a reason.
    pub fn covers(&self, reason: &str) -> bool {
        self.reasons.iter().any(|own| own == reason)
    }

    /// The classes of the content gate that it lets pass.
    pub fn classes(&self) -> Vec<Class> {
        let classes = self.reasons.iter();
        classes
            .filter_map(|reason| Class::of_reason(reason))
            .collect()
    }
}

/// What the signers of a release approve: the digest of exactly these words. It is used before the proposal ends.
pub fn words(
    custodian: &Pseudonym,
    items: &[Pseudonym],
    sights: &[String],
    reasons: &[String],
    why: &str,
) -> String {
    let items: Vec<&str> = items.iter().map(Pseudonym::as_str).collect();
    let sights: Vec<&str> = sights.iter().map(|sight| or_none(sight)).collect();
    format!(
        "release: custodian {custodian}, items {}, as seen {}, reasons {}, {} bytes {why}\n",
        items.join(" "),
        sights.join(" "),
        reasons.join(" "),
        why.len()
    )
}

fn or_none(sight: &str) -> &str {
    if sight.is_empty() { "none" } else { sight }
}

/// Whether a release may be recorded, as far as it goes without the items' own state.
pub(in crate::domain) fn check(
    data: &ItemsReleased,
    facts: &ReleaseFacts,
    approval: &Approval,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let is_sorted = data.items.windows(2).all(|two| two[0] < two[1])
        && data.reasons.windows(2).all(|two| two[0] < two[1]);
    if data.items.is_empty()
        || data.items.len() > ITEMS_MAX
        || data.sights.len() != data.items.len()
        || data.reasons.is_empty()
        || !is_sorted
    {
        return Err(Refusal::ReleaseForm);
    }
    let never = data
        .reasons
        .iter()
        .find(|reason| !RELEASABLE.contains(&&***reason));
    if let Some(never) = never {
        return Err(Refusal::NeverReleased(never.clone()));
    }
    // What was approved is these very words, whatever the event claims.
    if data.digest != digest(data, facts) {
        return Err(Refusal::ReleaseDigest);
    }
    approval.check(&data.digest, SIGNERS_MIN, now)
}

fn digest(data: &ItemsReleased, facts: &ReleaseFacts) -> String {
    let why = facts.why.as_deref().unwrap_or_default();
    let words = words(
        &data.custodian,
        &data.items,
        &data.sights,
        &data.reasons,
        why,
    );
    Digest(Sha256::digest(words.as_bytes()).into()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(items: &[&str], reasons: &[&str]) -> ItemsReleased {
        let name = |text: &&str| Pseudonym::parse(text).expect("a pseudonym");
        let mut data = ItemsReleased {
            custodian: name(&"ann"),
            digest: String::new(),
            items: items.iter().map(name).collect(),
            proposal: "p".to_owned(),
            reasons: reasons.iter().map(|text| (*text).to_owned()).collect(),
            sights: items.iter().map(|_| "seen".to_owned()).collect(),
        };
        data.digest = digest(&data, &why("looked at"));
        data
    }

    fn why(text: &str) -> ReleaseFacts {
        ReleaseFacts {
            why: Some(text.to_owned()),
        }
    }

    fn approval(approved: &[&str]) -> Approval {
        Approval {
            proposal: "p".to_owned(),
            digest: release(&["i1", "i2"], &["content-macro"]).digest,
            requester: "p1".to_owned(),
            approved: approved.iter().map(|text| (*text).to_owned()).collect(),
            expires: DateTime::<Utc>::MAX_UTC,
            ..Approval::default()
        }
    }

    #[test]
    fn two_others_release_what_may_be_released_and_nothing_else() {
        let now = DateTime::UNIX_EPOCH;
        let macros = release(&["i1", "i2"], &["content-macro"]);
        let two = approval(&["p2", "p3"]);
        let check = |data: &ItemsReleased, approval: &Approval, now| {
            check(data, &why("looked at"), approval, now)
        };
        assert_eq!(check(&macros, &two, now), Ok(()));
        // The approved digest beside other items, other reasons or another why.
        for other in [
            release(&["i1", "i3"], &["content-macro"]),
            release(&["i1", "i2"], &["content-malware"]),
        ] {
            let claims = ItemsReleased {
                digest: macros.digest.clone(),
                ..other
            };
            assert_eq!(check(&claims, &two, now), Err(Refusal::ReleaseDigest));
        }
        let mut other = macros.clone();
        other.sights[0] = "seen later".to_owned();
        assert_eq!(check(&other, &two, now), Err(Refusal::ReleaseDigest));
        other.sights.pop();
        assert_eq!(check(&other, &two, now), Err(Refusal::ReleaseForm));
        let reason = super::check(&macros, &why("another"), &two, now);
        assert_eq!(reason, Err(Refusal::ReleaseDigest));
        for few in [&["p2"][..], &["p1", "p2"], &[]] {
            let refused = check(&macros, &approval(few), now);
            assert!(
                matches!(refused, Err(Refusal::TooFewApprovals { .. })),
                "{few:?}"
            );
        }
        for never in [
            "content-known-bad",
            "content-not-scanned",
            "inbox-rule",
            "access-open",
            "custodian-not-mapped",
            "narrower-than-its-place",
            "made-up",
        ] {
            let refused = check(&release(&["i1"], &[never]), &two, now);
            assert_eq!(refused, Err(Refusal::NeverReleased(never.to_owned())));
        }
        for bad in [
            release(&[], &["content-macro"]),
            release(&["i2", "i1"], &["content-macro"]),
            release(&["i1", "i1"], &["content-macro"]),
            release(&["i1"], &[]),
        ] {
            assert_eq!(check(&bad, &two, now), Err(Refusal::ReleaseForm), "{bad:?}");
        }
    }

    #[test]
    fn what_is_signed_says_item_by_item_what_was_seen() {
        let of = |items: &[&str], sights: &[&str]| {
            let names = items.iter().map(|text| Pseudonym::parse(text));
            let names: Vec<Pseudonym> = names.map(|name| name.expect("a pseudonym")).collect();
            let sights: Vec<String> = sights.iter().map(|text| (*text).to_owned()).collect();
            let reasons = ["content-macro", "team-held"].map(str::to_owned);
            words(&names[0], &names, &sights, &reasons, "looked at")
        };
        // Approvals rest on these very words: another spelling makes every one of them void.
        assert_eq!(
            of(&["i1", "i2", "i3"], &["ab", "plan:cd", ""]),
            "release: custodian i1, items i1 i2 i3, as seen ab plan:cd none, \
             reasons content-macro team-held, 9 bytes looked at\n"
        );
        let one = of(&["i1", "i2"], &["ab", "cd"]);
        assert_ne!(
            one,
            of(&["i1", "i2"], &["cd", "ab"]),
            "each sight has its item"
        );
        assert_ne!(one, of(&["i1", "i2"], &["plan:ab", "cd"]));
    }

    #[test]
    fn a_plan_with_other_content_has_another_sight() {
        let key = ItemKey([7; 32]);
        let of = |digests: &[&str]| planned_sight(&key, digests.iter().copied());
        let one = of(&["aa", "bb"]);
        assert_eq!(one, of(&["aa", "bb"]));
        for other in [&["aa"][..], &["bb", "aa"], &["aabb"], &["aa", "bb", "cc"]] {
            assert_ne!(one, of(other), "{other:?}");
        }
        assert_ne!(one, planned_sight(&ItemKey([8; 32]), ["aa", "bb"]));
        let looked = sight(&key, Digest([0; 32]));
        assert_ne!(looked, of(&[&"00".repeat(32)]), "of two kinds");
    }

    #[test]
    fn no_word_of_a_release_can_pass_for_another() {
        let name = |text: &str| Pseudonym::parse(text).expect("a pseudonym");
        let of = |items: &[&str], why: &str| {
            let items: Vec<Pseudonym> = items.iter().map(|text| name(text)).collect();
            let sights = vec!["seen".to_owned(); items.len()];
            words(
                &name("ann"),
                &items,
                &sights,
                &["content-macro".to_owned()],
                why,
            )
        };
        assert_ne!(of(&["i1"], "x"), of(&["i1", "i2"], "x"));
        assert_ne!(of(&["i1"], "x"), of(&["i1"], "y"));
    }
}
