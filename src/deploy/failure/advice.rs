//! What to do about a failure, from a service's message: which right to add, which name to change, which quota to raise.
//!
//! Messages are AWS's own, which nobody promises to keep; one that is not understood gets no advice.

use super::Failure;

/// A role that hydrant makes for a block of the stack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRole {
    /// Its name in AWS.
    pub name: String,
    /// `deliveries` or another section, and the block in it.
    pub section: String,
    pub block: String,
}

/// A right that somebody did not have.
#[derive(Debug, PartialEq, Eq)]
struct Denial<'a> {
    principal: Option<&'a str>,
    action: &'a str,
    resource: Option<&'a str>,
}

/// Returns advice on a failure; `roles` are those that the stack file's blocks were given.
pub fn advise(failure: &Failure, roles: &[OwnRole]) -> Vec<String> {
    let reason = failure.reason.as_str();
    if let Some(denial) = denial(reason) {
        return of_denial(&denial, reason, roles);
    }
    if reason.contains("unable to assume role") || reason.contains("cannot be assumed") {
        let service = if failure.resource_type.contains("Lambda") { "lambda" } else { "firehose" };
        return vec![format!("the role's trust policy must name the service {service}.amazonaws.com")];
    }
    if reason.contains("NoSuchKey") {
        let advice = "the template names code that was not uploaded; \
                      `hydrant deploy` uploads to the key in the function's CodeKey parameter";
        return vec![advice.to_owned()];
    }
    if is_taken(reason) {
        return vec![of_taken_name(&failure.resource_type)];
    }
    if reason.contains("scale up over double") || reason.contains("scale down below half") {
        return vec![
            "a stream at most doubles or halves its shards in one update: go there in steps".to_owned(),
        ];
    }
    of_quota(failure).into_iter().collect()
}

/// Returns the property that a message is about, as a path below the resource's properties.
pub fn property(failure: &Failure) -> Option<String> {
    let reason = failure.reason.as_str();
    // As CloudFormation's schemas say it: `#/ShardCount: 0 is not greater or equal to 1`.
    if let Some((_, rest)) = reason.split_once("#/") {
        let path: String =
            rest.chars().take_while(|&one| one.is_ascii_alphanumeric() || one == '/').collect();
        return (!path.is_empty()).then(|| path.trim_matches('/').to_owned());
    }
    // `Encountered unsupported properties in {/A}: [B]`.
    if let Some((_, rest)) = reason.split_once("unsupported properties in {/") {
        let (parent, rest) = rest.split_once('}')?;
        let name = rest.split_once('[')?.1.split([',', ']']).next()?.trim();
        return Some(if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") });
    }
    // As services say it: `Value '0' at 'shardCount' failed to satisfy constraint`.
    if let Some((before, _)) = reason.split_once("' failed to satisfy constraint") {
        let member = before.rsplit_once("at '")?.1;
        let capital = |part: &str| {
            let mut letters = part.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        };
        return Some(member.split('.').filter_map(capital).collect::<Vec<_>>().join("/"));
    }
    if is_taken(reason) {
        return name_property(&failure.resource_type).map(str::to_owned);
    }
    reason.contains("UpdateShardCount").then(|| "ShardCount".to_owned())
}

fn denial(reason: &str) -> Option<Denial<'_>> {
    let (before, after) = reason.split_once("is not authorized to perform: ")?;
    let word = |text| trimmed(str::split_whitespace(text).next().unwrap_or_default());
    let (_, resource) = after.split_once("on resource").unzip();
    let resource = resource.map(|rest| word(rest.trim_start_matches(':'))).filter(|word| !word.is_empty());
    let principal = before.split_whitespace().rfind(|word| word.starts_with("arn:"));
    Some(Denial { principal, action: word(after), resource })
}

/// Returns a word without what a sentence puts around it.
fn trimmed(word: &str) -> &str {
    word.trim_matches(['"', '\'', '`', '(', ')', ',', ';']).trim_end_matches('.')
}

