//! What the record says of the teams and chats of a case: which they are, and what was begun without an outcome. A fold; nothing is
//! asked of the tenant here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::super::meaning;
use crate::domain::event::Event;
use crate::domain::plan::PlannedFolder;
use crate::domain::pseudonym::Pseudonym;
use crate::error::Result;
use crate::journal::{Journal, Recorded};
use crate::targets::TargetId;
use crate::targets::teams::{Begun, OnRecord};

/// What the record knows of a custodian's conversations in the target.
#[derive(Debug, Default)]
pub(in crate::cli::flow) struct Standing {
    pub(in crate::cli::flow) on_record: OnRecord,
    /// Something was opened since the last completion.
    pub(in crate::cli::flow) is_open: bool,
    /// Who the custodian is in the clean tenant.
    target: Option<String>,
}

/// Folds the record.
pub(in crate::cli::flow) fn load(journal: &Journal) -> Result<BTreeMap<Pseudonym, Standing>> {
    let mut all = BTreeMap::new();
    let mut begun = BTreeMap::new();
    journal
        .replay(|recorded| {
            take(&mut all, &mut begun, recorded);
            Ok(())
        })
        .map_err(meaning)?;
    Ok(all)
}

fn take(
    all: &mut BTreeMap<Pseudonym, Standing>,
    begun: &mut BTreeMap<Pseudonym, Option<String>>,
    recorded: Recorded,
) {
    let at = DateTime::from_timestamp_micros(recorded.received.micros()).unwrap_or_default();
    match (recorded.event, recorded.custodian) {
        (Event::CustodianMapped(data, facts), _) => {
            let standing = all.entry(data.custodian).or_default();
            if standing.target != facts.target_user_id {
                // Another team from now on: what was made of the one before is not it.
                *standing = Standing {
                    target: facts.target_user_id,
                    ..Standing::default()
                };
            }
        }
        (Event::FolderAttempted(data, facts), Some(custodian)) if data.workload == "teams" => {
            let path = facts
                .path
                .and_then(|path| serde_json::from_value(path).ok());
            let path = path.map(|path: PlannedFolder| path.below.into_iter().next());
            let path = path.flatten();
            if path.is_none() {
                all.entry(custodian).or_default().begin(at);
            }
            begun.insert(data.folder, path);
        }
        (Event::FolderReady(data, facts), Some(custodian)) => {
            if let Some((path, id)) = begun.remove(&data.folder).zip(facts.target_id) {
                let standing = all.entry(custodian).or_default();
                if path.is_none() {
                    standing.on_record.begun = None;
                }
                standing.on_record.ids.insert(path, TargetId(id));
                standing.is_open = true;
            }
        }
        (Event::TeamCompleted(data, _), Some(custodian)) if data.failed == 0 => {
            let standing = all.entry(custodian).or_default();
            // Who was not read back in a team is added and looked for again; nobody can be added to a chat.
            if data.lost == 0 || standing.is_chat() {
                standing.is_open = false;
            }
        }
        _ => {}
    }
}

impl Standing {
    fn is_chat(&self) -> bool {
        let target = self.target.as_ref();
        target.is_some_and(|target| target.starts_with("chat"))
    }

    fn begin(&mut self, at: DateTime<Utc>) {
        let known = self.on_record.begun;
        self.on_record.begun = Some(Begun {
            first: known.map_or(at, |known| known.first),
            last: at,
        });
    }
}
