//! Teams and chats of an archive: what their lines say beside the JSON that their objects are.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::index::{HostedEntry, Object, TeamsEntry, TeamsKind};
use super::{Archive, ItemPlace};
use crate::domain::item::{CustodianName, RestorePointId, SourceItem};
use crate::domain::teams::{Hosted, TeamsItem};
use crate::sources::pinned::MESSAGE_BYTES_MAX;
use crate::sources::reader::digest_of;
use crate::sources::{BadItem, SourceError, teams};

/// What is kept of the lines.
#[derive(Default)]
pub(super) struct Kept {
    /// The images of a message.
    hosted: BTreeMap<ItemPlace, Vec<HostedEntry>>,
    /// The lines that are no message.
    kinds: BTreeMap<ItemPlace, TeamsKind>,
    /// The first message by channel; the empty one is a chat.
    earliest: BTreeMap<(RestorePointId, CustodianName), BTreeMap<String, DateTime<Utc>>>,
    teams: Vec<Object>,
    /// Addresses by object id: of the custodians, and of the members of the teams.
    addresses: std::sync::OnceLock<HashMap<String, String>>,
}

impl Kept {
    pub(super) fn keep(&mut self, place: ItemPlace, entry: TeamsEntry) {
        let of = (place.0.clone(), place.1.clone());
        if entry.kind == TeamsKind::Message {
            let channel = entry.channel.map(|channel| channel.id).unwrap_or_default();
            if let Some(created) = entry.created_date_time {
                let earliest = self.earliest.entry(of).or_default();
                let first = earliest.entry(channel).or_insert(created);
                *first = created.min(*first);
            }
            if !entry.hosted_contents.is_empty() {
                self.hosted.insert(place, entry.hosted_contents);
            }
            return;
        }
        if entry.kind == TeamsKind::Team {
            self.teams.push(entry.object);
        }
        self.kinds.insert(place, entry.kind);
    }
}

impl Archive {
    /// What a line is, as an item or as something that is none.
    #[expect(
        clippy::result_large_err,
        reason = "the Items of a source are made of these"
    )]
    pub(super) fn described_teams(&self, mut item: SourceItem) -> Result<SourceItem, BadItem> {
        let place = super::place_of(&item);
        match self.teams.kinds.get(&place) {
            Some(TeamsKind::App) => {
                return Err(super::left_of(item, "team-app", "an app of a team"));
            }
            Some(TeamsKind::Tab) => {
                return Err(super::left_of(item, "team-tab", "a tab of a team"));
            }
            _ => {}
        }
        if self.bytes_with_images(&item) > MESSAGE_BYTES_MAX {
            return Err(super::refuse(item, "too-large", too_large()));
        }
        let bytes = match self.item_bytes(&item) {
            Ok(bytes) => bytes,
            Err((class, reason)) => return Err(super::refuse(item, class, reason)),
        };
        match teams::read(&bytes) {
            Ok(TeamsItem::Team(team)) => item.name = team.name,
            Ok(TeamsItem::Message(message)) => {
                item.name = message.subject;
                item.created = item.created.or(message.outline.created);
            }
            Err(problem) => return Err(super::refuse(item, problem.class, problem.reason)),
        }
        Ok(item)
    }

    /// What a message takes in memory: all of its images may be one object, named again and again.
    pub(super) fn bytes_with_images(&self, item: &SourceItem) -> u64 {
        let hosted = self.teams.hosted.get(&super::place_of(item));
        let sizes = hosted.into_iter().flatten().map(|one| one.object.size);
        sizes.fold(item.size_bytes, u64::saturating_add)
    }

    pub(super) fn read_teams_item(
        &self,
        item: &SourceItem,
        with_images: bool,
    ) -> Result<TeamsItem, SourceError> {
        let invalid = |rule: String| SourceError::Invalid {
            path: item.locator.clone(),
            place: "whole item".to_owned(),
            rule,
        };
        let read = teams::read(&self.object(item)?);
        let mut read = read.map_err(|problem| invalid(problem.reason))?;
        match &mut read {
            TeamsItem::Team(team) => {
                let of = (item.point.clone(), item.custodian.clone());
                if let Some(earliest) = self.teams.earliest.get(&of) {
                    team.earliest = earliest.get("").copied();
                    for channel in &mut team.channels {
                        channel.earliest = earliest.get(&channel.id).copied();
                    }
                }
                let of_channels = team.channels.iter_mut().flat_map(|one| &mut one.members);
                for member in team.members.iter_mut().chain(of_channels) {
                    self.name_address(&mut member.person);
                }
            }
            TeamsItem::Message(message) => {
                self.name_address(&mut message.outline.author);
                if with_images && self.bytes_with_images(item) > MESSAGE_BYTES_MAX {
                    return Err(invalid(too_large()));
                }
                let hosted = self.teams.hosted.get(&super::place_of(item));
                for entry in hosted.into_iter().flatten().filter(|_| with_images) {
                    message.hosted.push(Hosted {
                        id: entry.id.clone(),
                        content_type: entry.content_type.clone(),
                        content: self.hosted(item, &entry.object)?,
                    });
                }
            }
        }
        Ok(read)
    }

    fn hosted(&self, item: &SourceItem, object: &Object) -> Result<Vec<u8>, SourceError> {
        let image = SourceItem {
            size_bytes: object.size,
            digest: object.sha256,
            ..item.clone()
        };
        self.object(&image)
    }

    fn name_address(&self, person: &mut crate::domain::teams::Person) {
        if !person.address.is_empty() {
            return;
        }
        let known = self.teams.addresses.get_or_init(|| self.addresses());
        if let Some(address) = known.get(&person.id) {
            person.address.clone_from(address);
        }
    }

    fn addresses(&self) -> HashMap<String, String> {
        let mut known = HashMap::new();
        // A larger one is no team to anybody, and is not read here either.
        let teams = self.teams.teams.iter();
        for object in teams.filter(|object| object.size <= MESSAGE_BYTES_MAX) {
            let path = std::path::PathBuf::from(object.path());
            let bytes = self.bag.tree().read(&path, object.size).ok().flatten();
            let bytes = bytes.filter(|bytes| digest_of(bytes) == object.sha256);
            let Some(Ok(TeamsItem::Team(team))) = bytes.map(|bytes| teams::read(&bytes)) else {
                continue;
            };
            let of_channels = team.channels.into_iter().flat_map(|one| one.members);
            for member in team.members.into_iter().chain(of_channels) {
                if !member.person.address.is_empty() {
                    known.insert(member.person.id, member.person.address);
                }
            }
        }
        // The tag file is the archive's own word, and wins.
        for custodian in &self.tag.custodians {
            known.insert(custodian.id.clone(), custodian.name.clone());
        }
        known
    }
}

fn too_large() -> String {
    format!("over {MESSAGE_BYTES_MAX} bytes with its images")
}

#[cfg(test)]
mod tests;
