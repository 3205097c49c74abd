//! A subscription: where the messages of a topic go, and which of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::filter::FilterPolicy;
use super::refusal::invalid;
use super::topic::TopicKey;
use crate::error::AwsError;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub topic: TopicKey,
    pub owner: String,
    pub protocol: Protocol,
    pub endpoint: String,
    /// What confirms it, while it is not confirmed.
    pub token: Option<String>,
    pub options: Options,
}

/// What can be set on a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Options {
    pub raw: bool,
    /// JSON text.
    pub filter_policy: Option<String>,
    /// ARN of the queue that gets what could not be delivered.
    pub dead_letters: Option<String>,
    /// ARN of the role with whose rights a delivery stream is written to.
    #[serde(default)]
    pub role: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    Lambda,
    Sqs,
    Http,
    Firehose,
    Email,
    EmailJson,
}

impl Protocol {
    pub fn read(name: &str) -> Result<Self, AwsError> {
        match name {
            "lambda" => Ok(Self::Lambda),
            "sqs" => Ok(Self::Sqs),
            "http" => Ok(Self::Http),
            "firehose" => Ok(Self::Firehose),
            "email" => Ok(Self::Email),
            "email-json" => Ok(Self::EmailJson),
            "https" | "sms" | "application" => {
                Err(AwsError::not_supported(format_args!("a subscription of the protocol `{name}`")))
            }
            other => Err(invalid(format_args!("Does not support this protocol string: {other}"))),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Sqs => "sqs",
            Self::Http => "http",
            Self::Firehose => "firehose",
            Self::Email => "email",
            Self::EmailJson => "email-json",
        }
    }

    /// Refuses an endpoint that cannot be one of this protocol.
    pub fn check(self, endpoint: &str, account: &str) -> Result<(), AwsError> {
        let of_service = |service: &str, kind: &str| {
            let parts: Vec<&str> = endpoint.split(':').collect();
            match parts[..] {
                ["arn", _, name, _, owner, _, ..] if name == service && owner == account => Ok(()),
                ["arn", _, name, ..] if name == service => {
                    Err(AwsError::not_supported("a subscription of another account's endpoint"))
                }
                _ => Err(invalid(format_args!("{kind} endpoint ARN"))),
            }
        };
        match self {
            Self::Lambda => of_service("lambda", "Lambda"),
            Self::Sqs if endpoint.ends_with(".fifo") => Err(invalid(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
            )),
            Self::Sqs => of_service("sqs", "SQS"),
            Self::Firehose => of_service("firehose", "Firehose"),
            Self::Http if !endpoint.starts_with("http://") => {
                Err(invalid("Endpoint must match the specified protocol"))
            }
            Self::Http if !is_loopback(endpoint) => {
                Err(AwsError::not_supported("an HTTP endpoint on another machine"))
            }
            Self::Http => Ok(()),
            Self::Email | Self::EmailJson => match endpoint.split_once('@') {
                Some((name, host)) if !name.is_empty() && !host.is_empty() => Ok(()),
                _ => Err(invalid("Email address")),
            },
        }
    }

    /// Tells whether the endpoint has to confirm that it wants the messages.
    pub fn needs_confirmation(self) -> bool {
        matches!(self, Self::Http | Self::Email | Self::EmailJson)
    }
}

fn is_loopback(url: &str) -> bool {
    let Some(uri) = url.parse::<http::Uri>().ok() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_address = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || host == "localhost" || host.ends_with(".localhost")
}

impl Options {
    /// Sets one attribute; an empty text takes it back.
    pub fn set(&mut self, protocol: Protocol, name: &str, value: &str) -> Result<(), AwsError> {
        match name {
            "RawMessageDelivery" => {
                let raw = value.eq_ignore_ascii_case("true");
                if !raw && !value.eq_ignore_ascii_case("false") {
                    let reason = "RawMessageDelivery Reason: RawMessageDelivery: Invalid value. Must be true or false.";
                    return Err(invalid(reason));
                }
                if raw && !matches!(protocol, Protocol::Sqs | Protocol::Http | Protocol::Firehose) {
                    let reason = format!(
                        "Attributes Reason: Delivery protocol [{}] does not support raw message delivery.",
                        protocol.name()
                    );
                    return Err(invalid(reason));
                }
                self.raw = raw;
            }
            "FilterPolicy" if value.is_empty() || value == "{}" => self.filter_policy = None,
            "FilterPolicy" => {
                FilterPolicy::read(value)?;
                self.filter_policy = Some(value.to_owned());
            }
            "FilterPolicyScope" if value == "MessageAttributes" => {}
            "FilterPolicyScope" => {
                return Err(AwsError::not_supported(format_args!("the filter policy scope `{value}`")));
            }
            "RedrivePolicy" if value.is_empty() => self.dead_letters = None,
            "RedrivePolicy" => {
                let policy: Value = serde_json::from_str(value)
                    .map_err(|_| invalid("RedrivePolicy: failed to parse JSON."))?;
                let target = policy["deadLetterTargetArn"].as_str();
                let target = target.filter(|arn| arn.starts_with("arn:aws:sqs:"));
                let target =
                    target.ok_or_else(|| invalid("RedrivePolicy: must have a deadLetterTargetArn"))?;
                self.dead_letters = Some(target.to_owned());
            }
            "SubscriptionRoleArn" => self.set_role(protocol, value)?,
            "DeliveryPolicy" if value.is_empty() => {}
            "DeliveryPolicy" | "ReplayPolicy" => {
                return Err(AwsError::not_supported(format_args!("`{name}` of a subscription")));
            }
            _ => return Err(invalid("AttributeName")),
        }
        Ok(())
    }

