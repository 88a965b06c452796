//! Teams, chats and messages from Graph's own JSON, whoever kept it; nothing of it is believed beyond its shape.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::pinned::Problem;
use crate::domain::teams::{
    Channel, ChatAttachment, ChatMessage, Kind, Member, Membership, Outline, Person, Team,
    TeamsItem,
};

const CHANNELS_MAX: usize = 2_000;
const MEMBERS_MAX: usize = 100_000;
const ATTACHMENTS_MAX: usize = 1_000;

/// Reads a `team` or `chat` with what was expanded in it, or a `chatMessage`.
pub(super) fn read(bytes: &[u8]) -> Result<TeamsItem, Problem> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new("unreadable", format!("no JSON of Graph's: {error}")))?;
    if !value.is_object() {
        return Err(Problem::new("unreadable", "no object of Graph's"));
    }
    if value["body"].is_object() || value.get("messageType").is_some() {
        return message(&value).map(|message| TeamsItem::Message(Box::new(message)));
    }
    team(&value).map(|team| TeamsItem::Team(Box::new(team)))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
    Some(time.with_timezone(&Utc))
}

fn list<'a>(value: &'a Value, most: usize, what: &str) -> Result<&'a [Value], Problem> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    if list.len() > most {
        return Err(Problem::new(
            "unreadable",
            format!("more than {most} {what}"),
        ));
    }
    Ok(list)
}

fn team(value: &Value) -> Result<Team, Problem> {
    let kind = match value["chatType"].as_str() {
        None => Kind::Team,
        Some("oneOnOne") => Kind::OneOnOne,
        Some("group") => Kind::Group,
        Some(_) => {
            let reason = "a chat of a meeting: nothing can be imported into one";
            return Err(Problem::new("meeting-chat", reason));
        }
    };
    let is_team = kind == Kind::Team;
    if is_team && value["displayName"].as_str().is_none_or(str::is_empty) {
        return Err(Problem::new(
            "unreadable",
            "neither a team nor a chat nor a message",
        ));
    }
    let own_tenant = value["tenantId"].as_str();
    let general = value["internalId"].as_str();
    let channels = list(&value["channels"], CHANNELS_MAX, "channels")?;
    let channels = channels.iter().map(|one| channel(one, own_tenant, general));
    let mut channels = channels.collect::<Result<Vec<_>, _>>()?;
    // Without the team's own word it is the one that has the name, or the oldest.
    if is_team && !channels.iter().any(|one| one.is_general) {
        let named = channels.iter().position(|one| one.name == "General");
        if let Some(general) = channels.get_mut(named.unwrap_or(0)) {
            general.is_general = true;
        }
    }
    Ok(Team {
        kind,
        // A chat of two has no topic that a chat could be made with.
        name: match kind {
            Kind::Team => text(&value["displayName"]),
            Kind::Group => text(&value["topic"]),
            Kind::OneOnOne => String::new(),
        },
        description: text(&value["description"]),
        is_private: value["visibility"] != "public",
        created: time(&value["createdDateTime"]),
        earliest: None,
        members: members(&value["members"], own_tenant)?,
        channels,
    })
}

fn channel(value: &Value, tenant: Option<&str>, general: Option<&str>) -> Result<Channel, Problem> {
    let id = text(&value["id"]);
    let name = text(&value["displayName"]);
    if id.is_empty() || name.is_empty() {
        return Err(Problem::new(
            "unreadable",
            "a channel without an id or a name",
        ));
    }
    Ok(Channel {
        is_general: general == Some(&*id),
        id,
        name,
        description: text(&value["description"]),
        membership: value["membershipType"]
            .as_str()
            .map_or(Membership::Standard, Membership::parse),
        created: time(&value["createdDateTime"]),
        earliest: None,
        members: members(&value["members"], tenant)?,
        files_url: text(&value["filesFolder"]["webUrl"]),
    })
}

fn members(value: &Value, tenant: Option<&str>) -> Result<Vec<Member>, Problem> {
    let all = list(value, MEMBERS_MAX, "members")?;
    let members = all.iter().map(|one| {
        let roles = one["roles"].as_array().map_or(&[][..], Vec::as_slice);
        let has = |role: &str| roles.iter().any(|known| known == role);
        let kind = one["@odata.type"].as_str().unwrap_or_default();
        let is_own_kind = kind.is_empty() || kind.ends_with(".aadUserConversationMember");
        let of_other = one["tenantId"].as_str().zip(tenant);
        Member {
            person: Person {
                id: text(&one["userId"]),
                name: text(&one["displayName"]),
                address: text(&one["email"]),
            },
            is_owner: has("owner"),
            is_outside: has("guest")
                || !is_own_kind
                || of_other.is_some_and(|(theirs, own)| theirs != own),
        }
    });
    Ok(members.collect())
}

