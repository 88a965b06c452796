//! Random sites through the program itself, from the backup to `access apply`, over HTTP: libraries, folders, files,
//! lists and items with nested groups, groups of the site, denies, links and broken inheritance. At no request is anybody
//! let in whom the old site did not, with a whole map all that can be expressed is there to the letter, and what is less
//! has a row.

use std::collections::BTreeMap;

use m365_simulator::Faults;
use serde_json::{Value, json};
use unbroken::domain::access::{ItemId, ItemKind, Limits};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, PointTag, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::batch::{item_rows, names, peopled, place, principal_rows, row_of_map};
use super::program::{empty, json_lines};
use super::site::{file, list_item};
use super::tenants::{ATenant, MapKind, NEW_SITES, OLD_SITES, item_id};
use super::{Planned, Seen};
use crate::case::Case;
use crate::tampering::forge::put;

/// Tenants of one case.
const TENANTS: usize = 12;
const KEPT: &str = "keep.txt";
/// Added to the place of a list: the number of an item in it that the sidecar does not name.
const UNNAMED: u32 = 9_000;
const SAID: &str = "--sidecar @access.json --map @principals.csv";
const POINT: &str = "2026-04-01";

/// A site of a tenant that is restored.
struct Site {
    /// Of which tenant.
    tenant: usize,
    root: usize,
    /// The end of its address, the same in both tenants.
    name: String,
    /// Under which the tenant shows it.
    id: String,
}

struct Sites {
    case: Case,
    tenants: Vec<(u64, Planned)>,
    all: Vec<Site>,
}

/// The tenant of a seed with its sites as custodians of themselves; `None` where it has none.
fn tenant(seed: u64) -> Option<ATenant> {
    let tenant = ATenant::random(seed, false).prefixed(&format!("t{seed}-"));
    let tenant = tenant.with_sites(&format!("t{seed}-"));
    let has_site = roots(&tenant).next().is_some();
    has_site.then_some(tenant)
}

fn roots(tenant: &ATenant) -> impl Iterator<Item = usize> {
    let all = 0..tenant.items.len();
    all.filter(|at| {
        let item = &tenant.items[*at];
        item.parent.is_none() && item.kind == ItemKind::Site
    })
}

/// The items of a site.
fn inside(tenant: &ATenant, root: usize) -> impl Iterator<Item = usize> {
    let all = 0..tenant.items.len();
    all.filter(move |at| names(tenant, *at).0 == root)
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("few")
}

impl Sites {
    fn new(first: u64, kind: MapKind) -> Self {
        let case = Case::without_quotas(Faults::none());
        let seeds = (first..).filter_map(|seed| Some((seed, tenant(seed)?)));
        let tenants = seeds.take(TENANTS).map(|(seed, tenant)| {
            let map = peopled(&case, &tenant, &tenant.map(kind, seed));
            let name = format!("seed {seed}, {kind:?}");
            (seed, Planned::new(tenant, map, Limits::GRAPH_ALONE, &name))
        });
        let tenants: Vec<(u64, Planned)> = tenants.collect();
        let mut all = Vec::new();
        for (tenant, (_, planned)) in tenants.iter().enumerate() {
            for root in roots(&planned.tenant) {
                let (source, _) = place(&planned.tenant, root);
                let name = source.strip_prefix(OLD_SITES).expect("a site").to_owned();
                let id = case.inspect().add_site(&format!("/sites/{name}"), &name);
                all.push(Site {
                    tenant,
                    root,
                    name,
                    id,
                });
            }
        }
        let sites = Self { case, tenants, all };
        sites.write_backup();
        sites.write_words();
        sites
    }

    fn write_backup(&self) {
        let tags = self.all.iter().zip(1..).map(|(site, at)| CustodianTag {
            name: format!("{OLD_SITES}{}", site.name),
            id: at.to_string(),
            index: format!("c{at:04}"),
        });
        let point = PointTag {
            id: POINT.to_owned(),
            taken: "2026-04-01T00:00:00Z".parse().expect("a time"),
        };
        let tag = Tag::new(
            FidelityName::OriginalBytes,
            EvidenceTag::default(),
            vec![point],
            tags.collect(),
        );
        let mut writer = ArchiveWriter::create(&self.case.source(), tag).expect("begun");
        for site in &self.all {
            let entries = entries(&mut writer, &self.tenants[site.tenant].1.tenant, site.root);
            let owner = CustodianName(format!("{OLD_SITES}{}", site.name));
            let written = writer.index(&RestorePointId(POINT.to_owned()), &owner, &entries);
            written.expect("written");
        }
        writer.finish().expect("finished");
    }

    /// The sidecar and both maps.
    fn write_words(&self) {
        let tenants = || self.tenants.iter().map(|(_, planned)| &planned.tenant);
        let principals: Vec<Value> = tenants().flat_map(principal_rows).collect();
        let items: Vec<Value> = tenants().flat_map(item_rows).collect();
        let sidecar = json!({
            "format": "unbroken-access/1", "principals": principals, "items": items,
        });
        let sidecar = sidecar.to_string();
        put(&self.case.path("access.json"), sidecar.as_bytes());
        let mut map = "source,target,kind,fate\n".to_owned();
        for row in self.tenants.iter().flat_map(|(_, one)| one.map.rows()) {
            map += &row_of_map(row);
        }
        put(&self.case.path("principals.csv"), map.as_bytes());
        let rows = self.all.iter().map(|site| {
            let name = &site.name;
            format!("{OLD_SITES}{name},{NEW_SITES}{name}\n")
        });
        let custodians = format!("source,target\n{}", rows.collect::<String>());
        put(&self.case.path("map.csv"), custodians.as_bytes());
    }

