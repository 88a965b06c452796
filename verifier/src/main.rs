//! Command line of the verifier: arguments in, verdict out.

mod output;

use std::error::Error as _;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use output::{complain, print};
use unbroken_verify::{Options, verify};

const USAGE: &str = "\
Checks a bundle or a ledger directory of unbroken, without the program that wrote it.

Usage: unbroken-verify PATH [--trust FILE] [--authorities PEM] [--at-least NOTE]
                       [--entry FILE] [--json]

  PATH             a bundle (a BagIt bag), a ledger directory, a .tlog-proof, an evidence file
  --trust FILE     whose ledger it must be: a C2SP tlog-policy, received by another way
  --authorities P  roots whose time stamps the reader believes, certificates in PEM
  --at-least NOTE  an earlier checkpoint of it, which it must extend
  --entry FILE     the entry that a .tlog-proof speaks of, its bytes
  --json           one JSON object instead of text

Exit codes: 0 valid, 3 valid with exceptions, 20 invalid, 21 consistent but not anchored (no trust
file), 1 a file cannot be read, 2 usage, 10 nothing there that could be checked.
";

struct Wanted {
    path: PathBuf,
    options: Options,
    json: bool,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments
        .peek()
        .is_some_and(|first| first == "--help" || first == "-h")
    {
        print(USAGE);
        return ExitCode::SUCCESS;
    }
    let Some(wanted) = read(arguments) else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    match verify(&wanted.path, &wanted.options) {
        Ok(verdict) => {
            let text = if wanted.json {
                verdict.to_json() + "\n"
            } else {
                verdict.to_text()
            };
            print(&text);
            ExitCode::from(verdict.exit_code())
        }
        Err(error) => {
            let mut text = format!("error: {error}\n");
            if let Some(cause) = error.source() {
                text = format!("{text}caused by: {cause}\n");
            }
            complain(&text);
            ExitCode::from(error.exit_code())
        }
    }
}

fn read(mut arguments: impl Iterator<Item = OsString>) -> Option<Wanted> {
    let (mut path, mut options, mut json) = (None, Options::default(), false);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--trust") if options.trust.is_none() => {
                options.trust = Some(arguments.next()?.into());
            }
            Some("--at-least") if options.at_least.is_none() => {
                options.at_least = Some(arguments.next()?.into());
            }
            Some("--authorities") if options.authorities.is_none() => {
                options.authorities = Some(arguments.next()?.into());
            }
            Some("--entry") if options.entry.is_none() => {
                options.entry = Some(arguments.next()?.into());
            }
            Some("--json") => json = true,
            Some(unknown) if unknown.starts_with('-') => return None,
            _ if path.is_none() => path = Some(PathBuf::from(argument)),
            _ => return None,
        }
    }
    Some(Wanted {
        path: path?,
        options,
        json,
    })
}