fn of_denial(denial: &Denial<'_>, reason: &str, roles: &[OwnRole]) -> Vec<String> {
    let Denial { principal, action, resource } = denial;
    let on = resource.map(|resource| format!(" on {resource}")).unwrap_or_default();
    if reason.contains("explicit deny in a service control policy") {
        return vec![format!(
            "a service control policy denies `{action}`{on}: only who manages the organization can change that"
        )];
    }
    if reason.contains("with an explicit deny") {
        return vec![format!("a statement denies `{action}`{on}; another one that allows it does not help")];
    }
    let name = principal.map(name_of);
    let own = roles.iter().find(|role| Some(role.name.as_str()) == name.map(|(_, name)| name));
    if let Some(OwnRole { section, block, name }) = own {
        let key = match giving_key(section, action) {
            Some(key) => format!("`{key}` of `{section}.{block}` gives it that right"),
            None => "no key of the stack file gives it that right".to_owned(),
        };
        return vec![
            format!(
                "allow `{action}`{on} in the policies of the role {name}, which hydrant makes for `{section}.{block}`"
            ),
            format!("{key}; see what it has with `hydrant render`"),
        ];
    }
    let boundary = reason.contains("permissions boundary allows");
    let place = if boundary { "permissions boundary" } else { "policies" };
    let whom = match name {
        Some((kind, name)) => format!("of the {kind} {name}"),
        None => "of whoever deploys, or of the role that is named".to_owned(),
    };
    vec![format!("allow `{action}`{on} in the {place} {whom}")]
}

/// Returns what an ARN of a principal is, and its name; a session is one of its role.
fn name_of(arn: &str) -> (&'static str, &str) {
    let rest = trimmed(arn).rsplit(':').next().unwrap_or_default();
    match rest.split_once('/') {
        Some(("assumed-role", rest)) => ("role", rest.split('/').next().unwrap_or(rest)),
        Some(("role", rest)) => ("role", rest.rsplit('/').next().unwrap_or(rest)),
        Some(("user", rest)) => ("user", rest.rsplit('/').next().unwrap_or(rest)),
        _ => ("principal", rest),
    }
}

/// Returns the key of a block from which a right follows.
fn giving_key(section: &str, action: &str) -> Option<&'static str> {
    let (service, verb) = action.split_once(':')?;
    let puts = verb.starts_with("Put");
    match (section, service.to_ascii_lowercase().as_str()) {
        ("deliveries", "s3") => Some("to"),
        ("deliveries", "kinesis") => Some("from"),
        ("deliveries", "lambda") => Some("transform"),
        ("functions" | "users", "kinesis" | "firehose") if puts => Some("writes"),
        ("functions", "kinesis") => Some("reads"),
        ("functions", "sns") => Some("publishes"),
        ("functions", "s3") => Some("state"),
        ("functions", "sqs" | "lambda") => Some("on_success"),
        _ => None,
    }
}

fn is_taken(reason: &str) -> bool {
    ["already exists", "AlreadyExists", "AlreadyOwnedByYou"].iter().any(|part| reason.contains(part))
}

fn of_taken_name(resource_type: &str) -> String {
    match resource_type {
        "AWS::S3::Bucket" => {
            "another bucket has that name, of this account or of any other: choose another one, \
                              or take yours in with --adopt when an earlier deployment left it"
                .to_owned()
        }
        other => {
            let kind = other.rsplit("::").next().unwrap_or(other);
            format!("another {kind} has that name already: choose another one, or delete that which is there")
        }
    }
}

/// Returns the property in which a type has its name.
fn name_property(resource_type: &str) -> Option<&'static str> {
    Some(match resource_type {
        "AWS::Kinesis::Stream" => "Name",
        "AWS::KinesisFirehose::DeliveryStream" => "DeliveryStreamName",
        "AWS::Lambda::Function" => "FunctionName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::IAM::User" => "UserName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        _ => return None,
    })
}

