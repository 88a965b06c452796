//! Who a property names: an SMTP address where a property, the transport headers or an entry id tells it; else the Exchange address
//! (X500), which is said, so that it can be added as an alias.

use super::bytes::{slice_at, u16_at, u32_at};
use super::properties::{Key, Properties};
use super::{ids, value};
use crate::domain::alias::Named;
use crate::domain::message::Address;
use crate::sources::mime;

/// The properties that name somebody.
pub(super) struct Naming {
    pub(super) name: Key,
    pub(super) address: Key,
    pub(super) smtp: Key,
    pub(super) entry_id: Key,
}

/// Whom the message is from.
pub(super) const FROM: Naming = Naming {
    name: ids::SENT_REPRESENTING_NAME,
    address: ids::SENT_REPRESENTING_EMAIL_ADDRESS,
    smtp: ids::SENT_REPRESENTING_SMTP_ADDRESS,
    entry_id: ids::SENT_REPRESENTING_ENTRY_ID,
};

/// Who sent it.
pub(super) const SENDER: Naming = Naming {
    name: ids::SENDER_NAME,
    address: ids::SENDER_EMAIL_ADDRESS,
    smtp: ids::SENDER_SMTP_ADDRESS,
    entry_id: ids::SENDER_ENTRY_ID,
};

/// A row of the table of recipients.
pub(super) const RECIPIENT: Naming = Naming {
    name: ids::DISPLAY_NAME,
    address: ids::EMAIL_ADDRESS,
    smtp: ids::SMTP_ADDRESS,
    entry_id: Key::Tag(0x0FFF),
};

/// How an address was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It stands in a property.
    Property,
    /// It stands in the transport headers beside the same name.
    Header,
    /// It is none that mail is sent to: an Exchange address, or nothing at all.
    Unresolved,
}

/// Names and addresses of a message's own headers.
#[derive(Debug, Default)]
pub(super) struct Headers(Vec<Address>);

impl Headers {
    pub(super) fn read(block: &str) -> Self {
        let read = mime::parse(block.as_bytes());
        let Ok(message) = read else {
            return Self::default();
        };
        let lists = [message.to, message.cc, message.bcc, message.reply_to];
        let singles = [message.from, message.sender];
        let all = lists.into_iter().flatten();
        Self(all.chain(singles.into_iter().flatten()).collect())
    }

    /// The one address that stands beside a name.
    fn named(&self, name: &str) -> Option<&str> {
        let mut found = self
            .0
            .iter()
            .filter(|one| one.name == name && one.address.contains('@'))
            .map(|one| one.address.as_str());
        let first = found.next()?;
        found
            .all(|other| other.eq_ignore_ascii_case(first))
            .then_some(first)
    }
}

/// Everybody whom an object names by an Exchange address.
pub fn exchange_names(object: &super::Object) -> Vec<Named> {
    let block = object.properties.text(&ids::TRANSPORT_MESSAGE_HEADERS);
    let headers = Headers::read(&block.unwrap_or_default());
    let own = [(&object.properties, &FROM), (&object.properties, &SENDER)];
    let recipients = object.recipients.iter().map(|one| (one, &RECIPIENT));
    let all = own.into_iter().chain(recipients);
    all.filter_map(|(properties, naming)| {
        let entry = || properties.bytes(&naming.entry_id).and_then(of_entry_id);
        let exchange = properties
            .text(&naming.address)
            .or_else(|| entry().map(|entry| entry.address))
            .filter(|address| address.starts_with('/'))?;
        let (address, found) = read(properties, naming, &headers)?;
        Some(Named {
            exchange,
            name: address.name,
            smtp: (found != Found::Unresolved).then_some(address.address),
        })
    })
    .chain(super::outlook::exchange_names(&object.properties))
    .collect()
}

/// Reads whom the properties name; `None` where they name nobody.
pub(super) fn read(
    properties: &Properties,
    naming: &Naming,
    headers: &Headers,
) -> Option<(Address, Found)> {
    let text = |key: &Key| properties.text(key);
    let entry = properties.bytes(&naming.entry_id).and_then(of_entry_id);
    let name = text(&naming.name)
        .or_else(|| entry.as_ref().map(|entry| entry.name.clone()))
        .unwrap_or_default();
    let address = text(&naming.address)
        .or_else(|| entry.map(|entry| entry.address))
        .unwrap_or_default();
    if name.is_empty() && address.is_empty() {
        return None;
    }
    let smtp = text(&naming.smtp).filter(|smtp| smtp.contains('@'));
    Some(resolved(name, address, smtp, headers))
}

fn resolved(
    name: String,
    address: String,
    smtp: Option<String>,
    headers: &Headers,
) -> (Address, Found) {
    let is_exchange = address.starts_with('/');
    if let Some(smtp) = smtp {
        let address = smtp;
        return (Address { name, address }, Found::Property);
    }
    if address.contains('@') && !is_exchange {
        return (Address { name, address }, Found::Property);
    }
    // Some writers put the address where the name belongs and nothing else.
    if address.is_empty() && name.contains('@') && !name.contains(' ') {
        let address = name.trim_matches('\'').to_owned();
        let name = String::new();
        return (Address { name, address }, Found::Property);
    }
    match headers.named(&name) {
        Some(address) => {
            let address = address.to_owned();
            (Address { name, address }, Found::Header)
        }
        None => (Address { name, address }, Found::Unresolved),
    }
}

