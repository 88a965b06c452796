//! A report of fifteen sections about a case that never was, with everything that a report may hold. Checks nothing itself.

use unbroken::reports::pdf::document::{
    Attachment, Block, Column, Document, Figure, Relationship, Section, Table, Text, Tone,
};

const HEAD: &str = "9c5f0f7c1f6b1f1f8c6f7f1f2a3d4e5f60718293a4b5c6d7e8f9012345678abc";

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, Text)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Text::from(*value)))
        .collect()
}

fn table(caption: &str, columns: &[(&str, bool)], rows: Vec<Vec<Text>>) -> Table {
    Table {
        caption: caption.to_owned(),
        columns: columns
            .iter()
            .map(|(heading, numeric)| Column {
                heading: (*heading).to_owned(),
                numeric: *numeric,
            })
            .collect(),
        rows,
        whole_in: None,
    }
}

fn row(cells: &[&str]) -> Vec<Text> {
    cells.iter().map(|cell| Text::from(*cell)).collect()
}

fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        heading: heading.to_owned(),
        blocks,
        on_new_page: false,
    }
}

fn words(text: &str) -> Block {
    Block::Paragraph(Text::from(text))
}

fn points(items: &[&str]) -> Block {
    Block::List {
        numbered: true,
        items: items.iter().map(|item| Text::from(*item)).collect(),
    }
}

/// The statement that fits one page.
fn statement() -> Section {
    section(
        "Statement",
        vec![
            Block::Verdict {
                tone: Tone::Exceptions,
                headline: "Checks passed with 12 listed exceptions.".to_owned(),
                text: Text::from(
                    "We checked 10,000 records of actions taken between 3 November 2026, 08:12 \
                    and 5 November 2026, \
                     17:40 (UTC). No record was changed, removed or put in another order since \
                     it was sealed on 5 \
                     November 2026 by Example Recovery Ltd.",
                ),
            },
            Block::Figures(
                [
                    ("10,000", "items in the scope"),
                    ("9,988", "restored; identical when read back"),
                    ("9", "differ as declared in F"),
                    ("3", "not restored"),
                    ("0", "not accounted for"),
                ]
                .map(|(value, label)| Figure {
                    value: value.to_owned(),
                    label: label.to_owned(),
                })
                .to_vec(),
            ),
            words(
                "The old tenant was compromised. From a backup taken before that, mail and files \
                of 41 people were \
                 copied into a new tenant. Anna Berg asked for it; Jonas Weiß and Zoë \
                 Łukasiewicz approved it, each \
                 with a key of their own. Three items could not be restored; section F names \
                 each with its reason \
                 and its owner.",
            ),
            Block::Heading("What this report does not prove".to_owned()),
            points(&[
                "That the data in the backup were true or unaltered before they were backed up.",
                "That nothing existed outside the scope of section C.",
                "Which human used a key, beyond who held it and how they signed in.",
                "The exact time of an action: a time stamp shows that a record existed no later \
                than then.",
                "What the new tenant holds today, after the last reading back.",
                "Actions done outside this program; compare with the audit log of Microsoft 365.",
                "Anything after the last sealed checkpoint.",
                "That a court will admit it.",
            ]),
        ],
    )
}

fn results() -> Section {
    let custodians = (1..=41)
        .map(|number| {
            let items = format!("{}", 200 + number * 3);
            let name = match number {
                1 => "Zoë Łukasiewicz".to_owned(),
                2 => "Ευαγγελία Παπαδοπούλου".to_owned(),
                3 => "Юлія Їжакевич".to_owned(),
                4 => "李小龙".to_owned(),
                _ => format!("Custodian {number}"),
            };
            let mut cells = vec![Text::from(name), Text::from("mail")];
            for cell in [&items, &items, &items, "0", "0", "0"] {
                cells.push(Text::from(cell));
            }
            cells
        })
        .collect();
    section(
        "E  Results",
        vec![
            words("Each line adds up: enumerated = identical + differs + failed + skipped."),
            Block::Table(table(
                "Items per custodian",
                &[
                    ("Custodian", false),
                    ("Workload", false),
                    ("Enumerated", true),
                    ("Acquired", true),
                    ("Identical", true),
                    ("Differs", true),
                    ("Failed", true),
                    ("Skipped", true),
                ],
                custodians,
            )),
        ],
    )
}

