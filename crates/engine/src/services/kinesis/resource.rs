//! `AWS::Kinesis::Stream`: a stream as CloudFormation makes, changes and deletes it.
//!
//! Only a new name replaces a stream. Shard counts change in place within what UpdateShardCount allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::address::Address;
use super::operations::NewStream;
use super::refusal;
use super::stream::{Stream, StreamMode};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::{Resource, ResourceRequest, ResourceType, tag_list};

pub struct StreamResource;

/// What the template wants of a stream.
struct Wanted {
    mode: StreamMode,
    shard_count: Option<i64>,
    retention_hours: i64,
    key_id: Option<String>,
    tags: BTreeMap<String, String>,
}

impl Wanted {
    fn read(request: &ResourceRequest<'_>) -> Result<Self, AwsError> {
        refuse_unsupported(request.properties)?;
        let properties = request.properties;
        let mode = properties.pointer("/StreamModeDetails/StreamMode").and_then(Value::as_str);
        let shard_count = number(properties.get("ShardCount"));
        let mode = match mode {
            Some("ON_DEMAND") => StreamMode::OnDemand,
            _ => StreamMode::Provisioned,
        };
        let encryption = properties.get("StreamEncryption");
        let key_id = encryption.and_then(|encryption| encryption.get("KeyId")).and_then(Value::as_str);
        Ok(Self {
            mode,
            shard_count,
            retention_hours: number(properties.get("RetentionPeriodHours")).unwrap_or(24),
            key_id: key_id.map(str::to_owned),
            tags: request.all_tags(),
        })
    }
}

/// Reads a number that a template may also write as text.
fn number(value: Option<&Value>) -> Option<i64> {
    value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
}

fn refuse_unsupported(properties: &Value) -> Result<(), AwsError> {
    let record_size = number(properties.get("MaxRecordSizeInKiB"));
    if record_size.is_some_and(|size| size != 1024) {
        return Err(AwsError::not_supported("MaxRecordSizeInKiB other than 1024 of AWS::Kinesis::Stream"));
    }
    Ok(())
}

fn resource(address: &Address) -> Resource {
    Resource::new(&*address.name, [("Arn", address.arn().into())])
}

/// Brings everything that a new stream does not take at creation to what is wanted.
fn settle(aws: &Aws, caller: &Caller, stream: &Stream, wanted: &Wanted) -> Result<(), AwsError> {
    let kinesis = &aws.services.kinesis;
    let arn = stream.state().description.arn();
    let authorize = |action| aws.services.iam.authorize(caller, action, &arn, None, &[]);
    let (retention, key_id) = {
        let state = stream.state();
        (i64::from(state.description.retention_hours), state.description.key_id.clone())
    };
    if retention != wanted.retention_hours {
        let is_longer = wanted.retention_hours > retention;
        authorize(if is_longer {
            "kinesis:IncreaseStreamRetentionPeriod"
        } else {
            "kinesis:DecreaseStreamRetentionPeriod"
        })?;
        kinesis.retain(stream, wanted.retention_hours)?;
    }
    if key_id != wanted.key_id {
        let is_on = wanted.key_id.is_some();
        authorize(if is_on { "kinesis:StartStreamEncryption" } else { "kinesis:StopStreamEncryption" })?;
        kinesis.encrypt(stream, wanted.key_id.clone())?;
    }
    Ok(())
}

