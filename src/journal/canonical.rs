//! Between the domain's JSON values and the ledger's canonical ones.

use unbroken_ledger::Value;

/// The domain's values hold no floats and no nulls; what is missing is left out.
pub(crate) fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Array(items) => Value::Array(items.iter().map(from_json).collect()),
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Null => Value::text(""),
        serde_json::Value::Number(number) => Value::Integer(
            number
                .as_i64()
                .expect("the domain counts in integers below 2^53"),
        ),
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(key, value)| (key.clone(), from_json(value)))
                .collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields)
        }
        serde_json::Value::String(text) => Value::text(text),
    }
}

/// The other way.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Array(items) => items.iter().map(to_json).collect(),
        Value::Bool(flag) => (*flag).into(),
        Value::Integer(number) => (*number).into(),
        Value::Object(fields) => serde_json::Value::Object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), to_json(value)))
                .collect(),
        ),
        Value::String(text) => text.as_str().into(),
    }
}
