//! Decides what is printed: stdout is data, stderr is the rest; colour and bars on a terminal only.
//! No other file of the program prints.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use zeroize::Zeroizing;

use crate::clock::{Clock as _, SystemClock};
use crate::config::Environment;
use crate::error::{Error, Result};

/// Where a command says what it has to say.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    json: bool,
    colour: bool,
    bars: bool,
}

impl Output {
    /// The real terminal.
    pub(crate) fn new(json: bool, environment: Environment) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            json,
            colour: terminal && !environment.no_color,
            bars: terminal && !json,
        }
    }

    /// The answer: `value` as one JSON line, or `text` for a person.
    pub(crate) fn answer(&self, value: &serde_json::Value, text: &str) {
        if self.json {
            Self::data(&value.to_string());
        } else {
            Self::data(&harmless(text.trim_end_matches('\n')));
        }
    }

    /// One of many lines before the answer: for programs only, people get them in the answer's text.
    pub(crate) fn line(&self, value: &serde_json::Value) {
        if self.json {
            Self::data(&value.to_string());
        }
    }

    /// A line of data on stdout. A reader that went away (a closed pipe) is no failure of ours.
    fn data(text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _closed_pipe = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    }

    /// Lines of data on stdout as they are made. A reader that went away is no failure of ours; a full disk is.
    #[allow(
        clippy::unused_self,
        reason = "where lines go is the output's to decide"
    )]
    pub(crate) fn stream(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<std::io::Result<()>>,
    ) -> Result<()> {
        let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
        let written = write(&mut stdout)?;
        match written.and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::failed(error).while_doing("stdout cannot be written"))
            }
            _ => Ok(()),
        }
    }

    /// A remark on stderr about what is going on.
    #[allow(
        clippy::unused_self,
        reason = "where remarks go is the output's to decide"
    )]
    pub(crate) fn note(&self, text: &str) {
        let _closed_pipe = writeln!(std::io::stderr().lock(), "{}", harmless(text));
    }

    /// What a person does next, behind the answer of a step that is done; programs know.
    pub(crate) fn next(&self, text: &str) {
        if !self.json {
            Self::data(&format!("next: {text}"));
        }
    }

    /// A bar of `total` steps on a terminal; elsewhere nothing is drawn.
    pub(crate) fn progress(&self, total: u64, what: &'static str) -> Progress {
        let bar = if self.bars {
            let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")
                .expect("the template is a constant");
            indicatif::ProgressBar::new(total)
                .with_style(style)
                .with_message(what)
        } else {
            indicatif::ProgressBar::hidden()
        };
        Progress {
            bar,
            is_silent: self.json,
            said: Arc::default(),
        }
    }

    /// The message of a failed command: `error:`, `caused by:`, `hint:`; with `--json` one object.
    pub(crate) fn failure(&self, error: &Error) {
        let mut stderr = std::io::stderr().lock();
        let _closed_pipe = writeln!(stderr, "{}", self.failure_text(error));
    }

    fn failure_text(&self, error: &Error) -> String {
        let lines = error.lines();
        let code = error.kind().exit_code();
        if self.json {
            return serde_json::json!({
                "error": lines[0],
                "caused_by": lines[1..],
                "hints": error.hints(),
                "exit_code": code,
            })
            .to_string();
        }
        let (red, blue, reset) = if self.colour {
            ("\x1b[1;31m", "\x1b[1;34m", "\x1b[0m")
        } else {
            ("", "", "")
        };
        let mut text = format!("{red}error:{reset} {}", harmless(&lines[0]));
        for cause in &lines[1..] {
            let _ = write!(text, "\n{red}caused by:{reset} {}", harmless(cause));
        }
        for hint in error.hints() {
            let _ = write!(text, "\n{blue}hint:{reset} {}", harmless(hint));
        }
        text
    }
}

