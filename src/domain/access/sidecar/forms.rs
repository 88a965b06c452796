//! The two forms of a sidecar, read row by row; what the rows mean together is put together elsewhere.

use serde::Deserialize;

use super::{Rows, SaidGrant, Sidecar, SidecarError, refuse};
use crate::domain::access::{Effect, GrantKind, Level, PrincipalId};
use crate::domain::identity::fields;

/// The form of a JSON sidecar.
const FORMAT: &str = "unbroken-access/1";
/// The header of a CSV sidecar.
const HEADER: [&str; 10] = [
    "custodian",
    "path",
    "kind",
    "inherits",
    "principal",
    "principal_kind",
    "level",
    "effect",
    "via",
    "expires",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    principals: Vec<PrincipalRow>,
    items: Vec<ItemRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalRow {
    key: String,
    kind: String,
    /// Missing where nobody listed or reviewed them.
    members: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemRow {
    custodian: String,
    path: String,
    kind: String,
    #[serde(default = "yes")]
    inherits: bool,
    #[serde(default = "yes")]
    known: bool,
    #[serde(default)]
    grants: Vec<GrantRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantRow {
    principal: String,
    level: String,
    #[serde(default)]
    effect: String,
    #[serde(default)]
    via: String,
    #[serde(default)]
    expires: bool,
}

fn yes() -> bool {
    true
}

fn grant(
    place: &str,
    principal: PrincipalId,
    [level, effect, via]: [&str; 3],
    expires: bool,
) -> Result<SaidGrant, SidecarError> {
    // A level that is not known is not guessed: delegates, for one, are made anew by people.
    let level = Level::parse(level).filter(|level| *level > Level::None);
    Ok(SaidGrant {
        principal,
        level: level.ok_or_else(|| {
            refuse(
                place,
                "a level is freeBusyRead, limitedRead, read, write or full",
            )
        })?,
        effect: match effect {
            "" | "allow" => Effect::Allow,
            "deny" => Effect::Deny,
            _ => return Err(refuse(place, "an effect is allow or deny")),
        },
        kind: match via {
            "" => GrantKind::Direct,
            word => GrantKind::parse(word)
                .ok_or_else(|| refuse(place, format!("{word:?} is no kind of grant")))?,
        },
        expires,
    })
}

/// Reads a sidecar in JSON.
pub fn parse_json(text: &str) -> Result<Sidecar, SidecarError> {
    let form = |error: serde_json::Error| SidecarError::Form(error.to_string());
    let document: Document = serde_json::from_str(text).map_err(form)?;
    if document.format != FORMAT {
        return Err(SidecarError::Form(format!("its format is not {FORMAT}")));
    }
    let mut rows = Rows::default();
    for row in &document.principals {
        rows.principal(&row.key, &row.key, &row.kind)?;
    }
    let find = |rows: &Rows, place: &str, key: &str| {
        let found = rows.directory.find(key);
        found.ok_or_else(|| refuse(place, format!("{key:?} is not among the principals")))
    };
    for row in &document.principals {
        let group = find(&rows, &row.key, &row.key)?;
        let Some(members) = &row.members else {
            continue;
        };
        if !rows.directory.principal(group).kind.is_group() {
            return Err(refuse(&row.key, "only groups have members"));
        }
        let members: Result<Vec<_>, _> = members
            .iter()
            .map(|member| find(&rows, &row.key, member))
            .collect();
        rows.directory.set_members(group, members?);
    }
    for row in &document.items {
        let place = format!("{} {}", row.custodian, row.path);
        let said: Result<Vec<_>, _> = row
            .grants
            .iter()
            .map(|one| {
                let principal = find(&rows, &place, &one.principal)?;
                grant(
                    &place,
                    principal,
                    [&one.level, &one.effect, &one.via],
                    one.expires,
                )
            })
            .collect();
        let said = said?;
        let item = rows.item(
            &place,
            (&row.custodian, &row.path),
            (&row.kind, row.inherits, row.known),
        )?;
        item.grants.extend(said);
    }
    rows.build()
}

fn flag(place: &str, word: &str, otherwise: bool) -> Result<bool, SidecarError> {
    match word {
        "" => Ok(otherwise),
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(refuse(place, "yes or no is expected")),
    }
}

/// Reads a sidecar in CSV: one grant a line; a line whose kind is `member` says who is in a group, named as the path.
pub fn parse_csv(text: &str) -> Result<Sidecar, SidecarError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().and_then(|(_, line)| fields(line));
    if header.is_none_or(|header| header != HEADER) {
        return Err(SidecarError::Form(format!(
            "the header is `{}`",
            HEADER.join(",")
        )));
    }
    let mut rows = Rows::default();
    for (number, line) in lines {
        let place = format!("line {number}");
        let row = fields(line).and_then(|fields| <[String; 10]>::try_from(fields).ok());
        let row = row.ok_or_else(|| refuse(&place, "a row has ten fields"))?;
        let [
            custodian,
            path,
            kind,
            inherits,
            principal,
            principal_kind,
            level,
            effect,
            via,
            expires,
        ] = row.each_ref().map(String::as_str);
        if kind == "member" {
            let group = rows.principal(&place, path, "group")?;
            let member = rows.principal(&place, principal, principal_kind)?;
            rows.directory.add_member(group, member)?;
            continue;
        }
        let said = if principal.is_empty() {
            None
        } else {
            let principal = rows.principal(&place, principal, principal_kind)?;
            let expires = flag(&place, expires, false)?;
            Some(grant(&place, principal, [level, effect, via], expires)?)
        };
        let inherits = flag(&place, inherits, true)?;
        let item = rows.item(&place, (custodian, path), (kind, inherits, true))?;
        item.grants.extend(said);
    }
    rows.build()
}
