//! A site that is not there is made with a library, closed to the outside, and what is restored into the library lies there.

use m365_simulator::{FaultKind, Faults, OneShot};
use unbroken::domain::item::{CustodianName, RestorePointId};
use unbroken::sources::archive::index::{
    CustodianTag, Entry, EvidenceTag, FidelityName, FileEntry, FileSystemInfo, ParentReference,
    PointTag, Tag,
};
use unbroken::sources::archive::writer::ArchiveWriter;
use unbroken_verify::VerdictKind;

use super::archive::OLD_SITE;
use crate::case::Case;
use crate::fidelity::Row;
use crate::openapi::expect_as_documented;
use crate::tampering::forge::put;

const MAKE: &str = "target site CASE --address https://clean.sharepoint.com/sites/quay \
                    --title Quay --owner ada@clean.example --library Plans SITES";

/// The site and its further library as custodians, a file in each.
fn write_libraries(case: &Case) {
    let owners = [OLD_SITE.to_owned(), format!("{OLD_SITE}/Plans")];
    let custodians = owners.iter().zip(1..).map(|(name, number)| CustodianTag {
        name: name.clone(),
        id: number.to_string(),
        index: format!("c{number}"),
    });
    let point = PointTag {
        id: "p".to_owned(),
        taken: "2026-01-01T00:00:00Z".parse().expect("a time"),
    };
    let tag = Tag::new(
        FidelityName::OriginalBytes,
        EvidenceTag::default(),
        vec![point],
        custodians.collect(),
    );
    let mut writer = ArchiveWriter::create(&case.source(), tag).expect("begun");
    for owner in owners {
        let entry = Entry::Files(FileEntry {
            id: owner.clone(),
            name: "a.txt".to_owned(),
            parent_reference: ParentReference { path: Vec::new() },
            object: writer.object(owner.as_bytes()).expect("stored"),
            file_system_info: FileSystemInfo::default(),
            permissions: Vec::new(),
            versions: Vec::new(),
        });
        let point = RestorePointId("p".to_owned());
        writer
            .index(&point, &CustodianName(owner), &[entry])
            .expect("written");
    }
    writer.finish().expect("finished");
}

/// Restores into the site and its library, and looks what lies there.
fn fill(case: &Case) {
    map(case);
    case.plan();
    super::journey::restore(case);
    for (library, length) in [(None, OLD_SITE.len()), (Some("Plans"), OLD_SITE.len() + 6)] {
        let id = case.inspect().site_id("/sites/quay", library);
        let files = case.inspect().files(&id.expect("it is there"));
        let further = Row::kept("SharePoint", "files of further libraries");
        further.is(&(files.len(), files[0].size), &(1, length));
    }
}

#[test]
fn a_site_and_its_library_are_made_once_on_the_record_and_filled() {
    let case = Case::new(Faults::none());
    write_libraries(&case);
    case.connect("");
    // The answer to the request that makes it is lost: whether it came to be is read back.
    case.inspect().arm(OneShot {
        kind: FaultKind::ErrorAfter,
        method: "POST".to_owned(),
        path: "/SPSiteManager/create".to_owned(),
        skip: 0,
    });
    let said = case.done(MAKE);
    assert!(said.contains("made, 1 libraries"), "{said}");
    let again = case.done(MAKE);
    assert!(again.contains("there already"), "{again}");
    fill(&case);
    let events = case.events("bundle-of-site");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("SiteAttempted/1"), of("SiteReady/1")), (2, 2));
    let ready = events.iter().find(|event| event["type"] == "SiteReady/1");
    let ready = &ready.expect("it is there")["data"];
    Row::declared("SharePoint", "site that is not there").is(&ready["made"], &true);
    Row::declared("SharePoint", "sharing of the site").is(&ready["sharing_closed"], &true);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_site_that_is_open_to_the_outside_is_named_and_not_taken_for_closed() {
    let case = Case::new(Faults::none());
    write_libraries(&case);
    case.connect("");
    let site = case.inspect().add_site("/sites/quay", "Quay");
    assert!(case.inspect().open_site(&site));
    let ended = case.run(MAKE);
    assert_eq!(ended.status.code(), Some(12));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("share it with people outside"), "{said}");
    let events = case.events("bundle-of-open");
    let ready = events.iter().find(|event| event["type"] == "SiteReady/1");
    assert_eq!(ready.expect("recorded")["data"]["sharing_closed"], false);
}

#[test]
fn an_owner_who_is_not_there_makes_no_site() {
    let case = Case::new(Faults::none());
    write_libraries(&case);
    case.connect("");
    let nobody = MAKE.replace("ada@", "nobody@");
    let ended = case.run(&nobody);
    assert_eq!(ended.status.code(), Some(1));
    assert!(case.inspect().site_id("/sites/quay", None).is_none());
}

const GROUP: &str = "target site CASE --group quay --title Quay --owner ada@clean.example \
                     --library Plans SITES";

/// The same with a member.
fn with_ben(why: &str) -> String {
    GROUP.replace(
        "--library",
        &format!("--member ben@clean.example {why} --library"),
    )
}

