//! Directory, policies and settings of the tenant, as answers by path and as sections of an export; written from the documentation.
//!
//! A clean tenant is built first; then faults, backdoors and look-alikes are planted into it by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

mod alike;
mod apps;
mod exports;
mod groups;
pub(crate) mod people;
mod planted;
mod planting;
mod policies;
mod settings;

/// Who and what the directory is made for.
#[derive(Clone, Debug)]
pub struct Names {
    /// The tenant's GUID.
    pub tenant_id: String,
    /// Its default domain.
    pub domain: String,
    /// Its users: object id and principal name.
    pub users: Vec<(String, String)>,
    /// The compromised tenant's GUID, for what is planted.
    pub old_tenant_id: String,
    /// The compromised tenant's domain.
    pub old_domain: String,
}

/// What Graph and an export would say.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Who it was made for.
    pub names: Names,
    /// Bodies of answers, by path below `/v1.0`. What is not here is not there: 404.
    pub answers: BTreeMap<String, Value>,
    /// Rows of an administrator's export, by the noun of the cmdlet.
    pub exports: BTreeMap<String, Vec<Value>>,
}

impl Directory {
    /// A tenant as it should be.
    pub fn clean(names: Names) -> Self {
        let mut directory = Self {
            names,
            answers: BTreeMap::new(),
            exports: BTreeMap::new(),
        };
        people::add(&mut directory);
        policies::add(&mut directory);
        apps::add(&mut directory);
        groups::add(&mut directory);
        settings::add(&mut directory);
        exports::add(&mut directory);
        directory
    }

    /// Every fault, backdoor and look-alike that can be planted.
    pub fn plants() -> Vec<&'static str> {
        let all = planted::PLANTS.iter().chain(alike::LOOK_ALIKES);
        all.map(|(name, _)| *name).collect()
    }

    /// The look-alikes among them: a clean tenant may have each.
    pub fn look_alikes() -> Vec<&'static str> {
        alike::LOOK_ALIKES.iter().map(|(name, _)| *name).collect()
    }

    /// Plants one; false when there is none of that name.
    pub fn plant(&mut self, name: &str) -> bool {
        let mut all = planted::PLANTS.iter().chain(alike::LOOK_ALIKES);
        let found = all.find(|(known, _)| *known == name);
        if let Some((_, plant)) = found {
            plant(self);
        }
        found.is_some()
    }

    fn say(&mut self, path: impl Into<String>, body: Value) {
        self.answers.insert(path.into(), body);
    }

    fn say_rows(&mut self, path: impl Into<String>, rows: Vec<Value>) {
        let mut body = json!({});
        body["value"] = Value::Array(rows);
        self.say(path, body);
    }

    /// The rows of a collection, for what is planted.
    fn rows(&mut self, path: &str) -> &mut Vec<Value> {
        let answer = self
            .answers
            .entry(path.to_owned())
            .or_insert_with(|| json!({ "value": [] }));
        match answer.get_mut("value") {
            Some(Value::Array(rows)) => rows,
            _ => panic!("{path} is a collection of the clean tenant"),
        }
    }

    /// The first row whose field has a value.
    fn row(&mut self, path: &str, field: &str, value: &str) -> &mut Value {
        let rows = self.rows(path).iter_mut();
        let mut fitting = rows.filter(|row| row.get(field).and_then(Value::as_str) == Some(value));
        fitting
            .next()
            .unwrap_or_else(|| panic!("{path} has {field} {value}"))
    }

    /// One object.
    fn one(&mut self, path: &str) -> &mut Value {
        self.answers
            .get_mut(path)
            .unwrap_or_else(|| panic!("{path} is in the clean tenant"))
    }

    /// Rows of the export.
    fn export(&mut self, noun: &str) -> &mut Vec<Value> {
        self.exports.entry(noun.to_owned()).or_default()
    }

    fn upn(&self, name: &str) -> String {
        format!("{name}@{}", self.names.domain)
    }
}

/// A GUID of the simulated tenant, by a small number: the same in every run.
fn id(group: u16, number: u16) -> String {
    format!("5171{group:04x}-0000-4000-8000-00000000{number:04x}")
}
