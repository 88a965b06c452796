//! What the sample's people wrote and kept, at the first restore point and at the second; writes nothing.

use base64ct::{Base64, Encoding as _};
use chrono::{DateTime, TimeZone, Utc};

use crate::domain::folder::WellKnownFolder::{self, Archive, Inbox, MessageFolderRoot, SentItems};

/// Somebody in the old tenant.
pub(super) struct Person {
    pub(super) address: &'static str,
    name: &'static str,
    project: &'static str,
}

/// Ascending by address.
pub(super) const PEOPLE: [Person; 3] = [
    Person {
        address: "alice@harbour-old.example",
        name: "Alice Arends",
        project: "Quay 7",
    },
    Person {
        address: "bob@harbour-old.example",
        name: "Bob Bäcker",
        project: "Crane overhaul",
    },
    Person {
        address: "carol@harbour-old.example",
        name: "Carol Çelik",
        project: "Ledger migration",
    },
];

/// A mail before it is MIME.
pub(super) struct Drafted {
    pub(super) id: String,
    pub(super) root: WellKnownFolder,
    pub(super) below: &'static [&'static str],
    pub(super) sent: DateTime<Utc>,
    pub(super) is_read: bool,
    pub(super) is_important: bool,
    pub(super) is_flagged: bool,
    pub(super) categories: &'static [&'static str],
    message_id: String,
    from: (&'static str, &'static str),
    to: Vec<&'static Person>,
    subject: String,
    text: String,
    html: Option<String>,
    attachments: Vec<(String, &'static str, Vec<u8>)>,
}

/// A file of a drive.
pub(super) struct Stored {
    pub(super) id: &'static str,
    pub(super) folders: &'static [&'static str],
    pub(super) name: &'static str,
    pub(super) content: Vec<u8>,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    pub(super) readers: &'static [&'static str],
    pub(super) has_open_link: bool,
}

/// An instant of the sample.
pub(super) fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, hour, minute, 0)
        .single()
        .expect("a date of the calendar")
}

/// A person's mail as of a restore point (0 or 1).
pub(super) fn mails(person: &'static Person, point: usize) -> Vec<Drafted> {
    let mut mails = everyday(person);
    match person.address.split('@').next() {
        Some("alice") => mails.push(with_large_attachment(person)),
        Some("bob") => mails.extend((1..=3).map(|copy| identical(person, copy))),
        _ => {}
    }
    if point == 1 {
        mails.retain(|mail| mail.id != "project-1");
        mails.extend(since_september(person));
    }
    mails
}

fn everyday(person: &'static Person) -> Vec<Drafted> {
    let others: Vec<&'static Person> = PEOPLE
        .iter()
        .filter(|one| one.address != person.address)
        .collect();
    let mut mails = Vec::new();
    for number in 1..=4_u32 {
        let other = others[number as usize % 2];
        let mut mail = draft(person, &format!("project-{number}"), other, person);
        mail.below = &["Projects"];
        mail.sent = at(2026, 6, number * 3, 7 + number, 12);
        mail.subject = format!("{} – week {number}", person.project);
        mail.text = format!(
            "Hello {},\n\nweek {number} is done.\n\n{}\n",
            person.name, other.name
        );
        mail.html = Some(format!(
            "<html><body><p>Hello <b>{}</b>,</p><p>week {number} is done.</p>{}</body></html>",
            person.name, other.name
        ));
        mail.is_read = number < 4;
        if number == 2 {
            let table = (1..=20).map(|row| format!("{row};{};{}\n", row * 17, other.name));
            let table: String = table.collect();
            let name = "Übersicht.csv".to_owned();
            mail.attachments
                .push((name, "text/csv", table.into_bytes()));
        }
        mails.push(mail);
    }
    for number in 1..=3_u32 {
        let other = others[number as usize % 2];
        let mut mail = draft(person, &format!("sent-{number}"), person, other);
        mail.root = SentItems;
        mail.sent = at(2026, 7, number * 4, 15, 30 + number);
        mail.subject = format!("Re: {} – week {number}", person.project);
        mail.text = format!(
            "Thanks, {}.\n\nFrom the quay,\n{}\n",
            other.name, person.name
        );
        mail.is_read = true;
        mails.push(mail);
    }
    let mut old = draft(person, "archived", others[0], person);
    old.root = Archive;
    old.below = &["2025"];
    old.sent = at(2025, 12, 19, 16, 0);
    old.say(
        "Season's greetings / Frohe Festtage / 新年快乐",
        "Until January!\n",
    );
    old.is_read = true;
    mails.push(old);
    let mut flagged = draft(person, "contract", others[1], person);
    flagged.root = MessageFolderRoot;
    flagged.below = &["Lieferanten & Verträge"];
    flagged.sent = at(2026, 8, 20, 9, 5);
    flagged.say("Contract to sign", "Please sign by Friday.\n");
    flagged.is_important = true;
    flagged.is_flagged = true;
    flagged.categories = &["Contracts"];
    let pdf = b"%PDF-1.4\n% a contract, as far as this sample goes\n%%EOF\n".to_vec();
    let name = "contract.pdf".to_owned();
    flagged.attachments.push((name, "application/pdf", pdf));
    mails.push(flagged);
    mails
}

