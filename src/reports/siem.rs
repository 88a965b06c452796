//! One entry as an OCSF event for a SIEM: the mapping of docs/siem.md, without reading or printing anything.
//!
//! Every entry is class API Activity (6003): what the record holds are operations on tenants and on the ledger, each by a
//! named key. Nothing is made up that the record does not hold; what OCSF has no field for stands under `unmapped`.

use serde_json::{Map, Value, json};
use unbroken_ledger::{Timestamp, Value as Canonical};

use crate::domain::event::Event;
use crate::projections::custody::item_of;
use crate::projections::reading::Written;
use crate::projections::results::{Outcome, ended};
use crate::projections::signers::SignedBy;

/// The version of OCSF that the events are of.
pub const OCSF_VERSION: &str = "1.5.0";
const CATEGORY: u64 = 6;
const CLASS: u64 = 6003;

/// What a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Public data alone: classes, counts, pseudonyms.
    Redacted,
    /// The disclosed facts as well.
    Full,
}

/// Activity, status and severity of OCSF.
struct Classified {
    activity: (u64, &'static str),
    status: (u64, &'static str),
    severity: (u64, &'static str),
    detail: String,
}

const CREATE: (u64, &str) = (1, "Create");
const READ: (u64, &str) = (2, "Read");
const OTHER: (u64, &str) = (99, "Other");
const UNKNOWN: (u64, &str) = (0, "Unknown");
const SUCCESS: (u64, &str) = (1, "Success");
const FAILURE: (u64, &str) = (2, "Failure");
const INFORMATIONAL: (u64, &str) = (1, "Informational");
const LOW: (u64, &str) = (2, "Low");
const MEDIUM: (u64, &str) = (3, "Medium");
const HIGH: (u64, &str) = (4, "High");

/// The event of an entry; `by` is whose its signatures are.
pub fn ocsf(origin: &str, written: &Written, by: &[SignedBy], shown: Shown) -> Value {
    let classified = classify(written);
    let kind = &written.signed.kind;
    let mut value = json!({
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "activity_id": classified.activity.0,
        "activity_name": classified.activity.1,
        "type_uid": CLASS * 100 + classified.activity.0,
        "type_name": format!("API Activity: {}", classified.activity.1),
        "time": milliseconds(written.received),
        "severity_id": classified.severity.0,
        "severity": classified.severity.1,
        "status_id": classified.status.0,
        "status": classified.status.1,
        "message": format!("entry {}: {kind}", written.index),
        "actor": actor(by),
        "api": { "operation": kind, "service": { "name": "unbroken" } },
        "src_endpoint": { "name": "unbroken", "uid": origin },
        "metadata": {
            "version": OCSF_VERSION,
            "product": {
                "name": "unbroken",
                "vendor_name": "unbroken",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "uid": written.leaf.to_string(),
            "event_code": kind,
            "sequence": written.index,
            "log_name": origin,
            "logged_time": milliseconds(written.received),
            "original_time": written.signed.at.to_string(),
        },
        "unmapped": unmapped(written, shown),
    });
    if !classified.detail.is_empty() {
        value["status_detail"] = classified.detail.into();
    }
    if let Some(resource) = resource(written, shown) {
        value["resources"] = json!([resource]);
    }
    value
}

fn milliseconds(time: Timestamp) -> i64 {
    time.micros().div_euclid(1000)
}

/// The first signer: the emitter of the stream. Type 1 is a person, 3 a machine.
fn actor(by: &[SignedBy]) -> Value {
    let first = by.first();
    let is_person = first.is_some_and(|signer| !signer.person.is_empty());
    let roles = first.map(|signer| signer.roles.join(" "));
    let mut user = json!({
        "uid": first.map(|signer| signer.key.to_string()).unwrap_or_default(),
        "type_id": if is_person { 1 } else { 3 },
        "type": if is_person { "User" } else { "System" },
    });
    let name = first.filter(|_| is_person).map(|signer| &*signer.person);
    user["name"] = name.or(roles.as_deref()).unwrap_or_default().into();
    json!({ "user": user, "app_name": "unbroken" })
}

fn classify(written: &Written) -> Classified {
    let plain = |activity, severity| Classified {
        activity,
        status: SUCCESS,
        severity,
        detail: String::new(),
    };
    let placed = written.placed.as_ref();
    let outcome = placed.and_then(|placed| {
        let custodian = placed.custodian.as_ref()?;
        ended(placed.index, custodian, &placed.event)
    });
    if let Some((_, ended)) = outcome {
        let (activity, status, severity) = match ended.outcome {
            Outcome::Identical | Outcome::AsDeclared => (CREATE, SUCCESS, INFORMATIONAL),
            Outcome::Held => (OTHER, (99, "Other"), MEDIUM),
            Outcome::Skipped => (OTHER, (99, "Other"), INFORMATIONAL),
            Outcome::Failed => (CREATE, FAILURE, MEDIUM),
        };
        let detail = if ended.reason.is_empty() {
            ended.outcome.name().to_owned()
        } else {
            format!("{}: {}", ended.outcome.name(), ended.reason)
        };
        return Classified {
            activity,
            status,
            severity,
            detail,
        };
    }
    let event = placed.map(|placed| &placed.event);
    if let Some(more) = event.and_then(who_got_in) {
        return more;
    }
    match (event, &*written.signed.kind) {
        (Some(Event::ItemAttempted(..) | Event::FolderAttempted(..)), _) => Classified {
            status: UNKNOWN,
            detail: "intent".to_owned(),
            ..plain(CREATE, INFORMATIONAL)
        },
        (Some(Event::AttemptFailed(data, _)), _) => Classified {
            status: FAILURE,
            detail: format!("{} {}", data.status, data.code),
            ..plain(CREATE, LOW)
        },
        (Some(Event::FolderReady(..)), _) => plain(CREATE, INFORMATIONAL),
        (Some(Event::TargetConnected(..) | Event::SourceRegistered(..)), _) => {
            plain(READ, INFORMATIONAL)
        }
        (_, "KeyRevoked" | "TailRepaired") => plain(OTHER, HIGH),
        (
            _,
            "Erased" | "Rejected" | "PolicyChanged" | "CaseDeclared/1" | "CertificateRevoked/1",
        ) => plain(OTHER, MEDIUM),
        _ => plain(OTHER, INFORMATIONAL),
    }
}

/// A reading back that found somebody in who should not be: the very leak that is looked for, so no line tells it louder.
fn who_got_in(event: &Event) -> Option<Classified> {
    let gained = match event {
        Event::AccessCompared(data, _) => data.gained,
        Event::TeamCompleted(data, _) => data.gained,
        _ => return None,
    };
    (gained > 0).then(|| Classified {
        activity: READ,
        status: FAILURE,
        severity: HIGH,
        detail: format!("gained: {gained}"),
    })
}

/// The item that it is about.
fn resource(written: &Written, shown: Shown) -> Option<Value> {
    let placed = written.placed.as_ref()?;
    let item = item_of(&placed.event)?;
    let custodian = placed.custodian.as_ref()?;
    let encoded = placed.event.encode();
    let workload = encoded.data.get("workload").and_then(Value::as_str);
    let mut resource = json!({
        "uid": item.as_str(),
        "type": workload.unwrap_or("item"),
        "owner": { "uid": custodian.as_str() },
    });
    let locator = encoded
        .facts
        .get("locator")
        .filter(|_| shown == Shown::Full);
    if let Some(locator) = locator {
        resource["name"] = locator.clone();
    }
    Some(resource)
}

fn unmapped(written: &Written, shown: Shown) -> Value {
    let mut unmapped = json!({
        "stream": written.signed.stream,
        "data": to_json(&written.signed.data),
        "by": written.signed.by.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if let (Shown::Full, Some(placed)) = (shown, &written.placed) {
        unmapped["facts"] = Value::Object(placed.event.encode().facts);
    }
    unmapped
}

fn to_json(value: &Canonical) -> Value {
    match value {
        Canonical::Array(items) => items.iter().map(to_json).collect(),
        Canonical::Bool(flag) => (*flag).into(),
        Canonical::Integer(number) => (*number).into(),
        Canonical::String(text) => text.as_str().into(),
        Canonical::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), to_json(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{AccessCompared, EndedFacts, TeamCompleted};
    use crate::projections::reading::Reading;
    use crate::projections::scripted::{Script, failed, held, name, restored};
    use crate::projections::signers::Signers;

    fn lines(shown: Shown) -> Vec<Value> {
        let mut script = Script::default();
        script.item("ann", restored("a1", "mail", "as_declared", Some(7)));
        let mut held = held("a2", "mail");
        if let Event::ItemHeld(_, facts) = &mut held {
            **facts = EndedFacts {
                locator: Some("secret/path".to_owned()),
                ..EndedFacts::default()
            };
        }
        script.item("ann", held);
        script.item("ann", failed("a3", "files"));
        lines_of(&script, shown)
    }

    fn lines_of(script: &Script, shown: Shown) -> Vec<Value> {
        let mut lines = Vec::new();
        let signers = Signers::default();
        script
            .entries(u64::MAX, &mut |written| {
                lines.push(ocsf(
                    "example.org/x",
                    &written,
                    &signers.of(&written),
                    shown,
                ));
            })
            .expect("nothing can go wrong");
        lines
    }

    #[test]
    fn each_outcome_has_its_activity_status_and_severity() {
        let lines = lines(Shown::Redacted);
        let said = |line: &Value| {
            let number = |name: &str| line[name].as_u64().expect("a number");
            (
                number("type_uid"),
                number("status_id"),
                number("severity_id"),
            )
        };
        let said: Vec<_> = lines.iter().map(said).collect();
        assert_eq!(said, [(600_301, 1, 1), (600_399, 99, 3), (600_301, 2, 3)]);
        assert_eq!(lines[1]["status_detail"], "held: custodian-not-mapped");
        assert_eq!(lines[2]["resources"][0]["type"], "files");
        assert_eq!(lines[2]["time"], 2000);
    }

    #[test]
    fn whoever_got_in_is_told_in_the_highest_severity() {
        let completed = |gained| {
            let data = TeamCompleted {
                channels: Some(0),
                failed: 0,
                gained,
                kept: 3,
                lost: 0,
                owners: 1,
            };
            Event::TeamCompleted(Box::new(data), Box::default())
        };
        let compared = |gained| {
            let data = AccessCompared {
                absent: 0,
                custodian: name("ann"),
                declared: 0,
                gained,
                kept: 3,
                lost: 0,
                object: "o".to_owned(),
            };
            Event::AccessCompared(Box::new(data), Box::default())
        };
        let mut script = Script::default();
        script.item("ann", completed(0));
        script.item("ann", completed(2));
        script.case(compared(0));
        script.case(compared(1));
        let said: Vec<_> = lines_of(&script, Shown::Redacted)
            .iter()
            .map(|line| (line["severity_id"].clone(), line["status_detail"].clone()))
            .collect();
        let line = |severity: u64, detail: &str| (severity.into(), detail.into());
        let plain = line(1, "");
        assert_eq!(said[0].0, plain.0);
        assert_eq!(said[1], line(4, "gained: 2"));
        assert_eq!(said[2].0, plain.0);
        assert_eq!(said[3], line(4, "gained: 1"));
    }

    #[test]
    fn a_redacted_line_holds_no_fact_and_a_full_one_does() {
        let redacted = lines(Shown::Redacted);
        assert!(!redacted[1].to_string().contains("secret"));
        assert!(redacted[0]["unmapped"]["facts"].is_null());
        let full = lines(Shown::Full);
        assert_eq!(full[1]["resources"][0]["name"], "secret/path");
        assert_eq!(full[0]["unmapped"]["facts"]["size"], 7);
    }
}
