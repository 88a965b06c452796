//! Every text that an item writes into the new tenant beside its body and its files: names, subjects, addresses, fields, headers.
//! Each struct is taken apart by name, so that a field that is added later does not compile until somebody says what it is.

use crate::domain::calendar_event::{Attendee, CalendarEvent, EventFacts, Series};
use crate::domain::contact::{Contact, PostalAddress};
use crate::domain::folder::FolderPath;
use crate::domain::list_item::{FieldValue, ListItem, Person};
use crate::domain::message::{Address, Attachment, Message};
use crate::domain::outlook::OutlookItem;
use crate::domain::site_item::SiteItem;
use crate::domain::site_list::{Column, ColumnKind, SiteList};
use crate::domain::site_page::SitePage;
use crate::domain::task::{ChecklistItem, Task};
use crate::domain::teams::{ChatAttachment, ChatMessage, PlannedChannel, PlannedTeam, TeamsItem};
use crate::engine::record::Work;
use crate::engine::worker::Content;

/// The texts of an item, in no order that counts; some are empty.
pub(super) fn of<'a>(work: &'a Work, content: &'a Content) -> Vec<&'a str> {
    let mut texts: Vec<&str> = vec![&work.target_name];
    match &work.target_folder {
        FolderPath::Contacts(names) | FolderPath::Drive(names) => all(names, &mut texts),
        FolderPath::Calendar(name) | FolderPath::Tasks(name) | FolderPath::Teams(name) => {
            texts.extend(name.as_deref());
        }
        FolderPath::List(name) => texts.push(name),
        FolderPath::Mail { root: _, below } => all(below, &mut texts),
    }
    match content {
        Content::File => {}
        Content::Message(message) => of_message(message, &mut texts),
        Content::Outlook(item) => match &**item {
            OutlookItem::Contact(contact) => of_contact(contact, &mut texts),
            OutlookItem::Event(event) => of_event(event, &mut texts),
            OutlookItem::Task(task) => of_task(task, &mut texts),
        },
        Content::Site(item) => match &**item {
            SiteItem::ListItem(item) => of_list_item(item, &mut texts),
            SiteItem::Page(page) => of_page(page, &mut texts),
        },
        Content::Teams(item) => match &**item {
            TeamsItem::Message(message) => of_chat_message(message, &mut texts),
            // Nothing goes into a team or chat before its own row was let in, with the names of all its channels.
            TeamsItem::Team(_) => {
                if let Some(planned) = &work.teams {
                    of_team(&planned.team, &mut texts);
                }
            }
        },
    }
    texts
}

type Texts<'a> = Vec<&'a str>;

fn of_addresses<'a>(addresses: impl IntoIterator<Item = &'a Address>, texts: &mut Texts<'a>) {
    for Address { name, address } in addresses {
        texts.extend([&**name, address]);
    }
}

fn of_files<'a>(files: &'a [Attachment], texts: &mut Texts<'a>) {
    for file in files {
        texts.extend([&*file.name, &file.content_type]);
        texts.extend(file.content_id.as_deref());
    }
}

fn all<'a>(many: &'a [String], texts: &mut Texts<'a>) {
    texts.extend(many.iter().map(|text| &**text));
}

fn of_message<'a>(message: &'a Message, texts: &mut Texts<'a>) {
    let Message {
        subject,
        from,
        sender,
        reply_to,
        to,
        cc,
        bcc,
        internet_message_id,
        in_reply_to,
        references,
        transport_headers,
        categories,
        attachments,
        sent: _,
        received: _,
        body: _,
        is_read: _,
        importance: _,
        follow_up: _,
        sensitivity: _,
        smime: _,
        transforms: _,
        deltas: _,
    } = message;
    texts.extend([&**subject, transport_headers]);
    texts.extend(
        [internet_message_id, in_reply_to, references]
            .map(|text| text.as_deref().unwrap_or_default()),
    );
    of_addresses(from.iter().chain(sender), texts);
    of_addresses(reply_to.iter().chain(to).chain(cc).chain(bcc), texts);
    all(categories, texts);
    of_files(attachments, texts);
}

fn of_facts<'a>(facts: &'a EventFacts, texts: &mut Texts<'a>) {
    let EventFacts {
        subject,
        location,
        categories,
        organizer,
        attendees,
        body: _,
        start: _,
        end: _,
        is_all_day: _,
        is_reminder_on: _,
        reminder_minutes: _,
        sensitivity: _,
        show_as: _,
        importance: _,
    } = facts;
    texts.extend([&**subject, location]);
    all(categories, texts);
    of_addresses(organizer, texts);
    for Attendee { who, role, answer } in attendees {
        of_addresses([who], texts);
        texts.extend([&**role, answer]);
    }
}

