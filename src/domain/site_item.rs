//! Items of lists and pages under one name: what a site keeps beside files; each kind has a file of its own.

use super::item::Workload;
use super::list_item::ListItem;
use super::message::{Attachment, Delta, Transform};
use super::site_page::SitePage;

/// An item of a site that is not a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteItem {
    /// An item of a list.
    ListItem(Box<ListItem>),
    /// A page.
    Page(Box<SitePage>),
}

impl SiteItem {
    /// The service that it belongs to.
    pub fn workload(&self) -> Workload {
        match self {
            Self::ListItem(_) => Workload::Lists,
            Self::Page(_) => Workload::Pages,
        }
    }

    /// What was changed on purpose so far.
    pub fn transforms(&self) -> &[Transform] {
        match self {
            Self::ListItem(item) => &item.transforms,
            Self::Page(page) => &page.transforms,
        }
    }

    /// What the target cannot hold.
    pub fn deltas(&self) -> &[Delta] {
        match self {
            Self::ListItem(item) => &item.deltas,
            Self::Page(page) => &page.deltas,
        }
    }

    /// The files that come with it.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::ListItem(item) => &item.attachments,
            Self::Page(_) => &[],
        }
    }
}
