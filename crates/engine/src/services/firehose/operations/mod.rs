//! Firehose's operations, grouped by what they act on.

mod create;
mod lifecycle;
mod put;
mod tags;
mod update;

pub use create::NewDeliveryStream;
pub use tags::{Tag, check as check_tags};

use std::sync::Arc;

use serde::Deserialize;

use super::Firehose;
use super::stream::{self, DeliveryStream};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::constraints::Constraints;

/// The input of operations that need nothing but a delivery stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamOnly {
    pub delivery_stream_name: Option<String>,
}

impl Firehose {
    /// Finds the delivery stream that an operation names, once the caller may do `action` to it.
    fn target(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        name: Option<&str>,
    ) -> Result<Arc<DeliveryStream>, AwsError> {
        let mut check = Constraints::default();
        check.present("deliveryStreamName", name.is_some());
        check.name("deliveryStreamName", name, 64);
        check.finish()?;
        let name = name.unwrap_or_default();
        let arn = stream::arn(&caller.account, &caller.region, name);
        aws.services.iam.authorize(caller, action, &arn, None, &[])?;
        self.stream(caller, name)
    }
}
