//! A page out of Graph's `sitePage`: what of its layout has a safe form, and what is named in its place.
//! <https://learn.microsoft.com/graph/api/resources/canvaslayout>

use serde_json::Value;

use crate::domain::html_text::words_of_html;
use crate::domain::message::{Delta, Transform};
use crate::domain::safe_html::{escaped, is_inert};
use crate::domain::site_page::{LAYOUTS, SAFE_KINDS, Section, SitePage, WebPart};

/// The name of a page in the target ends with a part of its item key: that is how it is found again.
const NAME_WITH_KEY: Transform = Transform("page-name-with-key/1");
/// The text held something that could run or fetch: its words alone are written.
const TEXT_PLAIN: Transform = Transform("page-text-plain/1");
/// What stood beside the page stands below it.
const SIDE_BELOW: Transform = Transform("page-side-section-below/1");

const PUBLISHED: Delta = Delta {
    property: "published",
    reason: "the page is a draft: whoever owns the site publishes it",
};
const AUTHOR: Delta = Delta {
    property: "author",
    reason: "the service names the restoring application as the author of each page",
};
const SETTINGS: Delta = Delta {
    property: "page",
    reason: "its dates, its title picture and its settings are not restored",
};
const NO_SAFE_FORM: Delta = Delta {
    property: "web part",
    reason: "one or more have no safe form: a line of text stands in the place of each",
};
const LAYOUT: Delta = Delta {
    property: "section",
    reason: "one or more have a layout that is not restored: their columns stand below each other",
};

const TEXT_BYTES_MAX: usize = 1 << 20;
const PARTS_MAX: usize = 500;
const STEM_CHARS_MAX: usize = 60;
const TITLE_CHARS_MAX: usize = 255;

/// Reads a page; refuses one that is not made of sections.
pub(in super::super) fn page(bytes: &[u8]) -> Result<SitePage, String> {
    let json = super::object(bytes)?;
    let layout = &json["canvasLayout"];
    let sections = layout["horizontalSections"].as_array();
    let sections = sections.ok_or("a page has a canvasLayout with sections")?;
    let name = json["name"].as_str().unwrap_or("page.aspx");
    let stem = name.strip_suffix(".aspx").unwrap_or(name);
    let letters = stem
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    let stem: String = letters.take(STEM_CHARS_MAX).collect();
    let title = json["title"].as_str().unwrap_or(name);
    let mut page = SitePage {
        stem: if stem.is_empty() {
            "page".to_owned()
        } else {
            stem
        },
        title: title.chars().take(TITLE_CHARS_MAX).collect(),
        transforms: vec![NAME_WITH_KEY],
        deltas: vec![PUBLISHED, AUTHOR, SETTINGS],
        ..SitePage::default()
    };
    let mut count = 0;
    for json in sections {
        section(&mut page, json, &mut count)?;
    }
    let side = layout["verticalSection"]["webparts"].as_array();
    if let Some(side) = side.filter(|side| !side.is_empty()) {
        page.transforms.push(SIDE_BELOW);
        let parts = parts(&mut page, side, &mut count)?;
        page.sections.push(one_column(parts));
    }
    page.transforms.sort();
    page.transforms.dedup();
    page.deltas.sort();
    page.deltas.dedup();
    Ok(page)
}

fn one_column(parts: Vec<WebPart>) -> Section {
    Section {
        layout: "oneColumn",
        columns: vec![(12, parts)],
    }
}

fn section(page: &mut SitePage, json: &Value, count: &mut usize) -> Result<(), String> {
    let none = Vec::new();
    let columns = json["columns"].as_array().unwrap_or(&none);
    let mut read = Vec::new();
    for column in columns {
        let all = column["webparts"].as_array().unwrap_or(&none);
        read.push(parts(page, all, count)?);
    }
    let known = LAYOUTS.iter().find(|(name, _)| json["layout"] == *name);
    let known = known.filter(|(_, widths)| widths.len() == read.len());
    if let Some((layout, widths)) = known {
        page.sections.push(Section {
            layout,
            columns: widths.iter().copied().zip(read).collect(),
        });
    } else {
        page.deltas.push(LAYOUT);
        page.sections.extend(read.into_iter().map(one_column));
    }
    Ok(())
}

