//! The rules of an import, without a socket: modes, milliseconds, members, and what waits.

use chrono::DateTime;
use serde_json::{Value, json};

use crate::quotas::{Meter, Quotas};
use crate::request::Request;
use crate::tenant::Tenant;
use crate::tests::{ask, tenant};
use crate::{quotas::Lane, route};

const TEMPLATE: &str = "https://graph.microsoft.com/v1.0/teamsTemplates('standard')";

fn made(tenant: &mut Tenant) -> String {
    let body = json!({
        "@microsoft.graph.teamCreationMode": "migration", "template@odata.bind": TEMPLATE,
        "displayName": "Quay", "createdDateTime": "2022-01-01T00:00:00Z",
    });
    assert_eq!(ask(tenant, "POST", "teams", &body).0, 202);
    tenant.teams.all[0].id.clone()
}

fn general(tenant: &Tenant) -> String {
    let team = &tenant.teams.all[0];
    format!("teams/{}/channels/{}", team.id, team.channels[0].thread.id)
}

fn message(tenant: &Tenant, at: &str) -> Value {
    let user = json!({"id": tenant.users[0].id, "userIdentityType": "aadUser"});
    json!({
        "createdDateTime": at, "from": {"user": user},
        "body": {"contentType": "html", "content": "x"},
    })
}

#[test]
fn a_millisecond_holds_one_message_and_none_lies_outside_of_the_channels_time() {
    let (mut tenant, _) = tenant();
    made(&mut tenant);
    let messages = format!("{}/messages", general(&tenant));
    let mut post = |at: &str| {
        let body = message(&tenant, at);
        ask(&mut tenant, "POST", &messages, &body).0
    };
    assert_eq!(post("2023-01-01T00:00:00.001Z"), 201);
    assert_eq!(
        post("2023-01-01T00:00:00.0019Z"),
        409,
        "cut to the millisecond"
    );
    assert_eq!(post("2023-01-01T00:00:00.002Z"), 201);
    assert_eq!(
        post("2022-01-01T00:00:00Z"),
        400,
        "not later than the channel"
    );
    assert_eq!(post("2099-01-01T00:00:00Z"), 400, "in the future");
    let mut body = message(&tenant, "2023-01-02T00:00:00Z");
    body["from"]["user"]["id"] = "somebody".into();
    assert_eq!(
        ask(&mut tenant, "POST", &messages, &body).0,
        400,
        "no user of the tenant"
    );
    let mut body = message(&tenant, "2023-01-02T00:00:00Z");
    body.as_object_mut()
        .expect("an object")
        .remove("createdDateTime");
    assert_eq!(
        ask(&mut tenant, "POST", &messages, &body).0,
        400,
        "no other messages meanwhile"
    );
}

#[test]
fn a_reply_stands_below_a_message_and_not_below_a_reply() {
    let (mut tenant, _) = tenant();
    made(&mut tenant);
    let messages = format!("{}/messages", general(&tenant));
    let mut post = |url: &str, at: &str| {
        let body = message(&tenant, at);
        ask(&mut tenant, "POST", url, &body)
    };
    let (_, first) = post(&messages, "2023-01-01T00:00:00Z");
    let id = first["id"].as_str().expect("an id").to_owned();
    assert_eq!(id, "1672531200000");
    let (status, reply) = post(&format!("{messages}/{id}/replies"), "2023-01-01T00:00:01Z");
    assert_eq!((status, &reply["replyToId"]), (201, &json!(id)));
    let below = format!("{messages}/1672531201000/replies");
    assert_eq!(post(&below, "2023-01-01T00:00:02Z").0, 400);
    let nowhere = format!("{messages}/5/replies");
    assert_eq!(post(&nowhere, "2023-01-01T00:00:02Z").0, 404);
}

#[test]
fn nobody_comes_before_all_is_completed_and_nothing_is_imported_after_it() {
    let (mut tenant, _) = tenant();
    let team = made(&mut tenant);
    let general = general(&tenant);
    let user = format!(
        "https://graph.microsoft.com/v1.0/users('{}')",
        tenant.users[0].id
    );
    let member = json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
        "user@odata.bind": user,
    });
    let members = format!("teams/{team}/members");
    let none = json!({});
    assert_eq!(ask(&mut tenant, "POST", &members, &member).0, 403);
    let complete = format!("teams/{team}/completeMigration");
    assert_eq!(
        ask(&mut tenant, "POST", &complete, &none).0,
        400,
        "General is open"
    );
    let end = format!("{general}/completeMigration");
    assert_eq!(ask(&mut tenant, "POST", &end, &none).0, 204);
    assert_eq!(ask(&mut tenant, "POST", &end, &none).0, 400);
    assert_eq!(ask(&mut tenant, "POST", &complete, &none).0, 204);
    assert_eq!(ask(&mut tenant, "POST", &members, &member).0, 201);
    let body = message(&tenant, "2023-01-01T00:00:00Z");
    assert_eq!(
        ask(&mut tenant, "POST", &format!("{general}/messages"), &body).0,
        403
    );
    // And again, into the past only.
    let start = format!("{general}/startMigration");
    let from = |at: &str| json!({"conversationCreationDateTime": at});
    assert_eq!(
        ask(&mut tenant, "POST", &start, &from("2022-06-01T00:00:00Z")).0,
        400
    );
    assert_eq!(
        ask(&mut tenant, "POST", &start, &from("2021-01-01T00:00:00Z")).0,
        204
    );
    assert_eq!(
        ask(&mut tenant, "POST", &start, &from("2020-01-01T00:00:00Z")).0,
        400
    );
    assert_eq!(
        ask(&mut tenant, "POST", &members, &member).0,
        403,
        "nobody comes or goes"
    );
}

