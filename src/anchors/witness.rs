//! One witness: `add-checkpoint` of C2SP tlog-witness, with the proof from what it has seen; and what it means when it has
//! seen something else.

use unbroken_ledger::note::NoteSignature;
use unbroken_ledger::{Ledger, SignedCheckpoint, WitnessKey, witness as protocol};

use super::AnchorError;
use super::http::{self, Answer, HttpError};

/// A witness and where it listens.
#[derive(Clone, Debug)]
pub struct WitnessAt {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// The submission prefix.
    pub url: String,
}

enum Said {
    Cosigned(Vec<NoteSignature>, u64),
    HasSeen(u64),
}

impl WitnessAt {
    /// Gets the witness's lines over this checkpoint, and the time that they state. `seen` is the size that it cosigned
    /// last, as far as we know; when it knows better it says so (409), and is asked once more from there.
    pub(super) async fn cosign(
        &self,
        ledger: &Ledger,
        note: &SignedCheckpoint,
        seen: u64,
    ) -> Result<(Vec<NoteSignature>, String), AnchorError> {
        let mut old = seen;
        for _ in 0..2 {
            match self.ask(ledger, note, old).await? {
                Said::Cosigned(lines, at) => {
                    let time = i64::try_from(at).ok();
                    let time = time.and_then(|at| chrono::DateTime::from_timestamp(at, 0));
                    return Ok((
                        lines,
                        time.map_or_else(|| at.to_string(), |t| t.to_rfc3339()),
                    ));
                }
                Said::HasSeen(size) if size > note.checkpoint.size => {
                    let found = format!("{size} entries, here are {}", note.checkpoint.size);
                    return Err(self.other_history(ledger, note, found).await);
                }
                Said::HasSeen(size) => old = size,
            }
        }
        let why = "it says another size each time".to_owned();
        Err(AnchorError::Answer(why))
    }

    async fn ask(
        &self,
        ledger: &Ledger,
        note: &SignedCheckpoint,
        old: u64,
    ) -> Result<Said, AnchorError> {
        let size = note.checkpoint.size;
        let proof = ledger
            .consistency_proof(old.min(size), size)
            .unwrap_or_default();
        let body = protocol::add_checkpoint(old, &proof, note);
        let url = format!("{}/add-checkpoint", self.url.trim_end_matches('/'));
        let answer = http::post(&url, "text/plain; charset=utf-8", body.into_bytes()).await?;
        match answer.status {
            200 => self.read(&answer, note),
            409 => {
                let is_size = answer.content_type.starts_with(protocol::SIZE_CONTENT_TYPE);
                let size = protocol::size_seen(&answer.text()).filter(|_| is_size);
                let why = "a conflict without a size".to_owned();
                size.map(Said::HasSeen).ok_or(AnchorError::Answer(why))
            }
            // The witness has seen another root at the size that it named itself, or the proof does not hold from there.
            422 => {
                let found = format!("at size {old}: {}", answer.first_line());
                Err(self.other_history(ledger, note, found).await)
            }
            404 => Err(AnchorError::Refused("it does not know this log".to_owned())),
            403 => Err(AnchorError::Refused(answer.first_line())),
            status => Err(HttpError::Status {
                host: http::host(&url),
                status,
                text: answer.first_line(),
            }
            .into()),
        }
    }

    fn read(&self, answer: &Answer, note: &SignedCheckpoint) -> Result<Said, AnchorError> {
        let lines = protocol::cosignatures(&answer.text(), &self.key, note)
            .map_err(|error| AnchorError::Answer(error.to_string()))?;
        let at = lines
            .iter()
            .find_map(|line| self.key.cosigned_at(line, note));
        Ok(Said::Cosigned(lines, at.unwrap_or_default()))
    }

    /// Asks for the checkpoint that the witness keeps, which the log itself signed: with ours it is evidence.
    async fn other_history(
        &self,
        ledger: &Ledger,
        ours: &SignedCheckpoint,
        found: String,
    ) -> AnchorError {
        let name = unbroken_ledger::Hash::of(ledger.origin().as_bytes());
        let url = format!("{}/{name}/checkpoint", self.url.trim_end_matches('/'));
        let theirs = http::get(&url)
            .await
            .ok()
            .filter(|answer| answer.status == 200);
        let theirs = theirs.and_then(|answer| SignedCheckpoint::parse(&answer.text()).ok());
        let evidence = theirs
            .filter(|note| note.checkpoint.origin == ledger.origin())
            .filter(|note| note.verify(&ledger.log_key()).is_ok())
            .and_then(|theirs| ledger.write_evidence(&theirs, ours));
        AnchorError::OtherHistory { found, evidence }
    }
}
