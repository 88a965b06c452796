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
use crate::fidelity::Row;
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
                        json!({"webPartType": "8654b779-4886-46d4-8ffb-b5ed960ee986",
                               "data": {"title": "Spacer", "properties": {"height": 60}}}),
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
    case.look_at_quay();
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
    let draft = Row::declared("SharePoint", "pages of sections");
    draft.is(&page["publishingState"]["level"], "draft");
    let name = page["name"].as_str().expect("a name");
    let is_longer = name.starts_with("Home-") && name.len() > "Home-.aspx".len();
    Row::declared("SharePoint", "name of a page").holds(is_longer, &name);
    let sections = page["canvasLayout"]["horizontalSections"].as_array();
    let layouts: Vec<&Value> = sections
        .expect("sections")
        .iter()
        .map(|one| &one["layout"])
        .collect();
    // The last of them stood beside the others.
    let beside = Row::declared("SharePoint", "section beside the page");
    beside.is(&layouts, &["twoColumns", "oneColumn", "oneColumn"]);
    let text = page.to_string();
    beside.stands_in(&text, "Aside");
    Row::kept("SharePoint", "text of a page").stands_in(&text, "<b>the quay</b>");
    Row::kept("SharePoint", "dividers").stands_in(&text, "2161a1c6");
    Row::kept("SharePoint", "spacers").stands_in(&text, "8654b779");
    let plain = Row::declared("SharePoint", "text that could run or fetch something");
    plain.stands_in(&text, "Second");
    plain.holds(!text.contains("script"), &text);
    let others = Row::lost("SharePoint", "other web parts");
    others.stands_in(&text, "Quick links");
    for gone in ["old.sharepoint.com", "c70391ea"] {
        others.holds(!text.contains(gone), &text);
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
    let held = of("ItemHeld/1");
    let is_wiki = !held.is_empty() && held.iter().all(|held| held["reason"] == "page");
    Row::held("SharePoint", "pages of another form").holds(is_wiki, &held);
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
