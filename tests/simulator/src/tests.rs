//! The tenant's rules without a socket: what a new user, a quota, an upload session and a draft do.

use chrono::DateTime;
use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::clock::{ClockMode, VirtualClock};
use crate::config::{TenantSpec, UserSpec};
use crate::quotas::{Lane, Meter, Quotas};
use crate::request::{Request, decode_pairs};
use crate::route;
use crate::tenant::Tenant;

pub(crate) fn tenant() -> (Tenant, VirtualClock) {
    let clock = VirtualClock::new(DateTime::from_timestamp(1_700_000_000, 0).expect("a time"));
    let spec = TenantSpec {
        tenant_id: "t".to_owned(),
        display_name: "T".to_owned(),
        domain: "clean.example".to_owned(),
        users: vec![UserSpec {
            user_principal_name: "ada@clean.example".to_owned(),
            display_name: "Ada".to_owned(),
        }],
        apps: Vec::new(),
        static_token: None,
    };
    let mode = ClockMode::Manual(clock.clone());
    (
        Tenant::new(spec, 1, mode, "http://127.0.0.1".to_owned()),
        clock,
    )
}

pub(crate) fn ask(tenant: &mut Tenant, method: &str, url: &str, body: &Value) -> (u16, Value) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let roles = [
        "User.ReadWrite.All",
        "Mail.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
        "Tasks.ReadWrite.All",
        "Files.ReadWrite.All",
        "Sites.ReadWrite.All",
        "Chat.Create",
        "Group.ReadWrite.All",
        "TeamMember.ReadWrite.All",
        "Teamwork.Migrate.All",
    ];
    let request = Request {
        method: method.to_owned(),
        path: format!("/v1.0/{path}"),
        query: decode_pairs(query),
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: body.to_string().into_bytes(),
        roles: roles.map(str::to_owned).to_vec(),
        app: "app".to_owned(),
    };
    shown(route::answer(tenant, &request))
}

fn shown(answer: Answer) -> (u16, Value) {
    match answer.body {
        Body::Json(value) => (answer.status, value),
        Body::Bytes(..) | Body::Disk(..) | Body::Empty => (answer.status, Value::Null),
    }
}

#[test]
fn a_new_users_mailbox_and_drive_are_not_there_for_a_quarter_of_an_hour() {
    let (mut tenant, clock) = tenant();
    let body = json!({
        "accountEnabled": true,
        "displayName": "Ben",
        "mailNickname": "ben",
        "userPrincipalName": "ben@clean.example",
        "passwordProfile": {"password": "x", "forceChangePasswordNextSignIn": true},
    });
    let (status, made) = ask(&mut tenant, "POST", "users", &body);
    assert_eq!(status, 201, "{made}");
    let inbox = "users/ben@clean.example/mailFolders/inbox";
    let drive = "users/ben@clean.example/drive";
    for _ in 0..14 {
        assert_eq!(ask(&mut tenant, "GET", inbox, &Value::Null).0, 404);
        assert_eq!(ask(&mut tenant, "GET", drive, &Value::Null).0, 404);
        clock.advance(60);
    }
    clock.advance(60);
    assert_eq!(ask(&mut tenant, "GET", inbox, &Value::Null).0, 200);
    assert_eq!(ask(&mut tenant, "GET", drive, &Value::Null).0, 200);
}

#[test]
fn a_message_without_its_flags_is_a_draft_and_dates_come_from_the_tags() {
    let (mut tenant, _) = tenant();
    let messages = "users/ada@clean.example/mailFolders/inbox/messages";
    let (_, draft) = ask(&mut tenant, "POST", messages, &json!({"subject": "a"}));
    assert_eq!(draft["isDraft"], true);
    let tagged = json!({
        "subject": "b",
        "sentDateTime": "2001-01-01T00:00:00Z",
        "singleValueExtendedProperties": [
            {"id": "Integer 0x0E07", "value": "4"},
            {"id": "SystemTime 0x0039", "value": "2024-05-01T10:00:00Z"},
        ],
    });
    let (status, sent) = ask(&mut tenant, "POST", messages, &tagged);
    assert_eq!((status, &sent["isDraft"]), (201, &json!(false)), "{sent}");
    assert_eq!(
        sent["sentDateTime"], "2024-05-01T10:00:00Z",
        "the plain property is not heard"
    );
    let unknown = json!({"subject": "c", "colour": "red"});
    assert_eq!(ask(&mut tenant, "POST", messages, &unknown).0, 400);
}

