//! Functions, what invokes them and what they may do.

use hydrant_cfn::yaml::Spanned;
use indexmap::IndexMap;
use serde::Serialize;

use super::bucket::{arn_pattern, name_pattern};
use super::policy::Writes;
use super::{bucket_id, physical_name, subscription, value};
use crate::stack::{
    Access, Function, Naming, Reads, Stack, StackFile, StartingPosition, Watches, layer_id, logical_id,
};

#[derive(Debug, Serialize)]
pub struct FunctionBlock {
    pub id: String,
    pub name: String,
    pub package: String,
    pub architecture: &'static str,
    pub memory_mebibytes: u64,
    pub timeout_seconds: u64,
    pub concurrency: Option<u64>,
    pub log_group: String,
    /// Logical ids of its layers.
    pub layers: Vec<String>,
    pub environment: IndexMap<String, Variable>,
    pub writes: Writes,
    /// Logical ids of the topics to which it publishes.
    pub publishes: Vec<String>,
    pub state: Option<StateBlock>,
    pub reads: Option<ReadsBlock>,
    pub watches: Option<WatchesBlock>,
    pub schedule: Option<String>,
    /// Whether it is invoked without somebody waiting for its answer.
    pub is_asynchronous: bool,
    /// Whether its failures go to the failure queue.
    pub reports_failures: bool,
    pub success: Option<Success>,
}

/// The value of an environment variable: one of a text, the name of a resource, a pattern for `Fn::Sub`, and what is YAML
/// already.
#[derive(Debug, Serialize)]
pub struct Variable {
    pub text: Option<String>,
    /// Logical id of the resource whose name or ARN is the value.
    pub reference: Option<String>,
    pub pattern: Option<String>,
    pub expression: Option<String>,
}

impl Variable {
    fn text(text: &str) -> Self {
        Self { text: Some(text.to_owned()), reference: None, pattern: None, expression: None }
    }

    fn reference(id: String) -> Self {
        Self { text: None, reference: Some(id), pattern: None, expression: None }
    }

    fn pattern(pattern: String) -> Self {
        Self { text: None, reference: None, pattern: Some(pattern), expression: None }
    }

    fn expression(expression: String) -> Self {
        Self { text: None, reference: None, pattern: None, expression: Some(expression) }
    }
}

/// Objects in which a function keeps its state.
#[derive(Debug, Serialize)]
pub struct StateBlock {
    /// For `Fn::Sub`: the bucket's ARN, and that of the objects.
    pub bucket_pattern: String,
    pub objects_pattern: String,
    pub writes: bool,
}

#[derive(Debug, Serialize)]
pub struct ReadsBlock {
    pub id: String,
    pub stream: String,
    /// The ARN of the stream as YAML.
    pub stream_arn: String,
    pub starting_position: &'static str,
    pub batch: u64,
    pub window_seconds: u64,
    pub tumbling_seconds: Option<u64>,
    pub parallel: Option<u64>,
    pub retries: u64,
}

/// The objects of which a function is told.
#[derive(Debug, Serialize)]
pub struct WatchesBlock {
    /// Logical id of the bucket.
    pub bucket: String,
    /// For `Fn::Sub`: the bucket's ARN, and that of the objects.
    pub bucket_pattern: String,
    pub objects_pattern: String,
}

/// Who is told of a success: the logical id of one of them.
#[derive(Debug, Default, Serialize)]
pub struct Success {
    pub topic: Option<String>,
    pub function: Option<String>,
}

/// Returns whether something in the stack can fail without anybody waiting for it.
pub fn has_failure_queue(file: &StackFile) -> bool {
    file.functions.values().any(Function::reports_failures)
}

pub fn block(stack: &Stack, name: &str, function: &Function) -> FunctionBlock {
    let file = &stack.file;
    let physical_name = physical_name(name, function.name.as_ref());
    let id = logical_id(name);
    let logical_ids = |names: &[Spanned<String>]| names.iter().map(|name| logical_id(name)).collect();
    FunctionBlock {
        package: function.package.value.clone(),
        architecture: function.architecture.name(),
        memory_mebibytes: function.mebibytes(),
        timeout_seconds: function
            .timeout
            .as_ref()
            .map_or_else(|| default_timeout(file, name), |timeout| timeout.value.0),
        concurrency: function.concurrency.as_ref().map(|concurrency| concurrency.value),
        log_group: format!("/aws/lambda/{physical_name}"),
        layers: function.layers.iter().map(|layer| layer_id(layer)).collect(),
        environment: environment(stack, function),
        writes: Writes::of(stack, &function.writes),
        publishes: logical_ids(&function.publishes),
        state: function.state.as_ref().map(|state| StateBlock {
            bucket_pattern: arn_pattern(file, &state.bucket),
            objects_pattern: objects_pattern(file, &state.bucket, &state.prefix),
            writes: state.access == Access::ReadWrite,
        }),
        reads: function.reads.as_ref().map(|reads| reads_block(stack, &id, reads)),
        watches: function.watches.as_ref().map(|watches| watches_block(file, watches)),
        schedule: function.schedule.as_ref().map(|schedule| schedule.value.0.clone()),
        is_asynchronous: function.is_invoked_asynchronously(),
        reports_failures: function.reports_failures(),
        success: function.on_success.as_ref().map(|destination| success(file, destination)),
        name: physical_name,
        id,
    }
}

