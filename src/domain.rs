//! The pure centre: values, decisions and their events. No clock, no randomness, no files, no network.

pub mod file;
pub mod folder;
pub mod item;
pub mod message;
