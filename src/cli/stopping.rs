//! Asking the restore of another process to end. One process alone has the ledger open, so whoever has to revoke something while
//! a restore runs leaves a wish beside it; the restore ends as by Ctrl-C, and what is revoked stands behind its last write.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;

use super::open::ledger_folder;
use super::output::Output;
use crate::durable;
use crate::error::{Error, Result};

/// The wish's name in the folder of the case.
const WISH: &str = "stop-asked";
/// How often it is looked for.
const EVERY: Duration = Duration::from_millis(250);

/// A wish that somebody has; it is gone with whoever had it.
#[derive(Debug)]
pub(crate) struct Wish(Option<PathBuf>);

impl Drop for Wish {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Waits until no other process works on the case; a restore is asked to end. The wish stands until what it is for is done, so that
/// no other restore begins in between.
pub(crate) async fn end_restore(case: &Path, output: &Output) -> Result<Wish> {
    let path = case.join(WISH);
    let mut wish = Wish(None);
    while is_locked(case) {
        if wish.0.is_none() {
            output.note(
                "another process works on this case: a restore ends once what is under way in the \
                 tenant has an outcome; that is waited for",
            );
        }
        // Again each time: a restore that starts takes what it finds for a wish of the past.
        match durable::create_new(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                let what = format!("{}: cannot be written", path.display());
                return Err(Error::failed(error).while_doing(what));
            }
            _ => wish.0 = Some(path.clone()),
        }
        tokio::time::sleep(EVERY).await;
    }
    Ok(wish)
}

/// Whether another process has the ledger open. Nothing of it is read, no key is asked for.
fn is_locked(case: &Path) -> bool {
    let lock = fs::File::open(ledger_folder(case).join("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

/// What turns true when the user or another process asks to end. The caller has the ledger open: what lies there already was meant
/// for somebody before it.
pub(crate) fn also_by_wish(case: &Path, mut stop: watch::Receiver<bool>) -> watch::Receiver<bool> {
    let wish = case.join(WISH);
    let _ = fs::remove_file(&wish);
    let (ask, either) = watch::channel(*stop.borrow());
    tokio::spawn(async move {
        let by_user = async {
            if stop.wait_for(|stop| *stop).await.is_err() {
                // Nobody is left who could ask.
                std::future::pending::<()>().await;
            }
        };
        let by_wish = async {
            while !wish.exists() {
                tokio::time::sleep(EVERY).await;
            }
        };
        tokio::select! {
            () = by_user => {}
            () = by_wish => {}
            () = ask.closed() => return,
        }
        let _ = ask.send(true);
    });
    either
}
