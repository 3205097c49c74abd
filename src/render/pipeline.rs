//! The values that the Handlebars templates see: a stack's blocks under their logical ids, with what follows
//! from their wiring.

use indexmap::IndexMap;
use serde::Serialize;

use crate::stack::{Compression, Delivery, Function, Reads, Stack, StartingPosition, Stream, logical_id};

/// A stack as the templates see it.
#[derive(Debug, Serialize)]
pub struct Pipeline {
    pub description: String,
    pub streams: Vec<StreamBlock>,
    pub buckets: Vec<BucketBlock>,
    pub deliveries: Vec<DeliveryBlock>,
    pub functions: Vec<FunctionBlock>,
}

#[derive(Debug, Serialize)]
pub struct StreamBlock {
    pub id: String,
    pub name: String,
    pub shards: Option<u64>,
    pub retention_hours: u64,
}

#[derive(Debug, Serialize)]
pub struct BucketBlock {
    pub id: String,
    /// For `Fn::Sub`: the account's own name for this region, which nobody else can take.
    pub name_pattern: String,
}

#[derive(Debug, Serialize)]
pub struct DeliveryBlock {
    pub id: String,
    /// Absent when CloudFormation is to make one up.
    pub name: Option<String>,
    pub stream: Option<String>,
    pub bucket: String,
    /// For `Fn::Sub`: the ARN of all objects in the bucket.
    pub objects_pattern: String,
    pub prefix: Option<String>,
    pub error_prefix: Option<String>,
    pub buffer_mebibytes: u64,
    pub buffer_seconds: u64,
    pub compression: &'static str,
    pub log_group: String,
}

#[derive(Debug, Serialize)]
pub struct FunctionBlock {
    pub id: String,
    pub name: String,
    pub package: String,
    pub architecture: &'static str,
    pub memory_mebibytes: u64,
    pub timeout_seconds: u64,
    pub log_group: String,
    pub environment: IndexMap<String, Variable>,
    pub writes_streams: Vec<String>,
    pub writes_deliveries: Vec<String>,
    pub reads: Option<ReadsBlock>,
}

/// The value of an environment variable: a text, or the name of a resource.
#[derive(Debug, Serialize)]
pub struct Variable {
    pub text: Option<String>,
    /// Logical id of the resource whose name is the value.
    pub name_of: Option<String>,
}

impl Variable {
    fn text(text: &str) -> Self {
        Self { text: Some(text.to_owned()), name_of: None }
    }

    fn name_of(block: &str) -> Self {
        Self { text: None, name_of: Some(logical_id(block)) }
    }
}

#[derive(Debug, Serialize)]
pub struct ReadsBlock {
    pub id: String,
    pub stream: String,
    pub starting_position: &'static str,
    pub batch: u64,
    pub window_seconds: u64,
    pub retries: u64,
}

impl Pipeline {
    /// Returns what the templates need to know of `stack`.
    pub fn of(stack: &Stack) -> Self {
        let file = &stack.file;
        let mut buckets = IndexMap::new();
        for delivery in file.deliveries.values() {
            let name = &delivery.to.bucket.value;
            buckets.entry(name.clone()).or_insert_with(|| BucketBlock {
                id: bucket_id(name),
                name_pattern: format!("{name}-${{AWS::AccountId}}-${{AWS::Region}}-an"),
            });
        }
        Self {
            description: file.description.clone().unwrap_or_else(|| format!("The pipeline {}", stack.name)),
            streams: file.streams.iter().map(|(name, stream)| stream_block(name, stream)).collect(),
            buckets: buckets.into_values().collect(),
            deliveries: file
                .deliveries
                .iter()
                .map(|(name, delivery)| delivery_block(name, delivery))
                .collect(),
            functions: file
                .functions
                .iter()
                .map(|(name, function)| function_block(stack, name, function))
                .collect(),
        }
    }
}

fn stream_block(name: &str, stream: &Stream) -> StreamBlock {
    StreamBlock {
        id: logical_id(name),
        name: stream.name.as_ref().map_or(name, |name| &name.value).to_owned(),
        shards: stream.shards.as_ref().map(|shards| shards.value),
        retention_hours: stream
            .retention
            .as_ref()
            .and_then(|retention| retention.value.hours())
            .unwrap_or(24),
    }
}

