//! Reading a data file on trial: the program starts itself again with a limit on memory and time, and the child reads the whole
//! file and forgets it. A file that ends its reader ends the child. Nothing is decided here but whether it came through.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::error::{Error, Result};
use crate::sources::pst::{Trial, read_through};

/// Address space of the child: one item has at most 256 MB, and stands there a few times while it is turned into what is restored.
const MEMORY_BYTES: u64 = 3 << 30;
/// However small a file is.
const SECONDS_MIN: u64 = 60;
/// A slow disk reads faster than this.
const BYTES_A_SECOND: u64 = 2 << 20;
const LOOKS_A_SECOND: u64 = 50;

/// Read an Outlook data file to its end under limits, and say nothing of it.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken read-trial mailbox.pst --memory-bytes 3221225472 --seconds 60")]
pub(crate) struct ReadTrial {
    /// The data file.
    pub(crate) path: PathBuf,
    /// How much memory this process may have.
    #[arg(long)]
    pub(crate) memory_bytes: u64,
    /// How much time of a processor it may take.
    #[arg(long)]
    pub(crate) seconds: u64,
}

/// The child: limits first, then the file. What it says of the file does not matter, only that it ends by itself.
pub(crate) fn run(wanted: &ReadTrial) -> Result<()> {
    limit(wanted)?;
    let file = std::fs::File::open(&wanted.path).map_err(Error::failed)?;
    let _named_when_it_is_listed = read_through(file);
    Ok(())
}

#[cfg(unix)]
fn limit(wanted: &ReadTrial) -> Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, most) in [
        (Resource::As, wanted.memory_bytes),
        (Resource::Cpu, wanted.seconds),
        // A child that is killed leaves no picture of somebody's mail behind.
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(Error::failed)?;
    }
    Ok(())
}

/// Without such limits the child is bounded by the time that its parent waits.
#[cfg(not(unix))]
fn limit(_wanted: &ReadTrial) -> Result<()> {
    Ok(())
}

/// The trial that every command uses; none where the program does not know where it lies itself.
pub(crate) fn trial() -> Option<Trial> {
    let program = std::env::current_exe().ok()?;
    Some(Arc::new(move |path: &Path| tried(&program, path)))
}

fn tried(program: &Path, path: &Path) -> std::result::Result<(), String> {
    let size = std::fs::metadata(path).map_or(0, |about| about.len());
    let seconds = SECONDS_MIN + size / BYTES_A_SECOND;
    let failed = |error: std::io::Error| format!("the child that reads it first: {error}");
    let child = Command::new(program)
        .arg("read-trial")
        .arg(path)
        .args(["--memory-bytes", &MEMORY_BYTES.to_string()])
        .args(["--seconds", &seconds.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // It may wait for its disk for as long again.
    ended(child, 2 * seconds * LOOKS_A_SECOND)
}

/// Whether a child ended well within so many looks; it does not live on.
fn ended(mut child: Child, looks: u64) -> std::result::Result<(), String> {
    let failed = |error: std::io::Error| format!("the child that reads it first: {error}");
    for _ in 0..looks {
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("it ended the child that read it first: {status}")),
            None => std::thread::sleep(Duration::from_millis(1000 / LOOKS_A_SECOND)),
        }
    }
    let _gone_already = child.kill();
    let _reaped = child.wait();
    let seconds = looks / LOOKS_A_SECOND;
    Err(format!("reading it took longer than {seconds} s"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn sleeping(seconds: &str) -> Child {
        let mut command = Command::new("sleep");
        command.arg(seconds).spawn().expect("started")
    }

    #[test]
    fn a_child_that_does_not_end_is_ended_and_said() {
        let said = ended(sleeping("600"), LOOKS_A_SECOND).expect_err("it sleeps");
        assert_eq!(said, "reading it took longer than 1 s");
        assert_eq!(ended(sleeping("0"), 60 * LOOKS_A_SECOND), Ok(()));
    }
}
