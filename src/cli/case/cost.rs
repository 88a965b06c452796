//! `unbroken case cost`: what two tenants cost to date, from the operator's own list of prices; nothing of it is recorded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::access::CaseFolder;
use super::super::exchange;
use super::super::flow::{gating, opening};
use super::super::output::Output;
use crate::clock::{Clock, SystemClock};
use crate::domain::two_tenants::{Tenant, parse};
use crate::error::{Error, Result};

/// Larger than any list of prices.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Said wherever the figures stand.
const BASIS: &str = "the operator's prices, not Microsoft's";

/// What it cost to date that there are two tenants, from your own list of prices.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  unbroken case cost --case acme --prices prices.csv

prices.csv, with the price of one user and one month:
  tenant,licence,users,price,currency
  old,E3,950,36.00,EUR
  new,E3,980,39.50,EUR

The old tenant counts from the declaration, the new one from when it was connected.")]
pub(crate) struct Cost {
    #[command(flatten)]
    folder: CaseFolder,
    /// The list.
    #[arg(long, value_name = "FILE")]
    prices: PathBuf,
}

/// Does what was asked.
pub(super) fn run(wanted: &Cost, output: &Output) -> Result<()> {
    let bytes = exchange::read(&wanted.prices, FILE_BYTES_MAX)?;
    let refused = |why: String| {
        let file = wanted.prices.display();
        Error::failed(why).while_doing(format!("{file}: no list of prices"))
    };
    let text = String::from_utf8(bytes).map_err(|error| refused(error.to_string()))?;
    let prices = parse(&text).map_err(|error| refused(error.to_string()))?;
    let journal = opening::open_folder(&wanted.folder)?;
    let now = SystemClock.now();
    let since = |kind: &str| -> Result<u64> {
        let at = gating::received_at(&journal, kind)?;
        let days = at.map_or(0, |at| (now - at).num_days());
        Ok(u64::try_from(days).unwrap_or(0))
    };
    let (old, new) = (since("CaseDeclared/1")?, since("TargetConnected/1")?);
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut text, mut rows) = (format!("{BASIS}\n"), Vec::new());
    for price in &prices {
        let (name, days) = match price.tenant {
            Tenant::Old => ("old", old),
            Tenant::New => ("new", new),
        };
        let (tenths, cost) = (price.tenths(days), price.cost(days));
        *sums.entry(&price.currency).or_default() += cost;
        let _ = writeln!(
            text,
            "{name} {:<20} {:>7} users, {days} days: {}.{} user-months, {} {}",
            price.licence,
            price.users,
            tenths / 10,
            tenths % 10,
            money(cost),
            price.currency
        );
        rows.push(json!({
            "tenant": name, "licence": price.licence, "users": price.users, "days": days,
            "user_months_tenths": tenths, "cost_hundredths": cost, "currency": price.currency,
        }));
    }
    for (currency, cost) in &sums {
        let _ = writeln!(text, "to date {} {currency}", money(*cost));
    }
    output.answer(
        &json!({ "basis": BASIS, "rows": rows, "total_hundredths": sums }),
        &text,
    );
    Ok(())
}

fn money(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
