//! `AWS::SNS::TopicPolicy`: one policy on each of the topics that it names; without it they have their default one.

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Policed, ResourceRequest};
use crate::services::sns::topic::TopicKey;

/// Topics, as what a policy is put on.
pub struct Topics;

impl Policed for Topics {
    const TYPE: &'static str = "AWS::SNS::TopicPolicy";
    const PROPERTIES: &'static [&'static str] = &["PolicyDocument", "Topics"];
    const LIST: &'static str = "Topics";
    const GONE: &'static str = "NotFound";

    fn set(aws: &Aws, request: &ResourceRequest<'_>, name: &str, policy: &str) -> Result<(), AwsError> {
        let key = TopicKey::from_arn(name)?;
        aws.services.sns.authorized(aws, request.caller, "sns:SetTopicAttributes", &key, &[])?;
        aws.services.sns.change_topic(&key, |topic| topic.set("Policy", policy)).map(drop)
    }
}
