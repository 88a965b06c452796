//! clamd over its socket, as clamd(8) documents it: one session an item, the version asked first, each part as a stream. Its
//! answer decides over what is written into the clean tenant, so it counts only in exactly the documented form.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

use crate::domain::content::{Class, ScannerSeen};

/// How long clamd may take to be reached, and to take a portion of a stream.
const TRANSPORT: Duration = Duration::from_secs(30);
/// How long clamd may look at one part; its own `MaxScanTime` is two minutes.
const ANSWER: Duration = Duration::from_mins(5);
/// An answer is a line; a longer one is none.
const ANSWER_BYTES_MAX: usize = 4_096;
/// A portion of a stream.
const CHUNK_BYTES: usize = 64 << 10;
/// Version and signatures in the record.
const SEEN_CHARS_MAX: usize = 64;

/// Where clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(std::path::PathBuf),
    /// Host and port. clamd encrypts nothing: for a network that nobody else is on.
    Tcp(String),
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form =
            "an address of clamd looks like unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310";
        match text.split_once(':') {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("tcp", address)) => {
                let port = address
                    .rsplit_once(':')
                    .map(|(_, port)| port.parse::<u16>());
                matches!(port, Some(Ok(port)) if port > 0)
                    .then(|| Self::Tcp(address.to_owned()))
                    .ok_or(form)
            }
            _ => Err(form),
        }
    }
}

/// Why clamd did not answer. No text of its own goes on: it may quote what it was given.
#[derive(Debug, thiserror::Error)]
pub enum ClamdError {
    /// The part itself could not be read.
    #[error("the part could not be read")]
    Part(#[source] io::Error),
    /// Nobody there, or gone.
    #[error("clamd does not answer ({0})")]
    Silent(io::ErrorKind),
    /// It said that it could not look.
    #[error("clamd answers that it could not look")]
    Failed,
    /// It said something that it never says.
    #[error("clamd answers what its documentation does not know")]
    Nonsense,
    /// The stream is longer than clamd's `StreamMaxLength`.
    #[error("the stream is longer than clamd takes")]
    TooLarge,
}

/// What clamd says of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing was found.
    Clean,
    /// The name of the signature.
    Found(String),
}

/// clamd, as far as it is known where it listens.
#[derive(Clone, Debug)]
pub struct Clamd {
    address: Address,
}

impl Clamd {
    /// Nobody is asked yet.
    pub fn at(address: Address) -> Self {
        Self { address }
    }

    /// Opens a session and asks for the version.
    pub fn session(&self) -> Result<Session, ClamdError> {
        let stream = self.connect().map_err(|error| silent(&error))?;
        let mut session = Session {
            stream,
            asked: 0,
            seen: ScannerSeen {
                database: String::new(),
                name: "clamd".to_owned(),
                version: String::new(),
            },
        };
        session
            .send(b"zIDSESSION\0zVERSION\0")
            .map_err(|error| silent(&error))?;
        let version = session.answer().map_err(|error| match error {
            // Whatever it could not do: without its version nothing that it says can be placed.
            ClamdError::TooLarge | ClamdError::Failed => ClamdError::Nonsense,
            other => other,
        })?;
        session.seen = seen(&version).ok_or(ClamdError::Nonsense)?;
        Ok(session)
    }

    fn connect(&self) -> io::Result<Box<dyn Wire>> {
        match &self.address {
            Address::Tcp(address) => {
                let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
                for address in address.to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, TRANSPORT) {
                        Ok(stream) => {
                            stream.set_nodelay(true)?;
                            stream.set_read_timeout(Some(ANSWER))?;
                            stream.set_write_timeout(Some(TRANSPORT))?;
                            return Ok(Box::new(stream));
                        }
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path)?;
                stream.set_read_timeout(Some(ANSWER))?;
                stream.set_write_timeout(Some(TRANSPORT))?;
                Ok(Box::new(stream))
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }
}

trait Wire: Read + Write + Send {}
impl<S: Read + Write + Send> Wire for S {}

/// One connection, over which parts are shown one after the other.
pub struct Session {
    stream: Box<dyn Wire>,
    /// clamd numbers its answers by the questions.
    asked: u64,
    seen: ScannerSeen,
}

impl Session {
    /// What clamd said of itself.
    pub fn seen(&self) -> &ScannerSeen {
        &self.seen
    }

    /// Shows clamd all that can be read. After an error the session is over.
    pub fn scan(&mut self, content: &mut dyn Read) -> Result<Said, ClamdError> {
        match self.show(content) {
            // It hangs up on a stream that is too long, and may have said so before.
            Err(ClamdError::Silent(kind)) => match self.answer() {
                Err(ClamdError::TooLarge) => Err(ClamdError::TooLarge),
                _ => Err(ClamdError::Silent(kind)),
            },
            Err(error) => Err(error),
            Ok(()) => said(&self.answer()?),
        }
    }

