//! A site as a custodian: its files into the library of a site in the clean tenant; what it has beside files is held and named.

use m365_simulator::Faults;
use unbroken::sources::archive::index::{Entry, ParentReference, SiteEntry};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::{ADA, Kept, digests, held, of_type, package, versions, write_archive_of};
use crate::case::Case;
use crate::fidelity::Row;
use crate::tampering::forge::put;

const OLD_SITE: &str = "https://old.sharepoint.com/sites/quay";

/// What a site has beside files.
fn list_and_page(writer: &mut ArchiveWriter) -> Vec<Entry> {
    let mut entry = |id: &str, json: &[u8]| SiteEntry {
        id: id.to_owned(),
        name: id.to_owned(),
        parent_reference: ParentReference {
            path: vec!["Defects".to_owned()],
        },
        object: writer.object(json).expect("stored"),
        list: None,
        attachments: Vec::new(),
        people: Vec::new(),
    };
    vec![
        Entry::Lists(entry("list/1", b"{\"fields\":{\"Title\":\"Crane 2\"}}")),
        Entry::Pages(entry("home", b"{\"title\":\"Home\"}")),
    ]
}

/// A case whose custodian is a site; the id under which the tenant shows what is in it.
pub(super) fn site_case() -> (Case, String) {
    let case = Case::new(Faults::none());
    let kept = |name, versions| Kept { name, versions };
    let files = vec![
        kept("plan.txt", versions(&["one", "two"])),
        kept("a:b.docx", vec![package("We buy it.")]),
    ];
    let points = [("2026-01-01T00:00:00Z", files)];
    write_archive_of(&case.source(), OLD_SITE, &points, list_and_page);
    let site = case.inspect().add_site("/sites/quay", "Quay");
    case.connect("");
    case.look_at_quay();
    let map = format!("source,target\n{OLD_SITE},https://clean.sharepoint.com/sites/Quay\n");
    put(&case.path("map.csv"), map.as_bytes());
    case.inspect().record_exchanges();
    case.done("case map CASE --csv MAP TARGET");
    case.plan();
    (case, site)
}

#[test]
fn a_site_is_a_custodian_whose_files_come_back_and_whose_lists_and_pages_are_held() {
    let (case, site) = site_case();
    case.restore();
    let stored = case.inspect().files(&site);
    let paths: Vec<&str> = stored.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["/Plans/a%3Ab.docx", "/Plans/plan.txt"]);
    let files = Row::kept("SharePoint", "files of the default library");
    files.is(&held(&stored[1]), &digests(&versions(&["one", "two"])));
    assert!(case.inspect().files(ADA).is_empty());
    let events = case.events("bundle-of-site");
    let mut reasons: Vec<&str> = of_type(&events, "ItemHeld/1")
        .iter()
        .map(|held| held["reason"].as_str().expect("a reason"))
        .collect();
    reasons.sort_unstable();
    let items = Row::held("SharePoint", "items whose columns the backup does not hold");
    items.is(&reasons, &["list-item", "page"]);
    assert_eq!(of_type(&events, "ItemRestored/1").len(), 2);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_site_that_is_not_there_is_refused_before_anything_is_recorded() {
    let case = Case::new(Faults::none());
    write_archive_of(
        &case.source(),
        OLD_SITE,
        &[("2026-01-01T00:00:00Z", Vec::new())],
        |_| Vec::new(),
    );
    case.connect("");
    let map = format!("source,target\n{OLD_SITE},https://clean.sharepoint.com/sites/none\n");
    put(&case.path("map.csv"), map.as_bytes());
    let ended = case.run("case map CASE --csv MAP TARGET");
    assert!(!ended.status.success());
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("no user or site"), "{stderr}");
    let events = case.events("bundle-of-none");
    assert!(of_type(&events, "CustodianMapped/1").is_empty());
}
