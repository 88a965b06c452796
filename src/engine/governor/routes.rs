//! Where a request counts and what it costs, from its path alone: for calls that nobody has priced before. Numbers only.
//! <https://learn.microsoft.com/graph/throttling-limits>; of SharePoint: 1 unit for one thing, 2 for several or a write, 5 for
//! whatever touches permissions.

use super::{Cost, Lane};
use crate::targets::turns::Asked;

/// What lies in a mailbox below a user.
const OF_MAILBOX: [&str; 9] = [
    "calendar",
    "calendarGroups",
    "calendars",
    "contactFolders",
    "contacts",
    "events",
    "mailFolders",
    "messages",
    "todo",
];

/// Whatever is answered with several things costs the directory more than one thing.
const SEVERAL: u32 = 2;
const MEMBERS: u32 = 3;
const TRANSITIVE: u32 = 5;

/// The lane and the cost of a request. A path that is not known counts with the directory: something always bounds it.
pub(crate) fn of_request(asked: &Asked<'_>) -> (Lane, Cost) {
    let (path, query) = asked.path.split_once('?').unwrap_or((asked.path, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let cost = Cost {
        requests: 1,
        upload_bytes: asked.upload_bytes,
        writes: u32::from(asked.writes),
        ..Cost::default()
    };
    match parts[..] {
        // Fragments and downloads: whether they cost units is not documented.
        [""] => (Lane::SharePoint, Cost { writes: 0, ..cost }),
        ["users" | "groups", owner, first, ..] if OF_MAILBOX.contains(&first) => {
            (Lane::Mailbox(owner.to_ascii_lowercase()), cost)
        }
        ["drives" | "shares" | "sites", ..]
        | [
            "users" | "groups" | "me",
            _,
            "drive" | "drives" | "sites",
            ..,
        ] => (Lane::SharePoint, of_sharepoint(path, query, cost)),
        _ if path.contains("_api/") => (Lane::SharePoint, of_sharepoint(path, query, cost)),
        ["teams" | "chats", team, ..] => (Lane::Team(team.to_owned()), cost),
        ["identity" | "identityProtection", ..] => (Lane::ConditionalAccess, cost),
        _ => (Lane::Directory, of_directory(&parts, query, cost)),
    }
}

fn of_sharepoint(path: &str, query: &str, cost: Cost) -> Cost {
    let last = path.rsplit('/').next().unwrap_or_default();
    let shares = ["createLink", "invite"].contains(&last)
        || path.contains("breakroleinheritance")
        || (["/permissions", "/roleassignments"]
            .iter()
            .any(|of| path.contains(of))
            && cost.writes > 0);
    let permissions = shares
        || path.contains("/permissions")
        || path.contains("/roleassignments")
        || query.contains("permissions");
    let several = ["children", "columns", "delta", "items", "lists", "pages"].contains(&last);
    Cost {
        resource_units: match (permissions, cost.writes > 0 || several) {
            (true, _) => 5,
            (false, true) => 2,
            (false, false) => 1,
        },
        sharing: u32::from(shares),
        ..cost
    }
}

fn of_directory(parts: &[&str], query: &str, cost: Cost) -> Cost {
    let last = parts.last().copied().unwrap_or_default();
    let base = match last {
        _ if cost.writes > 0 => 1,
        "transitiveMembers" | "transitiveMemberOf" => TRANSITIVE,
        "members" | "owners" | "memberOf" | "subscribedSkus" => MEMBERS,
        _ if parts.len() == 1 || !is_id(last) => SEVERAL,
        _ => 1,
    };
    Cost {
        resource_units: base + u32::from(query.contains("$expand")),
        ..cost
    }
}

/// An object id or a principal name: one thing.
fn is_id(part: &str) -> bool {
    part.contains(['@', '-', '%', '('])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, writes: bool) -> (Lane, Cost) {
        of_request(&Asked {
            path,
            writes,
            upload_bytes: 0,
        })
    }

    #[test]
    fn each_family_of_calls_has_its_lane() {
        let lanes = [
            ("users/ada@clean.example", Lane::Directory),
            ("users", Lane::Directory),
            ("groups(uniqueName='unbroken-1')", Lane::Directory),
            ("domains/clean.example/verify", Lane::Directory),
            ("subscribedSkus", Lane::Directory),
            ("something/new", Lane::Directory),
            (
                "identity/conditionalAccess/policies",
                Lane::ConditionalAccess,
            ),
            ("identityProtection/riskyUsers", Lane::ConditionalAccess),
            ("users/A1/mailFolders/inbox", Lane::Mailbox("a1".to_owned())),
            ("users/A1/drive/items/x/invite", Lane::SharePoint),
            ("sites/a/lists", Lane::SharePoint),
            ("sites/a/_api/web", Lane::SharePoint),
            ("", Lane::SharePoint),
            ("teams/t1/completeMigration", Lane::Team("t1".to_owned())),
            ("chats/c1/members", Lane::Team("c1".to_owned())),
        ];
        for (path, lane) in lanes {
            assert_eq!(of(path, false).0, lane, "{path}");
        }
    }

    #[test]
    fn permissions_cost_five_units_and_letting_in_is_counted_apart() {
        let read = of("users/a/drive/items/x/permissions", false).1;
        assert_eq!((read.resource_units, read.sharing), (5, 0));
        let expanded = of("users/a/drive/items/x?$expand=permissions", false).1;
        assert_eq!((expanded.resource_units, expanded.sharing), (5, 0));
        for path in [
            "users/a/drive/items/x/invite",
            "drives/d/items/x/createLink",
        ] {
            let write = of(path, true).1;
            assert_eq!((write.resource_units, write.sharing), (5, 1), "{path}");
        }
        assert_eq!(of("drives/d/items/x/permissions/p", true).1.sharing, 1);
        let roles = "https://a.sharepoint.com/sites/q/_api/web/lists(guid'1')/roleassignments";
        let read = of(roles, false).1;
        assert_eq!((read.resource_units, read.sharing), (5, 0));
        assert_eq!(of("drives/d/root", false).1.resource_units, 1);
        assert_eq!(of("drives/d/items/x/children", false).1.resource_units, 2);
        assert_eq!(of("drives/d/items/x", true).1.resource_units, 2);
    }

    #[test]
    fn the_directory_charges_lists_more_and_counts_writes() {
        assert_eq!(of("users/ada@clean.example", false).1.resource_units, 1);
        assert_eq!(of("users?$top=999", false).1.resource_units, 2);
        assert_eq!(of("groups/1-2/members", false).1.resource_units, 3);
        assert_eq!(
            of("installedApps?$expand=teamsApp", false).1.resource_units,
            3
        );
        let write = of("users", true).1;
        assert_eq!((write.resource_units, write.writes), (1, 1));
    }
}
