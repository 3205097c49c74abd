//! # E3022: a subnet has one route table
//!
//! ```yaml
//! A: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: !Ref T, SubnetId: !Ref S}}
//! B: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: !Ref U, SubnetId: !Ref S}}
//! ```
//!
//! Amazon EC2 takes one association for each subnet, and the second one fails. Associations under different conditions are taken
//! not to meet.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3022",
    level: Level::Error,
    summary: "a subnet has one route table",
    source: include_str!("route_table_association.rs"),
    check,
};

/// A subnet, with the conditions of the association and of the value.
type Subnet<'t> = (Option<&'t str>, Option<&'t str>, String);

fn check(context: &Context<'_>, findings: &mut Findings) {
    let of_type = context.template.resources.iter();
    let of_type =
        of_type.filter(|(_, resource)| resource.resource_type == "AWS::EC2::SubnetRouteTableAssociation");
    let mut all: Vec<(&String, Vec<Subnet<'_>>)> = Vec::new();
    for (logical_id, resource) in of_type {
        let mut subnets = Vec::new();
        if let Some(subnet) = resource.properties.get("SubnetId") {
            collect(subnet, resource.condition.as_deref(), None, &mut subnets);
        }
        all.push((logical_id, subnets));
    }
    for (logical_id, subnets) in &all {
        let meets = |one: &Subnet<'_>, other: &Subnet<'_>| {
            one == other || other.2 == one.2 && other.0.is_none() && other.1.is_none()
        };
        let other = all.iter().find(|(other, theirs)| {
            other != logical_id && subnets.iter().any(|one| theirs.iter().any(|other| meets(one, other)))
        });
        if let Some((other, _)) = other {
            let path = ["Resources", logical_id, "Properties", "SubnetId"];
            let message = format!("`{other}` associates a route table with this subnet, too");
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}

fn collect<'t>(
    value: &'t Value,
    resource: Option<&'t str>,
    property: Option<&'t str>,
    found: &mut Vec<Subnet<'t>>,
) {
    match (value, value.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice)) {
        (_, Some([condition, one, other])) => {
            for branch in [one, other] {
                collect(branch, resource, condition.as_str(), found);
            }
        }
        (Value::String(text), _) => found.push((resource, property, text.clone())),
        (Value::Object(members), _) if members.contains_key("Ref") || members.contains_key("Fn::GetAtt") => {
            found.push((resource, property, value.to_string()));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(first: &str, second: &str) -> String {
        let association = |rest| format!("{{Type: AWS::EC2::SubnetRouteTableAssociation, {rest}}}");
        format!("Resources:\n  A: {}\n  B: {}\n", association(first), association(second))
    }

    #[test]
    fn trips_on_a_second_association() {
        let found =
            findings("E3022", &template("Properties: {SubnetId: !Ref S}", "Properties: {SubnetId: !Ref S}"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn is_fine_with_two_subnets_and_two_conditions() {
        let two = template("Properties: {SubnetId: !Ref S}", "Properties: {SubnetId: !Ref T}");
        assert_eq!(findings("E3022", &two), [""; 0]);
        let two = template(
            "Condition: C, Properties: {SubnetId: !Ref S}",
            "Condition: D, Properties: {SubnetId: !Ref S}",
        );
        assert_eq!(findings("E3022", &two), [""; 0]);
    }
}
