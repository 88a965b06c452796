//! What an object is, by its message class ([MS-OXCMSG] 2.2.1.3): what is restored as what, and what is named and left.

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message.
    Mail,
    /// An appointment or a meeting in a calendar.
    Appointment,
    /// A person.
    Contact,
    /// A list of people.
    DistributionList,
    /// A sticky note.
    Note,
    /// A task in a list.
    Task,
    /// Left, under this class of the record.
    Left(&'static str),
}

/// Prefixes of classes, the longer before the shorter, and what they are.
const KINDS: [(&str, Kind); 25] = [
    ("ipm.abchperson", Kind::Left("address-book-person")),
    ("ipm.activity", Kind::Left("journal-entry")),
    ("ipm.appointment", Kind::Appointment),
    ("ipm.configuration", Kind::Left("settings")),
    ("ipm.contact", Kind::Contact),
    ("ipm.distlist", Kind::DistributionList),
    ("ipm.document", Kind::Mail),
    ("ipm.extendedrule", Kind::Left("inbox-rule")),
    ("ipm.microsoft.folderdesign", Kind::Left("settings")),
    ("ipm.microsoft.scheduledata", Kind::Left("free-busy")),
    ("ipm.microsoft.wunderbar", Kind::Left("settings")),
    ("ipm.note.rules", Kind::Left("inbox-rule")),
    ("ipm.note", Kind::Mail),
    ("ipm.ole.class", Kind::Left("calendar-exception")),
    ("ipm.outlook.recall", Kind::Mail),
    ("ipm.post", Kind::Mail),
    ("ipm.recall", Kind::Mail),
    ("ipm.rule", Kind::Left("inbox-rule")),
    ("ipm.schedule.meeting", Kind::Mail),
    ("ipm.sharing", Kind::Mail),
    ("ipm.skypeteams", Kind::Mail),
    ("ipm.stickynote", Kind::Note),
    ("ipm.taskrequest", Kind::Mail),
    ("ipm.task", Kind::Task),
    ("report.", Kind::Mail),
];

/// What an object of a class is. One that says nothing of itself is a message, as Outlook has it.
pub fn kind(class: &str) -> Kind {
    let class = class.to_lowercase();
    if matches!(class.as_str(), "" | "ipm" | "report") {
        return Kind::Mail;
    }
    let found = KINDS.iter().find(|(prefix, _)| class.starts_with(prefix));
    found.map_or(Kind::Left("unknown-class"), |(_, kind)| *kind)
}

/// Why a rule of a mailbox is held.
pub const RULE: &str = "inbox-rule";

/// What is said of an item that is hidden from people: a rule of the mailbox is told from a view or a setting.
pub fn hidden(class: &str) -> &'static str {
    let class = class.to_lowercase();
    let is_rule = ["ipm.rule", "ipm.extendedrule", "ipm.note.rules"]
        .iter()
        .any(|prefix| class.starts_with(prefix));
    if is_rule { RULE } else { "settings" }
}

/// Whether the class says that the message is signed or encrypted as one piece (RFC 8551).
pub fn is_smime(class: &str) -> bool {
    let class = class.to_lowercase();
    class.starts_with("ipm.note.smime") || class.starts_with("ipm.note.secure")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_as_they_come() {
        for (class, expected) in [
            ("", Kind::Mail),
            ("IPM.Note", Kind::Mail),
            ("IPM.Note.SMIME.MultipartSigned", Kind::Mail),
            ("REPORT.IPM.Note.NDR", Kind::Mail),
            ("IPM.Schedule.Meeting.Request", Kind::Mail),
            ("IPM.TaskRequest.Accept", Kind::Mail),
            ("ipm.task", Kind::Task),
            ("IPM.Rule.Version2.Message", Kind::Left("inbox-rule")),
            (
                "IPM.Microsoft.ScheduleData.FreeBusy",
                Kind::Left("free-busy"),
            ),
            ("Something.Else", Kind::Left("unknown-class")),
        ] {
            assert_eq!(kind(class), expected, "{class}");
        }
        assert_eq!(hidden("IPM.Rule.Version2.Message"), "inbox-rule");
        assert_eq!(hidden("IPM.Microsoft.WunderBar.Link"), "settings");
    }

    #[test]
    fn no_longer_prefix_stands_behind_a_shorter_one() {
        for (place, (prefix, _)) in KINDS.iter().enumerate() {
            let earlier = KINDS[..place]
                .iter()
                .find(|(one, _)| prefix.starts_with(one));
            assert_eq!(earlier, None, "{prefix}");
        }
    }
}
