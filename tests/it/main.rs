//! The one integration binary: journeys over the whole product; each module is declared here, one
//! line each, in order.

mod cli;
mod imports;
mod tidy;
