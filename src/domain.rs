//! The pure centre: values, decisions and their events. No clock, no randomness, no files, no network.

pub mod access;
pub mod calendar_event;
pub mod case;
pub mod contact;
pub mod custodian;
pub mod event;
pub mod file;
pub mod folder;
pub mod hold;
pub mod html_text;
pub mod identity;
pub mod item;
pub mod item_key;
pub mod mailbox_fit;
pub mod message;
pub mod outlook;
pub mod outlook_fit;
pub mod plan;
pub mod pseudonym;
pub mod recurrence;
pub mod refusal;
pub mod seal_key;
pub mod semantic;
pub mod sharepoint_name;
pub mod task;
pub mod time_zone;
