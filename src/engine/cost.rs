//! What each call to the target uses up of the quotas, estimated on the high side. Numbers only.

use super::governor::Cost;
use crate::domain::folder::FolderPath;
use crate::domain::item::Workload;
use crate::domain::message::{Attachment, Message};
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;

/// What fits into the creating request: Graph takes 4 MB a request, base64 and the rest of the message included.
const SMALL_ATTACHMENT_BYTES: usize = 3_000_000;
const UPLOAD_CHUNK_BYTES: u64 = 3_932_160;
const FILE_FRAGMENT_BYTES: u64 = 10_485_760;

/// Finding or making a folder: each level is looked for and perhaps made.
pub fn folder(path: &FolderPath) -> Cost {
    let levels = match path {
        FolderPath::Calendar(name) | FolderPath::Tasks(name) => name.iter().len(),
        FolderPath::Contacts(names) | FolderPath::Drive(names) => names.len(),
        FolderPath::List(_) | FolderPath::Teams(_) => 2,
        FolderPath::Mail { below, .. } => below.len(),
    };
    let levels = u32::try_from(levels).unwrap_or(u32::MAX / 4);
    Cost {
        requests: 1 + levels * 2,
        resource_units: 1 + levels * 4,
        ..Cost::default()
    }
}

/// Finding or making a team or chat: looked for, made, waited for, and its members.
pub fn team(team: &crate::domain::teams::PlannedTeam) -> Cost {
    Cost {
        requests: crate::targets::teams::calls_of(team),
        writes: 2,
        ..Cost::default()
    }
}

/// One small request: find by key, find by name, delete.
pub fn small() -> Cost {
    Cost {
        requests: 1,
        resource_units: 2,
        ..Cost::default()
    }
}

/// The creating request.
pub fn create_message(message: &Message) -> Cost {
    let small: u64 = message
        .attachments
        .iter()
        .filter(|attachment| !is_large(attachment))
        .map(|attachment| encoded(attachment.content.len()))
        .sum();
    let text = message.body.content.len() + message.transport_headers.len() + 4_096;
    Cost {
        requests: 1,
        upload_bytes: small + text as u64,
        ..Cost::default()
    }
}

/// The attachments that did not fit: listing, a session and its chunks each.
pub fn complete_message(message: &Message) -> Cost {
    let mut cost = small();
    for attachment in &message.attachments {
        let bytes = attachment.content.len() as u64;
        let chunks = if is_large(attachment) {
            cost.upload_bytes += bytes;
            1 + bytes.div_ceil(UPLOAD_CHUNK_BYTES)
        } else {
            1
        };
        cost.requests += u32::try_from(chunks).unwrap_or(u32::MAX / 1_024);
    }
    cost
}

/// The message, its attachments' list, and each attachment.
pub fn read_message(message: &Message) -> Cost {
    let attachments = u32::try_from(message.attachments.len()).unwrap_or(u32::MAX / 4);
    Cost {
        requests: 2 + attachments,
        ..Cost::default()
    }
}

/// The creating request: what an event, a contact or a task says of itself.
pub fn create_outlook_item(item: &OutlookItem) -> Cost {
    let text = match item {
        OutlookItem::Contact(contact) => contact.personal_notes.len(),
        OutlookItem::Event(event) => event.facts.body.content.len(),
        OutlookItem::Task(task) => task.body.content.len(),
    };
    Cost {
        requests: 1,
        upload_bytes: text as u64 + 8_192,
        ..Cost::default()
    }
}

/// Each occurrence is looked for and changed, each attachment, photo and checklist line is a request.
pub fn complete_outlook_item(item: &OutlookItem) -> Cost {
    let mut cost = small();
    let requests = match item {
        OutlookItem::Contact(contact) => {
            let photo = contact.photo.as_ref();
            cost.upload_bytes += photo.map_or(0, |photo| photo.content.len() as u64);
            photo.iter().len()
        }
        OutlookItem::Event(event) => {
            for attachment in &event.attachments {
                cost.upload_bytes += encoded(attachment.content.len());
            }
            let series = event.series.as_ref();
            let occurrences = series.map_or(0, |one| one.cancelled.len() + one.changed.len());
            occurrences * 2 + event.attachments.len() * 2
        }
        OutlookItem::Task(task) => task.checklist.len(),
    };
    cost.requests += u32::try_from(requests).unwrap_or(u32::MAX / 4);
    cost
}

/// The item, its attachments' list and each attachment, its photo or its checklist.
pub fn read_outlook_item(item: &OutlookItem) -> Cost {
    let attachments = u32::try_from(item.attachments().len()).unwrap_or(u32::MAX / 4);
    Cost {
        requests: 3 + attachments,
        ..Cost::default()
    }
}

/// Finding or making a list with that many columns, one by one at the worst.
pub fn list(columns: u32) -> Cost {
    Cost {
        requests: 4 + columns,
        resource_units: 8 + 2 * columns,
        ..Cost::default()
    }
}

