//! The engine's record, kept by the journal: each intent and outcome becomes the event of its name.

use crate::domain::content::release::sight;
use crate::domain::content::{ContentScanned, ScannedFacts};
use crate::domain::event::{
    AttemptFailed, AttemptFailedFacts, AttemptInterrupted, EndedFacts, Event, Folder, FolderFacts,
    FolderReadyFacts, ItemAttempted, ItemEnded, ItemFailed, ItemRestored, LinkFacts, NoFacts,
    PartialFound, RestoredFacts, VersionFacts,
};
use crate::domain::folder::FolderPath;
use crate::domain::plan::PlannedFolder;
use crate::domain::pseudonym::Pseudonym;
use crate::domain::teams::links::FoundLinks;
use crate::engine::record::{
    Class, Custodian, Failed, FolderId, Found, Held, ItemId, Outcome, PartialAction, Record,
    RecordError, Restored, RestoredVersion, Wait, Work, Wrote,
};
use crate::journal::{Journal, JournalError};
use crate::scanners::Screened;
use crate::targets::{Retry, TargetError};

/// Writes down what the workers intend and what came of it.
#[derive(Clone)]
pub(super) struct JournalRecord(pub(super) Journal);

impl Record for JournalRecord {
    async fn intend_item(&self, work: &Work, attempt: u32) -> Result<(), RecordError> {
        let data = ItemAttempted {
            attempt,
            item: name(&work.item.0)?,
            plan: work.plan.to_string(),
            release: work
                .standing_at_gate
                .release
                .as_ref()
                .map(|one| one.proposal.clone()),
            wave: work.wave,
        };
        let intent = Event::ItemAttempted(Box::new(data), Box::new(NoFacts {}));
        self.0
            .intend(&name(&work.custodian.0)?, intent)
            .await
            .map_err(broken)?;
        Ok(())
    }

    async fn intend_folder(
        &self,
        custodian: &Custodian,
        path: &FolderPath,
    ) -> Result<FolderId, RecordError> {
        let folder = super::new_pseudonym().map_err(|error| RecordError::Broken(error.into()))?;
        let planned = PlannedFolder::from(path);
        let data = Folder {
            folder: folder.clone(),
            workload: workload_of(path).to_owned(),
        };
        let facts = FolderFacts {
            path: serde_json::to_value(planned).ok(),
        };
        let intent = Event::FolderAttempted(Box::new(data), Box::new(facts));
        self.0
            .intend(&name(&custodian.0)?, intent)
            .await
            .map_err(broken)?;
        Ok(FolderId(folder.to_string()))
    }

    async fn record(&self, work: &Work, outcome: Outcome) -> Result<(), RecordError> {
        let event = event_of(work, outcome)?;
        self.0
            .record(&name(&work.custodian.0)?, event)
            .await
            .map_err(broken)?;
        Ok(())
    }
}

fn workload_of(path: &FolderPath) -> &'static str {
    match path {
        FolderPath::Calendar(_) => "calendar",
        FolderPath::Contacts(_) => "contacts",
        FolderPath::Drive(_) => "files",
        FolderPath::List(_) => "lists",
        FolderPath::Mail { .. } => "mail",
        FolderPath::Tasks(_) => "tasks",
        FolderPath::Teams(_) => "teams",
    }
}

fn broken(error: JournalError) -> RecordError {
    match error {
        JournalError::Refused(refusal) => RecordError::Refused(refusal.to_string()),
        other => RecordError::Broken(other.into()),
    }
}

fn name(text: &str) -> Result<Pseudonym, RecordError> {
    Pseudonym::parse(text).ok_or_else(|| RecordError::Broken("a name is no pseudonym".into()))
}

/// As the record has it.
fn word_of(found: Found) -> &'static str {
    match found {
        Found::Nothing => "nothing",
        Found::Partial => "partial",
        Found::Whole => "whole",
        Found::NotCompared => "not-compared",
        Found::NotLooked => "not-looked",
    }
}

