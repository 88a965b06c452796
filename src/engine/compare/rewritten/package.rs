//! Office files: packages of parts (ECMA-376 part 2). The parts that hold properties may differ, and what names them; every
//! other part is as it was, byte for byte after unpacking.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use crate::domain::item::Digest;
use crate::domain::message::Delta;

const PARTS_MAX: usize = 20_000;
/// Unpacked, over all parts: beyond it a package is taken for a bomb.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// A list of types or relationships that is compared line by line.
const LIST_BYTES_MAX: usize = 4 << 20;
const TYPES: &str = "[content_types].xml";
/// Where SharePoint writes.
const PROPERTIES: [(&str, &str); 2] = [(CUSTOM_XML, "customXml"), ("docprops/", "docProps")];
/// Where a file keeps values of its own too.
const CUSTOM_XML: &str = "customxml/";

const OWN_PART_GONE: Delta = Delta {
    property: "customXml",
    reason: "a part that the file had (form values, content bound to it) is gone or changed",
};

struct Part {
    digest: Digest,
    /// The text of a list.
    list: Option<Vec<u8>>,
}

pub(super) fn compare(source: &[u8], found: &[u8]) -> Option<Vec<Delta>> {
    let (source, found) = (parts(source)?, parts(found)?);
    let names: BTreeSet<&String> = source.keys().chain(found.keys()).collect();
    let custom = found
        .iter()
        .filter(|(name, _)| name.starts_with(CUSTOM_XML));
    let kept: BTreeSet<Digest> = custom.map(|(_, part)| part.digest).collect();
    let mut deltas = vec![Delta {
        property: "package",
        reason: "SharePoint packed the file anew; its parts were compared one by one",
    }];
    for name in names {
        let (was, is) = (source.get(name), found.get(name));
        let digests = (was.map(|part| part.digest), is.map(|part| part.digest));
        if digests.0 == digests.1 {
            continue;
        }
        if let Some((folder, property)) = property_of(name) {
            // Parts are numbered anew: one of the file's own may stand under another name, and nothing but that is SharePoint's.
            let is_content = *folder == CUSTOM_XML && !is_list(name);
            let is_gone = was.is_some_and(|was| !kept.contains(&was.digest));
            if is_content && is_gone {
                deltas.push(OWN_PART_GONE);
            } else {
                let reason = "SharePoint wrote its own properties into the file";
                deltas.push(Delta { property, reason });
            }
            continue;
        }
        let (was, is) = (was?, is?);
        if !lists_differ_by_properties(name, was, is)? {
            return None;
        }
        // A part that nothing leads to any more is as good as gone.
        if ways_to_custom_xml(is)? < ways_to_custom_xml(was)? {
            deltas.push(OWN_PART_GONE);
        }
    }
    deltas.sort();
    deltas.dedup();
    Some(deltas)
}

fn property_of(name: &str) -> Option<&'static (&'static str, &'static str)> {
    PROPERTIES
        .iter()
        .find(|(folder, _)| name.starts_with(folder))
}

/// Reads every part; part names are compared without regard to case (ECMA-376 part 2, 6.2.2.3).
fn parts(bytes: &[u8]) -> Option<BTreeMap<String, Part>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive.len() > PARTS_MAX || archive.has_duplicate_names() {
        return None;
    }
    let (mut parts, mut left) = (BTreeMap::new(), UNPACKED_BYTES_MAX);
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).ok()?;
        let name = entry.name().ok()?.to_lowercase();
        if name.ends_with('/') {
            continue;
        }
        let part = part(&mut entry, is_list(&name), &mut left)?;
        if parts.insert(name, part).is_some() {
            return None;
        }
    }
    parts.contains_key(TYPES).then_some(parts)
}

fn is_list(name: &str) -> bool {
    name == TYPES || name.rsplit_once('.').is_some_and(|(_, end)| end == "rels")
}

fn part(entry: &mut impl Read, keeps: bool, left: &mut u64) -> Option<Part> {
    let (mut hash, mut kept) = (Sha256::new(), Vec::new());
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = entry.read(&mut buffer).ok()?;
        if count == 0 {
            break;
        }
        // What a header claims of its size is not believed: what comes out is counted.
        *left = left.checked_sub(count as u64)?;
        hash.update(&buffer[..count]);
        if keeps && kept.len() <= LIST_BYTES_MAX {
            kept.extend_from_slice(&buffer[..count]);
        }
    }
    Some(Part {
        digest: Digest(hash.finalize().into()),
        list: (keeps && kept.len() <= LIST_BYTES_MAX).then_some(kept),
    })
}

/// Whether two lists of types or relationships differ in nothing but what names parts that hold properties.
fn lists_differ_by_properties(name: &str, was: &Part, is: &Part) -> Option<bool> {
    if !is_list(name) {
        return Some(false);
    }
    let was = elements(was.list.as_deref()?)?;
    let is = elements(is.list.as_deref()?)?;
    Some(was.symmetric_difference(&is).all(names_properties))
}

