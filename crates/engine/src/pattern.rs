//! Event patterns: whether an event has what a rule asks for.
//!
//! Exact values, `prefix`, `suffix`, `equals-ignore-case`, `anything-but`, `numeric` and `exists` are there;
//! `wildcard`, `cidr`, `$or` and anything else are refused by name.

use serde_json::{Map, Value};

use crate::error::AwsError;

/// Reads a pattern, which must name only what can be matched here.
pub fn parse(pattern: &str) -> Result<Value, AwsError> {
    let parsed: Value =
        serde_json::from_str(pattern).map_err(|_| invalid("Event pattern is not valid JSON"))?;
    let Some(fields) = parsed.as_object() else { return Err(invalid("Filter is not an object")) };
    if fields.is_empty() {
        return Err(invalid("Empty patterns are not allowed"));
    }
    check(fields)?;
    Ok(parsed)
}

fn invalid(reason: &str) -> AwsError {
    AwsError::new("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {reason}"))
}

fn check(fields: &Map<String, Value>) -> Result<(), AwsError> {
    for (name, field) in fields {
        if name == "$or" {
            return Err(AwsError::not_supported("`$or` in an event pattern"));
        }
        match field {
            Value::Object(fields) if fields.is_empty() => {
                return Err(invalid("Empty objects are not allowed"));
            }
            Value::Object(fields) => check(fields)?,
            Value::Array(conditions) if conditions.is_empty() => {
                return Err(invalid("Empty arrays are not allowed"));
            }
            Value::Array(conditions) => conditions.iter().try_for_each(check_condition)?,
            _ => return Err(invalid(&format!("\"{name}\" must be an object or an array"))),
        }
    }
    Ok(())
}

fn check_condition(condition: &Value) -> Result<(), AwsError> {
    let Value::Object(condition) = condition else {
        return match condition {
            Value::Array(_) => Err(invalid("Match value must be String, number, true, false, or null")),
            _ => Ok(()),
        };
    };
    let Some((operator, operand)) = condition.iter().next().filter(|_| condition.len() == 1) else {
        return Err(invalid("Only one key allowed in match expression"));
    };
    let is_valid = match operator.as_str() {
        "prefix" | "suffix" | "equals-ignore-case" => {
            if operand.is_object() {
                return Err(AwsError::not_supported(format_args!(
                    "an object as `{operator}` in an event pattern"
                )));
            }
            operand.is_string()
        }
        "exists" => operand.is_boolean(),
        "numeric" => comparisons(operand).is_some(),
        "anything-but" => match operand {
            Value::Object(_) => {
                let inner = operand.as_object().and_then(|inner| inner.iter().next());
                match inner {
                    Some((name, Value::String(_))) if name == "prefix" || name == "suffix" => true,
                    _ => return Err(AwsError::not_supported("this `anything-but` in an event pattern")),
                }
            }
            Value::Array(values) => !values.is_empty() && values.iter().all(|value| !value.is_object()),
            Value::Null => false,
            _ => true,
        },
        "wildcard" | "cidr" => {
            return Err(AwsError::not_supported(format_args!("`{operator}` in an event pattern")));
        }
        _ => return Err(invalid(&format!("Unrecognized match type {operator}"))),
    };
    if is_valid { Ok(()) } else { Err(invalid(&format!("Value of {operator} is not valid"))) }
}

/// Returns whether `event` matches a pattern that was parsed before.
pub fn matches(pattern: &Value, event: &Value) -> bool {
    let Some(fields) = pattern.as_object() else { return false };
    fields.iter().all(|(name, field)| {
        let found = event.get(name);
        match field {
            Value::Array(conditions) => conditions.iter().any(|condition| meets(condition, found)),
            // A field below one that is missing is missing too.
            _ => matches(field, found.unwrap_or(&Value::Null)),
        }
    })
}

/// Returns whether a field, or one element of a list, meets a condition.
fn meets(condition: &Value, found: Option<&Value>) -> bool {
    if let Some(wanted) = condition.get("exists").and_then(Value::as_bool) {
        // Only leaves exist in this sense.
        return found.is_some_and(|found| !found.is_object()) == wanted;
    }
    match found {
        None | Some(Value::Object(_)) => false,
        Some(Value::Array(elements)) => elements.iter().any(|element| holds(condition, element)),
        Some(value) => holds(condition, value),
    }
}

