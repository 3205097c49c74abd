//! Checks a value against a schema, and says what is wrong as CloudFormation does.
//!
//! CloudFormation validates with a Java library whose messages it shows, except where a message would
//! repeat the value: then it only names the keyword, since a value may be a secret. Both are taken from its
//! [source](https://github.com/aws-cloudformation/cloudformation-resource-schema). Functions must be
//! resolved before; patterns with look-around and the meaning of `format` are not checked.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::types::{found, same, text};
use super::{Additional, PropertyPointer, ResourceSchema, Schema, Violation};

/// Returns what is wrong with a resource's properties.
pub(super) fn validate(resource: &ResourceSchema, properties: &Value) -> Vec<Violation> {
    let mut walk = Walk { root: &resource.root, path: Vec::new(), violations: Vec::new() };
    walk.schema(&resource.root, properties);
    if !properties.is_object() {
        walk.report("type", format!("expected type: JSONObject, found: {}", found(properties)));
    }
    for pointer in &resource.read_only_properties {
        walk.read_only(pointer, properties);
    }
    walk.violations
}

struct Walk<'a> {
    root: &'a Schema,
    path: Vec<String>,
    violations: Vec<Violation>,
}

impl<'a> Walk<'a> {
    fn report(&mut self, keyword: &'static str, message: String) {
        self.violations.push(Violation { path: self.path.clone(), keyword, message });
    }

    /// Reports without the value, as CloudFormation does for keywords whose messages would show it.
    fn report_scrubbed(&mut self, keyword: &'static str) {
        self.report(keyword, format!("failed validation constraint for keyword [{keyword}]"));
    }

    fn at(&mut self, part: impl Into<String>, check: impl FnOnce(&mut Self)) {
        self.path.push(part.into());
        check(self);
        self.path.pop();
    }

    /// Counts what a schema has against a value without reporting it.
    fn fits(&self, schema: &'a Schema, value: &Value) -> bool {
        let mut attempt = Walk { root: self.root, path: Vec::new(), violations: Vec::new() };
        attempt.schema(schema, value);
        attempt.violations.is_empty()
    }

    fn schema(&mut self, schema: &'a Schema, value: &Value) {
        if let Some(target) =
            schema.reference.as_deref().and_then(|reference| self.root.definition(reference))
        {
            self.schema(target, value);
        }
        if !schema.types.is_empty() && !schema.types.iter().any(|expected| expected.accepts(value)) {
            // Further rules would only repeat that the value is of another type.
            return self.mismatch(schema, value);
        }
        self.values(schema, value);
        match value {
            Value::Object(members) => self.object(schema, members),
            Value::Array(items) => self.array(schema, items),
            _ => self.scalar(schema, value),
        }
        self.combined(schema, value);
    }

    fn mismatch(&mut self, schema: &Schema, value: &Value) {
        match schema.types[..] {
            [expected] => {
                let message = format!("expected type: {}, found: {}", expected.expected(), found(value));
                self.report("type", message);
            }
            _ => {
                let total = schema.types.len();
                self.report("type", format!("#: no subschema matched out of the total {total} subschemas"));
            }
        }
    }

