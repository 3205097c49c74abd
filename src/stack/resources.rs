//! The resources that a stack's blocks become, each with the key because of which it exists.
//!
//! It knows which resources follow from what was written, by logical id and type; what they look like is in `render`
//! and `templates/`. A test renders stacks and holds this list against them.

use hydrant_cfn::yaml::{Span, Spanned};

use super::function::Function;
use super::model::StackFile;
use super::name::{layer_id, logical_id, value_id};

/// A resource of the template, and why it is there.
#[derive(Debug, Clone)]
pub struct Resource {
    pub logical_id: String,
    pub resource_type: &'static str,
    /// The way to the block that it belongs to, such as `functions`, `consume-positions`.
    pub block: Vec<String>,
    /// The way to the key because of which it exists; the block's, or one below it.
    pub cause: Vec<String>,
    /// What it belongs to, in the user's words.
    pub owner: String,
    /// The name from which its logical id is made.
    pub span: Span,
}

/// A parameter of the template, which shares the resources' names.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub block: Vec<String>,
}

/// Returns every resource of the template.
pub fn resources(file: &StackFile) -> Vec<Resource> {
    let mut list = List { file, resources: Vec::new() };
    list.buckets();
    list.whole();
    for (name, _) in file.streams.iter().filter(|(_, stream)| stream.arn.is_none()) {
        list.block("streams", name).add("", "AWS::Kinesis::Stream", &[]);
    }
    list.deliveries();
    list.topics();
    for name in file.layers.keys() {
        list.block("layers", name).named(layer_id(name), "AWS::Lambda::LayerVersion", &[]);
    }
    for (name, function) in &file.functions {
        list.function(name, function);
    }
    for name in file.users.keys() {
        list.block("users", name).add("", "AWS::IAM::User", &[]);
    }
    list.alarms();
    list.resources
}

/// Returns every parameter of the template: where code lies, and what comes from elsewhere.
pub fn parameters(file: &StackFile) -> Vec<Parameter> {
    let of = |section: &str, name: &str, id: String| Parameter {
        name: format!("{id}CodeKey"),
        block: way(&[section, name]),
    };
    let functions = file.functions.keys().map(|name| of("functions", name, logical_id(name)));
    let layers = file.layers.keys().map(|name| of("layers", name, layer_id(name)));
    let mut parameters: Vec<Parameter> = functions.chain(layers).collect();
    if !parameters.is_empty() {
        parameters.insert(0, Parameter { name: "CodeBucket".to_owned(), block: way(&["functions"]) });
    }
    let values = file.values.iter().filter(|(_, value)| value.is_parameter());
    parameters
        .extend(values.map(|(name, _)| Parameter { name: value_id(name), block: way(&["values", name]) }));
    parameters
}

fn way(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

struct List<'a> {
    file: &'a StackFile,
    resources: Vec<Resource>,
}

/// A block while its resources are listed.
struct Block<'a> {
    list: &'a mut Vec<Resource>,
    way: Vec<String>,
    id: String,
    owner: String,
    span: Span,
}

impl Block<'_> {
    /// Adds the resource whose logical id is the block's and `ending`, there because of the key `below` the block.
    fn add(&mut self, ending: &str, resource_type: &'static str, below: &[&str]) -> &mut Self {
        self.named(format!("{}{ending}", self.id), resource_type, below)
    }

    fn named(&mut self, logical_id: String, resource_type: &'static str, below: &[&str]) -> &mut Self {
        let mut cause = self.way.clone();
        cause.extend(way(below));
        self.because(logical_id, resource_type, cause)
    }

    fn because(&mut self, logical_id: String, resource_type: &'static str, cause: Vec<String>) -> &mut Self {
        self.list.push(Resource {
            logical_id,
            resource_type,
            block: self.way.clone(),
            cause,
            owner: self.owner.clone(),
            span: self.span,
        });
        self
    }
}

