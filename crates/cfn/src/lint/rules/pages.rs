//! Rules that are a page: what they tell of is found in [`properties`], by schemas and by what services ask of properties together.

use super::{deletion_policy, http_api, lifecycle, parameter_shape, policy_document, runtime};
use crate::lint::{Level, Rule, properties};

macro_rules! refuses {
    ($id:literal, $summary:literal) => {
        Rule {
            id: $id,
            level: Level::Error,
            summary: $summary,
            source: include_str!(concat!("pages/", $id, ".md")),
            check: properties::check,
        }
    };
}

macro_rules! warns {
    ($id:literal, $summary:literal) => {
        Rule { level: Level::Warning, ..refuses!($id, $summary) }
    };
}

macro_rules! by {
    ($level:ident, $check:ident, $id:literal, $summary:literal) => {
        Rule { level: Level::$level, check: $check::check, ..refuses!($id, $summary) }
    };
}

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    refuses!("E1150", "the id of a security group looks like one"),
    refuses!("E1151", "the id of a VPC looks like one"),
    refuses!("E1152", "the id of a machine image looks like one"),
    refuses!("E1154", "the id of a subnet looks like one"),
    refuses!("E1155", "the name of a log group looks like one"),
    refuses!("E1156", "the ARN of an IAM role looks like one"),
    refuses!("E1157", "the ARN of a KMS key looks like one"),
    refuses!("E1158", "the ARN of an SNS topic looks like one"),
    refuses!("E1159", "the ARN of a certificate looks like one"),
    refuses!("E1160", "the ARN of a Lambda function looks like one"),
    refuses!("E1161", "the name of a bucket looks like one"),
    refuses!("E1164", "the name of a KMS alias looks like one"),
    by!(Error, parameter_shape, "E2001", "a parameter has a type, and only the attributes of parameters"),
    by!(Error, parameter_shape, "E2002", "a parameter is of a type that CloudFormation knows"),
    by!(Error, runtime, "E2531", "functions can be made with a runtime"),
    by!(Error, runtime, "E2533", "functions can be changed with a runtime"),
    refuses!("E3002", "a resource has only the properties of its type"),
    refuses!("E3003", "a resource has the properties that its type needs"),
    refuses!("E3012", "a property is of the type that its schema names"),
    refuses!("E3014", "exactly one of some properties is given"),
    refuses!("E3017", "a value fits one of several descriptions at least"),
    refuses!("E3018", "a value fits exactly one of several descriptions"),
    refuses!("E3020", "properties that exclude each other do not stand together"),
    refuses!("E3021", "a property is not given without those that it needs"),
    refuses!("E3023", "a record set has records that fit its type"),
    refuses!("E3029", "an alias record has no TTL"),
    refuses!("E3030", "a value is one of those that its property takes"),
    refuses!("E3031", "a text matches the pattern of its property"),
    refuses!("E3032", "a list has as many items as its property takes"),
    refuses!("E3033", "a text is as long as its property takes"),
    refuses!("E3034", "a number is within the range of its property"),
    by!(Error, deletion_policy, "E3035", "a DeletionPolicy is one that the type can have"),
    by!(Error, deletion_policy, "E3036", "an UpdateReplacePolicy is one that the type can have"),
    refuses!("E3037", "a list that takes each item once has none twice"),
    refuses!("E3040", "nothing is given that AWS alone sets"),
    refuses!("E3042", "an ECS task has an essential container"),
    refuses!("E3044", "a Fargate service schedules replicas"),
    refuses!("E3045", "a bucket with AccessControl has OwnershipControls"),
    refuses!("E3046", "a container that logs with awslogs names group and region"),
    refuses!("E3047", "a Fargate task has CPU and memory that go together"),
    refuses!("E3048", "a Fargate task has the properties that Fargate needs"),
    refuses!("E3058", "one of some properties at least is given"),
    refuses!("E3065", "a list has no more different items than its property takes"),
    refuses!("E3501", "a FIFO queue has a name that ends in .fifo, and a standard queue none of a FIFO queue's properties"),
    by!(Error, policy_document, "E3510", "the policy of an identity is one that IAM takes"),
    refuses!("E3615", "an alarm's period is 10, 20, 30 or a multiple of 60 seconds"),
    refuses!("E3633", "a mapping of a stream says where to begin"),
    refuses!("E3634", "a mapping of a queue does not say where to begin"),
    refuses!("E3636", "a CodeBuild project that uses S3 names a location"),
    refuses!("E3638", "a table that pays per request has no ProvisionedThroughput"),
    refuses!("E3639", "a table with provisioned billing has ProvisionedThroughput"),
    refuses!("E3660", "a RestApi without an OpenAPI document has a name"),
    refuses!("E3661", "a health check of a CloudWatch alarm names the alarm"),
    refuses!("E3663", "a function sets no environment variable that Lambda reserves"),
    refuses!("E3671", "a block device has the properties that its volume type takes"),
    refuses!("E3674", "a primary private address is given once"),
    refuses!("E3676", "a listener with TLS has a certificate"),
    refuses!("E3677", "inline code is for a runtime that takes it"),
    refuses!("E3678", "a function with inline code names its runtime"),
    refuses!("E3679", "a classic listener with TLS has a certificate"),
    refuses!("E3680", "an application load balancer has two subnets at least"),
    refuses!("E3681", "a target group has only what its target type takes"),
    refuses!("E3682", "an Aurora instance has only what Aurora takes"),
    refuses!("E3683", "a target group has only what its protocol takes"),
    refuses!("E3684", "a health check has only what its protocol takes"),
    refuses!("E3685", "a function of a container image has no handler, runtime or layers"),
    refuses!("E3686", "a serverless database cluster has only what it takes"),
    refuses!("E3687", "a security group rule has ports where its protocol has ports"),
    refuses!("E3688", "both ports of a rule are -1, or none"),
    refuses!("E3689", "enhanced monitoring has an interval and a role"),
    refuses!("E3690", "a database cluster's engine has the version"),
    refuses!("E3691", "a database instance's engine has the version"),
    refuses!("E3692", "a Multi-AZ cluster has what it needs"),
    refuses!("E3693", "an Aurora cluster has only what Aurora takes"),
    refuses!("E3695", "a cache cluster's engine has the version"),
    refuses!("E3696", "a log level is given with the log format JSON only"),
    refuses!("E3704", "a Valkey replication group says whether it encrypts in transit"),
    by!(Error, lifecycle, "E3710", "a type's service still exists"),
    refuses!("E3715", "a virtual device without Ebs is an ephemeral one"),
    refuses!("E3717", "a function's timeout is one that its capacity provider takes"),
    refuses!("E3718", "an authorizer's TTL is one that its type takes"),
    refuses!("E3719", "a database keeps its backups for a time that its engine takes"),
    refuses!("E3720", "a database with a KMS key is encrypted"),
    refuses!("E3721", "a replica mode is one that the engine takes"),
    refuses!("E3722", "cookies are forwarded in a way that CloudFront knows"),
    refuses!("E3723", "method settings name a path that begins with a slash"),
    refuses!("E3725", "a file system has a capacity that its type takes"),
    warns!("H1101", "a delivery stream's type goes with its source"),
    refuses!("H1102", "a delivery stream's buffer has both hints or none"),
    refuses!("H1103", "a prefix with expressions has a prefix for errors beside it"),
    refuses!("H1104", "a delivery stream's prefixes have expressions that exist, each in its place"),
    warns!("H1105", "what goes to Redshift lies under a plain prefix"),
    refuses!("H1106", "partitioned and converted records are buffered by 64 MiB at least"),
    refuses!("H1107", "partition keys stand in the prefix of a delivery stream that partitions, and only there"),
    warns!("H1108", "what extracts partition keys has a query and an engine"),
    refuses!("H1201", "an on-demand stream has no shard count"),
    refuses!("H1202", "a stream keeps its records for a day at least"),
    warns!("H1203", "only an on-demand stream is warmed up"),
    refuses!("H1301", "a time to begin at goes with AT_TIMESTAMP"),
    refuses!("H1302", "records may grow a minute old at least"),
    refuses!("H1303", "a batch of more than ten messages takes time to gather"),
    refuses!("H1304", "a mapping of a queue has nothing that only streams take"),
    refuses!("H1305", "only a mapping of a queue limits how many functions run"),
    by!(Warning, http_api, "H1401", "an API has a protocol or a body"),
    by!(Warning, http_api, "H1402", "a route's key is a method and a path"),
    by!(Warning, http_api, "H1403", "a route leads to an integration"),
    by!(Warning, http_api, "H1404", "an integration answers within 30 seconds"),
    by!(Warning, http_api, "H1405", "an access log tells requests apart"),
    by!(Warning, http_api, "H1601", "a subscription's protocol is one of SNS's"),
    by!(Warning, http_api, "H1602", "a permission is for an action of Lambda's"),
    by!(Error, parameter_shape, "H2001", "a parameter's pattern is a regular expression"),
    warns!("W1030", "what Ref gives is valid where it is used"),
    warns!("W1031", "what Fn::Sub gives is valid where it is used"),
    warns!("W1032", "what Fn::Join gives is valid where it is used"),
    warns!("W1034", "what Fn::FindInMap gives is valid where it is used"),
    by!(Warning, runtime, "W2531", "a function's runtime is maintained"),
    by!(Warning, deletion_policy, "W3011", "a resource that is kept is kept in deletion and in replacement"),
    by!(Warning, policy_document, "W3037", "a policy's actions exist"),
    warns!("W3687", "a security group rule has no ports where its protocol has none"),
    warns!("W3688", "a cluster from a snapshot has nothing that the snapshot decides"),
    warns!("W3689", "a cluster from another has nothing that the other decides"),
    warns!("W3690", "a database cluster's version is not deprecated"),
    warns!("W3691", "a database instance's version is not deprecated"),
    warns!("W3693", "an Aurora cluster has nothing that Aurora ignores"),
    warns!("W3694", "a subscription's endpoint is one of its protocol"),
    by!(Warning, lifecycle, "W3696", "a type's service is not about to end"),
    by!(Warning, lifecycle, "W3697", "a type's service takes new customers"),
    warns!("W3702", "a layer's ARN is one that exists"),
    warns!("W3703", "a VPN gateway is of the type ipsec.1"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::tests::findings;

    #[test]
    fn trips_and_is_fine_as_the_pages_say() {
        let (mut shown, mut wrong) = (0, Vec::new());
        for rule in RULES {
            let page = rule.page();
            let examples: Vec<&str> =
                page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
            let [bad, good] = examples[..] else { continue };
            let template = |resource: &str| format!("Resources:\n  {resource}");
            let (trips, fine) = (findings(rule.id, &template(bad)), findings(rule.id, &template(good)));
            if trips.is_empty() || !fine.is_empty() {
                wrong.push((rule.id, fine));
            }
            shown += 1;
        }
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(shown > 35, "{shown}");
    }
}
