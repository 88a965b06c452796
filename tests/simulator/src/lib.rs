//! A simulated clean Microsoft 365 tenant over real HTTP on loopback, written from the documentation and without a type
//! from our Graph client: if both misread a page in the same way, no test would notice.

mod access;
mod accounts;
mod answer;
mod batch;
mod broken;
mod calendar;
mod clock;
mod config;
mod connection;
mod contacts;
mod desk;
mod directory;
mod directory_answers;
mod domains;
mod drive;
mod durable;
mod exchanges;
mod faults;
mod inspect;
mod kept;
mod licences;
mod mail;
mod quick_xor;
mod quotas;
mod request;
mod route;
mod server;
mod sites;
mod stored;
mod teams;
mod tenant;
#[cfg(test)]
mod tests;
mod todo;
mod token;
mod users;

pub use access::AccessChange;
pub use clock::{ClockMode, VirtualClock};
pub use config::{AppSpec, Config, SimulatorError, TenantSpec, TlsFiles, UserSpec};
pub use desk::Desk;
pub use directory::{Directory, Names as DirectoryNames};
pub use exchanges::Exchange;
pub use faults::{FaultKind, Faults, OneShot};
pub use inspect::{DriveFile, Inspect, Planted, Remembered, RequestLine, StoredMessage};
pub use kept::StoredItem;
pub use quick_xor::QuickXor;
pub use quotas::{Lane, Meter, Quotas, Throttled, Used};
pub use server::{Running, Simulator};
pub use sites::stored::{StoredList, StoredListItem};
pub use teams::{PeopleChange, StoredPost, StoredThread};
