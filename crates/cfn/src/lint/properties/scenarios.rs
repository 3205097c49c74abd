//! The ways in which the conditions of one resource's properties can go together.
//!
//! A property that one condition takes away is missed only where that condition does not hold, and what must not stand together
//! stands together only where both conditions do. Each way is looked at for itself, as long as there are few conditions.

use crate::template::conditions::Conditions;
use crate::template::seen;
use serde_json::Value;

/// How many conditions of one resource are looked at.
const MOST: usize = 4;

/// What is checked for each way: keywords that tell of members being there or not.
pub(super) const KEYWORDS: &[&str] =
    &["dependentExcluded", "dependentRequired", "required", "requiredOr", "requiredXor"];

/// Returns the properties as they are in each way that conditions can go together; none where nothing depends on conditions.
pub(super) fn of(conditions: &Conditions<'_>, properties: &Value, condition: Option<&str>) -> Vec<Value> {
    let mut names = Vec::new();
    collect(properties, &mut names);
    if names.is_empty() || names.len() > MOST {
        return Vec::new();
    }
    let ways = 0_usize..1 << names.len();
    let ways = ways.filter_map(|way| {
        let each = names.iter().enumerate().map(|(index, name)| (*name, way >> index & 1 == 1));
        let assumed: Vec<(&str, bool)> = condition.map(|name| (name, true)).into_iter().chain(each).collect();
        let is_possible = conditions.can_hold(&assumed) == Some(true);
        is_possible.then(|| seen::see_assuming(conditions, properties, &assumed))
    });
    ways.collect()
}

/// Collects the conditions that choose among values.
fn collect<'v>(value: &'v Value, names: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => {
            let name = members.get("Fn::If").and_then(|choice| choice.get(0)?.as_str());
            names.extend(name.filter(|name| !names.contains(name)));
            members.values().for_each(|member| collect(member, names));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(condition: &str, role: &str) -> String {
        format!(
            "Parameters: {{Stage: {{Type: String}}}}\nConditions: {{C: !Equals [!Ref Stage, a], D: !Not [!Condition C]}}\nResources:\n  F:\n    \
             Type: AWS::Lambda::Function\n    {condition}\n    Properties:\n      Role: {role}\n      Code: {{S3Bucket: code, S3Key: k}}\n"
        )
    }

    #[test]
    fn misses_a_property_where_its_condition_takes_it_away() {
        let role = "!If [C, 'arn:aws:iam::123456789012:role/r', !Ref AWS::NoValue]";
        assert_eq!(
            findings("E3003", &template("DependsOn: []", role)),
            ["7:5 AWS::Lambda::Function needs `Role`"]
        );
    }

    #[test]
    fn looks_only_at_what_can_be() {
        let role = "!If [C, 'arn:aws:iam::123456789012:role/r', !Ref AWS::NoValue]";
        assert_eq!(findings("E3003", &template("Condition: C", role)), [""; 0]);
        let role = "!If [C, 'arn:aws:iam::123456789012:role/r', !If [D, 'arn:aws:iam::123456789012:role/s', !Ref AWS::NoValue]]";
        assert_eq!(findings("E3003", &template("DependsOn: []", role)), [""; 0]);
    }
}
