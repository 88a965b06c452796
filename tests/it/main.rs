//! The one integration binary: journeys over the whole product; each module is declared here, one
//! line each, in order.

#![allow(
    clippy::disallowed_methods,
    reason = "tests plant files that nobody needs to keep"
)]

mod archive;
mod bundle;
mod cli;
mod imports;
mod oracle;
mod tampering;
mod tidy;
