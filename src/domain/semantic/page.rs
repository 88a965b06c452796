//! The fields of a page that are compared: its title, its words in their order, its sections and the kinds of its web parts.

use super::Field;
use crate::domain::html_text::{words_of_html, words_of_text};
use crate::domain::site_page::{SitePage, WebPart};

pub(super) fn fields(page: &SitePage) -> Vec<Field> {
    let mut sections = Vec::new();
    let (mut text, mut kinds) = (Vec::new(), Vec::new());
    for section in &page.sections {
        let widths = section.columns.iter().map(|(width, _)| width.to_string());
        let widths: Vec<String> = widths.collect();
        sections.push(format!("{} {}", section.layout, widths.join("/")));
        for part in section.columns.iter().flat_map(|(_, parts)| parts) {
            match part {
                WebPart::Standard { kind, .. } => kinds.push(kind.id),
                WebPart::Text(html) => {
                    kinds.push("text");
                    text.push(words_of_html(html));
                }
            }
        }
    }
    vec![
        ("sections", sections.join("\n")),
        ("text", text.join("\n")),
        ("title", words_of_text(&page.title)),
        ("web-parts", kinds.join("\n")),
    ]
}
