//! A property's value by its type ([MS-OXCDATA] 2.11.1), and reading one out of its bytes.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::bytes::{u16_at, u32_at, u64_at};

/// A value.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// `PtypBoolean`
    Boolean(bool),
    /// `PtypBinary`, and what is kept as bytes because its type is not known.
    Bytes(Vec<u8>),
    /// `PtypFloating32`, `PtypFloating64`, `PtypFloatingTime`
    Float(f64),
    /// `PtypGuid`
    Guid([u8; 16]),
    /// `PtypInteger16`
    Integer16(i16),
    /// `PtypInteger32`, `PtypErrorCode`
    Integer32(i32),
    /// `PtypInteger64`, `PtypCurrency`
    Integer64(i64),
    /// Several of one type.
    Many(Vec<Value>),
    /// `PtypString8`: its code page stands elsewhere.
    Narrow(Vec<u8>),
    /// `PtypString`
    Text(String),
    /// `PtypTime`: 100 ns since 1601.
    Time(u64),
}

/// Values are personal: their kind and size are enough to find a fault.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "Boolean({value})"),
            Self::Bytes(value) => write!(f, "Bytes({})", value.len()),
            Self::Float(value) => write!(f, "Float({value})"),
            Self::Guid(_) => f.write_str("Guid"),
            Self::Integer16(value) => write!(f, "Integer16({value})"),
            Self::Integer32(value) => write!(f, "Integer32({value})"),
            Self::Integer64(value) => write!(f, "Integer64({value})"),
            Self::Many(values) => write!(f, "Many({})", values.len()),
            Self::Narrow(value) => write!(f, "Narrow({})", value.len()),
            Self::Text(value) => write!(f, "Text({})", value.len()),
            Self::Time(value) => write!(f, "Time({value})"),
        }
    }
}

/// `PtypObject`: what it holds stands elsewhere.
pub(crate) const OBJECT: u16 = 0x000D;
/// `PtypString8`
pub(crate) const STRING8: u16 = 0x001E;
/// `PtypString`
pub(crate) const STRING: u16 = 0x001F;
/// `PtypBinary`
pub(crate) const BINARY: u16 = 0x0102;
/// The bit that makes several of a type.
pub(crate) const MANY: u16 = 0x1000;

/// Bytes of one value of a type; `None` for types of no fixed length.
pub(crate) fn fixed_size(kind: u16) -> Option<usize> {
    match kind {
        0x0002 => Some(2),
        0x0003 | 0x0004 | 0x000A => Some(4),
        // A boolean takes one byte in some files and two or four in others; each reader says which.
        0x000B => Some(1),
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        _ => None,
    }
}

/// One value of a type that is no array.
pub(crate) fn single(kind: u16, bytes: &[u8]) -> Option<Value> {
    Some(match kind {
        0x0002 => Value::Integer16(u16_at(bytes, 0)?.cast_signed()),
        0x0003 | 0x000A => Value::Integer32(u32_at(bytes, 0)?.cast_signed()),
        0x0004 => Value::Float(f64::from(f32::from_bits(u32_at(bytes, 0)?))),
        0x0005 | 0x0007 => Value::Float(f64::from_bits(u64_at(bytes, 0)?)),
        0x0006 | 0x0014 => Value::Integer64(u64_at(bytes, 0)?.cast_signed()),
        0x000B => Value::Boolean(*bytes.first()? != 0),
        0x0040 => Value::Time(u64_at(bytes, 0)?),
        0x0048 => Value::Guid(bytes.get(..16)?.try_into().ok()?),
        STRING8 => Value::Narrow(bytes.to_vec()),
        STRING => Value::Text(wide(bytes)),
        _ => Value::Bytes(bytes.to_vec()),
    })
}

/// Several values of a type of fixed length, one behind the other.
pub(crate) fn many_fixed(kind: u16, bytes: &[u8]) -> Option<Value> {
    let size = fixed_size(kind & !MANY)?;
    let values = bytes
        .chunks_exact(size)
        .map(|one| single(kind & !MANY, one))
        .collect::<Option<Vec<_>>>()?;
    Some(Value::Many(values))
}

/// Several values of no fixed length, as a data file keeps them ([MS-PST] 2.3.3.4.2): their count, where each begins, then all.
pub(crate) fn many_variable(kind: u16, bytes: &[u8]) -> Option<Value> {
    let count = usize::try_from(u32_at(bytes, 0)?).ok()?;
    // Room for every offset, or the count is made up: nothing is reserved for it.
    if count > bytes.len() / 4 {
        return None;
    }
    let start_of = |number: usize| -> Option<usize> {
        if number == count {
            return Some(bytes.len());
        }
        usize::try_from(u32_at(bytes, 4 + 4 * number)?).ok()
    };
    let mut left = bytes.len();
    let mut values = Vec::new();
    for number in 0..count {
        let one = bytes.get(start_of(number)?..start_of(number + 1)?)?;
        // Values that overlap would come to more than the bytes that there are.
        left = left.checked_sub(one.len())?;
        values.push(single(kind & !MANY, one)?);
    }
    Some(Value::Many(values))
}

/// UTF-16 as Windows writes it; a half character becomes U+FFFD.
pub(crate) fn wide(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// 100 ns between 1601 and 1970.
const EPOCH_TICKS: i64 = 116_444_736_000_000_000;
/// 1 January 4501: "none" ([MS-OXOCAL] 2.2.1.44.1).
const NONE_TICKS: u64 = 0x0CB3_4557_A3DD_4000;

/// A time as an instant. Years of five digits are none that a mail header or Graph has a form for: noise of a damaged file.
pub(crate) fn instant(ticks: u64) -> Option<DateTime<Utc>> {
    if ticks == 0 || ticks == NONE_TICKS {
        return None;
    }
    let since_epoch = i64::try_from(ticks).ok()?.checked_sub(EPOCH_TICKS)?;
    let at = DateTime::<Utc>::UNIX_EPOCH
        .checked_add_signed(TimeDelta::microseconds(since_epoch / 10))?;
    (at.year() <= 9999).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_the_calendar_is_none() {
        let at = |ticks| instant(ticks).map(|at| at.to_rfc2822());
        let last = "Fri, 31 Dec 9999 23:59:59 +0000";
        assert_eq!(at(2_650_467_743_999_999_999).as_deref(), Some(last));
        for none in [0, NONE_TICKS, 2_650_467_744_000_000_000, u64::MAX] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
