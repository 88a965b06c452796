//! Random tenants as the program takes them: one backup of their drives, one access sidecar, one map, and a clean tenant in which
//! their people and groups are. What the program does with it is asked elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use m365_simulator::{Faults, Planted};
use serde_json::{Value, json};
use unbroken::domain::access::{
    Fate, IdentityMap, IdentityRow, ItemId, ItemKind, Limits, Mapping, Membership, PrincipalKind,
};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, ParentReference,
    PointTag, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;

use super::Planned;
use super::tenants::{ATenant, MapKind, NEW_SITES, item_id};
use crate::case::Case;
use crate::tampering::forge::put;

/// Sees drives by office: where it stands on a drive's root, whatever takes over from there lets it in too.
pub(super) const OFFICE: &str = "office@clean.example";
/// Lies in each folder, so that the backup has the folder; the sidecar does not name it.
const KEPT: &str = "keep.txt";
const POINT: &str = "2026-04-01";

/// A drive of a tenant that is restored.
pub(super) struct Drive {
    /// Of which tenant of the batch.
    pub(super) tenant: usize,
    /// The custodian in the source.
    pub(super) source: String,
    /// The owner in the clean tenant.
    pub(super) owner: String,
    /// What lies at a path of the owner's drive.
    pub(super) place: BTreeMap<String, ItemId>,
    /// Whether somebody stands on its root by office.
    pub(super) has_office: bool,
}

/// Several tenants in one.
pub(super) struct Batch {
    pub(super) case: Case,
    /// Each with its seed.
    pub(super) tenants: Vec<(u64, Planned)>,
    pub(super) drives: Vec<Drive>,
}

/// The names from the top down to an item, and the item that is the whole.
pub(super) fn names(tenant: &ATenant, item: usize) -> (usize, Vec<String>) {
    let (mut names, mut at) = (Vec::new(), item);
    while let Some(parent) = tenant.items[at].parent {
        // An item of a list is named by its number there.
        let is_item = tenant.items[at].kind == ItemKind::ListItem;
        names.push(if is_item {
            at.to_string()
        } else {
            format!("i{at}")
        });
        at = parent;
    }
    names.reverse();
    (at, names)
}

/// The custodian of an item, as the source names it, and the item's path.
pub(super) fn place(tenant: &ATenant, item: usize) -> (String, String) {
    let (root, names) = names(tenant, item);
    let custodian = tenant.items[root].custodian.expect("of a root");
    (tenant.principals[custodian].key.clone(), names.join("/"))
}

/// The items that are the drive of a person.
pub(super) fn drive_roots(tenant: &ATenant) -> impl Iterator<Item = usize> {
    let roots = 0..tenant.items.len();
    roots.filter(|at| {
        let item = &tenant.items[*at];
        item.parent.is_none() && item.kind == ItemKind::Library
    })
}

impl Batch {
    /// So many tenants with a drive, from a seed on, and a case in which nothing is restored.
    pub(super) fn new(first: u64, count: usize, kind: MapKind) -> Self {
        let case = Case::without_quotas(Faults::none());
        assert!(case.inspect().add_user(OFFICE, "Office"));
        let seeds = (first..).map(|seed| (seed, ATenant::random(seed, false)));
        let with_drive = seeds.filter(|(_, tenant)| drive_roots(tenant).next().is_some());
        let tenants: Vec<(u64, Planned)> = with_drive
            .take(count)
            .map(|(seed, tenant)| {
                let tenant = tenant.prefixed(&format!("t{seed}-"));
                let map = peopled(&case, &tenant, &tenant.map(kind, seed));
                let name = format!("seed {seed}, {kind:?}");
                (seed, Planned::new(tenant, map, Limits::GRAPH_ALONE, &name))
            })
            .collect();
        let mut batch = Self {
            case,
            tenants,
            drives: Vec::new(),
        };
        batch.find_drives();
        batch.write_backup();
        batch.write_sidecar();
        batch.write_maps();
        batch
    }

