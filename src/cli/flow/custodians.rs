//! Finding a custodian by whatever a person calls them: the pseudonym, the name in the source, the user in the clean tenant.

use crate::domain::case::{Case, KnownCustodian};
use crate::domain::pseudonym::Pseudonym;
use crate::error::{Error, Result};

/// The one custodian of that name.
pub(crate) fn find(case: &Case, wanted: &str) -> Result<Pseudonym> {
    if let Some(name) = Pseudonym::parse(wanted).filter(|name| case.custodians.contains_key(name)) {
        return Ok(name);
    }
    let mut found = case
        .custodians
        .iter()
        .filter(|(_, known)| is_called(known, wanted));
    let hint = "name the pseudonym, the name in the source, or the user in the clean tenant; \
                whoever was erased has the pseudonym alone";
    let Some((custodian, _)) = found.next() else {
        return Err(Error::failed(format!("{wanted}: no custodian of this case")).hint(hint));
    };
    if found.next().is_some() {
        let several = format!("{wanted}: several custodians of this case");
        return Err(Error::failed(several).hint("name the pseudonym"));
    }
    Ok(custodian.clone())
}

fn is_called(known: &KnownCustodian, wanted: &str) -> bool {
    let facts = &known.facts;
    [&facts.source_name, &facts.target_upn, &facts.target_user_id]
        .into_iter()
        .flatten()
        .any(|name| name.to_lowercase() == wanted.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::CustodianFacts;

    #[test]
    fn whoever_is_meant_is_found_and_nobody_is_guessed() {
        let mut case = Case::default();
        for (pseudonym, source, upn) in [
            ("p1", "Ann@old.example", "ann@new.example"),
            ("p2", "shared", "box@new.example"),
            ("p3", "shared", "other@new.example"),
        ] {
            let facts = CustodianFacts {
                source_name: Some(source.to_owned()),
                target_upn: Some(upn.to_owned()),
                target_user_id: None,
            };
            let known = KnownCustodian {
                is_mapped: true,
                facts,
            };
            let pseudonym = Pseudonym::parse(pseudonym).expect("a pseudonym");
            case.custodians.insert(pseudonym, known);
        }
        for called in ["p1", "ann@OLD.example", "ANN@new.example"] {
            assert_eq!(find(&case, called).expect("found").as_str(), "p1");
        }
        let several = find(&case, "shared").expect_err("two").to_string();
        assert!(several.contains("several"), "{several}");
        assert!(find(&case, "ann").is_err(), "half a name is nobody's");
        assert!(find(&case, "").is_err());
    }
}
