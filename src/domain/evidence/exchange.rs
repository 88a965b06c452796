//! The Exchange evidence file: what Graph does not show, exported by an administrator. docs/evidence-files.md is its description.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{EvidenceFile, ROWS_MAX};

/// The format that the JSON form names.
pub const FORMAT: &str = "unbroken-exchange-evidence/1";
/// Larger files are refused before they are parsed.
pub const BYTES_MAX: usize = 256 << 20;

/// Sections by the noun of their cmdlet, with the columns that must stand there. Without them a rule would see nothing and pass.
const NOUNS: [(&str, &[&str]); 21] = [
    ("ATPProtectionPolicyRule", &PRESET),
    ("AdminAuditLogConfig", &["UnifiedAuditLogIngestionEnabled"]),
    ("CsTeamsClientConfiguration", &["AllowEmailIntoChannel"]),
    (
        "CsTenantFederationConfiguration",
        &[
            "AllowFederatedUsers",
            "AllowedDomains",
            "AllowTeamsConsumer",
            "AllowTeamsConsumerInbound",
        ],
    ),
    ("DomainRecord", &["Domain", "Spf", "Dkim", "Dmarc"]),
    ("EOPProtectionPolicyRule", &PRESET),
    ("InboundConnector", &["Name", "Enabled", "SenderDomains"]),
    (
        "Mailbox",
        &[
            "PrimarySmtpAddress",
            "ForwardingSmtpAddress",
            "ForwardingAddress",
        ],
    ),
    (
        "MailboxFolderPermission",
        &["Identity", "User", "AccessRights"],
    ),
    (
        "MailboxPermission",
        &["Identity", "User", "AccessRights", "Deny"],
    ),
    (
        "ManagementRoleAssignment",
        &["Role", "RoleAssigneeName", "RoleAssignmentDelegationType"],
    ),
    ("MigrationEndpoint", &["Identity", "RemoteServer"]),
    ("OrganizationConfig", &["AuditDisabled"]),
    ("OrganizationRelationship", &["Name", "DomainNames"]),
    (
        "OutboundConnector",
        &["Name", "Enabled", "RecipientDomains", "SmartHosts"],
    ),
    (
        "RecipientPermission",
        &["Identity", "Trustee", "AccessRights"],
    ),
    ("RemoteDomain", &["DomainName", "AutoForwardEnabled"]),
    (
        "SPOTenant",
        &[
            "ODBSharingCapability",
            "DefaultSharingLinkType",
            "DefaultLinkPermission",
        ],
    ),
    ("TeamsTenantAppSetting", &["SettingName", "SettingValue"]),
    ("TransportConfig", &["SmtpClientAuthenticationDisabled"]),
    (
        "TransportRule",
        &[
            "Name",
            "State",
            "RedirectMessageTo",
            "BlindCopyTo",
            "CopyTo",
            "AddToRecipients",
            "RouteMessageOutboundConnector",
            "DeleteMessage",
            "SetSCL",
        ],
    ),
];

/// A preset's rule, with whom it covers.
const PRESET: [&str; 8] = [
    "Identity",
    "State",
    "SentTo",
    "SentToMemberOf",
    "RecipientDomainIs",
    "ExceptIfSentTo",
    "ExceptIfSentToMemberOf",
    "ExceptIfRecipientDomainIs",
];

/// Why an evidence file is refused: nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {rule}")]
pub struct EvidenceRefusal {
    /// Line and column, or the path to the field.
    pub place: String,
    /// What should stand there.
    pub rule: String,
}

