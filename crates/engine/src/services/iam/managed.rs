//! Policies that AWS manages: the few that streaming pipelines attach. Any other is refused by name.

use std::sync::OnceLock;

use hydrant_cfn::iam::PolicyDocument;
use serde_json::{Value, json};

use super::documents;

/// A policy that AWS manages.
pub(super) struct AwsManaged {
    pub name: &'static str,
    pub path: &'static str,
    /// The document as text.
    pub text: String,
    pub document: PolicyDocument,
}

impl AwsManaged {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }
}

/// Tells whether an ARN is that of a policy which AWS manages.
pub(super) fn is_aws_managed(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:policy/")
}

/// Returns the policy with an ARN.
pub(super) fn find(arn: &str) -> Option<&'static AwsManaged> {
    all().iter().find(|policy| policy.arn() == arn)
}

/// Returns all of them, ordered by name.
pub(super) fn all() -> &'static [AwsManaged] {
    static ALL: OnceLock<Vec<AwsManaged>> = OnceLock::new();
    ALL.get_or_init(|| CATALOGUE.iter().map(|(name, path, actions)| policy(name, path, actions)).collect())
}

/// Name, path, and actions that are allowed on every resource.
const CATALOGUE: &[(&str, &str, &[&str])] = &[
    ("AWSCloudFormationFullAccess", "/", &["cloudformation:*"]),
    (
        "AWSCloudFormationReadOnlyAccess",
        "/",
        &[
            "cloudformation:Describe*",
            "cloudformation:EstimateTemplateCost",
            "cloudformation:Get*",
            "cloudformation:List*",
            "cloudformation:ValidateTemplate",
            "cloudformation:Detect*",
        ],
    ),
    ("AWSLambdaBasicExecutionRole", "/service-role/", &[CREATE_GROUP, CREATE_STREAM, PUT_EVENTS]),
    (
        "AWSLambdaKinesisExecutionRole",
        "/service-role/",
        &[
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
            "kinesis:ListStreams",
            "kinesis:SubscribeToShard",
            CREATE_GROUP,
            CREATE_STREAM,
            PUT_EVENTS,
        ],
    ),
    ("AWSLambdaRole", "/service-role/", &["lambda:InvokeFunction"]),
    (
        "AWSLambdaSQSQueueExecutionRole",
        "/service-role/",
        &[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            CREATE_GROUP,
            CREATE_STREAM,
            PUT_EVENTS,
        ],
    ),
    (
        "AWSLambda_FullAccess",
        "/",
        &[
            "cloudformation:DescribeStacks",
            "cloudformation:ListStackResources",
            "cloudwatch:ListMetrics",
            "cloudwatch:GetMetricData",
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:ListRoles",
            "iam:PassRole",
            "lambda:*",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:GetLogEvents",
            "logs:FilterLogEvents",
        ],
    ),
    ("AWSLambda_ReadOnlyAccess", "/", &["lambda:Get*", "lambda:List*", "logs:DescribeLogGroups"]),
    ("AdministratorAccess", "/", &["*"]),
    ("AmazonAPIGatewayAdministrator", "/", &["apigateway:*"]),
    ("AmazonEventBridgeFullAccess", "/", &["events:*", "scheduler:*"]),
    ("AmazonKinesisFirehoseFullAccess", "/", &["firehose:*"]),
    ("AmazonKinesisFirehoseReadOnlyAccess", "/", &["firehose:Describe*", "firehose:List*"]),
    ("AmazonKinesisFullAccess", "/", &["kinesis:*"]),
    ("AmazonKinesisReadOnlyAccess", "/", &["kinesis:Get*", "kinesis:List*", "kinesis:Describe*"]),
    ("AmazonS3FullAccess", "/", &["s3:*", "s3-object-lambda:*"]),
    (
        "AmazonS3ReadOnlyAccess",
        "/",
        &["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"],
    ),
    ("AmazonSNSFullAccess", "/", &["sns:*"]),
    ("AmazonSNSReadOnlyAccess", "/", &["sns:GetTopicAttributes", "sns:List*"]),
    ("AmazonSQSFullAccess", "/", &["sqs:*"]),
    (
        "AmazonSQSReadOnlyAccess",
        "/",
        &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues"],
    ),
    ("CloudWatchFullAccess", "/", &["cloudwatch:*", "logs:*", "sns:*"]),
    ("CloudWatchLogsFullAccess", "/", &["logs:*"]),
    (
        "CloudWatchLogsReadOnlyAccess",
        "/",
        &["logs:Describe*", "logs:Get*", "logs:List*", "logs:FilterLogEvents"],
    ),
    ("IAMFullAccess", "/", &["iam:*"]),
    ("IAMReadOnlyAccess", "/", &["iam:Get*", "iam:List*"]),
    ("ReadOnlyAccess", "/", READING),
];

/// What reads in the services that the engine has; AWS's own document names every service.
const READING: &[&str] = &[
    "apigateway:GET",
    "cloudformation:Describe*",
    "cloudformation:Detect*",
    "cloudformation:Get*",
    "cloudformation:List*",
    "cloudwatch:Describe*",
    "cloudwatch:Get*",
    "cloudwatch:List*",
    "ecr:BatchGet*",
    "ecr:Describe*",
    "ecr:Get*",
    "ecr:List*",
    "events:Describe*",
    "events:List*",
    "events:Test*",
    "firehose:Describe*",
    "firehose:List*",
    "iam:Get*",
    "iam:List*",
    "kinesis:Describe*",
    "kinesis:Get*",
    "kinesis:List*",
    "lambda:Get*",
    "lambda:List*",
    "logs:Describe*",
    "logs:FilterLogEvents",
    "logs:Get*",
    "logs:ListTagsForResource",
    "s3:Get*",
    "s3:List*",
    "scheduler:Get*",
    "scheduler:List*",
    "sns:Get*",
    "sns:List*",
    "sqs:Get*",
    "sqs:List*",
    "ssm:Describe*",
    "ssm:Get*",
    "ssm:List*",
    "sts:GetCallerIdentity",
];

const CREATE_GROUP: &str = "logs:CreateLogGroup";
const CREATE_STREAM: &str = "logs:CreateLogStream";
const PUT_EVENTS: &str = "logs:PutLogEvents";

fn policy(name: &'static str, path: &'static str, actions: &[&str]) -> AwsManaged {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    let document: Value = json!({"Version": "2012-10-17", "Statement": [statement]});
    let text = document.to_string();
    AwsManaged { name, path, document: documents::stored(&text), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_policy_by_its_whole_arn() {
        let found = find("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole").unwrap();
        assert_eq!(found.document.statements[0].actions.patterns.len(), 3);
        assert!(find("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole").is_none());
        assert!(all().is_sorted_by_key(|policy| policy.name));
    }
}
