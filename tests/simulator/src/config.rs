//! What a simulated tenant is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::clock::ClockMode;
use crate::faults::Faults;
use crate::quotas::Quotas;

/// A user of the tenant.
#[derive(Clone, Debug)]
pub struct UserSpec {
    /// The principal name.
    pub user_principal_name: String,
    /// The display name.
    pub display_name: String,
}

/// An app registration.
#[derive(Clone, Debug)]
pub struct AppSpec {
    /// The application (client) id.
    pub client_id: String,
    /// A client secret.
    pub secret: Option<String>,
    /// A registered certificate, PEM.
    pub certificate_pem: Option<String>,
    /// Application permissions that an admin consented to.
    pub roles: Vec<String>,
}

/// The tenant.
#[derive(Clone, Debug)]
pub struct TenantSpec {
    /// Its GUID.
    pub tenant_id: String,
    /// Its name.
    pub display_name: String,
    /// Its default domain.
    pub domain: String,
    /// Users that are there and provisioned from the start.
    pub users: Vec<UserSpec>,
    /// App registrations.
    pub apps: Vec<AppSpec>,
    /// A bearer token, known beforehand and never expiring, that may read everything: for clients that bring their own.
    pub static_token: Option<String>,
}

/// A folder with `leaf.pem` and `leaf.key`, or `cert.pem` and `key.pem`.
#[derive(Clone, Debug)]
pub struct TlsFiles(pub PathBuf);

/// Everything.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen: loopback only.
    pub listen: SocketAddr,
    /// Serve HTTPS.
    pub tls: Option<TlsFiles>,
    /// Seeds ids and faults.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// Who is there.
    pub tenant: TenantSpec,
    /// What is enforced.
    pub quotas: Quotas,
    /// Whose time.
    pub clock: ClockMode,
    /// Serve `/_simulator/…`: the simulator's own truth, and its switches.
    pub inspection: bool,
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// An address that others could reach.
    #[error("{0} is not a loopback address; the simulated tenant is for this machine only")]
    NotLoopback(SocketAddr),
    /// The certificate cannot be used.
    #[error("{path}: {reason}")]
    Tls {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The socket cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
