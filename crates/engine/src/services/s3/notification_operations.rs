//! Putting a notification configuration on a bucket, which tries its destinations, and reading it back.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3Request, S3Result};
use serde_json::{Value, json};

use super::S3;
use super::announcement::service;
use super::bucket::Bucket;
use super::notification::{Kind, Notifications, Rule, invalid};
use super::protocol::Session;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::services::sns::Publication;
use crate::wire::request_id;

pub async fn put(
    session: &Session,
    request: S3Request<PutBucketNotificationConfigurationInput>,
) -> S3Result<PutBucketNotificationConfigurationOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketNotification")?;
    let notifications = read(input.notification_configuration)?;
    notifications.check(&bucket.region)?;
    if input.skip_destination_validation != Some(true) {
        session.s3().try_destinations(&session.aws, &bucket, &notifications)?;
    }
    session.s3().change_bucket(&bucket.name, |bucket| bucket.configuration.notifications = notifications)?;
    Ok(PutBucketNotificationConfigurationOutput::default())
}

pub async fn get(
    session: &Session,
    request: S3Request<GetBucketNotificationConfigurationInput>,
) -> S3Result<GetBucketNotificationConfigurationOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketNotification")?;
    let notifications = bucket.configuration.notifications;
    let of = |kind| notifications.rules.iter().filter(move |rule| rule.kind == kind);
    let functions = of(Kind::Function).map(|rule| LambdaFunctionConfiguration {
        events: events(rule),
        filter: filter(rule),
        id: Some(rule.id.clone()),
        lambda_function_arn: rule.destination.clone(),
    });
    let queues = of(Kind::Queue).map(|rule| QueueConfiguration {
        events: events(rule),
        filter: filter(rule),
        id: Some(rule.id.clone()),
        queue_arn: rule.destination.clone(),
    });
    let topics = of(Kind::Topic).map(|rule| TopicConfiguration {
        events: events(rule),
        filter: filter(rule),
        id: Some(rule.id.clone()),
        topic_arn: rule.destination.clone(),
    });
    Ok(GetBucketNotificationConfigurationOutput {
        event_bridge_configuration: notifications.event_bridge.then(EventBridgeConfiguration::default),
        lambda_function_configurations: Some(functions.collect()),
        queue_configurations: Some(queues.collect()),
        topic_configurations: Some(topics.collect()),
    })
}

fn events(rule: &Rule) -> Vec<Event> {
    rule.events.iter().cloned().map(Event::from).collect()
}

fn filter(rule: &Rule) -> Option<NotificationConfigurationFilter> {
    let rules = [(FilterRuleName::PREFIX, &rule.prefix), (FilterRuleName::SUFFIX, &rule.suffix)];
    let rules = rules.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| FilterRule {
        name: Some(FilterRuleName::from_static(name)),
        value: Some(value.clone()),
    });
    let rules: Vec<_> = rules.collect();
    (!rules.is_empty())
        .then_some(NotificationConfigurationFilter { key: Some(S3KeyFilter { filter_rules: Some(rules) }) })
}

fn read(configuration: NotificationConfiguration) -> Result<Notifications, AwsError> {
    let mut rules = Vec::new();
    let text = |events: Vec<Event>| events.iter().map(|event| event.as_ref().to_owned()).collect();
    for one in configuration.lambda_function_configurations.unwrap_or_default() {
        let destination = one.lambda_function_arn;
        rules.push(rule(Kind::Function, one.id, destination, text(one.events), pairs(one.filter))?);
    }
    for one in configuration.queue_configurations.unwrap_or_default() {
        rules.push(rule(Kind::Queue, one.id, one.queue_arn, text(one.events), pairs(one.filter))?);
    }
    for one in configuration.topic_configurations.unwrap_or_default() {
        rules.push(rule(Kind::Topic, one.id, one.topic_arn, text(one.events), pairs(one.filter))?);
    }
    Ok(Notifications { rules, event_bridge: configuration.event_bridge_configuration.is_some() })
}

