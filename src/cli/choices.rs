//! The operator's choices on the command line of `plan make`; what they mean is `domain/choices.rs`.

use clap::{Args, ValueEnum};

use crate::domain::choices::{Aside, Attendees, Choices, RawCopy};

/// Where a mailbox leaves a choice. Each stands in the plan that is approved, and in the report.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChoiceArgs {
    /// The people of an event: `body` writes them into its text, `drop` leaves them out. They are never kept as attendees.
    #[arg(long, value_name = "CHOICE", default_value = "body", value_parser = attendees)]
    attendees: Attendees,
    /// The items of an archive mailbox: `hold`, or a folder's name to put them into.
    #[arg(long, value_name = "hold|FOLDER", default_value = "hold", value_parser = aside)]
    in_place_archive: Aside,
    /// The Recoverable Items, with what a legal hold kept in them: `hold`, or a folder's name to put them into.
    #[arg(long, value_name = "hold|FOLDER", default_value = "hold", value_parser = aside)]
    recoverable_items: Aside,
    /// A copy of each message's own bytes, where the backup holds them.
    #[arg(long, value_name = "CHOICE", default_value = "none")]
    raw_copy: Copy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Copy {
    /// As an attachment of the message.
    Attach,
    /// As a file in the drive.
    Beside,
    /// None.
    None,
}

impl ChoiceArgs {
    pub(crate) fn choices(&self) -> Choices {
        Choices {
            attendees: self.attendees,
            in_place_archive: self.in_place_archive.clone(),
            recoverable_items: self.recoverable_items.clone(),
            raw_copy: match self.raw_copy {
                Copy::Attach => RawCopy::Attached,
                Copy::Beside => RawCopy::Beside,
                Copy::None => RawCopy::None,
            },
        }
    }
}

fn attendees(text: &str) -> Result<Attendees, String> {
    match text {
        "body" => Ok(Attendees::IntoBody),
        "drop" => Ok(Attendees::LeftOut),
        "keep" => Err(
            "Microsoft Graph sends an invitation to whoever is an attendee of an event \
                       that is created, and nothing turns that off: choose body or drop"
                .to_owned(),
        ),
        _ => Err("body or drop".to_owned()),
    }
}

/// One name, which a mailbox takes as it is.
fn aside(text: &str) -> Result<Aside, String> {
    if text == "hold" {
        return Ok(Aside::Held);
    }
    let is_refused = |letter: char| letter.is_control() || "/\\".contains(letter);
    let is_name = !text.trim().is_empty() && text.trim() == text && !text.contains(is_refused);
    if is_name && text.chars().count() <= 100 {
        return Ok(Aside::Into(text.to_owned()));
    }
    Err("hold, or the name of one folder: up to 100 characters, no slash".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_refused_with_its_reason() {
        assert!(attendees("keep").is_err_and(|why| why.contains("invitation")));
        assert_eq!(attendees("drop"), Ok(Attendees::LeftOut));
        assert_eq!(aside("hold"), Ok(Aside::Held));
        assert_eq!(
            aside("Found again"),
            Ok(Aside::Into("Found again".to_owned()))
        );
        for bad in ["", " x", "a/b", "a\\b", "a\nb"] {
            assert!(aside(bad).is_err(), "{bad:?}");
        }
    }
}
