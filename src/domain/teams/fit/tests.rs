//! What becomes of a message's parts, one by one.

use super::*;
use crate::domain::teams::{Outline, Person};

fn planned() -> PlannedPost {
    PlannedPost {
        channel: String::new(),
        at: "2024-01-02T03:04:05.006Z".to_owned(),
        author: "u1".to_owned(),
        stand_in: false,
        shift_ms: 0,
        reply_to: String::new(),
        orphan: false,
    }
}

fn message(content: &str) -> ChatMessage {
    ChatMessage {
        outline: Outline {
            author: Person {
                name: "Ada & Co".to_owned(),
                ..Person::default()
            },
            ..Outline::default()
        },
        is_html: true,
        content: content.to_owned(),
        ..ChatMessage::default()
    }
}

fn links() -> Links {
    let place = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    Links::new(
        [place(
            "https://old.sharepoint.com/sites/q",
            "https://new.sharepoint.com/sites/q",
        )],
        "",
    )
}

fn fitted(message: ChatMessage) -> Fitted {
    fit(message, &planned(), &links()).expect("a time")
}

#[test]
fn a_mention_becomes_text_and_loses_its_id() {
    let made = fitted(message("Hello <at id=\"0\">Jane Smith</at>!"));
    assert_eq!(made.post.content, "Hello @Jane Smith!");
    assert_eq!(made.transforms, [MENTION]);
    assert_eq!(made.post.author_name, "Ada & Co");
}

#[test]
fn a_stand_in_writes_and_the_name_stands_in_the_text() {
    let planned = PlannedPost {
        stand_in: true,
        shift_ms: 2,
        orphan: true,
        ..planned()
    };
    let mut plain = message("a < b\nc");
    plain.is_html = false;
    let made = fit(plain, &planned, &links()).expect("a time");
    let expected = "<p><strong>Ada &amp; Co</strong>:</p><p>a &lt; b<br>c</p>";
    assert_eq!(made.post.content, expected);
    assert!(made.post.is_html && made.post.author_name.is_empty());
    assert_eq!(made.transforms, [STAND_IN, TIME_MOVED, ORPHAN]);
}

#[test]
fn an_image_is_kept_once_and_one_that_is_missing_is_named() {
    let url = |id: &str| {
        format!(
            "<img src=\"https://graph.microsoft.com/v1.0/teams/t/channels/c/messages/1/hostedContents/{id}/$value\">"
        )
    };
    let mut with = message(&[url("a="), url("gone"), url("b")].concat());
    let hosted = |id: &str| Hosted {
        id: id.to_owned(),
        content_type: "image/png".to_owned(),
        content: vec![7],
    };
    with.hosted = vec![hosted("a="), hosted("b")];
    let made = fitted(with);
    let own = "<img src=\"../hostedContents/1/$value\">";
    assert_eq!(made.post.content, format!("{own}[image]{own}"));
    assert_eq!(made.post.hosted.len(), 1);
    assert_eq!(made.deltas, [IMAGE]);
}

#[test]
fn images_that_one_request_cannot_hold_are_named_the_largest_first() {
    let url = |id: &str| format!("<img src=\"https://x/hostedContents/{id}/$value\">");
    let mut with = message(&[url("large"), url("small")].concat());
    let hosted = |id: &str, size: usize| Hosted {
        id: id.to_owned(),
        content_type: "image/png".to_owned(),
        content: vec![u8::try_from(id.len()).expect("short"); size],
    };
    with.hosted = vec![hosted("large", 2_000_000), hosted("small", 1_900_000)];
    let made = fitted(with);
    let small = "<img src=\"../hostedContents/1/$value\">";
    assert_eq!(made.post.content, format!("[image]{small}"));
    assert_eq!(made.post.hosted[0].content.len(), 1_900_000);
    assert_eq!(made.deltas, [IMAGE_TOO_LARGE]);
}

#[test]
fn files_become_links_into_the_new_tenant_or_are_listed() {
    let file = |id: &str, url: &str| ChatAttachment {
        id: id.to_owned(),
        content_type: "reference".to_owned(),
        url: url.to_owned(),
        name: "a<b.docx".to_owned(),
    };
    let mut with = message("See <attachment id=\"1\"></attachment>");
    with.attachments = vec![
        file("1", "https://old.sharepoint.com/sites/q/a%20b.docx"),
        file("2", "https://old-my.sharepoint.com/personal/x/y.docx"),
        file("3", "javascript:alert(1)"),
    ];
    let made = fitted(with);
    assert_eq!(
        made.post.content,
        "See <a href=\"https://new.sharepoint.com/sites/q/a%20b.docx\">a&lt;b.docx</a>\
         <br><a href=\"https://old-my.sharepoint.com/personal/x/y.docx\">a&lt;b.docx</a>\
         <br>a&lt;b.docx"
    );
    assert_eq!(made.transforms, [FILE_AS_LINK, LINK_MOVED]);
    assert_eq!(made.deltas, [OLD_LINK]);
    assert_eq!((made.links.left.len(), made.links.moved.len()), (1, 1));
}

#[test]
fn links_in_the_text_are_rewritten_and_cards_quotes_and_reactions_declared() {
    let mut with = message(
        "<a href='https://old.sharepoint.com/sites/q/x?d=1'>x</a><attachment id=\"c\"></attachment>",
    );
    let card = |id: &str, kind: &str| ChatAttachment {
        id: id.to_owned(),
        content_type: kind.to_owned(),
        ..ChatAttachment::default()
    };
    with.attachments = vec![
        card("c", "application/vnd.microsoft.card.adaptive"),
        card("q", "messageReference"),
    ];
    with.reactions = 3;
    with.was_edited = true;
    let made = fitted(with);
    assert_eq!(
        made.post.content,
        "<a href=\"https://new.sharepoint.com/sites/q/x\">x</a>"
    );
    assert_eq!(made.deltas, [CARD, EDITED, QUOTE, REACTIONS]);
    let mut plain = message("see https://old.sharepoint.com/sites/q/x, please");
    plain.is_html = false;
    let made = fitted(plain);
    assert!(!made.post.is_html);
    assert_eq!(made.links.left.len(), 1);
}

#[test]
fn nothing_in_a_message_runs_or_is_fetched_from_elsewhere() {
    for bad in [
        "<img src=\"https://x.example/pixel\">a",
        "<img srcset=\"https://x.example/pixel\">a",
        "<video poster=https://x.example/p src=\"https://x.example/v\"></video>a",
        "<p style=\"background:url(https://x.example)\">a</p>",
        "<a href=\"java&#115;cript:x\" onclick=\"x\">a</a>",
        "<!-- <img src=https://x.example> -->a",
        "a<img src=x onerror=y",
    ] {
        let fitted = fitted(message(bad));
        let text = &fitted.post.content;
        assert!(crate::domain::safe_html::is_inert(text), "{bad}: {text}");
        assert!(text.contains('a'), "{text}");
    }
}
