//! The IAM actions of each service, with what each can be limited to.

use serde_json::{Map, Value, json};

/// Turns `{"s3": {"Actions": {"getobject": {"Resources": ["object"]}}, "Resources": …}}` into the same without
/// objects of one member: `{"s3": {"actions": {"getobject": ["object"]}, "resources": …}}`.
pub fn compact(policies: &Value) -> Map<String, Value> {
    let service = |service: &Value| {
        let actions = service["Actions"].as_object().into_iter().flatten();
        let actions: Map<String, Value> = actions
            .map(|(name, action)| (name.clone(), action.get("Resources").cloned().unwrap_or(json!([]))))
            .collect();
        json!({"actions": actions, "resources": service["Resources"]})
    };
    let services = policies.as_object().into_iter().flatten();
    services.map(|(name, policies)| (name.clone(), service(policies))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_an_action_can_be_limited_to() {
        let policies = json!({"s3": {
            "Actions": {"getobject": {"Resources": ["object"]}, "listallmybuckets": {}},
            "Resources": {"object": {"ARNFormats": ["arn:x"]}},
        }});
        let expected = json!({"s3": {
            "actions": {"getobject": ["object"], "listallmybuckets": []},
            "resources": {"object": {"ARNFormats": ["arn:x"]}},
        }});
        assert_eq!(Value::Object(compact(&policies)), expected);
    }
}
