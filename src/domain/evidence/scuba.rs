//! `ScubaResults_*.json` of CISA's ScubaGear: its verdicts by control, and its `Raw` part as sections and answers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::exchange::{Brought, EvidenceRefusal, json, text_at, time_at};
use super::{EvidenceFile, Readings, scuba_raw};

/// One control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// `Pass`, `Fail`, `Warning`, `N/A`, `Error`, `Omitted`, as the tool wrote it.
    pub result: String,
    /// `Shall` or `Should`.
    pub criticality: String,
    /// What it asks for, without markup.
    pub requirement: String,
}

/// The verdicts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The tenant that it speaks of.
    pub tenant_id: String,
    /// When the tool looked.
    pub taken_at: Option<DateTime<Utc>>,
    /// By control id without its version: `MS.AAD.1.1`.
    pub controls: BTreeMap<String, Control>,
}

impl Report {
    /// Whether a control passed, by any of the ids that it had in the course of time.
    pub fn passed(&self, ids: &[&str]) -> bool {
        ids.iter()
            .filter_map(|id| self.controls.get(*id))
            .any(|control| control.result == "Pass")
    }
}

/// A report with all that can be had from it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScubaRun {
    /// The verdicts.
    pub report: Report,
    /// The file and its sections.
    pub brought: Brought,
    /// What stands in for answers of Graph. A live answer goes before it.
    pub readings: Readings,
}

/// Reads a report. Where it does not have the form of one, nothing of it is used.
pub fn parse(bytes: &[u8], digest: &str) -> Result<ScubaRun, EvidenceRefusal> {
    let value = json(bytes)?;
    let tool = text_at(&value, "MetaData.Tool")?;
    if tool != "ScubaGear" {
        return Err(EvidenceRefusal::new(
            "MetaData.Tool",
            format!("is {tool}; ScubaGear is known"),
        ));
    }
    let taken = text_at(&value, "MetaData.TimestampZulu")?;
    let file = EvidenceFile {
        tool,
        version: text_at(&value, "MetaData.ToolVersion")?,
        tenant_id: text_at(&value, "MetaData.TenantId")?,
        taken_at: Some(time_at("MetaData.TimestampZulu", &taken)?),
        digest: digest.to_owned(),
        ..EvidenceFile::default()
    };
    let report = Report {
        tenant_id: file.tenant_id.clone(),
        taken_at: file.taken_at,
        controls: controls(&value)?,
    };
    let Some(raw) = value.get("Raw").filter(|raw| raw.is_object()) else {
        return Err(EvidenceRefusal::new("Raw", "an object must stand here"));
    };
    let brought = Brought {
        file,
        sections: scuba_raw::sections(raw),
    };
    Ok(ScubaRun {
        report,
        brought,
        readings: scuba_raw::readings(raw, digest),
    })
}

fn controls(value: &Value) -> Result<BTreeMap<String, Control>, EvidenceRefusal> {
    let Some(products) = value.get("Results").and_then(Value::as_object) else {
        return Err(EvidenceRefusal::new("Results", "an object must stand here"));
    };
    let mut controls = BTreeMap::new();
    for (product, groups) in products {
        let place = format!("Results.{product}");
        let Some(groups) = groups.as_array() else {
            return Err(EvidenceRefusal::new(
                place,
                "a list of groups must stand here",
            ));
        };
        for (number, group) in groups.iter().enumerate() {
            let place = format!("{place}[{number}].Controls");
            let Some(list) = group.get("Controls").and_then(Value::as_array) else {
                return Err(EvidenceRefusal::new(
                    place,
                    "a list of controls must stand here",
                ));
            };
            for (number, control) in list.iter().enumerate() {
                let place = format!("{place}[{number}]");
                let text = |name: &str| {
                    let text = control.get(name).and_then(Value::as_str);
                    text.ok_or_else(|| {
                        EvidenceRefusal::new(format!("{place}.{name}"), "a text must stand here")
                    })
                };
                let id = text("Control ID")?;
                let read = Control {
                    result: text("Result")?.to_owned(),
                    criticality: text("Criticality")?.to_owned(),
                    requirement: without_markup(text("Requirement")?),
                };
                if controls
                    .insert(without_version(id).to_owned(), read)
                    .is_some()
                {
                    return Err(EvidenceRefusal::new(
                        place,
                        format!("{id} stands there twice"),
                    ));
                }
            }
        }
    }
    Ok(controls)
}

/// `MS.AAD.3.2v2` is `MS.AAD.3.2`.
fn without_version(id: &str) -> &str {
    let digits = id.trim_end_matches(|letter: char| letter.is_ascii_digit());
    digits.strip_suffix('v').unwrap_or(id)
}

fn without_markup(text: &str) -> String {
    text.split('<').next().unwrap_or(text).trim().to_owned()
}
