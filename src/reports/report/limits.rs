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
    limits.push(
        "Who can read what in the new tenant was not compared with the old one by this version; \
         only the custodian's own mailbox and drive were written to."
            .to_owned(),
    );
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
