//! Command line of the verifier: arguments in, verdict out.

fn main() {}
