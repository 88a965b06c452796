//! The only file that reads the clock.
