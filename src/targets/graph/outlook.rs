//! Events, contacts and tasks: refused until the calls are here.

#![expect(clippy::unused_async, reason = "the calls themselves come next")]

use super::call::Session;
use super::failure;
use crate::domain::folder::FolderPath;
use crate::domain::item::{ItemKey, Workload};
use crate::domain::outlook::OutlookItem;
use crate::targets::{TargetError, TargetId, TargetUser, Written};

fn not_yet<V>() -> Result<V, TargetError> {
    Err(failure::unsendable(
        "POST /users/{id}",
        "events, contacts and tasks are not written yet",
    ))
}

pub(super) async fn folder(
    _: &Session,
    _: &TargetUser,
    _: &FolderPath,
) -> Result<TargetId, TargetError> {
    not_yet()
}

pub(super) async fn find(
    _: &Session,
    _: &TargetUser,
    _: Workload,
    _: &TargetId,
    _: &ItemKey,
) -> Result<Vec<TargetId>, TargetError> {
    not_yet()
}

pub(super) async fn create(
    _: &Session,
    _: &TargetUser,
    _: &TargetId,
    _: &OutlookItem,
    _: &ItemKey,
) -> Result<(TargetId, Written), TargetError> {
    not_yet()
}

pub(super) async fn complete(
    _: &Session,
    _: &TargetUser,
    _: &TargetId,
    _: &TargetId,
    _: &OutlookItem,
) -> Result<Written, TargetError> {
    not_yet()
}

pub(super) async fn read(
    _: &Session,
    _: &TargetUser,
    _: Workload,
    _: &TargetId,
    _: &TargetId,
) -> Result<OutlookItem, TargetError> {
    not_yet()
}

pub(super) async fn delete(
    _: &Session,
    _: &TargetUser,
    _: Workload,
    _: &TargetId,
    _: &TargetId,
) -> Result<(), TargetError> {
    not_yet()
}
