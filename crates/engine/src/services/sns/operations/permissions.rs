//! AddPermission and RemovePermission: statements of a topic's policy by their labels.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sns::Sns;
use crate::services::sns::refusal::invalid;
use crate::services::sns::topic::TopicKey;
use crate::wire::query::{Call, Reply, loose};

/// What others may be let do with a topic.
const ACTIONS: [&str; 8] = [
    "AddPermission",
    "DeleteTopic",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "Publish",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Permission {
    topic_arn: String,
    label: String,
    #[serde(rename = "AWSAccountId", default, deserialize_with = "loose::list")]
    accounts: Vec<String>,
    #[serde(rename = "ActionName", default, deserialize_with = "loose::list")]
    actions: Vec<String>,
}

impl Permission {
    /// Returns the statement that lets the accounts do what is named.
    fn statement(&self) -> Result<Value, AwsError> {
        if self.accounts.is_empty() {
            return Err(invalid("AWSAccountId"));
        }
        let is_known = |action: &String| action == "*" || ACTIONS.contains(&action.as_str());
        if self.actions.is_empty() || !self.actions.iter().all(is_known) {
            return Err(invalid("ActionName"));
        }
        let accounts = self.accounts.iter().map(|account| format!("arn:aws:iam::{account}:root"));
        let actions = self.actions.iter().map(|action| format!("SNS:{action}"));
        Ok(json!({
            "Sid": self.label,
            "Effect": "Allow",
            "Principal": {"AWS": accounts.collect::<Vec<_>>()},
            "Action": actions.collect::<Vec<_>>(),
            "Resource": self.topic_arn,
        }))
    }
}

impl Sns {
    pub(super) fn add_permission_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Permission = call.input()?;
        let key = TopicKey::from_arn(&input.topic_arn)?;
        self.authorized(aws, caller, "sns:AddPermission", &key, &[])?;
        let statement = input.statement()?;
        self.change_topic(&key, |topic| {
            let mut policy = topic.policy();
            let mut statements = labelled(&policy);
            if statements.iter().any(|one| one["Sid"] == input.label.as_str()) {
                // Not confirmed on AWS: the wording.
                return Err(invalid("Statement already exists"));
            }
            statements.push(statement);
            policy["Statement"] = statements.into();
            topic.set("Policy", &policy.to_string())
        })?;
        Ok(Reply::empty())
    }

    pub(super) fn remove_permission_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Permission = call.input()?;
        let key = TopicKey::from_arn(&input.topic_arn)?;
        self.authorized(aws, caller, "sns:RemovePermission", &key, &[])?;
        self.change_topic(&key, |topic| {
            let mut policy = topic.policy();
            let mut statements = labelled(&policy);
            // A label that is not there is a success. Not confirmed on AWS.
            statements.retain(|one| one["Sid"] != input.label.as_str());
            policy["Statement"] = statements.into();
            topic.set("Policy", &policy.to_string())
        })?;
        Ok(Reply::empty())
    }
}

/// Returns the statements of a policy, of which there may be one without a list around it.
fn labelled(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}
