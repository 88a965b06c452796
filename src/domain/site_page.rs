//! A page of a site as we restore it and as we read it back: sections of web parts, each in a form that runs nothing and fetches
//! nothing.
//! <https://learn.microsoft.com/graph/api/resources/sitepage>

use std::collections::BTreeMap;

use super::message::{Delta, Transform};

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SitePage {
    /// What its name begins with in the target; our key follows.
    pub stem: String,
    /// What people see.
    pub title: String,
    /// From the top down.
    pub sections: Vec<Section>,
    /// What was changed on purpose so far.
    pub transforms: Vec<Transform>,
    /// What the target is not given of it.
    pub deltas: Vec<Delta>,
}

impl SitePage {
    /// The HTML of its text web parts, from the top down and from left to right.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let columns = self.sections.iter().flat_map(|section| &section.columns);
        columns
            .flat_map(|(_, parts)| parts)
            .filter_map(|part| match part {
                WebPart::Text(html) => Some(&**html),
                WebPart::Standard { .. } => None,
            })
    }
}

/// A section across the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Graph's word: `oneColumn`, `twoColumns`, …
    pub layout: &'static str,
    /// From left to right: a width of twelve, and what stands in it.
    pub columns: Vec<(u32, Vec<WebPart>)>,
}

/// A web part that has a safe form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebPart {
    /// One of Microsoft's that holds nothing but numbers.
    Standard {
        /// Which.
        kind: &'static StandardKind,
        /// Its settings that are numbers.
        numbers: BTreeMap<String, i64>,
    },
    /// Text, as HTML.
    Text(String),
}

/// A kind of web part that neither shows nor fetches anything from elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct StandardKind {
    /// Microsoft's id of it, lower case.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
}

/// All of them.
pub const SAFE_KINDS: [StandardKind; 2] = [
    StandardKind {
        id: "2161a1c6-db61-4731-b97c-3cdb303f7cbb",
        title: "Divider",
    },
    StandardKind {
        id: "8654b779-4886-46d4-8ffb-b5ed960ee986",
        title: "Spacer",
    },
];

/// The layouts of a section, with the widths of their columns.
pub const LAYOUTS: [(&str, &[u32]); 6] = [
    ("fullWidth", &[0]),
    ("oneColumn", &[12]),
    ("oneThirdLeftColumn", &[4, 8]),
    ("oneThirdRightColumn", &[8, 4]),
    ("threeColumns", &[4, 4, 4]),
    ("twoColumns", &[6, 6]),
];
