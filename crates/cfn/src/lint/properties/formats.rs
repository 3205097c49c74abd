//! Which rule a word of `format` belongs to.

/// Returns cfn-lint's rule for a word of `format`.
pub(super) fn rule_of(format: &str) -> Option<&'static str> {
    Some(match format {
        "AWS::EC2::SecurityGroup.Id" => "E1150",
        "AWS::EC2::VPC.Id" => "E1151",
        "AWS::EC2::Image.Id" => "E1152",
        "AWS::EC2::Subnet.Id" => "E1154",
        "AWS::Logs::LogGroup.Name" => "E1155",
        "AWS::IAM::Role.Arn" => "E1156",
        "AWS::KMS::Key.Arn" => "E1157",
        "AWS::SNS::Topic.Arn" => "E1158",
        "AWS::ACM::Certificate.Arn" => "E1159",
        "AWS::Lambda::Function.Arn" => "E1160",
        "AWS::S3::Bucket.Name" => "E1161",
        "AWS::KMS::Alias.AliasName" => "E1164",
        "ipv4-network" | "ipv6-network" => "E3002",
        _ => return None,
    })
}
