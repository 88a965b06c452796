//! Which keys seal reports: each bound, once, to a key of the ledger. Pure.

use super::Case;
use crate::domain::event::{Event, NoFacts};
use crate::domain::refusal::Refusal;
use crate::domain::seal_key::SealKeyBound;

impl Case {
    /// Reports are sealed after the end as well; another operator may bind the same key to a key of their own.
    pub(super) fn bind_seal_key(&self, data: SealKeyBound) -> Result<Event, Refusal> {
        data.check()?;
        if self.seal_keys.contains(&data) {
            return Err(Refusal::SealKeyBound);
        }
        Ok(Event::SealKeyBound(Box::new(data), Box::new(NoFacts {})))
    }
}

#[cfg(test)]
mod tests {
    use super::super::CaseCommand;
    use super::super::tests::{declare, given};
    use super::*;

    #[test]
    fn a_seal_key_is_bound_once_and_only_in_its_form() {
        let bound = SealKeyBound {
            algorithm: "ecdsa-p256-sha256".to_owned(),
            certificate: "ab".repeat(32),
            key: "cd".repeat(32),
            signature: "MEUCIQ==".to_owned(),
        };
        let mut case = given(vec![declare()]);
        let bind = |case: &Case, bound: &SealKeyBound| {
            case.decide(CaseCommand::BindSealKey(bound.clone()))
        };
        for bad in [
            SealKeyBound {
                algorithm: "ed25519".to_owned(),
                ..bound.clone()
            },
            SealKeyBound {
                key: "CD".repeat(32),
                ..bound.clone()
            },
            SealKeyBound {
                certificate: "ab".to_owned(),
                ..bound.clone()
            },
            SealKeyBound {
                signature: String::new(),
                ..bound.clone()
            },
        ] {
            assert_eq!(bind(&case, &bad), Err(Refusal::SealKeyForm));
        }
        let event = bind(&case, &bound).expect("bound");
        case.evolve(&event);
        assert_eq!(bind(&case, &bound), Err(Refusal::SealKeyBound));
        assert_eq!(case.seal_keys, [bound]);
    }
}
