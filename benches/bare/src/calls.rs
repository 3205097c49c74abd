//! The calls, one after the other.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType};
use aws_sdk_kinesis::types::ShardIteratorType;

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// How long to wait before something is asked again.
const PAUSE: Duration = Duration::from_millis(2);

/// What is done to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Deploy,
    NoOp,
    Update,
    Destroy,
}

/// A stack and the way to it.
pub struct Calls {
    stack: String,
    template: String,
    config: SdkConfig,
    cloudformation: aws_sdk_cloudformation::Client,
}

impl Calls {
    /// Makes the client that every step needs, as the environment says.
    pub async fn new(stack: &str, template: String) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let cloudformation = aws_sdk_cloudformation::Client::new(&config);
        Self { stack: stack.to_owned(), template, config, cloudformation }
    }

    /// Makes the calls that hydrant waits for one after the other.
    pub async fn same(&self, step: Step) -> Outcome {
        aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await?;
        // There is none before it is created.
        let _ = self.cloudformation.describe_stacks().stack_name(&self.stack).send().await;
        if step == Step::Destroy {
            self.look_into().await?;
            let before = self.newest_event().await?;
            self.cloudformation.delete_stack().stack_name(&self.stack).send().await?;
            return self.follow(&before).await;
        }
        let id = self.plan(step).await?;
        if step == Step::NoOp {
            self.cloudformation.delete_change_set().change_set_name(&id).send().await?;
            return Ok(());
        }
        let before = self.newest_event().await?;
        self.cloudformation.execute_change_set().change_set_name(&id).send().await?;
        self.follow(&before).await?;
        self.cloudformation.describe_stacks().stack_name(&self.stack).send().await?;
        Ok(())
    }

    /// Makes the calls without which nothing changes.
    pub async fn fewest(&self, step: Step) -> Outcome {
        if step == Step::Destroy {
            self.cloudformation.delete_stack().stack_name(&self.stack).send().await?;
        } else {
            let id = self.plan(step).await?;
            if step == Step::NoOp {
                self.cloudformation.delete_change_set().change_set_name(&id).send().await?;
                return Ok(());
            }
            self.cloudformation.execute_change_set().change_set_name(&id).send().await?;
        }
        loop {
            let Ok(found) = self.cloudformation.describe_stacks().stack_name(&self.stack).send().await else {
                return Ok(());
            };
            let status = found.stacks().first().and_then(|stack| stack.stack_status());
            if status.is_none_or(|status| is_over(status.as_str())) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Makes a change set and waits for it; returns its id.
    async fn plan(&self, step: Step) -> Outcome<String> {
        let kind = if step == Step::Deploy { ChangeSetType::Create } else { ChangeSetType::Update };
        let request = self
            .cloudformation
            .create_change_set()
            .stack_name(&self.stack)
            // Some servers keep the name of one that was executed.
            .change_set_name(format!("bare-{step:?}"))
            .change_set_type(kind)
            .template_body(&self.template)
            .capabilities(Capability::CapabilityNamedIam);
        let id = request.send().await?.id.ok_or("the change set has no id")?;
        loop {
            let described = self
                .cloudformation
                .describe_change_set()
                .change_set_name(&id)
                .stack_name(&self.stack)
                .include_property_values(true);
            let status = described.send().await?.status;
            if matches!(status, Some(ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed)) {
                return Ok(id);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Looks into what a stack holds. What is looked into side by side has one here that stands for all.
    async fn look_into(&self) -> Outcome {
        let listed = self.cloudformation.list_stack_resources().stack_name(&self.stack).send().await?;
        let of_type = |wanted: &str| {
            let found =
                listed.stack_resource_summaries().iter().find(|one| one.resource_type() == Some(wanted));
            found.and_then(|one| one.physical_resource_id()).ok_or(format!("there is no {wanted}"))
        };
        let (stream, bucket) = (of_type("AWS::Kinesis::Stream")?, of_type("AWS::S3::Bucket")?);
        let kinesis = aws_sdk_kinesis::Client::new(&self.config);
        let shards = kinesis.list_shards().stream_name(stream).send().await?;
        let shard = shards.shards().first().ok_or("the stream has no shards")?.shard_id();
        let iterator = kinesis
            .get_shard_iterator()
            .stream_name(stream)
            .shard_id(shard)
            .shard_iterator_type(ShardIteratorType::TrimHorizon);
        let iterator = iterator.send().await?.shard_iterator;
        kinesis.get_records().set_shard_iterator(iterator).send().await?;
        let s3 = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(s3);
        s3.list_object_versions().bucket(bucket).send().await?;
        s3.list_multipart_uploads().bucket(bucket).send().await?;
        Ok(())
    }

    async fn newest_event(&self) -> Outcome<String> {
        let events = self.cloudformation.describe_stack_events().stack_name(&self.stack).send().await?;
        let newest = events.stack_events().first().ok_or("the stack has no events")?;
        Ok(newest.event_id().unwrap_or_default().to_owned())
    }

    /// Waits until the stack's newest event, other than `before`, says that an operation is over.
    async fn follow(&self, before: &str) -> Outcome {
        loop {
            // Of what is deleted, nobody knows the name any more.
            let Ok(events) = self.cloudformation.describe_stack_events().stack_name(&self.stack).send().await
            else {
                return Ok(());
            };
            let newest = events.stack_events().first();
            let status = newest.and_then(|event| event.resource_status()).map(|status| status.as_str());
            let is_of_stack =
                newest.is_some_and(|event| event.resource_type() == Some("AWS::CloudFormation::Stack"));
            let is_new = newest.and_then(|event| event.event_id()) != Some(before);
            if is_of_stack && is_new && status.is_some_and(is_over) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn is_over(status: &str) -> bool {
    !status.ends_with("_IN_PROGRESS")
}