    fn run(&self) {
        let case = &self.case;
        case.connect("");
        for site in &self.all {
            // Nothing is planned for a site that nobody looked at.
            let name = &site.name;
            case.done(&format!(
                "target site CASE --address {NEW_SITES}{name} --title {name} \
                 --owner ada@clean.example SITES"
            ));
        }
        case.done("case map CASE --csv MAP SITES");
        case.plan();
        case.inspect().record_access();
        case.done("restore CASE --source SOURCE SITES --without-quotas");
        case.done(&format!("access propose CASE {SAID}"));
        case.done("access approve CASE --yes");
        case.done("access adopt CASE");
        let apply = format!("access apply CASE {SAID} SITES --without-quotas --json");
        let done: Vec<Value> = json_lines(&case.done(&apply)).collect();
        assert_eq!(done.len(), self.all.len(), "{done:?}");
        for one in &done {
            let counts = ["gained", "failed", "absent"].map(|name| one[name].as_u64());
            assert_eq!(counts, [Some(0); 3], "{one}");
        }
    }

    /// What lies at the paths of a site in the clean tenant.
    fn places(&self, site: &Site) -> BTreeMap<String, ItemId> {
        let tenant = &self.tenants[site.tenant].1.tenant;
        let lists = self.case.inspect().lists(&site.id);
        let mut found = BTreeMap::new();
        for at in inside(tenant, site.root) {
            let (_, names) = names(tenant, at);
            let path = names.iter().map(|name| format!("/{name}"));
            let path = path.collect::<String>();
            let listed = |list: &str, number: u32| {
                let known = lists.iter().find(|known| known.name == list);
                let item = known.expect("a list").titled(&format!("{list} {number}"));
                format!("/Lists/{list}/{}", item.expect("an item").number)
            };
            match tenant.items[at].kind {
                ItemKind::List => {
                    found.insert(format!("/Lists{path}"), item_id(at));
                    found.insert(listed(&names[0], UNNAMED + number(at)), item_id(at));
                }
                ItemKind::ListItem => {
                    found.insert(listed(&names[0], number(at)), item_id(at));
                }
                kind => {
                    if kind.is_container() {
                        found.insert(format!("{path}/{KEPT}"), item_id(at));
                    }
                    found.insert(path, item_id(at));
                }
            }
        }
        found
    }

    /// What the tenant allowed, by tenant of the source.
    fn seen(&self) -> Vec<Seen> {
        let mut all: Vec<Seen> = self.tenants.iter().map(|(_, one)| empty(one)).collect();
        // A site is nobody who gets at things.
        for seen in &mut all {
            seen.upn.retain(|name, _| !name.starts_with(NEW_SITES));
        }
        let mut tenant_of = BTreeMap::new();
        for site in &self.all {
            let owner = format!("{NEW_SITES}{}", site.name);
            let places = self.places(site).into_iter();
            let places = places.map(|(path, item)| ((owner.clone(), path), item));
            all[site.tenant].place.extend(places);
            tenant_of.insert(owner, site.tenant);
        }
        for change in self.case.inspect().access_history() {
            if let Some(tenant) = tenant_of.get(&change.owner) {
                all[*tenant].history.push(change);
            }
        }
        for (place, people) in self.case.inspect().effective_access() {
            if let Some(tenant) = tenant_of.get(&place.0) {
                all[*tenant].ends.insert(place, people);
            }
        }
        all
    }

    /// How many places of people were judged, on how many of them somebody is let in, and on how many somebody has less.
    fn judge(&self, is_whole: bool) -> [usize; 3] {
        let mut sum = [0; 3];
        for ((seed, planned), seen) in self.tenants.iter().zip(self.seen()) {
            assert!(
                seen.ends.keys().all(|place| seen.place.contains_key(place)),
                "seed {seed}"
            );
            planned.check_never_wider(&seen, *seed);
            sum[2] += planned.check_explained(&seen, *seed);
            if is_whole {
                sum[0] += planned.check_whole(&seen, *seed);
            }
            sum[1] += seen.ends.values().map(BTreeMap::len).sum::<usize>();
        }
        assert_eq!(self.case.verdict().kind, VerdictKind::Valid);
        sum
    }
}

/// What the backup holds of a site: a file in each folder and an item in each list beside those that the sidecar names.
fn entries(writer: &mut ArchiveWriter, tenant: &ATenant, root: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for at in inside(tenant, root) {
        let (_, mut names) = names(tenant, at);
        let kind = tenant.items[at].kind;
        entries.push(match kind {
            ItemKind::List => list_item(writer, (&names[0], UNNAMED + number(at))),
            ItemKind::ListItem => list_item(writer, (&names[0], number(at))),
            ItemKind::File => {
                let name = names.pop().expect("a name");
                file(writer, (&names, &name))
            }
            _ => file(writer, (&names, KEPT)),
        });
    }
    entries
}

fn by_the_program(kind: MapKind, first: u64) -> [usize; 3] {
    let sites = Sites::new(first, kind);
    sites.run();
    sites.judge(kind == MapKind::Whole)
}

#[test]
fn random_sites_with_a_whole_map_are_opened_to_the_letter_and_no_request_is_wider() {
    let [judged, let_in, _] = by_the_program(MapKind::Whole, 700_000);
    println!("{judged} places of people judged, {let_in} let in");
    assert!(judged > 500 && let_in > 50, "{judged} {let_in}");
}

#[test]
fn random_sites_with_missing_rows_and_hostile_maps_are_never_wider() {
    for (kind, first) in [
        (MapKind::Unmapped(50), 710_000),
        (MapKind::Hostile, 720_000),
    ] {
        let [_, _, less] = by_the_program(kind, first);
        assert!(less > 10, "{kind:?}: {less}");
    }
}
