//! What the fuzz targets call: the readers of untrusted bytes, whole, without files. A panic in here is what they look for.
//! Calendars and cards stand here; what Outlook writes has a file below.

mod mail;
mod mailbox;
mod outlook;
mod site;
mod teams;

pub use mail::mail;
pub use mailbox::mailbox;
pub use outlook::{load_file, message_file, pst_file, rtf, tnef};
pub use site::site;
pub use teams::teams_item;

use chrono::DateTime;

use super::{ics, vcf};
use crate::domain::outlook::OutlookItem;
use crate::domain::outlook_fit::fit;
use crate::domain::semantic::compare_outlook;

/// Takes bytes apart as a calendar and as cards, reads each item, makes it fit and compares it with itself.
pub fn personal(bytes: &[u8]) {
    for group in ics::groups(bytes) {
        let ranges = group.ranges.iter().cloned();
        let item: Vec<u8> = ranges.flat_map(|range| bytes[range].to_vec()).collect();
        if let Ok(read) = ics::read(&item) {
            check(read);
        }
    }
    for card in vcf::cards(bytes) {
        if let Ok(read) = vcf::read(&bytes[card.range]) {
            check(OutlookItem::Contact(Box::new(read)));
        }
    }
}

fn check(read: OutlookItem) {
    let fitted = fit(read, DateTime::UNIX_EPOCH);
    let again = fit(fitted.clone(), DateTime::UNIX_EPOCH);
    let compared = compare_outlook(&fitted, &again);
    assert!(
        compared.differing.is_empty(),
        "what fits is made to fit again: {compared:?}"
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of real files, in any order: what random bytes never come to.
    const PIECES: [&str; 26] = [
        "BEGIN:VCALENDAR\r\n",
        "END:VCALENDAR\r\n",
        "BEGIN:VEVENT\r\n",
        "END:VEVENT\r\n",
        "BEGIN:VTODO\r\n",
        "END:VTODO\r\n",
        "BEGIN:VCARD\r\n",
        "END:VCARD\r\n",
        "UID:a\r\n",
        "DTSTART:20260101T100000Z\r\n",
        "DTSTART;TZID=Z:20260329T023000\r\n",
        "DTEND:20250101\r\n",
        "DURATION:-P9W\r\n",
        "RRULE:FREQ=MONTHLY;BYDAY=-1MO;COUNT=3\r\n",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU\r\n",
        "EXDATE:20260108,x\r\n",
        "RECURRENCE-ID:20260108T100000Z\r\n",
        "FN:x\r\n",
        "N:;a\\;b;\r\n",
        "TEL;CELL:1\r\n",
        "BDAY:--0230\r\n",
        "PHOTO;BASE64:\r\n AQ\r\n\r\n",
        "NOTE;QUOTED-PRINTABLE:=\r\n=C3\r\n",
        "BEGIN:VALARM\r\nTRIGGER:-PT9M\r\nEND:VALARM\r\n",
        "BEGIN:VTIMEZONE\r\nTZID:Z\r\n",
        "BEGIN:STANDARD\r\nTZOFFSETTO:+0100\r\nTZOFFSETFROM:+0200\r\n\
         DTSTART:20251026T030000\r\nEND:STANDARD\r\n",
    ];

    proptest! {
        #[test]
        fn no_bytes_and_no_pieces_are_a_danger(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            pieces in proptest::collection::vec(0..PIECES.len(), 0..40),
        ) {
            personal(&bytes);
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            personal(text.as_bytes());
        }
    }
}
