//! Lenient reading of one JSON object: a field that is missing, null or of another type is `None`, never a default.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A JSON object, read by dotted paths. What is not there is never taken for a safe value: callers say what `None` means.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a>(&'a Value);

impl<'a> Object<'a> {
    /// Looks at a value.
    pub fn new(value: &'a Value) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn value(self) -> &'a Value {
        self.0
    }

    /// Whether the field stands there, be it null.
    pub fn has(self, path: &str) -> bool {
        self.raw(path).is_some()
    }

    fn raw(self, path: &str) -> Option<&'a Value> {
        // Names such as `@odata.type` hold a dot of their own.
        if let Some(value) = self.0.get(path) {
            return Some(value);
        }
        path.split('.')
            .try_fold(self.0, |value, name| value.get(name))
    }

    fn field(self, path: &str) -> Option<&'a Value> {
        self.raw(path).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    pub fn text(self, path: &str) -> Option<&'a str> {
        self.field(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// A flag; spreadsheets spell it `True`.
    pub fn flag(self, path: &str) -> Option<bool> {
        match self.field(path)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A number; spreadsheets spell it as a text.
    pub fn number(self, path: &str) -> Option<i64> {
        let value = self.field(path)?;
        value
            .as_i64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
    }

    /// An object below.
    pub fn object(self, path: &str) -> Option<Object<'a>> {
        self.field(path).filter(|value| value.is_object()).map(Self)
    }

    /// Objects below. PowerShell writes a list of one as its only member.
    pub fn objects(self, path: &str) -> Vec<Object<'a>> {
        match self.field(path) {
            Some(Value::Array(list)) => list
                .iter()
                .filter(|one| one.is_object())
                .map(Self)
                .collect(),
            Some(one @ Value::Object(_)) => vec![Self(one)],
            _ => Vec::new(),
        }
    }

    /// Texts below, or the only one.
    pub fn texts(self, path: &str) -> Vec<&'a str> {
        match self.field(path) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) if !text.is_empty() => vec![text],
            _ => Vec::new(),
        }
    }

    /// An instant, as Graph or as PowerShell's `/Date(ms)/` writes it.
    pub fn time(self, path: &str) -> Option<DateTime<Utc>> {
        let text = self.text(path)?;
        if let Some(digits) = text
            .strip_prefix("/Date(")
            .and_then(|rest| rest.strip_suffix(")/"))
        {
            return DateTime::from_timestamp_millis(digits.parse().ok()?);
        }
        let time = DateTime::parse_from_rfc3339(text).ok()?;
        Some(time.with_timezone(&Utc))
    }

    /// Whether a list or a text holds something. `<>` is how Exchange writes nobody.
    pub fn is_filled(self, path: &str) -> bool {
        match self.field(path) {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Array(list)) => list.iter().any(|one| !one.is_null()),
            Some(Value::String(text)) => {
                let text = text.trim();
                !text.is_empty() && text != "<>" && !text.eq_ignore_ascii_case("false")
            }
            Some(_) => true,
        }
    }

    /// What a person would call it.
    pub fn name(self) -> String {
        const NAMES: [&str; 12] = [
            "userPrincipalName",
            "displayName",
            "principalDisplayName",
            "UserPrincipalName",
            "PrimarySmtpAddress",
            "Name",
            "name",
            "Identity",
            "DomainName",
            "tenantId",
            "id",
            "Id",
        ];
        let first = NAMES.iter().find_map(|name| self.text(name));
        first.unwrap_or("(without a name)").to_owned()
    }
}