fn event_of(work: &Work, outcome: Outcome) -> Result<Event, RecordError> {
    let no_facts = || Box::new(NoFacts {});
    Ok(match outcome {
        Outcome::AttemptFailed {
            item,
            attempt,
            failure,
            wait,
        } => attempt_failed(&item, attempt, failure, wait)?,
        Outcome::AttemptInterrupted {
            item,
            attempt,
            found,
        } => {
            let data = AttemptInterrupted {
                attempt,
                found: word_of(found).to_owned(),
                item: name(&item.0)?,
            };
            Event::AttemptInterrupted(Box::new(data), no_facts())
        }
        Outcome::ContentScanned { item, screened } => content_scanned(work, &item, *screened)?,
        Outcome::ItemHeld { item, held } => item_held(work, &item, held)?,
        Outcome::FolderReady { folder, target_id } => {
            // What a team needs is made for its files too.
            let workload = match &work.teams {
                Some(_) if target_id.0.starts_with("teams/") => "teams",
                _ => work.source.workload.name(),
            };
            let workload = workload.to_owned();
            let data = Folder {
                folder: name(&folder.0)?,
                workload,
            };
            let facts = FolderReadyFacts {
                target_id: Some(target_id.0),
            };
            Event::FolderReady(Box::new(data), Box::new(facts))
        }
        Outcome::ItemFailed {
            item,
            attempts,
            failed,
        } => item_failed(work, &item, attempts, failed)?,
        Outcome::ItemRestored {
            item,
            attempt,
            restored,
        } => item_restored(work, &item, attempt, *restored)?,
        Outcome::PartialFound {
            item,
            attempt,
            action,
        } => {
            let action = match action {
                PartialAction::Complete => "complete",
                PartialAction::Delete => "delete",
            };
            let data = PartialFound {
                action: action.to_owned(),
                attempt,
                item: name(&item.0)?,
            };
            Event::PartialFound(Box::new(data), no_facts())
        }
    })
}

fn attempt_failed(
    item: &ItemId,
    attempt: u32,
    failure: TargetError,
    wait: Wait,
) -> Result<Event, RecordError> {
    let retry = match (wait.seconds, failure.retry) {
        (None, _) => "never",
        (Some(_), Retry::After(_)) => "after",
        (Some(_), _) => "soon",
    };
    let data = AttemptFailed {
        attempt,
        code: failure.code,
        item: name(&item.0)?,
        operation: failure.operation.to_owned(),
        outcome_unknown: failure.outcome_unknown,
        retry: retry.to_owned(),
        status: failure.status,
        wait_s: wait.seconds.unwrap_or(0),
    };
    let facts = AttemptFailedFacts {
        request_id: failure.request_id,
        message: Some(failure.message),
    };
    Ok(Event::AttemptFailed(Box::new(data), Box::new(facts)))
}

fn content_scanned(work: &Work, item: &ItemId, screened: Screened) -> Result<Event, RecordError> {
    let is_any = !screened.classes.is_empty();
    let data = ContentScanned {
        sight: is_any.then(|| sight(&work.key, screened.seen)),
        classes: screened.classes,
        gate: screened.gate,
        item: name(&item.0)?,
        let_pass: screened.let_pass,
        parts: screened.parts,
        scanners: screened.scanners,
        verdict: screened.verdict,
    };
    let facts = ScannedFacts {
        found: Some(screened.found).filter(|found| !found.is_empty()),
    };
    Ok(Event::ContentScanned(Box::new(data), Box::new(facts)))
}

fn item_held(work: &Work, item: &ItemId, held: Held) -> Result<Event, RecordError> {
    let data = ItemEnded {
        item: name(&item.0)?,
        reason: held.reason.to_owned(),
        sight: None,
        workload: work.source.workload.name().to_owned(),
    };
    let facts = EndedFacts {
        detail: Some(held.detail),
        locator: Some(work.source.locator.clone()),
        name: Some(work.source.name.clone()),
    };
    Ok(Event::ItemHeld(Box::new(data), Box::new(facts)))
}

