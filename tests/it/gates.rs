//! The gates: checks C1 to C32 and S1 to S24 over simulated tenants, evidence files, and the order in which a case may go on.

mod asked;
mod backdoors;
mod baseline;
mod documented;
mod evidence;
mod hostile;
mod kept;
mod least;
mod leftovers;
mod metadata;
mod moving;
mod paced;
mod pages;
mod paired;
pub(crate) mod road;
mod runbook;
mod scuba;
mod separation;
mod stopped;
mod waves;
mod whole_case;
mod world;
