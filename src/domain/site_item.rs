//! Items of lists and pages under one name: what a site keeps beside files; each kind has a file of its own.

use super::item::Workload;
use super::list_item::ListItem;
use super::message::{Attachment, Delta, Transform};

/// An item of a site that is not a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteItem {
    /// An item of a list.
    ListItem(Box<ListItem>),
}

impl SiteItem {
    /// The service that it belongs to.
    pub fn workload(&self) -> Workload {
        match self {
            Self::ListItem(_) => Workload::Lists,
        }
    }

    /// What was changed on purpose so far.
    pub fn transforms(&self) -> &[Transform] {
        match self {
            Self::ListItem(item) => &item.transforms,
        }
    }

    /// What the target cannot hold.
    pub fn deltas(&self) -> &[Delta] {
        match self {
            Self::ListItem(item) => &item.deltas,
        }
    }

    /// The files that come with it.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::ListItem(item) => &item.attachments,
        }
    }
}
