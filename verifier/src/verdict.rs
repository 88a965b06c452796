//! What the check came to: in words for people, in JSON for programs, as an exit code for scripts.

use std::fmt::Write as _;

/// The four verdicts of section 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// A rule is broken.
    Invalid,
    /// Everything holds, but nobody said whose ledger it is.
    NotAnchored,
    /// Everything holds.
    Valid,
    /// Everything holds, with entries that are SUSPECT, or without something that the reader asked for.
    ValidWithExceptions,
}

impl VerdictKind {
    /// The verdict as section 12 words it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotAnchored => "consistent but not anchored",
            Self::Valid => "valid",
            Self::ValidWithExceptions => "valid with exceptions",
        }
    }

    /// 0, 3, 20 or 21.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Invalid => 20,
            Self::NotAnchored => 21,
            Self::Valid => 0,
            Self::ValidWithExceptions => 3,
        }
    }
}

/// A rule that is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The entry, where one is at fault.
    pub entry: Option<u64>,
    /// The file, where it is known.
    pub file: Option<String>,
    /// The rule id.
    pub rule: String,
    /// What was found.
    pub why: String,
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it comes to.
    pub kind: VerdictKind,
    /// `bundle (full: every entry; n facts disclosed)`, `bundle (partial)`, `ledger directory` or what kind of file.
    pub what: String,
    /// The ledger's name, as far as it could be read.
    pub origin: String,
    /// The checkpoint's size: what the verdict covers.
    pub size: u64,
    /// The checkpoint's root, hex.
    pub root: String,
    /// Entries that were read.
    pub entries: u64,
    /// Entries behind the checkpoint: checked by the same rules, covered by nothing.
    pub behind: u64,
    /// Disclosures that were shown and match.
    pub disclosures: u64,
    /// How many entries are SUSPECT, and the first of them.
    pub suspect: (u64, Vec<u64>),
    /// How many subjects are erased, and the first of the entries that say so.
    pub erased: (u64, Vec<u64>),
    /// What was checked and holds.
    pub holds: Vec<String>,
    /// What is broken.
    pub broken: Vec<Finding>,
    /// What the reader asked for and the record does not give: the verdict is then valid with exceptions at most.
    pub exceptions: Vec<String>,
    /// How many entries a quorum of the trust file's witnesses has seen.
    pub witnessed: u64,
    /// How many entries a time stamp of the given authorities covers.
    pub timestamped: u64,
    /// What could not be checked.
    pub not_checked: Vec<String>,
}

impl Verdict {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n\n", self.kind.name().to_uppercase());
        let _ = writeln!(text, "read         {}", self.what);
        let _ = writeln!(text, "origin       {}", self.origin);
        let _ = writeln!(text, "checkpoint   size {}, root {}", self.size, self.root);
        let _ = writeln!(text, "entries      {} read", self.entries);
        if self.behind > 0 {
            let behind = self.behind;
            let _ = writeln!(
                text,
                "             {behind} behind the checkpoint: NOT covered"
            );
        }
        if self.origin.ends_with("/simulated") {
            text.push_str("             a rehearsal: nothing in it happened to a real tenant\n");
        }
        for holds in &self.holds {
            let _ = writeln!(text, "holds        {holds}");
        }
        for finding in &self.broken {
            let _ = writeln!(text, "BROKEN       {}", finding.to_line());
        }
        let (count, first) = &self.suspect;
        if *count > 0 {
            let _ = writeln!(text, "SUSPECT      {count} entries, first {first:?}");
        }
        let (count, first) = &self.erased;
        if *count > 0 {
            let _ = writeln!(text, "erased       {count} subjects, by entries {first:?}");
        }
        for what in &self.exceptions {
            let _ = writeln!(text, "EXCEPTION    {what}");
        }
        for what in &self.not_checked {
            let _ = writeln!(text, "not checked  {what}");
        }
        text
    }

    /// For programs.
    pub fn to_json(&self) -> String {
        let list = |texts: &[String]| {
            texts
                .iter()
                .map(|text| quoted(text))
                .collect::<Vec<_>>()
                .join(",")
        };
        let broken: Vec<String> = self.broken.iter().map(Finding::to_json).collect();
        let (count, first) = &self.suspect;
        let (erased, erased_by) = &self.erased;
        format!(
            "{{\"verdict\":{},\"exit_code\":{},\"what\":{},\"origin\":{},\"size\":{},\"root\":{},\
             \"entries\":{},\"behind\":{},\"disclosures\":{},\"suspect\":{{\"count\":{count},\
             \"first\":{first:?}}},\"erased\":{{\"count\":{erased},\"first\":{erased_by:?}}},\
             \"witnessed\":{},\"timestamped\":{},\"holds\":[{}],\
             \"broken\":[{}],\"exceptions\":[{}],\"not_checked\":[{}]}}",
            quoted(self.kind.name()),
            self.exit_code(),
            quoted(&self.what),
            quoted(&self.origin),
            self.size,
            quoted(&self.root),
            self.entries,
            self.behind,
            self.disclosures,
            self.witnessed,
            self.timestamped,
            list(&self.holds),
            broken.join(","),
            list(&self.exceptions),
            list(&self.not_checked),
        )
    }
}

impl Finding {
    fn to_line(&self) -> String {
        let mut place = String::new();
        if let Some(entry) = self.entry {
            let _ = write!(place, "entry {entry}: ");
        }
        if let Some(file) = &self.file {
            let _ = write!(place, "{file}: ");
        }
        // What a file holds may hold anything: a terminal must not obey it.
        let line = format!("{place}{}: {}", self.rule, self.why);
        line.chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect()
    }

    fn to_json(&self) -> String {
        let entry = self
            .entry
            .map_or_else(|| "null".to_owned(), |entry| entry.to_string());
        let file = self
            .file
            .as_ref()
            .map_or_else(|| "null".to_owned(), |file| quoted(file));
        let (rule, why) = (quoted(&self.rule), quoted(&self.why));
        format!("{{\"entry\":{entry},\"file\":{file},\"rule\":{rule},\"why\":{why}}}")
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
