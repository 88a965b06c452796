//! What the plans in force say of the lists of a site and their items, and where those stand in the tenant: found by the item key
//! that each carries, never by a title.

use std::collections::BTreeMap;

use super::super::patience::patiently;
use super::super::target_meaning;
use super::on_site::Place;
use crate::domain::item::{ItemKey, Workload};
use crate::domain::plan::PlanRow;
use crate::error::{Error, ErrorKind, Result};
use crate::targets::graph::{Graph, Securable};
use crate::targets::{Target, TargetId, TargetUser};

/// One custodian's lists by the paths that a sidecar has: a list by its name, an item below it by its number in the old list.
#[derive(Default)]
pub(super) struct KnownLists {
    /// Whether something of the list was restored.
    lists: BTreeMap<String, bool>,
    /// The keys of the items of that number, and whether each was restored.
    items: BTreeMap<String, Vec<(ItemKey, bool)>>,
}

/// Where a path stands.
pub(super) enum Listed {
    /// No plan has it.
    Unknown,
    /// What was restored of it, and whatever else carries its key or its name.
    There {
        restored: Option<Place>,
        beside: Vec<Place>,
    },
    /// The record has it as restored, and the tenant does not.
    Gone,
}

impl KnownLists {
    /// Takes in a row of a plan, as far as `is_named` says that the sidecar names it.
    pub(super) fn add(
        &mut self,
        row: &PlanRow,
        is_restored: bool,
        is_named: &dyn Fn(&str) -> bool,
    ) {
        let ([list], Some(key)) = (&row.folder.below[..], row.item_key()) else {
            return;
        };
        if row.workload != Workload::Lists.name() {
            return;
        }
        if is_named(list) {
            *self.lists.entry(list.clone()).or_default() |= is_restored;
        }
        // In the source an item is named by its list and its number there.
        let number = row.stable_id.rsplit('/').next().unwrap_or_default();
        let path = format!("{list}/{number}");
        if is_named(&path) {
            let known = self.items.entry(path).or_default();
            known.retain(|(other, _)| *other != key);
            known.push((key, is_restored));
        }
    }

    /// Finds a list.
    pub(super) async fn list(
        &self,
        target: &Graph,
        owner: &TargetUser,
        name: &str,
    ) -> Result<Listed> {
        let Some(is_restored) = self.lists.get(name) else {
            return Ok(Listed::Unknown);
        };
        let found = named(target, owner, name).await?;
        let place = found.map(|list| place(list, None));
        Ok(match (is_restored, place) {
            (true, None) => Listed::Gone,
            (true, restored) => Listed::There {
                restored,
                beside: Vec::new(),
            },
            (false, place) => Listed::There {
                restored: None,
                beside: place.into_iter().collect(),
            },
        })
    }

    /// Finds an item of a list.
    pub(super) async fn item(
        &self,
        target: &Graph,
        owner: &TargetUser,
        path: &str,
    ) -> Result<Listed> {
        let Some(known) = self.items.get(path) else {
            return Ok(Listed::Unknown);
        };
        let (name, _) = path.rsplit_once('/').unwrap_or_default();
        let is_restored = known.iter().any(|(_, restored)| *restored);
        let Some(list) = named(target, owner, name).await? else {
            return Ok(gone_or_never(is_restored));
        };
        let (mut restored, mut beside) = (None, Vec::new());
        for (key, was_restored) in known {
            let ids = patiently(|| target.find_site_items(owner, &list, key)).await;
            for id in ids.map_err(target_meaning)? {
                let number = id.0.parse().map_err(|_| no_number(path))?;
                let place = place(list.clone(), Some(number));
                if *was_restored {
                    beside.extend(restored.replace(place));
                } else {
                    beside.push(place);
                }
            }
        }
        if is_restored && restored.is_none() {
            return Ok(Listed::Gone);
        }
        Ok(Listed::There { restored, beside })
    }
}

fn gone_or_never(is_restored: bool) -> Listed {
    if is_restored {
        return Listed::Gone;
    }
    Listed::There {
        restored: None,
        beside: Vec::new(),
    }
}

fn place(list: TargetId, number: Option<u32>) -> Place {
    let securable = Securable {
        list: list.0,
        number,
    };
    Place::Site(securable, None)
}

async fn named(target: &Graph, owner: &TargetUser, name: &str) -> Result<Option<TargetId>> {
    let found = patiently(|| target.list_named(owner, name)).await;
    found.map_err(target_meaning)
}

fn no_number(path: &str) -> Error {
    Error::new(
        ErrorKind::GateRefused,
        format!("{path}: stands in the list without a number"),
    )
    .hint("nothing was opened")
}