    fn values(&mut self, schema: &Schema, value: &Value) {
        if schema.allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|one| same(one, value))) {
            self.report_scrubbed("enum");
        }
        if schema.constant.as_ref().is_some_and(|constant| !same(constant, value)) {
            self.report_scrubbed("const");
        }
    }

    fn object(&mut self, schema: &'a Schema, members: &Map<String, Value>) {
        for name in schema.required.iter().filter(|name| !members.contains_key(*name)) {
            self.report("required", format!("required key [{name}] not found"));
        }
        for (name, value) in members {
            self.member(schema, name, value);
        }
        let count = members.len();
        if let Some(minimum) = schema.min_properties.filter(|minimum| count < *minimum) {
            self.report("minProperties", format!("minimum size: [{minimum}], found: [{count}]"));
        }
        if let Some(maximum) = schema.max_properties.filter(|maximum| count > *maximum) {
            self.report("maxProperties", format!("maximum size: [{maximum}], found: [{count}]"));
        }
        self.together(schema, members);
    }

    fn member(&mut self, schema: &'a Schema, name: &str, value: &Value) {
        let mut known = false;
        if let Some(property) = schema.properties.get(name) {
            known = true;
            self.at(name, |walk| walk.schema(property, value));
        }
        for (pattern, property) in &schema.pattern_properties {
            if pattern.matches(name) {
                known = true;
                self.at(name, |walk| walk.schema(property, value));
            }
        }
        match &schema.additional_properties {
            Additional::Permitted(false) if !known && schema.restricts_keys() => {
                self.report("additionalProperties", format!("extraneous key [{name}] is not permitted"));
            }
            Additional::Schema(additional) if !known => {
                self.at(name, |walk| walk.schema(additional, value));
            }
            Additional::Permitted(_) | Additional::Schema(_) | Additional::Unsaid => {}
        }
    }

    /// Checks which properties may and must stand together. AWS's services check these themselves, each in
    /// words of its own, so the words here are ours.
    fn together(&mut self, schema: &Schema, members: &Map<String, Value>) {
        for (name, excluded) in
            schema.dependent_excluded.iter().filter(|(name, _)| members.contains_key(*name))
        {
            for other in excluded.iter().filter(|other| members.contains_key(*other)) {
                self.report(
                    "dependentExcluded",
                    format!("key [{other}] is not permitted beside key [{name}]"),
                );
            }
        }
        let present = |names: &[String]| names.iter().filter(|name| members.contains_key(*name)).count();
        let (xor, or) = (&schema.required_xor, &schema.required_or);
        if !xor.is_empty() && present(xor) != 1 {
            self.report("requiredXor", format!("exactly one of the keys [{}] is required", xor.join(", ")));
        }
        if !or.is_empty() && present(or) == 0 {
            self.report("requiredOr", format!("one of the keys [{}] is required", or.join(", ")));
        }
    }

    fn array(&mut self, schema: &'a Schema, items: &[Value]) {
        let count = items.len();
        if let Some(minimum) = schema.min_items.filter(|minimum| count < *minimum) {
            self.report("minItems", format!("expected minimum item count: {minimum}, found: {count}"));
        }
        if let Some(maximum) = schema.max_items.filter(|maximum| count > *maximum) {
            self.report("maxItems", format!("expected maximum item count: {maximum}, found: {count}"));
        }
        let mut seen = HashSet::new();
        if schema.unique_items && !items.iter().all(|item| seen.insert(item.to_string())) {
            self.report("uniqueItems", "array items are not unique".to_owned());
        }
        if let Some(schema) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                self.at(index.to_string(), |walk| walk.schema(schema, item));
            }
        }
    }

    fn scalar(&mut self, schema: &Schema, value: &Value) {
        let Some(text) = text(value) else { return };
        let length = text.chars().count();
        if let Some(minimum) = schema.min_length.filter(|minimum| length < *minimum) {
            self.report("minLength", format!("expected minLength: {minimum}, actual: {length}"));
        }
        if let Some(maximum) = schema.max_length.filter(|maximum| length > *maximum) {
            self.report("maxLength", format!("expected maxLength: {maximum}, actual: {length}"));
        }
        if schema.pattern.as_ref().is_some_and(|pattern| !pattern.matches(&text)) {
            self.report_scrubbed("pattern");
        }
        let Ok(number) = text.parse::<f64>() else { return };
        let broken = [
            ("minimum", schema.minimum.is_some_and(|minimum| number < minimum)),
            ("maximum", schema.maximum.is_some_and(|maximum| number > maximum)),
            ("exclusiveMinimum", schema.exclusive_minimum.is_some_and(|minimum| number <= minimum)),
            ("exclusiveMaximum", schema.exclusive_maximum.is_some_and(|maximum| number >= maximum)),
        ];
        for (keyword, _) in broken.into_iter().filter(|(_, is_broken)| *is_broken) {
            self.report_scrubbed(keyword);
        }
    }

    fn combined(&mut self, schema: &'a Schema, value: &Value) {
        for part in &schema.all_of {
            self.schema(part, value);
        }
        let matches = |schemas: &'a [Schema]| schemas.iter().filter(|one| self.fits(one, value)).count();
        let (any, one) = (matches(&schema.any_of), matches(&schema.one_of));
        if !schema.any_of.is_empty() && any == 0 {
            let total = schema.any_of.len();
            self.report("anyOf", format!("#: no subschema matched out of the total {total} subschemas"));
        }
        if !schema.one_of.is_empty() && one != 1 {
            self.report("oneOf", format!("#: {one} subschemas matched instead of one"));
        }
    }

    /// Refuses a property that only AWS sets, wherever the pointer leads to one.
    fn read_only(&mut self, pointer: &PropertyPointer, properties: &Value) {
        self.descend(pointer.parts(), properties);
    }

    fn descend(&mut self, parts: &[String], value: &Value) {
        let Some((part, rest)) = parts.split_first() else { return };
        match value {
            Value::Array(items) => {
                let parts = if part == "*" { rest } else { parts };
                for (index, item) in items.iter().enumerate() {
                    self.at(index.to_string(), |walk| walk.descend(parts, item));
                }
            }
            Value::Object(members) => {
                let Some(member) = members.get(part) else { return };
                if rest.is_empty() {
                    // Not confirmed on AWS: the words for a read-only property.
                    return self
                        .report("readOnlyProperties", format!("extraneous key [{part}] is not permitted"));
                }
                self.at(part.clone(), |walk| walk.descend(rest, member));
            }
            _ => {}
        }
    }
}