fn of_quota(failure: &Failure) -> Option<String> {
    let reason = failure.reason.to_ascii_lowercase();
    let is_one = reason.contains("limitexceeded")
        || reason.contains("quota")
        || (reason.contains("limit") && (reason.contains("exceed") || reason.contains("maximum")));
    if !is_one {
        return None;
    }
    let service = failure.resource_type.split("::").nth(1)?;
    let code = if service == "KinesisFirehose" { "firehose" } else { service };
    Some(format!(
        "ask for a higher quota, or delete what is not needed; `aws service-quotas list-service-quotas \
         --service-code {}` shows what there is",
        code.to_ascii_lowercase()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(resource_type: &str, reason: &str) -> Failure {
        Failure {
            logical_id: "It".to_owned(),
            resource_type: resource_type.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn advice(resource_type: &str, reason: &str) -> String {
        let role = OwnRole {
            name: "pipe-dev-ToS3Role-ABC".to_owned(),
            section: "deliveries".to_owned(),
            block: "to-s3".to_owned(),
        };
        advise(&failure(resource_type, reason), &[role]).join("\n")
    }

    #[test]
    fn names_the_right_and_who_needs_it() {
        let user = "User: arn:aws:sts::1:assumed-role/deployer/ci is not authorized to perform: \
                    firehose:CreateDeliveryStream on resource: arn:aws:firehose:r:1:deliverystream/x because no \
                    identity-based policy allows the firehose:CreateDeliveryStream action (Service: Firehose)";
        assert_eq!(
            advice("AWS::KinesisFirehose::DeliveryStream", user),
            "allow `firehose:CreateDeliveryStream` on arn:aws:firehose:r:1:deliverystream/x in the policies of the \
             role deployer"
        );
        let own = "Role arn:aws:iam::1:role/pipe-dev-ToS3Role-ABC is not authorized to perform: \
                   kinesis:DescribeStream on resource arn:aws:kinesis:r:1:stream/s.";
        assert_eq!(
            advice("AWS::KinesisFirehose::DeliveryStream", own),
            "allow `kinesis:DescribeStream` on arn:aws:kinesis:r:1:stream/s in the policies of the role \
             pipe-dev-ToS3Role-ABC, which hydrant makes for `deliveries.to-s3`\n\
             `from` of `deliveries.to-s3` gives it that right; see what it has with `hydrant render`"
        );
        let denied = "User: arn:aws:iam::1:user/me is not authorized to perform: s3:CreateBucket on resource: \
                      arn:aws:s3:::b with an explicit deny in a service control policy";
        assert!(advice("AWS::S3::Bucket", denied).contains("only who manages the organization"));
        let boundary = "User: arn:aws:iam::1:user/me is not authorized to perform: s3:CreateBucket on resource: \
                        arn:aws:s3:::b because no permissions boundary allows the s3:CreateBucket action";
        assert!(advice("AWS::S3::Bucket", boundary).ends_with("in the permissions boundary of the user me"));
    }

    #[test]
    fn tells_names_quotas_and_steps_apart() {
        assert!(advice("AWS::SNS::Topic", "t already exists").starts_with("another Topic has that name"));
        assert!(advice("AWS::S3::Bucket", "b already exists").contains("of any other"));
        assert!(
            advice("AWS::KinesisFirehose::DeliveryStream", "LimitExceededException: 50 streams")
                .contains("--service-code firehose")
        );
        let shards = "UpdateShardCount cannot scale up over double your current open shard count.";
        assert!(advice("AWS::Kinesis::Stream", shards).contains("in steps"));
        assert_eq!(advice("AWS::Kinesis::Stream", "No capacity."), "");
    }

    #[test]
    fn finds_the_property_that_is_meant() {
        let property = |kind: &str, reason: &str| property(&failure(kind, reason));
        let stream = "AWS::Kinesis::Stream";
        let found = [
            property(stream, "Model validation failed (#/ShardCount: 0 is not greater or equal to 1)"),
            property(
                stream,
                "Properties validation failed for resource S with message: #/A/B: expected type",
            ),
            property(
                stream,
                "1 validation error detected: Value '0' at 'shardCount' failed to satisfy constraint",
            ),
            property(
                stream,
                "Property validation failure: [Encountered unsupported properties in {/}: [Shards]]",
            ),
            property(stream, "Stream s under account 1 already exists."),
        ];
        let found: Vec<_> = found.iter().map(|found| found.as_deref().unwrap_or_default()).collect();
        assert_eq!(found, ["ShardCount", "A/B", "ShardCount", "Shards", "Name"]);
        assert_eq!(property(stream, "No capacity."), None);
    }
}