fn holds(condition: &Value, value: &Value) -> bool {
    let Value::Object(expression) = condition else { return equal(condition, value) };
    let Some((operator, operand)) = expression.iter().next() else { return false };
    let texts = || operand.as_str().zip(value.as_str());
    match operator.as_str() {
        "prefix" => texts().is_some_and(|(operand, value)| value.starts_with(operand)),
        "suffix" => texts().is_some_and(|(operand, value)| value.ends_with(operand)),
        "equals-ignore-case" => {
            texts().is_some_and(|(operand, value)| value.to_lowercase() == operand.to_lowercase())
        }
        "numeric" => value.as_f64().is_some_and(|value| {
            let comparisons = comparisons(operand).unwrap_or_default();
            comparisons.iter().all(|(operator, bound)| compare(operator, value, *bound))
        }),
        "anything-but" => match operand {
            Value::Object(_) => !holds(operand, value),
            Value::Array(others) => !others.iter().any(|other| equal(other, value)),
            other => !equal(other, value),
        },
        _ => false,
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Reads `[">", 0, "<=", 5]`.
fn comparisons<'a>(operand: &'a Value) -> Option<Vec<(&'a str, f64)>> {
    let parts = operand.as_array().filter(|parts| matches!(parts.len(), 2 | 4))?;
    let pair = |pair: &'a [Value]| {
        let operator = pair[0].as_str().filter(|operator| ["=", "<", "<=", ">", ">="].contains(operator))?;
        Some((operator, pair[1].as_f64()?))
    };
    parts.chunks(2).map(pair).collect()
}

fn compare(operator: &str, value: f64, bound: f64) -> bool {
    match operator {
        "=" => value == bound,
        "<" => value < bound,
        "<=" => value <= bound,
        ">" => value > bound,
        _ => value >= bound,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_match(pattern: Value) -> bool {
        let event = json!({
            "source": "my.app", "detail-type": "Order placed",
            "detail": {"state": "running", "count": 5, "tags": ["a", "b"], "none": null, "at": {"x": 1}},
        });
        matches(&parse(&pattern.to_string()).unwrap(), &event)
    }

    #[test]
    fn matches_what_has_every_field() {
        assert!(is_match(json!({"source": ["other", "my.app"], "detail": {"state": ["running"]}})));
        assert!(!is_match(json!({"source": ["my.app"], "detail": {"state": ["stopped"]}})));
        assert!(is_match(json!({"detail": {"tags": ["b"]}})));
        assert!(is_match(json!({"detail": {"none": [null]}})));
        assert!(!is_match(json!({"detail": {"missing": [null]}})));
        assert!(is_match(json!({"detail": {"count": [5.0]}})));
    }

    #[test]
    fn matches_by_content() {
        assert!(is_match(json!({"source": [{"prefix": "my."}]})));
        assert!(is_match(json!({"source": [{"suffix": "app"}]})));
        assert!(is_match(json!({"source": [{"equals-ignore-case": "MY.APP"}]})));
        assert!(is_match(json!({"detail": {"state": [{"anything-but": ["stopped", "gone"]}]}})));
        assert!(!is_match(json!({"detail": {"state": [{"anything-but": {"prefix": "run"}}]}})));
        assert!(!is_match(json!({"detail": {"missing": [{"anything-but": "a"}]}})));
        assert!(is_match(json!({"detail": {"count": [{"numeric": [">", 0, "<=", 5]}]}})));
        assert!(!is_match(json!({"detail": {"count": [{"numeric": ["<", 5]}]}})));
        assert!(is_match(json!({"detail": {"missing": [{"exists": false}], "state": [{"exists": true}]}})));
        assert!(is_match(json!({"missing": {"below": [{"exists": false}]}})));
        assert!(is_match(json!({"detail": {"at": [{"exists": false}]}})));
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        let code = |pattern: &str| parse(pattern).unwrap_err().code;
        for pattern in
            ["{", "[]", "{}", r#"{"a":"b"}"#, r#"{"a":[]}"#, r#"{"a":[{"odd":1}]}"#, r#"{"a":[["b"]]}"#]
        {
            assert_eq!(code(pattern), "InvalidEventPatternException", "{pattern}");
        }
        for pattern in [r#"{"$or":[{"a":["b"]}]}"#, r#"{"a":[{"wildcard":"*"}]}"#] {
            assert_eq!(code(pattern), "NotImplemented", "{pattern}");
        }
    }
}
