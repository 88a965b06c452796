//! The command line: parse, dispatch, map an error to its exit code.

fn main() {}
