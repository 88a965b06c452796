//! The simulator's own truth of lists, for tests: what is stored, and changes behind everybody's back.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::lists::List;
use crate::inspect::Inspect;
use crate::server::lock;

/// A list as it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct StoredList {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// `genericList`, `documentLibrary`.
    pub template: String,
    /// Its columns, as Graph gives them.
    pub columns: Vec<Value>,
    /// Its items, by number.
    pub items: Vec<StoredListItem>,
}

/// An item as it is stored.
#[derive(Clone, Debug, Serialize)]
pub struct StoredListItem {
    /// Its number.
    pub number: u32,
    /// Its fields, as Graph gives them.
    pub fields: Map<String, Value>,
    /// Names and SHA-256 of its files.
    pub attachments: Vec<(String, String)>,
}

impl StoredList {
    /// The item of that title.
    pub fn titled(&self, title: &str) -> Option<&StoredListItem> {
        let is_it = |item: &&StoredListItem| {
            let found = item.fields.get("Title");
            found.is_some_and(|found| found == title)
        };
        self.items.iter().find(is_it)
    }

    fn of(list: &List) -> Self {
        let items = list.items.iter().map(|(number, item)| {
            let files = item.attachments.iter();
            StoredListItem {
                number: *number,
                fields: item.fields.clone(),
                attachments: files
                    .map(|(name, bytes)| (name.clone(), hex(bytes)))
                    .collect(),
            }
        });
        Self {
            name: list.name.clone(),
            description: list.description.clone(),
            template: list.template.clone(),
            columns: list.columns.clone(),
            items: items.collect(),
        }
    }
}

impl Inspect {
    /// The lists of a site, by name.
    pub fn lists(&self, site: &str) -> Vec<StoredList> {
        let tenant = lock(&self.0.tenant);
        let place = tenant.user_index(site);
        let lists = place.map(|place| &tenant.users[place].lists.0);
        let mut all: Vec<StoredList> = lists.into_iter().flatten().map(StoredList::of).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The pages of a site, as Graph gives them whole.
    pub fn pages(&self, site: &str) -> Vec<Value> {
        let tenant = lock(&self.0.tenant);
        let place = tenant.user_index(site);
        let pages = place.map(|place| tenant.users[place].lists.2.values().cloned());
        pages.into_iter().flatten().collect()
    }

    /// Opens a site to people outside, as whoever owns it could; false where there is none.
    pub fn open_site(&self, site: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let place = tenant.user_index(site);
        place
            .map(|place| tenant.users[place].lists.1.shares = true)
            .is_some()
    }

    /// Nobody in a site can share it by e-mail any more; false where there is none.
    pub fn close_site(&self, site: &str) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let place = tenant.user_index(site);
        place
            .map(|place| tenant.users[place].lists.1.shares = false)
            .is_some()
    }

    /// Under which id the tenant shows what is in a site, or in a library of it by its name.
    pub fn site_id(&self, path: &str, library: Option<&str>) -> Option<String> {
        let tenant = lock(&self.0.tenant);
        let site = match library {
            Some(_) => format!("{}{path}", super::LIBRARY),
            None => path.to_owned(),
        };
        let is_it = |user: &&crate::tenant::User| {
            user.site.as_ref() == Some(&site)
                && library.is_none_or(|name| user.display_name == name)
        };
        tenant.users.iter().find(is_it).map(|user| user.id.clone())
    }

    /// Changes fields and files of a stored item behind everybody's back; false where there is none.
    pub fn change_list_item(
        &self,
        site: &str,
        (list, number): (&str, u32),
        change: impl FnOnce(&mut Map<String, Value>, &mut Vec<(String, Vec<u8>)>),
    ) -> bool {
        let mut tenant = lock(&self.0.tenant);
        let Some(place) = tenant.user_index(site) else {
            return false;
        };
        let mut lists = tenant.users[place].lists.0.iter_mut();
        let Some(list) = lists.find(|known| known.name == list) else {
            return false;
        };
        let item = list.items.get_mut(&number);
        item.map(|item| change(&mut item.fields, &mut item.attachments))
            .is_some()
    }
}

fn hex(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
