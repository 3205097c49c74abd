//! Values that only the execution of a change set will tell, and the functions that stand behind them.

use serde_json::Value;

/// What a change set shows for a value that is not known yet.
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Puts the placeholder wherever a function is left.
pub fn concealed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let is_function =
                members.len() == 1 && members.keys().all(|name| name == "Ref" || name.starts_with("Fn::"));
            if is_function {
                return Value::from(KNOWN_AFTER_APPLY);
            }
            members.iter().map(|(name, member)| (name.clone(), concealed(member))).collect()
        }
        Value::Array(items) => items.iter().map(concealed).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Whether the placeholder stands anywhere in a value.
pub fn is_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(KNOWN_AFTER_APPLY),
        Value::Array(items) => items.iter().any(is_unknown),
        Value::Object(members) => members.values().any(is_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Walks from the properties of a template towards a place, and stops at a function that makes up the rest.
pub fn raw_at<'a>(properties: &'a Value, path: &[String]) -> &'a Value {
    let mut value = properties;
    for part in path {
        let below = match value {
            Value::Object(members) => members.get(part),
            Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        match below {
            Some(below) => value = below,
            None => return if is_function(value) { value } else { &Value::Null },
        }
    }
    value
}

fn is_function(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.keys().any(|name| name == "Ref" || name.starts_with("Fn::")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn puts_the_placeholder_in_the_place_of_functions_only() {
        let shown = concealed(
            &json!({"A": {"Ref": "X"}, "B": [{"Fn::GetAtt": ["X", "Y"]}, 1], "C": {"Ref": 1, "D": 2}}),
        );
        let expected = json!({"A": KNOWN_AFTER_APPLY, "B": [KNOWN_AFTER_APPLY, 1], "C": {"Ref": 1, "D": 2}});
        assert_eq!(shown, expected);
        assert!(is_unknown(&shown["B"]) && !is_unknown(&shown["C"]));
    }

    #[test]
    fn stops_at_the_function_that_makes_up_a_place() {
        let properties = json!({"A": {"Fn::If": ["C", {"B": 1}, {"B": 2}]}, "D": [{"E": 3}]});
        let path = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        assert_eq!(raw_at(&properties, &path(&["A", "B"])), &properties["A"]);
        assert_eq!(raw_at(&properties, &path(&["D", "0", "E"])), &json!(3));
        assert_eq!(raw_at(&properties, &path(&["D", "1"])), &Value::Null);
    }
}