fn exceptions() -> Section {
    let rows = vec![
        vec![
            Text::default().code("item 4242"),
            Text::from(
                "/Shared/Finance/2026/Quarter 3/Consolidated statements/final-final-v7.xlsx",
            ),
            Text::from("The service rewrote the file; its parts are the same."),
            Text::from("J. Weiß"),
        ],
        vec![
            Text::default().code("item 77"),
            Text::from("invoice\u{202e}fdp.exe"),
            Text::default()
                .strong("Held.")
                .plain(" Its name turns the direction of text around."),
            Text::from("Z. Łukasiewicz"),
        ],
        vec![
            Text::default().code("item 9001"),
            Text::default(),
            Text::from("Larger than the service takes."),
            Text::from("A. Berg"),
        ],
    ];
    section(
        "F  Exceptions",
        vec![Block::Table(table(
            "Every item that is not identical, with its reason and its owner",
            &[
                ("Item", false),
                ("Name", false),
                ("Reason", false),
                ("Owner", false),
            ],
            rows,
        ))],
    )
}

fn certification() -> Section {
    Section {
        on_new_page: true,
        ..section(
            "M  Draft certifications",
            vec![
                Block::Note {
                    label: "Draft".to_owned(),
                    text: Text::from(
                        "for a person to read, correct and sign. The program has signed none of \
                        it.",
                    ),
                },
                Block::Heading("Federal Rule of Evidence 902(14)".to_owned()),
                words(
                    "I compared the SHA-256 digest of each item listed in the attached file \
                    items.csv with that of \
                     the copy which I received, and found them identical.",
                ),
                Block::SignatureLines(
                    ["Name", "Position", "Place and date", "Signature"]
                        .map(str::to_owned)
                        .to_vec(),
                ),
            ],
        )
    }
}

fn scope() -> Section {
    let facts = pairs(&[
        (
            "Source",
            "backup of contoso-old, restore point of 1 November 2026",
        ),
        ("Target", "contoso-new, made on 2 November 2026"),
        (
            "Authority",
            "Incident 2026-117, board resolution of 2 November 2026",
        ),
        ("Out of scope", "chat messages, sites of subsidiaries"),
    ]);
    section("C  Scope and authority", vec![Block::KeyValues(facts)])
}

fn timeline() -> Section {
    let columns = [
        ("When (UTC)", false),
        ("What", false),
        ("Clock", false),
        ("Record", true),
    ];
    let rows = vec![
        row(&["2026-11-01 03:14", "Intrusion detected", "0 h", "1"]),
        row(&["2026-11-01 06:50", "First report", "within 4 h", "2"]),
        row(&["2026-11-03 08:12", "Restore begins", "", "17"]),
        row(&["2026-11-05 17:40", "Last read back", "within 1 month", "9"]),
    ];
    let table = table("From detection to sign-off", &columns, rows);
    section("D  Timeline", vec![Block::Table(table)])
}

fn method() -> Section {
    section(
        "H  Method",
        vec![
            words(
                "Digests are SHA-256. Records are signed with Ed25519 and stand in a Merkle tree.",
            ),
            Block::List {
                numbered: false,
                items: vec![
                    Text::from("Each intent is recorded before its effect."),
                    Text::from("Each item is read back after it was written."),
                ],
            },
        ],
    )
}

fn integrity() -> Section {
    let facts = vec![
        ("Head".to_owned(), Text::default().code(HEAD)),
        ("Size".to_owned(), Text::from("10,000 records")),
        (
            "Time stamps".to_owned(),
            Text::from("2, by Example TSA; not qualified"),
        ),
    ];
    section("I  Integrity", vec![Block::KeyValues(facts)])
}

fn commands() -> Section {
    let commands = format!(
        "unbroken-verify bundle --trust trust.json evidence/\n\
         openssl pkeyutl -verify -rawin -pubin -inkey keys/log.pem -sigfile head.sig -in head\n\
         sha256sum -c manifest-sha256.txt   # in the folder of the bag\n\
         echo {HEAD} | tr a-f A-F | grep -c 9C5F0F7C1F6B1F1F8C6F7F1F2A3D4E5F"
    );
    section(
        "L  How to check this without us",
        vec![
            words("With the bundle beside you, run:"),
            Block::Verbatim(commands),
        ],
    )
}

