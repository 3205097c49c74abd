//! # W3698: a device has a virtual name or a volume
//!
//! ```yaml
//! I: {Type: AWS::EC2::Instance, Properties: {BlockDeviceMappings: [{DeviceName: /dev/sdc, VirtualName: ephemeral0, Ebs: {VolumeSize: 8}}]}}
//! ```
//!
//! Amazon EC2 ignores `VirtualName` beside `Ebs`. Remove one of them.

use crate::lint::properties::places;
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::seen;

pub(super) const RULE: Rule = Rule {
    id: "W3698",
    level: Level::Warning,
    summary: "a device has a virtual name or a volume",
    source: include_str!("virtual_name.rs"),
    check,
};

#[rustfmt::skip]
const DEVICES: &[(&str, &str)] = &[
    ("AWS::AutoScaling::LaunchConfiguration", "BlockDeviceMappings/*"),
    ("AWS::EC2::Instance", "BlockDeviceMappings/*"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData/BlockDeviceMappings/*"),
    ("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/LaunchSpecifications/*/BlockDeviceMappings/*"),
    ("AWS::OpsWorks::Instance", "BlockDeviceMappings/*"),
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        for (_, path) in DEVICES.iter().filter(|(name, _)| *name == resource.resource_type) {
            let properties =
                seen::see(&context.conditions, &resource.properties, resource.condition.as_deref());
            places::visit(&properties, path, &mut |way, device| {
                places::outcomes(device, way, &mut |way, device| {
                    if device.get("VirtualName").is_none() || device.get("Ebs").is_none() {
                        return;
                    }
                    let start = ["Resources", logical_id, "Properties"].map(str::to_owned);
                    let path = [&start, way, &["VirtualName".to_owned()]].concat();
                    let message = "`VirtualName` is ignored beside `Ebs`";
                    findings.add(message, None, context.template.place(&path), &path);
                });
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(device: &str) -> String {
        format!(
            "Resources: {{I: {{Type: AWS::EC2::Instance, Properties: {{BlockDeviceMappings: [{device}]}}}}}}"
        )
    }

    #[test]
    fn trips_on_both() {
        assert_eq!(findings("W3698", &template("{VirtualName: ephemeral0, Ebs: {VolumeSize: 8}}")).len(), 1);
    }

    #[test]
    fn is_fine_with_one() {
        assert_eq!(
            findings("W3698", &template("{VirtualName: ephemeral0}, {Ebs: {VolumeSize: 8}}")),
            [""; 0]
        );
    }
}
