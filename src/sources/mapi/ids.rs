//! The ids of the properties that are read, by the names that [MS-OXPROPS] gives them, shortened; what a value means stands beside
//! whoever reads it.

use super::properties::{Guid, Key};

macro_rules! tagged {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)+) => {
        $($(#[$doc])* pub const $name: Key = Key::Tag($id);)+
    };
}

tagged! {
    /// `PidTagImportance`
    IMPORTANCE = 0x0017;
    /// `PidTagMessageClass`
    MESSAGE_CLASS = 0x001A;
    /// `PidTagSubject`
    SUBJECT = 0x0037;
    /// `PidTagClientSubmitTime`
    CLIENT_SUBMIT_TIME = 0x0039;
    /// `PidTagSentRepresentingEntryId`
    SENT_REPRESENTING_ENTRY_ID = 0x0041;
    /// `PidTagSentRepresentingName`
    SENT_REPRESENTING_NAME = 0x0042;
    /// `PidTagReplyRecipientEntries`
    REPLY_RECIPIENT_ENTRIES = 0x004F;
    /// `PidTagReplyRecipientNames`
    REPLY_RECIPIENT_NAMES = 0x0050;
    /// `PidTagSentRepresentingAddressType`
    SENT_REPRESENTING_ADDRESS_TYPE = 0x0064;
    /// `PidTagSentRepresentingEmailAddress`
    SENT_REPRESENTING_EMAIL_ADDRESS = 0x0065;
    /// `PidTagConversationTopic`
    CONVERSATION_TOPIC = 0x0070;
    /// `PidTagTransportMessageHeaders`
    TRANSPORT_MESSAGE_HEADERS = 0x007D;
    /// `PidTagRecipientType`
    RECIPIENT_TYPE = 0x0C15;
    /// `PidTagSenderEntryId`
    SENDER_ENTRY_ID = 0x0C19;
    /// `PidTagSenderName`
    SENDER_NAME = 0x0C1A;
    /// `PidTagSenderAddressType`
    SENDER_ADDRESS_TYPE = 0x0C1E;
    /// `PidTagSenderEmailAddress`
    SENDER_EMAIL_ADDRESS = 0x0C1F;
    /// `PidTagMessageDeliveryTime`
    MESSAGE_DELIVERY_TIME = 0x0E06;
    /// `PidTagMessageFlags`
    MESSAGE_FLAGS = 0x0E07;
    /// `PidTagHasAttachments`
    HAS_ATTACHMENTS = 0x0E1B;
    /// `PidTagNormalizedSubject`
    NORMALIZED_SUBJECT = 0x0E1D;
    /// `PidTagRtfInSync`
    RTF_IN_SYNC = 0x0E1F;
    /// `PidTagAttachSize`
    ATTACH_SIZE = 0x0E20;
    /// `PidTagBody`
    BODY = 0x1000;
    /// `PidTagRtfCompressed`
    RTF_COMPRESSED = 0x1009;
    /// `PidTagHtml`, and `PidTagBodyHtml` where it is a text
    HTML = 0x1013;
    /// `PidTagNativeBody`
    NATIVE_BODY = 0x1016;
    /// `PidTagInternetMessageId`
    INTERNET_MESSAGE_ID = 0x1035;
    /// `PidTagInternetReferences`
    INTERNET_REFERENCES = 0x1039;
    /// `PidTagInReplyToId`
    IN_REPLY_TO_ID = 0x1042;
    /// `PidTagFlagStatus`
    FLAG_STATUS = 0x1090;
    /// `PidTagDisplayName`
    DISPLAY_NAME = 0x3001;
    /// `PidTagAddressType`
    ADDRESS_TYPE = 0x3002;
    /// `PidTagEmailAddress`
    EMAIL_ADDRESS = 0x3003;
    /// `PidTagCreationTime`
    CREATION_TIME = 0x3007;
    /// `PidTagLastModificationTime`
    LAST_MODIFICATION_TIME = 0x3008;
    /// `PidTagStoreSupportMask`
    STORE_SUPPORT_MASK = 0x340D;
    /// `PidTagIpmSubTreeEntryId`
    IPM_SUB_TREE_ENTRY_ID = 0x35E0;
    /// `PidTagIpmOutboxEntryId`
    IPM_OUTBOX_ENTRY_ID = 0x35E2;
    /// `PidTagIpmWastebasketEntryId`
    IPM_WASTEBASKET_ENTRY_ID = 0x35E3;
    /// `PidTagIpmSentMailEntryId`
    IPM_SENT_MAIL_ENTRY_ID = 0x35E4;
    /// `PidTagContainerClass`
    CONTAINER_CLASS = 0x3613;
    /// `PidTagIpmAppointmentEntryId`
    IPM_APPOINTMENT_ENTRY_ID = 0x36D0;
    /// `PidTagIpmContactEntryId`
    IPM_CONTACT_ENTRY_ID = 0x36D1;
    /// `PidTagIpmNoteEntryId`
    IPM_NOTE_ENTRY_ID = 0x36D3;
    /// `PidTagIpmTaskEntryId`
    IPM_TASK_ENTRY_ID = 0x36D4;
    /// `PidTagIpmDraftsEntryId`
    IPM_DRAFTS_ENTRY_ID = 0x36D7;
    /// `PidTagAdditionalRenEntryIds`
    ADDITIONAL_REN_ENTRY_IDS = 0x36D8;
    /// `PidTagAttachDataBinary`, or the object within
    ATTACH_DATA = 0x3701;
    /// `PidTagAttachEncoding`
    ATTACH_ENCODING = 0x3702;
    /// `PidTagAttachExtension`
    ATTACH_EXTENSION = 0x3703;
    /// `PidTagAttachFilename`
    ATTACH_FILENAME = 0x3704;
    /// `PidTagAttachMethod`
    ATTACH_METHOD = 0x3705;
    /// `PidTagAttachLongFilename`
    ATTACH_LONG_FILENAME = 0x3707;
    /// `PidTagAttachPathname`
    ATTACH_PATHNAME = 0x3708;
    /// `PidTagAttachLongPathname`
    ATTACH_LONG_PATHNAME = 0x370D;
    /// `PidTagAttachMimeTag`
    ATTACH_MIME_TAG = 0x370E;
    /// `PidTagAttachContentId`
    ATTACH_CONTENT_ID = 0x3712;
    /// `PidTagAttachFlags`
    ATTACH_FLAGS = 0x3714;
    /// `PidTagSmtpAddress`
    SMTP_ADDRESS = 0x39FE;
    /// `PidTagInternetCodepage`
    INTERNET_CODEPAGE = 0x3FDE;
    /// `PidTagMessageLocaleId`
    MESSAGE_LOCALE_ID = 0x3FF1;
    /// `PidTagMessageCodepage`
    MESSAGE_CODEPAGE = 0x3FFD;
    /// `PidTagSenderSmtpAddress`
    SENDER_SMTP_ADDRESS = 0x5D01;
    /// `PidTagSentRepresentingSmtpAddress`
    SENT_REPRESENTING_SMTP_ADDRESS = 0x5D02;
    /// `PidTagRecipientDisplayName`
    RECIPIENT_DISPLAY_NAME = 0x5FF6;
    /// `PidTagAttachmentHidden`
    ATTACHMENT_HIDDEN = 0x7FFE;
}

/// `PS_PUBLIC_STRINGS`, as it is stored.
pub const PUBLIC_STRINGS: Guid = Guid::of(0x0002_0329, 0, 0);
/// `PSETID_Common`
pub const COMMON: Guid = Guid::of(0x0006_2008, 0, 0);
/// `PSETID_Appointment`
pub const APPOINTMENT: Guid = Guid::of(0x0006_2002, 0, 0);
/// `PSETID_Address`
pub const ADDRESS: Guid = Guid::of(0x0006_2004, 0, 0);
/// `PSETID_Task`
pub const TASK: Guid = Guid::of(0x0006_2003, 0, 0);
/// `PSETID_Note`
pub const NOTE: Guid = Guid::of(0x0006_200E, 0, 0);
/// `PS_MAPI`
pub const MAPI: Guid = Guid::of(0x0002_0328, 0, 0);

/// `PidNameKeywords`: the categories.
pub fn keywords() -> Key {
    Key::Name(PUBLIC_STRINGS, "Keywords".to_owned())
}
