//! Access of restored files: prepared from a sidecar and a map, found in the tenant, opened, read back, compared.

pub(crate) mod alone;
pub(crate) mod approval;
mod groups;
mod known;
mod listed;
pub(crate) mod located;
mod on_site;
pub(crate) mod opening;
pub(crate) mod queue;
pub(crate) mod readback;
pub(crate) mod spelled;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::access::{
    AccessPlan, IdentityMap, ItemId, Limits, Mapping, Membership, Outcome, PlanInput, Sidecar,
    parse_csv, parse_json, plan, prove,
};
use crate::domain::identity::parse_identities;
use crate::domain::item::Digest;
use crate::error::{Error, ErrorKind, Result};

/// Larger than the access of any tenant that a person could answer for.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// A proven plan and all that it was made from.
pub(crate) struct Prepared {
    pub(crate) sidecar: Sidecar,
    /// SHA-256 of the sidecar's file.
    pub(crate) sidecar_digest: Digest,
    /// The map.
    pub(crate) map: IdentityMap,
    /// SHA-256 of the rows of the map as it was given.
    pub(crate) map_digest: Digest,
    /// On which items two people released something, an item for each grant.
    pub(crate) released: Vec<ItemId>,
    pub(crate) membership: Membership,
    pub(crate) mapping: Mapping,
    pub(crate) plan: AccessPlan,
    /// By item, the custodian and the path.
    pub(crate) places: BTreeMap<ItemId, (String, String)>,
}

/// How many grants of the source are kept, wait, or are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) kept: u64,
    pub(crate) held: u64,
    pub(crate) lost: u64,
}

fn read(path: &Path) -> Result<String> {
    let cannot =
        |error| Error::failed(error).while_doing(format!("{}: cannot be read", path.display()));
    let mut text = String::new();
    let read = File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(cannot)?;
    if read as u64 > FILE_BYTES_MAX {
        let rule = format!("{}: more than {FILE_BYTES_MAX} bytes", path.display());
        return Err(Error::failed(rule));
    }
    Ok(text)
}

/// Reads a sidecar: JSON by its name's ending, else CSV.
pub(crate) fn read_sidecar(path: &Path) -> Result<(Sidecar, Digest)> {
    let text = read(path)?;
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let sidecar = if is_json {
        parse_json(&text)
    } else {
        parse_csv(&text)
    };
    let sidecar =
        sidecar.map_err(|error| Error::failed(error).while_doing(path.display().to_string()))?;
    Ok((sidecar, Digest(Sha256::digest(text.as_bytes()).into())))
}

/// Reads a map of principals.
pub(crate) fn read_map(path: &Path) -> Result<IdentityMap> {
    parse_identities(&read(path)?)
        .map_err(|error| Error::failed(error).while_doing(path.display().to_string()))
}

/// Plans the access of a sidecar by a map, drives as far as Graph alone can make it, and has it proven: nothing is written before.
pub(crate) fn prepare(sidecar: &Path, map: &Path) -> Result<Prepared> {
    assemble(read_sidecar(sidecar)?, read_map(map)?)
}

fn assemble((sidecar, sidecar_digest): (Sidecar, Digest), rows: IdentityMap) -> Result<Prepared> {
    let membership = Membership::of(&sidecar.directory);
    let mapping = Mapping::new(&sidecar.directory, &membership, &rows);
    let target_membership = Membership::of(mapping.target());
    let input = PlanInput {
        source: &sidecar.tree,
        directory: &sidecar.directory,
        membership: &membership,
        mapping: &mapping,
        target_membership: &target_membership,
        limits: Limits::GRAPH_ALONE,
        open: &HashSet::new(),
        standing: &HashMap::new(),
    };
    let made = plan(&input);
    prove(&input, &made).map_err(|violations| {
        Error::new(ErrorKind::GateRefused, violations)
            .hint("nothing was written; this is a fault of the program: please report it")
    })?;
    let places = sidecar.places.iter();
    let places = places.map(|(place, id)| (*id, place.clone())).collect();
    Ok(Prepared {
        plan: made,
        map_digest: rows.digest(),
        map: rows,
        places,
        released: Vec::new(),
        sidecar,
        sidecar_digest,
        membership,
        mapping,
    })
}

impl Prepared {
    /// The custodian and path of an item.
    pub(crate) fn place(&self, item: ItemId) -> (&str, &str) {
        let place = self.places.get(&item);
        place.map_or(("", ""), |(custodian, path)| (custodian, path))
    }

    /// Members that a group of the target will not have: the group, the member, and why.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = (&str, &str, &'static str)> {
        let key = |id| &*self.sidecar.directory.principal(id).key;
        let rows = self.mapping.left_out().iter();
        rows.map(move |row| (key(row.group), key(row.member), row.reason.name()))
    }

    /// How many grants below a root are out for each reason.
    pub(crate) fn reasons(&self, root: ItemId) -> BTreeMap<String, u64> {
        let tree = &self.sidecar.tree;
        let mut reasons = BTreeMap::new();
        for (grant, outcome) in tree.grants().iter().zip(&self.plan.outcomes) {
            if let Outcome::Out(reason) = outcome
                && tree.root_of(grant.item) == root
            {
                *reasons.entry(reason.name().to_owned()).or_default() += 1;
            }
        }
        reasons
    }

    /// How many grants two people released below a root.
    pub(crate) fn released_below(&self, root: ItemId) -> u64 {
        let tree = &self.sidecar.tree;
        let below = self.released.iter();
        below.filter(|item| tree.root_of(**item) == root).count() as u64
    }

    /// Grants of the items below a root, or of all.
    pub(crate) fn tally(&self, root: Option<ItemId>) -> Tally {
        let mut tally = Tally::default();
        let tree = &self.sidecar.tree;
        for (grant, outcome) in tree.grants().iter().zip(&self.plan.outcomes) {
            if root.is_some_and(|root| tree.root_of(grant.item) != root) {
                continue;
            }
            match outcome {
                Outcome::Kept(..) => tally.kept += 1,
                Outcome::Out(reason) if reason.is_held() => tally.held += 1,
                Outcome::Out(_) => tally.lost += 1,
            }
        }
        tally
    }

    /// A line for each grant of the source below a root, or of all: what becomes of it, and why.
    pub(crate) fn rows(&self, root: Option<ItemId>) -> Vec<Value> {
        let tree = &self.sidecar.tree;
        let grants = tree.grants().iter().zip(&self.plan.outcomes);
        let wanted =
            grants.filter(|(grant, _)| root.is_none_or(|root| tree.root_of(grant.item) == root));
        let rows = wanted.map(|(grant, outcome)| {
            let (custodian, path) = self.place(grant.item);
            let (becomes, how, level) = match outcome {
                Outcome::Kept(kept, level) => ("kept", kept.name(), level.name()),
                Outcome::Out(reason) if reason.is_held() => ("held", reason.name(), "none"),
                Outcome::Out(reason) => ("lost", reason.name(), "none"),
            };
            json!({
                "custodian": custodian,
                "path": path,
                "principal": self.sidecar.directory.principal(grant.principal).key,
                "source_level": grant.level.name(),
                "becomes": becomes,
                "why": how,
                "level": level,
            })
        });
        rows.collect()
    }
}

/// Lines of JSON, as objects keep them.
pub(crate) fn lines(rows: &[Value]) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        text.extend(row.to_string().into_bytes());
        text.push(b'\n');
    }
    text
}
