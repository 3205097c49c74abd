//! # I3042: an ARN leaves its partition to AWS::Partition
//!
//! ```yaml
//! ManagedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
//! ```
//!
//! Such an ARN is nothing in China and in GovCloud, whose partitions are `aws-cn` and `aws-us-gov`. The same template works
//! in all of them with `!Sub "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"`. See
//! [pseudo parameters](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html).

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::function_of_tag;
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    id: "I3042",
    level: Level::Info,
    summary: "an ARN leaves its partition to AWS::Partition",
    source: include_str!("partition.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (key, node) in context.template.document().root.entries() {
        if matches!(key.name.as_str(), "Resources" | "Outputs") {
            walk(node, &mut vec![key.name.clone()], findings);
        }
    }
}

fn walk(node: &Node, path: &mut Vec<String>, findings: &mut Findings) {
    let function = function_of_tag(node);
    let depth = path.len();
    path.extend(function);
    if node.as_str().is_some_and(|text| text.contains("arn:aws:")) {
        let help = Some("write `${AWS::Partition}` in the place of `aws`, within `Fn::Sub`".to_owned());
        findings.add("the ARN is of one partition alone", help, node.span, path);
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        walk(item, path, findings);
        path.pop();
    }
    for (key, value) in node.entries().iter().filter(|(key, _)| key.name != "Metadata") {
        path.push(key.name.clone());
        walk(value, path, findings);
        path.pop();
    }
    path.truncate(depth);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;
    use crate::lint::{Fixed, Options};

    #[test]
    fn trips_on_a_partition_in_a_text_and_in_a_function_and_can_be_mended() {
        let template = "Resources:\n  A:\n    Type: Custom::A\n    Properties:\n      ServiceToken: arn:aws:sns:eu-west-1:123456789012:t\n      \
                        Two: !Sub ['arn:aws:s3:::${b}', {b: c}]\n";
        assert_eq!(findings("I3042", template).len(), 2);
        let mended = Fixed::of(template, &Options::default()).text;
        assert!(
            mended.contains("ServiceToken: !Sub \"arn:${AWS::Partition}:sns:eu-west-1:123456789012:t\"\n"),
            "{mended}"
        );
        assert!(mended.contains("!Sub ['arn:${AWS::Partition}:s3:::${b}', {b: c}]"), "{mended}");
    }

    #[test]
    fn is_fine_with_the_pseudo_parameter_and_elsewhere() {
        let template = "Parameters: {P: {Type: String, Default: 'arn:aws:s3:::b'}}\nResources:\n  A: {Type: Custom::A, Metadata: {X: 'arn:aws:s3:::b'}, \
                        Properties: {ServiceToken: !Sub 'arn:${AWS::Partition}:s3:::b', P: !Ref P}}\n";
        assert_eq!(findings("I3042", template), [""; 0]);
    }
}
