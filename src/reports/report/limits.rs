//! What section K adds to what no report of this kind shows: what this record in particular leaves open.

use super::Gathered;

/// What section K adds to what is the same in every report.
pub(super) fn further(gathered: &Gathered) -> Vec<String> {
    let mut limits = Vec::new();
    for (data, _) in &gathered.case.sources {
        let exhibit = format!("Backup S{}", data.source);
        if !data.evidence.access {
            limits.push(format!(
                "{exhibit} does not say who could read what; access was not compared."
            ));
        }
        if !data.evidence.immutability {
            limits.push(format!(
                "{exhibit} does not prove that nobody changed it before it was read."
            ));
        }
        if data.points < 2 {
            limits.push(format!(
                "{exhibit} has one restore point: whether an item is older than the intrusion is \
                 not provable."
            ));
        }
    }
    let mapped = gathered.case.custodians.iter();
    let mapped = mapped.filter(|(_, known)| known.is_mapped);
    let compared = |name: &crate::domain::pseudonym::Pseudonym| {
        let known = gathered.access.custodians.get(name);
        known.is_some_and(|known| known.compared.is_some())
    };
    let missing = mapped.filter(|(name, _)| !compared(name)).count();
    if missing > 0 {
        limits.push(format!(
            "For {missing} custodians nobody compared who can read what in the new tenant with the \
             old one: whoever is in the mailbox, drive, site or team that theirs went into may see \
             it (section Q)."
        ));
    }
    let checked = &gathered.issue.checked;
    let size = gathered.issue.size;
    if checked.witnessed < size {
        limits.push(format!(
            "Entries {} to {} were not seen by a quorum of witnesses: the machine that keeps the \
             ledger could still show somebody else another end of it.",
            checked.witnessed,
            size.saturating_sub(1)
        ));
    }
    if checked.timestamped < size {
        limits.push(format!(
            "Entries {} to {} carry no outside time stamp: their times are the word of the machine \
             that keeps the ledger.",
            checked.timestamped,
            size.saturating_sub(1)
        ));
    }
    if gathered.case.finished.is_none() {
        limits.push("The case was not finished when this report was made.".to_owned());
    }
    limits
}
