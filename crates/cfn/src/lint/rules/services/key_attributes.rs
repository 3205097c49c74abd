//! # E3039: a table defines the attributes of its keys, and no others
//!
//! ```yaml
//! T: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: [{AttributeName: ID, AttributeType: S}]}}
//! ```
//!
//! Amazon DynamoDB refuses a table with a key that is not defined, and one with a definition that no key uses. Tables whose
//! names of attributes are functions are left alone.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    id: "E3039",
    level: Level::Error,
    summary: "a table defines the attributes of its keys, and no others",
    source: include_str!("key_attributes.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        if resource.resource_type != "AWS::DynamoDB::Table" {
            continue;
        }
        let Some((keys, defined)) =
            keys(&resource.properties).zip(names(resource.properties.get("AttributeDefinitions")))
        else {
            continue;
        };
        let path = ["Resources", logical_id, "Properties"];
        let mut report = |message| findings.add(message, None, context.template.place(&path), &path);
        if let Some(missing) = keys.difference(&defined).next() {
            report(format!("the key attribute `{missing}` is not among the `AttributeDefinitions`"));
        }
        if let Some(unused) = defined.difference(&keys).next() {
            report(format!("no key uses the attribute `{unused}` of the `AttributeDefinitions`"));
        }
    }
}

fn keys(properties: &Value) -> Option<BTreeSet<&str>> {
    let mut keys = names(properties.get("KeySchema"))?;
    for indexes in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let Some(indexes) = properties.get(indexes) else { continue };
        for index in indexes.as_array()? {
            keys.extend(names(index.get("KeySchema"))?);
        }
    }
    Some(keys)
}

/// Returns the names in a list of attributes, when all of them are written out.
fn names(list: Option<&Value>) -> Option<BTreeSet<&str>> {
    let Some(list) = list else { return Some(BTreeSet::new()) };
    let named = list.as_array()?.iter().filter_map(|one| one.get("AttributeName"));
    named.map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(rest: &str) -> String {
        format!(
            "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      KeySchema: [{{AttributeName: id, KeyType: HASH}}]\n      {rest}\n"
        )
    }

    #[test]
    fn trips_on_a_key_that_is_not_defined_and_a_definition_without_key() {
        let found =
            findings("E3039", &template("AttributeDefinitions: [{AttributeName: other, AttributeType: S}]"));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn is_fine_with_keys_of_indexes_and_with_functions() {
        let index = "AttributeDefinitions: [{AttributeName: id}, {AttributeName: at}]\n      GlobalSecondaryIndexes: [{KeySchema: [{AttributeName: at}]}]";
        assert_eq!(findings("E3039", &template(index)), [""; 0]);
        assert_eq!(findings("E3039", &template("AttributeDefinitions: [{AttributeName: !Ref A}]")), [""; 0]);
    }
}
