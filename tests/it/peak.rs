//! How much memory the program took at most, as the kernel counts it (VmHWM), seen from outside while it runs; nothing is
//! limited here.

use std::process::{Child, Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::case::Case;

/// The greatest that was seen, in KiB; nothing where the machine has no `/proc`.
#[derive(Debug, Default)]
pub(crate) struct Peak(u64);

impl Peak {
    /// The kernel's figure never falls while the process lives, and is gone with it: look again and again.
    pub(crate) fn look(&mut self, process: u32) {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) else {
            return;
        };
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        self.0 = self
            .0
            .max(number.and_then(|kib| kib.parse().ok()).unwrap_or(0));
    }

    /// In the words of the benches.
    pub(crate) fn shown(&self) -> String {
        match self.0 {
            0 => "PEAK not measured, no /proc here".to_owned(),
            kib => format!("PEAK {} MiB", kib.div_ceil(1024)),
        }
    }
}

/// Runs a command of the program to its end, and looks at it twenty times a second.
pub(crate) fn run(case: &Case, words: &str, peak: &mut Peak) -> Output {
    let mut command: Command = case.command(words);
    let child: Child = command.spawn().expect("the program can be started");
    let process = child.id();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                peak.look(process);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let output = child.wait_with_output().expect("it ended");
        ended.store(true, Ordering::Relaxed);
        output
    })
}