    /// Refuses options without which the protocol cannot deliver.
    pub fn check(&self, protocol: Protocol) -> Result<(), AwsError> {
        if protocol == Protocol::Firehose && self.role.is_none() {
            // Not confirmed on AWS: the wording.
            return Err(invalid(
                "SubscriptionRoleArn Reason: SubscriptionRoleArn is required for protocol firehose",
            ));
        }
        Ok(())
    }

    fn set_role(&mut self, protocol: Protocol, arn: &str) -> Result<(), AwsError> {
        // Not confirmed on AWS: the wording of both.
        if protocol != Protocol::Firehose {
            let name = protocol.name();
            return Err(invalid(format_args!(
                "SubscriptionRoleArn Reason: not applicable to protocol {name}"
            )));
        }
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let is_role =
            matches!(parts[..], ["arn", _, "iam", "", _, resource] if resource.starts_with("role/"));
        if !is_role {
            return Err(invalid("SubscriptionRoleArn Reason: not the ARN of a role"));
        }
        self.role = Some(arn.to_owned());
        Ok(())
    }
}

impl Subscription {
    pub fn arn(&self) -> String {
        format!("{}:{}", self.topic.arn(), self.id)
    }

    pub fn is_pending(&self) -> bool {
        self.token.is_some()
    }

    /// Returns the subscription as lists show it.
    pub fn summary(&self) -> Value {
        json!({
            "SubscriptionArn": if self.is_pending() { "PendingConfirmation".to_owned() } else { self.arn() },
            "Owner": self.owner,
            "Protocol": self.protocol.name(),
            "Endpoint": self.endpoint,
            "TopicArn": self.topic.arn(),
        })
    }

    /// Returns the subscription's attributes as clients read them.
    pub fn attributes(&self) -> Map<String, Value> {
        let redrive = |arn: &String| json!({"deadLetterTargetArn": arn}).to_string();
        let own = [
            ("SubscriptionArn", Some(self.arn())),
            ("TopicArn", Some(self.topic.arn())),
            ("Owner", Some(self.owner.clone())),
            ("Protocol", Some(self.protocol.name().to_owned())),
            ("Endpoint", Some(self.endpoint.clone())),
            ("PendingConfirmation", Some(self.is_pending().to_string())),
            ("ConfirmationWasAuthenticated", Some((!self.protocol.needs_confirmation()).to_string())),
            ("RawMessageDelivery", Some(self.options.raw.to_string())),
            ("SubscriptionPrincipal", Some(format!("arn:aws:iam::{}:root", self.owner))),
            ("SubscriptionRoleArn", self.options.role.clone()),
            ("FilterPolicy", self.options.filter_policy.clone()),
            (
                "FilterPolicyScope",
                self.options.filter_policy.as_ref().map(|_| "MessageAttributes".to_owned()),
            ),
            ("RedrivePolicy", self.options.dead_letters.as_ref().map(redrive)),
        ];
        own.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_endpoints_of_the_protocol() {
        let check = |protocol: &str, endpoint: &str| {
            let protocol = Protocol::read(protocol)?;
            protocol.check(endpoint, "111122223333")
        };
        let code = |protocol, endpoint| check(protocol, endpoint).err().map(|error| error.code);
        assert_eq!(code("sqs", "arn:aws:sqs:us-east-1:111122223333:q"), None);
        assert_eq!(code("sqs", "q").as_deref(), Some("InvalidParameter"));
        assert_eq!(
            code("lambda", "arn:aws:sqs:us-east-1:111122223333:q").as_deref(),
            Some("InvalidParameter")
        );
        assert_eq!(code("http", "http://127.0.0.1:9/path"), None);
        assert_eq!(code("http", "http://[::1]:9/path"), None);
        assert_eq!(code("http", "http://127.0.0.1.example.com/").as_deref(), Some("NotImplemented"));
        assert_eq!(code("http", "ftp://127.0.0.1/").as_deref(), Some("InvalidParameter"));
        assert_eq!(code("email", "somebody@example.com"), None);
        assert_eq!(code("firehose", "arn:aws:firehose:us-east-1:111122223333:deliverystream/d"), None);
        assert_eq!(code("sms", "+1").as_deref(), Some("NotImplemented"));
        assert_eq!(code("pigeon", "x").as_deref(), Some("InvalidParameter"));
    }

    #[test]
    fn sets_what_the_protocol_has() {
        let mut options = Options::default();
        options.set(Protocol::Sqs, "RawMessageDelivery", "true").unwrap();
        assert!(options.raw);
        assert!(Options::default().set(Protocol::Lambda, "RawMessageDelivery", "true").is_err());
        let role = "arn:aws:iam::111122223333:role/r";
        assert!(Options::default().set(Protocol::Sqs, "SubscriptionRoleArn", role).is_err());
        assert!(Options::default().set(Protocol::Firehose, "SubscriptionRoleArn", "r").is_err());
        let mut of_firehose = Options::default();
        assert!(of_firehose.check(Protocol::Firehose).is_err() && of_firehose.check(Protocol::Sqs).is_ok());
        of_firehose.set(Protocol::Firehose, "SubscriptionRoleArn", role).unwrap();
        of_firehose.check(Protocol::Firehose).unwrap();
        assert!(options.set(Protocol::Sqs, "FilterPolicy", "[]").is_err());
        assert_eq!(options.set(Protocol::Sqs, "FilterPolicyScope", "MessageBody").unwrap_err().status, 501);
    }
}
