//! What AWS's own managed policies for pipelines allow.

/// Policies by the end of their ARNs, with the actions that each allows on every resource.
///
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
#[rustfmt::skip]
const POLICIES: &[(&str, &[&str])] = &[
    ("AdministratorAccess", &["*"]),
    ("PowerUserAccess", &["*"]),
    ("AmazonKinesisFirehoseFullAccess", &["firehose:*"]),
    ("AmazonKinesisFullAccess", &["kinesis:*"]),
    ("AmazonKinesisReadOnlyAccess", &["kinesis:Get*", "kinesis:List*", "kinesis:Describe*"]),
    ("AmazonS3FullAccess", &["s3:*", "s3-object-lambda:*"]),
    ("AmazonS3ReadOnlyAccess", &["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"]),
    ("AmazonSNSFullAccess", &["sns:*"]),
    ("AmazonSQSFullAccess", &["sqs:*"]),
    ("AWSLambda_FullAccess", &["*"]),
    ("CloudWatchLogsFullAccess", &["logs:*"]),
    ("service-role/AWSLambdaBasicExecutionRole", LOGS),
    ("service-role/AWSLambdaDynamoDBExecutionRole", &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
    ("service-role/AWSLambdaKinesisExecutionRole", &["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
    ("service-role/AWSLambdaSQSQueueExecutionRole", &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
    ("service-role/AWSLambdaVPCAccessExecutionRole", &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]),
    ("service-role/AWSLambdaRole", &["lambda:InvokeFunction"]),
    ("service-role/AmazonAPIGatewayPushToCloudWatchLogs", &["logs:*"]),
    ("CloudWatchLambdaInsightsExecutionRolePolicy", LOGS),
    ("AWSXRayDaemonWriteAccess", XRAY),
    ("AWSXrayWriteOnlyAccess", XRAY),
];

const LOGS: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const XRAY: &[&str] = &[
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
];

/// Returns the actions that a policy of AWS's allows on every resource, or nothing for one that is not known.
pub(super) fn actions(arn: &str) -> Option<&'static [&'static str]> {
    let name = arn.strip_prefix("arn:")?.split_once(":iam::aws:policy/")?.1;
    POLICIES.iter().find(|(known, _)| *known == name).map(|(_, actions)| *actions)
}

#[cfg(test)]
mod tests {
    use super::actions;

    #[test]
    fn knows_the_policies_of_pipelines() {
        let arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole";
        assert!(actions(arn).is_some_and(|actions| actions.contains(&"kinesis:GetRecords")));
        assert_eq!(actions("arn:aws:iam::aws:policy/Elsewhere"), None);
        assert_eq!(actions("arn:aws:iam::111122223333:policy/AmazonS3FullAccess"), None);
    }
}
