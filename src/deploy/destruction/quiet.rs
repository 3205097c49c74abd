//! Brings a stack to rest before it is deleted: what produces records is stopped, and Firehose delivers what it holds.
//!
//! Nobody can look into the buffer of a delivery stream, but it keeps nothing for longer than its interval. It is not
//! known here who agreed to the deletion, or what becomes of the delivered objects.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_firehose::types::{DeliveryStreamDescription, ProcessorParameterName};
use futures::future::try_join_all;

use super::inventory::{Content, Holding};
use crate::aws::{Clients, code, failure};
use crate::error::Result;

/// How long the delivery of a full buffer takes at most, on top of its interval; from what it takes as a rule.
/// Not confirmed on AWS, which promises nothing.
const DELIVERY: Duration = Duration::from_secs(10);

/// How long a transformation collects records when nothing else is set, and how long a destination does.
/// <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>
const TRANSFORM_INTERVAL: u64 = 60;
const INTERVAL: u64 = 300;

const FUNCTION: &str = "AWS::Lambda::Function";

/// A delivery stream that may hold records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub logical_id: String,
    /// The longest that it keeps a record for, until it is in the bucket.
    pub longest: Duration,
    /// The stream that it reads, if it does not take records itself.
    source: Option<String>,
    /// The function that transforms its records.
    transform: Option<String>,
}

impl Delivery {
    fn of(logical_id: &str, described: &DeliveryStreamDescription) -> Self {
        let destination = described.destinations().first();
        let s3 = destination.and_then(|destination| destination.extended_s3_destination_description());
        let hints = s3.and_then(|s3| s3.buffering_hints());
        let interval = hints.and_then(|hints| hints.interval_in_seconds()).map(seconds).unwrap_or(INTERVAL);
        let processing = s3.and_then(|s3| s3.processing_configuration());
        let processing = processing.filter(|processing| processing.enabled() == Some(true));
        let parameter = |name: &ProcessorParameterName| {
            let processors = processing.iter().flat_map(|processing| processing.processors());
            let mut parameters = processors.flat_map(|processor| processor.parameters());
            parameters.find(|one| one.parameter_name() == name).map(|one| one.parameter_value().to_owned())
        };
        let transform = parameter(&ProcessorParameterName::LambdaArn);
        let collects = parameter(&ProcessorParameterName::BufferIntervalInSeconds);
        let collects = collects.and_then(|text| text.parse().ok()).unwrap_or(TRANSFORM_INTERVAL);
        let before = if transform.is_some() { collects } else { 0 };
        let source = described.source().and_then(|source| source.kinesis_stream_source_description());
        Self {
            logical_id: logical_id.to_owned(),
            longest: Duration::from_secs(interval + before) + DELIVERY,
            source: source.and_then(|source| Some(last_part(source.kinesis_stream_arn()?).to_owned())),
            transform: transform.map(|arn| function_name(&arn).to_owned()),
        }
    }

    /// Returns whether it cannot hold anything: the stream that it reads is among `holdings`, and empty.
    pub fn is_idle(&self, holdings: &[Holding]) -> bool {
        let is_empty = |holding: &Holding| {
            Some(&holding.name) == self.source.as_ref()
                && matches!(holding.content, Content::Records { count: 0, is_more: false, .. })
        };
        holdings.iter().any(is_empty)
    }
}

fn seconds(number: i32) -> u64 {
    number.max(0).unsigned_abs().into()
}

fn last_part(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Returns the name in a function's ARN, which may end in a version.
fn function_name(arn: &str) -> &str {
    arn.split(':').nth(6).unwrap_or(arn)
}

/// Looks at the delivery streams among `resources`.
pub async fn deliveries(clients: &Clients, resources: &[StackResourceSummary]) -> Result<Vec<Delivery>> {
    let mut deliveries = Vec::new();
    // One after the other: Firehose answers five of these a second.
    for (logical_id, name) in named(resources, "AWS::KinesisFirehose::DeliveryStream") {
        match clients.firehose.describe_delivery_stream().delivery_stream_name(name).send().await {
            Ok(output) => deliveries.extend(
                output.delivery_stream_description().map(|described| Delivery::of(logical_id, described)),
            ),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => {}
            Err(error) => return Err(failure(format!("describe the delivery stream `{name}`"), error)),
        }
    }
    Ok(deliveries)
}

/// What came of stopping functions; by logical id.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    pub functions: Vec<String>,
    /// Those that go on, since whoever deletes the stack may not stop them.
    pub unstoppable: Vec<String>,
}

/// Returns whether there are functions to [`stop`] among `resources`.
pub fn has_functions(resources: &[StackResourceSummary]) -> bool {
    named(resources, FUNCTION).next().is_some()
}

