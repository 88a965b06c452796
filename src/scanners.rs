//! The content gate's scanners: clamd over its socket, YARA rules, a list of known-bad digests, and what a kind of content is.
//! What they say is believed only in its documented form. They write nothing; what an item's hold means is the domain's.

pub mod clamd;
mod inside;
mod text;
pub mod yara;

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read};

use crate::domain::content::{
    Class, ContentGate, Found, ScannerSeen, Verdict, archive, executable, sealed,
};
use crate::domain::item::Digest;
use clamd::{Clamd, ClamdError, Said, Session};
use inside::Budget;
use sha2::{Digest as _, Sha256};
pub use text::texts;
use yara::Yara;

/// The most bytes of one part that are looked into as a whole; what is larger goes to clamd as a stream, and whatever else the
/// policy asks for cannot be answered.
pub const WHOLE_BYTES_MAX: u64 = 64 << 20;
/// Places that are named in the record: the first of many.
const FOUND_MAX: usize = 32;
/// A name of a part or of a signature in the record.
const NAME_CHARS_MAX: usize = 200;

/// The policy and those who look.
pub struct Scanners {
    policy: ContentGate,
    bad: Option<HashSet<Digest>>,
    clamd: Option<Clamd>,
    yara: Option<Yara>,
}

impl std::fmt::Debug for Scanners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanners")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Why there is no gate of such a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotComplete {
    /// The policy asks for clamd.
    #[error("the content gate asks for clamd, and no address of one is given")]
    Clamd,
    /// The policy names a list.
    #[error("the content gate's list of known-bad digests could not be read")]
    Bad,
    /// The policy names rules.
    #[error("the content gate's YARA rules could not be read")]
    Yara,
}

impl Scanners {
    /// Whoever the policy asks for has to be there: a gate that lacks one would let pass what that one knows.
    pub fn new(
        policy: ContentGate,
        bad: Option<HashSet<Digest>>,
        clamd: Option<Clamd>,
        yara: Option<Yara>,
    ) -> Result<Self, NotComplete> {
        for (is_missing, what) in [
            (policy.clamd && clamd.is_none(), NotComplete::Clamd),
            (policy.bad.is_some() && bad.is_none(), NotComplete::Bad),
            (policy.yara.is_some() && yara.is_none(), NotComplete::Yara),
        ] {
            if is_missing {
                return Err(what);
            }
        }
        let clamd = clamd.filter(|_| policy.clamd);
        Ok(Self {
            policy,
            bad,
            clamd,
            yara,
        })
    }

    /// The policy.
    pub fn policy(&self) -> &ContentGate {
        &self.policy
    }

    /// Begins to look into an item; a release lets some classes pass.
    pub fn begin(&self, let_pass: BTreeSet<Class>) -> Screening<'_> {
        Screening {
            scanners: self,
            let_pass,
            session: None,
            clamd: None,
            silent: None,
            found: Vec::new(),
            classes: BTreeSet::new(),
            parts: 0,
            budget: Budget::default(),
            shown: Sha256::new(),
            names: BTreeSet::new(),
        }
    }
}

/// What a look into an item came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screened {
    /// The number of the policy.
    pub gate: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, gravest first; with [`Class::NotScanned`] where somebody did not answer.
    pub classes: Vec<Class>,
    /// Of these, what a release lets pass.
    pub let_pass: Vec<Class>,
    /// Where; the first of many. Personal.
    pub found: Vec<Found>,
    /// How many parts were looked into.
    pub parts: u64,
    /// Who looked, sorted.
    pub scanners: Vec<ScannerSeen>,
    /// Why a scanner did not answer, in words without personal facts.
    pub silent: Option<String>,
    /// SHA-256 over all that was shown and all that was found: another content or another finding has another. Personal.
    pub seen: Digest,
}

impl Screened {
    /// Takes back what a release let pass: it was given for something else than what was seen now.
    pub fn hold_again(&mut self) {
        self.let_pass.clear();
        self.verdict = verdict(&self.classes, &self.let_pass);
    }

