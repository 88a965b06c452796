//! What a list of access calls narrower than the place that it would lie in. Where several people are in that place, or come in by
//! the restore itself, it is held: they would see it from its first byte.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::access::{Effect, Sidecar};
use crate::domain::case::{Case, KnownCustodian, is_site};
use crate::domain::item::{CustodianName, Workload};
use crate::domain::plan::{Decision, NARROWER, PlanRow};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, ErrorKind, Result};

/// Paths as SharePoint takes them: in any case.
fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The narrower items of a list, by custodian and path.
#[derive(Debug, Default)]
pub(crate) struct Narrow {
    /// The list was brought; without one nothing is known to be narrower.
    is_brought: bool,
    paths: BTreeMap<String, BTreeSet<String>>,
    /// Those that a row of the plan has.
    found: BTreeSet<(String, String)>,
    held: u64,
}

impl Narrow {
    /// Whatever does not take over what lies above, and whatever denies somebody something.
    pub(crate) fn of(sidecar: &Sidecar) -> Self {
        let tree = &sidecar.tree;
        let denies = tree.grants().iter();
        let denies = denies.filter(|grant| grant.effect == Effect::Deny);
        let denies: BTreeSet<_> = denies.map(|grant| grant.item).collect();
        let mut narrow = Self {
            is_brought: true,
            ..Self::default()
        };
        for ((custodian, path), item) in &sidecar.places {
            let is_narrow = !tree.item(*item).inherits || denies.contains(item);
            // The whole of a place: who is in it was seen and is approved.
            if is_narrow && !path.is_empty() {
                let paths = narrow.paths.entry(folded(custodian)).or_default();
                paths.insert(folded(path));
            }
        }
        narrow
    }

    /// Holds the rows of a custodian that lie at or below such a path.
    pub(super) fn hold(&mut self, case: &Case, custodian: &Pseudonym, rows: &mut [PlanRow]) {
        let Some(known) = case.custodians.get(custodian) else {
            return;
        };
        let custodian = folded(known.facts.source_name.as_deref().unwrap_or_default());
        let Some(paths) = self.paths.get(&custodian) else {
            return;
        };
        if !is_seen_by_several(case, known) {
            // Its owner sees it either way, and nobody else before `access apply` closes it.
            let all = paths.iter().map(|path| (custodian.clone(), path.clone()));
            self.found.extend(all);
            return;
        }
        for row in rows {
            let above = steps(row).into_iter();
            let mut closed = above.filter(|path| paths.contains(path)).peekable();
            if closed.peek().is_none() {
                continue;
            }
            self.found
                .extend(closed.map(|path| (custodian.clone(), path)));
            if row.decision == Decision::Restore {
                row.decision = Decision::Hold;
                NARROWER.clone_into(&mut row.reason);
                self.held += 1;
            }
        }
    }

    /// How many rows are held; nothing where no list was brought. A path of a custodian of this plan that no row has is a mistake:
    /// spelled in another way than in the backup, the item would go into the place all the same.
    pub(super) fn held(&self, planned: &[CustodianName]) -> Result<Option<u64>> {
        let planned: BTreeSet<String> = planned.iter().map(|one| folded(&one.0)).collect();
        let all = self.paths.iter().filter(|(who, _)| planned.contains(*who));
        let mut all = all.flat_map(|(who, paths)| paths.iter().map(move |path| (who, path)));
        let missing = all.find(|(who, path)| {
            let place = ((*who).clone(), (*path).clone());
            !self.found.contains(&place)
        });
        if let Some((who, path)) = missing {
            let text = format!("{who}: {path}: the list of access closes it, and no item has it");
            return Err(Error::new(ErrorKind::GateRefused, text).hint(
                "spell it as the backup does (an item of a list by its number in the old list), or \
                 leave it out where it was not backed up; no plan was made",
            ));
        }
        Ok(self.is_brought.then_some(self.held))
    }
}

/// A team's and a chat's members come in by the restore; in a site are those whom the plan says, and where nobody could see who is
/// in, it counts as several.
fn is_seen_by_several(case: &Case, known: &KnownCustodian) -> bool {
    let target = known.facts.target_upn.as_deref().unwrap_or_default();
    if target.starts_with("team:") || target.starts_with("chat:") {
        return true;
    }
    let inside = case.sites.of(&known.facts);
    let inside = inside.and_then(|(_, site)| site.inside.as_ref());
    is_site(&known.facts) && inside.is_none_or(|names| names.len() > 1)
}

