//! Plans as objects: one encrypted part a custodian, and the plan object that names them; read and written here.

use unbroken_ledger::{Hash, LedgerError};

use super::{CASE_SUBJECT, Journal, JournalError};
use crate::domain::item_key::CaseSecret;
use crate::domain::plan::{PlanPart, PlanRow, parse_plan_object, plan_object};
use crate::domain::pseudonym::Pseudonym;

/// A plan whose parts are kept.
#[derive(Clone, Debug)]
pub struct SealedPlan {
    /// SHA-256 of the plan object: the plan's name.
    pub plan: Hash,
    /// Its parts.
    pub parts: Vec<PlanPart>,
}

impl Journal {
    /// Keeps one custodian's rows, encrypted for the custodian.
    pub fn keep_part(
        &self,
        custodian: &Pseudonym,
        rows: &[PlanRow],
    ) -> Result<PlanPart, JournalError> {
        let mut text = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut text, row).expect("a row is plain JSON");
            text.push(b'\n');
        }
        let ledger = self.ledger();
        let sealed = ledger
            .vault()
            .seal_object(custodian.as_str(), &text)
            .map_err(LedgerError::from)?;
        let object = ledger
            .objects()
            .put(&sealed)
            .map_err(|error| object_error("new", &error))?;
        let (custodian, rows) = (custodian.clone(), rows.len() as u64);
        Ok(PlanPart {
            custodian,
            object: object.to_string(),
            rows,
        })
    }

    /// Keeps a text of the case, encrypted for subject `case`; its name stands in an event.
    pub fn keep_text(&self, text: &[u8]) -> Result<String, JournalError> {
        let ledger = self.ledger();
        let sealed = ledger
            .vault()
            .seal_object(CASE_SUBJECT, text)
            .map_err(LedgerError::from)?;
        let object = ledger
            .objects()
            .put(&sealed)
            .map_err(|error| object_error("new", &error))?;
        Ok(object.to_string())
    }

    /// Reads what [`Journal::keep_text`] kept.
    pub fn text(&self, object: &str) -> Result<Vec<u8>, JournalError> {
        let ledger = self.ledger();
        let hash = Hash::parse(object).ok_or_else(|| JournalError::Plan {
            plan: object.to_owned(),
            reason: "the name of an object is 64 hex digits".to_owned(),
        })?;
        let sealed = ledger.objects().read(&hash);
        let sealed = sealed.map_err(|error| object_error(object, &error))?;
        let text = ledger.vault().open_object(CASE_SUBJECT, &sealed);
        Ok(text.map_err(LedgerError::from)?.to_vec())
    }

    /// Keeps lines about a custodian's access, encrypted for the custodian; the result is the name of their object.
    pub fn keep_access(&self, custodian: &Pseudonym, text: &[u8]) -> Result<String, JournalError> {
        let ledger = self.ledger();
        let sealed = ledger.vault().seal_object(custodian.as_str(), text);
        let sealed = sealed.map_err(LedgerError::from)?;
        let object = ledger.objects().put(&sealed);
        let object = object.map_err(|error| object_error("access", &error))?;
        Ok(object.to_string())
    }

    /// Keeps the plan object and so names the plan.
    pub fn keep_plan(&self, parts: Vec<PlanPart>) -> Result<SealedPlan, JournalError> {
        let text = plan_object(&parts);
        let plan = self.ledger().objects().put(text.as_bytes());
        let plan = plan.map_err(|error| object_error("new", &error))?;
        Ok(SealedPlan { plan, parts })
    }

    /// The parts of a plan.
    pub fn plan_parts(&self, plan: &str) -> Result<Vec<PlanPart>, JournalError> {
        let refuse = |reason: &str| JournalError::Plan {
            plan: plan.into(),
            reason: reason.into(),
        };
        let hash = Hash::parse(plan).ok_or_else(|| refuse("a plan's name is 64 hex digits"))?;
        let bytes = self
            .ledger()
            .objects()
            .read(&hash)
            .map_err(|e| object_error(plan, &e))?;
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(parse_plan_object)
            .ok_or_else(|| refuse("its object is no list of parts"))
    }

    /// The rows of one part. An erased custodian has none any more.
    pub fn part_rows(&self, plan: &str, part: &PlanPart) -> Result<Vec<PlanRow>, JournalError> {
        let refuse = |reason: String| JournalError::Plan {
            plan: plan.to_owned(),
            reason,
        };
        let vault = self.ledger().vault();
        if vault.erased_at(part.custodian.as_str()).is_some() {
            return Ok(Vec::new());
        }
        let hash = Hash::parse(&part.object).ok_or_else(|| refuse("a part's name".to_owned()))?;
        let sealed = self
            .ledger()
            .objects()
            .read(&hash)
            .map_err(|e| object_error(plan, &e))?;
        let text = vault.open_object(part.custodian.as_str(), &sealed);
        let text = text.map_err(LedgerError::from)?;
        serde_json::Deserializer::from_slice(&text)
            .into_iter::<PlanRow>()
            .collect::<Result<_, _>>()
            .map_err(|error| refuse(format!("part of {}: {error}", part.custodian)))
    }

    /// Keeps the case secret, encrypted for the case; the result is the name of its object.
    pub fn keep_secret(&self, secret: &CaseSecret) -> Result<String, JournalError> {
        let ledger = self.ledger();
        let sealed = ledger.vault().seal_object(CASE_SUBJECT, &secret.0);
        let sealed = sealed.map_err(LedgerError::from)?;
        let object = ledger
            .objects()
            .put(&sealed)
            .map_err(|e| object_error("secret", &e))?;
        Ok(object.to_string())
    }

    /// The case secret.
    pub fn secret(&self) -> Result<CaseSecret, JournalError> {
        let refuse = |reason: &str| JournalError::Plan {
            plan: "secret".into(),
            reason: reason.into(),
        };
        let case = self.case()?;
        let declared = case
            .declared
            .ok_or(crate::domain::refusal::Refusal::CaseNotDeclared)?;
        let hash = Hash::parse(&declared.0.secret).ok_or_else(|| refuse("its name is no hash"))?;
        let ledger = self.ledger();
        let sealed = ledger
            .objects()
            .read(&hash)
            .map_err(|e| object_error("secret", &e))?;
        let plain = ledger
            .vault()
            .open_object(CASE_SUBJECT, &sealed)
            .map_err(LedgerError::from)?;
        <[u8; 32]>::try_from(&plain[..])
            .map(CaseSecret)
            .map_err(|_| refuse("it does not have 32 bytes"))
    }
}

pub(super) fn object_error(
    plan: &str,
    error: &unbroken_ledger::objects::ObjectError,
) -> JournalError {
    JournalError::Plan {
        plan: plan.to_owned(),
        reason: error.to_string(),
    }
}