/// How many relationships of a list lead to parts under `customXml/`.
fn ways_to_custom_xml(part: &Part) -> Option<usize> {
    let leads = |(tag, attributes): &Element| {
        let target = attributes.get("Target").map_or("", String::as_str);
        tag == "Relationship" && target.to_lowercase().contains(CUSTOM_XML)
    };
    let elements = elements(part.list.as_deref()?)?;
    Some(elements.iter().filter(|element| leads(element)).count())
}

/// An element and its attributes, as they are spelled.
type Element = (String, BTreeMap<String, String>);

/// A relationship to something outside of the package (a template that is fetched, for one) is content, whatever it is called.
fn names_properties((tag, attributes): &Element) -> bool {
    let attribute = |name: &str| attributes.get(name).map_or("", String::as_str);
    match tag.as_str() {
        "Override" => is_property_part(attribute("PartName")),
        "Default" => {
            let pair = (attribute("Extension"), attribute("ContentType"));
            let rels = "application/vnd.openxmlformats-package.relationships+xml";
            pair == ("xml", "application/xml") || pair == ("rels", rels)
        }
        "Relationship" => {
            attribute("TargetMode") != "External" && is_property_part(attribute("Target"))
        }
        _ => false,
    }
}

fn is_property_part(target: &str) -> bool {
    let mut path = target.strip_prefix('/').unwrap_or(target);
    while let Some(rest) = path.strip_prefix("../") {
        path = rest;
    }
    let lower = path.to_lowercase();
    property_of(&lower).is_some()
        && !path.contains([':', '\\', '%', '&'])
        && !path.split('/').any(|name| name == "..")
}

/// The elements below the root of a flat XML list. Whatever a plain list does not have is refused, so that nothing hides in it.
fn elements(bytes: &[u8]) -> Option<BTreeSet<Element>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    if let Some(declaration) = rest.strip_prefix("<?xml") {
        rest = declaration.split_once("?>")?.1;
    }
    let mut found = BTreeSet::new();
    let (mut has_root, mut open) = (false, Vec::new());
    while let Some(inside) = rest.trim_start().strip_prefix('<') {
        let (tag, after) = inside.split_once('>')?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            (open.pop()? == name.trim_end()).then_some(())?;
            continue;
        }
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = element(tag)?;
        if !is_empty {
            open.push(name.clone());
        }
        if has_root {
            found.insert((name, attributes));
        }
        has_root = true;
    }
    (has_root && open.is_empty() && rest.trim().is_empty()).then_some(found)
}

