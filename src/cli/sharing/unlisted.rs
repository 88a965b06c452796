//! `unbroken access diff` where no list of access was brought: one person's drive, read back.

use std::fmt::Write as _;

use serde_json::json;

use super::super::flow::sharing::alone::{self, Office};
use super::super::flow::sharing::approval;
use super::super::flow::{custodians, meaning, opening};
use super::super::output::Output;
use super::{Diff, connect, expect_good, said};
use crate::error::{Error, ErrorKind, Result};

/// Reads back and records who is in beside the owner.
pub(super) async fn diff(diff: &Diff, output: &Output) -> Result<()> {
    let who = diff.custodian.as_deref().ok_or_else(|| {
        Error::new(ErrorKind::Usage, "nothing says who had access, and of whom")
            .hint("--sidecar and --map, or --custodian for one drive without a list")
    })?;
    let journal = opening::open_folder(&diff.folder)?;
    if !diff.declared.is_empty() {
        approval::expect_declared(&journal, &diff.declared)?;
    }
    let case = journal.case().map_err(meaning)?;
    let custodian = custodians::find(&case, who)?;
    let target = connect(&journal, &diff.target, diff.without_quotas).await?;
    let office = Office::load(&target, &diff.declared, &diff.target.client_id).await?;
    let alone = alone::read(&journal, &target, &custodian, &office).await?;
    let digest = alone::record(&journal, &custodian, &alone, &office).await?;
    let mut text = String::new();
    for row in &alone.rows {
        let _ = writeln!(text, "{}", said(row));
        output.line(row);
    }
    let _ = write!(
        text,
        "custodian {custodian}: no list of access; {} places read back, {} gained, {} declared, {} \
         not there",
        alone.read, alone.gained, alone.declared, alone.absent
    );
    let value = json!({
        "custodian": custodian.as_str(), "read": alone.read, "gained": alone.gained,
        "declared": alone.declared, "absent": alone.absent, "digest": digest.to_string(),
    });
    output.answer(&value, &text);
    expect_good(0, alone.gained)
}
