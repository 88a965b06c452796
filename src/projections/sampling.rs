//! A sample of the items that anybody can draw again from the public record and the seed; docs/sampling.md is normative for it.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use unbroken_ledger::Hash;

use super::custody::item_of;
use super::exceptions::OPEN;
use super::reading::Reading;
use super::results::{WORKLOAD_NOT_KNOWN, ended};
use crate::domain::pseudonym::Pseudonym;

/// By what the population is divided before it is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strata {
    /// Not at all: one stratum, `all`.
    One,
    /// By `mail` and `files`; `not-known` for an item without an outcome.
    Workload,
    /// By how items ended; `open` for an item without an outcome.
    Outcome,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Chosen by the auditor, best after the checkpoint was made.
    pub seed: String,
    /// How many items of each stratum.
    pub n: usize,
    /// Only this custodian's items.
    pub custodian: Option<Pseudonym>,
    /// How the population is divided.
    pub strata: Strata,
}

/// One item of the population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The item.
    pub item: Pseudonym,
    /// Whose it is.
    pub custodian: Pseudonym,
    /// The stratum that it is in.
    pub stratum: String,
    /// Its place in the order: the smallest are drawn.
    pub key: Hash,
    /// The entries that name it, ascending.
    pub entries: Vec<u64>,
}

/// The population and what was drawn of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How many items the population has.
    pub population: u64,
    /// SHA-256 over its pseudonyms, ascending, each with a newline.
    pub population_digest: Hash,
    /// How many items each stratum has.
    pub strata: BTreeMap<String, u64>,
    /// What was drawn, by stratum and key.
    pub drawn: Vec<Member>,
}

/// Where an item stands in the order of a seed.
pub fn key_of(seed: &str, item: &Pseudonym) -> Hash {
    Hash::of_parts(&[
        b"unbroken/sample/v1\n",
        seed.as_bytes(),
        b"\n",
        item.as_str().as_bytes(),
    ])
}

/// Draws from every item that an entry names.
pub fn draw<R: Reading>(record: &R, draw: &Draw) -> Result<Sample, R::Error> {
    let members = population(record, draw)?;
    let mut digest = Sha256::new();
    for item in members.keys() {
        digest.update(item.as_str());
        digest.update(b"\n");
    }
    let population = members.len() as u64;
    let mut by_stratum: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    for member in members.into_values() {
        let stratum = by_stratum.entry(member.stratum.clone()).or_default();
        stratum.push(member);
    }
    let strata = by_stratum
        .iter()
        .map(|(stratum, members)| (stratum.clone(), members.len() as u64))
        .collect();
    let mut drawn = Vec::new();
    for members in by_stratum.values_mut() {
        members.sort_by_key(|member| member.key);
        drawn.extend(members.drain(..draw.n.min(members.len())));
    }
    Ok(Sample {
        population,
        population_digest: Hash(digest.finalize().into()),
        strata,
        drawn,
    })
}

fn population<R: Reading>(
    record: &R,
    draw: &Draw,
) -> Result<BTreeMap<Pseudonym, Member>, R::Error> {
    let mut members: BTreeMap<Pseudonym, Member> = BTreeMap::new();
    record.events(&mut |placed| {
        let (Some(custodian), Some(item)) = (&placed.custodian, item_of(&placed.event)) else {
            return;
        };
        if draw
            .custodian
            .as_ref()
            .is_some_and(|only| only != custodian)
        {
            return;
        }
        let member = members.entry(item.clone()).or_insert_with(|| Member {
            item: item.clone(),
            custodian: custodian.clone(),
            stratum: match draw.strata {
                Strata::One => "all",
                Strata::Workload => WORKLOAD_NOT_KNOWN,
                Strata::Outcome => OPEN,
            }
            .to_owned(),
            key: key_of(&draw.seed, item),
            entries: Vec::new(),
        });
        member.entries.push(placed.index);
        if let Some((_, ended)) = ended(placed.index, custodian, &placed.event) {
            match draw.strata {
                Strata::One => {}
                Strata::Workload => member.stratum = ended.workload,
                Strata::Outcome => ended.outcome.name().clone_into(&mut member.stratum),
            }
        }
    })?;
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Script, failed, held, name, restored};
    use super::*;

    fn script() -> Script {
        let mut script = Script::default();
        for number in 0..20 {
            let item = format!("i{number}");
            let workload = if number % 2 == 0 { "mail" } else { "files" };
            let event = match number % 5 {
                0 => held(&item, workload),
                1 => failed(&item, workload),
                _ => restored(&item, workload, "identical", None),
            };
            script.item(if number < 15 { "ann" } else { "bob" }, event);
        }
        script
    }

    fn wanted(seed: &str, n: usize) -> Draw {
        Draw {
            seed: seed.to_owned(),
            n,
            custodian: None,
            strata: Strata::One,
        }
    }

    fn items(sample: &Sample) -> Vec<&str> {
        sample.drawn.iter().map(|m| m.item.as_str()).collect()
    }

    /// `printf 'unbroken/sample/v1\n2026-11-28\ni7' | sha256sum`
    #[test]
    fn the_order_is_the_one_of_the_docs() {
        let key = key_of("2026-11-28", &name("i7"));
        let docs = include_str!("../../docs/sampling.md");
        assert!(docs.contains(&key.to_string()), "{key}");
    }

    #[test]
    fn a_seed_draws_the_same_again_and_another_seed_another_sample() {
        let script = script();
        let once = draw(&script, &wanted("one", 6)).expect("read");
        assert_eq!(draw(&script, &wanted("one", 6)), Ok(once.clone()));
        assert_eq!((once.population, once.drawn.len()), (20, 6));
        let other = draw(&script, &wanted("two", 6)).expect("read");
        assert_ne!(items(&once), items(&other));
        assert_eq!(once.population_digest, other.population_digest);
        assert!(once.drawn.is_sorted_by_key(|member| member.key));
        // A larger sample holds the smaller one.
        let larger = draw(&script, &wanted("one", 9)).expect("read");
        assert!(items(&larger).starts_with(&items(&once)));
        let all = draw(&script, &wanted("one", 1000)).expect("read");
        assert_eq!(all.drawn.len(), 20);
    }

    #[test]
    fn strata_and_custodians_divide_the_population() {
        let script = script();
        let mut by = wanted("one", 2);
        by.strata = Strata::Outcome;
        let sample = draw(&script, &by).expect("read");
        let counts = [("failed", 4), ("held", 4), ("identical", 12)];
        let counts = counts.map(|(stratum, count)| (stratum.to_owned(), count));
        assert_eq!(sample.strata, counts.into());
        assert_eq!(sample.drawn.len(), 6);
        by.strata = Strata::Workload;
        by.custodian = Some(name("bob"));
        let sample = draw(&script, &by).expect("read");
        assert_eq!(sample.population, 5);
        assert!(sample.drawn.iter().all(|m| m.custodian == name("bob")));
    }
}
