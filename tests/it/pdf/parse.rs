//! Just enough of PDF to see what was written: the classic cross-reference table, dictionaries as text, streams inflated.

use std::collections::BTreeMap;
use std::io::Read as _;

/// A PDF of ours, with objects by number.
pub(crate) struct Pdf<'a> {
    objects: BTreeMap<usize, &'a [u8]>,
    trailer: String,
}

fn after<'t>(text: &'t str, key: &str) -> &'t str {
    let at = text.find(key).unwrap_or_else(|| panic!("{key} in {text}"));
    text[at + key.len()..].trim_start()
}

fn number(text: &str) -> usize {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits
        .parse()
        .unwrap_or_else(|_| panic!("a number: {text:.40}"))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

impl<'a> Pdf<'a> {
    /// Reads the last cross-reference table and those before it; each entry must point at its object.
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(200)..]).into_owned();
        let at = tail.rfind("startxref").expect("startxref");
        let mut next = Some(number(after(&tail[at..], "startxref")));
        let mut objects = BTreeMap::new();
        let mut trailer = None;
        while let Some(start) = next {
            let table = String::from_utf8_lossy(&bytes[start..]);
            assert!(
                table.starts_with("xref"),
                "the table is where startxref says"
            );
            let dictionary = after(&table, "trailer");
            let dictionary = &dictionary[..dictionary.find("startxref").expect("its end")];
            for (id, offset) in entries(&table) {
                let object = &bytes[offset..];
                let head = format!("{id} 0 obj");
                assert!(
                    object.starts_with(head.as_bytes()),
                    "object {id} at {offset}"
                );
                let end = find(object, b"endobj").expect("endobj");
                objects.entry(id).or_insert(&object[head.len()..end]);
            }
            next = dictionary
                .contains("/Prev")
                .then(|| number(after(dictionary, "/Prev")));
            trailer.get_or_insert_with(|| dictionary.to_owned());
        }
        Self {
            objects,
            trailer: trailer.expect("a trailer"),
        }
    }

    fn text(&self, id: usize) -> String {
        String::from_utf8_lossy(self.objects[&id]).into_owned()
    }

    pub(crate) fn catalog(&self) -> String {
        self.text(number(after(&self.trailer, "/Root")))
    }

    fn count(&self, wanted: &str) -> usize {
        let holds = |object: &&&[u8]| find(object, wanted.as_bytes()).is_some();
        self.objects.values().filter(holds).count()
    }

    /// Elements of the structure with this role.
    pub(crate) fn elements(&self, role: &str) -> usize {
        ["/", ">", " ", "\n"]
            .iter()
            .map(|end| self.count(&format!("/Type/StructElem/S/{role}{end}")))
            .sum()
    }

    pub(crate) fn pages(&self) -> usize {
        self.count("/Type/Page/")
    }

    /// The files inside: relationship and content by name.
    pub(crate) fn files(&self) -> BTreeMap<String, (String, Vec<u8>)> {
        let mut files = BTreeMap::new();
        for object in self.objects.values() {
            let text = String::from_utf8_lossy(object);
            if !text.contains("/Type/Filespec") {
                continue;
            }
            let name = after(&text, "/F(");
            let name = name[..name.find(')').expect("its end")].to_owned();
            let kind: String = after(&text, "/AFRelationship/")
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let stream = number(after(after(&text, "/EF<<"), "/F "));
            files.insert(name, (kind, self.stream(stream)));
        }
        files
    }

    fn stream(&self, id: usize) -> Vec<u8> {
        let object = self.objects[&id];
        let start = find(object, b"stream\n").expect("a stream") + 7;
        let end = find(object, b"\nendstream").expect("its end");
        let mut inflated = Vec::new();
        flate2::read::ZlibDecoder::new(&object[start..end])
            .read_to_end(&mut inflated)
            .expect("deflated");
        inflated
    }
}

/// Number and offset of each object in use.
fn entries(table: &str) -> Vec<(usize, usize)> {
    let mut lines = table.lines().skip(1);
    let mut found = Vec::new();
    while let Some((first, count)) = lines.next().and_then(|line| line.trim().split_once(' ')) {
        for id in number(first)..number(first) + number(count) {
            let entry = lines.next().expect("an entry");
            if entry.contains(" n") {
                found.push((id, number(entry)));
            }
        }
    }
    found
}
