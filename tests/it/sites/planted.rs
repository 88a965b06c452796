//! A change that is planted inside of the tenant is seen in each kind of column that docs/fidelity.md names, and in the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use m365_simulator::Faults;
use serde_json::{Map, Value, json};
use unbroken::clock::SystemClock;
use unbroken::domain::item::ItemKey;
use unbroken::domain::list_item::{FieldValue, ListItem};
use unbroken::domain::message::Attachment;
use unbroken::domain::semantic::compare_site;
use unbroken::domain::site_item::SiteItem;
use unbroken::domain::site_list::{Column, ColumnKind, SiteList};
use unbroken::targets::Target;
use unbroken::targets::graph::{Credential, Graph, Settings};

use crate::case::{Case, application};
use crate::fidelity::Row;

type Plant = fn(&mut Map<String, Value>, &mut Vec<(String, Vec<u8>)>);

fn graph(case: &Case) -> Graph {
    let base = &case.running.base_url;
    let (client_id, certificate, key) = application();
    let settings = Settings {
        graph_base: format!("{base}/v1.0"),
        login_base: base.clone(),
        tenant: "11111111-2222-3333-4444-555555555555".to_owned(),
        client_id: client_id.to_owned(),
        credential: Credential::Certificate {
            certificate_pem: certificate.as_bytes().to_vec(),
            private_key_pem: key.to_owned().into(),
        },
        extra_roots_pem: None,
    };
    let turns = Arc::new(crate::readback::AtOnce);
    Graph::new(settings, Arc::new(SystemClock), turns).expect("settings that can work")
}

fn item(person: u32) -> ListItem {
    let text = |is_rich| ColumnKind::Text {
        is_long: true,
        is_rich,
    };
    let choice = ColumnKind::Choice {
        choices: vec!["a".to_owned(), "b".to_owned()],
        is_open: false,
        is_many: true,
    };
    let euro = ColumnKind::Currency {
        locale: "de-at".to_owned(),
    };
    let kinds = [
        ("Yes", ColumnKind::Boolean),
        ("Kinds", choice),
        ("Cost", euro),
        ("Seen", ColumnKind::DateTime { is_day: false }),
        ("Num", ColumnKind::Number),
        ("Who", ColumnKind::Person { is_many: false }),
        ("Rich", text(true)),
    ];
    let columns = kinds.map(|(name, kind)| Column {
        source_name: name.to_owned(),
        name: name.to_owned(),
        title: name.to_owned(),
        kind,
    });
    let list = SiteList {
        name: "Defects".to_owned(),
        columns: columns.to_vec(),
        ..SiteList::default()
    };
    let time = "2026-01-02T03:04:05Z".parse().expect("a time");
    let fields = [
        ("Title", FieldValue::Text("Rust".to_owned())),
        ("Yes", FieldValue::Boolean(true)),
        ("Kinds", FieldValue::Texts(vec!["a".to_owned()])),
        ("Cost", FieldValue::Number("2.5".to_owned())),
        ("Seen", FieldValue::Time(time)),
        ("Num", FieldValue::Number("3".to_owned())),
        ("Who", FieldValue::Ids(vec![person])),
        ("Rich", FieldValue::Text("<p>one</p>".to_owned())),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    ListItem {
        list: Arc::new(list),
        number: 17,
        fields: BTreeMap::from(fields),
        attachments: vec![Attachment {
            name: "a.txt".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            content_id: None,
            is_inline: false,
            content: b"a".to_vec(),
        }],
        ..ListItem::default()
    }
}

fn planted() -> [(&'static str, Row, Plant); 10] {
    [
        (
            "text",
            Row::kept("SharePoint", "text columns"),
            |fields, _| {
                drop(fields.insert("Title".into(), json!("Dust")));
            },
        ),
        (
            "text",
            Row::kept("SharePoint", "text columns"),
            |fields, _| {
                drop(fields.insert("Rich".into(), json!("<p>two</p>")));
            },
        ),
        (
            "boolean",
            Row::kept("SharePoint", "yes-or-no columns"),
            |fields, _| {
                drop(fields.insert("Yes".into(), json!(false)));
            },
        ),
        (
            "choice",
            Row::kept("SharePoint", "choice columns"),
            |fields, _| {
                drop(fields.insert("Kinds".into(), json!(["b"])));
            },
        ),
        (
            "currency",
            Row::kept("SharePoint", "currency columns"),
            |fields, _| {
                drop(fields.insert("Cost".into(), json!(9.5)));
            },
        ),
        (
            "date-time",
            Row::kept("SharePoint", "date columns"),
            |fields, _| drop(fields.remove("Seen")),
        ),
        (
            "number",
            Row::kept("SharePoint", "number columns"),
            |fields, _| {
                drop(fields.insert("Num".into(), json!(4.0)));
            },
        ),
        (
            "person",
            Row::kept("SharePoint", "people columns"),
            |fields, _| drop(fields.remove("WhoLookupId")),
        ),
        (
            "item-number",
            Row::kept("SharePoint", "lookups"),
            |fields, _| {
                drop(fields.insert("UnbrokenNumber".into(), json!(18.0)));
            },
        ),
        (
            "attachments",
            Row::kept("SharePoint", "files of an item"),
            |_, files| files[0].1.push(b'b'),
        ),
    ]
}

#[test]
fn each_kind_of_column_and_each_file_is_held_against_what_was_written() {
    let case = Case::without_quotas(Faults::none());
    let site = case.inspect().add_site("/sites/quay", "Quay");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let graph = graph(&case);
        let address = "https://clean.sharepoint.com/sites/quay";
        let owner = graph.user(address).await.expect("asked").expect("there");
        let person = graph.person_number(&owner, "ben@clean.example").await;
        let person = person.expect("asked").expect("there");
        let nobody = graph.person_number(&owner, "nobody@clean.example").await;
        assert_eq!(nobody.expect("asked"), None);
        let item = item(person);
        let list = graph.site_list(&owner, &item.list).await.expect("made");
        let again = graph.site_list(&owner, &item.list).await.expect("found");
        assert_eq!(list, again, "found, not made again");
        let wanted = SiteItem::ListItem(Box::new(item));
        for (place, (field, row, plant)) in (1..).zip(planted()) {
            let key = ItemKey([place; 32]);
            let made = graph.create_site_item(&owner, &list, &wanted, &key).await;
            let (id, _) = made.expect("created");
            for _ in 0..2 {
                // The second time there is nothing left to do.
                let completed = graph.complete_site_item(&owner, &list, &id, &wanted).await;
                completed.expect("completed");
            }
            let found = graph.find_site_items(&owner, &list, &key).await;
            assert_eq!(found.expect("asked"), std::slice::from_ref(&id));
            let read = async || {
                let read = graph.read_site_item(&owner, &list, &id, &wanted).await;
                compare_site(&wanted, &read.expect("read"))
            };
            assert_eq!(read().await.differing, Vec::<&str>::new());
            let number = id.0.parse().expect("a number");
            let inspect = case.inspect();
            assert!(inspect.change_list_item(&site, ("Defects", number), plant));
            let after = read().await;
            row.is(&after.differing, &[field]);
            assert_ne!(after.written, after.found, "{field}");
            let gone = graph.delete_site_item(&owner, &list, &id).await;
            gone.expect("deleted");
        }
        assert_eq!(case.inspect().lists(&site)[0].items.len(), 0);
    });
}
