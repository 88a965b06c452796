//! The sentences, sorted by class. How one is looked up stands beside this file.

/// What each class means. A name that ends in `/n` is a change that was made on purpose.
pub(super) const SENTENCES: &[(&str, &str)] = &[
    (
        "access-open",
        "Others can see the custodian's files already; it could be seen before it is closed.",
    ),
    (
        "added-in-breach-window",
        "It is in no copy from before the break-in; a person decides whether it is genuine.",
    ),
    (
        "address-book-person",
        "A person of a program's own address book; the new tenant has no form for it.",
    ),
    (
        "already-restored",
        "An earlier plan restored it; it is not written twice.",
    ),
    (
        "alternative-body-left-out/1",
        "The mail held its text twice; the plainer form was left out.",
    ),
    (
        "answered-message-not-restored",
        "It answers a message that could not be restored, and is not put below another.",
    ),
    (
        "answers-held-message",
        "The message that it answers is held.",
    ),
    (
        "attachment-name-made-up/1",
        "An attachment had no file name and was given one.",
    ),
    (
        "attachment-name-shortened/1",
        "The name of an attachment was longer than a file name may be and was cut.",
    ),
    (
        "attendees-left-out/1",
        "Whoever was invited was left out, as the operator chose when the plan was made.",
    ),
    (
        "attendees-into-body/1",
        "Whoever was invited stands in the text: in a list of their own they would be asked again.",
    ),
    (
        "author-not-mapped",
        "Nobody in the new tenant was named for whoever wrote it, and nobody stands in.",
    ),
    (
        "base64-in-pieces/1",
        "A part had been encoded in several pieces; all of them were decoded.",
    ),
    (
        "calendar-exception",
        "A changed day of a series without its series; a person decides.",
    ),
    (
        "cancellation-of-nothing-left-out/1",
        "A day was struck from a series that has no event on that day.",
    ),
    ("changed", "The backup was changed while it was being read."),
    (
        "changed-in-breach-window",
        "It differs from every copy from before the break-in; a person decides.",
    ),
    (
        "channel-without-owner",
        "Nobody in the new tenant owns the private channel that it belongs in.",
    ),
    (
        "charset-guessed/1",
        "It did not say, or said wrongly, how its letters are coded; that was worked out.",
    ),
    (
        "chat-author-stand-in/1",
        "Whoever wrote it is not in the new tenant; the name stands in the text.",
    ),
    (
        "chat-file-as-link/1",
        "A file that hung on a message became a link in its text.",
    ),
    (
        "chat-markup-plain/1",
        "Mark-up of a message that could run or fetch something was left out; its words stayed.",
    ),
    (
        "chat-partner-not-mapped",
        "Somebody whom the chat needs has no place in the new tenant.",
    ),
    (
        "chat-text-too-large",
        "The text is longer than a message in a team or chat may be.",
    ),
    (
        "chat-time-moved/1",
        "It shared its thousandth of a second with another message, and stands a little later.",
    ),
    (
        "column-name-plain/1",
        "The name by which programs know a column was made plain; people see what they saw.",
    ),
    (
        "contact-properties-into-notes/1",
        "What a contact has no place for in the new tenant stands in its notes.",
    ),
    (
        "content-archive",
        "An archive of a kind that the content gate does not open; two people may release it.",
    ),
    (
        "content-encrypted",
        "It is under a password, so nobody could look into it; two people may release it.",
    ),
    (
        "content-executable",
        "It can be run, or carries something that can; two people may release it.",
    ),
    (
        "content-known-bad",
        "It is, or carries, something on the case's list of known-bad files; it is never released.",
    ),
    (
        "content-macro",
        "It is, or carries, a document with macros; two people may release it.",
    ),
    (
        "content-malware",
        "A scanner or a rule names it, or something in it, as harmful; two people may release it.",
    ),
    (
        "content-not-scanned",
        "A scanner did not answer; the next restore looks at it again.",
    ),
    (
        "content-not-whole",
        "It is larger or deeper than is looked into, or damaged; two people may release it.",
    ),
    (
        "control-characters-removed/1",
        "Signs that nobody can see and that a mailbox refuses were taken out.",
    ),
    (
        "custodian-not-mapped",
        "Nobody in the new tenant was named to receive it.",
    ),
    (
        "damaged",
        "It breaks the rules of its own file, and the text beside it says where.",
    ),
    (
        "dated-after-the-backup",
        "It says that it was written after the backup was made; a person decides.",
    ),
    (
        "deleted-chat-message",
        "A message that was deleted; nothing of it is left.",
    ),
    (
        "due-from-recurrence/1",
        "A task that repeats had no day; it got the first on which it repeats.",
    ),
    (
        "earlier-version-before-the-breach",
        "The newest copy from before the break-in, in place of a later one that is held.",
    ),
    (
        "embedded-message-written-out/1",
        "A message within another had no bytes of its own and was written out as a file.",
    ),
    ("empty-card", "A card of an address book that says nothing."),
    (
        "empty-folder",
        "A folder without anything in it; no folder is made for it.",
    ),
    (
        "exchange-address-resolved-by-header/1",
        "An address of the old server was found out from the mail's own header.",
    ),
    (
        "folder-beside-another/1",
        "A folder of its name belongs to another or holds other things; it lies in one beside it.",
    ),
    (
        "folder-damaged",
        "A folder's list could not be read; there may be items that nobody can name.",
    ),
    (
        "forwarding-on",
        "All mail was sent on within the old organisation; whoever needs that sets it anew.",
    ),
    (
        "forwarding-outside",
        "All mail was sent on to somebody outside; it is never restored.",
    ),
    (
        "free-busy",
        "When somebody was free or busy; the new mailbox makes it anew.",
    ),
    (
        "further-properties-into-body/1",
        "What an event or a task has no place for in the new tenant stands in its text.",
    ),
    (
        "further-properties-into-notes/1",
        "What a card has no place for in the new tenant stands in the notes.",
    ),
    (
        "in-place-archive",
        "It lay in an archive mailbox; the operator chose to hold those.",
    ),
    (
        "into-named-folder/1",
        "It lay beside the folders that a person sees; a folder was named to receive it.",
    ),
    (
        "in-no-folder",
        "It was deleted: no folder lists it any more. A person decides.",
    ),
    (
        "inbox-rule",
        "A rule of a mailbox: it can hide mail or send it away, so a person decides.",
    ),
    (
        "journal-entry",
        "An entry of a journal; the new tenant has no form for it.",
    ),
    (
        "link-column-as-text/1",
        "A column of links or pictures became text: each entry says where its link led.",
    ),
    ("link", "A link in the backup; links are not followed."),
    (
        "link-to-new-tenant/1",
        "A link to the old tenant leads to the same thing in the new one.",
    ),
    (
        "linked-file-as-text/1",
        "An attachment was only a link to a file elsewhere; a text says where that was.",
    ),
    (
        "list-item",
        "An entry of a list of a site whose columns the copy does not hold.",
    ),
    (
        "list-template-generic/1",
        "A list that had a form of its own, such as one of tasks, became a plain list.",
    ),
    (
        "load-file",
        "A table or a report of the export itself; it is not data of a person.",
    ),
    (
        "load-file-row-without-file",
        "The export's own table names it, but it was not delivered.",
    ),
    (
        "mail-folder-name/1",
        "The name of a mail folder was changed into one that the new tenant takes.",
    ),
    (
        "mailbox-open-to-others",
        "Somebody else of the old organisation could use the mailbox; a restore lets nobody in.",
    ),
    (
        "mailbox-open-to-outside",
        "Somebody from outside, or anybody, could use the mailbox; it is never restored.",
    ),
    (
        "mbox-unquoted/1",
        "A mark that the backup had put before some lines was taken away.",
    ),
    (
        "meeting-chat",
        "A chat of a meeting; the new tenant takes none back.",
    ),
    (
        "mention-as-text/1",
        "Whoever was named in a message is named in words, and is told nothing.",
    ),
    (
        "name-beside-existing/1",
        "Another file had that name in the new tenant; this one stands beside it, renamed.",
    ),
    (
        "name-taken",
        "Another file has that name in the new tenant, and none is ever overwritten.",
    ),
    (
        "narrower-than-its-place",
        "Fewer people could see it than are in the site or team that it would lie in.",
    ),
    (
        "no-card",
        "It lies among cards of an address book and is none.",
    ),
    (
        "no-component",
        "It lies among events and tasks and is none.",
    ),
    ("no-date", "It does not say when it was written."),
    (
        "no-headers-no-body",
        "It is kept as a mail in the backup, but nothing in it reads as one.",
    ),
    ("no-items", "The file holds no event, no task and no card."),
    (
        "no-name-left",
        "No name could be made for it that the new tenant takes; a person gives it one.",
    ),
    (
        "no-place-in-outlook",
        "A kind of calendar entry that the new mailbox has no place for.",
    ),
    (
        "no-room-in-target",
        "The new mailbox or drive had no room left for it; room is made, and it is planned again.",
    ),
    ("no-start", "An event that does not say when it is."),
    (
        "not-a-calendar-or-card",
        "A file among calendars and address books that is neither.",
    ),
    (
        "not-a-data-file",
        "It is called a mailbox file, but is none that can be read.",
    ),
    (
        "not-a-message-file",
        "It is called a message file, but is none that can be read.",
    ),
    ("not-mail", "It lies among the mail, but is none."),
    (
        "not-tnef",
        "It is called winmail.dat or the like, but is none that can be read.",
    ),
    (
        "notes-as-text/1",
        "The notes of a contact were kept as plain text.",
    ),
    (
        "ole-object-as-file/1",
        "What another program had put into the text became a file.",
    ),
    (
        "outbox-into-own-folder/1",
        "It waited to be sent; it lies in a folder of its own, so that no click sends it.",
    ),
    (
        "outside-layout",
        "It lies where a backup of this kind keeps nothing.",
    ),
    (
        "outside-messages",
        "Text in the mail file that belongs to no mail.",
    ),
    (
        "page",
        "A page of a site that is not made of sections; a person decides.",
    ),
    (
        "page-name-with-key/1",
        "The address of a page ends with a mark of the restore; its title is as it was.",
    ),
    (
        "page-side-section-below/1",
        "What stood beside the text of a page stands below it.",
    ),
    (
        "page-text-plain/1",
        "Text of a page held something that could run or fetch; its words alone were kept.",
    ),
    (
        "past-reminder-turned-off/1",
        "A reminder of something that is over was turned off.",
    ),
    (
        "path-too-long",
        "Its name with all of its folders is longer than the new tenant takes.",
    ),
    (
        "raw-copy-attached/1",
        "A copy of the mail's own bytes is attached to it, as the operator chose.",
    ),
    (
        "raw-copy-beside/1",
        "A copy of the mail's own bytes lies beside it as a file, as the operator chose.",
    ),
    (
        "readback-differs",
        "What the new tenant gave back differs from what was written; it does not count.",
    ),
    (
        "reader-ended",
        "Reading it ended the process that tried it first; it may be made to do harm.",
    ),
    (
        "recoverable-items",
        "It was deleted, or kept by a legal hold of old; the operator chose to hold such items.",
    ),
    (
        "reply-as-message/1",
        "It answered a message that is not restored, and stands by itself.",
    ),
    (
        "retries-exhausted",
        "The new tenant failed again and again, and the program gave up.",
    ),
    (
        "rich-text-plain/1",
        "Rich text could run or fetch something; its words stayed.",
    ),
    (
        "rule-deletes-mail",
        "An inbox rule that deletes mail; it is never restored.",
    ),
    (
        "rule-hides-mail",
        "An inbox rule that puts mail where its owner hardly looks; it is never restored.",
    ),
    (
        "rule-not-known",
        "An inbox rule that does something that is not known here; it is never restored.",
    ),
    (
        "rule-sends-mail-on",
        "An inbox rule that sends mail on within the old organisation; it is never restored.",
    ),
    (
        "rule-sends-mail-outside",
        "An inbox rule that sends mail to somebody outside; it is never restored.",
    ),
    (
        "rule-sorts-mail",
        "An inbox rule that sorts or marks mail; whoever wants it makes it anew.",
    ),
    (
        "sent-from-last-change/1",
        "It has no date; the day on which it was last written stands for that of its sending.",
    ),
    (
        "settings",
        "Views, forms and settings that are hidden in a folder; they are not data of a person.",
    ),
    (
        "sharepoint-name-apart/1",
        "Two names differed in nothing that the new tenant tells apart; one was changed.",
    ),
    (
        "sharepoint-name-cut/1",
        "The name was longer than the new tenant takes and was cut.",
    ),
    (
        "sharepoint-name-escaped/1",
        "The name has letters that the new tenant does not take; they were written another way.",
    ),
    (
        "sharepoint-path-shortened/1",
        "The whole path was too long; it lies in a folder for such files.",
    ),
    (
        "signed-original-attached/1",
        "A signed mail has itself beside it as it came, so that its signature can be verified.",
    ),
    (
        "source-changed",
        "The backup is not any more what it was when the plan was made.",
    ),
    ("source-unreadable", "The backup could not be read there."),
    (
        "special",
        "It is no plain file, and there is nothing in it to restore.",
    ),
    (
        "taken-out-of-rtf/1",
        "The text was taken out of the form in which the old mailbox had wrapped it.",
    ),
    (
        "target-found-malware",
        "The new tenant's own scanner took it for malware and did not take it.",
    ),
    (
        "target-of-another-kind",
        "Whoever is to receive it has no place for data of this kind.",
    ),
    ("target-refused", "The new tenant does not accept it."),
    ("team-app", "An app of a team; apps are held for review."),
    (
        "team-dated-earlier/1",
        "It says that it was made up to an hour earlier: by that time it is told from others.",
    ),
    (
        "team-event",
        "An event of the service, such as who joined a team; it makes its own.",
    ),
    (
        "team-held",
        "The team or chat that it belongs into is held.",
    ),
    (
        "team-made-private/1",
        "Everybody could find the team; now only its members do.",
    ),
    (
        "team-not-in-backup",
        "The team or channel that it belongs in is not in the backup.",
    ),
    ("team-tab", "A tab of a team; tabs are held for review."),
    (
        "team-without-owner",
        "Nobody who owns the team was named in the new tenant.",
    ),
    (
        "telephone-kind-assumed/1",
        "A telephone number of no kind was taken for one at work.",
    ),
    (
        "term-column-as-text/1",
        "A column of agreed terms became text: each entry keeps the word.",
    ),
    (
        "time-taken",
        "Another message stands at the same thousandth of a second, and none is overwritten.",
    ),
    (
        "time-zone-by-its-rules/1",
        "A time zone was known by when its clocks change, since its name says nothing.",
    ),
    (
        "tnef-unpacked/1",
        "Files that Outlook had packed into one attachment were taken out of it.",
    ),
    ("too-large", "It is larger than what is read in one piece."),
    (
        "unknown-class",
        "An object of a kind that is not known; a person decides.",
    ),
    ("unreadable", "The backup could not be read there."),
    (
        "workload-not-restored",
        "Data of this kind is not restored by this version.",
    ),
];