/// A transform may have to work through a whole buffer, so it gets the minute that Firehose's console advises.
fn default_timeout(file: &StackFile, name: &str) -> u64 {
    let transforms = file.deliveries.values().filter_map(|delivery| delivery.transform.as_ref());
    if transforms.into_iter().any(|transform| transform.value == name) { 60 } else { 10 }
}

fn reads_block(stack: &Stack, function: &str, reads: &Reads) -> ReadsBlock {
    let stream = logical_id(&reads.stream);
    ReadsBlock {
        stream_arn: value::stream_arn(stack, &reads.stream),
        id: format!("{function}From{stream}"),
        stream,
        starting_position: match reads.from {
            StartingPosition::TrimHorizon => "TRIM_HORIZON",
            StartingPosition::Latest => "LATEST",
        },
        batch: reads.batch(),
        window_seconds: reads.window.as_ref().map_or(0, |window| window.value.0),
        tumbling_seconds: reads.tumbling.as_ref().map(|tumbling| tumbling.value.0),
        parallel: reads.parallel.as_ref().map(|parallel| parallel.value),
        // Without a bound, one unreadable record would hold up its shard until it expires.
        retries: reads.retries.as_ref().map_or(10, |retries| retries.value),
    }
}

fn watches_block(file: &StackFile, watches: &Watches) -> WatchesBlock {
    let prefix = watches.prefix.as_ref().map_or("", |prefix| &prefix.value);
    WatchesBlock {
        bucket: bucket_id(&watches.bucket),
        bucket_pattern: arn_pattern(file, &watches.bucket),
        objects_pattern: objects_pattern(file, &watches.bucket, prefix),
    }
}

fn objects_pattern(file: &StackFile, bucket: &str, prefix: &str) -> String {
    format!("{}/{prefix}*", arn_pattern(file, bucket))
}

fn success(file: &StackFile, destination: &str) -> Success {
    if file.functions.contains_key(destination) {
        Success { function: Some(logical_id(destination)), ..Success::default() }
    } else if file.deliveries.contains_key(destination) {
        Success { topic: Some(subscription::success_topic(destination)), ..Success::default() }
    } else {
        Success { topic: Some(logical_id(destination)), ..Success::default() }
    }
}

/// Returns the function's variables: where it writes, publishes and keeps its state, and what the user set.
fn environment(stack: &Stack, function: &Function) -> IndexMap<String, Variable> {
    let file = &stack.file;
    let writes = Writes::of(stack, &function.writes);
    let mut variables = IndexMap::new();
    let mut insert = |name: &str, value: Variable| variables.insert(name.to_owned(), value);
    // When there are several, which of them would be a guess.
    let mut streams = function.writes.iter().filter(|name| file.streams.contains_key(name.value.as_str()));
    if let (Some(stream), None) = (streams.next(), streams.next()) {
        let is_made = file.streams.get(stream.value.as_str()).is_some_and(|stream| stream.arn.is_none());
        let variable = match is_made {
            true => Variable::reference(logical_id(stream)),
            false => Variable::expression(value::stream_name(stack, stream)),
        };
        insert("STREAM_NAME", variable);
    }
    if let [delivery] = writes.deliveries.as_slice() {
        insert("DELIVERY_STREAM_NAME", Variable::reference(delivery.clone()));
    }
    if let [topic] = function.publishes.as_slice() {
        insert("TOPIC_ARN", Variable::reference(logical_id(topic)));
    }
    if let Some(state) = &function.state {
        let bucket = name_pattern(file, &state.bucket);
        let is_plain = file.naming(&state.bucket) == Naming::Plain;
        insert("STATE_BUCKET", if is_plain { Variable::text(&bucket) } else { Variable::pattern(bucket) });
        insert("STATE_PREFIX", Variable::text(&state.prefix));
    }
    for (name, value) in &function.environment {
        let variable = value::expression(stack, value).map(Variable::expression);
        variables.insert(name.value.clone(), variable.unwrap_or_else(|| Variable::text(value)));
    }
    variables
}
