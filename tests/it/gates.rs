//! The gates: checks C1 to C32 and S1 to S24 over simulated tenants, evidence files, and the order in which a case may go on.

mod backdoors;
mod baseline;
mod documented;
mod evidence;
mod hostile;
mod metadata;
pub(crate) mod road;
mod runbook;
mod scuba;
mod separation;
mod world;
