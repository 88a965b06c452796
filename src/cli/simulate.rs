//! `unbroken simulate`: the simulated tenant alone, so that any Graph client can look at it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Run a simulated, clean Microsoft 365 tenant.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken simulate --listen 127.0.0.1:8080 --seed 7 --fault-rate 0.2

It listens on loopback addresses only.")]
pub(crate) struct Simulate {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// A folder with leaf.pem and leaf.key: HTTPS instead of HTTP.
    #[arg(long, value_name = "DIR")]
    pub(crate) tls: Option<PathBuf>,
    /// The seed of its faults and ids.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The share of requests that fail: 0 to 1.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    pub(crate) fault_rate: f64,
}

/// Reads a share between 0 and 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share lies between 0 and 1".to_owned()),
    }
}