fn with_large_attachment(person: &'static Person) -> Drafted {
    let mut mail = draft(person, "large", &PEOPLE[1], person);
    mail.sent = at(2026, 8, 3, 11, 0);
    mail.say("Survey of the quay wall (large)", "The scan is attached.\n");
    let scan = noise(3_500_000, 7);
    let name = "scan.bin".to_owned();
    mail.attachments
        .push((name, "application/octet-stream", scan));
    mail
}

/// Three mails with the same bytes, in one folder: three items, by their ids.
fn identical(person: &'static Person, copy: u32) -> Drafted {
    let mut mail = draft(person, "alarm", &PEOPLE[2], person);
    mail.id = format!("alarm-copy-{copy}");
    mail.below = &["Alarms"];
    mail.sent = at(2026, 8, 11, 3, 3);
    mail.say("Crane 2: overload", "Overload at 03:03.\n");
    mail
}

/// What came after the first restore point: before the breach, and in it.
fn since_september(person: &'static Person) -> Vec<Drafted> {
    let other = if person.address == PEOPLE[0].address {
        &PEOPLE[1]
    } else {
        &PEOPLE[0]
    };
    let mut honest = draft(person, "september", other, person);
    honest.sent = at(2026, 9, 14, 10, 0);
    honest.say("Minutes of 14 September", "Agreed: nothing changes.\n");
    let mut bait = draft(person, "bait", other, person);
    bait.from = ("Harbour IT", "it-support@harbour-0ld.example");
    bait.sent = at(2026, 10, 3, 2, 41);
    bait.say(
        "Your mailbox is almost full",
        "Sign in: https://login.harbour-0ld.example/\n",
    );
    bait.html = Some(
        "<html><body><p>Sign in <a href=\"https://login.harbour-0ld.example/\">here</a>.</p>\
         </body></html>"
            .to_owned(),
    );
    let mut late = draft(person, "october", other, person);
    late.sent = at(2026, 10, 12, 8, 30);
    late.say(
        "New bank details",
        "From now on please pay to XX00 1234 5678 9012.\n",
    );
    vec![honest, bait, late]
}

fn draft(owner: &Person, id: &str, from: &'static Person, to: &'static Person) -> Drafted {
    let mailbox = owner.address.split('@').next().unwrap_or_default();
    Drafted {
        id: id.to_owned(),
        root: Inbox,
        below: &[],
        sent: at(2026, 1, 1, 0, 0),
        is_read: false,
        is_important: false,
        is_flagged: false,
        categories: &[],
        message_id: format!("{id}.{mailbox}@mail.harbour-old.example"),
        from: (from.name, from.address),
        to: vec![to],
        subject: String::new(),
        text: String::new(),
        html: None,
        attachments: Vec::new(),
    }
}

impl Drafted {
    fn say(&mut self, subject: &str, text: &str) {
        subject.clone_into(&mut self.subject);
        text.clone_into(&mut self.text);
    }

    /// The message as a mail server would hand it over.
    pub(super) fn mime(&self) -> Vec<u8> {
        let date = self.sent.format("%a, %d %b %Y %H:%M:%S +0000");
        let to: Vec<String> = self
            .to
            .iter()
            .map(|person| mailbox((person.name, person.address)))
            .collect();
        let mut text = format!(
            "Received: from mail.harbour-old.example by mx.harbour-old.example; {date}\r\n\
             From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{}>\r\n\
             MIME-Version: 1.0\r\n",
            mailbox(self.from),
            to.join(", "),
            word(&self.subject),
            self.message_id
        );
        let body = self.body();
        if self.attachments.is_empty() {
            text.push_str(&body);
            return text.into_bytes();
        }
        text.push_str("Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\n");
        text.push_str(&body);
        for (name, kind, content) in &self.attachments {
            text.push_str("\r\n--outer\r\n");
            text.push_str(&attachment_headers(name, kind));
            text.push_str(&wrapped(content));
        }
        text.push_str("\r\n--outer--\r\n");
        text.into_bytes()
    }

