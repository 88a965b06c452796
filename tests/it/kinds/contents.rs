//! What calendars and cards of the corpus say, held against what Python's `icalendar` and `vobject` read in them: not only how
//! many.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use unbroken::domain::calendar_event::EventFacts;
use unbroken::domain::contact::Contact;
use unbroken::domain::item::Workload;
use unbroken::domain::outlook::OutlookItem;
use unbroken::sources::{Source, open};

use crate::left_out::{left_out, python};
use crate::tidy::top;

/// How many values were compared, and where they differ.
#[derive(Default)]
struct Compared {
    values: usize,
    differing: Vec<String>,
}

impl Compared {
    fn value(&mut self, place: &str, field: &str, theirs: &Value, mine: &Value) {
        if theirs.is_null() {
            return;
        }
        self.values += 1;
        if theirs != mine {
            self.differing
                .push(format!("{place} {field}: {theirs} {mine}"));
        }
    }
}

/// Our items of each file, in order; what cannot be read is none.
fn ours(source: &dyn Source) -> BTreeMap<String, Vec<OutlookItem>> {
    let description = source.description();
    let items = source.items(&description.points[0].id, &description.custodians[0]);
    let mut found: BTreeMap<String, Vec<OutlookItem>> = BTreeMap::new();
    for item in items.expect("listed").flatten() {
        let file = item.locator.rsplit_once('#').map_or("", |(file, _)| file);
        let read = source.outlook_item(&item).expect("listed as readable");
        found.entry(file.to_owned()).or_default().push(read);
    }
    found
}

fn oracle(name: &str) -> Option<Vec<Value>> {
    let path = top().join("../shared/corpus").join(name);
    if !path.is_dir() {
        left_out(&format!("no ../shared/corpus/{name}"));
        return None;
    }
    let python = python("icalendar, vobject")?;
    let done = Command::new(&python)
        .arg(top().join("tests/oracle/ics_vcf.py"))
        .arg(&path)
        .output()
        .expect("started");
    let text = String::from_utf8(done.stdout).expect("the oracle writes ASCII");
    let rows = text.lines();
    Some(
        rows.map(|line| serde_json::from_str(line).expect("JSON"))
            .collect(),
    )
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A day as it is, a time in UTC.
fn instant(facts: &EventFacts, is_end: bool) -> String {
    let at = if is_end { facts.end } else { facts.start };
    if facts.is_all_day {
        return at.local.date().to_string();
    }
    at.instant().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn compare_event(compared: &mut Compared, place: &str, theirs: &Value, item: &OutlookItem) {
    let mut value = |field: &str, mine: Value| {
        let found = match &theirs[field] {
            Value::String(text) => words(text).into(),
            other => other.clone(),
        };
        compared.value(place, field, &found, &mine);
    };
    value("summary", words(item.title()).into());
    match item {
        OutlookItem::Event(event) => {
            value("start", instant(&event.facts, false).into());
            value("end", instant(&event.facts, true).into());
            value("attendees", event.facts.attendees.len().into());
            // A rule that Outlook has no form for is told in the body.
            let repeats = event.series.is_some() || event.facts.body.content.contains("Rule");
            value("repeats", repeats.into());
        }
        OutlookItem::Task(_) | OutlookItem::Contact(_) => {}
    }
}

fn compare_card(compared: &mut Compared, place: &str, theirs: &Value, card: &Contact) {
    let name = words(theirs["name"].as_str().unwrap_or_default());
    if !name.is_empty() {
        let mine = words(&card.display_name);
        compared.value(place, "name", &name.into(), &mine.into());
    }
    let list = |field: &str| -> Vec<String> {
        let listed = theirs[field].as_array().into_iter().flatten();
        listed
            .filter_map(|one| Some(one.as_str()?.to_owned()))
            .collect()
    };
    let kept = |text: &str, places: &[&str]| {
        let notes = words(&card.personal_notes);
        places.contains(&text) || notes.contains(text)
    };
    let emails: Vec<&str> = card
        .email_addresses
        .iter()
        .map(|one| one.address.as_str())
        .collect();
    for email in list("emails") {
        let email = words(&email);
        compared.value(place, "email", &true.into(), &kept(&email, &emails).into());
    }
    let phones: Vec<String> = card
        .business_phones
        .iter()
        .chain(&card.home_phones)
        .chain([&card.mobile_phone])
        .map(|phone| digits(phone))
        .collect();
    for phone in list("telephones") {
        let wanted = digits(&phone);
        let notes = digits(&card.personal_notes);
        let is_kept = phones.contains(&wanted) || notes.contains(&wanted);
        compared.value(place, "telephone", &true.into(), &is_kept.into());
    }
}

fn compared(name: &str) -> Option<Compared> {
    let rows = oracle(name)?;
    let source = open(&top().join("../shared/corpus").join(name)).expect("opened");
    let ours = ours(&*source);
    let mut compared = Compared::default();
    for row in &rows {
        let path = row["path"].as_str().expect("a path");
        let (Some(theirs), Some(mine)) = (row["facts"].as_array(), ours.get(path)) else {
            continue;
        };
        // Where either reads what the other does not, the order tells nothing; the counts are compared elsewhere.
        if theirs.len() != mine.len() {
            continue;
        }
        for (number, (theirs, mine)) in theirs.iter().zip(mine).enumerate() {
            let place = format!("{path}#{}", number + 1);
            match mine {
                OutlookItem::Contact(card) => {
                    compare_card(&mut compared, &place, theirs, card);
                }
                item => {
                    let kind = match item.workload() {
                        Workload::Tasks => "VTODO",
                        _ => "VEVENT",
                    };
                    compared.value(&place, "kind", &theirs["kind"], &kind.into());
                    compare_event(&mut compared, &place, theirs, item);
                }
            }
        }
    }
    Some(compared)
}

#[test]
fn what_the_corpus_says_is_what_the_oracle_reads_in_it() {
    for (name, least) in [("ics", 9_000), ("vcf", 150)] {
        let Some(compared) = compared(name) else {
            return;
        };
        let (values, differing) = (compared.values, compared.differing.len());
        println!("{name}: {differing} of {values} values differ");
        let list = compared.differing.join("\n");
        assert!(values >= least, "{name}: {values} values were compared");
        assert!(
            differing * 50 <= values,
            "{name}: more than 2% differ:\n{list}"
        );
    }
}