/// The creating request of an item of a list, and what is looked for before it.
pub fn create_site_item(item: &SiteItem) -> Cost {
    let fields = match item {
        SiteItem::ListItem(item) => item.fields.len(),
        SiteItem::Page(page) => page.sections.len() * 16,
    };
    Cost {
        requests: 1,
        resource_units: 2,
        upload_bytes: fields as u64 * 256,
        ..Cost::default()
    }
}

/// The fields once more, the list of its attachments, and each attachment.
pub fn complete_site_item(item: &SiteItem) -> Cost {
    let count = u32::try_from(item.attachments().len()).unwrap_or(u32::MAX / 4);
    let bytes = item.attachments().iter();
    Cost {
        requests: 2 + count,
        resource_units: 4 + 2 * count,
        upload_bytes: bytes.map(|file| file.content.len() as u64).sum(),
        ..Cost::default()
    }
}

/// The item, the list of its attachments, and each attachment.
pub fn read_site_item(item: &SiteItem) -> Cost {
    let count = u32::try_from(item.attachments().len()).unwrap_or(u32::MAX / 4);
    let bytes = item.attachments().iter();
    Cost {
        requests: 2 + count,
        resource_units: 2 + count,
        download_bytes: bytes.map(|file| file.content.len() as u64).sum(),
        ..Cost::default()
    }
}

/// A session and its fragments. The session is an upload of two units; whether its fragments cost anything is not
/// documented, and where they do the governor learns it.
pub fn write_file(size_bytes: u64) -> Cost {
    let fragments = u32::try_from(size_bytes.div_ceil(FILE_FRAGMENT_BYTES)).unwrap_or(u32::MAX / 4);
    Cost {
        requests: 1 + fragments,
        resource_units: 2,
        upload_bytes: size_bytes,
        ..Cost::default()
    }
}

/// The item and the pages of its versions.
pub fn versions(expected: usize) -> Cost {
    let pages = u32::try_from(expected.div_ceil(200)).unwrap_or(u32::MAX / 4);
    Cost {
        requests: 1 + pages,
        resource_units: 1 + 2 * pages,
        ..Cost::default()
    }
}

/// The item and its bytes.
pub fn read_file(size_bytes: u64) -> Cost {
    Cost {
        requests: 2,
        resource_units: 2,
        download_bytes: size_bytes,
        ..Cost::default()
    }
}

/// The whole of an item, from its size alone: written once and read back once.
pub fn item(workload: Workload, size_bytes: u64) -> Cost {
    match workload {
        Workload::Files => write_file(size_bytes).and(read_file(size_bytes)),
        // Looked for, created, its attachments listed and read back.
        Workload::Lists | Workload::Pages => Cost {
            requests: 4,
            resource_units: 6,
            upload_bytes: size_bytes,
            download_bytes: size_bytes,
            ..Cost::default()
        },
        // Its raw bytes hold its attachments in base64, as the request does. Listed and read back: itself, the list of its
        // attachments, and one attachment.
        Workload::Calendar | Workload::Contacts | Workload::Mail | Workload::Tasks => Cost {
            requests: 6,
            upload_bytes: size_bytes + 4_096,
            download_bytes: size_bytes,
            ..Cost::default()
        },
        Workload::Teams => write_post().and(read_post(0)),
    }
}

/// The importing request: what five a second of a channel are counted in.
pub fn write_post() -> Cost {
    Cost {
        requests: 1,
        writes: 1,
        ..Cost::default()
    }
}

/// The message, and each of its images.
pub fn read_post(images: usize) -> Cost {
    Cost {
        requests: 1 + u32::try_from(images).unwrap_or(u32::MAX / 4),
        ..Cost::default()
    }
}

/// The older versions of a file, from their sizes: each written and read back, and listed at the end.
pub fn history(sizes: impl IntoIterator<Item = u64>) -> Cost {
    let (mut cost, mut count) = (Cost::default(), 0);
    for size_bytes in sizes {
        cost = cost.and(write_file(size_bytes)).and(read_file(size_bytes));
        count += 1;
    }
    if count == 0 {
        return cost;
    }
    cost.and(versions(count + 1))
}

fn is_large(attachment: &Attachment) -> bool {
    attachment.content.len() > SMALL_ATTACHMENT_BYTES
}

fn encoded(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_attachments_cost_their_chunks_and_small_ones_their_encoding() {
        let attachment = |bytes| Attachment {
            name: String::new(),
            content_type: String::new(),
            content_id: None,
            is_inline: false,
            content: vec![0; bytes],
        };
        let message = Message {
            attachments: vec![attachment(3_000), attachment(8_000_000)],
            ..Message::default()
        };
        assert_eq!(create_message(&message).upload_bytes, 4_000 + 4_096);
        let rest = complete_message(&message);
        assert_eq!((rest.requests, rest.upload_bytes), (1 + 1 + 4, 8_000_000));
        assert_eq!(read_message(&message).requests, 4);
    }
}