    fn show(&mut self, content: &mut dyn Read) -> Result<(), ClamdError> {
        self.send(b"zINSTREAM\0").map_err(|error| silent(&error))?;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = content.read(&mut chunk).map_err(ClamdError::Part)?;
            let length = u32::try_from(count).unwrap_or_default().to_be_bytes();
            self.send(&length).map_err(|error| silent(&error))?;
            if count == 0 {
                return Ok(());
            }
            self.send(&chunk[..count]).map_err(|error| silent(&error))?;
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next answer, without its number and its end.
    fn answer(&mut self) -> Result<String, ClamdError> {
        self.asked += 1;
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            // A byte at a time: answers are short, and none of the next one is taken.
            match self.stream.read(&mut byte) {
                Ok(0) => return Err(ClamdError::Silent(io::ErrorKind::UnexpectedEof)),
                Ok(_) if byte[0] == 0 => break,
                Ok(_) if line.len() == ANSWER_BYTES_MAX => return Err(ClamdError::Nonsense),
                Ok(_) => line.push(byte[0]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(silent(&error)),
            }
        }
        let text = String::from_utf8(line).map_err(|_| ClamdError::Nonsense)?;
        if text.contains("size limit exceeded") && text.ends_with("ERROR") {
            return Err(ClamdError::TooLarge);
        }
        let numbered = text.strip_prefix(&format!("{}: ", self.asked));
        let text = numbered.ok_or(ClamdError::Nonsense)?;
        if text.ends_with("ERROR") {
            return Err(ClamdError::Failed);
        }
        Ok(text.to_owned())
    }
}

fn silent(error: &io::Error) -> ClamdError {
    ClamdError::Silent(error.kind())
}

/// `stream: OK` and `stream: NAME FOUND`, and nothing else.
fn said(answer: &str) -> Result<Said, ClamdError> {
    if answer == "stream: OK" {
        return Ok(Said::Clean);
    }
    let name = answer
        .strip_prefix("stream: ")
        .and_then(|rest| rest.strip_suffix(" FOUND"));
    match name {
        Some(name) if !name.is_empty() => Ok(Said::Found(name.to_owned())),
        _ => Err(ClamdError::Nonsense),
    }
}

/// `ClamAV 1.4.6/27829/Sat Nov 28 09:27:01 2026`; without signatures of its publisher the first part alone.
fn seen(version: &str) -> Option<ScannerSeen> {
    let engine = version.strip_prefix("ClamAV ")?;
    let mut parts = engine.splitn(3, '/');
    let engine = parts.next()?;
    let database: Vec<&str> = parts.collect();
    let plain = |text: &str| {
        let is_plain =
            |letter: &char| letter.is_ascii_alphanumeric() || " .:+-_~".contains(*letter);
        text.chars()
            .filter(is_plain)
            .take(SEEN_CHARS_MAX)
            .collect::<String>()
    };
    Some(ScannerSeen {
        database: if database.is_empty() {
            "none of its publisher".to_owned()
        } else {
            plain(&database.join(" of "))
        },
        name: "clamd".to_owned(),
        version: plain(engine),
    })
}

/// What a name says: most are malware, some say what clamd could not do.
pub fn class_of(signature: &str) -> Class {
    let begins = |start: &str| signature.starts_with(start);
    if begins("Heuristics.Limits.Exceeded") {
        Class::NotWhole
    } else if begins("Heuristics.Encrypted") {
        Class::Encrypted
    } else if begins("Heuristics.OLE2.ContainsMacros") {
        Class::Macro
    } else {
        Class::Malware
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_answers_count() {
        assert!(matches!(said("stream: OK"), Ok(Said::Clean)));
        let found = said("stream: Eicar-Test-Signature FOUND").expect("found");
        assert_eq!(found, Said::Found("Eicar-Test-Signature".to_owned()));
        for text in [
            "",
            "OK",
            "stream: ok",
            "stream: OK ",
            "stream:  FOUND",
            "stream: FOUND",
            "/etc/passwd: OK",
            "stream: OK\nstream: OK",
            "stream: clean",
        ] {
            assert!(matches!(said(text), Err(ClamdError::Nonsense)), "{text:?}");
        }
    }

    #[test]
    fn addresses_are_told_apart_and_others_refused() {
        let unix = "unix:/run/clamav/clamd.ctl".parse();
        assert_eq!(unix, Ok(Address::Unix("/run/clamav/clamd.ctl".into())));
        let tcp = "tcp:[::1]:3310".parse();
        assert_eq!(tcp, Ok(Address::Tcp("[::1]:3310".to_owned())));
        for text in [
            "",
            "/run/x",
            "unix:x",
            "tcp:host",
            "tcp:host:0",
            "http://x",
            "tcp:h:99999",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_is_taken_apart_and_cleaned() {
        let said = seen("ClamAV 1.4.6/27829/Sat Nov 28 09:27:01 2026").expect("a version");
        assert_eq!(said.version, "1.4.6");
        assert_eq!(said.database, "27829 of Sat Nov 28 09:27:01 2026");
        let bare = seen("ClamAV 1.4.6").expect("a version");
        assert_eq!(bare.database, "none of its publisher");
        assert_eq!(seen("OK"), None);
        let long = format!("ClamAV {}<script>@x", "9".repeat(500));
        let said = seen(&long).expect("a version");
        assert_eq!(said.version, "9".repeat(64));
        assert_eq!(
            class_of("Heuristics.Limits.Exceeded.MaxFileSize"),
            Class::NotWhole
        );
        assert_eq!(class_of("Win.Test.EICAR_HDB-1"), Class::Malware);
    }
}
