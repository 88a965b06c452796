//! The outer error: what went wrong, what caused it, what to do, and the exit code.
