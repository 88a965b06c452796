//! What a demo leaves behind: where each thing lies in its folder; what stands in them is decided elsewhere.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::domain::identity::MappingRow;
use crate::durable;
use crate::error::{Error, Result};

/// A folder that did not exist before.
pub(crate) struct DemoFolder(PathBuf);

impl DemoFolder {
    /// Makes the folder that was asked for, or the next free `demo-out`.
    pub(crate) fn make(wanted: Option<&Path>) -> Result<Self> {
        let refused = |path: &Path, error: io::Error| {
            Error::failed(error)
                .while_doing(format!("{}: cannot be made", path.display()))
                .hint("--out names a folder that does not exist yet")
        };
        if let Some(wanted) = wanted {
            if let Some(above) = wanted.parent() {
                fs::create_dir_all(above).map_err(|error| refused(above, error))?;
            }
            durable::create_private_folder(wanted).map_err(|error| refused(wanted, error))?;
            return Ok(Self(wanted.to_owned()));
        }
        for number in 1..1000 {
            let name = if number == 1 {
                "demo-out".to_owned()
            } else {
                format!("demo-out-{number}")
            };
            match durable::create_private_folder(Path::new(&name)) {
                Ok(()) => return Ok(Self(name.into())),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(Path::new(&name), error)),
            }
        }
        Err(Error::failed("demo-out to demo-out-999 exist already").hint("--out names another"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    pub(crate) fn sample(&self) -> PathBuf {
        self.0.join("sample")
    }

    pub(crate) fn bundle(&self) -> PathBuf {
        self.0.join("bundle")
    }

    pub(crate) fn report(&self) -> PathBuf {
        self.0.join("report")
    }

    /// Where the seal's key, its certificate and that of its time stamps go: apart from the ledger's keys, which are of another
    /// kind.
    pub(crate) fn make_seal(&self) -> Result<[PathBuf; 3]> {
        let folder = self.0.join("seal");
        fs::create_dir(&folder).map_err(|error| cannot(&folder, error))?;
        let names = ["key.pem", "certificate.pem", "authority.pem"];
        Ok(names.map(|name| folder.join(name)))
    }

    pub(crate) fn trust(&self) -> PathBuf {
        self.0.join("trust")
    }

    pub(crate) fn write_trust(&self, policy: &str) -> Result<()> {
        write(&self.trust(), policy.as_bytes())
    }

    pub(crate) fn write_summary(&self, summary: &serde_json::Value) -> Result<()> {
        write(
            &self.0.join("summary.json"),
            format!("{summary:#}\n").as_bytes(),
        )
    }

    /// The read-only token of the simulated tenant, for whoever owns this folder.
    pub(crate) fn write_token(&self, token: &str) -> Result<()> {
        let path = self.0.join("simulated-token");
        let mut file = durable::create_secret(&path).map_err(|error| cannot(&path, error))?;
        file.write_all(token.as_bytes())
            .map_err(|error| cannot(&path, error))
    }

    /// What an operator declares of the clean tenant, or an administrator exports from it.
    pub(crate) fn write_declared(&self, name: &str, value: &serde_json::Value) -> Result<PathBuf> {
        let path = self.0.join(name);
        write(&path, format!("{value:#}\n").as_bytes())?;
        Ok(path)
    }

    /// The identity map as a person would have written it.
    pub(crate) fn write_map(&self, rows: &[MappingRow]) -> Result<PathBuf> {
        let mut text = String::from("source,target\n");
        for row in rows {
            let _ = writeln!(
                text,
                "\"{}\",{}",
                row.source.replace('"', "\"\""),
                row.target
            );
        }
        let path = self.0.join("people.csv");
        write(&path, text.as_bytes())?;
        Ok(path)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    durable::write_whole(path, bytes).map_err(|error| cannot(path, error))
}

fn cannot(path: &Path, error: io::Error) -> Error {
    Error::failed(error).while_doing(format!("{}: cannot be written", path.display()))
}
