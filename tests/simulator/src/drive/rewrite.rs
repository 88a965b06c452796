//! What SharePoint does to Office files and pages that come in: it writes the columns of the library into them, so that
//! size and hash are no longer those of what was sent ("property promotion").
//! <https://rclone.org/onedrive/#versioning-issue-on-sharepoint>

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

const TYPES: &str = "[Content_Types].xml";
const CUSTOM: &str = "docProps/custom.xml";
/// Nothing that a test sends is larger when it is unpacked.
const UNPACKED_MAX: u64 = 64 << 20;
const BLOCK: &str = "<!--[if gte mso 9]><SharePoint:CTFieldRefs runat=server Prefix=\"mso:\" \
    FieldList=\"FileLeafRef\"><xml>\n<mso:CustomDocumentProperties>\n\
    <mso:ContentTypeId msdt:dt=\"string\">0x0101</mso:ContentTypeId>\n\
    </mso:CustomDocumentProperties>\n</xml></SharePoint:CTFieldRefs><![endif]-->\r\n";

/// The file as it is kept: rewritten where it is one of those and can be read, else as it came.
pub(super) fn promoted(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let rewritten = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("docx" | "docm" | "dotx" | "pptx" | "pptm" | "xlsx" | "xlsm" | "xlsb") => {
            package(&bytes)
        }
        Some("aspx" | "htm" | "html") => page(&bytes),
        _ => None,
    };
    rewritten.unwrap_or(bytes)
}

fn page(bytes: &[u8]) -> Option<Vec<u8>> {
    let lower = bytes.to_ascii_lowercase();
    let head = lower.windows(6).position(|at| at == b"<head>")? + 6;
    Some([&bytes[..head], BLOCK.as_bytes(), &bytes[head..]].concat())
}

/// The package again, with properties of the library beside its own.
fn package(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let (mut left, mut has_types, mut has_custom) = (UNPACKED_MAX, false, false);
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).ok()?;
        let name = entry.name().ok()?.into_owned();
        if name.ends_with('/') {
            continue;
        }
        has_custom |= name == CUSTOM;
        has_types |= name == TYPES;
        let mut content = Vec::new();
        entry.by_ref().take(left).read_to_end(&mut content).ok()?;
        left = left
            .checked_sub(content.len() as u64)
            .filter(|left| *left > 0)?;
        let content = part(&name, content, bytes);
        write(&mut writer, &name, &content)?;
    }
    // What is encrypted or no package at all is left alone.
    if !has_types {
        return None;
    }
    if !has_custom {
        write(&mut writer, CUSTOM, properties().as_bytes())?;
    }
    write(
        &mut writer,
        "customXml/item99.xml",
        b"<p:properties xmlns:p=\"p\"/>",
    )?;
    Some(writer.finish().ok()?.into_inner())
}

fn write(writer: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &[u8]) -> Option<()> {
    let options = SimpleFileOptions::default();
    writer.start_file(name, options).ok()?;
    writer.write_all(content).ok()
}

fn properties() -> String {
    "<?xml version=\"1.0\"?><Properties><property name=\"ContentTypeId\">0x0101</property>\
     </Properties>"
        .to_owned()
}

fn part(name: &str, content: Vec<u8>, whole: &[u8]) -> Vec<u8> {
    let names = |wanted: &str| {
        whole
            .windows(wanted.len())
            .any(|at| at == wanted.as_bytes())
    };
    let (end, added) = match name {
        TYPES => {
            let custom = "<Override PartName=\"/docProps/custom.xml\" ContentType=\"application/\
                          vnd.openxmlformats-officedocument.custom-properties+xml\"/>";
            let item = "<Override PartName=\"/customXml/item99.xml\" \
                        ContentType=\"application/xml\"/>";
            let custom = if names(CUSTOM) { "" } else { custom };
            ("</Types>", format!("{custom}{item}"))
        }
        "_rels/.rels" if !names(CUSTOM) => {
            let relation = "<Relationship Id=\"rIdSp1\" Type=\"http://schemas.openxmlformats.org/\
                            officeDocument/2006/relationships/custom-properties\" \
                            Target=\"docProps/custom.xml\"/>";
            ("</Relationships>", relation.to_owned())
        }
        CUSTOM => ("</Properties>", "<property name=\"_dlc\"/>".to_owned()),
        _ => return content,
    };
    match String::from_utf8(content) {
        Ok(text) => text.replacen(end, &format!("{added}{end}"), 1).into_bytes(),
        Err(other) => other.into_bytes(),
    }
}
