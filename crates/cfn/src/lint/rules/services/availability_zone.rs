//! # W3010: a zone is not written out
//!
//! ```yaml
//! Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1a}}
//! ```
//!
//! A zone belongs to one region, and its letter means another zone in another account: a template with it works in one place.
//! Take one from the region: `!Select [0, !GetAZs ""]`.

use crate::lint::properties::places;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W3010",
    level: Level::Warning,
    summary: "a zone is not written out",
    source: include_str!("availability_zone.rs"),
    check,
};

#[rustfmt::skip]
const ZONES: &[(&str, &str)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", "AvailabilityZones/*"),
    ("AWS::DAX::Cluster", "AvailabilityZones/*"),
    ("AWS::DMS::ReplicationInstance", "AvailabilityZone"),
    ("AWS::EC2::Host", "AvailabilityZone"),
    ("AWS::EC2::Instance", "AvailabilityZone"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData/Placement/AvailabilityZone"),
    ("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/LaunchSpecifications/*/Placement/AvailabilityZone"),
    ("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/LaunchTemplateConfigs/*/Overrides/*/AvailabilityZone"),
    ("AWS::EC2::Subnet", "AvailabilityZone"),
    ("AWS::EC2::Volume", "AvailabilityZone"),
    ("AWS::EMR::Cluster", "Instances/Placement/AvailabilityZone"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "AvailabilityZones/*"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets/*/AvailabilityZone"),
    ("AWS::Glue::Connection", "ConnectionInput/PhysicalConnectionRequirements/AvailabilityZone"),
    ("AWS::OpsWorks::Instance", "AvailabilityZone"),
    ("AWS::RDS::DBCluster", "AvailabilityZones/*"),
    ("AWS::RDS::DBInstance", "AvailabilityZone"),
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        for (_, path) in ZONES.iter().filter(|(name, _)| *name == resource.resource_type) {
            // Behind a condition the template may know other places too.
            places::visit(&resource.properties, path, &mut |way, zone| {
                let Some(zone) = zone.as_str().filter(|zone| *zone != "all") else { return };
                let path = [&["Resources", logical_id, "Properties"].map(str::to_owned), way].concat();
                let help = Some("take one from the region: `!Select [0, !GetAZs \"\"]`".to_owned());
                let message = format!("the zone `{zone}` is written out");
                findings.add(message, help, context.template.place(&path), &path);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_zone() {
        let template = "Resources:\n  S: {Type: AWS::EC2::Subnet, Properties: {AvailabilityZone: us-east-1a}}\n  G: {Type: \
                        AWS::AutoScaling::AutoScalingGroup, Properties: {AvailabilityZones: [a, !Ref Z]}}\n";
        assert_eq!(findings("W3010", template).len(), 2);
    }

    #[test]
    fn is_fine_with_a_zone_of_the_region() {
        let template = "Resources:\n  S: {Type: AWS::EC2::Subnet, Properties: {AvailabilityZone: !Select [0, !GetAZs '']}}\n  T: {Type: \
                        AWS::EC2::Subnet, Properties: {AvailabilityZone: !If [C, us-east-1a, !Ref Z]}}\n";
        assert_eq!(findings("W3010", template), [""; 0]);
    }
}