fn delivery_block(name: &str, delivery: &Delivery) -> DeliveryBlock {
    // Producers know a delivery stream by its name. One that reads a stream is nobody's address, and when its
    // source changes it is replaced, which CloudFormation refuses for a resource with a name of its own.
    let given = delivery.name.as_ref().map(|name| name.value.clone());
    let is_addressed = delivery.from.is_none();
    let log_group = format!("/aws/kinesisfirehose/{}", given.as_deref().unwrap_or(name));
    DeliveryBlock {
        id: logical_id(name),
        name: given.or_else(|| is_addressed.then(|| name.to_owned())),
        log_group,
        stream: delivery.from.as_ref().map(|stream| logical_id(stream)),
        objects_pattern: format!("${{{}.Arn}}/*", bucket_id(&delivery.to.bucket)),
        bucket: bucket_id(&delivery.to.bucket),
        prefix: delivery.to.prefix.as_ref().map(|prefix| prefix.value.clone()),
        error_prefix: delivery.to.error_prefix.as_ref().map(|prefix| prefix.value.clone()),
        // Firehose's own defaults, which it wants to be given both or neither.
        buffer_mebibytes: delivery.buffer.size.as_ref().and_then(|size| size.value.mebibytes()).unwrap_or(5),
        buffer_seconds: delivery.buffer.interval.as_ref().map_or(300, |interval| interval.value.0),
        compression: match delivery.compression {
            Compression::None => "UNCOMPRESSED",
            Compression::Gzip => "GZIP",
            Compression::Zip => "ZIP",
        },
    }
}

fn function_block(stack: &Stack, name: &str, function: &Function) -> FunctionBlock {
    let physical_name = function.name.as_ref().map_or(name, |name| &name.value).to_owned();
    let (streams, deliveries): (Vec<&str>, Vec<&str>) = function
        .writes
        .iter()
        .map(|target| target.value.as_str())
        .partition(|target| stack.file.streams.contains_key(*target));
    let id = logical_id(name);
    FunctionBlock {
        package: function.package.value.clone(),
        architecture: function.architecture.name(),
        memory_mebibytes: function.memory.as_ref().and_then(|memory| memory.value.mebibytes()).unwrap_or(128),
        timeout_seconds: function.timeout.as_ref().map_or(10, |timeout| timeout.value.0),
        log_group: format!("/aws/lambda/{physical_name}"),
        environment: environment(function, &streams, &deliveries),
        writes_streams: streams.into_iter().map(logical_id).collect(),
        writes_deliveries: deliveries.into_iter().map(logical_id).collect(),
        reads: function.reads.as_ref().map(|reads| reads_block(&id, reads)),
        name: physical_name,
        id,
    }
}

fn reads_block(function: &str, reads: &Reads) -> ReadsBlock {
    let stream = logical_id(&reads.stream);
    ReadsBlock {
        id: format!("{function}From{stream}"),
        stream,
        starting_position: match reads.from {
            StartingPosition::TrimHorizon => "TRIM_HORIZON",
            StartingPosition::Latest => "LATEST",
        },
        batch: reads.batch.as_ref().map_or(100, |batch| batch.value),
        window_seconds: reads.window.as_ref().map_or(0, |window| window.value.0),
        // Without a bound, one unreadable record would hold up its shard until it expires.
        retries: reads.retries.as_ref().map_or(10, |retries| retries.value),
    }
}

/// Returns the function's variables: where it writes to, when that is one place, and what the user set.
fn environment(function: &Function, streams: &[&str], deliveries: &[&str]) -> IndexMap<String, Variable> {
    let mut variables = IndexMap::new();
    if let [stream] = streams {
        variables.insert("STREAM_NAME".to_owned(), Variable::name_of(stream));
    }
    if let [delivery] = deliveries {
        variables.insert("DELIVERY_STREAM_NAME".to_owned(), Variable::name_of(delivery));
    }
    for (name, value) in &function.environment {
        variables.insert(name.value.clone(), Variable::text(value));
    }
    variables
}

fn bucket_id(name: &str) -> String {
    format!("{}Bucket", logical_id(name))
}
