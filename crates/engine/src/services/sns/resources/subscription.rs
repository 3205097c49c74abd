//! `AWS::SNS::Subscription`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::texts;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::sns::operations::Subscribe;
use crate::services::sns::topic::TopicKey;

pub struct SubscriptionResource;

/// Properties that are attributes of the subscription, under the same name.
const ATTRIBUTES: [&str; 5] =
    ["RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "SubscriptionRoleArn"];

#[async_trait]
impl ResourceType for SubscriptionResource {
    fn type_name(&self) -> &'static str {
        "AWS::SNS::Subscription"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "Endpoint",
            "FilterPolicy",
            "FilterPolicyScope",
            "Protocol",
            "RawMessageDelivery",
            "RedrivePolicy",
            "Region",
            "SubscriptionRoleArn",
            "TopicArn",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        refuse_other_region(request)?;
        let text = |name| request.text(name).unwrap_or_default().to_owned();
        let input = Subscribe {
            topic: TopicKey::from_arn(&text("TopicArn"))?,
            protocol: text("Protocol"),
            endpoint: text("Endpoint"),
            attributes: texts(request.properties, &ATTRIBUTES),
        };
        let subscription = aws.services.sns.subscribe(aws, request.caller, input)?;
        Ok(resource(&subscription.arn()))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        refuse_other_region(request)?;
        let defaults = [("RawMessageDelivery", "false"), ("FilterPolicy", ""), ("RedrivePolicy", "")];
        let mut attributes: BTreeMap<String, String> =
            defaults.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        attributes.extend(texts(request.properties, &ATTRIBUTES));
        let action = "sns:SetSubscriptionAttributes";
        aws.services.iam.authorize(request.caller, action, physical_id, None, &[])?;
        aws.services.sns.change_subscription(physical_id, |subscription| {
            let protocol = subscription.protocol;
            attributes.iter().try_for_each(|(name, value)| subscription.options.set(protocol, name, value))
        })?;
        Ok(resource(physical_id))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        aws.services.sns.unsubscribe(aws, request.caller, physical_id)
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let action = "sns:GetSubscriptionAttributes";
        aws.services.iam.authorize(request.caller, action, physical_id, None, &[])?;
        let Some(subscription) = aws.services.sns.subscription(physical_id) else { return Ok(None) };
        let mut live = Value::Object(subscription.attributes());
        live["Region"] = json!(request.caller.region);
        for name in ["FilterPolicy", "RedrivePolicy"] {
            // The API gives as text what a template gives as an object.
            let parsed = live[name].as_str().and_then(|text| serde_json::from_str(text).ok());
            live[name] = parsed.unwrap_or_default();
        }
        Ok(Some(live))
    }
}

fn refuse_other_region(request: &ResourceRequest<'_>) -> Result<(), AwsError> {
    match request.text("Region") {
        Some(region) if region != request.caller.region => {
            Err(AwsError::not_supported("a subscription of a topic in another region"))
        }
        _ => Ok(()),
    }
}

fn resource(arn: &str) -> Resource {
    Resource::new(arn, [("Arn", json!(arn))])
}
