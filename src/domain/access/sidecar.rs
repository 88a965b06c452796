//! An access sidecar: who had access to what, for sources that do not carry it, as JSON or CSV. Whoever brings it answers for it.

mod forms;

use std::collections::BTreeMap;

use super::directory::{Directory, DirectoryError, PrincipalId, PrincipalKind, folded};
use super::level::{ItemKind, Level};
use super::tree::{Effect, Grant, GrantKind, Item, ItemId, Tree, TreeBuilder, TreeError};

pub use forms::{parse_csv, parse_json};

/// What a sidecar says.
#[derive(Clone, Debug)]
pub struct Sidecar {
    /// Its principals.
    pub directory: Directory,
    /// Its items and grants.
    pub tree: Tree,
    /// Where each item lies: its custodian and the path below what that custodian owns, empty for the whole of it.
    pub places: BTreeMap<(String, String), ItemId>,
}

/// Why a sidecar is refused; nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SidecarError {
    /// It is not JSON of its form.
    #[error("it does not have the form of an access sidecar: {0}")]
    Form(String),
    /// A row breaks a rule.
    #[error("{place}: {rule}")]
    Row {
        /// The line, or the item.
        place: String,
        /// The rule.
        rule: String,
    },
    /// A principal contradicts another row.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The items do not make a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// More than any library holds.
const ROWS_MAX: usize = 5_000_000;

/// One grant as a sidecar says it.
#[derive(Clone, Debug)]
struct SaidGrant {
    principal: PrincipalId,
    level: Level,
    effect: Effect,
    kind: GrantKind,
    expires: bool,
}

/// One item as a sidecar says it.
#[derive(Clone, Debug)]
struct SaidItem {
    kind: ItemKind,
    inherits: bool,
    is_known: bool,
    grants: Vec<SaidGrant>,
}

/// Takes rows in, whatever form they came in.
#[derive(Debug, Default)]
struct Rows {
    directory: Directory,
    items: BTreeMap<(String, Vec<String>), SaidItem>,
    count: usize,
}

fn refuse(place: &str, rule: impl Into<String>) -> SidecarError {
    SidecarError::Row {
        place: place.to_owned(),
        rule: rule.into(),
    }
}

/// A custodian who is spelled in two ways would have two trees, and what one of them closes the other would not.
fn check_one_spelling(
    items: &BTreeMap<(String, Vec<String>), SaidItem>,
) -> Result<(), SidecarError> {
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for (custodian, _) in items.keys() {
        let before = *known.entry(folded(custodian)).or_insert(custodian);
        if before != custodian {
            let rule = format!("is one custodian with {before}; spell both as the backup does");
            return Err(refuse(custodian, rule));
        }
    }
    Ok(())
}

impl Rows {
    fn principal(
        &mut self,
        place: &str,
        key: &str,
        kind: &str,
    ) -> Result<PrincipalId, SidecarError> {
        let kind = PrincipalKind::parse(kind)
            .ok_or_else(|| refuse(place, format!("{kind:?} is no kind of principal")))?;
        if key.trim() != key || key.is_empty() || key.len() > 1024 {
            return Err(refuse(
                place,
                "a key has 1 to 1024 bytes and no space around it",
            ));
        }
        Ok(self.directory.add(key, kind)?)
    }

    fn path(place: &str, path: &str) -> Result<Vec<String>, SidecarError> {
        let trimmed = path.trim_matches('/');
        if trimmed.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = trimmed.split('/').map(str::to_owned).collect();
        let is_bad = |name: &String| name.is_empty() || name == "." || name == "..";
        if names.iter().any(is_bad) || path.len() > 32_768 {
            return Err(refuse(
                place,
                "a path has names between single slashes, and no . or ..",
            ));
        }
        Ok(names)
    }