impl Schema {
    /// Tells whether `additionalProperties: false` can mean anything: beside a reference it says nothing about
    /// the keys that the reference allows.
    fn restricts_keys(&self) -> bool {
        self.reference.is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{failure, of};
    use super::*;

    fn messages(type_name: &str, properties: &Value) -> Vec<String> {
        of(type_name).unwrap().validate(properties).iter().map(Violation::to_string).collect()
    }

    #[test]
    fn accepts_what_cloudformation_accepts() {
        let stream = json!({"Name": "orders", "ShardCount": "2", "RetentionPeriodHours": 24,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
            "Tags": [{"Key": "a", "Value": 5}]});
        assert_eq!(messages("AWS::Kinesis::Stream", &stream), [""; 0]);
        let role = json!({"AssumeRolePolicyDocument": {"Statement": []}, "Policies": [
            {"PolicyName": "p", "PolicyDocument": {"Statement": []}}]});
        assert_eq!(messages("AWS::IAM::Role", &role), [""; 0]);
        assert_eq!(messages("AWS::S3::Bucket", &json!({})), [""; 0]);
    }

    #[test]
    fn refuses_keys_that_the_type_does_not_have_at_any_depth() {
        let stream = json!({"Foo": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND", "Bar": 1}});
        assert_eq!(
            messages("AWS::Kinesis::Stream", &stream),
            [
                "#: extraneous key [Foo] is not permitted",
                "#/StreamModeDetails: extraneous key [Bar] is not permitted"
            ]
        );
    }

    #[test]
    fn refuses_properties_that_only_aws_sets() {
        assert_eq!(
            messages("AWS::Kinesis::Stream", &json!({"Arn": "x"})),
            ["#: extraneous key [Arn] is not permitted"]
        );
    }

    #[test]
    fn names_the_place_of_each_rule_that_is_broken() {
        let delivery = json!({"ExtendedS3DestinationConfiguration": {
            "BucketARN": "orders",
            "BufferingHints": {"SizeInMBs": 999, "IntervalInSeconds": "ten"},
            "CompressionFormat": "ZSTD", "Prefix": ["a"]}});
        let mut messages = messages("AWS::KinesisFirehose::DeliveryStream", &delivery);
        messages.sort();
        let at = "#/ExtendedS3DestinationConfiguration";
        let expected = [
            format!("{at}/BucketARN: failed validation constraint for keyword [pattern]"),
            format!("{at}/BufferingHints/IntervalInSeconds: expected type: Integer, found: String"),
            format!("{at}/BufferingHints/SizeInMBs: failed validation constraint for keyword [maximum]"),
            format!("{at}/CompressionFormat: failed validation constraint for keyword [enum]"),
            format!("{at}/Prefix: expected type: String, found: JSONArray"),
            format!("{at}: required key [RoleARN] not found"),
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn counts_items_lengths_and_alternatives() {
        assert_eq!(
            messages("AWS::Kinesis::Stream", &json!({"Name": "", "ShardCount": 0})),
            [
                "#/Name: expected minLength: 1, actual: 0",
                "#/Name: failed validation constraint for keyword [pattern]",
                "#/ShardCount: failed validation constraint for keyword [minimum]",
            ]
        );
        assert_eq!(
            messages("AWS::IAM::Policy", &json!({"PolicyName": "p", "PolicyDocument": {}})),
            ["#: #: no subschema matched out of the total 3 subschemas"]
        );
        let alarm = json!({"ComparisonOperator": "x", "MetricName": "m", "Metrics": []});
        let keywords: Vec<_> =
            of("AWS::CloudWatch::Alarm").unwrap().validate(&alarm).iter().map(|one| one.keyword).collect();
        assert!(keywords.contains(&"requiredXor") && keywords.contains(&"dependentExcluded"), "{keywords:?}");
    }

    #[test]
    fn says_why_a_resource_failed_as_cloudformation_does() {
        let violations = of("AWS::Kinesis::Stream").unwrap().validate(&json!({"Foo": 1}));
        assert_eq!(
            failure("Stream", &violations),
            "Properties validation failed for resource Stream with message:\n\
             #: extraneous key [Foo] is not permitted"
        );
    }
}