fn element(tag: &str) -> Option<Element> {
    let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let (name, mut rest) = tag.split_at(end);
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "_-.:".contains(c))
    };
    is_name(name).then_some(())?;
    let mut attributes = BTreeMap::new();
    while !rest.trim_start().is_empty() {
        let (attribute, value) = rest.trim_start().split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let (value, after) = value[1..].split_once(quote)?;
        let attribute = attribute.trim_end();
        is_name(attribute).then_some(())?;
        let twice = attributes.insert(attribute.to_owned(), value.to_owned());
        twice.is_none().then_some(())?;
        rest = after;
    }
    Some((name.to_owned(), attributes))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const TYPES_XML: &str = "<?xml version=\"1.0\"?><Types xmlns=\"t\">\
        <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
        <Override PartName=\"/word/document.xml\" ContentType=\"d\"/></Types>";
    const RELS: &str = "<Relationships xmlns=\"r\"><Relationship Id=\"1\" Type=\"d\" \
        Target=\"word/document.xml\"/></Relationships>";

    fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            let options = SimpleFileOptions::default();
            writer.start_file(*name, options).expect("started");
            writer.write_all(text.as_bytes()).expect("written");
        }
        writer.finish().expect("finished").into_inner()
    }

    fn source() -> Vec<(&'static str, String)> {
        vec![
            ("[Content_Types].xml", TYPES_XML.to_owned()),
            ("_rels/.rels", RELS.to_owned()),
            ("word/document.xml", "<w:t>We buy it.</w:t>".to_owned()),
            (
                "docProps/core.xml",
                "<dc:creator>Ada</dc:creator>".to_owned(),
            ),
        ]
    }

    /// As SharePoint packs it: with properties of its own.
    fn promoted() -> Vec<(&'static str, String)> {
        let mut parts = source();
        let types = "<Override PartName=\"/docProps/custom.xml\" ContentType=\"c\"/></Types>";
        parts[0].1 = TYPES_XML.replace("</Types>", types);
        let relations = "<Relationship Id=\"2\" Type=\"c\" Target=\"docProps/custom.xml\"/>\
                         <Relationship Id=\"3\" Type=\"x\" Target=\"../customXml/item1.xml\"/>\
                         </Relationships>";
        parts[1].1 = RELS.replace("</Relationships>", relations);
        parts.push(("docProps/custom.xml", "<p/>".to_owned()));
        parts.push(("customXml/item1.xml", "<p/>".to_owned()));
        parts
    }

    fn with(change: impl FnOnce(&mut Vec<(&'static str, String)>)) -> Option<Vec<&'static str>> {
        let mut parts = promoted();
        change(&mut parts);
        let pack = |parts: &[(&'static str, String)]| {
            let parts: Vec<(&str, &str)> = parts.iter().map(|(n, t)| (*n, t.as_str())).collect();
            packed(&parts)
        };
        let deltas = compare(&pack(&source()), &pack(&parts))?;
        Some(deltas.into_iter().map(|delta| delta.property).collect())
    }

    #[test]
    fn properties_that_sharepoint_writes_are_declared() {
        let all = vec!["customXml", "docProps", "package"];
        assert_eq!(with(|_| {}), Some(all.clone()));
        assert_eq!(with(|parts| *parts = source()), Some(vec!["package"]));
        assert_eq!(with(|parts| parts[3].1.push(' ')), Some(all));
    }

    #[test]
    fn a_part_of_the_files_own_that_is_gone_or_changed_is_said_as_that() {
        let own = |name: &'static str, text: &str| {
            let mut parts = source();
            parts.push((name, text.to_owned()));
            let parts: Vec<(&str, &str)> = parts.iter().map(|(n, t)| (*n, t.as_str())).collect();
            packed(&parts)
        };
        let file = own("customXml/item1.xml", "<price>100</price>");
        let said = |found: &[u8]| {
            let deltas = compare(&file, found).expect("declared").into_iter();
            let custom = deltas.filter(|delta| delta.property == "customXml");
            custom
                .map(|delta| delta.reason.contains("is gone or changed"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            said(&own("customXml/item1.xml", "<price>900</price>")),
            [true]
        );
        assert_eq!(said(&own("docProps/app.xml", "")), [true]);
        assert_eq!(
            said(&own("customXml/item4.xml", "<price>100</price>")),
            [false]
        );
        // The part is there, and nothing leads to it any more.
        let pack = |parts: &[(&'static str, String)]| {
            let parts: Vec<(&str, &str)> = parts.iter().map(|(n, t)| (*n, t.as_str())).collect();
            packed(&parts)
        };
        let mut without = promoted();
        without[1].1 = without[1].1.replace("customXml", "docProps");
        let deltas = compare(&pack(&promoted()), &pack(&without));
        assert!(deltas.expect("declared").contains(&OWN_PART_GONE));
    }

    #[test]
    fn a_change_in_any_other_part_is_none_of_sharepoints() {
        assert_eq!(
            with(|parts| parts[2].1 = "<w:t>We sell it.</w:t>".to_owned()),
            None
        );
        assert_eq!(with(|parts| parts[2].0 = "word/document2.xml"), None);
        assert_eq!(
            with(|parts| parts.push(("word/vbaProject.bin", String::new()))),
            None
        );
        assert_eq!(
            with(|parts| parts.push(("WORD/document.xml", String::new()))),
            None
        );
        let outside = "<Relationship Id=\"9\" Type=\"attachedTemplate\" \
                       Target=\"https://evil.example/docProps/x.dotm\" TargetMode=\"External\"/>\
                       </Relationships>";
        for planted in [
            outside,
            "<Relationship Id=\"9\" Type=\"t\" Target=\"docProps/x\" TargetMode=\"External\"/>\
             </Relationships>",
            "<Relationship Id=\"9\" Type=\"t\" Target=\"docProps/../word/x.xml\"/></Relationships>",
            "<!-- --></Relationships>",
            "</Relationships><x/>y",
        ] {
            let changed = |parts: &mut Vec<(&str, String)>| {
                parts[1].1 = parts[1].1.replace("</Relationships>", planted);
            };
            assert_eq!(with(changed), None, "{planted}");
        }
        let override_of = "<Override PartName=\"/word/document.xml\" ContentType=\"other\"/>";
        let retyped = |parts: &mut Vec<(&str, String)>| {
            parts[0].1 = parts[0]
                .1
                .replace("</Types>", &format!("{override_of}</Types>"));
        };
        assert_eq!(with(retyped), None);
    }

    #[test]
    fn what_is_no_package_and_what_never_ends_is_a_difference() {
        assert!(parts(b"PK\x03\x04 not a package").is_none());
        assert!(
            parts(&packed(&[("a.txt", "x")])).is_none(),
            "no list of types"
        );
        let mut left = 10;
        assert!(part(&mut &[0_u8; 11][..], false, &mut left).is_none());
        assert!(part(&mut &[0_u8; 9][..], false, &mut left).is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            at in 0..200_usize,
        ) {
            let mut package = packed(&[("[Content_Types].xml", TYPES_XML), ("a.xml", "<a/>")]);
            let end = (at + bytes.len()).min(package.len());
            let start = at.min(end);
            package[start..end].copy_from_slice(&bytes[..end - start]);
            let _ = compare(&package, &bytes);
            let _ = elements(&bytes);
            let _ = elements(String::from_utf8_lossy(&bytes).replace(' ', "<a b='").as_bytes());
        }
    }
}