/// Stops the functions among `resources`, however they are invoked, but for those without which nothing is delivered.
pub async fn stop(
    clients: &Clients,
    resources: &[StackResourceSummary],
    deliveries: &[Delivery],
) -> Result<Stopped> {
    let needed: BTreeSet<&str> =
        deliveries.iter().filter_map(|delivery| delivery.transform.as_deref()).collect();
    let functions = named(resources, FUNCTION).filter(|(_, name)| !needed.contains(name));
    let calls = functions.map(|(logical_id, name)| async move {
        let request = clients.lambda.put_function_concurrency().function_name(name);
        match request.reserved_concurrent_executions(0).send().await {
            Ok(_) => Ok(Some((logical_id, true))),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) if code(&error).is_some_and(|code| code.starts_with("AccessDenied")) => {
                Ok(Some((logical_id, false)))
            }
            Err(error) => Err(failure(format!("stop the function `{name}`"), error)),
        }
    });
    let mut stopped = Stopped::default();
    for (logical_id, is_stopped) in try_join_all(calls).await?.into_iter().flatten() {
        let list = if is_stopped { &mut stopped.functions } else { &mut stopped.unstoppable };
        list.push(logical_id.to_owned());
    }
    Ok(stopped)
}

/// Waits until the slowest of `deliveries` has delivered, in time that goes by `scale` times as fast as on AWS.
pub async fn drain(deliveries: &[&Delivery], scale: f64, mut left: impl FnMut(u64)) {
    let one = |delivery: &&Delivery| delivery.longest.div_f64(scale);
    let longest = deliveries.iter().map(one).max().unwrap_or_default();
    let started = tokio::time::Instant::now();
    let ticks = async {
        loop {
            left(longest.saturating_sub(started.elapsed()).as_secs_f64().ceil() as u64);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    // The ticks have no end of their own.
    let _: std::result::Result<(), _> = tokio::time::timeout(longest, ticks).await;
}

/// Returns logical id and name of the resources of a type.
fn named<'a>(
    resources: &'a [StackResourceSummary],
    resource_type: &'static str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let of_type = resources.iter().filter(move |one| one.resource_type() == Some(resource_type));
    let names = of_type.filter_map(|one| Some((one.logical_resource_id()?, one.physical_resource_id()?)));
    names.filter(|(_, name)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_firehose::types as firehose;

    fn described(
        s3: firehose::builders::ExtendedS3DestinationDescriptionBuilder,
    ) -> DeliveryStreamDescription {
        let s3 = s3.role_arn("arn").bucket_arn("arn").compression_format("GZIP".into());
        let s3 = s3.buffering_hints(firehose::BufferingHints::builder().interval_in_seconds(60).build());
        let encryption = firehose::EncryptionConfiguration::builder().build();
        let s3 = s3.encryption_configuration(encryption).build().unwrap();
        let destination = firehose::DestinationDescription::builder().destination_id("1");
        let destination = destination.extended_s3_destination_description(s3).build().unwrap();
        DeliveryStreamDescription::builder()
            .delivery_stream_name("d")
            .delivery_stream_arn("arn")
            .delivery_stream_status("ACTIVE".into())
            .delivery_stream_type("DirectPut".into())
            .version_id("1")
            .has_more_destinations(false)
            .destinations(destination)
            .build()
            .unwrap()
    }

    #[test]
    fn waits_for_the_buffer_and_for_the_transformation_before_it() {
        let plain = firehose::ExtendedS3DestinationDescription::builder();
        assert_eq!(Delivery::of("D", &described(plain)).longest, Duration::from_secs(70));

        let arn = firehose::ProcessorParameter::builder()
            .parameter_name(ProcessorParameterName::LambdaArn)
            .parameter_value("arn:aws:lambda:us-east-1:1:function:clean:$LATEST")
            .build()
            .unwrap();
        let processor = firehose::Processor::builder().r#type("Lambda".into()).parameters(arn).build();
        let processing = firehose::ProcessingConfiguration::builder();
        let processing = processing.enabled(true).processors(processor.unwrap()).build();
        let transforming = firehose::ExtendedS3DestinationDescription::builder();
        let delivery = Delivery::of("D", &described(transforming.processing_configuration(processing)));
        assert_eq!(
            (delivery.longest, delivery.transform.as_deref()),
            (Duration::from_secs(130), Some("clean"))
        );
    }

    #[test]
    fn is_idle_only_when_its_stream_is_known_to_be_empty() {
        let holding = |name: &str, count, is_more| Holding {
            logical_id: String::new(),
            resource_type: String::new(),
            name: name.to_owned(),
            content: Content::Records { count, bytes: 0, is_more },
        };
        let delivery = |source: Option<&str>| Delivery {
            logical_id: "D".to_owned(),
            longest: Duration::ZERO,
            source: source.map(str::to_owned),
            transform: None,
        };
        assert!(delivery(Some("s")).is_idle(&[holding("s", 0, false)]));
        for holding in [holding("s", 1, false), holding("s", 0, true), holding("other", 0, false)] {
            assert!(!delivery(Some("s")).is_idle(&[holding]));
        }
        assert!(!delivery(None).is_idle(&[holding("s", 0, false)]));
    }
}
