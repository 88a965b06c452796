//! Who is asked: the witnesses of a C2SP tlog-policy with their addresses, and the time-stamping authorities with their
//! roots, from two files beside the case.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use unbroken_ledger::WitnessKey;
use unbroken_verify::Authorities;

use super::{AuthorityAt, WitnessAt};

/// The file with the `witness`, `group` and `quorum` lines.
pub const WITNESSES: &str = "witnesses";
/// The file with the `authority` lines.
pub const AUTHORITIES: &str = "authorities";
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Everybody who is asked.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Witnesses that have an address.
    pub witnesses: Vec<WitnessAt>,
    /// Authorities.
    pub authorities: Vec<AuthorityAt>,
    /// The certificates of all authorities' roots, one PEM behind the other.
    pub roots: String,
    /// The policy's lines without a log: what a trust file says of witnesses.
    pub policy: Vec<String>,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It cannot be read.
    #[error("{path}: cannot be read")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line in it.
    #[error("{path}, line {line}: {rule}")]
    Line {
        /// The file.
        path: String,
        /// The line.
        line: usize,
        /// What it must be.
        rule: String,
    },
}

fn read(path: &Path) -> Result<String, ConfigurationError> {
    let io = |source| ConfigurationError::Io {
        path: path.display().to_string(),
        source,
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(io(error)),
        Ok(found) if found.len() > FILE_BYTES_MAX => {
            return Err(io(std::io::Error::other("larger than 1 MiB")));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map_err(io)
}

impl Configuration {
    /// Reads both files of a folder; one that is not there names nobody.
    pub fn load(folder: &Path) -> Result<Self, ConfigurationError> {
        let mut configuration = Self::default();
        configuration.load_witnesses(&folder.join(WITNESSES))?;
        configuration.load_authorities(&folder.join(AUTHORITIES))?;
        Ok(configuration)
    }

    /// Whether nobody is asked.
    pub fn is_empty(&self) -> bool {
        self.witnesses.is_empty() && self.authorities.is_empty()
    }

    fn load_witnesses(&mut self, path: &Path) -> Result<(), ConfigurationError> {
        let text = read(path)?;
        let mut once = Once::default();
        for (number, line) in (1..).zip(text.lines()) {
            let refuse = |rule: String| ConfigurationError::Line {
                path: path.display().to_string(),
                line: number,
                rule,
            };
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            once.take(&words).map_err(&refuse)?;
            match &words[..] {
                [] | ["log", ..] => {}
                [first, ..] if first.starts_with('#') => {}
                ["witness", name, vkey, rest @ ..] if rest.len() <= 1 => {
                    let key = WitnessKey::parse(vkey).map_err(|e| refuse(e.to_string()))?;
                    if let [url] = rest {
                        check_url(url).map_err(&refuse)?;
                        self.witnesses.push(WitnessAt {
                            name: (*name).to_owned(),
                            key,
                            url: (*url).to_owned(),
                        });
                    }
                    self.policy.push(format!("witness {name} {vkey}"));
                }
                ["group" | "quorum", ..] => self.policy.push(words.join(" ")),
                _ => {
                    let rule = "a line is `witness NAME VKEY [URL]`, `group …` or `quorum …`";
                    return Err(refuse(rule.to_owned()));
                }
            }
        }
        Ok(())
    }

    fn load_authorities(&mut self, path: &Path) -> Result<(), ConfigurationError> {
        let text = read(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for (number, line) in (1..).zip(text.lines()) {
            let refuse = |rule: String| ConfigurationError::Line {
                path: path.display().to_string(),
                line: number,
                rule,
            };
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match &words[..] {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["authority", name, url, roots, rest @ ..] if rest.len() <= 1 => {
                    check_url(url).map_err(&refuse)?;
                    let pem = read(&folder.join(PathBuf::from(roots)))?;
                    let roots = Authorities::from_pem(&pem).map_err(|e| refuse(e.to_string()))?;
                    self.roots += &pem;
                    self.roots.push('\n');
                    self.authorities.push(AuthorityAt {
                        name: (*name).to_owned(),
                        url: (*url).to_owned(),
                        roots,
                        policy: rest.first().map(|policy| (*policy).to_owned()),
                    });
                }
                _ => {
                    let rule = "a line is `authority NAME URL ROOTS.pem [POLICY-OID]`";
                    return Err(refuse(rule.to_owned()));
                }
            }
        }
        Ok(())
    }
}

/// What stands in a policy once: names, keys, members of groups. Else one witness counts as two, and every reader of the
/// trust file that is made of it refuses it (section 11.3).
#[derive(Default)]
struct Once<'a> {
    names: BTreeSet<&'a str>,
    keys: BTreeSet<&'a str>,
    members: BTreeSet<&'a str>,
}

impl<'a> Once<'a> {
    fn take(&mut self, words: &[&'a str]) -> Result<(), String> {
        let (name, members) = match words {
            ["witness", name, vkey, ..] => {
                // Behind the second plus stands the key itself, in base64, which has pluses of its own.
                let key = vkey.splitn(3, '+').last().unwrap_or(vkey);
                if !self.keys.insert(key) {
                    return Err(format!("{name}: another witness has that key"));
                }
                (name, &[][..])
            }
            ["group", name, _, members @ ..] => (name, members),
            _ => return Ok(()),
        };
        if *name == "none" || !self.names.insert(name) {
            return Err(format!("the name {name} is taken"));
        }
        let again = members.iter().find(|member| !self.members.insert(member));
        match again {
            Some(again) => Err(format!("{again} is a member of a group already")),
            None => Ok(()),
        }
    }
}

fn check_url(url: &str) -> Result<(), String> {
    let is_http = url.starts_with("https://") || url.starts_with("http://");
    if is_http {
        Ok(())
    } else {
        Err(format!("{url}: an address begins with https:// or http://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_witness_counts_as_two() {
        for good in [
            "group g 2 a b",
            "witness a a+00+AB+D\nwitness b b+01+AC+D",
            "group g any a b\ngroup h all g c",
        ] {
            assert_eq!(taken(good), Ok(()), "{good}");
        }
        for bad in [
            "group g 2 a a",
            "group g any a\ngroup h any a",
            "group none any a",
            "witness a a+00+AB+D\nwitness b b+01+AB+D",
            "witness a a+00+AB+D\nwitness a b+01+AC+D",
            "witness a a+00+AB+D\ngroup a any b",
        ] {
            assert!(taken(bad).is_err(), "{bad}");
        }
    }

    fn taken(text: &str) -> Result<(), String> {
        let mut once = Once::default();
        let mut lines = text.lines();
        lines.try_for_each(|line| once.take(&line.split(' ').collect::<Vec<_>>()))
    }

    #[test]
    fn a_line_that_is_none_is_named_with_its_file_and_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| {
            let mut file = fs::File::create(folder.path().join(name)).expect("made");
            std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
        };
        let empty = Configuration::load(folder.path()).expect("nothing there");
        assert!(empty.is_empty());
        put(WITNESSES, "# ours\nwitness w nonsense https://w.example\n");
        let error = Configuration::load(folder.path())
            .expect_err("refused")
            .to_string();
        assert!(error.contains("witnesses, line 2: "), "{error}");
        put(WITNESSES, "group g any a b\ngroup h all g a\nquorum h\n");
        let error = Configuration::load(folder.path())
            .expect_err("refused")
            .to_string();
        let expected = "witnesses, line 2: a is a member of a group already";
        assert!(error.contains(expected), "{error}");
        put(WITNESSES, "quorum none\n");
        put(AUTHORITIES, "authority a ftp://a.example roots.pem\n");
        let error = Configuration::load(folder.path())
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("authorities, line 1: ftp://a.example"),
            "{error}"
        );
    }
}
