//! One conversation, of a channel or a chat: its migration mode and what was imported into it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{bad, millis, time};
use crate::answer::{Answer, empty, refuse};
use crate::request::Request;

#[derive(Clone, Debug, Default)]
pub(super) struct Thread {
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    /// The app that migrates into it; nobody else may.
    pub(super) migrated_by: Option<String>,
    /// Somebody completed a migration.
    pub(super) was_completed: bool,
    /// By the millisecond: there is one message in each.
    pub(super) messages: BTreeMap<i64, Message>,
    /// How many messages were ever taken in: what exactly-once is counted by.
    pub(super) imported: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) json: Map<String, Value>,
    pub(super) reply_to: Option<i64>,
    /// Id, type and bytes.
    pub(super) hosted: Vec<(String, String, Vec<u8>)>,
}

impl Thread {
    pub(super) fn new(id: String, created: DateTime<Utc>, migrated_by: Option<String>) -> Self {
        Self {
            id,
            created,
            migrated_by,
            was_completed: false,
            messages: BTreeMap::new(),
            imported: 0,
        }
    }

    pub(super) fn is_migrating(&self) -> bool {
        self.migrated_by.is_some()
    }

    /// Graph's word, which is missing while nobody ever migrated.
    pub(super) fn mode(&self) -> Value {
        match (self.is_migrating(), self.was_completed) {
            (true, _) => "inProgress".into(),
            (false, true) => "completed".into(),
            (false, false) => Value::Null,
        }
    }

    /// `startMigration`: the time only moves into the past.
    pub(super) fn start(
        &mut self,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<Answer, Answer> {
        request.needs(&["Teamwork.Migrate.All"])?;
        if self.is_migrating() {
            return Err(bad("Thread is already in migration mode."));
        }
        let body = if request.body.is_empty() {
            Map::new()
        } else {
            request.json()?
        };
        let from = match body.get("conversationCreationDateTime") {
            None => now,
            Some(given) => {
                let given = time(given).ok_or_else(|| bad("A time is expected."))?;
                if given >= self.created {
                    return Err(bad(
                        "conversationCreationDateTime is older than the current createdDateTime.",
                    ));
                }
                given
            }
        };
        self.created = self.created.min(from);
        self.migrated_by = Some(request.app.clone());
        Ok(empty(204))
    }

    /// `completeMigration`.
    pub(super) fn complete(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.needs(&["Teamwork.Migrate.All"])?;
        self.check_app(request)?;
        self.migrated_by = None;
        self.was_completed = true;
        Ok(empty(204))
    }

    /// What an app may post is an import, and only while it migrates.
    pub(super) fn check_app(&self, request: &Request) -> Result<(), Answer> {
        match &self.migrated_by {
            None => Err(bad("Thread is not in migration mode.")),
            Some(app) if *app != request.app => Err(refuse(
                403,
                "Forbidden",
                "Another application migrates into this thread.",
            )),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn described(&self, shown: &mut Value) {
        shown["id"] = self.id.clone().into();
        shown["createdDateTime"] = millis(self.created).into();
        shown["migrationMode"] = self.mode();
    }
}