fn pairs(filter: Option<NotificationConfigurationFilter>) -> Vec<(String, String)> {
    let rules = filter.and_then(|filter| filter.key?.filter_rules).unwrap_or_default();
    let name =
        |rule: &FilterRule| rule.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
    rules.into_iter().map(|rule| (name(&rule), rule.value.unwrap_or_default())).collect()
}

fn rule(
    kind: Kind,
    id: Option<String>,
    destination: String,
    events: Vec<String>,
    filter: Vec<(String, String)>,
) -> Result<Rule, AwsError> {
    let id = id.filter(|id| !id.is_empty()).unwrap_or_else(request_id);
    let (mut prefix, mut suffix) = (None, None);
    for (name, value) in filter {
        let (side, message) = if name.eq_ignore_ascii_case("prefix") {
            (&mut prefix, "Cannot specify more than one prefix rule in a filter.")
        } else if name.eq_ignore_ascii_case("suffix") {
            (&mut suffix, "Cannot specify more than one suffix rule in a filter.")
        } else {
            return Err(invalid("filter rule name must be either prefix or suffix"));
        };
        if side.replace(value).is_some() {
            return Err(invalid(message));
        }
    }
    let (prefix, suffix) = (prefix.unwrap_or_default(), suffix.unwrap_or_default());
    Ok(Rule { id, kind, destination, events, prefix, suffix })
}

/// Reads the property `NotificationConfiguration` of a template.
pub fn read_property(property: &Value) -> Result<Notifications, AwsError> {
    let mut rules = Vec::new();
    let lists = [
        ("LambdaConfigurations", Kind::Function, "Function"),
        ("QueueConfigurations", Kind::Queue, "Queue"),
        ("TopicConfigurations", Kind::Topic, "Topic"),
    ];
    for (list, kind, destination) in lists {
        for one in property[list].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let filter = one["Filter"]["S3Key"]["Rules"].as_array().into_iter().flatten();
            let filter = filter.map(|rule| (text(&rule["Name"]), text(&rule["Value"]))).collect();
            rules.push(rule(kind, None, text(&one[destination]), vec![text(&one["Event"])], filter)?);
        }
    }
    let event_bridge = property.get("EventBridgeConfiguration").is_some_and(|configuration| {
        super::resource::flag(configuration.get("EventBridgeEnabled")).unwrap_or(true)
    });
    Ok(Notifications { rules, event_bridge })
}

impl S3 {
    /// Refuses destinations that S3 may not reach: queues and topics get a test event, functions are only asked
    /// whether S3 may invoke them.
    pub(super) fn try_destinations(
        &self,
        aws: &Arc<Aws>,
        bucket: &Bucket,
        notifications: &Notifications,
    ) -> Result<(), AwsError> {
        let caller = service(bucket);
        let arn = bucket.arn();
        let context = [("aws:SourceArn", arn.as_str()), ("aws:SourceAccount", &bucket.account)];
        let event = json!({
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": aws.clock.now().iso8601(),
            "Bucket": bucket.name,
            "RequestId": request_id(),
            "HostId": request_id(),
        })
        .to_string();
        for rule in &notifications.rules {
            let target = rule.destination.as_str();
            let services = &aws.services;
            let tried = match rule.kind {
                Kind::Function => services.lambda.check_invocable(aws, &caller, target, &context),
                Kind::Queue => services.sqs.send_message(aws, &caller, target, &event, &context).map(drop),
                Kind::Topic => {
                    let publication = Publication {
                        subject: Some("Amazon S3 Notification".to_owned()),
                        message: Some(event.clone()),
                        ..Publication::default()
                    };
                    services.sns.publish_with(aws, &caller, target, publication, &context).map(drop)
                }
            };
            if let Err(refusal) = tried {
                tracing::info!(target, %refusal, "S3 cannot reach a destination of notifications");
                return Err(invalid("Unable to validate the following destination configurations"));
            }
        }
        Ok(())
    }
}
