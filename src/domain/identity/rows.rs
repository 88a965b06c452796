//! Rows of an identity map for access: ours with kinds and fates, and Microsoft's six columns of a cross-tenant migration.
//! <https://learn.microsoft.com/microsoft-365/enterprise/cross-tenant-sharepoint-migration-step5>

use std::collections::BTreeSet;

use super::{MappingError, MappingRow, fields};
use crate::domain::access::{Fate, IdentityMap, IdentityRow, PrincipalKind};

/// Microsoft's `UserType` and `GroupType`.
const SIX_COLUMNS: usize = 6;

fn refuse(line: usize, rule: &str) -> MappingError {
    MappingError {
        line,
        rule: rule.to_owned(),
    }
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Whether the first line is Microsoft's: they have no header.
pub(super) fn is_six_columns(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.and_then(fields).unwrap_or_default();
    let kind = first.first().map(|kind| kind.to_ascii_lowercase());
    first.len() == SIX_COLUMNS && matches!(kind.as_deref(), Some("user" | "group"))
}

/// One of Microsoft's rows: what it is, and who becomes whom.
fn six(line: usize, row: &str) -> Result<(PrincipalKind, bool, String, String), MappingError> {
    let row = fields(row).and_then(|fields| <[String; SIX_COLUMNS]>::try_from(fields).ok());
    let row = row.ok_or_else(|| refuse(line, "a row has six fields"))?;
    let [what, tenant, source, target, name, kind] = row;
    if !is_guid(&tenant) {
        return Err(refuse(line, "the second field is the source tenant's GUID"));
    }
    if name.is_empty() || kind.is_empty() {
        return Err(refuse(line, "the fifth and the sixth field are not empty"));
    }
    match &*what.to_ascii_lowercase() {
        "user" if source.contains('@') && target.contains('@') => {
            let is_guest = kind.to_ascii_lowercase().contains("guest");
            Ok((PrincipalKind::User, is_guest, source, target))
        }
        "user" => Err(refuse(line, "a user is named by principal names")),
        "group" if is_guid(&source) && is_guid(&target) => {
            Ok((PrincipalKind::Group, false, source, target))
        }
        "group" => Err(refuse(line, "a group is named by object ids")),
        _ => Err(refuse(line, "the first field is User or Group")),
    }
}

/// The custodians of Microsoft's form: its users. Groups and guests own nothing here.
pub(super) fn custodians(text: &str) -> Result<Vec<MappingRow>, MappingError> {
    let mut rows = Vec::new();
    for (line, row) in lines(text) {
        let (kind, is_guest, source, target) = six(line, row)?;
        if kind == PrincipalKind::User && !is_guest {
            rows.push(MappingRow {
                line,
                source,
                target,
            });
        }
    }
    Ok(rows)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
}

/// Reads a map of users, guests and groups: Microsoft's six columns, `source,target` for users alone, or ours with the header
/// `source,target,kind,fate`. A guest in it is approved where the fate says `external-approved`: the six columns approve nobody.
pub fn parse_identities(text: &str) -> Result<IdentityMap, MappingError> {
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |line: usize, row: IdentityRow| {
        if !seen.insert(row.source.to_ascii_lowercase()) {
            return Err(refuse(line, "the same principal a second time"));
        }
        rows.push(row);
        Ok(())
    };
    let trimmed = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_six_columns(trimmed) {
        for (line, row) in lines(text) {
            let (kind, is_guest, source, target) = six(line, row)?;
            let kind = if is_guest { PrincipalKind::Guest } else { kind };
            let fate = Fate::Mapped {
                target,
                kind,
                is_approved_external: false,
            };
            add(line, IdentityRow::new(&source, fate))?;
        }
    } else {
        let mut lines = lines(text);
        let (first, header) = lines.next().ok_or_else(|| refuse(1, "the file is empty"))?;
        let header = fields(header).unwrap_or_default();
        let is_short = header == ["source", "target"];
        if !is_short && header != ["source", "target", "kind", "fate"] {
            let rule = "the header is `source,target` or `source,target,kind,fate`";
            return Err(refuse(first, rule));
        }
        for (line, row) in lines {
            let mut row = fields(row).ok_or_else(|| refuse(line, "a quote is not closed"))?;
            if is_short && row.len() == 2 {
                row.extend(["user".to_owned(), "mapped".to_owned()]);
            }
            add(line, ours(line, row)?)?;
        }
    }
    IdentityMap::new(rows).map_err(|_| refuse(1, "the same principal a second time"))
}

fn ours(line: usize, row: Vec<String>) -> Result<IdentityRow, MappingError> {
    let row = <[String; 4]>::try_from(row);
    let [source, target, kind, fate] =
        row.map_err(|_| refuse(line, "a row has as many fields as the header"))?;
    let Some(kind @ (PrincipalKind::User | PrincipalKind::Guest | PrincipalKind::Group)) =
        PrincipalKind::parse(&kind)
    else {
        return Err(refuse(line, "a kind is user, guest or group"));
    };
    if source.is_empty() {
        return Err(refuse(line, "the source is not empty"));
    }
    let fate = match (&*fate, target.is_empty()) {
        ("departed", true) => Fate::Departed,
        ("service-account", true) => Fate::ServiceAccount,
        ("mapped" | "external-approved", false) => Fate::Mapped {
            target,
            kind,
            is_approved_external: fate == "external-approved",
        },
        ("departed" | "service-account", false) => {
            return Err(refuse(
                line,
                "whoever is gone becomes nobody: the target is empty",
            ));
        }
        ("mapped" | "external-approved", true) => {
            return Err(refuse(line, "whoever is mapped becomes somebody"));
        }
        _ => {
            let rule = "a fate is mapped, external-approved, departed or service-account";
            return Err(refuse(line, rule));
        }
    };
    Ok(IdentityRow::new(&source, fate))
}

#[cfg(test)]
mod tests {
    use super::super::parse_map;
    use super::*;

    const TENANT: &str = "6b9f2a2e-0000-4000-8000-000000000001";
    const TEAM: &str = "11111111-2222-4333-8444-555555555555";
    const NEW_TEAM: &str = "66666666-7777-4888-8999-000000000000";

    fn six_rows() -> String {
        [
            format!("User,{TENANT},ann@old.example,ann@new.example,ann@new.example,RegularUser"),
            format!("Group,{TENANT},{TEAM},{NEW_TEAM},{NEW_TEAM},RegularGroup"),
            format!("User,{TENANT},eve@x.example,eve@new.example,eve@x.example,GuestUser"),
        ]
        .join("\r\n")
    }

    #[test]
    fn microsofts_six_columns_are_read_and_approve_no_guest() {
        let map = parse_identities(&six_rows()).expect("good");
        assert_eq!(map.rows().count(), 3);
        let approved = |key: &str| match map.fate(key) {
            Some(Fate::Mapped {
                kind,
                is_approved_external,
                ..
            }) => (*kind, *is_approved_external),
            other => panic!("{other:?}"),
        };
        assert_eq!(approved("eve@x.example"), (PrincipalKind::Guest, false));
        assert_eq!(approved(TEAM).0, PrincipalKind::Group);
        let custodians = parse_map(&six_rows()).expect("good");
        let sources: Vec<&str> = custodians.iter().map(|row| &*row.source).collect();
        assert_eq!((sources, custodians[0].line), (vec!["ann@old.example"], 1));
    }

    #[test]
    fn ours_says_kinds_and_fates() {
        let map = parse_identities(
            "source,target,kind,fate\nann,ann@new,user,mapped\nbob,,user,departed\n\
             robot,,user,service-account\neve,eve@x,guest,external-approved\n",
        )
        .expect("good");
        assert_eq!(map.fate("bob"), Some(&Fate::Departed));
        assert_eq!(map.fate("robot"), Some(&Fate::ServiceAccount));
        let short = parse_identities("source,target\nann,ann@new\n").expect("good");
        assert_eq!(map.fate("ann"), short.fate("ann"));
    }

    #[test]
    fn each_rule_names_its_line() {
        let user = |source: &str| format!("User,{TENANT},{source},b@y,b@y,RegularUser");
        for (text, line) in [
            (format!("{}\n{}", user("a@x"), user("A@x")), 2),
            ("User,tenant,a@x,b@y,b@y,RegularUser".to_owned(), 1),
            (format!("Group,{TENANT},team,team,team,RegularGroup"), 1),
            (user("a"), 1),
            (format!("{}\nRoom,{TENANT},a@x,b@y,b@y,X", user("a@x")), 2),
            ("source,target,kind,fate\na,b,user,departed".to_owned(), 2),
            ("source,target,kind,fate\na,,user,mapped".to_owned(), 2),
            ("source,target,kind,fate\na,b,app,mapped".to_owned(), 2),
            ("from,to".to_owned(), 1),
            (String::new(), 1),
        ] {
            assert_eq!(
                parse_identities(&text).expect_err(&text).line,
                line,
                "{text}"
            );
        }
    }

    #[test]
    fn whatever_comes_in_is_read_or_refused_and_never_ends_the_program() {
        let mut state = 11_u64;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).expect("32 bits") % below
        };
        let ours = "source,target,kind,fate\nann,ann@new,user,mapped\nbob,,user,departed\n";
        let (six, pieces) = (six_rows(), ["\"", ",", "\n", "@", "\u{feff}", "group", "-"]);
        let mut read = 0;
        for _ in 0..20_000 {
            let start = if next(2) == 0 { ours } else { &six };
            let mut text: Vec<char> = start.chars().collect();
            for _ in 0..next(4) {
                let at = next(text.len());
                let upto = (at + next(9)).min(text.len());
                text.splice(at..upto, pieces[next(pieces.len())].chars());
            }
            let text: String = text.into_iter().collect();
            read += usize::from(parse_identities(&text).is_ok());
            let _read_or_refused = parse_map(&text);
        }
        assert!(read > 1_000, "{read}");
    }
}
