//! Who may do what with which item: principals, grants, inheritance, effective access, and what of it may come along. Pure.
//!
//! The rule above all others: for every item, what somebody may do in the target is never more than what the mapped source
//! says. [`prove`] checks it on the result, by no path that made the result.

mod amendment;
mod check;
mod compare;
mod directory;
mod effective;
mod explain;
mod level;
mod limits;
mod map;
mod membership;
mod people;
mod plan;
mod release;
mod scope;
mod sealed;
mod sidecar;
mod steps;
mod tree;

#[cfg(test)]
mod cases;

pub use amendment::{Amendment, AmendmentRefused, ChangedRow, check_amendment};
pub use check::{Finding, Violations, prove};
pub use compare::{Before, Difference, DifferenceClass, Standing, differences};
pub use directory::{Directory, DirectoryError, Principal, PrincipalId, PrincipalKind};
pub use effective::{Effective, Links, Walker};
pub use explain::{Answer, Link, why};
pub use level::{ItemKind, Level, Road};
pub use limits::Limits;
pub use map::{Fate, IdentityMap, IdentityRow, Mapping, MembershipRow};
pub use membership::Membership;
pub use plan::{AccessPlan, Kept, Outcome, PlanInput, Reason, plan};
pub use release::{AfterRelease, NotReleasable, Released, is_releasable, release, way_out};
pub use sealed::{AccessPart, Amends, SealedAccess};
pub use sidecar::{Sidecar, SidecarError, parse_csv, parse_json};
pub use steps::{Step, steps};
pub use tree::{Effect, Grant, GrantKind, Item, ItemId, Tree, TreeBuilder, TreeError};
