//! The seal on a report's PDF: its key and certificate, the event that binds them to the operator's key, and the time stamp that an
//! authority puts on it.

use std::path::Path;

use tokio::runtime::Handle;
#[cfg(feature = "demo")]
use unbroken_ledger::random;
#[cfg(feature = "demo")]
use unbroken_verify::{Authorities, check_timestamp};

use super::meaning;
use crate::anchors::AuthorityAt;
use crate::clock::{Clock, SystemClock};
use crate::domain::case::CaseCommand;
#[cfg(feature = "demo")]
use crate::durable;
use crate::error::{Error, Result};
use crate::journal::{Journal, JournalError};
use crate::reports::edition::Sealed;
#[cfg(feature = "demo")]
use crate::reports::pdf::seal::RehearsalAuthority;
use crate::reports::pdf::seal::{Certificate, FileKey, binding, sign};

/// Largest file that can hold a key or a chain of certificates.
const BYTES_MAX: u64 = 256 << 10;
const REASON: &str = "This report is as it was issued";

/// What a PDF is sealed with.
pub(crate) struct Seal {
    key: FileKey,
    chain: Vec<Certificate>,
    authorities: Vec<AuthorityAt>,
    #[cfg(feature = "demo")]
    rehearsal: Option<RehearsalAuthority>,
}

impl Seal {
    /// Reads the key (PKCS#8 in PEM) and its certificate with those above it (PEM).
    pub(crate) fn read(
        key: &Path,
        certificate: &Path,
        authorities: Vec<AuthorityAt>,
    ) -> Result<Self> {
        let refused = |path: &Path, error: crate::reports::pdf::seal::SealError| {
            Error::failed(error).while_doing(format!("{}: cannot be used", path.display()))
        };
        let pem = text(key)?;
        let key_pair = FileKey::from_pem(&pem).map_err(|error| refused(key, error))?;
        let chain = Certificate::chain_from_pem(&text(certificate)?);
        let chain = chain.map_err(|error| refused(certificate, error))?;
        Ok(Self {
            key: key_pair,
            chain,
            authorities,
            #[cfg(feature = "demo")]
            rehearsal: None,
        })
    }

    /// A new key with a certificate that it signed for itself, and whose name says that it proves nothing, and an authority of
    /// the same kind for the time stamp; what a reader needs of them is kept.
    #[cfg(feature = "demo")]
    pub(crate) fn for_rehearsal(key: &Path, certificate: &Path, authority: &Path) -> Result<Self> {
        use std::io::Write as _;
        let refused = |error: std::io::Error| {
            Error::failed(error).while_doing(format!("{}: cannot be written", key.display()))
        };
        let pkcs8 = FileKey::generate().map_err(Error::failed)?;
        let key_pair = FileKey::from_pkcs8(&pkcs8).map_err(Error::failed)?;
        let serial = random::array().map_err(Error::failed)?;
        let made =
            Certificate::for_rehearsal(&key_pair, "unbroken demo", serial, SystemClock.now());
        let made = made.map_err(Error::failed)?;
        let pem = FileKey::to_pem(&pkcs8);
        durable::create_secret(key)
            .and_then(|mut file| {
                file.write_all(pem.as_bytes())
                    .and_then(|()| file.sync_all())
            })
            .map_err(refused)?;
        durable::write_whole(certificate, made.to_pem().as_bytes()).map_err(refused)?;
        let serial = random::array().map_err(Error::failed)?;
        let stamps = RehearsalAuthority::make("unbroken demo", serial, SystemClock.now());
        let stamps = stamps.map_err(Error::failed)?;
        let pem = stamps.certificate().to_pem();
        durable::write_whole(authority, pem.as_bytes()).map_err(refused)?;
        Ok(Self {
            key: key_pair,
            chain: vec![made],
            authorities: Vec::new(),
            rehearsal: Some(stamps),
        })
    }

    /// SHA-256 of the certificate, hex.
    pub(crate) fn certificate(&self) -> String {
        let first = self
            .chain
            .first()
            .map(Certificate::sha256)
            .unwrap_or_default();
        unbroken_ledger::Hash(first).to_string()
    }

    /// Records that whoever holds the operator's key holds this one too, where the record does not say so yet.
    pub(crate) fn bind(&self, journal: &Journal) -> Result<()> {
        let certificate = self.certificate();
        let case = journal.case().map_err(meaning)?;
        if case
            .seal_keys
            .iter()
            .any(|bound| bound.certificate == certificate)
        {
            return Ok(());
        }
        let operator = journal.operator_key().map_err(meaning)?;
        let origin = journal.ledger().origin();
        let first = self.chain.first();
        let first = first.ok_or_else(|| Error::failed("the seal has no certificate"))?;
        let bound = binding::bind(&self.key, first, origin, &operator.to_string());
        let bound = bound.map_err(Error::failed)?;
        // Whoever checks the binding needs it; durable before the entry that names it.
        let objects = journal.ledger().objects();
        objects.put(first.der()).map_err(Error::failed)?;
        journal
            .command_now(&CaseCommand::BindSealKey(bound))
            .map_err(|error: JournalError| meaning(error))?;
        Ok(())
    }

    /// Seals a PDF; with a time stamp from the first authority that answers well.
    pub(crate) fn put_on(&self, pdf: &[u8]) -> Sealed {
        let signed = sign(pdf, &self.key, &self.chain, REASON, SystemClock.now())?;
        #[cfg(feature = "demo")]
        if let Some(stamps) = &self.rehearsal {
            let (stamped, serial) = (signed.to_stamp(), random::array()?);
            let token = stamps.stamp(stamped, serial, SystemClock.now())?;
            // As of any other authority: nothing is put in that does not hold.
            let roots = Authorities::from_pem(&stamps.certificate().to_pem())?;
            check_timestamp(&token, stamped, None, Some(&roots))?;
            return Ok(signed.finish(Some(&token))?);
        }
        let token = self.authorities.iter().find_map(|authority| {
            let asked = authority.stamp(signed.to_stamp());
            let answer = tokio::task::block_in_place(|| Handle::current().block_on(asked));
            answer.ok().map(|(token, _)| token)
        });
        if token.is_none() && !self.authorities.is_empty() {
            return Err(
                "no time-stamping authority answered well; ask again, or leave out --stamp".into(),
            );
        }
        Ok(signed.finish(token.as_deref())?)
    }
}

fn text(path: &Path) -> Result<zeroize::Zeroizing<String>> {
    let read = || {
        if std::fs::metadata(path)?.len() > BYTES_MAX {
            return Err(std::io::Error::other(format!(
                "larger than {BYTES_MAX} bytes"
            )));
        }
        std::fs::read_to_string(path).map(zeroize::Zeroizing::new)
    };
    read().map_err(|error| {
        Error::failed(error).while_doing(format!("{}: cannot be read", path.display()))
    })
}
