//! What a rule of a mailbox does ([MS-OXORULE] 2.2.4 and 2.2.5), in words for whoever decides about it. No rule is ever written.

use super::bytes::{slice_at, u16_at, u32_at};
use super::ids;
use super::properties::{Key, Properties};
use super::value::{BINARY, STRING, STRING8, Value, fixed_size, single};

/// `PidTagRuleMessageName`
const NAME: Key = Key::Tag(0x65EC);
/// `PidTagExtendedRuleMessageActions`, and what `IPM.Rule.Version2.Message` has in the same form.
const ACTIONS: [Key; 2] = [Key::Tag(0x0E99), Key::Tag(0x65EF)];
/// Exchange takes 64 KB of rules in a folder: more actions than this are nobody's.
const ACTIONS_MAX: usize = 256;
/// Of a name or an address so much is shown.
const CHARS_MAX: usize = 200;
/// So many recipients are named, the others counted.
const NAMED_MAX: usize = 20;

/// Its name and what it does; where the file does not say it in a form that is understood, that.
pub fn told(properties: &Properties) -> String {
    let name = match properties.text(&NAME) {
        Some(name) => format!("the rule {:?}", shown(&name)),
        None => "a rule without a name".to_owned(),
    };
    let Some(bytes) = ACTIONS.iter().find_map(|key| properties.bytes(key)) else {
        return format!("{name}, and what it does is not kept with it");
    };
    match actions(bytes, properties.code_page()) {
        Some(does) if !does.is_empty() => format!("{name}, which {}", does.join(", ")),
        Some(_) => format!("{name}, which does nothing"),
        None => format!("{name}, and what it does cannot be read"),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(CHARS_MAX).collect()
}

/// Takes bytes off the front; nothing is taken past the end.
struct Front<'a>(&'a [u8]);

impl<'a> Front<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = slice_at(self.0, 0, length)?;
        self.0 = &self.0[length..];
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        u16_at(self.take(2)?, 0)
    }

    fn u32(&mut self) -> Option<u32> {
        u32_at(self.take(4)?, 0)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }
}

/// Each action, or nothing where any of the form is another than it should be: half a rule would be a false fact.
fn actions(bytes: &[u8], code_page: u32) -> Option<Vec<String>> {
    let mut front = Front(bytes);
    // Names of named properties, of which no action here needs any.
    let names = usize::from(front.u16()?);
    if names > 0 {
        front.take(names * 2)?;
        let size = front.length()?;
        front.take(size)?;
    }
    if front.u32()? != 1 {
        return None;
    }
    let count = front.length()?;
    if count > ACTIONS_MAX {
        return None;
    }
    let mut does = Vec::new();
    for _ in 0..count {
        let length = front.length()?;
        let mut block = Front(front.take(length)?);
        let kind = block.take(1)?[0];
        let flavour = block.u32()?;
        let _flags = block.u32()?;
        does.push(action(kind, flavour, block, code_page)?);
    }
    front.0.is_empty().then_some(does)
}

fn action(kind: u8, flavour: u32, data: Front<'_>, code_page: u32) -> Option<String> {
    let to = |word: &str| Some(format!("{word} {}", recipients(data, code_page)?));
    let word = match kind {
        1 => "moves to a folder",
        2 => "copies to a folder",
        3 | 4 => "answers by itself",
        5 => "asks Outlook to act",
        6 => "sends back",
        // Keeps who sent it and changes nothing: Outlook says "redirect".
        7 if flavour & 3 == 3 => return to("redirects to"),
        7 if flavour & 4 == 4 => return to("forwards as an attachment to"),
        7 => return to("forwards to"),
        8 => return to("delegates to"),
        9 => "sets a property",
        10 => "deletes",
        11 => "marks as read",
        _ => return Some(format!("does what is not known (action {kind})")),
    };
    Some(word.to_owned())
}

fn recipients(mut data: Front<'_>, code_page: u32) -> Option<String> {
    let count = data.length()?;
    let mut named = Vec::new();
    for _ in 0..count {
        let _reserved = data.take(1)?;
        let recipient = properties(&mut data, code_page)?;
        let keys = [&ids::SMTP_ADDRESS, &ids::EMAIL_ADDRESS, &ids::DISPLAY_NAME];
        let mut texts = keys.into_iter().filter_map(|key| recipient.text(key));
        let address = texts.find(|text| !text.is_empty());
        if named.len() < NAMED_MAX {
            named.push(address.map_or_else(
                || "somebody who is not named".to_owned(),
                |text| shown(&text).escape_debug().to_string(),
            ));
        }
    }
    if named.is_empty() {
        return Some("nobody".to_owned());
    }
    let more = count - named.len();
    let list = named.join(" and ");
    Some(match more {
        0 => list,
        more => format!("{list} and {more} more"),
    })
}

