//! Finds in a failed operation's events what went wrong first; the later failures are its echoes.

pub(super) mod advice;
pub(super) mod diagnosis;
pub(super) mod validation;
pub(super) mod witness;

use aws_sdk_cloudformation::types::StackEvent;

/// A resource, or the stack itself, at which an operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub logical_id: String,
    pub resource_type: String,
    pub reason: String,
}

/// Returns the first resource that failed by itself.
///
/// Its siblings are cancelled, and the stack fails because of it: neither of them is the cause.
pub fn first_failure(events: &[StackEvent]) -> Option<Failure> {
    of_resources(events).next().or_else(|| failed(events).next().map(read))
}

/// Returns the resources that failed by themselves, in the order of their events.
pub fn of_resources(events: &[StackEvent]) -> impl Iterator<Item = Failure> {
    failed(events).filter(|event| event.physical_resource_id() != event.stack_id()).map(read)
}

fn failed(events: &[StackEvent]) -> impl Iterator<Item = &StackEvent> {
    events.iter().filter(|event| {
        let status = event.resource_status().map(|status| status.as_str()).unwrap_or_default();
        let reason = event.resource_status_reason().unwrap_or_default();
        status.ends_with("_FAILED") && !reason.contains("cancelled") && !reason.is_empty()
    })
}

fn read(event: &StackEvent) -> Failure {
    Failure {
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        reason: plain(event.resource_status_reason().unwrap_or_default()),
    }
}

/// Returns a reason without the wrapping that CloudFormation's handlers put around a service's message.
fn plain(reason: &str) -> String {
    let inner = reason
        .strip_prefix("Resource handler returned message: \"")
        .and_then(|rest| rest.rsplit_once("\" (RequestToken:"))
        .map_or(reason, |(message, _)| message);
    // Request ids help AWS's support, not the reader of a first cause; they stay in `hydrant events`.
    match inner.find(", Request ID: ") {
        Some(start) => {
            let rest = &inner[start + 2..];
            let end = rest.find([',', ')']).unwrap_or(rest.len());
            format!("{}{}", &inner[..start], &rest[end..])
        }
        None => inner.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id("arn:stack")
            .event_id("1")
            .stack_name("s")
            .physical_resource_id(if id == "s" { "arn:stack" } else { id })
            .logical_resource_id(id)
            .resource_type("AWS::Kinesis::Stream")
            .timestamp(aws_sdk_cloudformation::primitives::DateTime::from_secs(0))
            .resource_status(status.into())
            .resource_status_reason(reason)
            .build()
    }

    #[test]
    fn names_the_first_cause_and_not_its_echoes() {
        let events = [
            event("Other", "CREATE_FAILED", "Resource creation cancelled"),
            event("Stream", "CREATE_FAILED", "limit exceeded"),
            event("Later", "CREATE_FAILED", "another"),
            event("s", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Stream]."),
        ];
        let failure = first_failure(&events).unwrap();
        assert_eq!((failure.logical_id.as_str(), failure.reason.as_str()), ("Stream", "limit exceeded"));
    }

    #[test]
    fn takes_the_service_s_message_out_of_its_wrapping() {
        let reason = "Resource handler returned message: \"No such role (Service: Lambda, Status Code: 400, \
                      Request ID: 1-2)\" (RequestToken: 3, HandlerErrorCode: InvalidRequest)";
        assert_eq!(plain(reason), "No such role (Service: Lambda, Status Code: 400)");
    }
}
