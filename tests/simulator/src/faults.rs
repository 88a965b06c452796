//! What goes wrong on purpose: seeded, so that a run can be run again, and one-shot faults that tests arm.

use serde::{Deserialize, Serialize};

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 409 although nothing is wrong; nothing is done.
    Conflict,
    /// The connection ends in the middle of the answer, and with it all else that is under way on it; the request was carried
    /// out.
    CutAfter,
    /// The answer breaks off in the middle, and over HTTP/1.1 the connection with it; the request was carried out.
    DropAfter,
    /// The same, and nothing is done.
    DropBefore,
    /// 500 although the request was carried out.
    ErrorAfter,
    /// 504; nothing is done.
    GatewayTimeout,
    /// GOAWAY, whose last stream lies below the request's: nothing of it is done. What was begun before is answered. Over HTTP/1.1
    /// the connection is closed.
    GoAway,
    /// GOAWAY, whose last stream is not below the request's: it was carried out, and the connection ends without an answer.
    GoAwayAfter,
    /// Carried out, never answered: until the client goes away.
    Hold,
    /// Never carried out and never answered: until the client goes away.
    HoldBefore,
    /// 504, and carried out all the same, right after the next write to the tenant: whoever looks in between finds nothing.
    Late,
    /// 423: a file is open in Office, or a site is locked; nothing is done.
    Locked,
    /// 507 of a mailbox without room; nothing is done.
    MailboxFull,
    /// 403: the service's own scanner took it for malware; nothing is done.
    Malware,
    /// 400: more than 400 characters with its folders; nothing is done.
    PathTooLong,
    /// RST_STREAM with REFUSED_STREAM: nothing is done. Over HTTP/1.1 the connection is closed.
    RefusedStream,
    /// RST_STREAM with INTERNAL_ERROR; the request was carried out. Over HTTP/1.1 the connection is closed.
    ResetAfter,
    /// The connection breaks while the request's body is being sent; nothing is done.
    ResetInBody,
    /// 403: the tenant lets nobody share; nothing is done.
    SharingDisabled,
    /// 429 with Retry-After.
    Throttled,
    /// 429 without Retry-After.
    ThrottledSilently,
    /// 503 with Retry-After.
    Unavailable,
    /// 503 with an empty body and nothing else.
    UnavailableSilently,
}

impl FaultKind {
    /// What seeded faults draw from: all that passes. What holds is not among them, nor what is refused for good.
    pub const DRAWN: [Self; 9] = [
        Self::Conflict,
        Self::DropAfter,
        Self::DropBefore,
        Self::ErrorAfter,
        Self::GatewayTimeout,
        Self::Throttled,
        Self::ThrottledSilently,
        Self::Unavailable,
        Self::UnavailableSilently,
    ];

    /// What only a connection with many streams can do, or what costs all of them.
    pub const OF_HTTP2: [Self; 5] = [
        Self::CutAfter,
        Self::GoAway,
        Self::GoAwayAfter,
        Self::RefusedStream,
        Self::ResetAfter,
    ];

    /// Whether the request is carried out all the same.
    pub(crate) fn commits(self) -> bool {
        self.is_unanswered() || matches!(self, Self::DropAfter | Self::ErrorAfter | Self::Hold)
    }

    /// Whether it is carried out, and the client hears nothing of that.
    pub(crate) fn is_unanswered(self) -> bool {
        matches!(self, Self::CutAfter | Self::GoAwayAfter | Self::ResetAfter)
    }
}

/// Seeded faults.
#[derive(Clone, Debug)]
pub struct Faults {
    /// How many of all requests, 0.0 to 1.0.
    pub rate: f64,
    /// Which.
    pub kinds: Vec<FaultKind>,
    /// The Retry-After that is given, in seconds.
    pub retry_after_s: u64,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self {
            rate: 0.0,
            kinds: Vec::new(),
            retry_after_s: 1,
        }
    }

    /// Every kind, this often.
    pub fn rate(rate: f64) -> Self {
        Self {
            rate: rate.clamp(0.0, 1.0),
            kinds: FaultKind::DRAWN.to_vec(),
            retry_after_s: 1,
        }
    }
}

/// A fault that waits for one request.
#[derive(Clone, Debug, Deserialize)]
pub struct OneShot {
    /// What happens.
    pub kind: FaultKind,
    /// The method; any when empty.
    #[serde(default)]
    pub method: String,
    /// What the path contains.
    #[serde(default)]
    pub path: String,
    /// How many matching requests pass before.
    #[serde(default)]
    pub skip: u32,
}

/// SplitMix64: small, seeded, good enough to choose faults and ids.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    #[allow(clippy::cast_precision_loss, reason = "a chance needs no 53 bits")]
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        ((self.next() >> 11) as f64) < rate * (1_u64 << 53) as f64
    }

    pub(crate) fn guid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        )
    }
}

/// Chooses the fault of each request.
#[derive(Debug)]
pub(crate) struct Chooser {
    pub(crate) faults: Faults,
    pub(crate) armed: Vec<OneShot>,
    seeded: Seeded,
}

impl Chooser {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self {
            faults,
            armed: Vec::new(),
            seeded: Seeded::new(seed ^ 0xfau64),
        }
    }

    /// Whether the next fault of a request breaks it off before its body was read; it is used up.
    pub(crate) fn breaks(&mut self, method: &str, path: &str) -> bool {
        let is_it = |shot: &OneShot| {
            shot.kind == FaultKind::ResetInBody
                && shot.skip == 0
                && (shot.method.is_empty() || shot.method == method)
                && path.contains(&shot.path)
        };
        let place = self.armed.iter().position(is_it);
        place.is_some_and(|place| {
            self.armed.remove(place);
            true
        })
    }

    pub(crate) fn choose(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let fits = |shot: &OneShot| {
            (shot.method.is_empty() || shot.method == method) && path.contains(&shot.path)
        };
        if let Some(place) = self.armed.iter().position(fits) {
            if self.armed[place].skip == 0 {
                return Some(self.armed.remove(place).kind);
            }
            self.armed[place].skip -= 1;
        }
        if self.faults.kinds.is_empty() || !self.seeded.chance(self.faults.rate) {
            return None;
        }
        // A conflict is something that drives answer, and only to writes: elsewhere another kind takes its place, so that as
        // many requests fail as were asked for.
        let may_conflict = method != "GET" && path.contains("drive");
        let fits = |kind: &FaultKind| may_conflict || *kind != FaultKind::Conflict;
        let fitting: Vec<FaultKind> = self.faults.kinds.iter().copied().filter(fits).collect();
        let place = self.seeded.next() % (fitting.len() as u64).max(1);
        fitting.get(usize::try_from(place).unwrap_or(0)).copied()
    }
}
