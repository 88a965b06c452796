//! Looks up the plain sentence for each class that the record gives as a reason: what was changed on purpose, and why an item
//! was held, skipped or could not be restored. The table stands in `sentences.rs`; docs/fidelity.md says more of each, and a test
//! holds both against the code.

mod sentences;

use sentences::SENTENCES;

/// What a reason means; of a class that has no sentence, where to look.
pub(super) fn sentence(reason: &str) -> String {
    if reason.is_empty() {
        return "There is no outcome so far; it may be in the new tenant.".to_owned();
    }
    if let Some((_, words)) = SENTENCES.iter().find(|(class, _)| *class == reason) {
        return (*words).to_owned();
    }
    match reason.split_once(": ") {
        Some((property, why)) => difference(property, why),
        None => "docs/fidelity.md says more of it.".to_owned(),
    }
}

/// A property that did not come back as it was. The names of an Office file's parts say nothing to a reader.
fn difference(property: &str, why: &str) -> String {
    match property {
        "docProps" => "The file's own properties (title, author, dates: docProps) were rewritten \
                       by SharePoint when it was stored. Every other part of the file was \
                       compared and is the same."
            .to_owned(),
        "customXml" => "What SharePoint keeps of a library's columns inside of an Office file \
                        (customXml) was rewritten when it was stored. Every other part of the file \
                        was compared and is the same."
            .to_owned(),
        "package" => "SharePoint packed the Office file anew, so that its size and digest are \
                      others. Its parts were compared one by one, and none but its properties \
                      differs."
            .to_owned(),
        _ => format!("The new tenant could not keep this as it was ({property}): {why}."),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() && name != "tests" {
                sources(&path, found);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                found.push(path);
            }
        }
    }

    fn is_class(text: &str) -> bool {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        !text.is_empty() && text.bytes().all(is_name)
    }

    /// The literals that follow any of these openings.
    fn literals<'a>(text: &'a str, opening: &'a str) -> impl Iterator<Item = &'a str> {
        let behind = text.split(opening).skip(1);
        behind.filter_map(|rest| {
            rest.trim_start()
                .strip_prefix('"')?
                .split('"')
                .next()
                .filter(|text| !text.is_empty())
        })
    }

    /// What stands before the name of a class.
    const FORMS: [&str; 12] = [
        "NO_NAME_LEFT: &str = ",
        "Problem::new(",
        "refuse(item, ",
        "CLASS: &'static str = ",
        "NOT_MAPPED: &str = ",
        "Decision::Hold, ",
        "Decision::Skip, ",
        "EARLIER_VERSION: &str = ",
        "reason: ",
        "if permanent {",
        "\"target-refused\"\n        } else {",
        "} => (",
    ];

    /// Every class that the code can record, and every difference that it declares in words.
    fn classes() -> BTreeSet<String> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        for part in ["domain", "engine", "sources", "targets"] {
            sources(&top.join(part), &mut files);
        }
        let mut found = BTreeSet::new();
        for path in files {
            let text = fs::read_to_string(&path).expect("read");
            let text = text.split("#[cfg(test)]\nmod tests").next().expect("code");
            let transforms = literals(text, "Transform(");
            found.extend(transforms.filter(|t| t.contains('/')).map(str::to_owned));
            let reasons = FORMS.iter().flat_map(|form| literals(text, form));
            found.extend(reasons.filter(|class| is_class(class)).map(str::to_owned));
            if text.contains("deltas.push") {
                let deltas = ["reason = ", "reason: "].into_iter();
                let deltas = deltas.flat_map(|form| literals(text, form));
                found.extend(deltas.filter(|d| d.contains(' ')).map(str::to_owned));
            }
        }
        found
    }

    #[test]
    fn a_difference_is_said_in_words_that_a_reader_knows() {
        let rewritten = sentence("docProps: SharePoint wrote its own properties into the file");
        assert!(
            rewritten.starts_with("The file's own properties (title"),
            "{rewritten}"
        );
        assert_eq!(
            sentence("headers: they are larger than the service takes"),
            "The new tenant could not keep this as it was (headers): they are larger than the \
             service takes."
        );
    }

    #[test]
    fn every_class_of_the_code_is_explained_here_and_in_the_docs() {
        let mut classes = classes();
        let held = crate::domain::content::Class::ALL.map(crate::domain::content::Class::reason);
        classes.extend(held.map(str::to_owned));
        let hazards = crate::domain::sanitise::Hazard::ALL;
        classes.extend(hazards.map(|one| one.reason().to_owned()));
        for known in [
            "mbox-unquoted/1",
            "name-taken",
            "not-mail",
            "source-changed",
            "link",
        ] {
            assert!(
                classes.contains(known),
                "the search lost {known}: {classes:?}"
            );
        }
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
        let docs = fs::read_to_string(docs).expect("read");
        let mut missing = Vec::new();
        for class in &classes {
            // What is declared in words needs no other sentence.
            let is_said = class.contains(' ');
            if !is_said && !SENTENCES.iter().any(|(known, _)| known == class) {
                missing.push(format!(
                    "{class}: no sentence in src/reports/report/reasons/sentences.rs"
                ));
            }
            let name = if is_said {
                // As the compiler joins a text that goes on in the next line.
                let lines = class.split("\\\n").map(str::trim_start);
                lines.collect::<String>()
            } else {
                format!("`{class}`")
            };
            let is_listed = docs.contains(&name);
            if !is_listed {
                missing.push(format!("{class}: not in docs/fidelity.md"));
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn each_class_has_one_sentence_that_ends() {
        let classes: BTreeSet<&str> = SENTENCES.iter().map(|(class, _)| *class).collect();
        assert_eq!(classes.len(), SENTENCES.len(), "a class stands there twice");
        assert!(SENTENCES.iter().all(|(_, words)| words.ends_with('.')));
    }
}
