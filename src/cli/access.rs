//! Arguments that several commands share: the case's folder, key files, the way into the target.

use std::path::PathBuf;

use clap::Args;

use super::key_file::Passphrases;
use super::keyring::KeyRing;

/// The folder of the case.
#[derive(Args, Clone, Debug)]
pub(crate) struct CaseFolder {
    /// The folder of the case: its ledger, its checkpoint, its keys.
    #[arg(long, value_name = "DIR")]
    pub(crate) case: PathBuf,
    /// The folder with the key files that this step signs with; the case's own when not given. The
    /// machine's own (log, service, vault) are taken from the case where they are not in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    /// A file with the passphrase of the key files; else UNBROKEN_KEY_PASSPHRASE, else it is asked for.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl CaseFolder {
    /// The key files of this step.
    pub(crate) fn ring(&self) -> KeyRing {
        let own = self.case.join("keys");
        let folder = self.keys.clone().unwrap_or_else(|| own.clone());
        KeyRing::at(folder, Passphrases::new(self.passphrase_file.as_deref())).with_machine(own)
    }
}

/// How to reach the clean tenant, and as whom. Secrets come from files only: arguments can be read
/// by every process of the machine.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetAccess {
    /// Where tokens come from.
    #[arg(
        long,
        value_name = "URL",
        default_value = "https://login.microsoftonline.com"
    )]
    pub(crate) login_base: String,
    /// Where Graph answers.
    #[arg(
        long,
        value_name = "URL",
        default_value = "https://graph.microsoft.com/v1.0"
    )]
    pub(crate) graph_base: String,
    /// The tenant's id or one of its domains.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The application (client) id of the restore application.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// The application's certificate (PEM); goes with --private-key.
    #[arg(long, value_name = "FILE", requires = "private_key")]
    pub(crate) certificate: Option<PathBuf>,
    /// The certificate's private key (PKCS#8 PEM).
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) private_key: Option<PathBuf>,
    /// A file that holds the application's client secret, instead of a certificate.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "certificate",
        required_unless_present = "certificate"
    )]
    pub(crate) secret_file: Option<PathBuf>,
    /// A file with further root certificates (PEM) to accept, for a rehearsal over TLS.
    #[arg(long, value_name = "FILE")]
    pub(crate) root_certificates: Option<PathBuf>,
}

impl TargetAccess {
    /// Whether the tenant is one on this machine: Microsoft's is never.
    pub(crate) fn is_simulated(&self) -> bool {
        let host = self.graph_base.split("://").nth(1).unwrap_or_default();
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|own| {
            host.strip_prefix(own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        })
    }
}

/// Reads the instant of `--as-of` and its kin: RFC 3339.
pub(crate) fn instant(text: &str) -> Result<chrono::DateTime<chrono::Utc>, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&chrono::Utc))
        .map_err(|_| "an instant looks like 2026-03-01T00:00:00Z".to_owned())
}
