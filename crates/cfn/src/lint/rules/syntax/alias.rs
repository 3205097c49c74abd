//! Anchors and merges, which CloudFormation itself does not read: W1100 and W1101, whose pages say what they ask.

use crate::lint::{Context, Findings};
use crate::yaml::Span;

const NOWHERE: &[&str] = &[];

pub(super) fn merges(context: &Context<'_>, findings: &mut Findings) {
    let help = "write the keys out, or deploy with `aws cloudformation package`, which does";
    add(findings, &context.template.document().merges, "CloudFormation does not read `<<`", help);
}

pub(super) fn aliases(context: &Context<'_>, findings: &mut Findings) {
    // SAM writes them out before it deploys.
    if !context.template.has_transform("AWS::Serverless-2016-10-31") {
        let help = "write the value out, or deploy with `aws cloudformation package`, which does";
        add(findings, &context.template.document().aliases, "CloudFormation does not read aliases", help);
    }
}

fn add(findings: &mut Findings, places: &[Span], message: &str, help: &str) {
    for span in places {
        findings.add(message, Some(help.to_owned()), *span, NOWHERE);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    const TEMPLATE: &str = "Resources:\n  A: &a\n    Type: AWS::SNS::Topic\n    Properties: &p {TopicName: a}\n  B:\n    <<: *a\n  C: {Type: \
                            AWS::SNS::Topic, Properties: *p}\n";

    #[test]
    fn trips_on_merges_and_aliases() {
        assert_eq!(findings("W1100", TEMPLATE).len(), 1);
        assert_eq!(findings("W1101", TEMPLATE).len(), 2);
    }

    #[test]
    fn is_fine_with_anchors_alone_and_with_aliases_for_sam() {
        let anchor = "Resources:\n  A: &a {Type: AWS::SNS::Topic}\n";
        assert_eq!(findings("W1100", anchor).len() + findings("W1101", anchor).len(), 0);
        let serverless = format!("Transform: AWS::Serverless-2016-10-31\n{TEMPLATE}");
        assert_eq!(findings("W1101", &serverless), [""; 0]);
    }
}