#[test]
fn upload_sessions_keep_their_rules() {
    let (mut tenant, _) = tenant();
    let session = "users/ada@clean.example/drive/root:/a.bin:/createUploadSession";
    let body = json!({"item": {"name": "a.bin", "fileSize": 400_000}});
    let (status, made) = ask(&mut tenant, "POST", session, &body);
    assert_eq!(status, 200, "{made}");
    let url = made["uploadUrl"].as_str().expect("a URL").to_owned();
    let path = url.trim_start_matches("http://127.0.0.1").to_owned();
    let mut put = |range: &str, length: usize, token: Option<&str>| {
        let mut headers: std::collections::BTreeMap<String, String> =
            [("content-range".to_owned(), range.to_owned())].into();
        headers.extend(token.map(|token| ("authorization".to_owned(), token.to_owned())));
        let request = Request {
            method: "PUT".to_owned(),
            path: path.clone(),
            headers,
            body: vec![7; length],
            ..Request::default()
        };
        shown(route::answer(&mut tenant, &request)).0
    };
    assert_eq!(put("bytes 0-327679/400000", 327_680, Some("Bearer x")), 401);
    assert_eq!(
        put("bytes 0-299999/400000", 300_000, None),
        400,
        "no multiple of 327,680"
    );
    assert_eq!(put("bytes 0-327679/400000", 327_680, None), 202);
    assert_eq!(
        put("bytes 0-327679/400000", 327_680, None),
        416,
        "the same fragment again"
    );
    assert_eq!(put("bytes 327680-399999/400000", 72_320, None), 201);
    assert_eq!(
        put("bytes 327680-399999/400000", 72_320, None),
        404,
        "the session is over"
    );
}

#[test]
fn a_batch_has_twenty_requests_and_a_failed_dependency_fails_what_rests_on_it() {
    let (mut tenant, _) = tenant();
    let get = |id: usize| json!({"id": id.to_string(), "method": "GET", "url": "/users"});
    let requests: Vec<Value> = (0..21).map(get).collect();
    assert_eq!(
        ask(
            &mut tenant,
            "POST",
            "$batch",
            &json!({"requests": requests})
        )
        .0,
        400
    );
    let chained = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/users/nobody@clean.example"},
        {"id": "2", "method": "GET", "url": "/users", "dependsOn": ["1"]},
        {"id": "3", "method": "GET", "url": "/users"},
    ]});
    let (status, answer) = ask(&mut tenant, "POST", "$batch", &chained);
    let statuses: Vec<u64> = answer["responses"]
        .as_array()
        .expect("responses")
        .iter()
        .filter_map(|one| one["status"].as_u64())
        .collect();
    assert_eq!((status, statuses), (200, vec![404, 424, 200]));
}

#[test]
fn the_documented_quotas_run_on_the_clock_that_tests_drive() {
    let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let mailbox = |bytes| Lane::Mailbox {
        key: "app/ada".to_owned(),
        upload_bytes: bytes,
    };
    let mut meter = Meter::new(Quotas::documented());
    for _ in 0..4 {
        assert!(meter.enter(&mailbox(0), start).is_ok());
    }
    assert!(
        meter.enter(&mailbox(0), start).is_err(),
        "a fifth at the same time"
    );
    let mut meter = Meter::new(Quotas::documented());
    assert!(meter.enter(&mailbox(150_000_000), start).is_ok());
    meter.leave(&mailbox(0));
    let refused = meter
        .enter(&mailbox(1), start)
        .expect_err("more than 150 MB in five minutes");
    meter.leave(&mailbox(0));
    assert_eq!(refused.seconds, Some(300));
    let later = start + chrono::TimeDelta::minutes(5);
    assert!(meter.enter(&mailbox(1), later).is_ok());
    let mut meter = Meter::new(Quotas::documented());
    let units = Lane::SharePoint {
        app: "app".to_owned(),
        units: 1250,
        shares: false,
    };
    assert!(meter.enter(&units, start).is_ok());
    assert!(
        meter.enter(&units, start).is_err(),
        "the minute's resource units are used up"
    );
    assert!(
        meter
            .enter(&units, start + chrono::TimeDelta::minutes(2))
            .is_ok()
    );
}

#[test]
fn hidden_costs_and_others_take_what_the_documents_promise() {
    let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let units = Lane::SharePoint {
        app: "app".to_owned(),
        units: 2,
        shares: false,
    };
    let served = |quotas: Quotas| {
        let mut meter = Meter::new(quotas);
        (0..625)
            .filter(|_| meter.enter(&units, start).is_ok())
            .count()
    };
    assert_eq!(served(Quotas::documented()), 625);
    let hidden = Quotas {
        hidden_percent: 50,
        ..Quotas::documented()
    };
    assert!((400..560).contains(&served(hidden)), "{}", served(hidden));
    let competing = Quotas {
        competing_percent: 50,
        ..Quotas::documented()
    };
    assert!(
        (300..625).contains(&served(competing)),
        "{}",
        served(competing)
    );
}
