//! What a card says beyond what a contact has places for: standard properties become lines of the notes; vendors' own and
//! binary ones are left out and named as such.

use super::{Delta, Labels, Line, Transform};
use crate::domain::contact::Contact;

/// Properties without a place of their own stand in the notes.
const INTO_NOTES: Transform = Transform("further-properties-into-notes/1");

/// What only a program needs (docs/fidelity.md names them).
const PROGRAMS: [&str; 9] = [
    "VERSION",
    "PRODID",
    "REV",
    "PROFILE",
    "SOURCE",
    "NAME",
    "CLIENTPIDMAP",
    "MAILER",
    "X-ABLABEL",
];
const LINE_CHARS_MAX: usize = 2_000;

/// Lines for the notes, and what is said of what is not there.
#[derive(Default)]
pub(super) struct Further {
    pub(super) lines: Vec<String>,
    deltas: Vec<Delta>,
}

impl Further {
    pub(super) fn say(&mut self, property: &'static str, reason: &'static str) {
        self.deltas.push(Delta { property, reason });
    }

    /// Takes a line that the contact has no place for.
    pub(super) fn take(&mut self, labels: &Labels, line: &Line) {
        if PROGRAMS.contains(&&*line.name) {
            return;
        }
        // What the contact had no second place for keeps its number or address, whoever calls it by which name.
        let is_vendor = line.name.starts_with("X-");
        if is_vendor {
            self.say(
                "vendor-properties",
                "properties that only one program knows (X-…) are left out",
            );
            return;
        }
        let is_bytes = line.is_binary() || line.raw().0.trim_start().starts_with("data:");
        if is_bytes {
            let property = if line.name == "PHOTO" {
                "photo"
            } else {
                "further-bytes"
            };
            self.say(
                property,
                "pictures beside the first, sounds, logos and keys are left out",
            );
            return;
        }
        let text: String = line.text().trim().chars().take(LINE_CHARS_MAX).collect();
        if text.trim_matches([';', ' ', ',']).is_empty() {
            return;
        }
        let mut kinds: Vec<String> = line
            .params
            .iter()
            .filter(|(name, _)| name.is_empty() || name == "TYPE")
            .flat_map(|(_, value)| value.split(','))
            .map(|kind| kind.trim().to_lowercase())
            .filter(|kind| {
                ![
                    "",
                    "pref",
                    "internet",
                    "voice",
                    "quoted-printable",
                    "base64",
                ]
                .contains(&&**kind)
            })
            .collect();
        if let Some(label) = labels.label(line) {
            let text = label.text();
            kinds.push(text.trim_matches(['_', '$', '!', '<', '>']).to_owned());
        }
        let kinds = if kinds.is_empty() {
            String::new()
        } else {
            format!(" ({})", kinds.join(", "))
        };
        self.lines.push(format!("{}{kinds}: {text}", line.name));
    }

    /// Puts the lines into the notes.
    pub(super) fn close(self, contact: &mut Contact) {
        if !self.lines.is_empty() {
            if !contact.personal_notes.is_empty() {
                contact.personal_notes.push_str("\n\n");
            }
            contact.personal_notes.push_str(&self.lines.join("\n"));
            contact.transforms.push(INTO_NOTES);
        }
        contact.deltas.extend(self.deltas);
    }
}