fn of<'a>(events: &'a [serde_json::Value], kind: &str) -> Vec<&'a serde_json::Value> {
    let events = events.iter().filter(|event| event["type"] == kind);
    events.map(|event| &event["data"]).collect()
}

fn members(case: &Case) -> Vec<String> {
    let mut members = case.inspect().groups().remove(0).members;
    members.sort();
    members
}

/// The group and its site are there and closed.
fn closed_group(case: &Case) {
    write_libraries(case);
    case.connect("");
    assert_eq!(
        case.run(GROUP).status.code(),
        Some(12),
        "open to sharing at first"
    );
    let site = case.inspect().site_id("/sites/quay", None);
    assert!(case.inspect().close_site(&site.expect("it is there")));
    case.done(GROUP);
}

/// Maps the site and its library.
fn map(case: &Case) {
    let map = format!(
        "source,target\n{OLD_SITE},https://clean.sharepoint.com/sites/quay\n\
         {OLD_SITE}/Plans,https://clean.sharepoint.com/sites/quay/Plans\n"
    );
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP SITES");
}

#[test]
fn the_site_of_a_group_is_waited_for_and_filled_and_the_group_is_private() {
    let case = Case::new(Faults::none());
    write_libraries(&case);
    case.connect("");
    // The group is made and its answer lost; SharePoint makes the site later, and open to sharing.
    case.inspect().arm(OneShot {
        kind: FaultKind::ErrorAfter,
        method: "PATCH".to_owned(),
        path: "/groups(".to_owned(),
        skip: 0,
    });
    case.inspect().record_exchanges();
    let ended = case.run(GROUP);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(12), "{said}");
    assert!(said.contains("share it with people outside"), "{said}");
    let site = case.inspect().site_id("/sites/quay", None);
    assert!(case.inspect().close_site(&site.expect("it is there")));
    let again = case.done(GROUP);
    assert!(again.contains("there already, 1 libraries"), "{again}");
    let groups = case.inspect().groups();
    assert_eq!(groups.len(), 1, "once");
    assert!(groups[0].is_unified && groups[0].visibility == "Private");
    assert_eq!(groups[0].owners, ["ada@clean.example"]);
    assert_eq!(groups[0].members, ["ada@clean.example"], "its owner alone");
    expect_as_documented(&case.inspect().exchanges());
    fill(&case);

    let events = case.events("bundle-of-group");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("IdentityAttempted/1"), of("IdentityMade/1")), (1, 1));
    let mut attempts = events
        .iter()
        .filter(|event| event["type"] == "SiteAttempted/1");
    let made = events
        .iter()
        .find(|event| event["type"] == "IdentityMade/1");
    let group = &made.expect("recorded")["data"]["identity"];
    assert!(attempts.all(|event| event["data"]["group"] == *group));
    assert_eq!(case.verdict().kind, VerdictKind::Valid);

    // Whoever may join the group would get at what was restored.
    assert!(case.inspect().open_group("quay"));
    let ended = case.run(GROUP);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(12), "{said}");
    assert!(said.contains("no private Microsoft 365 group"), "{said}");
}

#[test]
fn a_site_has_an_address_or_a_group_and_one_owner_without_a_group() {
    let case = Case::new(Faults::none());
    for words in [
        MAKE.replace("--library", "--owner ben@clean.example --library"),
        MAKE.replace("--library", "--member ben@clean.example --library"),
        MAKE.replace("--library", "--group quay --library"),
        GROUP.replace("--group quay", ""),
        GROUP.replace("--library", "--members-now because --library"),
    ] {
        let ended = case.run(&words);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{words}: {said}");
    }
    assert!(case.inspect().groups().is_empty());
}

