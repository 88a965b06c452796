//! The content gate as steps: the policy is set with what it rests on, and whoever it asks for is brought together for a run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unbroken_ledger::Hash;

use super::meaning;
use crate::clock::{Clock, SystemClock};
use crate::domain::case::{Case, CaseCommand, ContentCommand};
use crate::domain::content::{Class, ContentGate, GateFacts, Unscanned};
use crate::domain::item::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::scanners::Scanners;
use crate::scanners::clamd::{Address, Clamd};
use crate::scanners::yara::Yara;

/// Rules and lists of that many bytes at most.
const FILE_BYTES_MAX: usize = 64 << 20;

/// What a policy is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Ask clamd.
    pub(crate) clamd: bool,
    /// Files with YARA rules; together they are one.
    pub(crate) yara: Vec<PathBuf>,
    /// A list of SHA-256.
    pub(crate) bad: Option<PathBuf>,
    /// Kinds of content.
    pub(crate) hold: Vec<Class>,
    /// The most that clamd is given.
    pub(crate) part_bytes_max: u64,
    /// When a scanner does not answer.
    pub(crate) unscanned: Unscanned,
}

/// Sets the policy; what cannot be used is refused before anything is written.
pub(crate) async fn set(journal: &Journal, wanted: &Wanted) -> Result<ContentGate> {
    let case = journal.case().map_err(meaning)?;
    let mut rules = Vec::new();
    for path in &wanted.yara {
        rules.extend(read(path)?);
        rules.push(b'\n');
    }
    if !wanted.yara.is_empty() {
        yara(&rules, &wanted.yara[0])?;
    }
    let list = wanted.bad.as_ref().map(|path| Ok((path, read(path)?)));
    let list = list.transpose()?;
    if let Some((path, bytes)) = &list {
        known_bad(bytes, path)?;
    }
    let mut hold = wanted.hold.clone();
    hold.sort();
    hold.dedup();
    let has_rules = !wanted.yara.is_empty();
    let keep = |bytes: &[u8]| journal.keep_text(bytes).map_err(meaning);
    let gate = ContentGate {
        bad: list.as_ref().map(|(_, bytes)| keep(bytes)).transpose()?,
        clamd: wanted.clamd,
        hold,
        number: case.content.gate.map_or(1, |gate| gate.number + 1),
        part_bytes_max: wanted.part_bytes_max,
        unscanned: wanted.unscanned,
        yara: has_rules.then(|| keep(&rules)).transpose()?,
    };
    let facts = GateFacts {
        bad_digest: list.map(|(_, bytes)| Hash::of(&bytes).to_string()),
        yara_digest: has_rules.then(|| Hash::of(&rules).to_string()),
    };
    let command = ContentCommand::SetGate(gate.clone(), facts);
    let command = CaseCommand::Content(Box::new(command), SystemClock.now());
    journal.command(command).await.map_err(meaning)?;
    Ok(gate)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    super::super::exchange::read(path, FILE_BYTES_MAX)
}

fn yara(rules: &[u8], path: &Path) -> Result<Yara> {
    let at = |error: Error| error.while_doing(format!("{}: no YARA rules", path.display()));
    let text = std::str::from_utf8(rules).map_err(|error| at(Error::failed(error)))?;
    Yara::compile(text).map_err(|error| {
        at(Error::failed(error)).hint("rules may not include files; `import` of hash is not known")
    })
}

/// A line a digest, as `sha256sum` writes them; what follows a blank is no matter.
fn known_bad(bytes: &[u8], path: &Path) -> Result<HashSet<Digest>> {
    let at = |line: usize, rule: &str| {
        Error::failed(format!("{}: line {line}: {rule}", path.display()))
            .hint("a line holds 64 hex digits of SHA-256, and a comment behind a blank if at all")
    };
    let text = std::str::from_utf8(bytes).map_err(|_| at(0, "the list is UTF-8"))?;
    let mut found = HashSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let first = line.split_whitespace().next().unwrap_or_default();
        if first.is_empty() || first.starts_with('#') {
            continue;
        }
        let digest = Digest::parse(&first.to_ascii_lowercase());
        found.insert(digest.ok_or_else(|| at(number, "this is no SHA-256"))?);
    }
    if found.is_empty() {
        return Err(at(0, "the list holds no digest"));
    }
    Ok(found)
}

/// Whoever the plan in force asks for; nothing where it has no content gate. clamd is asked once, so that a run does not begin
/// with a scanner that is not there.
pub(crate) async fn scanners(
    journal: &Journal,
    clamd: Option<Address>,
) -> Result<Option<Arc<Scanners>>> {
    let case = journal.case().map_err(meaning)?;
    let Some(gate) = case.gate_in_force().cloned() else {
        return Ok(None);
    };
    let kept = |object: &Option<String>| {
        let object = object.as_ref();
        object
            .map(|object| journal.text(object).map_err(meaning))
            .transpose()
    };
    let list = kept(&gate.bad)?;
    let list = list.map(|bytes| known_bad(&bytes, Path::new("the list of the case")));
    let rules = kept(&gate.yara)?;
    let rules = rules.map(|bytes| yara(&bytes, Path::new("the rules of the case")));
    let clamd = clamd.map(Clamd::at).filter(|_| gate.clamd);
    let asked = clamd.clone();
    let scanners = Scanners::new(gate, list.transpose()?, clamd, rules.transpose()?);
    let scanners = scanners.map_err(|missing| {
        Error::new(ErrorKind::GateRefused, missing)
            .hint("`unbroken restore --clamd unix:/run/clamav/clamd.ctl`")
    })?;
    if let Some(clamd) = asked {
        let answered = tokio::task::spawn_blocking(move || clamd.session().map(drop)).await;
        answered.map_err(Error::failed)?.map_err(|error| {
            Error::new(ErrorKind::GateRefused, error)
                .hint("start clamd, or look at --clamd; nothing was begun")
        })?;
    }
    Ok(Some(Arc::new(scanners)))
}

/// A run never goes by another policy than that of the plan in force; the domain would refuse each item of it.
pub(super) fn expect_scanners(case: &Case, given: Option<&Scanners>) -> Result<()> {
    if case.gate_in_force() == given.map(Scanners::policy) {
        return Ok(());
    }
    let text =
        "the plan in force is carried out under a content gate, and its scanners are not here";
    Err(Error::new(ErrorKind::GateRefused, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_sha256sum_writes_it_and_refused_with_the_line() {
        let one = "ab".repeat(32);
        let text = format!("# known\n\n{}  a file\n{}\n", one, "CD".repeat(32));
        let read = known_bad(text.as_bytes(), Path::new("l")).expect("read");
        assert_eq!(read.len(), 2);
        for bad in [
            format!("{one}\nxyz\n"),
            "zz".repeat(32),
            "# none\n".to_owned(),
        ] {
            let refused = known_bad(bad.as_bytes(), Path::new("list")).expect_err("refused");
            assert!(refused.to_string().contains("list: line"), "{refused}");
        }
    }
}
