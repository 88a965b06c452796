//! Channels: listed, made, migrated into; their files lie in the team's library, those of private and shared ones in their own.
//! <https://learn.microsoft.com/graph/api/channel-post>

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::thread::Thread;
use super::{Channel, Member, Team, bad, member, message, method, text, time};
use crate::answer::{Answer, empty, json_answer, page, refuse, select};
use crate::request::Request;
use crate::tenant::Tenant;
use crate::{drive, sites};

const READ: [&str; 5] = [
    "Channel.ReadBasic.All",
    "ChannelSettings.Read.All",
    "ChannelSettings.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
];
const CREATE: [&str; 4] = [
    "Channel.Create",
    "Teamwork.Migrate.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const KNOWN: [&str; 7] = [
    "@microsoft.graph.channelCreationMode",
    "@odata.type",
    "createdDateTime",
    "description",
    "displayName",
    "members",
    "membershipType",
];

fn shown(tenant: &Tenant, channel: &Channel) -> Value {
    let mut value = json!({
        "displayName": channel.name,
        "description": channel.description,
        "membershipType": channel.membership,
        "isArchived": false,
        "tenantId": tenant.id,
    });
    channel.thread.described(&mut value);
    value
}

pub(super) fn all(tenant: &mut Tenant, request: &Request, id: &str) -> Result<Answer, Answer> {
    match &*request.method {
        "GET" => {
            request.needs(&READ)?;
            request.only(&["$select", "$top", "$skiptoken"])?;
            let channels = tenant.teams.known(id)?.channels.iter();
            let chosen = request.query.get("$select");
            let shown = channels.map(|one| select(shown(tenant, one), chosen));
            let shown = shown.collect();
            page(shown, request, &tenant.base, 30)
        }
        "POST" => make(tenant, request, id),
        _ => Err(method()),
    }
}

pub(super) fn primary(tenant: &mut Tenant, request: &Request, id: &str) -> Result<Answer, Answer> {
    request.needs(&READ)?;
    let general = tenant.teams.known(id)?.channels.first();
    let general = general.ok_or_else(|| bad("The team has no channel."))?;
    Ok(json_answer(200, shown(tenant, general)))
}

/// What a request asks for.
struct Asked {
    name: String,
    membership: &'static str,
    is_migration: bool,
    created: DateTime<Utc>,
}

fn asked(body: &Map<String, Value>, now: DateTime<Utc>) -> Result<Asked, Answer> {
    if let Some(key) = body.keys().find(|key| !KNOWN.contains(&&***key)) {
        return Err(bad(&format!("The property '{key}' does not exist.")));
    }
    let name = text(body, "displayName").to_owned();
    let refused = |letter: char| "~#%&*{}+/\\:<>?|'\"".contains(letter);
    if name.is_empty() || name.chars().count() > 50 || name.contains(refused) {
        return Err(bad("Channel name is not valid."));
    }
    let membership = match text(body, "membershipType") {
        "" | "standard" => "standard",
        "private" => "private",
        "shared" => "shared",
        _ => return Err(bad("membershipType is not known.")),
    };
    let mode = body.get("@microsoft.graph.channelCreationMode");
    let is_migration = mode == Some(&"migration".into());
    let created = match body.get("createdDateTime") {
        Some(_) if !is_migration => {
            return Err(bad(
                "createdDateTime goes with channelCreationMode migration.",
            ));
        }
        Some(value) => time(value).ok_or_else(|| bad("A time is expected."))?,
        None => now,
    };
    // "Only standard channels are supported when creating a channel in migration mode from scratch."
    if is_migration && membership != "standard" {
        return Err(bad("Only standard channels are created in migration mode."));
    }
    Ok(Asked {
        name,
        membership,
        is_migration,
        created,
    })
}

/// Whether the team takes it.
fn check(team: &Team, asked: &Asked, members: &[Member], now: DateTime<Utc>) -> Result<(), Answer> {
    if asked.created > now || asked.created < team.created {
        return Err(bad("createdDateTime lies between the team's and now."));
    }
    if team.is_migrating != asked.is_migration {
        return Err(bad(
            "A team in migration mode takes channels in migration mode.",
        ));
    }
    let has_name = |one: &Channel| one.name.eq_ignore_ascii_case(&asked.name);
    if team.channels.iter().any(has_name) {
        let message = "Channel name already existed, please use other name.";
        return Err(refuse(400, "NameAlreadyExists", message));
    }
    if asked.membership != "standard" && !members.iter().any(|one| one.is_owner) {
        return Err(bad(
            "A private or shared channel has an owner from the start.",
        ));
    }
    let is_inside = |one: &Member| team.members.iter().any(|own| own.user == one.user);
    if asked.membership == "private" && !members.iter().all(is_inside) {
        return Err(bad("Members of a private channel are members of its team."));
    }
    Ok(())
}

