//! Who writes, reads, invokes and delivers to whom, and by which right: a stack file as nodes and edges.
//!
//! Rights are named by the resource of the template that holds them; a test holds them against what is rendered.

use indexmap::IndexSet;
use serde::Serialize;

use super::function::{Access, Function};
use super::model::{Delivery, StackFile};
use super::name::logical_id;

/// A pipeline as a graph. An edge goes where records, objects or messages go.
#[derive(Debug, Default, Serialize)]
pub struct Graph {
    pub nodes: IndexSet<Node>,
    pub edges: Vec<Edge>,
}

/// Something that records come from, go through or end in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Node {
    pub kind: Kind,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Stream,
    Delivery,
    Bucket,
    Function,
    Topic,
    User,
    Queue,
    /// A request to the stack's HTTP API.
    Route,
    Schedule,
    /// Somebody outside who subscribes to a topic.
    Address,
    /// All alarms together.
    Alarms,
}

impl Kind {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Delivery => "delivery",
            Self::Bucket => "bucket",
            Self::Function => "function",
            Self::Topic => "topic",
            Self::User => "user",
            Self::Queue => "queue",
            Self::Route => "route",
            Self::Schedule => "schedule",
            Self::Address => "address",
            Self::Alarms => "alarms",
        }
    }
}

/// One thing that happens between two nodes.
#[derive(Debug, Clone, Serialize)]
pub struct Edge {
    pub from: Node,
    /// What the first does to the second, such as `puts records into`.
    pub relation: &'static str,
    pub to: Node,
    /// Which part of it, such as a prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// By which right; none where nothing has to be allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Right>,
}

/// What somebody is allowed, and which resource of the template says so.
#[derive(Debug, Clone, Serialize)]
pub struct Right {
    /// Logical id of the role, user or permission.
    pub holder: String,
    /// The service that has it or may take the role; none for a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<&'static str>,
    pub actions: &'static [&'static str],
}

const INVOKE: &[&str] = &["lambda:InvokeFunction"];

impl Graph {
    /// Returns the graph of a stack.
    pub fn of(file: &StackFile) -> Self {
        let mut graph = Self::default();
        for (name, user) in &file.users {
            let right = Right { holder: logical_id(name), service: None, actions: &[] };
            graph.writes(file, node(Kind::User, name), &user.writes, &right);
        }
        for (name, function) in &file.functions {
            graph.invocations(name, function);
        }
        for name in file.streams.keys() {
            graph.nodes.insert(node(Kind::Stream, name));
        }
        for (name, function) in &file.functions {
            graph.function(file, name, function);
        }
        for (name, delivery) in &file.deliveries {
            graph.delivery(name, delivery);
        }
        graph.topics(file);
        graph
    }

    fn add(
        &mut self,
        from: Node,
        relation: &'static str,
        to: Node,
        detail: Option<String>,
        right: Option<Right>,
    ) {
        self.nodes.insert(from.clone());
        self.nodes.insert(to.clone());
        self.edges.push(Edge { from, relation, to, detail, right });
    }

    fn writes(
        &mut self,
        file: &StackFile,
        from: Node,
        targets: &[hydrant_cfn::yaml::Spanned<String>],
        right: &Right,
    ) {
        let is_user = from.kind == Kind::User;
        for target in targets {
            let is_stream = file.streams.contains_key(target.value.as_str());
            let (kind, actions): (_, &[&str]) = match (is_stream, is_user) {
                (true, true) => (
                    Kind::Stream,
                    &[
                        "kinesis:DescribeStreamSummary",
                        "kinesis:ListShards",
                        "kinesis:PutRecord",
                        "kinesis:PutRecords",
                    ],
                ),
                (true, false) => (Kind::Stream, &["kinesis:PutRecord", "kinesis:PutRecords"]),
                (false, true) => (
                    Kind::Delivery,
                    &["firehose:DescribeDeliveryStream", "firehose:PutRecord", "firehose:PutRecordBatch"],
                ),
                (false, false) => (Kind::Delivery, &["firehose:PutRecord", "firehose:PutRecordBatch"]),
            };
            let right = Right { actions, ..right.clone() };
            self.add(from.clone(), "puts records into", node(kind, target), None, Some(right));
        }
    }

