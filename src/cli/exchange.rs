//! Files that go from machine to machine: read whole and bounded, written once.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::durable;
use crate::error::{Error, Result};

/// Reads a file of at most that many bytes; the buffer is wiped when it is dropped.
pub(crate) fn read_secret(path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>> {
    let read = || {
        let mut bytes = Zeroizing::new(Vec::new());
        // A buffer that grows leaves copies of what it held behind.
        bytes.reserve_exact(usize::try_from(bytes_max).unwrap_or(0).saturating_add(1));
        File::open(path)?
            .take(bytes_max + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            return Err(io::Error::other(format!(
                "it has more than {bytes_max} bytes"
            )));
        }
        Ok(bytes)
    };
    read().map_err(|error| {
        Error::failed(error).while_doing(format!("{}: cannot be read", path.display()))
    })
}

/// As [`read_secret`], for what is no secret.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>> {
    Ok(read_secret(path, bytes_max as u64)?.to_vec())
}

/// Writes a file that must not exist yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    durable::create_new(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| durable::sync_folder(folder))
        .map_err(|error| {
            let hint = if error.kind() == io::ErrorKind::AlreadyExists {
                "it is there already; name another with --out"
            } else {
                "name a file in a folder that you may write to"
            };
            Error::failed(error)
                .while_doing(format!("{}: cannot be written", path.display()))
                .hint(hint)
        })
}

/// Where a request is left: as asked for, or in the folder `requests/` of the case. Found out before anything is on the
/// record: a proposal that no file could be made of would stand there all the same.
pub(crate) fn request_place(wanted: Option<&Path>, case: &Path) -> Result<RequestPlace> {
    let Some(path) = wanted else {
        let folder = case.join("requests");
        std::fs::create_dir_all(&folder).map_err(|error| {
            Error::failed(error).while_doing(format!("{}: cannot be made", folder.display()))
        })?;
        return Ok(RequestPlace::Folder(folder));
    };
    if path.exists() {
        return Err(
            Error::failed(format!("{}: is there already", path.display()))
                .hint("--request names a new file"),
        );
    }
    Ok(RequestPlace::File(path.to_owned()))
}

/// Where a request is left.
pub(crate) enum RequestPlace {
    File(PathBuf),
    Folder(PathBuf),
}

impl RequestPlace {
    /// The files of several proposals to do `what`.
    pub(crate) fn files(self, what: &'static str) -> RequestFiles {
        RequestFiles {
            place: self,
            what,
            count: 0,
        }
    }

    /// The file of a proposal to do `what`.
    pub(crate) fn file(self, what: &str, proposal: &str) -> PathBuf {
        match self {
            Self::File(path) => path,
            Self::Folder(folder) => folder.join(format!("{what}-{proposal:.16}.request")),
        }
    }
}

/// Where several requests of one step are left: in files that count on behind the one that was named.
pub(crate) struct RequestFiles {
    place: RequestPlace,
    what: &'static str,
    count: usize,
}

impl RequestFiles {
    /// The file of the next proposal.
    pub(crate) fn next_of(&mut self, proposal: &str) -> PathBuf {
        self.count += 1;
        let (number, what) = (self.count, self.what);
        match &self.place {
            RequestPlace::File(path) if number == 1 => path.clone(),
            RequestPlace::File(path) => PathBuf::from(format!("{}.{number}", path.display())),
            RequestPlace::Folder(folder) => folder.join(format!("{what}-{proposal:.16}.request")),
        }
    }
}

/// Replaces a file by one with more in it, whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    durable::write_whole(path, bytes).map_err(|error| {
        Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
    })
}

/// `request` beside the file that it answers: `plan.request` gives `plan.approved`.
pub(crate) fn answer_beside(request: &Path, ending: &str) -> PathBuf {
    request.with_extension(ending)
}

/// Text from elsewhere as a terminal may show it: nothing that moves the cursor, turns the writing or hides.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_graphic() || letter == ' ' {
            out.push(letter);
        } else {
            out.extend(letter.escape_unicode());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_never_told_what_to_do() {
        assert_eq!(shown("root-1"), "root-1");
        assert_eq!(shown("\u{1b}[2Jx\u{202e}"), "\\u{1b}[2Jx\\u{202e}");
    }

    #[test]
    fn a_file_is_bounded_and_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.request");
        write_new(&path, b"1234").expect("written");
        assert_eq!(read(&path, 4).expect("read"), b"1234");
        assert!(read(&path, 3).is_err());
        let refused = write_new(&path, b"5").expect_err("there already");
        assert!(refused.hints()[0].contains("--out"), "{refused:?}");
        assert_eq!(
            answer_beside(&path, "approved"),
            folder.path().join("a.approved")
        );
    }
}
