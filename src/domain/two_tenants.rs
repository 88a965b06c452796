//! What two tenants cost to date: user-months from the operator's own list of prices. Pure; time is given in.

use super::identity::fields;

/// Whose licences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant {
    /// The compromised one: from the declaration on it is paid for and not used.
    Old,
    /// The clean one: from when it was connected.
    New,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Whose.
    pub tenant: Tenant,
    /// What the operator calls it.
    pub licence: String,
    /// For how many users.
    pub users: u64,
    /// A user's month, in hundredths.
    pub hundredths: u64,
    /// As the operator writes it.
    pub currency: String,
}

/// Why a list is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct PriceError {
    /// The line, from 1.
    pub line: usize,
    /// The rule that it breaks.
    pub rule: &'static str,
}

const HEADER: [&str; 5] = ["tenant", "licence", "users", "price", "currency"];
const ROWS_MAX: usize = 10_000;
/// More than anybody has, small enough that no sum overflows.
const NUMBER_MAX: u64 = 100_000_000;

/// Reads a list: the header `tenant,licence,users,price,currency`; the price is for one user and one month.
pub fn parse(text: &str) -> Result<Vec<Price>, PriceError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let refuse = |line, rule| PriceError { line, rule };
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let (first, header) = lines.next().ok_or_else(|| refuse(1, "the file is empty"))?;
    if fields(header).is_none_or(|found| found != HEADER) {
        let rule = "the header is `tenant,licence,users,price,currency`";
        return Err(refuse(first, rule));
    }
    let mut prices = Vec::new();
    for (line, text) in lines {
        if prices.len() == ROWS_MAX {
            return Err(refuse(line, "more than 10,000 rows"));
        }
        prices.push(row(text).map_err(|rule| refuse(line, rule))?);
    }
    Ok(prices)
}

fn row(text: &str) -> Result<Price, &'static str> {
    let found = fields(text).and_then(|found| <[String; 5]>::try_from(found).ok());
    let [tenant, licence, users, price, currency] = found.ok_or("a row has five fields")?;
    let tenant = match &*tenant {
        "old" => Tenant::Old,
        "new" => Tenant::New,
        _ => return Err("the tenant is `old` or `new`"),
    };
    let users = users.parse().ok().filter(|users| *users <= NUMBER_MAX);
    if licence.is_empty() || currency.is_empty() {
        return Err("a licence and a currency are named");
    }
    Ok(Price {
        tenant,
        licence,
        users: users.ok_or("users are a number")?,
        hundredths: hundredths(&price).ok_or("a price looks like 12 or 12.50")?,
        currency,
    })
}

fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 2 {
        return None;
    }
    let part = if part.len() == 1 {
        format!("{part}0")
    } else {
        part.to_owned()
    };
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= NUMBER_MAX)?;
    Some(whole * 100 + part.parse::<u64>().ok()?)
}

impl Price {
    /// Tenths of user-months in so many days; a month is a twelfth of 365 days.
    pub fn tenths(&self, days: u64) -> u64 {
        share(u128::from(self.users) * 10, days)
    }

    /// What they cost, in hundredths.
    pub fn cost(&self, days: u64) -> u64 {
        share(u128::from(self.users) * u128::from(self.hundredths), days)
    }
}

fn share(month: u128, days: u64) -> u64 {
    let all = month * u128::from(days) * 12 / 365;
    u64::try_from(all).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "tenant,licence,users,price,currency\nold,E3,100,36.00,EUR\nnew,E3,120,39.5,EUR\n";

    #[test]
    fn user_months_and_what_they_cost() {
        let prices = parse(LIST).expect("a good list");
        assert_eq!(
            (prices[0].tenant, prices[1].hundredths),
            (Tenant::Old, 3_950)
        );
        // A year is twelve months.
        assert_eq!(
            (prices[0].tenths(365), prices[0].cost(365)),
            (12_000, 4_320_000)
        );
        assert_eq!((prices[1].tenths(0), prices[1].cost(0)), (0, 0));
    }

    #[test]
    fn a_bad_list_is_refused_with_its_line() {
        let line = |row: &str| {
            let text = format!("{LIST}{row}\n");
            parse(&text).expect_err(row).line
        };
        for row in [
            "mid,E3,1,1,EUR",
            "old,,1,1,EUR",
            "old,E3,x,1,EUR",
            "old,E3,1,1.234,EUR",
            "old,E3,1,-1,EUR",
            "old,E3,1,1",
        ] {
            assert_eq!(line(row), 4, "{row}");
        }
        assert_eq!(parse("").expect_err("empty").line, 1);
        assert_eq!(parse("a,b\n").expect_err("header").line, 1);
    }
}