    /// What invokes a function without being a block of its own.
    fn invocations(&mut self, name: &str, function: &Function) {
        let id = logical_id(name);
        if let Some(schedule) = &function.schedule {
            let right = role(format!("{id}ScheduleRole"), "scheduler.amazonaws.com", INVOKE);
            let from = node(Kind::Schedule, &schedule.value.0);
            self.add(from, "invokes", node(Kind::Function, name), None, Some(right));
        }
        if let Some(http) = &function.http {
            let right = role(format!("{id}RoutePermission"), "apigateway.amazonaws.com", INVOKE);
            let from = node(Kind::Route, &http.route.value.to_string());
            self.add(from, "invokes", node(Kind::Function, name), None, Some(right));
        }
    }

    fn function(&mut self, file: &StackFile, name: &str, function: &Function) {
        let id = logical_id(name);
        let itself = node(Kind::Function, name);
        let may = |actions| role(format!("{id}Role"), "lambda.amazonaws.com", actions);
        if let Some(reads) = &function.reads {
            let actions = &[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ];
            let from = node(Kind::Stream, &reads.stream);
            self.add(from, "is read by", itself.clone(), None, Some(may(actions)));
        }
        if let Some(watches) = &function.watches {
            let from = node(Kind::Bucket, &watches.bucket);
            let prefix = watches.prefix.as_ref().map(|prefix| prefix.value.clone());
            let right = role(format!("{id}ObjectsPermission"), "s3.amazonaws.com", INVOKE);
            self.add(from.clone(), "invokes", itself.clone(), prefix.clone(), Some(right));
            self.add(itself.clone(), "gets objects of", from, prefix, Some(may(&["s3:GetObject"])));
        }
        self.writes(file, itself.clone(), &function.writes, &may(&[]));
        for topic in &function.publishes {
            let to = node(Kind::Topic, topic);
            self.add(itself.clone(), "publishes to", to, None, Some(may(&["sns:Publish"])));
        }
        if let Some(state) = &function.state {
            let (relation, actions): (_, &[&str]) = match state.access {
                Access::Read => ("reads state in", &["s3:GetObject", "s3:ListBucket"]),
                Access::ReadWrite => ("keeps state in", &["s3:GetObject", "s3:ListBucket", "s3:PutObject"]),
            };
            let to = node(Kind::Bucket, &state.bucket);
            self.add(itself.clone(), relation, to, Some(state.prefix.value.clone()), Some(may(actions)));
        }
        if let Some(destination) = &function.on_success {
            let text = destination.value.as_str();
            let (kind, actions): (_, &[&str]) = if file.functions.contains_key(text) {
                (Kind::Function, INVOKE)
            } else if file.deliveries.contains_key(text) {
                (Kind::Delivery, &["sns:Publish"])
            } else {
                (Kind::Topic, &["sns:Publish"])
            };
            self.add(itself.clone(), "reports successes to", node(kind, text), None, Some(may(actions)));
        }
        if function.reports_failures() {
            let to = node(Kind::Queue, "FailureQueue");
            self.add(itself, "reports failures to", to, None, Some(may(&["sqs:SendMessage"])));
        }
    }

    fn delivery(&mut self, name: &str, delivery: &Delivery) {
        let itself = node(Kind::Delivery, name);
        let may = |actions| role(format!("{}Role", logical_id(name)), "firehose.amazonaws.com", actions);
        if let Some(from) = &delivery.from {
            let actions = &[
                "kinesis:DescribeStream",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ];
            let from = node(Kind::Stream, from);
            self.add(from, "is read by", itself.clone(), None, Some(may(actions)));
        }
        if let Some(function) = &delivery.transform {
            let actions = &["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"];
            let to = node(Kind::Function, function);
            self.add(itself.clone(), "is transformed by", to, None, Some(may(actions)));
        }
        let actions = &[
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:PutObject",
        ];
        let prefix = delivery.to.prefix.as_ref().map(|prefix| prefix.value.clone());
        let to = node(Kind::Bucket, &delivery.to.bucket);
        self.add(itself, "writes objects to", to, prefix, Some(may(actions)));
    }

