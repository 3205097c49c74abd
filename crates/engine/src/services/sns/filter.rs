//! Filter policies on the attributes of messages: which messages a subscription gets.
//!
//! Exact values, `prefix`, `anything-but`, `exists` and `numeric` are known; other operators, and policies on the
//! body of messages, are refused by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::refusal::invalid;
use crate::error::AwsError;
use crate::services::sqs::MessageAttribute;

/// A policy that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPolicy(Vec<(String, Vec<Condition>)>);

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Exactly(Value),
    Prefix(String),
    AnythingBut(Vec<Value>),
    AnythingButPrefix(String),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl FilterPolicy {
    /// Reads the JSON text of a policy.
    pub fn read(text: &str) -> Result<Self, AwsError> {
        let policy: Value =
            serde_json::from_str(text).map_err(|_| invalid("FilterPolicy: failed to parse JSON."))?;
        let Value::Object(members) = policy else {
            return Err(invalid("FilterPolicy: Filter policy must be an object"));
        };
        let read = |(name, conditions): (String, Value)| match conditions {
            Value::Array(conditions) if conditions.is_empty() => {
                Err(invalid("FilterPolicy: Empty arrays are not allowed"))
            }
            Value::Array(conditions) => {
                let conditions = conditions.into_iter().map(Condition::read);
                Ok((name, conditions.collect::<Result<_, _>>()?))
            }
            Value::Object(_) => Err(invalid(
                "FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy",
            )),
            _ => Err(invalid(format_args!("FilterPolicy: \"{name}\" must be an object or an array"))),
        };
        Ok(Self(members.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Tells whether a message with these attributes passes: every name must, each by any of its conditions.
    pub fn accepts(&self, attributes: &BTreeMap<String, MessageAttribute>) -> bool {
        self.0.iter().all(|(name, conditions)| {
            let values = attributes.get(name).map(values);
            conditions.iter().any(|condition| condition.holds(values.as_deref()))
        })
    }
}

/// Returns what an attribute offers to compare with: its text, its number, or the members of its array.
fn values(attribute: &MessageAttribute) -> Vec<Value> {
    let text = attribute.string_value.clone().unwrap_or_default();
    match attribute.data_type.as_str() {
        "Number" => text.parse::<f64>().map(Value::from).into_iter().collect(),
        "String.Array" => match serde_json::from_str(&text) {
            Ok(Value::Array(members)) => members,
            Ok(other) => vec![other],
            Err(_) => Vec::new(),
        },
        kind if kind.starts_with("Binary") => Vec::new(),
        _ => vec![Value::String(text)],
    }
}

impl Condition {
    fn read(condition: Value) -> Result<Self, AwsError> {
        let Value::Object(members) = condition else {
            return match condition {
                Value::Array(_) => {
                    Err(invalid("FilterPolicy: Match value must be String, number, true, false, or null"))
                }
                value => Ok(Self::Exactly(value)),
            };
        };
        let mut members: Map<String, Value> = members;
        let name = members.keys().next().cloned().unwrap_or_default();
        let operand = members.shift_remove(&name).unwrap_or_default();
        if !members.is_empty() || name.is_empty() {
            return Err(invalid("FilterPolicy: Only one key allowed in match expression"));
        }
        match (name.as_str(), operand) {
            ("prefix", Value::String(prefix)) => Ok(Self::Prefix(prefix)),
            ("prefix", _) => Err(invalid("FilterPolicy: prefix match pattern must be a string")),
            ("exists", Value::Bool(exists)) => Ok(Self::Exists(exists)),
            ("exists", _) => Err(invalid("FilterPolicy: exists match pattern must be either true or false.")),
            ("anything-but", Value::Array(values)) => Ok(Self::AnythingBut(values)),
            ("anything-but", Value::Object(members)) => {
                match (members.len(), members.get("prefix").and_then(Value::as_str)) {
                    (1, Some(prefix)) => Ok(Self::AnythingButPrefix(prefix.to_owned())),
                    _ => Err(AwsError::not_supported("this form of `anything-but` in a filter policy")),
                }
            }
            ("anything-but", value) => Ok(Self::AnythingBut(vec![value])),
            ("numeric", Value::Array(parts)) => numeric(&parts),
            ("numeric", _) => Err(invalid("FilterPolicy: Value of numeric must be an array")),
            ("suffix" | "equals-ignore-case" | "cidr" | "wildcard", _) => {
                Err(AwsError::not_supported(format_args!("`{name}` in a filter policy")))
            }
            (other, _) => Err(invalid(format_args!("FilterPolicy: Unrecognized match type {other}"))),
        }
    }

    fn holds(&self, values: Option<&[Value]>) -> bool {
        if let Self::Exists(exists) = self {
            return values.is_some() == *exists;
        }
        let Some(values) = values else { return false };
        values.iter().any(|value| match self {
            Self::Exactly(expected) => same(value, expected),
            Self::Prefix(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            Self::AnythingBut(others) => !others.iter().any(|other| same(value, other)),
            Self::AnythingButPrefix(prefix) => !value.as_str().is_some_and(|text| text.starts_with(prefix)),
            Self::Numeric(comparisons) => value.as_f64().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            Self::Exists(_) => true,
        })
    }
}

/// Compares numbers by what they are worth, and everything else as it is.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-6,
        _ => one == other,
    }
}

fn numeric(parts: &[Value]) -> Result<Condition, AwsError> {
    let comparison = |pair: &[Value]| {
        let [operator, bound] = pair else {
            return Err(invalid("FilterPolicy: Value of numeric must be an array of operators and numbers"));
        };
        let comparison = match operator.as_str() {
            Some("=") => Comparison::Equal,
            Some("<") => Comparison::Less,
            Some("<=") => Comparison::LessOrEqual,
            Some(">") => Comparison::Greater,
            Some(">=") => Comparison::GreaterOrEqual,
            _ => {
                let operator = operator.as_str().unwrap_or_default();
                return Err(invalid(format_args!(
                    "FilterPolicy: Unrecognized numeric range operator: {operator}"
                )));
            }
        };
        match bound.as_f64() {
            Some(bound) => Ok((comparison, bound)),
            None => Err(invalid("FilterPolicy: Value of numeric range must be numeric")),
        }
    };
    if !(parts.len() == 2 || parts.len() == 4) {
        return Err(invalid(
            "FilterPolicy: Invalid member in numeric match: it must have two or four members",
        ));
    }
    Ok(Condition::Numeric(parts.chunks(2).map(comparison).collect::<Result<_, _>>()?))
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => (number - bound).abs() < 1e-6,
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attribute(data_type: &str, value: &str) -> MessageAttribute {
        MessageAttribute { data_type: data_type.into(), string_value: Some(value.into()), binary_value: None }
    }

    fn accepts(policy: Value, attributes: &[(&str, &str, &str)]) -> bool {
        let attributes = attributes
            .iter()
            .map(|(name, kind, value)| ((*name).to_owned(), attribute(kind, value)))
            .collect();
        FilterPolicy::read(&policy.to_string()).unwrap().accepts(&attributes)
    }

    #[test]
    fn lets_through_what_matches_in_every_name() {
        let policy =
            json!({"kind": ["order", {"prefix": "ref"}], "price": [{"numeric": [">", 0, "<=", 100]}]});
        let order = |price: &'static str| [("kind", "String", "order"), ("price", "Number", price)];
        assert!(accepts(policy.clone(), &order("100")));
        assert!(!accepts(policy.clone(), &order("100.5")));
        assert!(accepts(policy.clone(), &[("kind", "String", "refund"), ("price", "Number", "1")]));
        assert!(!accepts(policy, &[("kind", "String", "order")]));
    }

    #[test]
    fn knows_anything_but_arrays_and_existence() {
        let but = json!({"kind": [{"anything-but": ["order"]}]});
        assert!(accepts(but.clone(), &[("kind", "String", "refund")]));
        assert!(!accepts(but.clone(), &[("kind", "String", "order")]));
        assert!(!accepts(but, &[]));
        let any = json!({"kinds": ["b"]});
        assert!(accepts(any, &[("kinds", "String.Array", r#"["a","b"]"#)]));
        assert!(accepts(json!({"kind": [{"exists": false}]}), &[]));
        assert!(!accepts(json!({"kind": [{"exists": true}]}), &[]));
        assert!(accepts(json!({"n": [5]}), &[("n", "Number", "5.0")]));
    }

    #[test]
    fn refuses_what_is_no_policy_and_names_what_it_does_not_have() {
        for (policy, status) in [
            ("[]", 400),
            ("{", 400),
            (r#"{"a": "b"}"#, 400),
            (r#"{"a": []}"#, 400),
            (r#"{"a": [{"numeric": ["~", 1]}]}"#, 400),
            (r#"{"a": [{"numeric": [">"]}]}"#, 400),
            (r#"{"a": [{"suffix": "x"}]}"#, 501),
            (r#"{"a": {"b": ["c"]}}"#, 400),
        ] {
            assert_eq!(FilterPolicy::read(policy).unwrap_err().status, status, "{policy}");
        }
    }
}
