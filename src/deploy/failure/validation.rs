//! What CloudFormation's validation found wrong before it touched anything.
//!
//! Such a failure's reason names no resource, only the operation that does: `DescribeEvents`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html>

use aws_sdk_cloudformation::types::{EventFilter, OperationEvent};

use super::Failure;
use crate::aws::Clients;

/// Whose validation failed.
#[derive(Debug, Clone, Copy)]
pub enum Validated<'a> {
    Stack(&'a str),
    ChangeSet(&'a str),
}

/// Returns whether a reason leaves it to the validation's own events to say what is wrong.
pub fn is_meant_by(reason: &str) -> bool {
    reason.contains("DescribeEvents")
}

/// Returns what the validation found, as far as the server tells; it only explains a failure that is known already.
pub async fn findings(clients: &Clients, validated: Validated<'_>) -> Vec<Failure> {
    let request =
        clients.cloudformation.describe_events().filters(EventFilter::builder().failed_events(true).build());
    let request = match validated {
        Validated::Stack(id) => request.stack_name(id),
        Validated::ChangeSet(id) => request.change_set_name(id),
    };
    let mut pages = request.into_paginator().items().send();
    let mut events = Vec::new();
    while let Some(Ok(event)) = pages.next().await {
        events.push(event);
    }
    of_newest_operation(&events).filter_map(finding).collect()
}

/// Returns the events of the operation that went on last: a stack also remembers those before it.
fn of_newest_operation(events: &[OperationEvent]) -> impl Iterator<Item = &OperationEvent> {
    let time = |event: &&OperationEvent| event.timestamp().map(|time| (time.secs(), time.subsec_nanos()));
    let newest = events.iter().max_by_key(time).and_then(OperationEvent::operation_id);
    let mut events: Vec<_> = events.iter().filter(|event| event.operation_id() == newest).collect();
    events.sort_by_key(time);
    events.into_iter()
}

fn finding(event: &OperationEvent) -> Option<Failure> {
    Some(Failure {
        logical_id: event.logical_resource_id()?.to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        reason: event.validation_status_reason()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_reason_that_leaves_the_cause_to_the_events() {
        assert!(is_meant_by(
            "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot \
             Early Validation errors, use the DescribeEvents API for detailed failure information."
        ));
        assert!(!is_meant_by("The submitted information didn't contain changes."));
    }

    #[test]
    fn leaves_out_what_an_earlier_operation_failed_of() {
        let event = |operation: &str, seconds| {
            let time = aws_sdk_cloudformation::primitives::DateTime::from_secs(seconds);
            OperationEvent::builder()
                .event_id(seconds.to_string())
                .operation_id(operation)
                .timestamp(time)
                .build()
        };
        let events = [event("new", 3), event("new", 2), event("old", 1)];
        let ids: Vec<_> = of_newest_operation(&events).filter_map(OperationEvent::event_id).collect();
        assert_eq!(ids, ["2", "3"]);
    }

    #[test]
    fn takes_only_what_the_validation_says_of_a_resource() {
        let event = OperationEvent::builder().logical_resource_id("Bucket").resource_type("AWS::S3::Bucket");
        assert_eq!(finding(&event.clone().build()), None);
        let found = finding(&event.validation_status_reason("it is there already").build()).unwrap();
        assert_eq!((found.logical_id.as_str(), found.reason.as_str()), ("Bucket", "it is there already"));
    }
}