    fn body(&self) -> String {
        let part = |kind: &str, content: &str| {
            format!(
                "Content-Type: text/{kind}; charset=utf-8\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{}",
                wrapped(content.replace('\n', "\r\n").as_bytes())
            )
        };
        match &self.html {
            None => part("plain", &self.text),
            Some(html) => format!(
                "Content-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n\
                 --inner\r\n{}\r\n--inner\r\n{}\r\n--inner--\r\n",
                part("plain", &self.text),
                part("html", html)
            ),
        }
    }
}

fn attachment_headers(name: &str, kind: &str) -> String {
    format!(
        "Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename*=UTF-8''{}\r\n\r\n",
        percent(name)
    )
}

fn mailbox((name, address): (&str, &str)) -> String {
    format!("{} <{address}>", word(name))
}

fn word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    format!("=?utf-8?B?{}?=", Base64::encode_string(text.as_bytes()))
}

fn wrapped(content: &[u8]) -> String {
    let encoded = Base64::encode_string(content);
    let mut text = String::with_capacity(encoded.len() / 76 * 78 + 80);
    for (number, letter) in encoded.chars().enumerate() {
        if number > 0 && number % 76 == 0 {
            text.push_str("\r\n");
        }
        text.push(letter);
    }
    text
}

fn percent(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Bytes that do not compress, the same every time (xorshift64).
fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1 << 40;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// A person's files as of a restore point (0 or 1).
pub(super) fn files(person: &Person, point: usize) -> Vec<Stored> {
    let mut files = match person.address.split('@').next() {
        Some("alice") => plain_files(),
        Some("bob") => odd_files(),
        _ => carols_files(),
    };
    if point == 1 {
        for file in &mut files {
            if file.id == "payment" {
                file.content = b"Pay to XX00 1234 5678 9012\n".to_vec();
                file.modified = at(2026, 10, 5, 1, 17);
            }
        }
        let mut note = stored("since", "Notes of September.txt", b"written in September\n");
        note.created = at(2026, 9, 20, 10, 0);
        note.modified = note.created;
        let mut ransom = stored("ransom", "READ_ME_TO_RECOVER.txt", b"your files are ours\n");
        ransom.created = at(2026, 10, 6, 2, 2);
        ransom.modified = ransom.created;
        files.extend([note, ransom]);
    }
    files
}

fn stored(id: &'static str, name: &'static str, content: &[u8]) -> Stored {
    Stored {
        id,
        folders: &[],
        name,
        content: content.to_vec(),
        created: at(2025, 3, 4, 5, 6),
        modified: at(2026, 2, 3, 4, 5),
        readers: &[],
        has_open_link: false,
    }
}

fn plain_files() -> Vec<Stored> {
    let mut plan = stored("plan", "Plan.txt", b"1. survey\n2. repair\n");
    plan.folders = &["Quay 7", "2026"];
    plan.readers = &["bob@harbour-old.example"];
    let mut drawing = stored(
        "drawing",
        "wall.svg",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n",
    );
    drawing.folders = &["Quay 7", "2026", "Drawings"];
    drawing.has_open_link = true;
    let empty = stored("empty", "empty.txt", b"");
    vec![plan, drawing, empty]
}

/// Names that SharePoint takes only changed, twins that differ by case or by normal form, and a file above the small-upload limit.
fn odd_files() -> Vec<Stored> {
    let mut odd = vec![
        stored("device", "CON.txt", b"a device name\n"),
        stored(
            "colon",
            "report: final?.txt",
            b"characters that SharePoint refuses\n",
        ),
        stored("dot", "trailing dot.", b"a trailing dot\n"),
        stored("space", " leading space.txt", b"a leading space\n"),
        stored("lock", "~$budget.docx", b"an owner file\n"),
        stored("percent", "100% #1.txt", b"characters that need escaping\n"),
        stored("nfc", "Caf\u{e9}.txt", b"composed\n"),
        stored("nfd", "Cafe\u{301}.txt", b"decomposed\n"),
        stored("upper", "Twin.txt", b"upper\n"),
        stored("lower", "twin.txt", b"lower\n"),
        stored("cjk", "起重机.txt", "起重机\n".as_bytes()),
    ];
    for file in &mut odd {
        file.folders = &["Odd names"];
    }
    let mut large = stored("large", "overhaul.bin", &noise(4_200_000, 11));
    large.folders = &["Crane overhaul"];
    odd.push(large);
    odd
}

fn carols_files() -> Vec<Stored> {
    let mut payment = stored(
        "payment",
        "Payment details.txt",
        b"Pay to XX99 8765 4321 0000\n",
    );
    payment.folders = &["Finance"];
    payment.readers = &["alice@harbour-old.example", "bob@harbour-old.example"];
    let mut table = stored(
        "accounts",
        "accounts.csv",
        b"account;balance\n1000;17\n2000;4\n",
    );
    table.folders = &["Finance", "2026"];
    vec![payment, table]
}