#[test]
fn a_private_channel_is_not_made_in_migration_mode() {
    let (mut tenant, _) = tenant();
    let team = made(&mut tenant);
    let channels = format!("teams/{team}/channels");
    let channel = |mode: &str, kind: &str| {
        let mut body = json!({"displayName": "Secret", "membershipType": kind});
        if !mode.is_empty() {
            body["@microsoft.graph.channelCreationMode"] = mode.into();
            body["createdDateTime"] = "2022-02-01T00:00:00Z".into();
        }
        body
    };
    assert_eq!(
        ask(
            &mut tenant,
            "POST",
            &channels,
            &channel("migration", "private")
        )
        .0,
        400
    );
    assert_eq!(
        ask(&mut tenant, "POST", &channels, &channel("", "private")).0,
        400
    );
    assert_eq!(
        ask(
            &mut tenant,
            "POST",
            &channels,
            &channel("migration", "standard")
        )
        .0,
        201
    );
    assert_eq!(
        ask(
            &mut tenant,
            "POST",
            &channels,
            &channel("migration", "standard")
        )
        .0,
        400
    );
}

#[test]
fn a_team_is_made_behind_an_operation_and_a_group_is_not_known_at_once() {
    let (mut tenant, _) = tenant();
    tenant.teams.set_settle(1);
    let team = made(&mut tenant);
    let url = format!("teams/{team}");
    assert_eq!(
        ask(&mut tenant, "GET", &url, &Value::Null).0,
        404,
        "not settled"
    );
    assert_eq!(
        ask(&mut tenant, "GET", &url, &Value::Null).0,
        404,
        "not made yet"
    );
    let operation = tenant.teams.operations.keys().next().expect("one").clone();
    let operation = format!("{url}/operations/{operation}");
    let mut status = || ask(&mut tenant, "GET", &operation, &Value::Null).1["status"].clone();
    assert_eq!(
        (status(), status()),
        (json!("inProgress"), json!("succeeded"))
    );
    assert_eq!(ask(&mut tenant, "GET", &url, &Value::Null).0, 200);
    let ada = format!(
        "https://graph.microsoft.com/v1.0/users/{}",
        tenant.users[0].id
    );
    let group = json!({
        "displayName": "G", "mailNickname": "g", "mailEnabled": true, "securityEnabled": false,
        "groupTypes": ["Unified"], "owners@odata.bind": [ada],
    });
    let (_, group) = ask(&mut tenant, "POST", "groups", &group);
    let url = format!("groups/{}/team", group["id"].as_str().expect("an id"));
    let put = |tenant: &mut Tenant| ask(tenant, "PUT", &url, &json!({})).0;
    assert_eq!(
        [put(&mut tenant), put(&mut tenant), put(&mut tenant)],
        [404, 201, 409]
    );
}

#[test]
fn a_team_takes_four_requests_a_second_and_a_chat_five_messages() {
    let at = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let mut meter = Meter::new(Quotas::documented());
    let lane = |method: &str, path: &str| {
        let request = Request {
            method: method.to_owned(),
            path: format!("/v1.0/{path}"),
            app: "app".to_owned(),
            ..Request::default()
        };
        route::lane(&request)
    };
    let written = lane("POST", "teams/t/channels/19:c@thread.tacv2/messages");
    let read = lane("GET", "teams/t/channels/19:d@thread.tacv2/messages/1");
    let thread = "19:c@thread.tacv2".to_owned();
    let team = Some("app/t".to_owned());
    assert_eq!(written, Lane::Thread { thread, team });
    for lane in [&written, &read, &written, &read] {
        assert!(meter.enter(lane, at).is_ok());
    }
    assert!(meter.enter(&read, at).is_err(), "the fifth waits");
    let other = lane("GET", "teams/u/channels");
    assert!(meter.enter(&other, at).is_ok());
    let chat = lane("POST", "chats/19:e@thread.v2/messages");
    for _ in 0..5 {
        assert!(meter.enter(&chat, at).is_ok());
    }
    assert!(meter.enter(&chat, at).is_err(), "the sixth waits");
}

#[test]
fn a_chat_of_two_is_there_once() {
    let (mut tenant, _) = tenant();
    let spec = crate::config::UserSpec {
        user_principal_name: "ben@clean.example".to_owned(),
        display_name: "Ben".to_owned(),
    };
    let now = tenant.clock.now();
    tenant.add_user(&spec, now);
    let members: Vec<Value> = tenant
        .users
        .iter()
        .map(|user| {
            json!({
                "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
                "user@odata.bind": format!("https://graph.microsoft.com/v1.0/users('{}')", user.id),
            })
        })
        .collect();
    let body = json!({"chatType": "oneOnOne", "members": members});
    let (status, first) = ask(&mut tenant, "POST", "chats", &body);
    assert_eq!(status, 201, "{first}");
    assert_eq!(
        ask(&mut tenant, "POST", "chats", &body).1["id"],
        first["id"]
    );
    let chat = format!("chats/{}", first["id"].as_str().expect("an id"));
    let body = message(&tenant, "2023-01-01T00:00:00Z");
    let messages = format!("{chat}/messages");
    assert_eq!(
        ask(&mut tenant, "POST", &messages, &body).0,
        403,
        "not migrated into"
    );
    let from = json!({"conversationCreationDateTime": "2022-01-01T00:00:00Z"});
    assert_eq!(
        ask(
            &mut tenant,
            "POST",
            &format!("{chat}/startMigration"),
            &from
        )
        .0,
        204
    );
    assert_eq!(ask(&mut tenant, "POST", &messages, &body).0, 201);
}
