//! The pure centre: values, decisions and their events. No clock, no randomness, no files, no network.

pub mod case;
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
pub mod plan;
pub mod pseudonym;
pub mod refusal;
pub mod seal_key;
pub mod semantic;
pub mod sharepoint_name;