/// `PidTagReplyRecipientEntries`: a list of entry ids ([MS-OXCDATA] 2.3.3).
pub(super) fn reply_to(properties: &Properties, headers: &Headers) -> Vec<(Address, Found)> {
    let Some(bytes) = properties.bytes(&ids::REPLY_RECIPIENT_ENTRIES) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut at = 8_usize;
    // Each entry takes its length and pads to four bytes, so that this ends with the bytes.
    while let Some(entry) = u32_at(bytes, at)
        .and_then(|length| usize::try_from(length).ok())
        .and_then(|length| slice_at(bytes, at + 4, length))
    {
        if let Some(entry) = of_entry_id(entry) {
            found.push(resolved(entry.name, entry.address, None, headers));
        }
        at += 4 + entry.len().next_multiple_of(4);
    }
    found
}

/// A name and an address.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) address: String,
}

/// An entry id that holds its address itself: a one-off (MS-OXCDATA 2.2.5.1), or one of Exchange's address book (2.2.5.2).
pub(super) fn of_entry_id(bytes: &[u8]) -> Option<Entry> {
    const ONE_OFF: [u8; 16] = [
        0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54,
        0x02,
    ];
    const EXCHANGE: [u8; 16] = [
        0xDC, 0xA7, 0x40, 0xC8, 0xC0, 0x42, 0x10, 0x1A, 0xB4, 0xB9, 0x08, 0x00, 0x2B, 0x2F, 0xE1,
        0x82,
    ];
    let provider = slice_at(bytes, 4, 16)?;
    if provider == EXCHANGE {
        let address = zero_ended(bytes.get(28..)?);
        return Some(Entry {
            name: String::new(),
            address: String::from_utf8_lossy(address).into_owned(),
        });
    }
    if provider != ONE_OFF {
        return None;
    }
    let rest = bytes.get(24..)?;
    let texts = if u16_at(bytes, 22)? & 0x8000 == 0 {
        let mut texts = rest.split(|byte| *byte == 0);
        let mut next = || Some(String::from_utf8_lossy(texts.next()?).into_owned());
        [next()?, next()?, next()?]
    } else {
        let text = value::wide(rest);
        let mut texts = text.split('\0');
        let mut next = || texts.next().map(str::to_owned);
        [next()?, next()?, next()?]
    };
    let [name, _, address] = texts;
    Some(Entry { name, address })
}

fn zero_ended(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::mapi::Value;

    fn sender(address: &str) -> Properties {
        let mut properties = Properties::default();
        let mut set = |key: Key, text: &str| properties.set(key, Value::Text(text.to_owned()));
        set(ids::SENDER_NAME, "Ada");
        set(ids::SENDER_EMAIL_ADDRESS, address);
        properties
    }

    #[test]
    fn an_exchange_address_is_resolved_by_property_then_by_header_then_kept() {
        let exchange = "/o=Old/ou=x/cn=Recipients/cn=ada";
        let mut properties = sender(exchange);
        let read = |properties: &Properties, headers: &str| {
            let (address, found) =
                super::read(properties, &SENDER, &Headers::read(headers)).expect("named");
            (address.address, found)
        };
        let header = "From: Ada <ada@old.example>\r\nTo: Ben <ben@old.example>\r\n\r\n";
        assert_eq!(
            read(&properties, header),
            ("ada@old.example".to_owned(), Found::Header)
        );
        // Two people of one name: nobody knows which.
        let twice = "From: Ada <a@old.example>\r\nTo: Ada <b@old.example>\r\n\r\n";
        let kept = (exchange.to_owned(), Found::Unresolved);
        assert_eq!(read(&properties, twice), kept);
        assert_eq!(read(&properties, ""), kept);
        properties.set(
            ids::SENDER_SMTP_ADDRESS,
            Value::Text("a@b.example".to_owned()),
        );
        assert_eq!(
            read(&properties, header),
            ("a@b.example".to_owned(), Found::Property)
        );
    }

    #[test]
    fn an_entry_id_that_is_cut_off_anywhere_names_nobody_or_the_same() {
        let mut whole = vec![0; 4];
        whole.extend([
            0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F,
            0x54, 0x02, 0, 0, 1, 0x80,
        ]);
        for text in ["Ada", "SMTP", "ada@old.example"] {
            whole.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            whole.extend([0, 0]);
        }
        let found = of_entry_id(&whole).expect("whole");
        assert_eq!((&*found.name, &*found.address), ("Ada", "ada@old.example"));
        for end in 0..whole.len() {
            let cut = of_entry_id(&whole[..end]);
            assert!(cut.is_none_or(|cut| "ada@old.example".starts_with(&cut.address)));
        }
    }
}