fn message(value: &Value) -> Result<ChatMessage, Problem> {
    let kind = value["messageType"].as_str().unwrap_or("message");
    if kind != "message" {
        let reason = "an event of the service, such as who joined; an import takes none";
        return Err(Problem::new("team-event", reason));
    }
    if value["deletedDateTime"].is_string() {
        return Err(Problem::new(
            "deleted-chat-message",
            "it was deleted; nothing of it is left",
        ));
    }
    let from = &value["from"];
    let who = ["user", "application", "device"];
    let who = who
        .into_iter()
        .map(|name| &from[name])
        .find(|one| one.is_object());
    let who = who.unwrap_or(&Value::Null);
    let author = Person {
        id: if from["user"].is_object() {
            text(&who["id"])
        } else {
            String::new()
        },
        name: text(&who["displayName"]),
        address: String::new(),
    };
    let attachments = list(&value["attachments"], ATTACHMENTS_MAX, "attachments")?;
    let attachments = attachments.iter().map(|one| ChatAttachment {
        id: text(&one["id"]),
        content_type: text(&one["contentType"]),
        url: text(&one["contentUrl"]),
        name: text(&one["name"]),
    });
    let content = text(&value["body"]["content"]);
    let count = |name: &str| value[name].as_array().map_or(0, Vec::len);
    let importance = text(&value["importance"]);
    Ok(ChatMessage {
        outline: Outline {
            channel: text(&value["channelIdentity"]["channelId"]),
            author,
            created: time(&value["createdDateTime"]),
            id: text(&value["id"]),
            reply_to: text(&value["replyToId"]),
            text_bytes: content.len() as u64,
        },
        subject: text(&value["subject"]),
        importance: if importance == "normal" {
            String::new()
        } else {
            importance
        },
        is_html: value["body"]["contentType"] == "html",
        content,
        attachments: attachments.collect(),
        mentions: u32::try_from(count("mentions")).unwrap_or(u32::MAX),
        reactions: u32::try_from(count("reactions")).unwrap_or(u32::MAX),
        was_edited: value["lastEditedDateTime"].is_string(),
        ..ChatMessage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem(value: &Value) -> &'static str {
        read(value.to_string().as_bytes())
            .expect_err("a problem")
            .class
    }

    #[test]
    fn a_team_is_read_with_its_members_and_channels() {
        let team = json!({
            "displayName": "Quay", "visibility": "public", "tenantId": "t", "internalId": "19:g",
            "members": [
                {"userId": "1", "roles": ["owner"], "email": "a@old", "tenantId": "t"},
                {"userId": "2", "roles": ["guest"], "tenantId": "t"},
                {"userId": "3", "roles": [], "tenantId": "other"},
            ],
            "channels": [
                {"id": "19:a", "displayName": "Plans", "membershipType": "somethingNew"},
                {"id": "19:g", "displayName": "Allgemein", "membershipType": "standard"},
            ],
        });
        let read = read(team.to_string().as_bytes()).expect("read");
        let TeamsItem::Team(team) = read else {
            panic!("a team")
        };
        let outside: Vec<bool> = team.members.iter().map(|one| one.is_outside).collect();
        assert_eq!(outside, [false, true, true]);
        assert!(!team.is_private && team.channels[1].is_general);
        assert_eq!(
            team.channels[0].membership,
            Membership::Private,
            "not wider"
        );
    }

    #[test]
    fn what_is_no_message_is_named() {
        let of = |more: Value| {
            let mut value = json!({"id": "1", "body": {"contentType": "html", "content": ""}});
            for (name, one) in more.as_object().expect("an object") {
                value[name] = one.clone();
            }
            value
        };
        assert_eq!(
            problem(&of(json!({"messageType": "systemEventMessage"}))),
            "team-event"
        );
        assert_eq!(
            problem(&of(json!({"messageType": "unknownFutureValue"}))),
            "team-event"
        );
        let deleted = of(json!({"deletedDateTime": "2024-01-01T00:00:00Z"}));
        assert_eq!(problem(&deleted), "deleted-chat-message");
        assert_eq!(problem(&json!({"chatType": "meeting"})), "meeting-chat");
        assert_eq!(problem(&json!([])), "unreadable");
        assert_eq!(problem(&json!({"id": "1"})), "unreadable");
    }

    #[test]
    fn a_bot_is_nobody_that_could_be_mapped() {
        let value = json!({
            "id": "5", "replyToId": "4", "messageType": "message", "importance": "normal",
            "createdDateTime": "2024-01-01T00:00:00.5Z",
            "from": {"user": null, "application": {"id": "app", "displayName": "Bot"}},
            "body": {"contentType": "text", "content": "hi"},
            "channelIdentity": {"channelId": "19:g"}, "reactions": [{}, {}],
        });
        let read = read(value.to_string().as_bytes()).expect("read");
        let TeamsItem::Message(message) = read else {
            panic!("a message")
        };
        assert_eq!(message.outline.author.id, "");
        assert_eq!(
            (&*message.outline.author.name, message.reactions),
            ("Bot", 2)
        );
        assert_eq!(
            (&*message.outline.reply_to, &*message.importance),
            ("4", "")
        );
    }
}