    /// The item at a path; one row may say it and others add grants to it, but none contradicts another.
    fn item(
        &mut self,
        place: &str,
        (custodian, path): (&str, &str),
        (kind, inherits, is_known): (&str, bool, bool),
    ) -> Result<&mut SaidItem, SidecarError> {
        self.count += 1;
        if self.count > ROWS_MAX {
            return Err(refuse(place, "more than 5,000,000 rows"));
        }
        let kind = ItemKind::parse(kind)
            .ok_or_else(|| refuse(place, format!("{kind:?} is no kind of item")))?;
        let names = Self::path(place, path)?;
        if custodian.is_empty() {
            return Err(refuse(place, "an item has a custodian"));
        }
        let said = SaidItem {
            kind,
            inherits: inherits && !names.is_empty(),
            is_known,
            grants: Vec::new(),
        };
        let key = (custodian.to_owned(), names);
        let item = self.items.entry(key).or_insert_with(|| said.clone());
        let same = (item.kind, item.inherits, item.is_known);
        if same != (said.kind, said.inherits, said.is_known) {
            return Err(refuse(
                place,
                "another row says something else of the same item",
            ));
        }
        Ok(item)
    }

    /// Items in their order; what lies between and nobody mentions is a folder that takes over what is above.
    fn build(mut self) -> Result<Sidecar, SidecarError> {
        let mut tree = TreeBuilder::default();
        let mut places: BTreeMap<(String, Vec<String>), ItemId> = BTreeMap::new();
        let items = std::mem::take(&mut self.items);
        check_one_spelling(&items)?;
        let kind_of = |custodian: &str, names: &[String]| {
            let key = (custodian.to_owned(), names.to_vec());
            items.get(&key).map(|item| item.kind)
        };
        for ((custodian, names), said) in &items {
            for depth in 0..=names.len() {
                let key = (custodian.clone(), names[..depth].to_vec());
                if places.contains_key(&key) {
                    continue;
                }
                let own = (depth == names.len()).then_some(said);
                let parent = depth.checked_sub(1).map(|above| {
                    let above = (custodian.clone(), names[..above].to_vec());
                    places[&above]
                });
                let kind = match (kind_of(custodian, &names[..depth]), depth) {
                    (Some(kind), _) => kind,
                    (None, 0) => ItemKind::Library,
                    (None, _) => ItemKind::Folder,
                };
                let custodians = match depth {
                    0 => vec![self.directory.add(custodian, PrincipalKind::User)?],
                    _ => Vec::new(),
                };
                let id = tree.item(Item {
                    key: names[..depth].last().map_or("", String::as_str).into(),
                    parent,
                    kind,
                    inherits: own.is_none_or(|own| own.inherits),
                    is_known: own.is_none_or(|own| own.is_known),
                    custodians,
                })?;
                places.insert(key, id);
            }
            let item = places[&(custodian.clone(), names.clone())];
            for grant in &said.grants {
                tree.grant(Grant {
                    item,
                    principal: grant.principal,
                    level: grant.level,
                    effect: grant.effect,
                    kind: grant.kind,
                    expires: grant.expires,
                });
            }
        }
        let places = places.into_iter();
        Ok(Sidecar {
            directory: self.directory,
            tree: tree.build(),
            places: places
                .map(|((custodian, names), id)| ((custodian, names.join("/")), id))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"format":"unbroken-access/1",
      "principals":[{"key":"team","kind":"group","members":["bob@old"]},
                    {"key":"bob@old","kind":"user"}],
      "items":[
        {"custodian":"ann@old","path":"a/b.txt","kind":"file","inherits":false,
         "grants":[{"principal":"team","level":"write"},
                   {"principal":"bob@old","level":"write","effect":"deny"}]},
        {"custodian":"ann@old","path":"a","kind":"folder",
         "grants":[{"principal":"team","level":"read"}]}]}"#;

    const CSV: &str = "custodian,path,kind,inherits,principal,principal_kind,\
        level,effect,via,expires\n\
        ,team,member,,bob@old,user,,,,\n\
        ann@old,a,folder,yes,team,group,read,,,\n\
        ann@old,a/b.txt,file,no,team,group,write,,,\n\
        ann@old,a/b.txt,file,no,bob@old,user,write,deny,direct,no\n";

    #[test]
    fn both_forms_say_the_same() {
        let json = parse_json(JSON).expect("good");
        let csv = parse_csv(CSV).expect("good");
        for sidecar in [&json, &csv] {
            assert_eq!(sidecar.places.len(), 3, "the drive itself is there");
            let file = sidecar.places[&("ann@old".to_owned(), "a/b.txt".to_owned())];
            assert!(!sidecar.tree.item(file).inherits);
            assert_eq!(sidecar.tree.own_grants(file).len(), 2);
            let team = sidecar.directory.find("team").expect("there");
            assert_eq!(sidecar.directory.principal(team).members.len(), 1);
            let root = sidecar.tree.root_of(file);
            let owner = sidecar.tree.item(root).custodians[0];
            assert_eq!(sidecar.directory.principal(owner).key, "ann@old");
        }
        let grants = |sidecar: &Sidecar| {
            let grants = sidecar.tree.grants().iter();
            let key = |id| sidecar.directory.principal(id).key.clone();
            let mut all: Vec<_> = grants
                .map(|grant| (grant.item, key(grant.principal), grant.level, grant.effect))
                .collect();
            all.sort();
            all
        };
        assert_eq!(grants(&json), grants(&csv));
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_its_place() {
        let header = CSV.lines().next().expect("a header");
        for (row, place) in [
            ("ann@old,a/../b,file,no,,,,,,", "line 2"),
            ("ann@old,a,shelf,no,,,,,,", "line 2"),
            ("ann@old,a,file,maybe,,,,,,", "line 2"),
            ("ann@old,a,file,no,bob,user,delegate,,,", "line 2"),
            (",a,file,no,bob,user,read,,,", "line 2"),
            ("ann@old,a,file,no,bob,person,read,,,", "line 2"),
            (
                "ann@old,a,file,no,bob,user,read,,,\nann@old,a,file,yes,eve,user,read,,,",
                "line 3",
            ),
        ] {
            let error = parse_csv(&format!("{header}\n{row}\n")).expect_err(row);
            assert!(error.to_string().starts_with(place), "{row}: {error}");
        }
        assert!(parse_csv("custodian,path\n").is_err());
        for bad in [
            "",
            "{}",
            "[1]",
            r#"{"format":"unbroken-access/2","principals":[],"items":[]}"#,
        ] {
            assert!(parse_json(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_custodian_is_spelled_in_one_way() {
        let other = CSV.replace("ann@old,a/b.txt", "Ann@old,a/b.txt");
        let error = parse_csv(&other).expect_err("two spellings");
        assert!(error.to_string().contains("one custodian with"), "{error}");
        let all = CSV.replace("ann@old", "Ann@old");
        assert!(parse_csv(&all).is_ok());
        // Letters that look alike are other letters, and so is another custodian.
        let cyrillic = CSV.replace("ann@old,a/b.txt", "\u{430}nn@old,a/b.txt");
        assert!(parse_csv(&cyrillic).is_ok());
    }

    #[test]
    fn whatever_comes_in_is_read_or_refused_and_never_ends_the_program() {
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).expect("32 bits") % below
        };
        let pieces = [
            "\"", ",", "\n", "/", "..", "\u{0}", "\u{430}", "{", "]", "null", "group", "deny",
        ];
        let mut read = 0;
        for _ in 0..20_000 {
            let is_json = next(2) == 0;
            let mut text: Vec<char> = if is_json { JSON } else { CSV }.chars().collect();
            for _ in 0..next(4) {
                let at = next(text.len());
                let upto = (at + next(9)).min(text.len());
                let piece = pieces[next(pieces.len())].chars();
                text.splice(at..upto, piece);
            }
            let text: String = text.into_iter().collect();
            let sidecar = if is_json {
                parse_json(&text)
            } else {
                parse_csv(&text)
            };
            if let Ok(sidecar) = sidecar {
                read += 1;
                let membership = crate::domain::access::Membership::of(&sidecar.directory);
                assert_eq!(sidecar.places.len(), sidecar.tree.len());
                assert!(membership.count() <= sidecar.directory.len());
            }
        }
        assert!(read > 1_000, "{read}");
    }
}