impl EvidenceRefusal {
    pub(super) fn new(place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            rule: rule.into(),
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Brought {
    /// Where it comes from; the name and the digest are the caller's to fill in.
    pub file: EvidenceFile,
    /// Rows by noun.
    pub sections: BTreeMap<String, Vec<Value>>,
}

/// Parses JSON; a byte order mark, as PowerShell writes it, is let pass.
pub(super) fn json(bytes: &[u8]) -> Result<Value, EvidenceRefusal> {
    if bytes.len() > BYTES_MAX {
        return Err(EvidenceRefusal::new(
            "the file",
            format!("at most {BYTES_MAX} bytes"),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        EvidenceRefusal::new(place, error.to_string())
    })
}

pub(super) fn text_at(value: &Value, path: &str) -> Result<String, EvidenceRefusal> {
    let found = path
        .split('.')
        .try_fold(value, |value, name| value.get(name));
    let text = found
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    text.map(str::to_owned)
        .ok_or_else(|| EvidenceRefusal::new(path, "a text must stand here"))
}

pub(super) fn time_at(place: &str, text: &str) -> Result<DateTime<Utc>, EvidenceRefusal> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| {
        EvidenceRefusal::new(place, format!("{text} is no time as RFC 3339 has it"))
    })?;
    Ok(time.with_timezone(&Utc))
}

/// Reads the JSON form.
pub fn parse_json(bytes: &[u8]) -> Result<Brought, EvidenceRefusal> {
    let value = json(bytes)?;
    let format = text_at(&value, "format")?;
    if format != FORMAT {
        return Err(EvidenceRefusal::new(
            "format",
            format!("is {format}; {FORMAT} is known"),
        ));
    }
    let file = EvidenceFile {
        tool: text_at(&value, "tool")?,
        version: text_at(&value, "toolVersion")?,
        tenant_id: text_at(&value, "tenantId")?,
        taken_at: Some(time_at("takenAt", &text_at(&value, "takenAt")?)?),
        ..EvidenceFile::default()
    };
    let Some(all) = value.get("sections").and_then(Value::as_object) else {
        return Err(EvidenceRefusal::new(
            "sections",
            "an object must stand here",
        ));
    };
    let mut sections = BTreeMap::new();
    for (noun, rows) in all {
        let place = format!("sections.{noun}");
        let Some(rows) = rows.as_array() else {
            return Err(EvidenceRefusal::new(
                place,
                "a list of rows must stand here",
            ));
        };
        sections.insert(noun.clone(), checked(noun, &place, rows.clone())?);
    }
    Ok(Brought { file, sections })
}

/// Holds rows against their noun: a column that a rule looks at must be there, empty or not.
pub(super) fn checked(
    noun: &str,
    place: &str,
    rows: Vec<Value>,
) -> Result<Vec<Value>, EvidenceRefusal> {
    let Some((_, columns)) = NOUNS.iter().find(|(name, _)| *name == noun) else {
        let known: Vec<&str> = NOUNS.iter().map(|(name, _)| *name).collect();
        return Err(EvidenceRefusal::new(
            place,
            format!("no such section; known: {}", known.join(", ")),
        ));
    };
    if rows.len() > ROWS_MAX {
        return Err(EvidenceRefusal::new(
            place,
            format!("at most {ROWS_MAX} rows"),
        ));
    }
    for (number, row) in rows.iter().enumerate() {
        let at = format!("{place}[{number}]");
        let Some(row) = row.as_object() else {
            return Err(EvidenceRefusal::new(at, "a row must be an object"));
        };
        for column in *columns {
            if !row.contains_key(*column) {
                return Err(EvidenceRefusal::new(
                    format!("{at}.{column}"),
                    "is missing; leave it empty, not out",
                ));
            }
        }
    }
    Ok(rows)
}

/// Reads the CSV form: lines `# name: value` for section, tenantId, tool, toolVersion and takenAt, then what `Export-Csv` writes.
pub fn parse_csv(bytes: &[u8]) -> Result<Brought, EvidenceRefusal> {
    if bytes.len() > BYTES_MAX {
        return Err(EvidenceRefusal::new(
            "the file",
            format!("at most {BYTES_MAX} bytes"),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        EvidenceRefusal::new(
            format!("byte {}", error.valid_up_to()),
            "the file must be UTF-8",
        )
    })?;
    let mut head = BTreeMap::new();
    let mut rest = text;
    let mut lines = 0;
    while rest.starts_with('#') {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        lines += 1;
        // Windows PowerShell puts the type of its objects first.
        if !line.starts_with("#TYPE ") {
            let Some((name, value)) = line.trim_start_matches('#').split_once(':') else {
                return Err(EvidenceRefusal::new(
                    format!("line {lines}"),
                    "`# name: value` must stand here",
                ));
            };
            head.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        rest = after;
    }
    let named = |name: &str| {
        let value = head.get(name).filter(|value| !value.is_empty()).cloned();
        value.ok_or_else(|| {
            EvidenceRefusal::new(
                format!("line 1 to {lines}"),
                format!("`# {name}: ` is missing"),
            )
        })
    };
    let file = EvidenceFile {
        tool: named("tool")?,
        version: named("toolVersion")?,
        tenant_id: named("tenantId")?,
        taken_at: Some(time_at("# takenAt", &named("takenAt")?)?),
        ..EvidenceFile::default()
    };
    let noun = named("section")?;
    let rows = csv_rows(rest, lines)?;
    let rows = checked(&noun, &noun, rows)?;
    Ok(Brought {
        file,
        sections: BTreeMap::from([(noun, rows)]),
    })
}

fn csv_rows(text: &str, lines_before: u64) -> Result<Vec<Value>, EvidenceRefusal> {
    let place = |line: u64| format!("line {}", lines_before + line);
    // The reader ends a record at CR and would count the LF to the next one: every place would be a line too early.
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let columns = reader
        .headers()
        .map_err(|error| EvidenceRefusal::new(place(1), error.to_string()))?
        .clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            EvidenceRefusal::new(place(line), error.to_string())
        })?;
        if rows.len() == ROWS_MAX {
            return Err(EvidenceRefusal::new(
                "the file",
                format!("at most {ROWS_MAX} rows"),
            ));
        }
        let row: Map<String, Value> = columns
            .iter()
            .zip(&record)
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        rows.push(Value::Object(row));
    }
    Ok(rows)
}
