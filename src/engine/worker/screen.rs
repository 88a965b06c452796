//! The content gate before every write, whichever door the item takes: all that would be written is shown to the scanners, the
//! verdict is on the record before any intent, and what is held is not written.

mod texts;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Content, End, Tries, gave_up, give_up, history, source_failed};
use crate::domain::content::release::{ANSWERS_HELD, sight};
use crate::domain::content::{Class, Unscanned, Verdict};
use crate::domain::list_item::FieldValue;
use crate::domain::message::{Attachment, Body, BodyKind};
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;
use crate::domain::site_list::ColumnKind;
use crate::domain::teams::TeamsItem;
use crate::engine::record::{Held, Outcome, Record, RecordError, Work};
use crate::engine::shop::{Shop, Time};
use crate::engine::verified::Verified;
use crate::scanners::{Scanners, Screened, Screening};
use crate::sources::{Source, SourceError};
use crate::targets::Target;

/// From this size on an item waits for one of the few turns in which large ones are held in memory.
const HEAVY_BYTES: u64 = 4 << 20;

/// Whether the item may be written.
pub(super) enum Passage {
    /// It may.
    Open(Content),
    /// It has its outcome.
    Closed(End),
}

/// Looks into the item, unless this very run did, and records what was found.
pub(super) async fn pass<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &mut Tries,
    content: Content,
) -> Result<Passage, RecordError> {
    let Some(scanners) = &shop.scanners else {
        return Ok(Passage::Open(content));
    };
    // A verdict of an earlier run may be of another plan's row, with fewer versions or without a copy: it is looked into again.
    if tries.is_screened {
        return Ok(Passage::Open(content));
    }
    let is_heavy = shop.source.held_bytes(&work.source) >= HEAVY_BYTES || !work.history.is_empty();
    let _turn = if is_heavy {
        Some(shop.parts.acquire().await)
    } else {
        None
    };
    let (gate, source, item) = (Arc::clone(scanners), Arc::clone(&shop.source), work.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let screened = look(&gate, &*source, &item, &content);
        (content, screened)
    });
    let (content, screened) = match looked.await {
        Ok((content, Ok(screened))) => (content, screened),
        Ok((_, Err(error))) => return failed(shop, work, tries, &error).await,
        // A scanner that ends on an item has not looked into it.
        Err(panic) => return failed(shop, work, tries, &gave_up(work, &panic)).await,
    };
    if screened.verdict == Verdict::NotScanned && work.standing_at_gate.is_unscanned {
        // Held for that already; nothing new is to be said.
        return stay(shop, work, &screened).map(Passage::Closed);
    }
    let outcome = Outcome::ContentScanned {
        item: work.item.clone(),
        screened: Box::new(screened.clone()),
    };
    shop.record.record(work, outcome).await?;
    let Some(class) = screened.held_for() else {
        tries.is_screened = true;
        shop.keep_from_gate(work, None);
        return Ok(Passage::Open(content));
    };
    let outcome = Outcome::ItemHeld {
        item: work.item.clone(),
        held: Held {
            reason: class.reason(),
            detail: detail(class, &screened, tries),
        },
    };
    shop.record.record(work, outcome).await?;
    stay(shop, work, &screened).map(Passage::Closed)
}

async fn failed<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    tries: &Tries,
    error: &SourceError,
) -> Result<Passage, RecordError> {
    let end = give_up(shop, work, tries, source_failed(error)).await?;
    Ok(Passage::Closed(end))
}

/// The item is held; whether the run goes on is for the policy to say where it is held because nobody could look.
fn stay<R: Record, T: Target + 'static, C: Time>(
    shop: &Arc<Shop<R, T, C>>,
    work: &Work,
    screened: &Screened,
) -> Result<End, RecordError> {
    // What waits for a scanner is looked at again with all that answers it; people release the rest.
    let is_unscanned = screened.verdict == Verdict::NotScanned;
    let why = is_unscanned.then(|| Class::NotScanned.reason());
    shop.keep_from_gate(work, Some(why.unwrap_or(ANSWERS_HELD)));
    let policy = shop.scanners.as_ref().map(|scanners| scanners.policy());
    let stops = policy.is_some_and(|policy| policy.unscanned == Unscanned::Stop);
    match &screened.silent {
        Some(why) if stops => Err(RecordError::Refused(format!(
            "{why}; the item is held, and the content gate says that the run stops then"
        ))),
        _ => Ok(End::Held),
    }
}

/// One sentence for a person; personal.
fn detail(class: Class, screened: &Screened, tries: &Tries) -> String {
    let place = screened.found.iter().find(|found| found.class == class);
    let mut text = match (place, &screened.silent) {
        (Some(found), _) => format!("{} in {}", found.name, found.part),
        (None, Some(why)) => why.clone(),
        (None, None) => class.word().to_owned(),
    };
    if tries.look_first {
        text += "; an earlier attempt may have left a copy in the new tenant: look for it there";
    }
    text
}

