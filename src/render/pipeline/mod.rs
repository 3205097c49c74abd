//! The values that the Handlebars templates see: a stack's blocks under their logical ids, with what follows
//! from their wiring.

mod alarm;
mod bucket;
mod delivery;
mod function;
mod layer;
mod policy;
mod route;
mod stream;
mod subscription;
mod value;

use serde::Serialize;

use crate::stack::{Stack, logical_id};

/// A stack as the templates see it.
#[derive(Debug, Serialize)]
pub struct Pipeline {
    pub description: String,
    /// Whether there are functions or layers, whose code comes through a bucket.
    pub has_code: bool,
    /// Whether the template has parameters at all.
    pub has_parameters: bool,
    pub values: Vec<value::ValueBlock>,
    pub outputs: Vec<value::OutputBlock>,
    /// Whether something is invoked that nobody waits for, so that its failures have to go somewhere.
    pub has_failure_queue: bool,
    pub streams: Vec<stream::StreamBlock>,
    pub buckets: Vec<bucket::BucketBlock>,
    pub deliveries: Vec<delivery::DeliveryBlock>,
    pub layers: Vec<layer::LayerBlock>,
    pub functions: Vec<function::FunctionBlock>,
    pub topics: Vec<subscription::TopicBlock>,
    pub subscriptions: Vec<subscription::SubscriptionBlock>,
    pub api: Option<route::ApiBlock>,
    pub users: Vec<policy::UserBlock>,
    pub alarms: Vec<alarm::AlarmBlock>,
}

impl Pipeline {
    /// Returns what the templates need to know of `stack`.
    pub fn of(stack: &Stack) -> Self {
        let file = &stack.file;
        let has_code = !file.functions.is_empty() || !file.layers.is_empty();
        let values = value::values(stack);
        Self {
            has_code,
            has_parameters: has_code || !values.is_empty(),
            values,
            outputs: value::outputs(stack),
            description: file.description.clone().unwrap_or_else(|| format!("The pipeline {}", stack.name)),
            has_failure_queue: function::has_failure_queue(file),
            streams: file
                .streams
                .iter()
                .filter(|(_, stream)| stream.arn.is_none())
                .map(|(name, one)| stream::block(name, one))
                .collect(),
            buckets: file.bucket_names().map(|name| bucket::block(file, name)).collect(),
            deliveries: file.deliveries.iter().map(|(name, one)| delivery::block(stack, name, one)).collect(),
            layers: file.layers.keys().map(|name| layer::block(name)).collect(),
            functions: file.functions.iter().map(|(name, one)| function::block(stack, name, one)).collect(),
            topics: subscription::topics(file),
            subscriptions: subscription::subscriptions(file),
            api: route::api(stack),
            users: file.users.iter().map(|(name, user)| policy::user(stack, name, user)).collect(),
            alarms: alarm::alarms(file),
        }
    }
}

/// Returns the name that a block has in AWS: the one that it gives itself, or its own.
fn physical_name(block: &str, given: Option<&hydrant_cfn::yaml::Spanned<String>>) -> String {
    given.map_or(block, |name| &name.value).to_owned()
}

/// Returns the logical id of the bucket that blocks call `name`.
fn bucket_id(name: &str) -> String {
    format!("{}Bucket", logical_id(name))
}
