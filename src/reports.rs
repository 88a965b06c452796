//! What third parties receive: one report value, and the bag that carries it.

pub mod bag;
pub mod bundle;
pub mod csv;
pub mod document;
pub mod edition;
pub mod html;
pub mod json;
pub mod pdf;
pub mod printing;
pub mod report;
pub mod siem;
pub mod trust;
