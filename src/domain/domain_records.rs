//! DNS records that the clean tenant asks for, as Graph names them, and whether a published zone holds them. Pure.
//! <https://learn.microsoft.com/graph/api/resources/domaindnsrecord>

use serde::Serialize;
use serde_json::Value;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DnsRecord {
    /// `TXT`, `MX`, `CNAME`, `SRV`.
    pub kind: String,
    /// The name in the zone, as Graph labels it.
    pub label: String,
    /// What it points to or says.
    pub value: String,
    /// Seconds.
    pub ttl: u64,
    /// The service works without it.
    pub is_optional: bool,
}

/// The records of an answer of `verificationDnsRecords` or `serviceConfigurationRecords`. What is of a kind that nobody knows is
/// named by the error: a record that was overlooked is mail that goes elsewhere.
pub fn records(answer: &Value) -> Result<Vec<DnsRecord>, String> {
    let rows = answer["value"].as_array();
    let rows = rows.ok_or_else(|| "the answer is no collection".to_owned())?;
    rows.iter().map(record).collect()
}

fn record(row: &Value) -> Result<DnsRecord, String> {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let kind = text("recordType").to_ascii_uppercase();
    let value = match &*kind {
        "TXT" => text("text"),
        "MX" => text("mailExchange"),
        "CNAME" => text("canonicalName"),
        "SRV" => text("nameTarget"),
        _ => return Err(format!("a record of the unknown kind {kind:?}")),
    };
    if value.is_empty() {
        return Err(format!("a {kind} record that says nothing"));
    }
    Ok(DnsRecord {
        kind,
        label: text("label"),
        value,
        ttl: row["ttl"].as_u64().unwrap_or_default(),
        is_optional: row["isOptional"].as_bool().unwrap_or_default(),
    })
}

/// Records that a zone, as text, does not hold. A record stands on one line with its kind: so zone files and the answers of
/// `dig` write it.
pub fn missing<'a>(wanted: &'a [DnsRecord], zone: &str) -> Vec<&'a DnsRecord> {
    let lines: Vec<String> = zone.lines().map(str::to_ascii_lowercase).collect();
    let holds = |record: &DnsRecord| {
        let (kind, value) = (
            record.kind.to_ascii_lowercase(),
            record.value.to_ascii_lowercase(),
        );
        lines.iter().any(|line| {
            let has_kind = line.split_whitespace().any(|word| word == kind);
            has_kind && line.contains(&*value) && !line.trim_start().starts_with(';')
        })
    };
    let needed = wanted.iter().filter(|record| !record.is_optional);
    needed.filter(|record| !holds(record)).collect()
}

/// What Graph does not name and mail needs all the same: DKIM's two selectors point into the clean tenant, whose names only
/// Exchange shows (`Get-DkimSigningConfig`). A zone without any is mail that nobody can tell from a forger's.
pub fn has_dkim(zone: &str) -> bool {
    let holds = |selector: &str| {
        zone.lines().any(|line| {
            let line = line.to_ascii_lowercase();
            let is_comment = line.trim_start().starts_with(';');
            !is_comment && line.contains(selector) && line.contains("_domainkey")
        })
    };
    holds("selector1") && holds("selector2")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted() -> Vec<DnsRecord> {
        let answer = json!({ "value": [
            { "recordType": "Mx", "label": "old.example", "ttl": 3600, "isOptional": false,
              "mailExchange": "old-example.mail.protection.outlook.com", "preference": 0 },
            { "recordType": "Txt", "label": "old.example", "ttl": 3600, "isOptional": false,
              "text": "v=spf1 include:spf.protection.outlook.com -all" },
            { "recordType": "CName", "label": "autodiscover.old.example", "ttl": 3600,
              "isOptional": true, "canonicalName": "autodiscover.outlook.com" },
        ]});
        records(&answer).expect("known kinds")
    }

    const ZONE: &str = "old.example. 3600 IN MX 0 old-example.mail.protection.outlook.com.\n\
        old.example. 3600 IN TXT \"v=spf1 include:spf.protection.outlook.com -all\"\n\
        selector1._domainkey 3600 IN CNAME s1._domainkey.new.onmicrosoft.com.\n\
        selector2._domainkey 3600 IN CNAME s2._domainkey.new.onmicrosoft.com.\n";

    #[test]
    fn a_zone_holds_what_is_needed_or_says_what_it_lacks() {
        let wanted = wanted();
        assert!(missing(&wanted, ZONE).is_empty());
        let old = ZONE.replace("IN MX 0 old-example", "IN MX 0 evil-example");
        assert_eq!(missing(&wanted, &old), [&wanted[0]]);
        let commented = ZONE.replace("old.example. 3600 IN TXT", "; old.example. 3600 IN TXT");
        assert_eq!(missing(&wanted, &commented), [&wanted[1]]);
        assert!(has_dkim(ZONE) && !has_dkim(&ZONE.replace("selector2", "selector1")));
    }

    #[test]
    fn a_record_that_nobody_knows_is_no_record_that_is_overlooked() {
        let unknown = json!({ "value": [{ "recordType": "Caa", "label": "x" }] });
        assert!(records(&unknown).expect_err("unknown").contains("CAA"));
        let empty = json!({ "value": [{ "recordType": "Mx", "label": "x" }] });
        assert!(records(&empty).is_err());
        assert!(records(&json!({})).is_err());
    }
}
