//! # E3041: a record set lies in its hosted zone
//!
//! ```yaml
//! R: {Type: AWS::Route53::RecordSet, Properties: {Type: A, TTL: 60, ResourceRecords: [10.0.0.1], HostedZoneName: example.com., Name: www.example.org.}}
//! ```
//!
//! The name of the zone ends in a dot, and the name of the record set is that or ends in it.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3041",
    level: Level::Error,
    summary: "a record set lies in its hosted zone",
    source: include_str!("record_set_name.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let text = |name: &str| resource.properties.get(name).and_then(Value::as_str);
        let (Some(name), Some(zone)) = (text("Name"), text("HostedZoneName")) else { continue };
        if resource.resource_type != "AWS::Route53::RecordSet" {
            continue;
        }
        let mut report = |property, message: String| {
            let path = ["Resources", logical_id, "Properties", property];
            findings.add(message, None, context.template.place(&path), &path);
        };
        if !zone.ends_with('.') {
            report("HostedZoneName", format!("the name of a zone ends in a dot: `{zone}.`"));
        }
        let (inner, outer) = (name.trim_end_matches('.'), zone.trim_end_matches('.'));
        let is_within = inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !is_within {
            report("Name", format!("`{name}` is not in the zone `{zone}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(zone: &str, name: &str) -> String {
        format!(
            "Resources: {{R: {{Type: AWS::Route53::RecordSet, Properties: {{HostedZoneName: {zone}, Name: {name}}}}}}}"
        )
    }

    #[test]
    fn trips_on_another_zone_and_a_missing_dot() {
        assert_eq!(findings("E3041", &template("example.com.", "www.myexample.com")).len(), 1);
        assert_eq!(findings("E3041", &template("example.com", "www.example.com")).len(), 1);
    }

    #[test]
    fn is_fine_within_the_zone() {
        assert_eq!(findings("E3041", &template("example.com.", "www.example.com")), [""; 0]);
        assert_eq!(findings("E3041", &template("example.com.", "example.com.")), [""; 0]);
        assert_eq!(findings("E3041", &template("example.com.", "!Ref Name")), [""; 0]);
    }
}
