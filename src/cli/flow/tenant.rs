//! The way into the clean tenant, from what the command line names; secrets are read from files here.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

use secrecy::SecretString;

use super::super::access::TargetAccess;
use super::patience::patiently;
use super::restoring::RealTime;
use super::{meaning, target_meaning};
use crate::clock::SystemClock;
use crate::domain::refusal::Refusal;
use crate::engine::governor::{Governor, Quotas};
use crate::engine::turnstile::{SharedGovernor, Turnstile};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Journal;
use crate::targets::graph::{Credential, Graph, Settings, tenant_of};
use crate::targets::{Target as _, TargetError};

/// Larger than any key, certificate chain or secret.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A way into the tenant, and the count of what is sent there.
pub(crate) struct Way {
    pub(crate) graph: Graph,
    pub(crate) governor: SharedGovernor,
}

/// Opens the way to the tenant that the case is connected to, under the quotas of the smallest one.
pub(crate) async fn of_case(journal: &Journal, access: &TargetAccess) -> Result<Graph> {
    let way = of_case_under(journal, access, Quotas::default()).await?;
    Ok(way.graph)
}

/// The same under the quotas that are given. Whoever answers says first who it is: a shell that still names the old tenant reaches
/// neither that one nor any third.
pub(crate) async fn of_case_under(
    journal: &Journal,
    access: &TargetAccess,
    quotas: Quotas,
) -> Result<Way> {
    let way = open_under(access, quotas)?;
    let case = journal.case().map_err(meaning)?;
    // Refused before a token is asked for, where nothing is connected.
    if case.target.is_none() {
        return Err(Error::new(ErrorKind::GateRefused, Refusal::NoTarget)
            .hint("`unbroken case connect` comes first"));
    }
    let found = patiently(|| way.graph.organization()).await;
    let found = found.map_err(|error| unreached(access, error))?;
    case.check_answers(&found.tenant_id, access.is_simulated())
        .map_err(|refusal| {
            let text = format!("{}: is tenant {}", access.tenant, found.tenant_id);
            Error::new(ErrorKind::GateRefused, refusal)
                .while_doing(text)
                .hint("--tenant names what `case connect` recorded; nothing was written")
        })?;
    Ok(way)
}

/// Where nobody answered: the host stands in no error of the calls, which go on record.
pub(crate) fn unreached(access: &TargetAccess, error: TargetError) -> Error {
    let is_silent = error.status == 0;
    let (base, option) = if error.is_of_sign_in() {
        (&access.login_base, "--login-base")
    } else {
        (&access.graph_base, "--graph-base")
    };
    let hint =
        format!("{base} was asked: look at the network and the proxy; {option} names another");
    let error = target_meaning(error);
    if is_silent { error.hint(hint) } else { error }
}

/// Opens a way under the quotas of the smallest tenant; nothing is sent yet, and nobody has said whose it is.
pub(crate) fn open(access: &TargetAccess) -> Result<Graph> {
    Ok(open_under(access, Quotas::default())?.graph)
}

/// The same under the quotas that are given.
pub(crate) fn open_under(access: &TargetAccess, quotas: Quotas) -> Result<Way> {
    let credential = match (
        &access.certificate,
        &access.private_key,
        &access.secret_file,
    ) {
        (Some(certificate), Some(key), _) => Credential::Certificate {
            certificate_pem: read(certificate)?,
            private_key_pem: read_secret(key)?,
        },
        (_, _, Some(secret)) => Credential::Secret(read_secret(secret)?),
        _ => return Err(Error::failed("neither a certificate nor a secret is named")),
    };
    let extra_roots_pem = access.root_certificates.as_deref().map(read).transpose()?;
    let settings = Settings {
        graph_base: access.graph_base.clone(),
        login_base: access.login_base.clone(),
        tenant: access.tenant.clone(),
        client_id: access.client_id.clone(),
        credential,
        extra_roots_pem,
    };
    connect(settings, quotas)
}

/// As [`open_under`], with settings that are made already.
pub(crate) fn connect(settings: Settings, quotas: Quotas) -> Result<Way> {
    let governor = SharedGovernor::new(Mutex::new(Governor::new(quotas)));
    let turns = Turnstile::new(SharedGovernor::clone(&governor), RealTime);
    let graph = Graph::new(settings, Arc::new(SystemClock), Arc::new(turns));
    let graph = graph.map_err(|error| {
        Error::failed(error)
            .hint("a key is converted by: openssl pkcs8 -topk8 -nodes -in old.key -out app.key")
    })?;
    Ok(Way { graph, governor })
}

/// The one tenant that all these domains belong to, as discovery names it.
pub(crate) async fn of_domains(
    login_base: &str,
    domains: &[String],
    roots: Option<&Path>,
) -> Result<String> {
    let roots = roots.map(read).transpose()?;
    let mut found: Option<(String, &String)> = None;
    for domain in domains {
        let id = tenant_of(login_base, domain, roots.as_deref()).await;
        let id = id.map_err(|error| {
            Error::failed(error)
                .while_doing("the compromised tenant's GUID cannot be had")
                .hint("--tenant-id gives it, where you have it by another way")
        })?;
        match &found {
            Some((known, of)) if *known != id => {
                let text = format!("{of} is of tenant {known}, {domain} of tenant {id}");
                return Err(Error::failed(text)
                    .hint("a case has one compromised tenant; a domain may have moved already"));
            }
            _ => found = Some((id, domain)),
        }
    }
    let found = found.map(|(id, _)| id);
    found.ok_or_else(|| Error::failed("no domain is named"))
}

fn read_secret(path: &Path) -> Result<SecretString> {
    let text = String::from_utf8(read(path)?)
        .map_err(|_| Error::failed(format!("{}: it is not text", path.display())))?;
    Ok(SecretString::from(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            Error::failed(error).while_doing(format!("{}: cannot be read", path.display()))
        })?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(Error::failed(format!(
            "{}: more than 1 MiB",
            path.display()
        )));
    }
    Ok(bytes)
}