fn item_failed(
    work: &Work,
    item: &ItemId,
    attempts: u32,
    failed: Failed,
) -> Result<Event, RecordError> {
    let data = ItemFailed {
        attempts,
        code: failed.code,
        item: name(&item.0)?,
        reason: failed.reason.to_owned(),
        workload: work.source.workload.name().to_owned(),
    };
    let facts = EndedFacts {
        detail: Some(failed.detail),
        locator: Some(work.source.locator.clone()),
        name: Some(work.source.name.clone()),
    };
    Ok(Event::ItemFailed(Box::new(data), Box::new(facts)))
}

fn versions(restored: Vec<RestoredVersion>) -> Vec<VersionFacts> {
    let facts = |version: RestoredVersion| VersionFacts {
        id: version.source.id,
        modified: version.source.modified.map(|time| time.to_rfc3339()),
        modified_by: version.source.modified_by,
        readback_digest: version.readback_digest.to_string(),
        size: version.source.size_bytes,
        source_digest: version.source.digest.to_string(),
        target_version: version.target_version,
    };
    restored.into_iter().map(facts).collect()
}

fn some(count: usize) -> Option<u64> {
    Some(count as u64).filter(|count| *count > 0)
}

/// So many of each stand in one event; the counts say how many there are.
const LINKS_MAX: usize = 50;
/// Longer ones are cut: an event has an end.
const LINK_CHARS_MAX: usize = 300;

fn links(found: FoundLinks) -> Option<LinkFacts> {
    let list = |all: std::collections::BTreeSet<String>| -> Vec<String> {
        let few = all.into_iter().take(LINKS_MAX);
        few.map(|link| link.chars().take(LINK_CHARS_MAX).collect())
            .collect()
    };
    let is_any = !found.left.is_empty() || !found.moved.is_empty();
    is_any.then(|| LinkFacts {
        left: list(found.left),
        moved: list(found.moved),
    })
}

fn item_restored(
    work: &Work,
    item: &ItemId,
    attempt: u32,
    restored: Restored,
) -> Result<Event, RecordError> {
    let class = match restored.class {
        Class::AsDeclared => "as_declared",
        Class::Identical => "identical",
    };
    let wrote = match restored.wrote {
        Wrote::Completed => "completed",
        Wrote::Found => "found",
        Wrote::New => "new",
    };
    let delta =
        |delta: &crate::domain::message::Delta| format!("{}: {}", delta.property, delta.reason);
    let data = ItemRestored {
        attempt,
        class: class.to_owned(),
        compared: restored
            .compared
            .iter()
            .map(|field| (*field).to_owned())
            .collect(),
        deltas: restored.deltas.iter().map(delta).collect(),
        item: name(&item.0)?,
        links_left: some(restored.links.left.len()),
        links_moved: some(restored.links.moved.len()),
        transforms: restored
            .transforms
            .iter()
            .map(|name| name.0.to_owned())
            .collect(),
        workload: work.source.workload.name().to_owned(),
        wrote: wrote.to_owned(),
    };
    let facts = RestoredFacts {
        folder: serde_json::to_value(PlannedFolder::from(&work.source.folder)).ok(),
        key: Some(work.key.to_string()),
        links: links(restored.links),
        locator: Some(work.source.locator.clone()),
        name: Some(work.source.name.clone()),
        readback_digest: Some(restored.readback_digest.to_string()),
        request_ids: Some(restored.request_ids),
        size: Some(work.source.size_bytes),
        source_digest: Some(restored.source_digest.to_string()),
        target_id: Some(restored.target_id.0),
        target_name: Some(restored.target_name),
        versions: Some(versions(restored.versions)).filter(|versions| !versions.is_empty()),
    };
    Ok(Event::ItemRestored(Box::new(data), Box::new(facts)))
}
