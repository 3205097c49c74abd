//! Kinesis's operations, grouped by what they act on.

mod lifecycle;
mod read;
mod scale;
mod settings;
mod shards;
mod tags;
mod write;

pub use lifecycle::{NewStream, StreamModeDetails};
pub use settings::check_retention;

use std::sync::Arc;

use serde::Deserialize;

use super::Kinesis;
use super::address::Address;
use super::stream::Stream;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// The input of operations that need nothing but a stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamOnly {
    pub stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    pub stream_arn: Option<String>,
}

impl Kinesis {
    /// Finds the stream that an operation names, once the caller may do `action` to it.
    fn target(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        name: Option<&str>,
        arn: Option<&str>,
    ) -> Result<(Address, Arc<Stream>), AwsError> {
        let address = Address::choose(caller, name, arn)?;
        aws.services.iam.authorize(caller, action, &address.arn(), None, &[])?;
        let stream = self.stream(&address)?;
        Ok((address, stream))
    }
}