fn of_event<'a>(event: &'a CalendarEvent, texts: &mut Texts<'a>) {
    let CalendarEvent {
        uid,
        facts,
        series,
        attachments,
        transforms: _,
        deltas: _,
    } = event;
    texts.push(uid);
    of_facts(facts, texts);
    if let Some(Series {
        changed,
        recurrence: _,
        cancelled: _,
    }) = series
    {
        for facts in changed.values() {
            of_facts(facts, texts);
        }
    }
    of_files(attachments, texts);
}

fn of_contact<'a>(contact: &'a Contact, texts: &mut Texts<'a>) {
    let Contact {
        uid,
        display_name,
        file_as,
        title,
        given_name,
        middle_name,
        surname,
        generation,
        initials,
        nick_name,
        yomi_given_name,
        yomi_surname,
        yomi_company_name,
        email_addresses,
        im_addresses,
        business_phones,
        home_phones,
        mobile_phone,
        business_address,
        home_address,
        other_address,
        business_home_page,
        company_name,
        department,
        office_location,
        job_title,
        profession,
        manager,
        assistant_name,
        spouse_name,
        children,
        categories,
        members,
        birthday: _,
        personal_notes,
        photo: _,
        is_list: _,
        transforms: _,
        deltas: _,
    } = contact;
    texts.extend([uid, display_name, file_as, title, given_name, middle_name].map(|text| &**text));
    texts.extend([surname, generation, initials, nick_name, mobile_phone].map(|text| &**text));
    texts.extend([yomi_given_name, yomi_surname, yomi_company_name].map(|text| &**text));
    texts.extend([business_home_page, company_name, department].map(|text| &**text));
    texts.extend([office_location, job_title, profession, manager].map(|text| &**text));
    texts.extend([assistant_name, spouse_name, personal_notes].map(|text| &**text));
    of_addresses(email_addresses.iter().chain(members), texts);
    for many in [
        im_addresses,
        business_phones,
        home_phones,
        children,
        categories,
    ] {
        all(many, texts);
    }
    for address in [business_address, home_address, other_address] {
        let PostalAddress {
            street,
            city,
            state,
            postal_code,
            country,
        } = address;
        texts.extend([street, city, state, postal_code, country].map(|text| &**text));
    }
}

fn of_task<'a>(task: &'a Task, texts: &mut Texts<'a>) {
    let Task {
        uid,
        title,
        checklist,
        categories,
        body: _,
        start: _,
        due: _,
        completed: _,
        status: _,
        importance: _,
        reminder: _,
        recurrence: _,
        transforms: _,
        deltas: _,
    } = task;
    texts.extend([&**uid, title]);
    for ChecklistItem {
        title,
        is_checked: _,
    } in checklist
    {
        texts.push(title);
    }
    all(categories, texts);
}

fn of_list_item<'a>(item: &'a ListItem, texts: &mut Texts<'a>) {
    let ListItem {
        list,
        fields,
        people,
        attachments,
        number: _,
        lookups: _,
        transforms: _,
        deltas: _,
    } = item;
    of_list(list, texts);
    for value in fields.values() {
        match value {
            FieldValue::Number(text) | FieldValue::Text(text) => texts.push(text),
            FieldValue::Texts(many) => all(many, texts),
            FieldValue::Boolean(_) | FieldValue::Ids(_) | FieldValue::Time(_) => {}
        }
    }
    // Whoever is nobody in the new tenant becomes a text beside the column.
    for Person { address, name } in people.values().flatten() {
        texts.extend([&**address, name]);
    }
    of_files(attachments, texts);
}

fn of_list<'a>(list: &'a SiteList, texts: &mut Texts<'a>) {
    let SiteList {
        name,
        description,
        columns,
        transforms: _,
        deltas: _,
    } = list;
    texts.extend([&**name, description]);
    for column in columns {
        let Column {
            source_name: _,
            name,
            title,
            kind,
        } = column;
        texts.extend([&**name, title]);
        match kind {
            ColumnKind::Choice {
                choices,
                is_open: _,
                is_many: _,
            } => all(choices, texts),
            ColumnKind::Currency { locale } => texts.push(locale),
            ColumnKind::Lookup { list, is_many: _ } => texts.push(list),
            ColumnKind::Boolean
            | ColumnKind::DateTime { is_day: _ }
            | ColumnKind::Number
            | ColumnKind::Person { is_many: _ }
            | ColumnKind::Text {
                is_long: _,
                is_rich: _,
            } => {}
        }
    }
}

