//! The record in memory: what was written down survives a cut of power; work is folded from it again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use unbroken::domain::folder::FolderPath;
use unbroken::engine::record::{
    Custodian, FolderId, ItemId, Outcome, Record, RecordError, Standing, Work,
};

use super::{Power, Switch};

/// One line of the record.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    FolderAttempted,
    Intent { item: ItemId, attempt: u32 },
    Outcome(Outcome),
}

/// The record: share it between runs to survive them.
#[derive(Clone, Debug)]
pub(crate) struct MemoryRecord {
    pub(crate) lines: Arc<Mutex<Vec<Line>>>,
    switch: Switch,
    persists: bool,
    refuses_after: Option<usize>,
    breaks_after: Option<usize>,
}

impl MemoryRecord {
    pub(crate) fn new() -> Self {
        Self {
            lines: Arc::default(),
            switch: Switch::default(),
            persists: false,
            refuses_after: None,
            breaks_after: None,
        }
    }

    /// The same record in a process whose power goes; `persists` says whether the last line is still written.
    pub(crate) fn powered(&self, switch: &Switch, persists: bool) -> Self {
        Self {
            switch: switch.clone(),
            persists,
            ..self.clone()
        }
    }

    /// The same record behind a gate that closes after so many lines.
    pub(crate) fn refusing_after(&self, lines: usize) -> Self {
        Self {
            refuses_after: Some(lines),
            ..self.clone()
        }
    }

    /// The same record on a disk that fails after so many lines.
    pub(crate) fn breaking_after(&self, lines: usize) -> Self {
        Self {
            breaks_after: Some(lines),
            ..self.clone()
        }
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lines
            .lock()
            .expect("no test panics while it holds it")
            .clone()
    }

    /// What is left of `work`, as a projection would fold it.
    pub(crate) fn left_of(&self, work: &[Work]) -> Vec<Work> {
        let mut states: BTreeMap<ItemId, Option<(u32, Standing)>> = BTreeMap::new();
        for line in self.lines() {
            match line {
                Line::Intent { item, attempt } => {
                    states.insert(item, Some((attempt, Standing::Interrupted)));
                }
                Line::Outcome(
                    Outcome::AttemptFailed { item, attempt, .. }
                    | Outcome::AttemptInterrupted { item, attempt, .. },
                ) => {
                    let failed = Standing::Failed { not_before: None };
                    states.insert(item, Some((attempt, failed)));
                }
                Line::Outcome(
                    Outcome::ItemRestored { item, .. } | Outcome::ItemFailed { item, .. },
                ) => {
                    states.insert(item, None);
                }
                Line::FolderAttempted | Line::Outcome(_) => {}
            }
        }
        work.iter()
            .filter_map(|work| match states.get(&work.item) {
                None => Some(work.clone()),
                Some(None) => None,
                Some(Some((attempts, standing))) => Some(Work {
                    attempts: *attempts,
                    standing: *standing,
                    ..work.clone()
                }),
            })
            .collect()
    }

    async fn write(&self, line: Line) -> Result<(), RecordError> {
        match self.switch.step().await {
            Power::Goes => {
                if self.persists {
                    self.lines
                        .lock()
                        .expect("no test panics while it holds it")
                        .push(line);
                }
                self.switch.dark().await
            }
            Power::On => {
                let mut lines = self.lines.lock().expect("no test panics while it holds it");
                if self.breaks_after.is_some_and(|most| lines.len() >= most) {
                    let full = std::io::Error::other("no space left on device");
                    return Err(RecordError::Broken(Box::new(full)));
                }
                lines.push(line);
                Ok(())
            }
        }
    }

    fn gate(&self) -> Result<(), RecordError> {
        let written = self
            .lines
            .lock()
            .expect("no test panics while it holds it")
            .len();
        match self.refuses_after {
            Some(most) if written >= most => Err(RecordError::Refused("approval".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Record for MemoryRecord {
    async fn intend_item(&self, work: &Work, attempt: u32) -> Result<(), RecordError> {
        self.gate()?;
        let item = work.item.clone();
        self.write(Line::Intent { item, attempt }).await
    }

    async fn intend_folder(
        &self,
        _: &Custodian,
        path: &FolderPath,
    ) -> Result<FolderId, RecordError> {
        self.write(Line::FolderAttempted).await?;
        Ok(FolderId(format!("{path:?}")))
    }

    async fn record(&self, _: &Work, outcome: Outcome) -> Result<(), RecordError> {
        self.write(Line::Outcome(outcome)).await
    }
}

/// Every attempt has an intent, exactly one end, and a number one higher than the one before; every item exactly one
/// outcome, the last thing said of it.
pub(crate) fn explain(lines: &[Line], work: &[Work]) {
    for work in work {
        let mut open: Option<u32> = None;
        let mut last = 0;
        let mut outcome = false;
        for line in lines {
            assert!(
                !(outcome && speaks_of(line, &work.item)),
                "{line:?} after the outcome"
            );
            match line {
                Line::Intent { item, attempt } if *item == work.item => {
                    assert_eq!(open, None, "{item:?}: a second intent before an end");
                    assert_eq!(*attempt, last + 1, "{item:?}");
                    (open, last) = (Some(*attempt), *attempt);
                }
                Line::Outcome(
                    Outcome::AttemptFailed { item, attempt, .. }
                    | Outcome::AttemptInterrupted { item, attempt, .. },
                ) if *item == work.item => {
                    assert_eq!(open.take(), Some(*attempt), "{item:?}");
                }
                Line::Outcome(Outcome::ItemRestored { item, attempt, .. })
                    if *item == work.item =>
                {
                    assert_eq!(open.take(), Some(*attempt), "{item:?}");
                    outcome = true;
                }
                Line::Outcome(Outcome::ItemFailed { item, .. }) if *item == work.item => {
                    open = None;
                    outcome = true;
                }
                _ => {}
            }
        }
        assert!(outcome && open.is_none(), "{:?}: no outcome", work.item);
    }
}

fn speaks_of(line: &Line, wanted: &ItemId) -> bool {
    match line {
        Line::FolderAttempted | Line::Outcome(Outcome::FolderReady { .. }) => false,
        Line::Intent { item, .. }
        | Line::Outcome(
            Outcome::AttemptFailed { item, .. }
            | Outcome::AttemptInterrupted { item, .. }
            | Outcome::ItemFailed { item, .. }
            | Outcome::ItemRestored { item, .. }
            | Outcome::PartialFound { item, .. },
        ) => item == wanted,
    }
}
