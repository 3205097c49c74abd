//! What EventBridge's patterns ask, where a mapping filters events by them.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>: a filter that is no pattern is refused, and the
//! events of each source have keys of their own. Not confirmed on AWS: the words.

use serde_json::Value;

use super::Refusal;
use super::properties::Properties;

const INVALID: Refusal = Refusal::Service("InvalidParameterValueException");

/// The keys under which sources have what was sent.
const KEYS: [&str; 4] = ["body", "data", "dynamodb", "value"];

/// H1306: filters are patterns; H1307: of the events that come.
pub(super) fn check(mapping: &mut Properties<'_>, filters: &str, key: Option<&str>) {
    for at in 0..mapping.length(filters).unwrap_or_default() {
        let path = format!("{filters}/{at}/Pattern");
        let Some(text) = mapping.text(&path) else { continue };
        match serde_json::from_str::<Value>(text) {
            Err(error) => {
                let message = format!("Invalid filter pattern definition: it is not JSON ({error}).");
                mapping.report("H1306", &path, INVALID, message);
            }
            Ok(pattern) => {
                if let Some(fault) = fault(&pattern) {
                    mapping.report(
                        "H1306",
                        &path,
                        INVALID,
                        format!("Invalid filter pattern definition: {fault}."),
                    );
                    continue;
                }
                let other = pattern.as_object().into_iter().flat_map(|members| members.keys());
                let other = other.filter(|name| KEYS.contains(&name.as_str()) && Some(name.as_str()) != key);
                if let (Some(key), Some(name)) = (key, other.into_iter().next()) {
                    let message = format!(
                        "events of this source have `{key}` and no `{name}`, so that nothing matches"
                    );
                    mapping.report("H1307", &path, Refusal::Unsure, message);
                }
            }
        }
    }
}

/// Says why a value is no pattern.
pub(super) fn fault(pattern: &Value) -> Option<String> {
    let Some(members) = pattern.as_object() else { return Some("a pattern is an object".to_owned()) };
    members.iter().find_map(|(name, member)| match member {
        Value::Object(_) => fault(member),
        Value::Array(items) if items.is_empty() && name != "$or" => {
            Some(format!("the list of `{name}` is empty"))
        }
        Value::Array(_) => None,
        _ => Some(format!("the value of `{name}` is neither an object nor a list")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::breaches;

    fn of(pattern: &str) -> Vec<String> {
        let mapping = json!({
            "EventSourceArn": "arn:aws:sqs:us-east-1:111122223333:q", "FilterCriteria": {"Filters": [{"Pattern": pattern}]},
        });
        breaches("AWS::Lambda::EventSourceMapping", &mapping)
    }

    #[test]
    fn wants_a_pattern() {
        assert_eq!(of("{\"body\": {\"kind\": [\"order\"]}}"), [""; 0]);
        for wrong in ["{body: 1}", "[]", "{\"body\": {\"kind\": \"order\"}}", "{\"body\": []}"] {
            assert_eq!(of(wrong), ["H1306 FilterCriteria/Filters/0/Pattern"], "{wrong}");
        }
    }

    #[test]
    fn wants_the_key_of_the_source() {
        assert_eq!(of("{\"data\": {\"kind\": [\"order\"]}}"), ["H1307 FilterCriteria/Filters/0/Pattern"]);
    }
}
