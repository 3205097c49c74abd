//! SNS's operations by their names, and the maps that its forms hold.

mod permissions;
mod publish;
mod subscriptions;
mod topics;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value, json};

use super::Sns;
use super::refusal::{no_topic, unauthorized};
use super::topic::{Topic, TopicKey};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::wire::query::{Call, Reply};

pub use publish::Publication;
pub use subscriptions::Subscribe;

/// Entries on a page of a list.
const PAGE: usize = 100;

/// The operations that [`Sns::operate`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "AddPermission",
    "ConfirmSubscription",
    "CreateTopic",
    "DeleteTopic",
    "GetSubscriptionAttributes",
    "GetTopicAttributes",
    "ListSubscriptions",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "ListTopics",
    "Publish",
    "PublishBatch",
    "RemovePermission",
    "SetSubscriptionAttributes",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "Unsubscribe",
    "UntagResource",
];

impl Sns {
    /// Answers one call.
    pub(super) fn operate(&self, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        match call.operation.as_str() {
            "CreateTopic" => self.create_topic_call(aws, caller, call),
            "DeleteTopic" => self.delete_topic_call(aws, caller, call),
            "ListTopics" => self.list_topics_call(aws, caller, call),
            "GetTopicAttributes" => self.get_topic_attributes_call(aws, caller, call),
            "SetTopicAttributes" => self.set_topic_attributes_call(aws, caller, call),
            "AddPermission" => self.add_permission_call(aws, caller, call),
            "RemovePermission" => self.remove_permission_call(aws, caller, call),
            "TagResource" => self.tag_call(aws, caller, call),
            "UntagResource" => self.untag_call(aws, caller, call),
            "ListTagsForResource" => self.list_tags_call(aws, caller, call),
            "Subscribe" => self.subscribe_call(aws, caller, call),
            "ConfirmSubscription" => self.confirm_subscription_call(aws, caller, call),
            "Unsubscribe" => self.unsubscribe_call(aws, caller, call),
            "ListSubscriptions" => self.list_subscriptions_call(aws, caller, call),
            "ListSubscriptionsByTopic" => self.list_subscriptions_by_topic_call(aws, caller, call),
            "GetSubscriptionAttributes" => self.get_subscription_attributes_call(aws, caller, call),
            "SetSubscriptionAttributes" => self.set_subscription_attributes_call(aws, caller, call),
            "Publish" => self.publish_call(aws, caller, call),
            "PublishBatch" => self.publish_batch_call(aws, caller, call),
            _ => Err(call.unknown()),
        }
    }

    /// Returns a topic on which the caller may do `action`.
    pub(super) fn authorized(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        key: &TopicKey,
        context: &[(&str, &str)],
    ) -> Result<Topic, AwsError> {
        let topic = self.topic(key);
        let policy = topic.as_ref().map(Topic::policy);
        let mut context = context.to_vec();
        // Alarms say for whom they publish, so the default policy lets them. Other services do not.
        if caller.principal == Principal::Service("cloudwatch.amazonaws.com".to_owned()) {
            context.push(("aws:SourceOwner", caller.account.as_str()));
        }
        let decided = aws.services.iam.authorize(caller, action, &key.arn(), policy.as_ref(), &context);
        decided.map_err(unauthorized)?;
        topic.ok_or_else(no_topic)
    }

    pub(super) fn topic(&self, key: &TopicKey) -> Option<Topic> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).topics.get(&key.path()).cloned()
    }
}

/// Returns the entries of a map, which forms write as `Attributes.entry.1.key=…&Attributes.entry.1.value=…`.
fn entries(map: &Value) -> impl Iterator<Item = &Value> {
    map["entry"].as_object().into_iter().flat_map(Map::values)
}

/// Reads a map of texts.
fn texts(map: &Value) -> BTreeMap<String, String> {
    let pair = |entry: &Value| Some((entry["key"].as_str()?.to_owned(), entry["value"].as_str()?.to_owned()));
    entries(map).filter_map(pair).collect()
}

/// Writes a map of texts as answers hold it.
fn map(texts: &Map<String, Value>) -> Value {
    let entry = |(key, value): (&String, &Value)| json!({"key": key, "value": value});
    json!({"entry": texts.iter().map(entry).collect::<Vec<_>>()})
}

/// Returns the entries after a token, which is the name of the last one of the page before, and the next token.
fn page<T>(entries: impl Iterator<Item = (String, T)>, token: Option<&str>) -> (Vec<T>, Option<String>) {
    let mut rest = entries.filter(|(name, _)| token.is_none_or(|token| name.as_str() > token)).peekable();
    let (mut page, mut last) = (Vec::new(), None);
    while page.len() < PAGE {
        let Some((name, entry)) = rest.next() else { break };
        page.push(entry);
        last = Some(name);
    }
    let next = rest.peek().and(last);
    (page, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_maps() {
        let form = json!({"entry": {"1": {"key": "a", "value": "b"}, "2": {"key": "c", "value": ""}}});
        let expected = BTreeMap::from([("a".to_owned(), "b".to_owned()), ("c".to_owned(), String::new())]);
        assert_eq!(texts(&form), expected);
        assert_eq!(texts(&Value::Null), BTreeMap::new());
        let out = Map::from_iter([("a".to_owned(), json!("b"))]);
        assert_eq!(map(&out), json!({"entry": [{"key": "a", "value": "b"}]}));
    }

    #[test]
    fn walks_through_all_pages() {
        let entries = || (0..150).map(|number| (format!("{number:03}"), number));
        let (first, token) = page(entries(), None);
        assert_eq!((first.len(), token.as_deref()), (100, Some("099")));
        let (second, token) = page(entries(), token.as_deref());
        assert_eq!((second.len(), token), (50, None));
    }
}
