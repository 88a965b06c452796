//! The trust file of 11.3: a C2SP tlog-policy. It comes by another way than what it judges.
//! <https://c2sp.org/tlog-policy>

use std::collections::{BTreeMap, BTreeSet};

use crate::broken::{Checked, broken, ensure};
use crate::note::{Note, Vkey};

/// Larger than any policy that people write.
pub(crate) const TRUST_BYTES_MAX: u64 = 1 << 20;

/// Whose ledger it must be, and who must have seen it.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    pub(crate) log: Vkey,
    witnesses: BTreeMap<String, Vkey>,
    groups: BTreeMap<String, (usize, Vec<String>)>,
    quorum: Option<String>,
}

impl Trust {
    pub(crate) fn parse(bytes: &[u8]) -> Checked<Self> {
        let bad = |why: String| broken("trust/form", why);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return bad("not UTF-8".to_owned());
        };
        // Programs for mail and text put a byte order mark before what they save.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (mut log, mut quorum) = (None, None);
        let mut witnesses = BTreeMap::new();
        let mut groups: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
        // One witness must not count as two: under a second name or key name, or by way of two groups.
        let (mut keys, mut grouped) = (BTreeSet::new(), BTreeSet::new());
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let known = |name: &&str| witnesses.contains_key(*name) || groups.contains_key(*name);
            match &words[..] {
                [] => {}
                [comment, ..] if comment.starts_with('#') => {}
                ["log", vkey] | ["log", vkey, _] if log.is_none() => {
                    log = Some(Vkey::parse(vkey, "trust/form")?);
                }
                ["witness", name, vkey] | ["witness", name, vkey, _]
                    if !known(name) && *name != "none" =>
                {
                    let vkey = Vkey::parse(vkey, "trust/form")?;
                    if !keys.insert(*vkey.key.bytes()) {
                        return bad(format!("line {number}: another witness has that key"));
                    }
                    witnesses.insert((*name).to_owned(), vkey);
                }
                ["group", name, threshold, members @ ..]
                    if !known(name) && *name != "none" && members.iter().all(known) =>
                {
                    if let Some(again) = members.iter().find(|name| !grouped.insert(**name)) {
                        return bad(format!("line {number}: {again} is in a group already"));
                    }
                    let least = match *threshold {
                        "all" => members.len(),
                        "any" => 1,
                        number if !number.starts_with('+') => number.parse().unwrap_or(0),
                        _ => 0,
                    };
                    if !(1..=members.len()).contains(&least) {
                        return bad(format!("line {number}: the group's threshold"));
                    }
                    let members = members.iter().map(|name| (*name).to_owned()).collect();
                    groups.insert((*name).to_owned(), (least, members));
                }
                ["quorum", name] if quorum.is_none() && (*name == "none" || known(name)) => {
                    quorum = Some((*name).to_owned());
                }
                _ => return bad(format!("line {number} is no line of a tlog-policy here")),
            }
        }
        let (Some(log), Some(quorum)) = (log, quorum) else {
            return bad("it needs one log line and one quorum line".to_owned());
        };
        let quorum = Some(quorum).filter(|name| name != "none");
        Ok(Self {
            log,
            witnesses,
            groups,
            quorum,
        })
    }

    /// Whether enough witnesses saw this checkpoint.
    pub(crate) fn check_quorum(&self, note: &Note) -> Checked {
        let Some(quorum) = &self.quorum else {
            return Ok(());
        };
        ensure(
            self.holds(quorum, note),
            "trust/quorum",
            "too few of the witnesses cosigned",
        )
    }

    /// Groups name only what stands before them: no circle is possible.
    fn holds(&self, name: &str, note: &Note) -> bool {
        if let Some(witness) = self.witnesses.get(name) {
            return note.is_cosigned(witness);
        }
        self.groups.get(name).is_some_and(|(least, members)| {
            members
                .iter()
                .filter(|member| self.holds(member, note))
                .count()
                >= *least
        })
    }

    /// The names of the witnesses whose cosignature holds.
    pub(crate) fn cosigners(&self, note: &Note) -> Vec<String> {
        let all = self.witnesses.iter();
        all.filter(|(_, witness)| note.is_cosigned(witness))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// How many witnesses count.
    pub(crate) fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }
}
