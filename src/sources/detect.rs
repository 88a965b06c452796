//! Which kind of source lies under a path, decided by its layout alone; reading it is done by the kind's own file.

use std::io::Read as _;
use std::path::Path;

use super::archive::{Archive, TAG_FILE};
use super::corso::{self, CorsoExport};
use super::eml::EmlTree;
use super::files::Files;
use super::mbox::Mboxes;
use super::msg::{self, MsgTree};
use super::personal::{self, Personal};
use super::pinned::{Pinned, PinnedFile};
use super::pst::{PstFiles, Trial, package};
use super::reader::{Kind, Tree};
use super::{Source, SourceError};

/// Names that only backups have that we cannot read: taken for plain files they would be restored as nonsense.
const FOREIGN: [(&str, &str); 6] = [
    (".adb", "a Veeam repository; export from it first"),
    (".bkf", "a Windows backup file"),
    (".vbk", "a Veeam backup; export from it first"),
    (".vbm", "a Veeam backup; export from it first"),
    (".zip", "an archive; unpack it first"),
    (
        "kopia.repository.f",
        "a kopia repository; run `corso export` first",
    ),
];

/// Opens whatever lies under `path`, and reads it once from end to end, so that its digest pins it.
pub fn open(path: &Path) -> Result<Box<dyn Source>, SourceError> {
    open_on_trial(path, None)
}

/// As [`open`]; data files are read on trial first.
pub fn open_on_trial(path: &Path, trial: Option<Trial>) -> Result<Box<dyn Source>, SourceError> {
    let unknown = |reason: &str| SourceError::UnknownLayout {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    };
    let tree = Tree::at(path)?;
    if tree.is_single_file() {
        return open_file(tree, trial, unknown);
    }
    let top = tree.top()?;
    if top.is_empty() {
        return Err(unknown("the folder is empty"));
    }
    if top.iter().any(|(name, _)| name == Path::new("bagit.txt")) {
        if !top.iter().any(|(name, _)| name == Path::new(TAG_FILE)) {
            return Err(unknown("a BagIt bag without unbroken-archive.json"));
        }
        return Ok(Box::new(Archive::open(tree)?));
    }
    for (name, is_folder) in &top {
        if !is_folder && let Some(what) = foreign(name, &["zip"]) {
            return Err(unknown(&format!("{} is {what}", name.display())));
        }
    }
    let mut found = tree.walk()?;
    found.retain(|found| found.kind != Kind::EmptyFolder);
    let files: Vec<_> = found
        .iter()
        .filter(|found| found.kind == Kind::File)
        .collect();
    if found.is_empty() {
        return Err(unknown("there is no file in it"));
    }
    let share = |matches: &dyn Fn(&Path) -> bool| {
        let count = files.iter().filter(|found| matches(&found.path)).count();
        count > 0 && count * 2 >= files.len()
    };
    let extension = |path: &Path, wanted: &str| {
        path.extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    };
    let is_eml = share(&|path| extension(path, "eml"));
    let is_mbox = share(&|path| extension(path, "mbox") || extension(path, "mbx"));
    let has_msg = files.iter().any(|found| msg::is_named_so(&found.path));
    let is_msg = share(&|path| extension(path, "eml") || msg::is_named_so(path));
    let is_pst = share(&|path| extension(path, "pst"));
    // A package may have more native files than data files: its load file tells it.
    let is_package = files.iter().any(|found| package::is_load_file(&found.path))
        && files.iter().any(|found| extension(&found.path, "pst"));
    let is_personal = share(&personal::is_name);
    let owners = corso::recognise(&found);
    let pinned = Pinned::take(tree)?;
    Ok(if let Some(owners) = owners {
        Box::new(CorsoExport::from_pinned(pinned, owners))
    } else if is_msg && has_msg {
        Box::new(MsgTree::from_pinned(pinned))
    } else if is_eml {
        Box::new(EmlTree::from_pinned(pinned))
    } else if is_pst || is_package {
        Box::new(PstFiles::from_pinned(pinned, trial))
    } else if is_mbox {
        Box::new(Mboxes::from_pinned(pinned))
    } else if is_personal {
        Box::new(Personal::from_pinned(pinned))
    } else {
        Box::new(Files::from_pinned(pinned))
    })
}

fn open_file(
    tree: Tree,
    trial: Option<Trial>,
    unknown: impl Fn(&str) -> SourceError,
) -> Result<Box<dyn Source>, SourceError> {
    let pinned = Pinned::take(tree)?;
    let Some(file) = pinned.files.first() else {
        return Err(unknown("there is no file"));
    };
    if file.has_extension("eml") {
        return Ok(Box::new(EmlTree::from_pinned(pinned)));
    }
    if file.has_extension("pst") {
        let files = PstFiles::from_pinned(pinned, trial);
        return match files.refusal() {
            Some(reason) => Err(unknown(&reason)),
            None => Ok(Box::new(files)),
        };
    }
    if personal::is_name(&file.path) {
        return Ok(Box::new(Personal::from_pinned(pinned)));
    }
    if msg::is_named_so(&file.path) {
        return Ok(Box::new(MsgTree::from_pinned(pinned)));
    }
    if starts_as_mbox(&pinned, file)? {
        return Ok(Box::new(Mboxes::from_pinned(pinned)));
    }
    Err(match foreign(&file.path, &[]) {
        Some(what) => unknown(what),
        None => unknown(
            "a single file is read when it is an .eml, a .msg, a .pst, an mbox, an .ics or a .vcf",
        ),
    })
}

fn starts_as_mbox(pinned: &Pinned, file: &PinnedFile) -> Result<bool, SourceError> {
    let mut start = Vec::new();
    pinned
        .tree()
        .open(&file.path)?
        .take(5)
        .read_to_end(&mut start)
        .map_err(|error| pinned.tree().io_error(&file.path, error))?;
    Ok(start == b"From " || file.has_extension("mbox"))
}

/// What a name says of a backup that we cannot read. `unless` lists extensions that are ordinary files inside a tree.
fn foreign(path: &Path, unless: &[&str]) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    FOREIGN
        .iter()
        .find(|(ending, _)| {
            let ordinary = unless
                .iter()
                .any(|one| ending.strip_prefix('.') == Some(one));
            !ordinary && name.ends_with(ending)
        })
        .map(|(_, what)| *what)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests plant files")]
mod tests;
