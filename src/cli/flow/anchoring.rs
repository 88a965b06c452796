//! Anchoring beside a restore: a round every minute, and a heartbeat when nothing was written for long. What fails is asked again
//! in the next round and said once; the restore never waits.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use unbroken_ledger::{Ledger, LedgerError};

use crate::anchors::{self, AnchorError, Configuration, Round};
use crate::clock::SystemClock;

/// The work is done: nobody should wait long for somebody else's server.
const LAST_ROUND_MAX: Duration = Duration::from_mins(1);

/// How often what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Between two rounds.
    pub(crate) round: Duration,
    /// Rounds without an entry, before the ledger says that it lives.
    pub(crate) silent_rounds: u32,
}

impl Default for Pace {
    /// Minutes: a host that cuts a tail can cut what was written since the last round at most.
    fn default() -> Self {
        Self {
            round: Duration::from_mins(1),
            silent_rounds: 10,
        }
    }
}

/// Until it is dropped. `say` gets a line when somebody begins to fail, and when it answers again.
pub(crate) async fn keep(
    ledger: &Ledger,
    configuration: &Configuration,
    pace: Pace,
    say: impl Fn(&str),
) -> Infallible {
    let mut asked = configuration.clone();
    let mut remarks = Remarks::default();
    let (mut size, mut silent) = (ledger.facts_size(), 0);
    loop {
        if !asked.is_empty() {
            // Every answer that counts is in the ledger; whoever did not answer is still due.
            let round = anchors::round(ledger, &asked, &SystemClock).await;
            leave_alone_who_saw_another(&round, &mut asked);
            remarks.of(&round).iter().for_each(|line| say(line));
        }
        tokio::time::sleep(pace.round).await;
        silent = if ledger.facts_size() == size {
            silent + 1
        } else {
            0
        };
        if silent >= pace.silent_rounds {
            // A ledger that stopped is the restore's own failure, and a full disk is met by whoever writes next.
            let _said_elsewhere = ledger.heartbeat();
            silent = 0;
        }
        size = ledger.facts_size();
    }
}

/// A round over what the restore wrote last; whoever does not answer in time is still due.
pub(crate) async fn end(ledger: &Ledger, configuration: &Configuration, say: impl Fn(&str)) {
    if configuration.is_empty() {
        return;
    }
    let round = anchors::round(ledger, configuration, &SystemClock);
    match tokio::time::timeout(LAST_ROUND_MAX, round).await {
        Ok(round) => Remarks::default()
            .of(&round)
            .iter()
            .for_each(|line| say(line)),
        Err(_) => say("anchoring: the last round took too long; `unbroken ledger anchor` goes on"),
    }
}

/// A witness of another history says the same for ever, and each time another evidence file would be written.
fn leave_alone_who_saw_another(round: &Result<Round, LedgerError>, asked: &mut Configuration) {
    for one in round.iter().flat_map(|round| &round.asked) {
        if matches!(one.outcome, Err(AnchorError::OtherHistory { .. })) {
            asked.witnesses.retain(|witness| witness.name != one.name);
        }
    }
}

/// Who failed when last asked.
#[derive(Default)]
struct Remarks(BTreeMap<String, bool>);

impl Remarks {
    /// What is new in this round.
    fn of(&mut self, round: &Result<Round, LedgerError>) -> Vec<String> {
        let said = match round {
            Ok(round) => {
                let said = round.asked.iter().map(|one| {
                    let name = format!("{} {}", one.kind, one.name);
                    (name, one.outcome.as_ref().err().map(with_causes))
                });
                said.chain([("the round".to_owned(), None)]).collect()
            }
            Err(error) => vec![("the round".to_owned(), Some(with_causes(error)))],
        };
        let mut lines = Vec::new();
        for (name, failure) in said {
            let failed_before = self.0.insert(name.clone(), failure.is_some());
            match (failure, failed_before.unwrap_or(false)) {
                (Some(why), false) => lines.push(format!(
                    "anchoring: {name} failed, the record goes on without it: {why}"
                )),
                (None, true) => lines.push(format!("anchoring: {name} answers again")),
                _ => {}
            }
        }
        lines
    }
}

pub(crate) fn with_causes(error: &(impl std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
