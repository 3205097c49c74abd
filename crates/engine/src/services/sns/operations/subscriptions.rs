//! Subscribe, ConfirmSubscription, Unsubscribe, the lists of subscriptions and their attributes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{map, page, texts};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sns::delivery::SERVICE;
use crate::services::sns::refusal::{invalid, no_subscription, unauthorized};
use crate::services::sns::subscription::{Options, Protocol, Subscription};
use crate::services::sns::topic::TopicKey;
use crate::services::sns::{Sns, endpoint};
use crate::wire::query::{Call, Reply, loose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SubscribeCall {
    topic_arn: String,
    protocol: String,
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    attributes: Value,
    #[serde(default, deserialize_with = "loose::boolean")]
    return_subscription_arn: Option<bool>,
}

/// What a subscription is made of.
#[derive(Debug)]
pub struct Subscribe {
    pub topic: TopicKey,
    pub protocol: String,
    pub endpoint: String,
    pub attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Confirm {
    topic_arn: String,
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OnSubscription {
    subscription_arn: String,
    #[serde(default)]
    attribute_name: String,
    #[serde(default)]
    attribute_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    topic_arn: Option<String>,
    next_token: Option<String>,
}

impl Sns {
    pub(super) fn subscribe_call(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: SubscribeCall = call.input()?;
        let subscribe = Subscribe {
            topic: TopicKey::from_arn(&input.topic_arn)?,
            protocol: input.protocol,
            endpoint: input.endpoint,
            attributes: texts(&input.attributes),
        };
        let subscription = self.subscribe(aws, caller, subscribe)?;
        let arn = if subscription.is_pending() && input.return_subscription_arn != Some(true) {
            "pending confirmation".to_owned()
        } else {
            subscription.arn()
        };
        Reply::of(&json!({"SubscriptionArn": arn}))
    }

    /// Makes a subscription, or returns the one that the endpoint has already.
    pub(in super::super) fn subscribe(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: Subscribe,
    ) -> Result<Subscription, AwsError> {
        let context = [("sns:Protocol", input.protocol.as_str()), ("sns:Endpoint", &input.endpoint)];
        let topic = self.authorized(aws, caller, "sns:Subscribe", &input.topic, &context)?;
        let protocol = Protocol::read(&input.protocol)?;
        protocol.check(&input.endpoint, &topic.key.account)?;
        let mut options = Options::default();
        for (name, value) in &input.attributes {
            options.set(protocol, name, value)?;
        }
        options.check(protocol)?;
        if let Some(role) = &options.role {
            let context = [("iam:PassedToService", SERVICE)];
            aws.services.iam.authorize(caller, "iam:PassRole", role, None, &context)?;
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let is_same = |known: &&Subscription| {
            known.topic == topic.key && known.protocol == protocol && known.endpoint == input.endpoint
        };
        let known = state.subscriptions.values().find(is_same).cloned();
        let subscription = match known {
            Some(known) if !input.attributes.is_empty() && known.options != options => {
                let reason = "Attributes Reason: Subscription already exists with different attributes";
                return Err(invalid(reason));
            }
            Some(known) => known,
            None => {
                let token = || format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
                let subscription = Subscription {
                    id: uuid::Uuid::new_v4().to_string(),
                    owner: caller.account.clone(),
                    token: protocol.needs_confirmation().then(token),
                    topic: topic.key,
                    protocol,
                    endpoint: input.endpoint,
                    options,
                };
                self.subscriptions.put(&subscription.arn(), &subscription)?;
                state.subscriptions.insert(subscription.arn(), subscription.clone());
                subscription
            }
        };
        drop(state);
        if subscription.is_pending() && protocol == Protocol::Http {
            ask(aws, subscription.clone());
        }
        Ok(subscription)
    }

    pub(super) fn confirm_subscription_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Confirm = call.input()?;
        let key = TopicKey::from_arn(&input.topic_arn)?;
        self.authorized(aws, caller, "sns:ConfirmSubscription", &key, &[])?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let is_meant =
            |one: &&mut Subscription| one.topic == key && one.token.as_deref() == Some(input.token.as_str());
        let subscription = state.subscriptions.values_mut().find(is_meant);
        let subscription = subscription.ok_or_else(|| invalid("Token"))?;
        let confirmed = Subscription { token: None, ..subscription.clone() };
        self.subscriptions.put(&confirmed.arn(), &confirmed)?;
        *subscription = confirmed;
        Reply::of(&json!({"SubscriptionArn": subscription.arn()}))
    }

    pub(super) fn unsubscribe_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        self.unsubscribe(aws, caller, &call.input::<OnSubscription>()?.subscription_arn)?;
        Ok(Reply::empty())
    }

    /// Ends a subscription; one that is gone already is a success.
    pub(in super::super) fn unsubscribe(
        &self,
        aws: &Aws,
        caller: &Caller,
        arn: &str,
    ) -> Result<(), AwsError> {
        let Some(subscription) = self.known(arn)? else { return Ok(()) };
        authorize(aws, caller, "sns:Unsubscribe", &subscription)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.subscriptions.remove(arn)?;
        state.subscriptions.remove(arn);
        Ok(())
    }

    /// Returns the subscription of an ARN, which must be one.
    fn known(&self, arn: &str) -> Result<Option<Subscription>, AwsError> {
        if !arn.starts_with("arn:") || arn.split(':').count() != 7 {
            return Err(invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"));
        }
        Ok(self.subscription(arn))
    }

    pub(super) fn list_subscriptions_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let all = caller.arn("sns", "*");
        let decided = aws.services.iam.authorize(caller, "sns:ListSubscriptions", &all, None, &[]);
        decided.map_err(unauthorized)?;
        let input: List = call.input()?;
        self.list(&input, |subscription| {
            subscription.owner == caller.account && subscription.topic.region == caller.region
        })
    }

    pub(super) fn list_subscriptions_by_topic_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: List = call.input()?;
        let key = TopicKey::from_arn(input.topic_arn.as_deref().unwrap_or_default())?;
        self.authorized(aws, caller, "sns:ListSubscriptionsByTopic", &key, &[])?;
        self.list(&input, |subscription| subscription.topic == key)
    }

    fn list(&self, input: &List, is_wanted: impl Fn(&Subscription) -> bool) -> Result<Reply, AwsError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = state.subscriptions.iter().filter(|(_, subscription)| is_wanted(subscription));
        let wanted = wanted.map(|(arn, subscription)| (arn.clone(), subscription.summary()));
        let (subscriptions, next) = page(wanted, input.next_token.as_deref());
        Reply::of(&json!({"Subscriptions": subscriptions, "NextToken": next}))
    }

    pub(super) fn get_subscription_attributes_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: OnSubscription = call.input()?;
        let subscription = self.known(&input.subscription_arn)?.ok_or_else(no_subscription)?;
        authorize(aws, caller, "sns:GetSubscriptionAttributes", &subscription)?;
        Reply::of(&json!({"Attributes": map(&subscription.attributes())}))
    }

    pub(super) fn set_subscription_attributes_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: OnSubscription = call.input()?;
        let subscription = self.known(&input.subscription_arn)?.ok_or_else(no_subscription)?;
        authorize(aws, caller, "sns:SetSubscriptionAttributes", &subscription)?;
        self.change_subscription(&input.subscription_arn, |subscription| {
            let protocol = subscription.protocol;
            subscription.options.set(protocol, &input.attribute_name, &input.attribute_value)
        })?;
        Ok(Reply::empty())
    }

    /// Changes a subscription; changes happen one after the other.
    pub(in super::super) fn change_subscription(
        &self,
        arn: &str,
        change: impl FnOnce(&mut Subscription) -> Result<(), AwsError>,
    ) -> Result<(), AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut subscription = state.subscriptions.get(arn).cloned().ok_or_else(no_subscription)?;
        change(&mut subscription)?;
        self.subscriptions.put(arn, &subscription)?;
        state.subscriptions.insert(arn.to_owned(), subscription);
        Ok(())
    }
}

/// Asks an HTTP endpoint to confirm; one that does not answer stays unconfirmed until it is subscribed again.
fn ask(aws: &Arc<Aws>, subscription: Subscription) {
    let task = Arc::clone(aws);
    aws.spawn(async move {
        if let Err(error) = endpoint::ask(&subscription, task.clock.now(), task.endpoint()).await {
            tracing::warn!(%error, endpoint = subscription.endpoint, "a subscription could not be offered");
        }
    });
}

fn authorize(aws: &Aws, caller: &Caller, action: &str, subscription: &Subscription) -> Result<(), AwsError> {
    let decided = aws.services.iam.authorize(caller, action, &subscription.arn(), None, &[]);
    decided.map_err(unauthorized)
}
