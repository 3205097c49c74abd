//! What a mapping reads from: streams and queues, told apart by their ARNs.

use crate::error::AwsError;

/// The kinds of event sources that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Stream,
    Queue,
}

impl Source {
    /// Returns the kind of the event source with an ARN; others are refused by name.
    pub fn of(arn: Option<&str>) -> Result<Self, AwsError> {
        let invalid = || {
            let message = "Unrecognized event source. Please provide an EventSourceArn.";
            AwsError::new("InvalidParameterValueException", message)
        };
        let parts: Vec<&str> = arn.ok_or_else(invalid)?.splitn(6, ':').collect();
        let ["arn", _, service, _, _, resource] = parts[..] else { return Err(invalid()) };
        match (service, resource.strip_prefix("stream/")) {
            ("kinesis", Some(name)) if !name.contains('/') => Ok(Self::Stream),
            ("kinesis", _) => Err(AwsError::not_supported("an enhanced fan-out consumer as an event source")),
            ("sqs", _) if resource.ends_with(".fifo") => {
                Err(AwsError::not_supported("a FIFO queue as an event source"))
            }
            ("sqs", _) => Ok(Self::Queue),
            (service, _) => Err(AwsError::not_supported(format_args!("an event source of `{service}`"))),
        }
    }

    /// Returns how many records a batch holds when nobody says so.
    pub fn batch_size(self) -> u32 {
        match self {
            Self::Stream => 100,
            Self::Queue => 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_streams_from_queues() {
        let stream = "arn:aws:kinesis:us-east-1:111122223333:stream/s";
        assert_eq!(Source::of(Some(stream)), Ok(Source::Stream));
        assert_eq!(Source::of(Some("arn:aws:sqs:us-east-1:111122223333:q")), Ok(Source::Queue));
        assert_eq!(Source::of(None).unwrap_err().code, "InvalidParameterValueException");
        assert_eq!(Source::of(Some("q")).unwrap_err().code, "InvalidParameterValueException");
        let table = Source::of(Some("arn:aws:dynamodb:us-east-1:111122223333:table/t")).unwrap_err();
        assert!(table.message.contains("`dynamodb`"));
        for arn in [format!("{stream}/consumer/c:1"), "arn:aws:sqs:us-east-1:111122223333:q.fifo".into()] {
            assert_eq!(Source::of(Some(&arn)).unwrap_err().status, 501);
        }
    }
}
