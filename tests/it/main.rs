//! The one integration binary: journeys over the whole product; each module is declared here, one
//! line each, in order.

#![allow(
    clippy::disallowed_methods,
    reason = "tests plant files that nobody needs to keep"
)]

mod access;
mod anchors;
mod approvals;
mod archive;
mod audit;
mod bundle;
mod case;
mod choices;
mod cli;
mod content;
mod crashes;
mod demo;
mod disclose;
mod drive;
mod editions;
mod erasure;
mod fidelity;
mod gates;
mod golden;
mod hostile;
mod http2;
mod identities;
mod imports;
mod keys;
mod kinds;
mod left_out;
mod log_tools;
mod mail_corpus;
mod mishaps;
mod msg;
mod notices;
mod openapi;
mod openssl;
mod operating;
mod oracle;
mod pdf;
mod peak;
mod pst;
mod quotas;
mod readback;
mod refusals;
mod report;
mod retried;
mod rule_ids;
mod sanitise;
mod shares;
mod sites;
mod slips;
mod smime;
mod strangers;
mod tampering;
mod teams;
mod tidy;
mod traces;