    fn topics(&mut self, file: &StackFile) {
        if let Some(alarms) = &file.alarms {
            let from = node(Kind::Alarms, "all alarms");
            self.add(from, "tell", node(Kind::Topic, &alarms.notify), None, None);
        }
        for (name, topic) in &file.topics {
            let itself = node(Kind::Topic, name);
            self.nodes.insert(itself.clone());
            for subscriber in &topic.subscribers {
                let text = subscriber.value.as_str();
                let (kind, right) = if file.functions.contains_key(text) {
                    let holder = format!("{}To{}Permission", logical_id(name), logical_id(text));
                    (Kind::Function, Some(role(holder, "sns.amazonaws.com", INVOKE)))
                } else if file.deliveries.contains_key(text) {
                    (Kind::Delivery, Some(from_topic(text)))
                } else {
                    (Kind::Address, None)
                };
                self.add(itself.clone(), "delivers to", node(kind, text), None, right);
            }
        }
        // Lambda reaches a delivery through a topic in between.
        let told = file.functions.values().filter_map(|function| function.on_success.as_ref());
        let told: IndexSet<&str> = told.map(|name| name.value.as_str()).collect();
        for name in told.into_iter().filter(|name| file.deliveries.contains_key(*name)) {
            let topic = node(Kind::Topic, &format!("{}Topic", logical_id(name)));
            let to = node(Kind::Delivery, name);
            for edge in
                self.edges.iter_mut().filter(|edge| edge.relation == "reports successes to" && edge.to == to)
            {
                edge.to = topic.clone();
            }
            self.add(topic, "delivers to", to, None, Some(from_topic(name)));
        }
    }
}

fn node(kind: Kind, name: &str) -> Node {
    Node { kind, name: name.to_owned() }
}

fn role(holder: String, service: &'static str, actions: &'static [&'static str]) -> Right {
    Right { holder, service: Some(service), actions }
}

/// By which right topics put messages into a delivery.
fn from_topic(delivery: &str) -> Right {
    let actions = &[
        "firehose:DescribeDeliveryStream",
        "firehose:ListTagsForDeliveryStream",
        "firehose:PutRecord",
        "firehose:PutRecordBatch",
    ];
    role(format!("{}TopicRole", logical_id(delivery)), "sns.amazonaws.com", actions)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::render::render;
    use crate::stack::{Stack, load, parse};

    type Rights = BTreeMap<String, BTreeSet<String>>;

    /// Returns what each role, user and permission of the rendered template allows, logs aside.
    fn rendered(stack: &Stack) -> Rights {
        let template = render(stack, Path::new("/nowhere")).unwrap().to_json().unwrap();
        let mut rights = Rights::new();
        let mut add = |holder: &str, action: &Value| {
            let actions = action.as_array().map_or(std::slice::from_ref(action), Vec::as_slice);
            for action in actions.iter().filter_map(Value::as_str).filter(|one| !one.starts_with("logs:")) {
                rights.entry(holder.to_owned()).or_default().insert(action.to_owned());
            }
        };
        for (logical_id, resource) in template["Resources"].as_object().unwrap() {
            let properties = &resource["Properties"];
            if resource["Type"] == "AWS::Lambda::Permission" {
                add(logical_id, &properties["Action"]);
            }
            for policy in properties["Policies"].as_array().into_iter().flatten() {
                for statement in policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten() {
                    add(logical_id, &statement["Action"]);
                }
            }
        }
        rights
    }

    #[test]
    fn names_the_rights_that_are_rendered_and_no_others() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut stacks: Vec<Stack> = files.map(|path| load(&path, "dev").unwrap()).collect();
        let everything = include_str!("../../tests/fixtures/everything.yaml");
        stacks.push(parse(Path::new("everything.yaml"), everything, "dev").unwrap());
        for stack in stacks {
            let mut named = Rights::new();
            for right in Graph::of(&stack.file).edges.iter().filter_map(|edge| edge.right.as_ref()) {
                let actions = right.actions.iter().map(|action| (*action).to_owned());
                named.entry(right.holder.clone()).or_default().extend(actions);
            }
            assert_eq!(named, rendered(&stack), "{}", stack.path.display());
        }
    }

    #[test]
    fn knows_every_block() {
        let everything = include_str!("../../tests/fixtures/everything.yaml");
        let file = parse(Path::new("everything.yaml"), everything, "dev").unwrap().file;
        let graph = Graph::of(&file);
        let names = |kind| graph.nodes.iter().filter(|node| node.kind == kind).count();
        assert_eq!(names(Kind::Stream), file.streams.len());
        assert_eq!(names(Kind::Delivery), file.deliveries.len());
        assert_eq!(names(Kind::Function), file.functions.len());
        assert_eq!(names(Kind::Bucket), file.bucket_names().count());
        assert_eq!(names(Kind::Topic), file.topics.len() + 1);
    }
}
