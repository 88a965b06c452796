//! Sites of the clean tenant: when one may be made. What was made is always recorded. Pure.

use super::Case;
use crate::domain::event::{Event, SiteAttempted, SiteFacts, SiteReady, SiteReadyFacts};
use crate::domain::refusal::Refusal;

/// What the operator wants of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum SiteCommand {
    /// Say that it will be made.
    Attempt(SiteAttempted, SiteFacts),
    /// Say what is there.
    Ready(SiteReady, SiteReadyFacts),
}

impl Case {
    /// A site is made in a tenant that is connected, while the case goes on.
    pub(super) fn decide_site(&self, command: SiteCommand) -> Result<Event, Refusal> {
        match command {
            SiteCommand::Attempt(data, facts) => {
                if self.finished.is_some() {
                    return Err(Refusal::CaseFinished);
                }
                self.target.as_ref().ok_or(Refusal::NoTarget)?;
                Ok(Event::SiteAttempted(Box::new(data), Box::new(facts)))
            }
            SiteCommand::Ready(data, facts) => {
                Ok(Event::SiteReady(Box::new(data), Box::new(facts)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connect, declare, given, name};
    use super::super::{Case, CaseCommand};
    use super::*;

    #[test]
    fn a_site_is_made_in_a_tenant_that_is_connected() {
        let attempt = || {
            let data = SiteAttempted {
                group: None,
                libraries: 0,
                site: name("s1"),
            };
            CaseCommand::Site(SiteCommand::Attempt(data, SiteFacts::default()))
        };
        let case: Case = given(vec![declare()]);
        assert_eq!(case.decide(attempt()), Err(Refusal::NoTarget));
        let case = given(vec![declare(), connect("t", true)]);
        assert!(case.decide(attempt()).is_ok());
    }
}