/// The path of an item and of everything that it lies in, as a list of access has them: a file by its name, an item of a list by
/// its number in the old list.
fn steps(row: &PlanRow) -> Vec<String> {
    let folders = &row.folder.below;
    let last = if row.workload == Workload::Files.name() {
        row.name.clone()
    } else if row.workload == Workload::Lists.name() {
        let number = row.stable_id.rsplit('/').next();
        number.unwrap_or_default().to_owned()
    } else {
        return Vec::new();
    };
    let mut steps = Vec::new();
    let mut path = String::new();
    for name in folders.iter().chain([&last]) {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&folded(name));
        steps.push(path.clone());
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::parse_csv;
    use crate::domain::event::{CustodianFacts, Event, SiteReady, SiteReadyFacts};
    use crate::projections::scripted::{name, row};

    const QUAY: &str = "https://clean.sharepoint.com/sites/quay";

    fn narrow() -> Narrow {
        let head = "custodian,path,kind,inherits,principal,principal_kind,level,effect,via,expires";
        let rows = [
            "quay,Pay,folder,no,eve@old,user,read,,,",
            "quay,Plans/open.txt,file,yes,eve@old,user,read,,,",
            "quay,Plans/denied.txt,file,yes,eve@old,user,read,deny,,",
            "quay,Defects/7,list-item,no,eve@old,user,read,,,",
        ];
        let text = format!("{head}\n{}\n", rows.join("\n"));
        Narrow::of(&parse_csv(&text).expect("a list"))
    }

    fn known(target: &str, id: &str) -> KnownCustodian {
        KnownCustodian {
            is_mapped: true,
            facts: CustodianFacts {
                source_name: Some("Quay".to_owned()),
                target_upn: Some(target.to_owned()),
                target_user_id: Some(id.to_owned()),
            },
        }
    }

    /// A case in which so many are in the site.
    fn case(inside: Option<&[&str]>) -> Case {
        let mut case = Case::default();
        let data = SiteReady {
            inside: inside.map(|names| names.len() as u64),
            libraries: 0,
            made: false,
            sharing_closed: true,
            site: name("s1"),
        };
        let names = inside.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let facts = SiteReadyFacts {
            address: Some(QUAY.to_owned()),
            inside: names,
            ..SiteReadyFacts::default()
        };
        case.evolve(&Event::SiteReady(Box::new(data), Box::new(facts)));
        case
    }

    fn rows() -> Vec<PlanRow> {
        let of = |workload: Workload, folder: &[&str], file: &str| {
            let mut row = row("a1", workload.name(), Decision::Restore);
            row.folder.below = folder.iter().map(|name| (*name).to_owned()).collect();
            row.name = file.to_owned();
            row.stable_id = format!("list/{file}");
            row
        };
        vec![
            of(Workload::Files, &["pay", "2026"], "slip.pdf"),
            of(Workload::Files, &["Payments"], "slip.pdf"),
            of(Workload::Files, &["Plans"], "open.txt"),
            of(Workload::Files, &["Plans"], "Denied.txt"),
            of(Workload::Lists, &["Defects"], "7"),
            of(Workload::Lists, &["Defects"], "77"),
        ]
    }

    fn held(case: &Case, known: &KnownCustodian) -> Vec<bool> {
        let (mut narrow, mut rows) = (narrow(), rows());
        let mut case = case.clone();
        case.custodians.insert(name("c1"), known.clone());
        narrow.hold(&case, &name("c1"), &mut rows);
        let held = rows
            .iter()
            .filter(|row| row.decision == Decision::Hold)
            .count() as u64;
        let planned = [CustodianName("quay".to_owned())];
        assert_eq!(narrow.held(&planned).expect("each has a row"), Some(held));
        rows.iter().map(|row| row.reason == NARROWER).collect()
    }

    #[test]
    fn what_was_narrower_is_held_where_several_see_it_from_its_first_byte_and_nowhere_else() {
        let narrower = [true, false, false, true, true, false];
        let site = known(QUAY, "site:1");
        let two: &[&str] = &["ann@x", "ben@x"];
        assert_eq!(held(&case(Some(two)), &site), narrower);
        assert_eq!(held(&case(None), &site), narrower, "nobody could see");
        let nobody = case(Some(&[]));
        assert_eq!(
            held(&nobody, &known("team:Quay 7", "team-new:Quay 7")),
            narrower
        );
        assert_eq!(held(&nobody, &known("chat:Two", "chat-new:Two")), narrower);
        let owner: &[&str] = &["ann@x"];
        assert_eq!(
            held(&case(Some(owner)), &site),
            [false; 6],
            "its owner alone"
        );
        assert_eq!(
            held(&nobody, &known("ann@x", "a1")),
            [false; 6],
            "a person's drive"
        );
    }

    #[test]
    fn a_path_that_no_row_has_refuses_the_plan_of_its_custodian() {
        let (mut narrow, mut rows) = (narrow(), rows());
        rows.truncate(4);
        let mut case = case(None);
        case.custodians.insert(name("c1"), known(QUAY, "site:1"));
        narrow.hold(&case, &name("c1"), &mut rows);
        let quay = [CustodianName("QUAY".to_owned())];
        let error = narrow.held(&quay).expect_err("the list item has none");
        assert_eq!(error.kind(), ErrorKind::GateRefused);
        assert!(error.to_string().contains("defects/7"), "{error}");
        assert_eq!(narrow.held(&[]).expect("another's"), Some(2));
        let without = Narrow::default().held(&quay);
        assert_eq!(without.expect("nothing is known to be narrower"), None);
    }
}
