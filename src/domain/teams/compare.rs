//! Whether a message that was read back is the one that was written: author, time, words, links and images, whatever the service
//! made of the mark-up.

use sha2::{Digest as _, Sha256};

use super::{PlannedTeam, Post, html};
use crate::domain::html_text::{words_of_html, words_of_text};
use crate::domain::item::Digest;
use crate::domain::semantic::{Compared, Field, compare_fields};

/// Compares by field. `Compared::differing` is empty where it is the same message.
pub fn compare(written: &Post, found: &Post) -> Compared {
    compare_fields(&fields(written), fields(found))
}

/// Compares a team or chat with the plan: its name, who finds it, and its channels with who sees them. Channels that were there
/// already are nobody's business here.
pub fn compare_teams(
    planned: &PlannedTeam,
    name: &str,
    is_private: bool,
    channels: &[(String, String)],
) -> Compared {
    let wanted = planned
        .channels
        .iter()
        .filter(|channel| channel.held.is_empty());
    // General has the name that the service gives it.
    let wanted = wanted.filter(|channel| !channel.general);
    let line = |name: &str, membership: &str| format!("{} {membership}", name.to_lowercase());
    let mut ours: Vec<String> = wanted.map(|one| line(&one.name, &one.membership)).collect();
    let mut theirs: Vec<String> = channels
        .iter()
        .map(|(name, kind)| line(name, kind))
        .collect();
    theirs.retain(|channel| ours.contains(channel));
    ours.sort();
    theirs.sort();
    let fields = |channels: Vec<String>, name: &str, is_private: bool| -> Vec<Field> {
        vec![
            ("channels", channels.join("\n")),
            ("name", name.to_owned()),
            ("private", is_private.to_string()),
        ]
    };
    let written = fields(ours, &planned.name, true);
    compare_fields(&written, fields(theirs, name, is_private))
}

fn fields(post: &Post) -> Vec<Field> {
    let words = if post.is_html {
        words_of_html(&post.content)
    } else {
        words_of_text(&post.content)
    };
    let mut images: Vec<String> = post
        .hosted
        .iter()
        .map(|one| Digest(Sha256::digest(&one.content).into()).to_string())
        .collect();
    images.sort();
    let mut fields = vec![
        ("author", post.author.to_lowercase()),
        ("created", post.at.timestamp_millis().to_string()),
        ("images", images.join(" ")),
        ("importance", post.importance.clone()),
        ("links", links(post).join(" ")),
        ("subject", words_of_text(&post.subject)),
        ("text", words),
    ];
    fields.sort();
    fields
}

fn links(post: &Post) -> Vec<String> {
    let mut links = Vec::new();
    if post.is_html {
        html::rewrite(&post.content, |tag| {
            if tag.name == "a" && !tag.is_end {
                links.extend(tag.attribute("href"));
            }
            None
        });
    }
    links.sort();
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::teams::Hosted;

    fn post(content: &str) -> Post {
        Post {
            author: "A".to_owned(),
            is_html: true,
            content: content.to_owned(),
            ..Post::default()
        }
    }

    #[test]
    fn mark_up_may_change_and_words_links_and_images_may_not() {
        let same = compare(
            &post("<p>Hello <b>you</b></p>"),
            &post("<div>Hello you</div>"),
        );
        assert_eq!((same.differing, same.written), (vec![], same.found));
        let differs = |one: &Post, other: &Post| compare(one, other).differing;
        assert_eq!(differs(&post("Hello"), &post("Hullo")), ["text"]);
        let link = |to: &str| post(&format!("<a href=\"https://{to}\">x</a>"));
        assert_eq!(differs(&link("a"), &link("b")), ["links"]);
        let image = |byte| Post {
            hosted: vec![Hosted {
                id: String::new(),
                content_type: String::new(),
                content: vec![byte],
            }],
            ..post("")
        };
        assert_eq!(differs(&image(1), &image(2)), ["images"]);
        let author = Post {
            author: "b".to_owned(),
            ..post("")
        };
        assert_eq!(differs(&post(""), &author), ["author"]);
    }
}