#[test]
fn members_come_into_a_group_when_its_content_stands_closed_or_for_a_reason_on_the_record() {
    let case = Case::new(Faults::none());
    write_libraries(&case);
    case.connect("");
    let refused = |words: &str| {
        let ended = case.run(words);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(12), "{said}");
        assert!(
            said.contains("before that they would see all of it"),
            "{said}"
        );
    };
    refused(&with_ben(""));
    assert!(case.inspect().groups().is_empty(), "nothing was made");
    assert_eq!(
        case.run(GROUP).status.code(),
        Some(12),
        "open to sharing at first"
    );
    let site = case.inspect().site_id("/sites/quay", None);
    assert!(case.inspect().close_site(&site.expect("it is there")));
    case.done(GROUP);
    refused(&with_ben(""));
    fill(&case);
    // It stands, and nobody compared who could see what.
    refused(&with_ben(""));
    assert_eq!(members(&case), ["ada@clean.example"]);
    let said = case.done(&with_ben("--members-now asked-by-the-board"));
    assert!(
        said.contains("all that goes in: ada@clean.example, ben@"),
        "{said}"
    );
    assert_eq!(members(&case), ["ada@clean.example", "ben@clean.example"]);
    let events = case.events("bundle-of-members");
    let attempted = of(&events, "SiteAttempted/1");
    let early = attempted.last().expect("recorded");
    assert_eq!(
        (&early["members"], &early["early"]),
        (&1.into(), &true.into())
    );
    assert_eq!(
        of(&events, "SiteReady/1").last().expect("recorded")["inside"],
        2
    );
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn nobody_reads_along_in_a_site_whom_whoever_approved_the_plan_did_not_know_of() {
    let case = Case::new(Faults::none());
    closed_group(&case);
    map(&case);
    case.plan();
    assert!(
        case.inspect()
            .turn_member("quay", "ben@clean.example", true)
    );
    let ended = case.restore_sites();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(12), "{said}");
    assert!(
        said.contains("ben@clean.example in https://clean"),
        "{said}"
    );
    let id = case.inspect().site_id("/sites/quay", None).expect("there");
    assert!(case.inspect().files(&id).is_empty(), "not one byte");
    let events = case.events("bundle-of-stranger");
    assert!(of(&events, "WaveOpened/1").is_empty());
    assert_eq!(of(&events, "PlacesSeen/1")[0]["strangers"], 1);

    // Known, planned and approved with him in it.
    case.done(GROUP);
    let made = case.done("plan make CASE --source SOURCE");
    assert!(
        made.contains("2 people are in this site and see all"),
        "{made}"
    );
    case.done("plan propose CASE");
    let approved = case.run("plan approve CASE --yes");
    let said = String::from_utf8_lossy(&approved.stderr);
    assert!(
        said.contains("2 people are in the 1 sites that it writes"),
        "{said}"
    );
    case.done("plan adopt CASE");
    super::journey::restore(&case);
    assert_eq!(case.inspect().files(&id).len(), 1);
    let events = case.events("bundle-of-known");
    let looks = of(&events, "PlacesSeen/1").into_iter();
    let looks: Vec<_> = looks
        .map(|one| (one["begins"] == true, one["strangers"] == 0))
        .collect();
    assert_eq!(looks, [(true, false), (true, true), (false, true)]);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}

#[test]
fn a_site_that_nobody_looked_at_or_that_is_open_is_not_planned_for() {
    let case = Case::new(Faults::none());
    write_libraries(&case);
    case.connect("");
    let site = case.inspect().add_site("/sites/quay", "Quay");
    assert!(case.inspect().open_site(&site));
    let map = format!("source,target\n{OLD_SITE},https://clean.sharepoint.com/sites/quay\n");
    put(&case.path("map.csv"), map.as_bytes());
    case.done("case map CASE --csv MAP SITES");
    let refused = |wanted: &str| {
        let ended = case.run("plan make CASE --source SOURCE");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(12), "{said}");
        assert!(said.contains(wanted), "{said}");
    };
    refused("is a site that nobody looked at");
    assert_eq!(case.run(MAKE).status.code(), Some(12));
    refused("last seen open to sharing");
    assert!(case.inspect().close_site(&site));
    case.done(MAKE);
    case.done("plan make CASE --source SOURCE");
}

/// A list that closes one file of the site.
fn sidecar(case: &Case, path: &str) {
    let head = "custodian,path,kind,inherits,principal,principal_kind,level,effect,via,expires";
    let row = format!("{OLD_SITE},{path},file,no,ada@old.example,user,read,,direct,no");
    put(
        &case.path("access.csv"),
        format!("{head}\n{row}\n").as_bytes(),
    );
}

#[test]
fn what_a_list_calls_narrower_than_a_site_is_held_while_several_are_in_it() {
    let case = Case::new(Faults::none());
    closed_group(&case);
    case.done(&with_ben("--members-now asked-by-the-board"));
    map(&case);
    sidecar(&case, "b.txt");
    let make = "plan make CASE --source SOURCE --sidecar @access.csv";
    let ended = case.run(make);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(12), "{said}");
    assert!(
        said.contains("b.txt: the list of access closes it"),
        "{said}"
    );
    sidecar(&case, "A.txt");
    let made = case.done(make);
    assert!(made.contains("asked-by-the-board"), "{made}");
    case.done("plan propose CASE");
    let approved = case.run("plan approve CASE --yes");
    let said = String::from_utf8_lossy(&approved.stderr);
    let line = "1 items are held that a list of access calls narrower";
    assert!(said.contains(line), "{said}");
    case.done("plan adopt CASE");
    assert_eq!(case.restore_sites().status.code(), Some(3), "one is held");
    let id = case.inspect().site_id("/sites/quay", None).expect("there");
    assert!(case.inspect().files(&id).is_empty(), "not one byte of it");
    let events = case.events("bundle-of-narrower");
    let held = of(&events, "ItemHeld/1");
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["reason"], "narrower-than-its-place");
    assert_eq!(of(&events, "ItemRestored/1").len(), 1, "the library's");

    // With its owner alone in it, it goes in: nobody else sees it before it is closed.
    assert!(
        case.inspect()
            .turn_member("quay", "ben@clean.example", false)
    );
    case.done(GROUP);
    case.done(make);
    case.done("plan propose CASE");
    case.done("plan approve CASE --yes");
    case.done("plan adopt CASE");
    super::journey::restore(&case);
    assert_eq!(case.inspect().files(&id).len(), 1);
    assert_eq!(case.verdict().kind, VerdictKind::Valid);
}
