//! What SharePoint bears: how many scopes of their own, how many principals in one. From its published limits; no counting.
//! <https://learn.microsoft.com/office365/servicedescriptions/sharepoint-online-service-description/sharepoint-online-limits>

/// The bounds that a plan stays under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Scopes of their own in one library or list. Microsoft advises 5,000 and refuses more than 50,000.
    pub scopes_max: usize,
    /// Principals in one scope.
    pub principals_max: usize,
    /// A container that holds more items than this cannot be made a scope of its own any more.
    pub items_to_break_max: u64,
    /// A group that a deny cuts through is written as people up to this many; a larger one holds the item.
    pub people_for_group_max: usize,
    /// What this program carries out: in people's drives by Graph's `invite` alone, so no full control, no group of a site, nothing
    /// on a whole drive; in sites by SharePoint's own calls, their groups as who is in them; no calendar and no team.
    pub graph_alone: bool,
}

impl Limits {
    /// What Microsoft advises.
    pub const ADVISED: Self = Self {
        scopes_max: 5_000,
        principals_max: 5_000,
        items_to_break_max: 100_000,
        people_for_group_max: 200,
        graph_alone: false,
    };

    /// The same for what this program carries out.
    pub const GRAPH_ALONE: Self = Self {
        graph_alone: true,
        ..Self::ADVISED
    };

    /// More than that is refused by SharePoint, so no operator may ask for it.
    pub const SCOPES_HARD: usize = 50_000;

    /// The same with as many scopes as the operator answers for, at most what SharePoint takes.
    #[must_use]
    pub fn with_scopes(self, scopes: usize) -> Self {
        Self {
            scopes_max: scopes.min(Self::SCOPES_HARD),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_for_more_than_sharepoint_takes() {
        let limits = Limits::ADVISED.with_scopes(1_000_000);
        assert_eq!(limits.scopes_max, Limits::SCOPES_HARD);
    }
}
