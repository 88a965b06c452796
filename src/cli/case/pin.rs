//! `unbroken case pin`: which tenant is kept out, by its GUID; from then on the gates stand.

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::{gating, opening, tenant};
use super::super::output::Output;
use crate::domain::event::PinnedFacts;
use crate::error::Result;

/// Pin the compromised tenant: from now on no worker starts without a readiness certificate.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case pin --case acme --domain acme.example --domain acme.onmicrosoft.com
  unbroken case pin --case acme --tenant-id 11111111-aaaa-4aaa-8aaa-111111111111 \\
    --domain acme.example --domain acme.onmicrosoft.com

Without --tenant-id each domain is asked for the GUID of its tenant, by OpenID Connect discovery:
no account is needed for that, and all must have the same. With it nobody is asked. It cannot be
changed later. docs/gates.md says what follows from it.")]
pub(crate) struct Pin {
    #[command(flatten)]
    folder: CaseFolder,
    /// Its GUID; asked for when not given.
    #[arg(long, value_name = "GUID")]
    tenant_id: Option<String>,
    /// Where the domains are asked.
    #[arg(
        long,
        value_name = "URL",
        default_value = "https://login.microsoftonline.com"
    )]
    login_base: String,
    /// A file with further root certificates (PEM) to accept, for a rehearsal over TLS.
    #[arg(long, value_name = "FILE")]
    root_certificates: Option<std::path::PathBuf>,
    /// A domain of it; may be given again, and its initial one too.
    #[arg(long, value_name = "DOMAIN", required = true)]
    domain: Vec<String>,
    /// An app id that was homed in it; may be given again.
    #[arg(long, value_name = "ID")]
    app_id: Vec<String>,
    /// A thumbprint of a certificate of it, or the id of a key; may be given again.
    #[arg(long, value_name = "ID")]
    thumbprint: Vec<String>,
}

/// Does what was asked.
pub(super) async fn run(pin: &Pin, output: &Output) -> Result<()> {
    let journal = opening::open_folder(&pin.folder)?;
    let tenant = if let Some(id) = &pin.tenant_id {
        id.clone()
    } else {
        let roots = pin.root_certificates.as_deref();
        tenant::of_domains(&pin.login_base, &pin.domain, roots).await?
    };
    let facts = PinnedFacts {
        app_ids: Some(pin.app_id.clone()),
        domains: Some(pin.domain.clone()),
        tenant_id: Some(tenant.clone()),
        thumbprints: Some(pin.thumbprint.clone()),
    };
    gating::pin(&journal, facts).await?;
    output.answer(
        &json!({ "pinned": tenant, "domains": pin.domain }),
        &format!("pinned: tenant {tenant}\nno worker starts now without a readiness certificate"),
    );
    Ok(())
}