fn glossary() -> Section {
    let terms = pairs(&[
        (
            "hash",
            "A short number computed from data; other data give another number.",
        ),
        (
            "seal",
            "A signature of an organisation over a whole document.",
        ),
        (
            "checkpoint",
            "A signed statement of how many records there are and what they are.",
        ),
    ]);
    section("N  Glossary", vec![Block::KeyValues(terms)])
}

fn references() -> Section {
    let columns = [("Rule", false), ("Asks for", false), ("Section", false)];
    let rows = vec![
        row(&["DORA, Article 12(7)", "checks, reconciliations", "E, F"]),
        row(&[
            "NIS2, Article 23",
            "report within 24 h, 72 h, one month",
            "D",
        ]),
        row(&["17 CFR 240.17a-4(f)", "a time-stamped audit trail", "G, H"]),
    ];
    let caption = "What each rule asks for, and where it stands";
    section(
        "P  Cross-references",
        vec![Block::Table(table(caption, &columns, rows))],
    )
}

fn sections() -> Vec<Section> {
    vec![
        statement(),
        scope(),
        timeline(),
        results(),
        exceptions(),
        section(
            "G  Custody",
            vec![words("The backup was handed over once, under seal.")],
        ),
        method(),
        integrity(),
        section(
            "J  Keys",
            vec![words("Two root keys, one log key, three approvers.")],
        ),
        section(
            "K  Limits",
            vec![words("See page 1. No tenant of Microsoft 365 was asked.")],
        ),
        commands(),
        certification(),
        glossary(),
        section(
            "O  Annexes",
            vec![words("One for each custodian, attached.")],
        ),
        references(),
    ]
}

/// The report, with its files.
pub(crate) fn report() -> Document {
    Document {
        title: "Report on the recovery of contoso".to_owned(),
        subtitle: "Chain of custody and result of the restore".to_owned(),
        marking: Some("Rehearsal: not evidence".to_owned()),
        language: "en-GB".to_owned(),
        issuer: "Example Recovery Ltd".to_owned(),
        description: "What was restored, who approved it, what is missing and what is not proven."
            .to_owned(),
        identifier: "unbroken/example/simulated, report 1, full edition".to_owned(),
        facts: vec![
            ("Case".to_owned(), Text::from("Incident 2026-117")),
            (
                "Edition".to_owned(),
                Text::from("Full, number 1, issued on 6 November 2026, 09:00 UTC"),
            ),
            ("Head of the record".to_owned(), Text::default().code(HEAD)),
        ],
        sections: sections(),
        attachments: vec![
            Attachment {
                name: "events.jsonl".to_owned(),
                description: "Every record, one a line".to_owned(),
                media_type: "application/jsonl".to_owned(),
                relationship: Relationship::Source,
                bytes: b"{\"index\":0}\n{\"index\":1}\n".to_vec(),
            },
            Attachment {
                name: "items.csv".to_owned(),
                description: "Every item with its digests and its outcome".to_owned(),
                media_type: "text/csv".to_owned(),
                relationship: Relationship::Data,
                bytes: b"item,source,read_back,outcome\r\n1,ab,ab,identical\r\n".to_vec(),
            },
        ],
    }
}

/// A table of many rows, each with a digest of its own.
pub(crate) fn long(rows: usize) -> Document {
    let rows = (0..rows)
        .map(|number| {
            vec![
                Text::from(format!("{number}")),
                Text::from(format!("Custodian {}", number % 97)),
                Text::default().code(format!(
                    "{:064x}",
                    (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c)
                )),
                Text::from("identical"),
            ]
        })
        .collect();
    let mut document = report();
    document.sections = vec![section(
        "Items",
        vec![Block::Table(Table {
            whole_in: Some("items.csv".to_owned()),
            ..table(
                "All items",
                &[
                    ("No.", true),
                    ("Custodian", false),
                    ("SHA-256", false),
                    ("Read back", false),
                ],
                rows,
            )
        })],
    )];
    document
}
