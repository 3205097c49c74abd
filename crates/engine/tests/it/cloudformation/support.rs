//! A client with the few steps that every deployment takes.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType, Parameter, Stack, StackEvent};

use crate::support::{TestEngine, eventually};

/// An engine and a client of its CloudFormation.
pub struct Cloud {
    pub engine: TestEngine,
    pub client: Client,
}

/// The code and the message of a refusal.
pub fn refusal(error: impl ProvideErrorMetadata) -> (String, String) {
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

/// Returns a parameter with its value.
pub fn parameter(key: &str, value: &str) -> Parameter {
    Parameter::builder().parameter_key(key).parameter_value(value).build()
}

impl Cloud {
    pub async fn new() -> Self {
        let engine = TestEngine::manual().await;
        let client = Client::new(&engine.sdk().await);
        Self { engine, client }
    }

    /// Makes a change set and returns what it says.
    pub async fn change_set(
        &self,
        kind: ChangeSetType,
        stack: &str,
        template: &str,
    ) -> DescribeChangeSetOutput {
        self.change_set_with(kind, stack, template, Vec::new()).await
    }

    pub async fn change_set_with(
        &self,
        kind: ChangeSetType,
        stack: &str,
        template: &str,
        parameters: Vec<Parameter>,
    ) -> DescribeChangeSetOutput {
        let request = self.client.create_change_set().stack_name(stack).change_set_name("changes");
        let request = request.change_set_type(kind).template_body(template).set_parameters(Some(parameters));
        request.capabilities(Capability::CapabilityNamedIam).send().await.unwrap();
        let request = self.client.describe_change_set().stack_name(stack).change_set_name("changes");
        request.include_property_values(true).send().await.unwrap()
    }

    pub async fn execute(&self, stack: &str) {
        let request = self.client.execute_change_set().stack_name(stack).change_set_name("changes");
        request.send().await.unwrap();
    }

    /// Creates a stack through a change set and waits for its end.
    pub async fn create(&self, stack: &str, template: &str) -> Stack {
        self.change_set(ChangeSetType::Create, stack, template).await;
        self.execute(stack).await;
        self.settled(stack).await
    }

    /// Updates a stack through a change set and waits for its end.
    pub async fn update(&self, stack: &str, template: &str) -> Stack {
        self.change_set(ChangeSetType::Update, stack, template).await;
        self.execute(stack).await;
        self.settled(stack).await
    }

    pub async fn describe(&self, stack: &str) -> Option<Stack> {
        let stacks = self.client.describe_stacks().stack_name(stack).send().await.ok()?;
        stacks.stacks().first().cloned()
    }

    /// Waits until nothing goes on in a stack.
    pub async fn settled(&self, stack: &str) -> Stack {
        eventually("the stack settles", || async {
            let stack = self.describe(stack).await?;
            let status = stack.stack_status()?.as_str();
            (!status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS").then_some(stack)
        })
        .await
    }

    /// Deletes a stack and waits for its end.
    pub async fn delete(&self, stack: &str) -> Stack {
        let id = self.describe(stack).await.and_then(|stack| stack.stack_id).unwrap();
        self.client.delete_stack().stack_name(stack).send().await.unwrap();
        self.settled(&id).await
    }

    /// Returns all events of a stack, oldest first.
    pub async fn events(&self, stack: &str) -> Vec<StackEvent> {
        let events = self.client.describe_stack_events().stack_name(stack).send().await.unwrap();
        let mut events = events.stack_events.unwrap_or_default();
        events.reverse();
        events
    }

    /// Returns `LogicalId STATUS` of all events of a stack, oldest first.
    pub async fn story(&self, stack: &str) -> Vec<String> {
        let line = |event: StackEvent| {
            let status = event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default();
            format!("{} {status}", event.logical_resource_id.unwrap_or_default())
        };
        self.events(stack).await.into_iter().map(line).collect()
    }

    /// Returns the physical id of a resource.
    pub async fn physical_id(&self, stack: &str, logical_id: &str) -> String {
        let request = self.client.describe_stack_resource().stack_name(stack).logical_resource_id(logical_id);
        let detail = request.send().await.unwrap().stack_resource_detail.unwrap();
        detail.physical_resource_id.unwrap_or_default()
    }

    pub async fn streams(&self) -> Vec<String> {
        let client = aws_sdk_kinesis::Client::new(&self.engine.sdk().await);
        client.list_streams().send().await.unwrap().stream_names
    }

    pub async fn open_shards(&self, stream: &str) -> i32 {
        let client = aws_sdk_kinesis::Client::new(&self.engine.sdk().await);
        let summary = client.describe_stream_summary().stream_name(stream).send().await.unwrap();
        summary.stream_description_summary.unwrap().open_shard_count
    }

    pub async fn buckets(&self) -> Vec<String> {
        let client = aws_sdk_s3::Client::new(&self.engine.sdk().await);
        let buckets = client.list_buckets().send().await.unwrap();
        buckets.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned)).collect()
    }
}