    /// The class that the item is held for.
    pub fn held_for(&self) -> Option<Class> {
        let is_held = |class: &&Class| !self.let_pass.contains(class);
        self.classes.iter().find(is_held).copied()
    }
}

fn verdict(classes: &[Class], let_pass: &[Class]) -> Verdict {
    match classes.iter().find(|class| !let_pass.contains(class)) {
        None => Verdict::Passed,
        Some(Class::NotScanned) => Verdict::NotScanned,
        Some(_) => Verdict::Held,
    }
}

/// A look into one item, part by part.
pub struct Screening<'s> {
    scanners: &'s Scanners,
    let_pass: BTreeSet<Class>,
    session: Option<Session>,
    /// clamd's version and database, as it said them.
    clamd: Option<ScannerSeen>,
    silent: Option<String>,
    found: Vec<Found>,
    classes: BTreeSet<Class>,
    parts: u64,
    budget: Budget,
    /// Everything that was shown, name by name.
    shown: Sha256,
    /// Everything that was found, wherever: places are the first of many only.
    names: BTreeSet<(Class, String)>,
}

impl Screening<'_> {
    /// The exact bytes of the item in the source have this digest.
    pub fn digest(&mut self, place: &str, digest: Digest) {
        let bad = self.scanners.bad.as_ref();
        if bad.is_some_and(|bad| bad.contains(&digest)) {
            self.find(Class::KnownBad, place, "on the list");
        }
    }

    /// Looks into a part that is in memory.
    pub fn whole(&mut self, name: &str, bytes: &[u8]) {
        self.show(name, &Sha256::digest(bytes));
        if self.scanners.clamd.is_some() {
            let size = bytes.len() as u64;
            // Reading from memory does not fail.
            let _never = self.ask_clamd(name, size, &mut &bytes[..]);
        }
        if self.scanners.policy.looks_inside() {
            inside::look(self, name, name, bytes, 0);
        } else {
            self.parts += 1;
        }
    }

    /// Looks into the texts of an item: names, subjects, fields. They are neither run nor opened, whatever they begin with.
    pub fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        let mut all = String::new();
        for text in texts.into_iter().filter(|text| !text.trim().is_empty()) {
            // Each by itself too: a list of digests knows no two of them side by side.
            if self.scanners.bad.is_some() {
                self.digest(name, Digest(Sha256::digest(text.as_bytes()).into()));
            }
            if !all.is_empty() {
                all.push('\n');
            }
            all.push_str(text);
        }
        if all.is_empty() {
            return;
        }
        self.show(name, &Sha256::digest(all.as_bytes()));
        if self.scanners.clamd.is_some() {
            let size = all.len() as u64;
            // Reading from memory does not fail.
            let _never = self.ask_clamd(name, size, &mut all.as_bytes());
        }
        if self.scanners.policy.looks_inside() {
            inside::look_into_text(self, name, &all);
        } else {
            self.parts += 1;
        }
    }

    /// Looks into a part that is read from somewhere; an error is one of reading it. Exactly `size` bytes have that digest.
    pub fn stream(
        &mut self,
        name: &str,
        size: u64,
        digest: Digest,
        content: &mut dyn Read,
    ) -> io::Result<()> {
        if size <= WHOLE_BYTES_MAX {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            self.whole(name, &bytes);
            return Ok(());
        }
        self.parts += 1;
        self.show(name, &digest.0);
        self.digest(name, digest);
        let mut head = Vec::new();
        let mut content = content;
        Read::by_ref(&mut content)
            .take(archive::HEAD_BYTES as u64)
            .read_to_end(&mut head)?;
        if let Some((class, kind)) = sealed::kind(name, &head) {
            self.find_kind(class, name, kind);
        }
        let policy = &self.scanners.policy;
        if executable::is_executable(name, &head) {
            self.find_kind(Class::Executable, name, "by name or first bytes");
        }
        let is_closed = archive::unopened(&head);
        if let Some(kind) = is_closed {
            self.find_kind(Class::Archive, name, kind);
        }
        let would_open = policy.looks_inside() && inside::is_container(&head);
        if policy.yara.is_some() || would_open {
            let why = "too large to be looked into as a whole";
            self.find(Class::NotWhole, name, why);
        }
        if self.scanners.clamd.is_some() {
            let mut all = head.as_slice().chain(content);
            self.ask_clamd(name, size, &mut all)?;
        }
        Ok(())
    }

    /// Ends the look.
    pub fn end(mut self) -> Screened {
        if self.silent.is_some() {
            self.classes.insert(Class::NotScanned);
        }
        // Nothing lets pass what was not seen or is known.
        let never = [Class::KnownBad, Class::NotScanned];
        let may = |class: &Class| self.let_pass.contains(class) && !never.contains(class);
        let let_pass: Vec<Class> = self.classes.iter().copied().filter(may).collect();
        let classes: Vec<Class> = self.classes.iter().copied().collect();
        for (class, name) in std::mem::take(&mut self.names) {
            self.show(class.word(), name.as_bytes());
        }
        Screened {
            gate: self.scanners.policy.number,
            verdict: verdict(&classes, &let_pass),
            let_pass,
            scanners: self.seen(),
            seen: Digest(self.shown.finalize().into()),
            classes,
            found: self.found,
            parts: self.parts,
            silent: self.silent,
        }
    }

    fn seen(&self) -> Vec<ScannerSeen> {
        let policy = &self.scanners.policy;
        let own = |name: &str, database: &str| ScannerSeen {
            database: database.to_owned(),
            name: name.to_owned(),
            version: concat!("unbroken ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let mut seen: Vec<ScannerSeen> = self.clamd.iter().cloned().collect();
        seen.extend(policy.bad.as_ref().map(|object| own("known-bad", object)));
        if !policy.hold.is_empty() {
            seen.push(own("kinds", "none"));
        }
        seen.extend(policy.yara.as_ref().map(|object| ScannerSeen {
            version: yara::ENGINE.to_owned(),
            ..own("yara", object)
        }));
        seen.sort();
        seen
    }

    /// Lengths before both, so that no two shows meet.
    fn show(&mut self, name: &str, what: &[u8]) {
        for bytes in [name.as_bytes(), what] {
            self.shown.update((bytes.len() as u64).to_be_bytes());
            self.shown.update(bytes);
        }
    }

    /// Found, and held whatever the policy says.
    fn find(&mut self, class: Class, place: &str, name: &str) {
        self.classes.insert(class);
        self.names.insert((class, name.to_owned()));
        if self.found.len() < FOUND_MAX {
            let cut = |text: &str| text.chars().take(NAME_CHARS_MAX).collect();
            self.found.push(Found {
                class,
                name: cut(name),
                part: cut(place),
            });
        }
    }

    /// A kind of content: held where the policy says so.
    fn find_kind(&mut self, class: Class, place: &str, name: &str) {
        if self.scanners.policy.hold.contains(&class) {
            self.find(class, place, name);
        }
    }

    /// Shows clamd a part. An error is one of reading the part; whatever clamd does is no error, but no answer either.
    fn ask_clamd(&mut self, name: &str, size: u64, content: &mut dyn Read) -> io::Result<()> {
        let Some(clamd) = &self.scanners.clamd else {
            return Ok(());
        };
        if self.silent.is_some() {
            return Ok(());
        }
        if size > self.scanners.policy.part_bytes_max {
            self.find(Class::NotWhole, name, "more than clamd is given");
            return Ok(());
        }
        let session = match self.session.take() {
            Some(session) => Ok(session),
            None => clamd.session(),
        };
        let asked = session.and_then(|mut session| {
            let said = session.scan(content)?;
            Ok((session, said))
        });
        match asked {
            Ok((session, said)) => {
                self.clamd = Some(session.seen().clone());
                self.session = Some(session);
                if let Said::Found(signature) = said {
                    self.find(clamd::class_of(&signature), name, &signature);
                }
            }
            Err(ClamdError::Part(error)) => return Err(error),
            Err(ClamdError::TooLarge) => {
                self.find(Class::NotWhole, name, "clamd takes no stream of that size");
            }
            Err(error) => self.silent = Some(error.to_string()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
