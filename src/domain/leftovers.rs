//! What is left of the compromised tenant in restored content: counted, never changed; old Teams join links are flagged. Pure.

pub mod urls;

use serde::{Deserialize, Serialize};

use super::pseudonym::Pseudonym;
use super::separation::search::ContentHits;

/// Public data of `LeftoversCounted/1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftoversCounted {
    /// Addresses and UPNs in its domains.
    pub addresses: u64,
    /// Ids of its apps.
    pub app_ids: u64,
    /// Its domains, without an address.
    pub domains: u64,
    /// Items with Teams join links into it.
    pub flagged: u64,
    /// Items with a hit of any kind.
    pub items: u64,
    /// Teams join links into it.
    pub join_links: u64,
    /// Restored items that hold no text that could be searched: pictures, programs, what is larger than is read.
    pub not_searched: u64,
    /// Restored items that were searched.
    pub searched: u64,
    /// Its GUID.
    pub tenant_ids: u64,
}

/// Facts of `LeftoversCounted/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftoverFacts {
    /// The flagged items; the first of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged: Option<Vec<Pseudonym>>,
}

impl LeftoversCounted {
    /// Takes in what an item's texts hold; whether it is flagged.
    pub fn take(&mut self, hits: ContentHits) -> bool {
        self.searched += 1;
        self.addresses += hits.addresses;
        self.app_ids += hits.app_ids;
        self.domains += hits.domains;
        self.join_links += hits.join_links;
        self.tenant_ids += hits.tenant_ids;
        self.items += u64::from(hits != ContentHits::default());
        self.flagged += u64::from(hits.join_links > 0);
        hits.join_links > 0
    }

    /// In a sentence, for people.
    pub fn words(&self) -> String {
        format!(
            "{} restored items searched, {} not: {} of them name the compromised tenant ({} \
             addresses, {} domains, {} tenant ids, {} app ids). All of it is text and opens \
             nothing; {} items hold Teams links into it ({} links): tell their owners",
            self.searched,
            self.not_searched,
            self.items,
            self.addresses,
            self.domains,
            self.tenant_ids,
            self.app_ids,
            self.flagged,
            self.join_links
        )
    }
}
