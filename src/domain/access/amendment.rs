//! A map that changed after its plan was approved: refused, unless an amendment holds exactly the rows that changed.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::directory::folded;
use super::map::{IdentityMap, IdentityRow};
use crate::domain::item::Digest;

/// One row that is another than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRow {
    /// The key in the source.
    pub source: String,
    /// The row when the plan was made; `None` where there was none.
    pub before: Option<IdentityRow>,
    /// The row now; `None` where there is none.
    pub after: Option<IdentityRow>,
}

/// An amendment: from one version of the map to another, row by row. What is approved is [`Amendment::digest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// The version that the plan was made with.
    pub before: Digest,
    /// The version that is to hold.
    pub after: Digest,
    /// Every row that differs, by key.
    pub rows: Vec<ChangedRow>,
}

/// Why a restore does not go on with a map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendmentRefused {
    /// The map changed and nobody approved it.
    #[error(
        "the identity map changed in {rows} rows since the plan was made; no amendment is approved"
    )]
    NotAmended {
        /// How many rows differ.
        rows: usize,
    },
    /// The amendment is from or to another version.
    #[error("the amendment is not from the plan's map to this one")]
    OtherVersion,
    /// The amendment holds other rows than those that changed.
    #[error("the amendment's row for {0} is not what changed")]
    OtherRow(String),
    /// What was approved is another amendment.
    #[error("the amendment is not the one that was approved")]
    NotApproved,
}

impl Amendment {
    /// What changed from one version to another.
    pub fn between(before: &IdentityMap, after: &IdentityMap) -> Self {
        let mut rows: BTreeMap<String, ChangedRow> = BTreeMap::new();
        let entry = |row: &IdentityRow| ChangedRow {
            source: folded(&row.source),
            before: None,
            after: None,
        };
        for row in before.rows() {
            let changed = rows.entry(folded(&row.source));
            changed.or_insert_with(|| entry(row)).before = Some(row.clone());
        }
        for row in after.rows() {
            let changed = rows.entry(folded(&row.source));
            changed.or_insert_with(|| entry(row)).after = Some(row.clone());
        }
        let bytes = |row: &Option<IdentityRow>| row.as_ref().map(IdentityRow::bytes);
        let rows = rows.into_values();
        Self {
            before: before.digest(),
            after: after.digest(),
            rows: rows
                .filter(|row| bytes(&row.before) != bytes(&row.after))
                .collect(),
        }
    }

    /// SHA-256 over both versions and each changed row: what people approve.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"unbroken amendment v1\n");
        hash.update(self.before.0);
        hash.update(self.after.0);
        for row in &self.rows {
            for side in [&row.before, &row.after] {
                let bytes = side.as_ref().map(IdentityRow::bytes).unwrap_or_default();
                hash.update((bytes.len() as u64).to_be_bytes());
                hash.update(&bytes);
            }
        }
        Digest(hash.finalize().into())
    }
}

/// Whether a restore may go on: the map is the plan's, or an approved amendment holds exactly what changed. `approved` are
/// the digests that enough people approved.
pub fn check_amendment(
    planned: &IdentityMap,
    now: &IdentityMap,
    amendment: Option<&Amendment>,
    approved: &[Digest],
) -> Result<(), AmendmentRefused> {
    let changed = Amendment::between(planned, now);
    if changed.before == changed.after {
        return Ok(());
    }
    let rows = changed.rows.len();
    let amendment = amendment.ok_or(AmendmentRefused::NotAmended { rows })?;
    if (amendment.before, amendment.after) != (changed.before, changed.after) {
        return Err(AmendmentRefused::OtherVersion);
    }
    let mut theirs = amendment.rows.iter();
    for row in &changed.rows {
        if theirs.next() != Some(row) {
            return Err(AmendmentRefused::OtherRow(row.source.clone()));
        }
    }
    if let Some(row) = theirs.next() {
        return Err(AmendmentRefused::OtherRow(row.source.clone()));
    }
    if approved.contains(&amendment.digest()) {
        return Ok(());
    }
    Err(AmendmentRefused::NotApproved)
}

#[cfg(test)]
mod tests {
    use super::super::Fate;
    use super::*;
    use crate::domain::access::PrincipalKind;

    fn map(rows: &[(&str, &str)]) -> IdentityMap {
        let rows = rows.iter().map(|(source, target)| {
            let fate = Fate::Mapped {
                target: (*target).to_owned(),
                kind: PrincipalKind::User,
                is_approved_external: false,
            };
            IdentityRow::new(source, fate)
        });
        IdentityMap::new(rows.collect()).expect("each once")
    }

    #[test]
    fn a_changed_map_needs_an_approved_amendment_of_exactly_its_rows() {
        let planned = map(&[("ann", "ann@new"), ("bob", "bob@new")]);
        let now = map(&[("ann", "ann@new"), ("bob", "eve@new"), ("cid", "cid@new")]);
        let good = Amendment::between(&planned, &now);
        let digest = good.digest();
        let sources: Vec<&str> = good.rows.iter().map(|row| &*row.source).collect();
        assert_eq!(sources, ["bob", "cid"]);
        let check =
            |amendment, approved: &[Digest]| check_amendment(&planned, &now, amendment, approved);
        assert_eq!(check_amendment(&planned, &planned, None, &[]), Ok(()));
        assert_eq!(
            check(None, &[digest]),
            Err(AmendmentRefused::NotAmended { rows: 2 })
        );
        assert_eq!(check(Some(&good), &[]), Err(AmendmentRefused::NotApproved));
        assert_eq!(check(Some(&good), &[digest]), Ok(()));
        let mut fewer = good.clone();
        fewer.rows.pop();
        assert!(matches!(
            check(Some(&fewer), &[fewer.digest()]),
            Err(AmendmentRefused::OtherRow(_))
        ));
        let mut more = good.clone();
        more.rows.push(more.rows[0].clone());
        assert!(matches!(
            check(Some(&more), &[more.digest()]),
            Err(AmendmentRefused::OtherRow(_))
        ));
        let other = Amendment::between(&map(&[]), &now);
        assert_eq!(
            check(Some(&other), &[other.digest()]),
            Err(AmendmentRefused::OtherVersion)
        );
    }

    #[test]
    fn the_version_does_not_depend_on_order_or_case_of_keys() {
        let a = map(&[("ann", "ann@new"), ("BOB", "bob@new")]);
        let b = map(&[("bob", "bob@new"), ("ann", "ann@new")]);
        assert_eq!(a.digest(), b.digest());
        assert_ne!(a.digest(), map(&[("ann", "ann@new")]).digest());
        assert_eq!(Amendment::between(&a, &b).rows, []);
    }
}
