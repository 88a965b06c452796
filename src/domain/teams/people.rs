//! Who somebody of the old tenant is in the clean one, by the identity map alone; nobody is found by a name that is shown.

use std::collections::HashMap;

use super::Person;

/// The row of the map that names whoever stands in for authors that nobody is mapped for.
pub(super) const STAND_IN: &str = "teams:stand-in";

/// The identity map, as far as authors and members need it.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// By the name in the source, in lower case: the object id in the clean tenant.
    users: HashMap<String, String>,
}

impl People {
    /// From pairs of the name in the source and the object id in the clean tenant.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let users = pairs.into_iter();
        let users = users.filter(|(_, id)| !id.is_empty() && !id.contains(':'));
        Self {
            users: users.map(|(name, id)| (name.to_lowercase(), id)).collect(),
        }
    }

    /// Somebody's object id in the clean tenant: by the old object id, else by the address.
    pub fn user(&self, person: &Person) -> Option<&str> {
        let of = |key: &str| {
            let key = Some(key).filter(|key| !key.is_empty())?;
            self.users.get(&key.to_lowercase())
        };
        of(&person.id)
            .or_else(|| of(&person.address))
            .map(String::as_str)
    }

    /// Whoever stands in for the others.
    pub fn stand_in(&self) -> Option<&str> {
        self.users.get(STAND_IN).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_id_or_address_and_never_by_name() {
        let pair = |name: &str, id: &str| (name.to_owned(), id.to_owned());
        let people = People::new([
            pair("Ada@old.example", "1"),
            pair("0-0-7", "2"),
            pair("Quay", "team-new:Quay"),
            pair(STAND_IN, "9"),
        ]);
        let person = |id: &str, name: &str, address: &str| Person {
            id: id.to_owned(),
            name: name.to_owned(),
            address: address.to_owned(),
        };
        assert_eq!(people.user(&person("x", "", "ada@OLD.example")), Some("1"));
        assert_eq!(people.user(&person("0-0-7", "Bo", "")), Some("2"));
        assert_eq!(people.user(&person("", "ada@old.example", "")), None);
        assert_eq!(people.user(&person("", "", "Quay")), None, "no person");
        assert_eq!(people.stand_in(), Some("9"));
        assert_eq!(People::default().stand_in(), None);
    }
}
