//! Pages come back as drafts with what of them has a safe form; what has none is a line of text and named; each once.

use std::time::Duration;

use m365_simulator::{FaultKind, Faults, OneShot};
use serde_json::{Value, json};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, ParentReference, PointTag, SiteEntry, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::archive::OLD_SITE;
use crate::case::Case;
use crate::tampering::forge::put;

fn home() -> Value {
    let text = |html: &str| json!({"innerHtml": html});
    let column = |width: u32, parts: Vec<Value>| json!({"width": width, "webparts": parts});
    json!({
        "id": "home", "name": "Home.aspx", "title": "Quay 7",
        "createdDateTime": "2025-01-02T03:04:05Z",
        "publishingState": {"level": "published"},
        "canvasLayout": {
            "horizontalSections": [
                {"layout": "twoColumns", "columns": [
                    column(6, vec![text("<p>Welcome to <b>the quay</b></p>")]),
                    column(6, vec![
                        json!({"webPartType": "2161a1c6-db61-4731-b97c-3cdb303f7cbb",
                               "data": {"title": "Divider", "properties": {"length": 100}}}),
                        json!({"webPartType": "c70391ea-0b10-4ee9-b2b4-006d3fcad0cd",
                               "data": {"title": "Quick links",
                                        "properties": {"items": ["https://old.sharepoint.com"]}}}),
                    ]),
                ]},
                {"layout": "oneColumn", "columns": [
                    column(12, vec![text("<script>steal()</script><p>Second</p>")]),
                ]},
            ],
            "verticalSection": {"webparts": [text("<p>Aside</p>")]},
        },
    })
}

/// One page of sections and one of an older kind.
fn prepared(case: &Case) -> String {
    let custodian = CustodianTag {
        name: OLD_SITE.to_owned(),
        id: "1".to_owned(),
        index: "c1".to_owned(),
    };
    let point = PointTag {
        id: "p".to_owned(),
        taken: "2026-01-01T00:00:00Z".parse().expect("a time"),
    };
    let evidence = EvidenceTag::default();
    let points = vec![point];
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        evidence,
        points,
        vec![custodian],
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
    let mut entry = |id: &str, json: &Value| {
        Entry::Pages(SiteEntry {
            id: id.to_owned(),
            name: id.to_owned(),
            parent_reference: ParentReference { path: Vec::new() },
            object: writer.object(json.to_string().as_bytes()).expect("stored"),
            list: None,
            attachments: Vec::new(),
            people: Vec::new(),
        })
    };
    let wiki = json!({"name": "Wiki.aspx", "title": "Wiki", "wikiContent": "<p>old</p>"});
    let entries = [entry("home", &home()), entry("wiki", &wiki)];
    let point = RestorePointId("p".to_owned());
    let owner = CustodianName(OLD_SITE.to_owned());
    writer.index(&point, &owner, &entries).expect("written");
    writer.finish().expect("finished");
    let site = case.inspect().add_site("/sites/quay", "Quay");
    case.connect("");
    let map = format!("source,target\n{OLD_SITE},https://clean.sharepoint.com/sites/quay\n");
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP SITES");
    case.plan();
    site
}

#[track_caller]
fn expect_whole(case: &Case, site: &str) -> Value {
    let pages = case.inspect().pages(site);
    let [page] = &pages[..] else {
        panic!("{pages:?}")
    };
    let created = case.inspect().created_by_key(site);
    assert!(created.values().all(|count| *count == 1), "{created:?}");
    page.clone()
}

#[test]
fn a_page_comes_back_as_a_draft_and_a_second_plan_doubles_nothing() {
    let case = Case::new(Faults::none());
    let site = prepared(&case);
    let ended = case.restore_sites();
    assert_eq!(ended.status.code(), Some(3), "the wiki page is held");
    let page = expect_whole(&case, &site);
    assert_eq!(page["title"], "Quay 7");
    assert_eq!(page["publishingState"]["level"], "draft");
    let sections = page["canvasLayout"]["horizontalSections"].as_array();
    let layouts: Vec<&Value> = sections
        .expect("sections")
        .iter()
        .map(|one| &one["layout"])
        .collect();
    assert_eq!(layouts, ["twoColumns", "oneColumn", "oneColumn"]);
    let text = page.to_string();
    for kept in [
        "<b>the quay</b>",
        "2161a1c6",
        "Quick links",
        "Second",
        "Aside",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    for gone in ["script", "old.sharepoint.com", "c70391ea"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    case.done("source register CASE SOURCE");
    case.plan();
    assert_eq!(case.restore_sites().status.code(), Some(3));
    expect_whole(&case, &site);
    let events = case.events("bundle-of-pages");
    let of = |kind: &str| -> Vec<&Value> {
        let of = events.iter().filter(|event| event["type"] == kind);
        of.map(|event| &event["data"]).collect()
    };
    let restored = of("ItemRestored/1");
    assert_eq!(
        (restored.len(), &restored[0]["workload"]),
        (1, &json!("pages"))
    );
    let declared = restored[0]["deltas"].to_string();
    for words in ["the page is a draft", "have no safe form"] {
        assert!(declared.contains(words), "{declared}");
    }
    assert!(of("ItemHeld/1").iter().all(|held| held["reason"] == "page"));
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn killed_when_the_page_is_there_and_its_answer_is_not_it_stands_once() {
    let case = Case::new(Faults::none());
    let site = prepared(&case);
    case.inspect().arm(OneShot {
        kind: FaultKind::Hold,
        method: "POST".to_owned(),
        path: "/pages".to_owned(),
        skip: 0,
    });
    let mut child = case.start("restore CASE --source SOURCE SITES");
    while case.inspect().held() == 0 {
        assert!(child.try_wait().expect("asked").is_none(), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    case.inspect().disarm();
    let mut faults = Faults::rate(0.2);
    faults.retry_after_s = 0;
    case.inspect().set_faults(faults);
    assert_eq!(case.restore_sites().status.code(), Some(3));
    case.inspect().set_faults(Faults::none());
    expect_whole(&case, &site);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

/// A restore of pages as the tenant saw it.
pub(crate) fn exchanges() -> Vec<m365_simulator::Exchange> {
    let case = Case::new(Faults::none());
    let _site = prepared(&case);
    case.inspect().record_exchanges();
    assert_eq!(case.restore_sites().status.code(), Some(3));
    case.inspect().exchanges()
}