fn make(tenant: &mut Tenant, request: &Request, id: &str) -> Result<Answer, Answer> {
    request.needs(&CREATE)?;
    let body = request.json()?;
    let now = tenant.clock.now();
    let asked = asked(&body, now)?;
    let given = body.get("members").and_then(Value::as_array);
    let given = given.map_or(&[][..], Vec::as_slice).iter();
    let members = given.map(|one| member::read(tenant, one));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    check(tenant.teams.known(id)?, &asked, &members, now)?;
    let thread = format!("19:{:032x}@thread.tacv2", tenant.seeded.next());
    let by = asked.is_migration.then(|| request.app.clone());
    let site = (asked.membership != "standard").then(|| {
        let path = format!("/sites/{:08x}", tenant.seeded.next() >> 32);
        sites::add(tenant, &path, &asked.name)
    });
    let channel = Channel {
        name: asked.name,
        description: text(&body, "description").to_owned(),
        membership: asked.membership.to_owned(),
        members,
        site,
        thread: Thread::new(thread, asked.created, by),
    };
    let answer = json_answer(201, shown(tenant, &channel));
    tenant.teams.team(id)?.channels.push(channel);
    if asked.membership == "shared" {
        // It is made asynchronously, and the answer has nothing but the way to it.
        let operation = tenant.seeded.guid();
        let made = (id.to_owned(), 0);
        tenant.teams.operations.insert(operation.clone(), made);
        let at = format!("/teams('{id}')/operations('{operation}')");
        return Ok(empty(202).with("Location", at));
    }
    Ok(answer)
}

pub(super) fn one(
    tenant: &mut Tenant,
    request: &Request,
    (id, channel): (&str, &str),
    rest: &[&str],
) -> Result<Answer, Answer> {
    let now = tenant.clock.now();
    let found = tenant.teams.known(id)?.known_channel(channel)?;
    match (&*request.method, rest) {
        ("GET", []) => {
            request.needs(&READ)?;
            Ok(json_answer(200, shown(tenant, found)))
        }
        ("POST", ["startMigration"]) => tenant
            .teams
            .team(id)?
            .channel(channel)?
            .thread
            .start(request, now),
        ("POST", ["completeMigration"]) => tenant
            .teams
            .team(id)?
            .channel(channel)?
            .thread
            .complete(request),
        (_, ["members"]) => member::of_channel(tenant, request, (id, channel)),
        ("GET", ["filesFolder"]) => {
            let (site, name) = (found.site.clone(), found.name.clone());
            files(tenant, request, (id, site.as_deref()), &name)
        }
        (_, ["messages", rest @ ..]) => {
            // Out of the tenant while it is worked on: a thread may hold very much.
            let mut thread = std::mem::take(&mut tenant.teams.team(id)?.channel(channel)?.thread);
            let place = message::Place::Channel { team: id, channel };
            let answer = message::handle(tenant, request, &place, &mut thread, rest);
            let mut channels = tenant.teams.team(id)?.channels.iter_mut();
            if let Some(taken) = channels.find(|one| one.thread.id.is_empty()) {
                taken.thread = thread;
            }
            answer
        }
        _ => Err(method()),
    }
}

/// The folder that holds the channel's files.
fn files(
    tenant: &mut Tenant,
    request: &Request,
    (id, site): (&str, Option<&str>),
    name: &str,
) -> Result<Answer, Answer> {
    request.needs(&["Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All"])?;
    let missing = || refuse(404, "NotFound", "The files folder is not there yet.");
    let place = match site {
        Some(owner) => tenant.users.iter().position(|user| user.id == *owner),
        None => super::team::site_of(tenant, id),
    };
    let place = place.ok_or_else(missing)?;
    let item = folder(tenant, place, name);
    let site = tenant.users[place].site.clone().unwrap_or_default();
    let host = tenant
        .domain
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    let encoded = crate::answer::encode(name);
    Ok(json_answer(
        200,
        json!({
            "id": item,
            "name": name,
            "parentReference": {
                "driveId": tenant.users[place].drive, "driveType": "documentLibrary",
            },
            "webUrl": format!("https://{host}.sharepoint.com{site}/Shared%20Documents/{encoded}"),
            "folder": {"childCount": 0},
        }),
    ))
}

/// A folder right below the root of a drive: the first who asks for a channel's files has it made.
fn folder(tenant: &mut Tenant, place: usize, name: &str) -> String {
    let owner = &tenant.users[place];
    if let Some(known) = drive::child(owner, &owner.root, name) {
        return known.id.clone();
    }
    let id = tenant.opaque("01");
    let now = tenant.clock.now();
    let owner = &mut tenant.users[place];
    let made = crate::tenant::DriveItem {
        id: id.clone(),
        name: name.to_owned(),
        parent: Some(owner.root.clone()),
        content: None,
        created: now,
        modified: now,
        made: now,
        version: 1,
        older: Vec::new(),
    };
    owner.items.insert(id.clone(), made);
    id
}
