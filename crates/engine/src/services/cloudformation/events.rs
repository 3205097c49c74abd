//! What happened to a stack, in order: the events that clients follow and that explain a failure later.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Timestamp;

/// The type under which a stack appears among its own events.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub id: String,
    pub stack_id: String,
    pub stack_name: String,
    pub operation_id: Option<String>,
    pub operation_kind: Option<String>,
    pub logical_id: String,
    pub physical_id: Option<String>,
    pub resource_type: String,
    pub timestamp: Timestamp,
    /// A resource's status, or the stack's.
    pub status: String,
    pub reason: Option<String>,
    /// The resource's properties as JSON, secrets masked.
    pub properties: Option<String>,
    pub token: Option<String>,
}

impl Event {
    /// Whether the event is about the stack itself.
    pub fn is_of_stack(&self) -> bool {
        self.resource_type == STACK_TYPE && self.physical_id.as_deref() == Some(&self.stack_id)
    }

    /// Whether the event tells of something that failed.
    pub fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// Returns the event as `DescribeStackEvents` shows it.
    pub fn as_stack_event(&self) -> Value {
        json!({
            "StackId": self.stack_id,
            "EventId": self.id,
            "StackName": self.stack_name,
            "OperationId": self.operation_id,
            "LogicalResourceId": self.logical_id,
            "PhysicalResourceId": self.physical_id.as_deref().unwrap_or_default(),
            "ResourceType": self.resource_type,
            "Timestamp": self.timestamp.iso8601(),
            "ResourceStatus": self.status,
            "ResourceStatusReason": self.reason,
            "ResourceProperties": self.properties,
            "ClientRequestToken": self.token,
        })
    }

    /// Returns the event as `DescribeEvents` shows it.
    pub fn as_operation_event(&self) -> Value {
        let event_type = match (self.is_of_stack(), self.is_failure()) {
            (true, _) => "STACK_EVENT",
            (false, true) => "PROVISIONING_ERROR",
            (false, false) => "PROGRESS_EVENT",
        };
        json!({
            "EventId": self.id,
            "StackId": self.stack_id,
            "OperationId": self.operation_id,
            "OperationType": self.operation_kind,
            "EventType": event_type,
            "LogicalResourceId": self.logical_id,
            "PhysicalResourceId": self.physical_id,
            "ResourceType": self.resource_type,
            "Timestamp": self.timestamp.iso8601(),
            "ResourceStatus": self.status,
            "ResourceStatusReason": self.reason,
            "ResourceProperties": self.properties,
            "ClientRequestToken": self.token,
        })
    }
}
