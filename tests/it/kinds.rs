//! Calendars, contacts and tasks from end to end: what the corpus holds arrives in the simulated tenant identical or as declared,
//! nobody is invited, nothing is doubled by faults, kills or a second plan, and a change planted in the tenant is seen.

mod beside;
mod contents;
mod corpus;
mod journey;
mod planted;

pub(crate) use journey::exchanges;
