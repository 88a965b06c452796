//! What is the same in every report: the method, its limits, how to check it, the words, and which section answers which rule.

use super::super::document::{Block, Section, Table};

/// What no report of this kind proves; it stands on page 1.
pub(super) const NOT_PROVEN: [&str; 7] = [
    "that the backup was true or complete before we read it",
    "that nothing existed outside what the backup listed",
    "which human being used a key: only whose key it was",
    "the exact time of an action: a time stamp says \"not later than\"",
    "what happened after an item was last read back, or after the last sealed checkpoint",
    "what anybody did without this program: compare with Microsoft's audit log",
    "that a court will admit it",
];

/// Section H.
pub(super) fn method(software: &str) -> Section {
    Section::new('H', "Method")
        .says(format!(
            "Program: {software}. The backup was read and never written. What was read was hashed \
             with SHA-256. Each item has a key that is made from a secret of the case; it stays \
             the same over every attempt, so that nothing is written twice."
        ))
        .with(Block::List(vec![
            "Before an item is written, an event says so and is on the disk. After it is written, \
             it is read back and compared, and a second event says what was found. An intent \
             without an outcome is resolved by looking into the tenant; where nobody could look, \
             or nothing could be compared, the event says that and no more."
                .to_owned(),
            "Mail is compared by subject, addresses, dates, body text and attachment hashes \
             (semantic digest v1), because the service stores mail in a form of its own. Files are \
             compared byte by byte."
                .to_owned(),
            "\"Identical\" means that everything that was compared is the same. \"As declared\" \
             means that it differs only in ways that the entry names and docs/fidelity.md \
             explains."
                .to_owned(),
            "Each event is signed with Ed25519 by whoever acted (the strict rule of the format, \
             section 3). Each entry holds the hash of the one before it. All entries are leaves of \
             an RFC 6962 tree; its root is signed as a checkpoint."
                .to_owned(),
            "Names, addresses, subjects and paths are not in the record. They are disclosed beside \
             it, each bound to its entry by a salted hash (RFC 9901)."
                .to_owned(),
            "A second program, unbroken-verify, shares no code with the first and checked the \
             record. A third check, in plain JavaScript, is the file verify.html."
                .to_owned(),
        ]))
        .says(
            "Known limits of the tool: it has been proven against a simulated tenant only; what \
             Microsoft 365 does not take back as it was is listed in docs/fidelity.md; section K \
             says what this report does not show.",
        )
}

/// Section K.
pub(super) fn limits(further: &[String]) -> Section {
    let mut points: Vec<String> = NOT_PROVEN
        .iter()
        .map(|text| format!("It does not prove {text}."))
        .collect();
    points.extend(further.iter().cloned());
    Section::new('K', "Limits")
        .says("What this report does not show. None of these follows from a check that passed.")
        .with(Block::List(points))
        .says(
            "Whose word is what: a signature proves whose key signed, not that the statement is \
             true. The machine that keeps the ledger could refuse or delay new entries, and could \
             cut a tail that nobody outside has seen. The threat model (docs/threat-model.md, in \
             the bundle too) names who could still do what without being noticed.",
        )
}

/// Section L; `verify` is the text of `VERIFY.txt`.
pub(super) fn checking(verify: &str) -> Section {
    let section = Section::new('L', "How to check this without us").says(
        "The bundle that came with this report holds the record. The file `trust` has to reach you \
         by another way than the bundle; compare the name of the ledger and the root hash on page \
         1 with a copy that you were given on paper or by telephone. What follows is the file \
         VERIFY.txt of the bundle.",
    );
    blocks_of(verify).into_iter().fold(section, Section::with)
}

/// A line to type stands four spaces further in than the prose around it.
fn is_command(line: &str) -> bool {
    let indent = line.len() - line.trim_start().len();
    !line.trim().is_empty() && (indent == 5 || indent >= 7)
}

/// Prose as paragraphs, which break where a page does, and commands as lines, which do not.
fn blocks_of(verify: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_new = true;
    for line in verify.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with("===") {
            is_new = true;
            continue;
        }
        let begins = std::mem::take(&mut is_new);
        match (blocks.last_mut(), is_command(line)) {
            (Some(Block::Code(lines)), true) => {
                lines.push('\n');
                lines.push_str(line);
            }
            (_, true) => blocks.push(Block::Code(line.to_owned())),
            (Some(Block::Paragraph(words)), false) if !begins => {
                words.push(' ');
                words.push_str(text);
            }
            (_, false) => blocks.push(Block::Paragraph(text.to_owned())),
        }
    }
    for block in &mut blocks {
        if let Block::Code(lines) = block {
            *lines = outdented(lines);
        }
    }
    blocks
}

fn outdented(lines: &str) -> String {
    let indents = lines
        .lines()
        .map(|line| line.len() - line.trim_start().len());
    let least = indents.min().unwrap_or_default();
    let cut: Vec<&str> = lines.lines().map(|line| &line[least..]).collect();
    cut.join("\n")
}