/// Text for a person, in which nothing commands the terminal: subjects, names and paths in a message come from a backup, a
/// bundle or a tenant, and an escape sequence among them would erase lines, set the title or fill the clipboard; an override
/// of the writing's direction would show another name. Letters of any script stay; new lines are ours too often to be taken.
fn harmless(text: &str) -> Cow<'_, str> {
    let commands = |letter: char| {
        let turns = ['\u{61c}', '\u{200e}', '\u{200f}'].contains(&letter)
            || ('\u{2028}'..='\u{202e}').contains(&letter)
            || ('\u{2066}'..='\u{2069}').contains(&letter);
        turns || (letter.is_control() && letter != '\n')
    };
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if commands(letter) {
            out.extend(letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// Asks for a secret on the terminal, without showing it; `None` where nobody can be asked.
pub(crate) fn ask_secret(question: &str) -> Option<Result<Zeroizing<String>>> {
    let terminal = terminal()?;
    let asked = terminal
        .write_str(&harmless(question))
        .and_then(|()| terminal.read_secure_line())
        .map(Zeroizing::new);
    Some(asked.map_err(unread))
}

/// Asks whether to go on: the word `yes`, whole, and nothing else; `None` where nobody can be asked.
pub(crate) fn ask_yes(question: &str) -> Option<Result<bool>> {
    let terminal = terminal()?;
    let asked = terminal
        .write_str(&format!("{} Type yes to go on: ", harmless(question)))
        .and_then(|()| terminal.read_line());
    Some(asked.map(|answer| answer.trim() == "yes").map_err(unread))
}

/// A person is there only when both what is asked and what is answered go through a terminal.
fn terminal() -> Option<console::Term> {
    let is_there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    is_there.then(console::Term::stderr)
}

fn unread(error: std::io::Error) -> Error {
    Error::failed(error).while_doing("the terminal cannot be read")
}

/// How far a long command is.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    bar: indicatif::ProgressBar,
    is_silent: bool,
    /// When a wait was said last.
    said: Arc<Mutex<Option<DateTime<Utc>>>>,
}

/// A shorter wait is not worth a line, and neither is another one so soon.
const WAIT_SAID_MIN: TimeDelta = TimeDelta::seconds(10);
const SAID_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Whether a person is told that an item waits until `at`.
fn is_worth_saying(now: DateTime<Utc>, at: DateTime<Utc>, said: Option<DateTime<Utc>>) -> bool {
    at - now >= WAIT_SAID_MIN && said.is_none_or(|said| now - said >= SAID_AGAIN)
}

impl Progress {
    /// Takes the bar away again.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl crate::engine::Progress for Progress {
    fn item_ended(&self, _: &crate::engine::record::Work, _: bool) {
        self.bar.inc(1);
    }

    /// A tenant that is gone, or that asks for patience: minutes of silence look like a program that hangs.
    fn item_again(&self, _: &crate::engine::record::Work, at: DateTime<Utc>) {
        let now = SystemClock.now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_silent || !is_worth_saying(now, at, *said) {
            return;
        }
        *said = Some(now);
        let line = format!(
            "waiting until {} to try an item again: the tenant does not answer, asks for patience, \
             or what the item points to is not there yet",
            at.format("%H:%M:%S UTC")
        );
        self.bar.suspend(|| {
            let _closed_pipe = writeln!(std::io::stderr().lock(), "{line}");
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(json: bool) -> Output {
        Output {
            json,
            colour: false,
            bars: false,
        }
    }

    fn error() -> Error {
        Error::failed(std::io::Error::other("permission denied"))
            .while_doing("map.csv: cannot be read")
            .hint("name a file that you may read")
    }

    #[test]
    fn a_failure_has_what_why_and_what_to_do() {
        assert_eq!(
            output(false).failure_text(&error()),
            "error: map.csv: cannot be read\ncaused by: permission denied\n\
             hint: name a file that you may read"
        );
    }

    #[test]
    fn what_a_message_quotes_does_not_command_the_terminal() {
        assert_eq!(
            harmless("a\u{1b}[2Jb\rc\u{9b}d\u{202e}e\u{2066}\tf\ng"),
            "a\\u{1b}[2Jb\\u{d}c\\u{9b}d\\u{202e}e\\u{2066}\\u{9}f\ng"
        );
        let own = "Zürich, 東京, שלום\nline";
        assert!(matches!(harmless(own), Cow::Borrowed(text) if text == own));
        let error = Error::failed(std::io::Error::other("\u{1b}[1A"))
            .while_doing("\u{1b}]0;x\u{7}")
            .hint("\u{1b}c");
        let coloured = Output {
            colour: true,
            ..output(false)
        };
        assert!(
            !output(false)
                .failure_text(&error)
                .contains(['\u{1b}', '\u{7}'])
        );
        // The colours are ours: three lines, each with one on and one off.
        assert_eq!(coloured.failure_text(&error).matches('\u{1b}').count(), 6);
        let json = output(true).failure_text(&error);
        assert!(
            !json.contains('\u{1b}') && json.contains("\\u001b"),
            "{json}"
        );
    }

    #[test]
    fn a_long_wait_is_said_and_not_again_within_a_minute() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        let seconds = TimeDelta::seconds;
        assert!(!is_worth_saying(now, now + seconds(9), None));
        assert!(is_worth_saying(now, now + seconds(10), None));
        let later = now + seconds(59);
        assert!(!is_worth_saying(later, later + seconds(60), Some(now)));
        let later = now + seconds(60);
        assert!(is_worth_saying(later, later + seconds(60), Some(now)));
    }

    #[test]
    fn a_failure_in_json_is_one_object_with_the_exit_code() {
        let value: serde_json::Value =
            serde_json::from_str(&output(true).failure_text(&error())).expect("one object");
        assert_eq!(value["exit_code"], 1);
        assert_eq!(value["error"], "map.csv: cannot be read");
        assert_eq!(value["caused_by"][0], "permission denied");
    }
}
