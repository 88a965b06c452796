//! What third parties receive: one report value, and the bag that carries it.

pub mod bag;
pub mod bundle;
pub mod trust;
