//! What the case itself adds to a domain's move: it is pinned, certified, and one of the compromised tenant's. Pure.

use chrono::{DateTime, Utc};

use super::Case;
use crate::domain::domain_move::{MoveCommand, Step};
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;

impl Case {
    pub(super) fn decide_move(
        &self,
        command: MoveCommand,
        now: DateTime<Utc>,
    ) -> Result<Event, Refusal> {
        let pinned = self.gates.pinned.as_ref().ok_or(Refusal::NotPinned)?;
        self.target.as_ref().ok_or(Refusal::NoTarget)?;
        match &command {
            MoveCommand::Begin(_, facts) => {
                let name = facts.name.as_deref().unwrap_or_default();
                let mut pinned = pinned.domains.iter().flatten();
                if !pinned.any(|domain| domain.eq_ignore_ascii_case(name)) {
                    return Err(Refusal::DomainNotPinned(name.to_owned()));
                }
            }
            // The way back stays open when trust is gone: that is when it is needed.
            MoveCommand::Attempt(data) if !data.undo => match data.step {
                // Until MX moves, the attacker gets the mail: that does not wait for trust.
                Step::HoldMail => self.gates.check_readiness(now)?,
                _ => self.gates.check_trust(now)?,
            },
            MoveCommand::AttemptSwap(data, _) => {
                self.check_known(&data.custodian)?;
                if !data.undo {
                    self.gates.check_trust(now)?;
                }
            }
            // What has happened is recorded.
            _ => {}
        }
        self.moves.decide(command)
    }
}