/// Shows the scanners everything that would be written.
fn look(
    scanners: &Scanners,
    source: &dyn Source,
    work: &Work,
    content: &Content,
) -> Result<Screened, SourceError> {
    let release = work.standing_at_gate.release.as_ref();
    let let_pass: BTreeSet<Class> = release
        .map(|release| release.classes().into_iter().collect())
        .unwrap_or_default();
    let mut screening = scanners.begin(let_pass);
    screening.digest("whole item", work.source.digest);
    screening.texts("texts", texts::of(work, content));
    match content {
        Content::File => look_into_versions(&mut screening, source, work)?,
        Content::Message(message) => {
            look_into_body(&mut screening, &message.body);
            look_into_files(&mut screening, &message.attachments);
        }
        Content::Outlook(item) => look_into_outlook_item(&mut screening, item),
        Content::Site(item) => look_into_site_item(&mut screening, item),
        Content::Teams(item) => look_into_teams_item(&mut screening, item),
    }
    let mut screened = screening.end();
    // Two people let pass what they saw: other content, or another finding, is for them to see again.
    let sight = sight(&work.key, screened.seen);
    if release.is_some_and(|release| !release.is_for(Some(&sight))) {
        screened.hold_again();
    }
    Ok(screened)
}

fn look_into_body(screening: &mut Screening<'_>, body: &Body) {
    let name = match body.kind {
        BodyKind::Html => "body.html",
        BodyKind::Text => "body.txt",
    };
    screening.whole(name, body.content.as_bytes());
}

fn look_into_files(screening: &mut Screening<'_>, files: &[Attachment]) {
    for file in files {
        screening.whole(&file.name, &file.content);
    }
}

fn look_into_outlook_item(screening: &mut Screening<'_>, item: &OutlookItem) {
    match item {
        OutlookItem::Contact(contact) => {
            if let Some(photo) = &contact.photo {
                screening.whole("photo", &photo.content);
            }
        }
        OutlookItem::Event(event) => {
            look_into_body(screening, &event.facts.body);
            let series = event.series.iter();
            for facts in series.flat_map(|series| series.changed.values()) {
                look_into_body(screening, &facts.body);
            }
        }
        OutlookItem::Task(task) => look_into_body(screening, &task.body),
    }
    look_into_files(screening, item.attachments());
}

fn look_into_site_item(screening: &mut Screening<'_>, item: &SiteItem) {
    match item {
        // Its fields are texts; HTML among them is shown as a file too.
        SiteItem::ListItem(item) => {
            let rich = |column: &str| {
                matches!(
                    item.kind(column),
                    Some(ColumnKind::Text { is_rich: true, .. })
                )
            };
            for (column, value) in &item.fields {
                if let FieldValue::Text(text) = value
                    && rich(column)
                {
                    screening.whole("field.html", text.as_bytes());
                }
            }
        }
        SiteItem::Page(page) => {
            for html in page.texts() {
                screening.whole("page.html", html.as_bytes());
            }
        }
    }
    look_into_files(screening, item.attachments());
}

/// Files of a message lie in a library, and go through the gate there.
fn look_into_teams_item(screening: &mut Screening<'_>, item: &TeamsItem) {
    match item {
        TeamsItem::Message(message) => {
            let name = if message.is_html {
                "message.html"
            } else {
                "message.txt"
            };
            screening.whole(name, message.content.as_bytes());
            for image in &message.hosted {
                screening.whole("image", &image.content);
            }
        }
        TeamsItem::Team(_) => {}
    }
}

/// Each version that would be written: an older one opens as well as the newest.
fn look_into_versions(
    screening: &mut Screening<'_>,
    source: &dyn Source,
    work: &Work,
) -> Result<(), SourceError> {
    for number in 0..=work.history.len() {
        let planned = history::planned(work, number);
        let content = source.file(&planned)?;
        let (mut content, changed) = Verified::new(content, planned.size_bytes, planned.digest);
        let name = if work.history.is_empty() {
            work.target_name.clone()
        } else {
            format!(
                "version {} of {}/{}",
                number + 1,
                work.history.len() + 1,
                work.target_name
            )
        };
        screening.digest(&name, planned.digest);
        let read = screening.stream(&name, planned.size_bytes, planned.digest, &mut content);
        if changed.seen() {
            return Err(SourceError::Invalid {
                path: planned.locator,
                place: "bytes".to_owned(),
                rule: "the source holds other bytes than planned".to_owned(),
            });
        }
        read.map_err(|source| SourceError::Io {
            path: planned.locator,
            source,
        })?;
    }
    Ok(())
}