fn of_page<'a>(page: &'a SitePage, texts: &mut Texts<'a>) {
    let SitePage {
        stem,
        title,
        sections: _,
        transforms: _,
        deltas: _,
    } = page;
    texts.extend([&**stem, title]);
}

fn of_chat_message<'a>(message: &'a ChatMessage, texts: &mut Texts<'a>) {
    let ChatMessage {
        outline,
        subject,
        importance,
        attachments,
        is_html: _,
        content: _,
        hosted: _,
        hosted_missing: _,
        mentions: _,
        reactions: _,
        was_edited: _,
    } = message;
    texts.extend([&**subject, importance, &outline.author.name]);
    for attachment in attachments {
        let ChatAttachment {
            id: _,
            content_type,
            url,
            name,
        } = attachment;
        texts.extend([&**content_type, url, name]);
    }
}

fn of_team<'a>(team: &'a PlannedTeam, texts: &mut Texts<'a>) {
    let PlannedTeam {
        name,
        description,
        nickname,
        channels,
        kind: _,
        road: _,
        made_private: _,
        created: _,
        members: _,
        left_out: _,
    } = team;
    texts.extend([&**name, description, nickname]);
    for channel in channels {
        let PlannedChannel {
            name,
            description,
            id: _,
            membership: _,
            general: _,
            created: _,
            members: _,
            left_out: _,
            files_url: _,
            held: _,
        } = channel;
        texts.extend([&**name, description]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::domain::teams::Road;

    fn address(text: &str) -> Address {
        Address {
            name: format!("{text} name"),
            address: text.to_owned(),
        }
    }

    fn expect(found: &[&str], wanted: &[&str]) {
        for text in wanted {
            assert!(found.contains(text), "{text} in {found:?}");
        }
    }

    #[test]
    fn what_a_mail_says_beside_its_body_is_shown() {
        let message = Message {
            subject: "subject".to_owned(),
            from: Some(address("from")),
            bcc: vec![address("bcc")],
            transport_headers: "X-Header: x".to_owned(),
            internet_message_id: Some("<id>".to_owned()),
            categories: vec!["category".to_owned()],
            ..Message::default()
        };
        let mut found = Vec::new();
        of_message(&message, &mut found);
        let wanted = [
            "subject",
            "from",
            "from name",
            "bcc",
            "X-Header: x",
            "<id>",
            "category",
        ];
        expect(&found, &wanted);
    }

    #[test]
    fn names_of_a_team_and_of_all_its_channels_are_shown() {
        let channel = |name: &str| PlannedChannel {
            id: String::new(),
            name: name.to_owned(),
            description: format!("{name} is for"),
            membership: "standard".to_owned(),
            general: false,
            created: String::new(),
            members: Vec::new(),
            left_out: Vec::new(),
            files_url: String::new(),
            held: String::new(),
        };
        let team = PlannedTeam {
            kind: "team".to_owned(),
            road: Road::Start,
            name: "team".to_owned(),
            description: "team is for".to_owned(),
            nickname: "team-1".to_owned(),
            made_private: false,
            created: String::new(),
            members: Vec::new(),
            left_out: Vec::new(),
            channels: vec![channel("one"), channel("two")],
        };
        let mut found = Vec::new();
        of_team(&team, &mut found);
        let wanted = [
            "team",
            "team is for",
            "team-1",
            "one",
            "one is for",
            "two",
            "two is for",
        ];
        expect(&found, &wanted);
    }

    #[test]
    fn fields_lists_people_and_choices_of_a_list_item_are_shown() {
        let column = Column {
            source_name: "c".to_owned(),
            name: "column".to_owned(),
            title: "column title".to_owned(),
            kind: ColumnKind::Choice {
                choices: vec!["choice".to_owned()],
                is_open: false,
                is_many: false,
            },
        };
        let list = SiteList {
            name: "list".to_owned(),
            description: "list description".to_owned(),
            columns: vec![column],
            ..SiteList::default()
        };
        let person = Person {
            address: "person".to_owned(),
            name: "person name".to_owned(),
        };
        let item = ListItem {
            list: Arc::new(list),
            fields: BTreeMap::from([
                ("Title".to_owned(), FieldValue::Text("title".to_owned())),
                ("a".to_owned(), FieldValue::Texts(vec!["texts".to_owned()])),
            ]),
            people: BTreeMap::from([("p".to_owned(), vec![person])]),
            ..ListItem::default()
        };
        let mut found = Vec::new();
        of_list_item(&item, &mut found);
        let wanted = [
            "list",
            "list description",
            "column title",
            "choice",
            "title",
            "texts",
            "person",
            "person name",
        ];
        expect(&found, &wanted);
    }
}
