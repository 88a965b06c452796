//! The only file that reads the environment. Secrets come from files that the command line names,
//! or, for the passphrase of key files, from here.

use zeroize::Zeroizing;

/// What the environment says; read once, when the program starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR` is set to something: <https://no-color.org>.
    pub no_color: bool,
}

impl Environment {
    /// Reads it.
    pub fn read() -> Self {
        Self {
            no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        }
    }
}

/// `UNBROKEN_KEY_PASSPHRASE`: opens encrypted key files, and encrypts new ones.
pub fn key_passphrase() -> Option<Zeroizing<String>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only file that reads the environment"
    )]
    std::env::var("UNBROKEN_KEY_PASSPHRASE")
        .ok()
        .filter(|text| !text.is_empty())
        .map(Zeroizing::new)
}
