//! What an archive keeps of a site beside files: its lists, read once, and the digest that stands for an item with its list and
//! files.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::index::{Object, SiteEntry};
use crate::domain::item::Digest;
use crate::domain::list_item::Person;
use crate::domain::site_list::{ColumnKind, SiteList};
use crate::sources::site_json;

/// Lists by the digest of their JSON, or why one cannot be used.
#[derive(Debug, Default)]
pub(super) struct Lists {
    by_object: BTreeMap<Digest, Result<Arc<SiteList>, String>>,
    /// How many lists have to be there before the items of one of that name can point to theirs.
    depths: BTreeMap<String, usize>,
}

impl Lists {
    /// Reads every list that is named; two that have one id have one name.
    pub(super) fn read(objects: &BTreeMap<Digest, Result<Vec<u8>, String>>) -> Self {
        let whole = objects.values().filter_map(|bytes| bytes.as_ref().ok());
        let named = whole.filter_map(|bytes| site_json::named(bytes).ok());
        let names: BTreeMap<String, String> = named.map(|list| (list.id, list.name)).collect();
        let lists = objects.iter().map(|(digest, bytes)| {
            let bytes = bytes.as_ref().map_err(Clone::clone);
            let list = bytes.and_then(|bytes| site_json::list(bytes, &names));
            (*digest, list.map(Arc::new))
        });
        let by_object: BTreeMap<_, _> = lists.collect();
        let depths = depths(by_object.values().filter_map(|list| list.as_deref().ok()));
        Self { by_object, depths }
    }

    /// The list of an item; `None` where the backup holds none for it.
    pub(super) fn of(&self, entry: &SiteEntry) -> Option<&Result<Arc<SiteList>, String>> {
        self.by_object.get(&entry.list.as_ref()?.sha256)
    }

    /// Items of lists that others look up come first.
    pub(super) fn depth(&self, entry: &SiteEntry) -> usize {
        let list = self.of(entry).and_then(|list| list.as_ref().ok());
        list.and_then(|list| self.depths.get(&list.name))
            .copied()
            .unwrap_or_default()
    }
}

/// How deep each list stands above those that it looks up. Lists in a circle are as deep as there are lists, whichever comes
/// first: their items are written without the lookup and completed.
fn depths<'a>(lists: impl Iterator<Item = &'a SiteList>) -> BTreeMap<String, usize> {
    let mut above: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for list in lists {
        let looked_up = above.entry(&list.name).or_default();
        looked_up.extend(list.columns.iter().filter_map(|column| match &column.kind {
            ColumnKind::Lookup { list: of, .. } if *of != list.name => Some(of.as_str()),
            _ => None,
        }));
    }
    let mut depths: BTreeMap<String, usize> =
        above.keys().map(|name| ((*name).to_owned(), 0)).collect();
    for _ in 0..above.len() {
        for (name, below) in &above {
            let deepest = below.iter().filter_map(|of| depths.get(*of)).max();
            let depth = deepest.map_or(0, |depth| depth + 1).min(above.len());
            depths.insert((*name).to_owned(), depth);
        }
    }
    depths
}

/// SHA-256 that stands for an item of a list: its JSON, the columns of its list, its files and the people that it names. A
/// change in any of them is a change of the item.
pub(super) fn digest(entry: &SiteEntry, list: &SiteList) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"unbroken/list-item/v1\n");
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(&entry.object.sha256.0);
    part(&list.digest().0);
    for file in &entry.attachments {
        part(file.name.as_bytes());
        part(&file.object.sha256.0);
    }
    for person in &entry.people {
        part(&person.lookup_id.to_be_bytes());
        part(person.user_principal_name.as_bytes());
        part(person.display_name.as_bytes());
    }
    Digest(hash.finalize().into())
}

/// What is read into memory for an item.
pub(super) fn size(entry: &SiteEntry) -> u64 {
    let files = entry.attachments.iter().map(|file| file.object.size);
    files.fold(entry.object.size, u64::saturating_add)
}

/// The people that an item names, by their numbers.
pub(super) fn people(entry: &SiteEntry) -> BTreeMap<u32, Person> {
    let people = entry.people.iter().map(|person| {
        let known = Person {
            address: person.user_principal_name.clone(),
            name: person.display_name.clone(),
        };
        (person.lookup_id, known)
    });
    people.collect()
}

/// Every object that an entry names beside its own.
pub(super) fn further(entry: &SiteEntry) -> impl Iterator<Item = &Object> {
    let files = entry.attachments.iter().map(|file| &file.object);
    entry.list.iter().chain(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::site_list::Column;

    #[test]
    fn lists_that_are_looked_up_come_first_and_a_circle_ends() {
        let list = |name: &str, of: &[&str]| SiteList {
            name: name.to_owned(),
            columns: of
                .iter()
                .map(|of| Column {
                    source_name: (*of).to_owned(),
                    name: (*of).to_owned(),
                    title: (*of).to_owned(),
                    kind: ColumnKind::Lookup {
                        list: (*of).to_owned(),
                        is_many: false,
                    },
                })
                .collect(),
            ..SiteList::default()
        };
        let lists = [
            list("a", &["b", "a"]),
            list("b", &["c"]),
            list("c", &[]),
            list("x", &["y"]),
            list("y", &["x"]),
        ];
        let depths = depths(lists.iter());
        assert_eq!([depths["a"], depths["b"], depths["c"]], [2, 1, 0]);
        assert!(depths["x"] <= 5 && depths["y"] <= 5);
    }
}
