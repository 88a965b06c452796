//! Guests: whom a map names as somebody from outside who may come in, by address. Who is invited, and how, is elsewhere.

use std::collections::BTreeSet;

use crate::domain::access::{Fate, IdentityMap, PrincipalKind};
use crate::domain::evidence::OldTenant;
use crate::domain::notice::{NotThere, check_address};

/// The kind in the record.
pub const GUEST: &str = "guest";
/// The reason of a hold: a member of the clean tenant has the address.
pub const NOT_A_GUEST: &str = "not-a-guest";

/// Why no guest of a map is let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuestRefused {
    /// Whoever is in the compromised tenant would come along.
    #[error("guest {0}: lies in the compromised tenant or one of its domains")]
    OldTenant(String),
    /// Nobody can be invited by it.
    #[error("guest {0}: is neither an address nor the principal name of a guest")]
    NoAddress(String),
}

/// Whether a key is what a tenant makes of a guest's address: somebody who is there already.
pub fn is_guest_name(key: &str) -> bool {
    key.to_ascii_lowercase().contains("#ext#")
}

/// The addresses of those whom a map names as guests and approves, each once; guests who are named by principal name are there
/// already. `released` are keys in the source whom two people let in although the map does not. One from the compromised tenant
/// refuses the whole map: a row that was overlooked once may not be the only one.
pub fn approved_guests(
    map: &IdentityMap,
    released: &BTreeSet<String>,
    old: &OldTenant,
) -> Result<Vec<String>, GuestRefused> {
    let mut found: Vec<String> = Vec::new();
    for row in map.rows() {
        let Fate::Mapped {
            target,
            kind: PrincipalKind::Guest,
            is_approved_external,
        } = &row.fate
        else {
            continue;
        };
        if !is_approved_external && !released.contains(&row.source) {
            continue;
        }
        if is_guest_name(target) {
            if old.invited(target) {
                return Err(GuestRefused::OldTenant(target.clone()));
            }
            continue;
        }
        check_address(target, old).map_err(|why| match why {
            NotThere::OldTenant => GuestRefused::OldTenant(target.clone()),
            NotThere::NoAddress => GuestRefused::NoAddress(target.clone()),
        })?;
        if !found.iter().any(|known| known.eq_ignore_ascii_case(target)) {
            found.push(target.clone());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::parse_identities;
    use super::*;

    fn read(rows: &str) -> Result<Vec<String>, GuestRefused> {
        let text = format!("source,target,kind,fate\n{rows}");
        let old = OldTenant {
            domains: vec!["old.example".to_owned()],
            ..OldTenant::default()
        };
        let released = BTreeSet::from(["kay".to_owned()]);
        approved_guests(&parse_identities(&text).expect("good"), &released, &old)
    }

    #[test]
    fn only_approved_guests_are_named_each_once() {
        let found = read(
            "eve,eve@partner.example,guest,external-approved\n\
             eve2,EVE@partner.example,guest,external-approved\n\
             max,max@partner.example,guest,mapped\n\
             kay,kay@partner.example,guest,mapped\n\
             ann,ann@new.example,user,mapped\n\
             kim,kim_x.example#EXT#@new.example,guest,external-approved\n",
        );
        let both = ["eve@partner.example", "kay@partner.example"];
        assert_eq!(found, Ok(both.map(str::to_owned).to_vec()));
    }

    #[test]
    fn nobody_from_the_compromised_tenant_is_a_guest() {
        for address in [
            "bob@old.example",
            "bob@mail.OLD.example",
            "bob_old.example#EXT#@new.example",
        ] {
            let refused = read(&format!("bob,{address},guest,external-approved\n"));
            assert_eq!(refused, Err(GuestRefused::OldTenant(address.to_owned())));
        }
        let none = read("bob,Bob Miller,guest,external-approved\n");
        assert_eq!(none, Err(GuestRefused::NoAddress("Bob Miller".to_owned())));
        assert_eq!(read("bob,bob@old.example,guest,mapped\n"), Ok(Vec::new()));
    }
}