fn parts(page: &mut SitePage, all: &[Value], count: &mut usize) -> Result<Vec<WebPart>, String> {
    *count += all.len();
    if *count > PARTS_MAX {
        return Err(format!("a page has at most {PARTS_MAX} web parts"));
    }
    Ok(all.iter().map(|json| part(page, json)).collect())
}

fn part(page: &mut SitePage, json: &Value) -> WebPart {
    if let Some(html) = json["innerHtml"].as_str() {
        let is_safe = html.len() <= TEXT_BYTES_MAX && is_inert(html);
        if is_safe {
            return WebPart::Text(html.to_owned());
        }
        page.transforms.push(TEXT_PLAIN);
        let words = words_of_html(html);
        let kept: String = words.chars().take(TEXT_BYTES_MAX / 4).collect();
        return WebPart::Text(format!("<p>{}</p>", escaped(&kept)));
    }
    let id = json["webPartType"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    if let Some(kind) = SAFE_KINDS.iter().find(|kind| kind.id == id) {
        let properties = json["data"]["properties"].as_object();
        let numbers = properties.into_iter().flatten();
        let numbers = numbers.filter_map(|(name, value)| Some((name.clone(), value.as_i64()?)));
        return WebPart::Standard {
            kind,
            numbers: numbers.collect(),
        };
    }
    page.deltas.push(NO_SAFE_FORM);
    let named = json["data"]["title"]
        .as_str()
        .unwrap_or("of an unknown kind");
    let named: String = named.chars().take(100).collect();
    WebPart::Text(format!(
        "<p>[A web part stood here that is not restored: {}]</p>",
        escaped(&named)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(parts: &Value) -> SitePage {
        let json = json!({"name": "Home page.aspx", "title": "Home", "canvasLayout": {
            "horizontalSections": [{"layout": "oneColumn", "columns": [{"webparts": parts}]}]}});
        page(json.to_string().as_bytes()).expect("a page")
    }

    #[test]
    fn what_has_no_safe_form_is_a_line_of_text_and_named() {
        let page = read(&json!([
            {"innerHtml": "<p>Hello <b>you</b></p>"},
            {"webPartType": "2161A1C6-db61-4731-b97c-3cdb303f7cbb",
             "data": {"properties": {"length": 100, "source": "https://x"}}},
            {"webPartType": "490d7c76-1824-45b2-9de3-676421c997fa",
             "data": {"title": "Embed <x>", "properties": {"embedCode": "<iframe>"}}},
        ]));
        let [(12, parts)] = &page.sections[0].columns[..] else {
            panic!("{page:?}")
        };
        assert_eq!(
            parts[0],
            WebPart::Text("<p>Hello <b>you</b></p>".to_owned())
        );
        let WebPart::Standard { kind, numbers } = &parts[1] else {
            panic!("{parts:?}")
        };
        assert_eq!((kind.title, numbers.len()), ("Divider", 1));
        let WebPart::Text(line) = &parts[2] else {
            panic!("{parts:?}")
        };
        assert!(
            line.contains("Embed &lt;x&gt;") && !line.contains("iframe"),
            "{line}"
        );
        assert!(page.deltas.contains(&NO_SAFE_FORM));
        assert_eq!(page.stem, "Homepage");
    }

    #[test]
    fn text_that_runs_or_fetches_keeps_its_words_alone() {
        for bad in [
            "<p>a</p><script>b</script>",
            "<p onclick = 'x'>a</p>",
            "<a href='java\nscript:x'>a</a>",
            "<img src=https://x/pixel>a",
            "<p style=\"background:url(https://x)\">a</p>",
            "<details/ontoggle=x open>a</details>",
            "<a href=\"java&#115;cript:x\">a</a>",
            "<video poster=https://x>a</video>",
        ] {
            let page = read(&json!([{"innerHtml": bad}]));
            assert!(page.transforms.contains(&TEXT_PLAIN), "{bad}");
            let WebPart::Text(text) = &page.sections[0].columns[0].1[0] else {
                panic!("{page:?}")
            };
            assert!(is_inert(text), "{text}");
        }
    }

    #[test]
    fn a_page_without_sections_is_refused() {
        assert!(page(b"{\"title\":\"Home\"}").is_err());
        assert!(page(b"[]").is_err());
    }
}