#[async_trait]
impl ResourceType for StreamResource {
    fn type_name(&self) -> &'static str {
        "AWS::Kinesis::Stream"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["MaxRecordSizeInKiB", "Name", "RetentionPeriodHours", "ShardCount", "StreamModeDetails", "Tags"]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["StreamEncryption"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let kinesis = &aws.services.kinesis;
        let wanted = Wanted::read(request)?;
        super::operations::check_retention(wanted.retention_hours)?;
        let address = Address::of_name(request.caller, &request.name("Name", 128));
        let mode = match wanted.mode {
            StreamMode::Provisioned => "PROVISIONED",
            StreamMode::OnDemand => "ON_DEMAND",
        };
        let new = NewStream {
            stream_name: Some(address.name.clone()),
            // CloudFormation takes one shard when the template names neither count nor mode.
            shard_count: wanted.shard_count.or((wanted.mode == StreamMode::Provisioned).then_some(1)),
            stream_mode_details: Some(super::operations::StreamModeDetails {
                stream_mode: Some(mode.to_owned()),
            }),
            tags: Some(wanted.tags.clone()),
            ..NewStream::default()
        };
        match kinesis.create(aws, request.caller, new) {
            Err(error) if error.code == "ResourceInUseException" && is_own(aws, &address, request) => {}
            created => {
                created?;
            }
        }
        settle(aws, request.caller, &*kinesis.stream(&address)?, &wanted)?;
        Ok(resource(&address))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let kinesis = &aws.services.kinesis;
        let wanted = Wanted::read(request)?;
        let address = Address::of_name(request.caller, physical_id);
        let stream = kinesis.stream(&address)?;
        let arn = address.arn();
        let authorize = |action| aws.services.iam.authorize(request.caller, action, &arn, None, &[]);
        super::operations::check_retention(wanted.retention_hours)?;
        if wanted.mode == StreamMode::OnDemand && wanted.shard_count.is_some() {
            return Err(refusal::validation("ShardCount must not be given for a stream in ON_DEMAND mode."));
        }
        let now = aws.clock.now();
        if stream.state().description.mode != wanted.mode {
            authorize("kinesis:UpdateStreamMode")?;
            kinesis.switch_mode(&stream, wanted.mode, now)?;
        }
        let open = stream.state().description.open_shards().count();
        let target = wanted.shard_count.and_then(|count| usize::try_from(count).ok()).unwrap_or(open);
        if target != open {
            authorize("kinesis:UpdateShardCount")?;
            kinesis.scale(request.caller, &stream, target, now)?;
        }
        settle(aws, request.caller, &stream, &wanted)?;
        let previous = stream.state().description.tags.clone();
        if previous != wanted.tags {
            authorize("kinesis:AddTagsToStream")?;
            let gone: Vec<String> =
                previous.into_keys().filter(|key| !wanted.tags.contains_key(key)).collect();
            kinesis.untag(&stream, &gone)?;
            kinesis.tag(&stream, &wanted.tags)?;
        }
        Ok(resource(&address))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let kinesis = &aws.services.kinesis;
        let address = Address::of_name(request.caller, physical_id);
        aws.services.iam.authorize(request.caller, "kinesis:DeleteStream", &address.arn(), None, &[])?;
        match kinesis.existing(&address) {
            Some(stream) => kinesis.delete(aws, &address, &stream),
            None => Ok(()),
        }
    }