    fn find_drives(&mut self) {
        for (at, (seed, planned)) in self.tenants.iter().enumerate() {
            for root in drive_roots(&planned.tenant) {
                if !planned.plan.is_written(item_id(root)) {
                    continue;
                }
                let drive = drive(planned, at, root, seed % 3 == 0);
                if drive.has_office {
                    let office = Planted::Person(OFFICE.to_owned());
                    assert!(self.case.inspect().let_in(&drive.owner, "", &office, true));
                }
                self.drives.push(drive);
            }
        }
    }

    /// Every drive, those among them of whom nobody in the clean tenant is the owner.
    fn write_backup(&self) {
        let drives = self.tenants.iter().flat_map(|(_, planned)| {
            drive_roots(&planned.tenant).map(move |root| (&planned.tenant, root))
        });
        let drives: Vec<(&ATenant, usize)> = drives.collect();
        let name = |(tenant, root): &(&ATenant, usize)| place(tenant, *root).0;
        let tags = drives.iter().zip(1..).map(|(drive, number)| CustodianTag {
            name: name(drive),
            id: format!("00000000-0000-4000-8000-{number:012}"),
            index: format!("c{number:04}"),
        });
        let point = PointTag {
            id: POINT.to_owned(),
            taken: taken(),
        };
        let tag = Tag::new(
            FidelityName::OriginalBytes,
            EvidenceTag::default(),
            vec![point],
            tags.collect(),
        );
        let mut writer = ArchiveWriter::create(&self.case.source(), tag).expect("begun");
        for drive in &drives {
            let entries = files(&mut writer, drive.0, drive.1);
            let point = RestorePointId(POINT.to_owned());
            let written = writer.index(&point, &CustodianName(name(drive)), &entries);
            written.expect("written");
        }
        writer.finish().expect("finished");
    }

    fn write_sidecar(&self) {
        let tenants = || self.tenants.iter().map(|(_, planned)| &planned.tenant);
        let principals: Vec<Value> = tenants().flat_map(principal_rows).collect();
        let items: Vec<Value> = tenants().flat_map(item_rows).collect();
        let sidecar = json!({
            "format": "unbroken-access/1", "principals": principals, "items": items,
        });
        put(
            &self.case.path("access.json"),
            sidecar.to_string().as_bytes(),
        );
    }

    fn write_maps(&self) {
        let mut map = "source,target,kind,fate\n".to_owned();
        for row in self.tenants.iter().flat_map(|(_, one)| one.map.rows()) {
            map += &row_of_map(row);
        }
        put(&self.case.path("principals.csv"), map.as_bytes());
        let rows = self.drives.iter();
        let rows = rows.map(|drive| format!("{},{}\n", drive.source, drive.owner));
        let custodians = format!("source,target\n{}", rows.collect::<String>());
        put(&self.case.path("map.csv"), custodians.as_bytes());
    }
}

fn taken() -> DateTime<Utc> {
    DateTime::from_timestamp(1_775_000_000, 0).expect("a time")
}

fn drive(planned: &Planned, tenant: usize, root: usize, has_office: bool) -> Drive {
    let source = &planned.tenant;
    let custodian = source.items[root].custodian.expect("of a root");
    let target = planned.mapping.target_of(super::tenants::id(custodian));
    let target = target.expect("written for somebody");
    let mut place = BTreeMap::new();
    for item in 0..source.items.len() {
        let (of, names) = names(source, item);
        if of != root {
            continue;
        }
        let names = names.iter().map(|name| format!("/{name}"));
        let path = names.collect::<String>();
        if source.items[item].kind.is_container() {
            place.insert(format!("{path}/{KEPT}"), item_id(item));
        }
        place.insert(path, item_id(item));
    }
    Drive {
        tenant,
        source: source.principals[custodian].key.clone(),
        owner: planned.mapping.target().principal(target).key.clone(),
        place,
        has_office,
    }
}

