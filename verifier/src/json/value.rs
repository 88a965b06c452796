//! What can be asked of a value that was read: its kind, its fields, their order.

use std::borrow::Cow;

use super::{Field, Value};
use crate::broken::{Checked, broken, ensure};

impl<'a> Value<'a> {
    /// The fields of an object that the page lists: exactly these, in this order.
    pub(crate) fn listed<const N: usize>(self, names: [&str; N]) -> Checked<[Self; N]> {
        self.is_listed(names)?;
        let Value::Object(fields) = self else {
            return broken("canonical/fields", "not an object");
        };
        let mut values = fields.into_iter().map(|(_, value)| value);
        Ok(std::array::from_fn(|_| {
            values.next().expect("as many as names")
        }))
    }

    /// `listed`, where the object is only looked at.
    pub(crate) fn listed_in<const N: usize>(&self, names: [&str; N]) -> Checked<[&Self; N]> {
        self.is_listed(names)?;
        let mut values = self.fields().unwrap_or_default().iter();
        Ok(std::array::from_fn(|_| {
            &values.next().expect("as many as names").1
        }))
    }

    fn is_listed<const N: usize>(&self, names: [&str; N]) -> Checked {
        let Value::Object(fields) = self else {
            return broken("canonical/fields", "not an object");
        };
        let are_they = fields.iter().map(|(name, _)| &**name).eq(names);
        if are_they {
            return Ok(());
        }
        broken(
            "canonical/fields",
            format_args!("the fields are not {}", names.join(", ")),
        )
    }

    /// Keys ascend strictly, here and below.
    pub(crate) fn ascends(&self) -> Checked {
        match self {
            Value::Object(fields) => {
                for pair in fields.windows(2) {
                    let holds = pair[0].0.as_bytes() < pair[1].0.as_bytes();
                    ensure(holds, "canonical/keys", "keys do not ascend")?;
                }
                fields.iter().try_for_each(|(_, value)| value.ascends())
            }
            Value::List(items) => items.iter().try_for_each(Value::ascends),
            _ => Ok(()),
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Value::Object(fields) => fields
                .iter()
                .find(|(found, _)| found == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text itself, which outlives the value.
    pub(crate) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn fields(&self) -> Option<&[Field<'a>]> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// An integer that is not negative.
    pub(crate) fn count(&self) -> Option<u64> {
        match self {
            Value::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }
}
