//! `unbroken case pin`: which tenant is kept out, by its GUID; from then on the gates stand.

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::flow::{gating, opening};
use super::super::output::Output;
use crate::domain::event::PinnedFacts;
use crate::error::Result;

/// Pin the compromised tenant: from now on no worker starts without a readiness certificate.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case pin --case acme --tenant-id 11111111-aaaa-4aaa-8aaa-111111111111 \\
    --domain acme.example --domain acme.onmicrosoft.com

The GUID stands in https://login.microsoftonline.com/DOMAIN/v2.0/.well-known/openid-configuration,
as part of `issuer`. It cannot be changed later. docs/gates.md says what follows from it.")]
pub(crate) struct Pin {
    #[command(flatten)]
    folder: CaseFolder,
    /// Its GUID.
    #[arg(long, value_name = "GUID")]
    tenant_id: String,
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
    let facts = PinnedFacts {
        app_ids: Some(pin.app_id.clone()),
        domains: Some(pin.domain.clone()),
        tenant_id: Some(pin.tenant_id.clone()),
        thumbprints: Some(pin.thumbprint.clone()),
    };
    gating::pin(&journal, facts).await?;
    output.answer(
        &json!({ "pinned": pin.tenant_id, "domains": pin.domain }),
        &format!(
            "pinned: tenant {}\nno worker starts now without a readiness certificate",
            pin.tenant_id
        ),
    );
    Ok(())
}