/// Makes everybody in the clean tenant whom the map names; the same map, with groups by their object ids there.
pub(super) fn peopled(case: &Case, tenant: &ATenant, map: &IdentityMap) -> IdentityMap {
    let directory = tenant.directory();
    let mapping = Mapping::new(&directory, &Membership::of(&directory), map);
    let target = mapping.target();
    let mut groups = BTreeMap::new();
    for (_, principal) in target.iter() {
        let key = &principal.key;
        let is_new = match principal.kind {
            PrincipalKind::User if key.starts_with(NEW_SITES) => continue,
            PrincipalKind::User => case.inspect().add_user(key, "The same name"),
            PrincipalKind::Guest => case.inspect().add_guest(key),
            PrincipalKind::Group => {
                let id = case.inspect().add_group(key, &[]);
                groups.insert(key.to_lowercase(), id).is_none()
            }
            _ => continue,
        };
        assert!(is_new, "{key}");
    }
    let name = |key: &String| groups.get(&key.to_lowercase()).unwrap_or(key).clone();
    for (_, group) in target.iter() {
        let Some(id) = groups.get(&group.key.to_lowercase()) else {
            continue;
        };
        for member in &group.members {
            let member = name(&target.principal(*member).key);
            assert!(case.inspect().add_member(id, &member), "{member}");
        }
    }
    let rows = map.rows().cloned().map(|mut row| {
        if let Fate::Mapped { target, .. } = &mut row.fate {
            *target = name(target);
        }
        row
    });
    IdentityMap::new(rows.collect()).expect("each key once")
}

pub(super) fn row_of_map(row: &IdentityRow) -> String {
    let (target, kind, fate) = match &row.fate {
        Fate::Departed => ("", PrincipalKind::User, "departed"),
        Fate::ServiceAccount => ("", PrincipalKind::User, "service-account"),
        Fate::Mapped {
            target,
            kind,
            is_approved_external,
        } if *is_approved_external => (&**target, *kind, "external-approved"),
        Fate::Mapped { target, kind, .. } => (&**target, *kind, "mapped"),
    };
    format!("{},{target},{},{fate}\n", row.source, kind.name())
}

fn files(writer: &mut ArchiveWriter, tenant: &ATenant, root: usize) -> Vec<Entry> {
    let inside = 0..tenant.items.len();
    let inside = inside.filter(|item| names(tenant, *item).0 == root);
    let files = inside.map(|item| {
        let (_, mut folders) = names(tenant, item);
        let name = if tenant.items[item].kind.is_container() {
            KEPT.to_owned()
        } else {
            folders.pop().expect("a file lies in something")
        };
        let id = format!("{}-{item}-{name}", tenant.principals[0].key);
        Entry::Files(FileEntry {
            object: writer.object(id.as_bytes()).expect("stored"),
            id,
            name,
            parent_reference: ParentReference { path: folders },
            file_system_info: FileSystemInfo {
                created_date_time: Some(taken()),
                last_modified_date_time: Some(taken()),
            },
            permissions: Vec::new(),
            versions: Vec::new(),
        })
    });
    files.collect()
}

pub(super) fn principal_rows(tenant: &ATenant) -> Vec<Value> {
    let key = |at: &usize| tenant.principals[*at].key.clone();
    let rows = tenant.principals.iter().map(|principal| {
        let mut row = json!({"key": principal.key, "kind": principal.kind.name()});
        if principal.kind.is_group() && principal.members_known {
            let members: BTreeSet<String> = principal.members.iter().map(key).collect();
            row["members"] = json!(members);
        }
        row
    });
    rows.collect()
}

pub(super) fn item_rows(tenant: &ATenant) -> Vec<Value> {
    let rows = tenant.items.iter().enumerate().map(|(at, item)| {
        let (custodian, path) = place(tenant, at);
        let grants = tenant.grants.iter().filter(|grant| grant.item == at);
        let grants = grants.map(|grant| {
            json!({
                "principal": tenant.principals[grant.principal].key,
                "level": grant.level.name(),
                "effect": if grant.is_deny { "deny" } else { "allow" },
                "via": if grant.is_link { "link" } else { "direct" },
                "expires": grant.expires,
            })
        });
        json!({
            "custodian": custodian, "path": path, "kind": item.kind.name(),
            "inherits": item.inherits, "known": item.is_known,
            "grants": grants.collect::<Vec<_>>(),
        })
    });
    rows.collect()
}
