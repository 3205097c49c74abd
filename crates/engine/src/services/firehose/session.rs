//! The roles that Firehose takes on: to read its source, to transform, and to deliver.

use super::stream::Description;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

pub const SERVICE: &str = "firehose.amazonaws.com";

/// Name of the sessions. Not confirmed on AWS.
const SESSION: &str = "AWSFirehose";

/// Takes on a role for a delivery stream, with the account as external id, as AWS documents it.
pub fn assume(aws: &Aws, description: &Description, role_arn: &str) -> Result<Caller, AwsError> {
    assume_in(aws, &description.account, &description.region, role_arn)
}

/// Takes on a role for an account.
pub fn assume_in(aws: &Aws, account: &str, region: &str, role_arn: &str) -> Result<Caller, AwsError> {
    let context = [("sts:ExternalId", account)];
    aws.services.iam.assume_role(role_arn, SERVICE, SESSION, region, &context)
}