/// Property values, each behind its type and its id ([MS-OXCDATA] 2.11.4), with lengths of four bytes as extended rules have them.
fn properties(data: &mut Front<'_>, code_page: u32) -> Option<Properties> {
    let mut found = Properties::default();
    found.set_code_page(code_page);
    for _ in 0..data.length()? {
        let (kind, id) = (data.u16()?, data.u16()?);
        let value = match kind {
            STRING8 => Value::Narrow(until_nul(data, 1)?.to_vec()),
            STRING => single(STRING, until_nul(data, 2)?)?,
            BINARY => {
                let length = data.length()?;
                Value::Bytes(data.take(length)?.to_vec())
            }
            kind => single(kind, data.take(fixed_size(kind)?)?)?,
        };
        found.set(Key::Tag(id), value);
    }
    Some(found)
}

fn until_nul<'a>(data: &mut Front<'a>, width: usize) -> Option<&'a [u8]> {
    let mut letters = data.0.chunks_exact(width);
    let end = letters.position(|letter| letter.iter().all(|byte| *byte == 0))? * width;
    let text = data.take(end)?;
    data.take(width)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        let letters = text.encode_utf16().chain([0]);
        letters.flat_map(u16::to_le_bytes).collect()
    }

    fn recipient(properties: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![1];
        bytes.extend(u32::try_from(properties.len()).expect("few").to_le_bytes());
        for (kind, id, value) in properties {
            bytes.extend(kind.to_le_bytes());
            bytes.extend(id.to_le_bytes());
            bytes.extend(value);
        }
        bytes
    }

    fn block(kind: u8, flavour: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(9 + data.len())
            .expect("short")
            .to_le_bytes()
            .to_vec();
        bytes.push(kind);
        bytes.extend(flavour.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(data);
        bytes
    }

    fn rule(blocks: &[Vec<u8>]) -> Properties {
        // No named properties, version 1: as Outlook writes it.
        let mut bytes = vec![0, 0, 1, 0, 0, 0];
        bytes.extend(u32::try_from(blocks.len()).expect("few").to_le_bytes());
        bytes.extend(blocks.concat());
        let mut properties = Properties::default();
        properties.set(NAME, Value::Text("Ads".to_owned()));
        properties.set(ACTIONS[1].clone(), Value::Bytes(bytes));
        properties
    }

    fn forward(flavour: u32) -> Vec<u8> {
        let entry_id = [4_u32.to_le_bytes().to_vec(), vec![9; 4]].concat();
        let one = recipient(&[
            (BINARY, 0x0FFF, entry_id),
            (0x000B, 0x3A40, vec![1]),
            (0x0003, 0x0C15, vec![1, 0, 0, 0]),
            (STRING, 0x3001, wide("Eve")),
            (STRING, 0x39FE, wide("eve@evil.example")),
        ]);
        let other = recipient(&[(STRING8, 0x3003, b"mal@evil.example\0".to_vec())]);
        let data = [2_u32.to_le_bytes().to_vec(), one, other].concat();
        block(7, flavour, &data)
    }

    #[test]
    fn what_a_rule_does_and_to_whom_is_said() {
        let both = "eve@evil.example and mal@evil.example";
        for (blocks, expected) in [
            (
                vec![forward(0), block(10, 0, &[])],
                format!("forwards to {both}, deletes"),
            ),
            (vec![forward(3)], format!("redirects to {both}")),
            (
                vec![forward(4)],
                format!("forwards as an attachment to {both}"),
            ),
            (
                vec![block(1, 0, b"folder"), block(11, 0, &[])],
                "moves to a folder, marks as read".to_owned(),
            ),
            (
                vec![block(99, 0, &[])],
                "does what is not known (action 99)".to_owned(),
            ),
        ] {
            let said = told(&rule(&blocks));
            assert_eq!(said, format!("the rule \"Ads\", which {expected}"));
        }
    }

    #[test]
    fn half_a_rule_is_no_rule() {
        let whole = rule(&[forward(0), block(10, 0, &[])]);
        let bytes = whole.bytes(&ACTIONS[1]).expect("set").to_vec();
        for end in 0..bytes.len() {
            assert_eq!(actions(&bytes[..end], 1252), None, "cut at {end}");
        }
        let more = [&bytes[..], &[0]].concat();
        assert_eq!(actions(&more, 1252), None);
        let empty = told(&Properties::default());
        assert!(
            empty.ends_with("what it does is not kept with it"),
            "{empty}"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_danger(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _said_or_not = actions(&bytes, 1252);
        }
    }
}
