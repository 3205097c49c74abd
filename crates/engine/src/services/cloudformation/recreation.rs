//! Whether a change of a property makes a new resource, by AWS's schema of the type.

use hydrant_cfn::schema::ResourceSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::diff::Difference;

/// Whether a change replaces its resource, in the words of change sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Recreation {
    Never,
    Conditionally,
    Always,
}

/// Returns whether a difference replaces a resource of the type.
pub fn recreation(schema: Option<ResourceSchema>, difference: &Difference) -> Recreation {
    let Some(schema) = schema else { return Recreation::Never };
    let mut leaves = Vec::new();
    for value in [&difference.before, &difference.after].into_iter().flatten() {
        add_leaves(&difference.path, value, &mut leaves);
    }
    let of_leaf = |path: &Vec<String>| {
        if schema.is_create_only(path) {
            Recreation::Always
        } else if schema.is_conditional_create_only(path) {
            Recreation::Conditionally
        } else {
            Recreation::Never
        }
    };
    leaves.iter().map(of_leaf).max().unwrap_or(Recreation::Never)
}

fn add_leaves(path: &[String], value: &Value, leaves: &mut Vec<Vec<String>>) {
    leaves.push(path.to_vec());
    let below = |part: &str| [path, &[part.to_owned()]].concat();
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| add_leaves(&below(name), member, leaves));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                add_leaves(&below(&index.to_string()), item, leaves);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether the template names the resource and keeps that name, so that two of them cannot stand side by side.
pub fn name_stays(schema: Option<ResourceSchema>, before: &Value, after: &Value) -> bool {
    let Some(schema) = schema else { return false };
    let mut names = schema.primary_identifier();
    let (Some(name), None) = (names.next(), names.next()) else { return false };
    let of = |properties: &Value| {
        name.parts().try_fold(properties.clone(), |value, part| value.get(part).cloned())
    };
    of(before).is_some_and(|before| of(after) == Some(before))
}

#[cfg(test)]
mod tests {
    use hydrant_cfn::schema;
    use serde_json::json;

    use super::super::diff;
    use super::*;

    fn of(type_name: &str, before: Value, after: Value) -> Vec<Recreation> {
        let schema = schema::of(type_name);
        diff::between(schema, &before, &after).iter().map(|one| recreation(schema, one)).collect()
    }

    #[test]
    fn replaces_a_stream_for_its_name_and_not_for_its_shards() {
        let stream = "AWS::Kinesis::Stream";
        assert_eq!(of(stream, json!({"Name": "a"}), json!({"Name": "b"})), [Recreation::Always]);
        assert_eq!(of(stream, json!({"ShardCount": 1}), json!({"ShardCount": 2})), [Recreation::Never]);
    }

    #[test]
    fn looks_into_an_object_that_appears() {
        let source = json!({"KinesisStreamSourceConfiguration": {"RoleARN": "r", "KinesisStreamARN": "k"}});
        assert_eq!(of("AWS::KinesisFirehose::DeliveryStream", json!({}), source), [Recreation::Always]);
    }

    #[test]
    fn knows_a_name_that_two_resources_cannot_share() {
        let schema = schema::of("AWS::Kinesis::Stream");
        assert!(name_stays(schema, &json!({"Name": "a"}), &json!({"Name": "a"})));
        assert!(!name_stays(schema, &json!({"Name": "a"}), &json!({"Name": "b"})));
        assert!(!name_stays(schema, &json!({}), &json!({})));
    }
}
