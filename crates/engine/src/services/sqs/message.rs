//! A message on a queue, and the receipt handles under which receivers know it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::content::Content;
use super::refusal::missing;
use crate::clock::Timestamp;
use crate::error::AwsError;

/// A message that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    pub sequence: u64,
    pub content: Content,
    /// Unique id of the principal that sent it.
    pub sender_id: String,
    pub trace_header: Option<String>,
    pub sent: Timestamp,
    pub receives: u32,
    pub first_received: Option<Timestamp>,
    pub last_received: Option<Timestamp>,
    /// When it may be received next: after its delay, or after the visibility timeout of its last receiver.
    pub visible: Timestamp,
    /// ARN of the queue that gave it up, when it is a dead letter.
    pub dead_letter_source: Option<String>,
}

/// What a receipt handle says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub sequence: u64,
    /// Which receive of the message gave it out; only the last one's counts.
    pub receives: u32,
}

impl Message {
    /// Returns the receipt handle of the message's last receive.
    pub fn receipt_handle(&self, queue_id: &str) -> String {
        STANDARD.encode(format!("{queue_id} {} {} {}", self.sequence, self.receives, self.id))
    }
}

impl Receipt {
    /// Reads a handle that the queue with the id gave out.
    pub fn read(handle: &str, queue_id: &str) -> Result<Self, AwsError> {
        if handle.is_empty() {
            return Err(missing("ReceiptHandle"));
        }
        Self::parse(handle, queue_id).ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            AwsError::new("ReceiptHandleIsInvalid", message)
        })
    }

    fn parse(handle: &str, queue_id: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
        let mut parts = text.split(' ');
        if parts.next()? != queue_id {
            return None;
        }
        Some(Self { sequence: parts.next()?.parse().ok()?, receives: parts.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_handles_of_its_own_queue() {
        let handle = STANDARD.encode("queue 7 2 id");
        assert_eq!(Receipt::read(&handle, "queue"), Ok(Receipt { sequence: 7, receives: 2 }));
        assert_eq!(Receipt::read(&handle, "other").unwrap_err().code, "ReceiptHandleIsInvalid");
        assert_eq!(Receipt::read("junk", "queue").unwrap_err().code, "ReceiptHandleIsInvalid");
        assert_eq!(Receipt::read("", "queue").unwrap_err().code, "MissingParameter");
    }
}
