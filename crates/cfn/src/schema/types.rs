//! The types of JSON, as loosely as CloudFormation reads them: a number may be written as text and back.

use serde::Deserialize;
use serde_json::Value;

/// A type that a schema asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
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
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Tells whether two values are the same to CloudFormation: `"5"` and `5` are.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    one == other || text(one).is_some_and(|one| text(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_numbers_and_flags_from_text_and_back() {
        assert!(Type::Integer.accepts(&json!("5")) && !Type::Integer.accepts(&json!("5.5")));
        assert!(Type::Integer.accepts(&json!(5.0)) && !Type::Integer.accepts(&json!(true)));
        assert!(Type::Boolean.accepts(&json!("true")) && !Type::Boolean.accepts(&json!("yes")));
        assert!(Type::String.accepts(&json!(5)) && !Type::String.accepts(&json!([])));
        assert!(!Type::Array.accepts(&json!("one")) && !Type::Object.accepts(&json!("{}")));
        assert!(same(&json!("5"), &json!(5)) && !same(&json!([]), &json!({})));
    }
}