impl List<'_> {
    fn block(&mut self, section: &str, name: &Spanned<String>) -> Block<'_> {
        Block {
            list: &mut self.resources,
            way: way(&[section, name]),
            id: logical_id(name),
            owner: format!("`{name}`"),
            span: name.span,
        }
    }

    /// A bucket belongs to its own block when it has one, and else to the first that names it.
    fn buckets(&mut self) {
        let file = self.file;
        for name in file.bucket_names() {
            let (block, span) = bucket_block(file, name);
            self.resources.push(Resource {
                logical_id: format!("{}Bucket", logical_id(name)),
                resource_type: "AWS::S3::Bucket",
                cause: block.clone(),
                block,
                owner: format!("the bucket `{name}`"),
                span,
            });
        }
    }

    /// What the stack has as a whole belongs to the first function that needs it.
    fn whole(&mut self) {
        let file = self.file;
        let first = |needs: fn(&Function) -> bool| file.functions.iter().find(|(_, one)| needs(one));
        let mut add = |logical_id: &str, resource_type, name: &Spanned<String>, key: &str| {
            self.resources.push(Resource {
                logical_id: logical_id.to_owned(),
                resource_type,
                block: way(&["functions", name]),
                cause: way(&["functions", name, key]),
                owner: "what the stack has as a whole".to_owned(),
                span: name.span,
            });
        };
        if let Some((name, function)) = first(Function::reports_failures) {
            let key = match function {
                Function { reads: Some(_), .. } => "reads",
                Function { watches: Some(_), .. } => "watches",
                _ => "schedule",
            };
            add("FailureQueue", "AWS::SQS::Queue", name, key);
        }
        if let Some((name, _)) = first(|function| function.http.is_some()) {
            add("Api", "AWS::ApiGatewayV2::Api", name, "http");
            add("ApiStage", "AWS::ApiGatewayV2::Stage", name, "http");
        }
    }

    fn deliveries(&mut self) {
        let file = self.file;
        for name in file.deliveries.keys() {
            let hears_topics = file.filled_by_topics().any(|filled| filled == name.value);
            let mut block = self.block("deliveries", name);
            block
                .add("Logs", "AWS::Logs::LogGroup", &[])
                .add("LogStream", "AWS::Logs::LogStream", &[])
                .add("Role", "AWS::IAM::Role", &[])
                .add("", "AWS::KinesisFirehose::DeliveryStream", &[]);
            if hears_topics {
                block.add("TopicRole", "AWS::IAM::Role", &[]);
            }
        }
    }

    fn topics(&mut self) {
        let file = self.file;
        for (name, topic) in &file.topics {
            self.block("topics", name).add("", "AWS::SNS::Topic", &[]);
            for (index, subscriber) in topic.subscribers.iter().enumerate() {
                let cause = way(&["topics", name, "subscribers", &index.to_string()]);
                self.subscription(&logical_id(name), name, subscriber, cause);
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        for (function, block) in &file.functions {
            let Some(delivery) = &block.on_success else { continue };
            if !file.deliveries.contains_key(delivery.value.as_str()) || seen.contains(&delivery.as_str()) {
                continue;
            }
            seen.push(delivery);
            let topic = format!("{}Topic", logical_id(delivery));
            let cause = way(&["functions", function, "on_success"]);
            self.block("functions", function).because(topic.clone(), "AWS::SNS::Topic", cause.clone());
            self.subscription(&topic, function, delivery, cause);
        }
    }

    fn subscription(
        &mut self,
        topic: &str,
        owner: &Spanned<String>,
        subscriber: &Spanned<String>,
        cause: Vec<String>,
    ) {
        let is_function = self.file.functions.contains_key(subscriber.value.as_str());
        let mut block = Block {
            way: cause[..2].to_vec(),
            id: format!("{topic}To{}", logical_id(subscriber)),
            owner: format!("`{subscriber}` of `{owner}`"),
            span: subscriber.span,
            list: &mut self.resources,
        };
        block.because(block.id.clone(), "AWS::SNS::Subscription", cause.clone());
        if is_function {
            block.because(format!("{}Permission", block.id), "AWS::Lambda::Permission", cause);
        }
    }

    fn function(&mut self, name: &Spanned<String>, function: &Function) {
        let mut block = self.block("functions", name);
        block.add("Logs", "AWS::Logs::LogGroup", &[]).add("Role", "AWS::IAM::Role", &[]).add(
            "",
            "AWS::Lambda::Function",
            &[],
        );
        if let Some(reads) = &function.reads {
            let ending = format!("From{}", logical_id(&reads.stream));
            block.add(&ending, "AWS::Lambda::EventSourceMapping", &["reads"]);
        }
        if function.is_invoked_asynchronously() {
            let key = if function.watches.is_some() { "watches" } else { "schedule" };
            block.add("Asynchronous", "AWS::Lambda::EventInvokeConfig", &[key]);
        }
        if function.watches.is_some() {
            block.add("ObjectsPermission", "AWS::Lambda::Permission", &["watches"]);
        }
        if function.schedule.is_some() {
            block.add("ScheduleRole", "AWS::IAM::Role", &["schedule"]);
            block.add("Schedule", "AWS::Scheduler::Schedule", &["schedule"]);
        }
        if function.http.is_some() {
            block.add("Integration", "AWS::ApiGatewayV2::Integration", &["http"]);
            block.add("Route", "AWS::ApiGatewayV2::Route", &["http"]);
            block.add("RoutePermission", "AWS::Lambda::Permission", &["http"]);
        }
    }

    fn alarms(&mut self) {
        let file = self.file;
        if file.alarms.is_none() {
            return;
        }
        let add = |block: &mut Block<'_>, ending: &str| {
            block.because(format!("{}{ending}", block.id), "AWS::CloudWatch::Alarm", way(&["alarms"]));
        };
        for (name, function) in &file.functions {
            let mut block = self.block("functions", name);
            add(&mut block, "ErrorsAlarm");
            add(&mut block, "ThrottlesAlarm");
            if function.reads.is_some() {
                add(&mut block, "IteratorAgeAlarm");
            }
        }
        for name in file.deliveries.keys() {
            add(&mut self.block("deliveries", name), "FreshnessAlarm");
        }
        let queue = self.resources.iter().find(|resource| resource.logical_id == "FailureQueue").cloned();
        if let Some(queue) = queue {
            self.resources.push(Resource {
                logical_id: "FailureQueueAlarm".to_owned(),
                resource_type: "AWS::CloudWatch::Alarm",
                cause: way(&["alarms"]),
                ..queue
            });
        }
    }
}

/// Returns the way to where a bucket is described, or else to where it is first named.
fn bucket_block(file: &StackFile, bucket: &str) -> (Vec<String>, Span) {
    if let Some((name, _)) = file.buckets.get_key_value(bucket) {
        return (way(&["buckets", bucket]), name.span);
    }
    let deliveries = file
        .deliveries
        .iter()
        .map(|(name, delivery)| (way(&["deliveries", name, "to", "bucket"]), &delivery.to.bucket));
    let functions = file.functions.iter().flat_map(|(name, function)| {
        let watched = function.watches.as_ref().map(|watches| ("watches", &watches.bucket));
        let kept = function.state.as_ref().map(|state| ("state", &state.bucket));
        let used = watched.into_iter().chain(kept);
        used.map(move |(key, bucket)| (way(&["functions", name, key, "bucket"]), bucket))
    });
    let first = deliveries.chain(functions).find(|(_, name)| name.value == bucket);
    first.map_or_else(|| (way(&["buckets"]), Span::default()), |(way, name)| (way, name.span))
}
