//! The only file of this crate that reads the operating system's randomness.

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness; nothing that needs a secret can be made")]
pub struct RandomnessError;

/// Fills a buffer.
pub fn fill(buffer: &mut [u8]) -> Result<(), RandomnessError> {
    getrandom::fill(buffer).map_err(|_| RandomnessError)
}

/// A random array.
pub fn array<const N: usize>() -> Result<[u8; N], RandomnessError> {
    let mut out = [0; N];
    fill(&mut out)?;
    Ok(out)
}
