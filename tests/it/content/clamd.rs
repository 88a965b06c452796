//! A clamd of the tests' own, from clamd(8): sessions, VERSION, INSTREAM; it knows one signature, looks into deflated zips as clamd
//! does, and misbehaves as it is told to.

use std::io::{Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::planted::eicar;

/// How it behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    /// Looks, and is gone after so many streams: no connection is taken any more.
    DiesAfter(usize),
    /// Takes streams and never answers: it hangs up in the middle.
    Hangs,
    /// As documented.
    Looks,
    /// Says that to every stream.
    Says(&'static str),
    /// Hangs up where these words stand; looks at all else.
    SilentOn(&'static str),
    /// Every stream is too long for it.
    TakesNoStream,
}

pub(crate) struct FakeClamd {
    pub(crate) address: String,
}

impl FakeClamd {
    pub(crate) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("tcp:{}", listener.local_addr().expect("an address"));
        let streams = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            // Dropped at the end of its life, so that nobody is answered any more.
            for connection in listener.incoming() {
                let is_over = |most| streams.load(Ordering::SeqCst) >= most;
                if matches!(mood, Mood::DiesAfter(most) if is_over(most)) {
                    return;
                }
                let Ok(connection) = connection else { return };
                let streams = Arc::clone(&streams);
                std::thread::spawn(move || session(connection, mood, &streams));
            }
        });
        Self { address }
    }
}

fn session(mut connection: TcpStream, mood: Mood, streams: &AtomicUsize) -> Option<()> {
    let mut asked = 0;
    loop {
        let question = until_zero(&mut connection)?;
        match &*question {
            b"zIDSESSION" => {}
            b"zVERSION" => {
                asked += 1;
                let version = "ClamAV 0.0.fake/7/Sun Nov 29 00:00:00 2026";
                write!(connection, "{asked}: {version}\0").ok()?;
            }
            b"zINSTREAM" => {
                asked += 1;
                let stream = stream(&mut connection)?;
                if matches!(mood, Mood::TakesNoStream) {
                    write!(connection, "{asked}: INSTREAM size limit exceeded. ERROR\0").ok()?;
                    return None;
                }
                let number = streams.fetch_add(1, Ordering::SeqCst) + 1;
                let said = match mood {
                    Mood::Hangs => return None,
                    Mood::DiesAfter(most) if number >= most => return None,
                    Mood::Says(text) => text,
                    Mood::SilentOn(words) if has(&stream, words.as_bytes()) => return None,
                    _ if is_found(&stream) => "stream: Eicar-Test-Signature FOUND",
                    _ => "stream: OK",
                };
                write!(connection, "{asked}: {said}\0").ok()?;
            }
            _ => {
                write!(connection, "UNKNOWN COMMAND\0").ok()?;
                return None;
            }
        }
    }
}

fn until_zero(connection: &mut TcpStream) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        connection.read_exact(&mut byte).ok()?;
        if byte[0] == 0 {
            return Some(line);
        }
        line.push(byte[0]);
    }
}

fn stream(connection: &mut TcpStream) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut length = [0; 4];
        connection.read_exact(&mut length).ok()?;
        let length = u32::from_be_bytes(length);
        if length == 0 {
            return Some(all);
        }
        let mut chunk = vec![0; length as usize];
        connection.read_exact(&mut chunk).ok()?;
        all.extend(chunk);
    }
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn is_found(bytes: &[u8]) -> bool {
    if has(bytes, &eicar()) {
        return true;
    }
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return false;
    };
    (0..archive.len()).any(|number| {
        let mut content = Vec::new();
        let member = archive.by_index(number);
        member
            .is_ok_and(|mut member| member.read_to_end(&mut content).is_ok() && is_found(&content))
    })
}
