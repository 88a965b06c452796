//! Teams and chats: messages with author and time into channels as private as they were, members by the map, whatever happens in
//! between; and what does not come along, by name.

mod chats;
mod corpus;
mod group_mail;
mod held;
mod journey;
mod kills;
mod moments;
mod rows;
mod twins;
mod waves;
mod world;

pub(crate) use journey::exchanges;
