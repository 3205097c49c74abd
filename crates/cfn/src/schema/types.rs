//! The types of JSON, as loosely as CloudFormation reads them: a number may be written as text and back.

use std::borrow::Cow;

use serde_json::Value;

use crate::frozen::{Frozen, View};

/// A type that a schema asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Array,
    Boolean,
    Integer,
    Null,
    Number,
    Object,
    String,
}

impl Type {
    /// Returns the type of a schema's word for it.
    fn named(name: &str) -> Option<Type> {
        Some(match name {
            "array" => Type::Array,
            "boolean" => Type::Boolean,
            "integer" => Type::Integer,
            "null" => Type::Null,
            "number" => Type::Number,
            "object" => Type::Object,
            "string" => Type::String,
            _ => return None,
        })
    }

    /// Tells whether CloudFormation can read `value` as this type.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Type::Array, Value::Array(_)) | (Type::Object, Value::Object(_)) | (Type::Null, Value::Null) => {
                true
            }
            (Type::Boolean, Value::Bool(_)) => true,
            (Type::Boolean, Value::String(text)) => {
                matches!(text.as_str(), "true" | "false" | "True" | "False")
            }
            (Type::Integer, Value::Number(number)) => {
                number.is_i64()
                    || number.is_u64()
                    || number.as_f64().is_some_and(|float| float.fract() == 0.0)
            }
            (Type::Integer, Value::String(text)) => text.parse::<i64>().is_ok(),
            (Type::Number, Value::Number(_)) => true,
            (Type::Number, Value::String(text)) => text.parse::<f64>().is_ok(),
            (Type::String, Value::String(_) | Value::Number(_) | Value::Bool(_)) => true,
            _ => false,
        }
    }

    /// Returns the type's name in CloudFormation's messages.
    pub fn expected(self) -> &'static str {
        match self {
            Type::Array => "JSONArray",
            Type::Boolean => "Boolean",
            Type::Integer => "Integer",
            Type::Null => "Null",
            Type::Number => "Number",
            Type::Object => "JSONObject",
            Type::String => "String",
        }
    }
}

/// The types that a schema asks for; none when it takes any.
#[derive(Debug, Clone, Copy)]
pub struct Types<'a> {
    keyword: Option<Frozen<'a>>,
}

impl<'a> Types<'a> {
    /// Reads the value of the keyword `type`: one name, or a list.
    pub(super) fn new(keyword: Option<Frozen<'a>>) -> Self {
        Self { keyword }
    }

    /// Returns the types in the order of the schema.
    pub fn iter(self) -> impl Iterator<Item = Type> {
        let one = self.keyword.and_then(Frozen::text);
        let several = self.keyword.and_then(Frozen::list).into_iter().flat_map(|list| list.texts());
        one.into_iter().chain(several).filter_map(Type::named)
    }

    /// Says whether any type will do.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Says whether `wanted` is one of the types.
    pub fn contains(self, wanted: Type) -> bool {
        self.iter().any(|one| one == wanted)
    }

    /// Returns the type, if there is only one.
    pub fn only(self) -> Option<Type> {
        let mut types = self.iter();
        types.next().filter(|_| types.next().is_none())
    }
}

/// Returns the name of a value's type in CloudFormation's messages.
pub(super) fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "BigDecimal",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

/// Returns a scalar as the text that CloudFormation would read.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

/// Tells whether a value is the one in a schema to CloudFormation: `"5"` and `5` are the same.
pub(super) fn same(wanted: Frozen<'_>, value: &Value) -> bool {
    match (wanted.view(), value) {
        (View::Null, Value::Null) => true,
        (View::Text(wanted), Value::String(text)) => wanted == text,
        (View::List(wanted), Value::Array(items)) => {
            wanted.len() == items.len() && wanted.iter().zip(items).all(|(wanted, item)| same(wanted, item))
        }
        (View::Object(wanted), Value::Object(members)) => {
            wanted.len() == members.len()
                && wanted.iter().all(|(name, wanted)| members.get(name).is_some_and(|one| same(wanted, one)))
        }
        (View::Bool(_) | View::Integer(_) | View::Float(_) | View::Text(_), value) => {
            text(value).is_some_and(|found| text(&wanted.thaw()) == Some(found))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::frozen::freeze;

    #[test]
    fn reads_numbers_and_flags_from_text_and_back() {
        assert!(Type::Integer.accepts(&json!("5")) && !Type::Integer.accepts(&json!("5.5")));
        assert!(Type::Integer.accepts(&json!(5.0)) && !Type::Integer.accepts(&json!(true)));
        assert!(Type::Boolean.accepts(&json!("true")) && !Type::Boolean.accepts(&json!("yes")));
        assert!(Type::String.accepts(&json!(5)) && !Type::String.accepts(&json!([])));
        assert!(!Type::Array.accepts(&json!("one")) && !Type::Object.accepts(&json!("{}")));
    }

    #[test]
    fn compares_as_loosely_as_it_reads() {
        let is_same = |wanted: Value, value: Value| same(Frozen::root(&freeze(&wanted).unwrap()), &value);
        assert!(is_same(json!("5"), json!(5)) && is_same(json!(5), json!("5")));
        assert!(is_same(json!(true), json!("true")) && is_same(json!({"a": [1]}), json!({"a": ["1"]})));
        assert!(!is_same(json!([]), json!({})) && !is_same(json!({"a": 1}), json!({"a": 1, "b": 2})));
    }
}