    async fn find(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Resource>, AwsError> {
        let address = Address::of_name(request.caller, physical_id);
        let action = "kinesis:DescribeStreamSummary";
        aws.services.iam.authorize(request.caller, action, &address.arn(), None, &[])?;
        Ok(aws.services.kinesis.existing(&address).map(|_| resource(&address)))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let address = Address::of_name(request.caller, physical_id);
        let action = "kinesis:DescribeStreamSummary";
        aws.services.iam.authorize(request.caller, action, &address.arn(), None, &[])?;
        Ok(aws.services.kinesis.existing(&address).map(|stream| live(&stream)))
    }
}

/// Returns what a stream is, in a template's words.
fn live(stream: &Stream) -> Value {
    let state = stream.state();
    let description = &state.description;
    let mut live = json!({
        "Name": description.name,
        "RetentionPeriodHours": description.retention_hours,
        "MaxRecordSizeInKiB": 1024,
        "Tags": tag_list(&description.tags),
    });
    let mode = match description.mode {
        StreamMode::Provisioned => {
            live["ShardCount"] = json!(description.open_shards().count());
            "PROVISIONED"
        }
        StreamMode::OnDemand => "ON_DEMAND",
    };
    live["StreamModeDetails"] = json!({"StreamMode": mode});
    if let Some(key_id) = &description.key_id {
        live["StreamEncryption"] = json!({"EncryptionType": "KMS", "KeyId": key_id});
    }
    live
}

/// Says whether a stream was made by an earlier, interrupted attempt at the same resource.
fn is_own(aws: &Aws, address: &Address, request: &ResourceRequest<'_>) -> bool {
    let existing = aws.services.kinesis.existing(address);
    existing.is_some_and(|stream| request.has_made(&stream.state().description.tags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Timestamp};
    use crate::config::Config;

    struct Stack {
        aws: Arc<Aws>,
        caller: Caller,
        tags: BTreeMap<String, String>,
        _folder: tempfile::TempDir,
    }

    impl Stack {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::manual(Timestamp(1_768_473_000_000));
            let aws = Aws::open(&Config { clock, ..Config::new(folder.path()) }).unwrap();
            let tags = [("aws:cloudformation:stack-id", "id"), ("aws:cloudformation:logical-id", "Stream")];
            let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
            Self { aws, caller: Caller::administrator("111122223333", "us-east-1"), tags, _folder: folder }
        }

        fn request<'a>(&'a self, properties: &'a Value) -> ResourceRequest<'a> {
            ResourceRequest {
                caller: &self.caller,
                stack_name: "stack",
                stack_id: "id",
                logical_id: "Stream",
                properties,
                tags: &self.tags,
                suffix: "ABC123",
            }
        }

        async fn create(&self, properties: &Value) -> Result<Resource, AwsError> {
            StreamResource.create(&self.aws, &self.request(properties)).await
        }

        async fn update(&self, name: &str, properties: &Value) -> Result<Resource, AwsError> {
            StreamResource.update(&self.aws, &self.request(properties), name, &json!({})).await
        }

        fn describe(&self, name: &str) -> super::super::stream::Description {
            let stream = self.aws.services.kinesis.stream(&Address::of_name(&self.caller, name)).unwrap();
            stream.state().description.clone()
        }
    }

    #[tokio::test]
    async fn makes_a_stream_and_changes_it_in_place() {
        let stack = Stack::new();
        let properties = json!({"RetentionPeriodHours": 48, "Tags": [{"Key": "a", "Value": "1"}]});
        let made = stack.create(&properties).await.unwrap();
        assert_eq!(made.physical_id, "stack-Stream-ABC123");
        assert_eq!(
            made.attributes["Arn"],
            "arn:aws:kinesis:us-east-1:111122223333:stream/stack-Stream-ABC123"
        );
        assert_eq!(stack.create(&properties).await.unwrap(), made);
        let described = stack.describe(&made.physical_id);
        assert_eq!((described.retention_hours, described.open_shards().count()), (48, 1));
        assert_eq!(described.tags["a"], "1");

        let changed = json!({"ShardCount": 2, "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "k"}});
        stack.update(&made.physical_id, &changed).await.unwrap();
        let described = stack.describe(&made.physical_id);
        assert_eq!((described.retention_hours, described.open_shards().count()), (24, 2));
        assert_eq!(described.key_id.as_deref(), Some("k"));
        assert!(!described.tags.contains_key("a"));
    }

    #[tokio::test]
    async fn refuses_what_aws_or_this_engine_refuses() {
        let stack = Stack::new();
        let refused = stack.create(&json!({"RetentionPeriodHours": 12})).await.unwrap_err();
        assert_eq!(refused.code, "InvalidArgumentException");
        let refused = stack.create(&json!({"MaxRecordSizeInKiB": 2048})).await.unwrap_err();
        assert!(refused.message.contains("MaxRecordSizeInKiB"));
        let both = json!({"ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        assert_eq!(stack.create(&both).await.unwrap_err().code, "ValidationException");

        let made = stack.create(&json!({"Name": "s"})).await.unwrap();
        let refused = stack.update(&made.physical_id, &json!({"ShardCount": 3})).await.unwrap_err();
        assert!(refused.message.starts_with("UpdateShardCount cannot scale up over double"));
    }

    #[tokio::test]
    async fn deletes_a_stream_once_and_again() {
        let stack = Stack::new();
        let properties = json!({});
        let made = stack.create(&properties).await.unwrap();
        for _ in 0..2 {
            StreamResource.delete(&stack.aws, &stack.request(&properties), &made.physical_id).await.unwrap();
        }
        let address = Address::of_name(&stack.caller, &made.physical_id);
        assert!(stack.aws.services.kinesis.existing(&address).is_none());
    }
}
