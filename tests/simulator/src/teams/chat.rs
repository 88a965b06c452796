//! Chats between people: made by an app, migrated into afterwards; one between two people is there once.
//! <https://learn.microsoft.com/graph/api/chat-post>

use serde_json::{Value, json};

use super::thread::Thread;
use super::{Chat, bad, member, message, method, text};
use crate::answer::{Answer, json_answer, page, refuse};
use crate::request::Request;
use crate::tenant::Tenant;

const READ: [&str; 3] = ["Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All"];

fn shown(tenant: &Tenant, chat: &Chat) -> Value {
    let mut value = json!({
        "chatType": chat.kind,
        "topic": chat.topic,
        "tenantId": tenant.id,
    });
    chat.thread.described(&mut value);
    value
}

pub(super) fn handle(
    tenant: &mut Tenant,
    request: &Request,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let [id, rest @ ..] = rest else {
        return match &*request.method {
            "POST" => make(tenant, request),
            _ => Err(method()),
        };
    };
    let now = tenant.clock.now();
    let place = tenant
        .teams
        .chats
        .iter()
        .position(|chat| chat.thread.id == *id);
    let place = place.ok_or_else(|| refuse(404, "NotFound", "The chat was not found."))?;
    match (&*request.method, rest) {
        ("GET", []) => {
            request.needs(&READ)?;
            Ok(json_answer(200, shown(tenant, &tenant.teams.chats[place])))
        }
        ("GET", ["members"]) => {
            request.needs(&READ)?;
            let members = tenant.teams.chats[place].members.iter();
            let shown = members.map(|one| one.shown(tenant)).collect();
            page(shown, request, &tenant.base, 100)
        }
        ("POST", ["startMigration"]) => tenant.teams.chats[place].thread.start(request, now),
        ("POST", ["completeMigration"]) => tenant.teams.chats[place].thread.complete(request),
        (_, ["messages", rest @ ..]) => {
            let mut thread = std::mem::take(&mut tenant.teams.chats[place].thread);
            let at = message::Place::Chat { chat: id };
            let answer = message::handle(tenant, request, &at, &mut thread, rest);
            tenant.teams.chats[place].thread = thread;
            answer
        }
        _ => Err(method()),
    }
}

/// `/users/{id}/chats`.
pub(super) fn of_user(tenant: &Tenant, request: &Request, user: &str) -> Result<Answer, Answer> {
    request.needs(&READ)?;
    let of = tenant.teams.chats.iter();
    let of = of.filter(|chat| chat.members.iter().any(|one| one.user == user));
    let shown = of.map(|chat| shown(tenant, chat)).collect();
    page(shown, request, &tenant.base, 20)
}

fn make(tenant: &mut Tenant, request: &Request) -> Result<Answer, Answer> {
    request.needs(&["Chat.Create"])?;
    let body = request.json()?;
    let known = ["chatType", "members", "topic"];
    if let Some(key) = body.keys().find(|key| !known.contains(&&***key)) {
        return Err(bad(&format!("The property '{key}' does not exist.")));
    }
    let given = body.get("members").and_then(Value::as_array);
    let given = given.map_or(&[][..], Vec::as_slice).iter();
    let members = given.map(|one| member::read(tenant, one));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    if members.iter().any(|one| !one.is_owner) {
        return Err(bad("Every member of a chat is an owner or a guest."));
    }
    let kind = text(&body, "chatType").to_owned();
    match (&*kind, members.len()) {
        ("oneOnOne", 2) if !body.contains_key("topic") => {}
        ("group", 2..) => {}
        _ => return Err(bad("The members do not fit the chatType.")),
    }
    if kind == "oneOnOne" {
        let same = |chat: &&Chat| {
            chat.kind == kind
                && members
                    .iter()
                    .all(|one| chat.members.iter().any(|own| own.user == one.user))
        };
        if let Some(chat) = tenant.teams.chats.iter().find(same) {
            return Ok(json_answer(201, shown(tenant, chat)));
        }
    }
    let thread = format!("19:{:032x}@thread.v2", tenant.seeded.next());
    let chat = Chat {
        kind,
        topic: body.get("topic").and_then(Value::as_str).map(str::to_owned),
        members,
        thread: Thread::new(thread, tenant.clock.now(), None),
    };
    let answer = json_answer(201, shown(tenant, &chat));
    tenant.teams.chats.push(chat);
    Ok(answer)
}
