//! Downloads: they have as long as their bytes take. Each portion comes in time, and all of them not too slowly; nothing is written
//! by a download, so how long it takes matters to nobody who takes over.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, Response};
use secrecy::SecretString;

use super::call::{Call, Goal, Payload, Session};
use super::failure;
use crate::clock::Clock;
use crate::targets::TargetError;

/// Slower on the average, it is given up: else a server that sends a byte a minute would hold a place for ever.
const SLOWEST_BYTES_A_SECOND: u64 = 16 * 1024;

/// The bytes of a download as they come.
pub(super) struct Portions {
    operation: &'static str,
    response: Response,
    /// How long one portion may take.
    patience: Duration,
    began: DateTime<Utc>,
    clock: Arc<dyn Clock>,
    bytes: u64,
}

/// What is behind an address that is a secret by itself.
pub(super) fn call(url: SecretString) -> Call {
    Call {
        operation: "GET {download URL}",
        method: Method::GET,
        goal: Goal::PreAuthenticated(url),
        body: Payload::None,
    }
}

impl Portions {
    /// Asks for it.
    pub(super) async fn begin(session: &Session, call: Call) -> Result<Self, TargetError> {
        let operation = call.operation;
        let clock = Arc::clone(&session.tokens.clock);
        let began = clock.now();
        Ok(Self {
            operation,
            response: session.send(call).await?,
            patience: session.patience,
            began,
            clock,
            bytes: 0,
        })
    }

    /// The next portion; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, TargetError> {
        let in_all = self.patience + Duration::from_secs(self.bytes / SLOWEST_BYTES_A_SECOND);
        // A clock that is set back gives time and takes none.
        let since = (self.clock.now() - self.began).to_std().unwrap_or_default();
        let left = in_all.saturating_sub(since);
        let portion = tokio::time::timeout(left.min(self.patience), self.response.chunk()).await;
        let portion = portion.map_err(|_| failure::timeout(self.operation, false))?;
        let portion = portion
            .map_err(|error| failure::unanswered(self.operation, &error.without_url(), false))?;
        self.bytes += portion.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(portion)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::super::connect::{self, Credential, Settings};
    use super::*;
    use crate::clock::SystemClock;
    use crate::targets::QuotaHint;
    use crate::targets::turns::{Asked, Turns, Waiting};

    const PATIENCE: Duration = Duration::from_millis(1_500);

    /// Nobody counts.
    struct AtOnce;

    impl Turns for AtOnce {
        fn turn<'a>(&'a self, _: Asked<'a>) -> Waiting<'a> {
            Box::pin(async { SystemClock.now() })
        }

        fn heard(
            &self,
            _: Asked<'_>,
            _: chrono::DateTime<chrono::Utc>,
            _: Option<&TargetError>,
            _: Option<QuotaHint>,
        ) {
        }
    }

    fn session(login: &str) -> Session {
        let settings = Settings {
            tenant: "t".to_owned(),
            client_id: "c".to_owned(),
            credential: Credential::Secret(SecretString::from("s".to_owned())),
            graph_base: "http://127.0.0.1:1/v1.0".to_owned(),
            login_base: login.to_owned(),
            extra_roots_pem: None,
        };
        let session = connect::session(settings, Arc::new(SystemClock), Arc::new(AtOnce));
        Session {
            patience: PATIENCE,
            ..session.expect("a session")
        }
    }

    #[tokio::test]
    async fn a_token_that_never_comes_holds_nobody_up() {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let login = format!("http://{}", silent.local_addr().expect("an address"));
        let session = session(&login);
        let one = || session.json(Call::get("GET /organization", "organization".to_owned()));
        let both = tokio::time::timeout(Duration::from_secs(30), async {
            (one().await, one().await)
        });
        let (first, second) = both.await.expect("both have ended");
        for failed in [first, second] {
            let error = failed.err().expect("no token");
            assert_eq!(
                (&*error.code, error.operation),
                ("Timeout", "POST /{tenant}/oauth2/v2.0/token")
            );
        }
    }

    /// Answers one request with so many portions of so many bytes, a pause before each.
    fn server(portions: usize, bytes: usize, pause_ms: u64) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a request");
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            answer(
                &mut stream,
                (portions, bytes),
                Duration::from_millis(pause_ms),
            );
        });
        format!("http://{address}/file")
    }

    fn answer(stream: &mut TcpStream, (portions, bytes): (usize, usize), pause: Duration) {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
            portions * bytes
        );
        let _ = stream.write_all(head.as_bytes());
        for _ in 0..portions {
            std::thread::sleep(pause);
            let _ = stream.write_all(&vec![7; bytes]);
        }
    }

    async fn whole(url: String) -> Result<usize, TargetError> {
        let call = call(SecretString::from(url));
        let mut portions = Portions::begin(&session("http://127.0.0.1:1"), call).await?;
        let mut bytes = 0;
        while let Some(portion) = portions.next().await? {
            bytes += portion.as_ref().len();
        }
        Ok(bytes)
    }

    #[tokio::test]
    async fn what_takes_longer_than_any_request_may_comes_whole_while_it_comes() {
        // Four seconds in all, more than twice the patience, at 40,000 bytes a second.
        let bytes = whole(server(40, 4_000, 100)).await;
        assert_eq!(bytes.expect("it came"), 160_000);
    }

    #[tokio::test]
    async fn what_stands_still_or_trickles_is_given_up() {
        for (portions, bytes, pause_ms) in [(2, 4_000, 10_000), (40, 100, 400)] {
            let trickle = whole(server(portions, bytes, pause_ms)).await;
            let error = trickle.expect_err("given up");
            assert_eq!((&*error.code, error.outcome_unknown), ("Timeout", false));
        }
    }
}