/// Every word of the report that a reader may not know, in order.
const WORDS: [(&str, &str); 19] = [
    (
        "as declared",
        "restored, with differences that the record names and that the new tenant makes \
         unavoidable",
    ),
    (
        "chain",
        "each entry holds the hash of the one before it, so that none can be changed, removed \
         or put elsewhere",
    ),
    (
        "checkpoint",
        "a signed statement of how many entries there are, and of their common hash (the root)",
    ),
    ("custodian", "the person, mailbox or site whose data it is"),
    (
        "digital signature",
        "a number that only the holder of a private key can make, and that anybody can check",
    ),
    (
        "disclosure",
        "a personal fact that is shown beside an entry, and that the entry proves without \
         containing it",
    ),
    (
        "edition",
        "whose personal facts a report or a bundle shows: everybody's (full), nobody's \
         (redacted) or one custodian's; how much of the record a bundle holds is its kind: the \
         whole ledger, or some of its streams",
    ),
    (
        "entry",
        "one event at its place in the ledger; entries are numbered from 0",
    ),
    (
        "exception",
        "an item that did not arrive identical; section F lists each",
    ),
    ("hash", "a fingerprint of data: other data have another one"),
    ("held", "not restored on purpose; a person has to decide"),
    (
        "ledger",
        "the record: a list of signed events that can only grow",
    ),
    (
        "pseudonym",
        "a random name that stands for a person or an item in the record",
    ),
    (
        "read-back",
        "asking the new tenant for an item that was written, and comparing it with the source",
    ),
    (
        "reservation",
        "something about the record or its check, not about one item, that keeps a passed \
         check from being without reserve; page 1 names each",
    ),
    (
        "seal",
        "a signature over the whole PDF, so that a change to it shows",
    ),
    (
        "SUSPECT",
        "signed by a key that was revoked from that entry on; it stays in the record and is \
         marked",
    ),
    ("tenant", "one organisation's part of Microsoft 365"),
    (
        "time stamp",
        "a statement by somebody else's clock that something existed not later than then",
    ),
];

/// Section N.
pub(super) fn glossary() -> Section {
    let facts = WORDS.map(|(word, meaning)| (word.to_owned(), meaning.to_owned()));
    Section::new('N', "Glossary").with(Block::Facts(facts.to_vec()))
}

/// Section P.
pub(super) fn cross_reference() -> Section {
    const RULES: [(&str, &str, &str); 11] = [
        (
            "DORA Article 12(3)",
            "restore on systems that are segregated from the source",
            "C, G",
        ),
        (
            "DORA Article 12(7)",
            "checks and reconciliations after recovery",
            "E, F, H",
        ),
        (
            "DORA Article 19, Delegated Regulation 2025/301 Article 4",
            "times, root cause and resolution in the final report",
            "D",
        ),
        (
            "NIS2 Article 23",
            "description, measures, timeline",
            "C, D, F",
        ),
        (
            "GDPR Article 5(2), 32(1)(c), 33(5)",
            "accountability, ability to restore, documentation",
            "D, E, F",
        ),
        (
            "GDPR Article 17",
            "erasure, and what was held against it",
            "G",
        ),
        (
            "HIPAA 45 CFR 164.308(a)(7)(ii)(B)",
            "restore of any loss of data",
            "E, M",
        ),
        (
            "HIPAA 45 CFR 164.312(b), 164.316(b)(2)(i)",
            "audit controls; keep six years",
            "G, H, J",
        ),
        (
            "SEC Rule 17a-4(f)(2)(i)(A)",
            "complete time-stamped audit trail: changes, deletions, who, when",
            "D, G, I",
        ),
        (
            "ISO/IEC 27037",
            "identification, acquisition, preservation; who, when, why",
            "C, G, H",
        ),
        (
            "FRE 902(13), 902(14)",
            "certification of a process; of copied data",
            "H, I, M",
        ),
    ];
    let rows = RULES.map(|(rule, asks, section)| [rule, asks, section].map(str::to_owned).to_vec());
    Section::new('P', "Where a rule finds its answer")
        .says(
            "Which section answers what a rule asks for. Whether a rule applies, and whether the \
             answer suffices, is not said here.",
        )
        .with(Block::Table(Table {
            id: "cross-reference",
            caption: "Rules and sections".to_owned(),
            columns: vec!["Rule", "What it asks for", "Sections"],
            rows: rows.to_vec(),
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that a page wraps is one that nobody can copy.
    const COLUMNS_MAX: usize = 98;

    #[test]
    fn commands_stand_in_lines_of_their_own_that_fit_a_page() {
        let section = checking(include_str!("../verify.txt"));
        let code = section.blocks.iter().filter_map(|block| match block {
            Block::Code(lines) => Some(lines.as_str()),
            _ => None,
        });
        let lines: Vec<&str> = code.flat_map(str::lines).collect();
        assert!(lines.len() > 30, "{lines:?}");
        assert!(
            lines.contains(&"unbroken-verify . --trust PATH/TO/trust"),
            "{lines:?}"
        );
        let long: Vec<&&str> = lines
            .iter()
            .filter(|line| line.len() > COLUMNS_MAX)
            .collect();
        assert_eq!(long, Vec::<&&str>::new());
        let prose = section
            .blocks
            .iter()
            .filter(|block| matches!(block, Block::Paragraph(_)));
        assert!(prose.count() > 10);
    }
}
