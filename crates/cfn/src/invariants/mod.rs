//! What AWS's services ask of several properties together, which a schema of each property cannot say.
//!
//! [`check`] turns the properties of one resource into [`Breach`]es. The linter asks it about templates, and the engine's
//! CloudFormation before it makes or changes a resource, so that both refuse the same. Rules with an id of cfn-lint's come
//! with the schemas, as data; those with an `H` are ours, a file for each service. It does not look at other resources,
//! except that it may be told of which type the one is that a property leads to.

mod alarm;
mod delivery_destination;
mod delivery_processing;
mod delivery_stream;
mod event_filter;
mod event_source_mapping;
mod from_schemas;
mod function;
mod http_api;
mod kinesis_stream;
mod prefix;
mod properties;
mod schedule;

use serde_json::Value;

pub use properties::Known;
use properties::Properties;

/// Properties that cannot stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The rule, such as `H1102`.
    pub rule: &'static str,
    /// Names and list indexes that lead to the property at fault.
    pub path: Vec<String>,
    /// What is wrong, in AWS's words where they are known.
    pub message: String,
    pub refusal: Refusal,
}

/// How AWS refuses a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The service does, with this error code.
    Service(&'static str),
    /// The resource type's handler does, before it asks the service.
    Handler,
    /// Perhaps not at all: only somebody's knowledge of the service says so.
    Unsure,
}

/// Returns what is wrong with the properties of a resource, as far as they are known.
pub fn check(resource_type: &str, properties: &Value, known: &Known<'_>) -> Vec<Breach> {
    let mut breaches = from_schemas::check(resource_type, properties, known);
    let mut found = Properties::new(properties, known, &mut breaches);
    match resource_type {
        "AWS::ApiGatewayV2::Api" => http_api::api(&mut found),
        "AWS::ApiGatewayV2::Integration" => http_api::integration(&mut found),
        "AWS::ApiGatewayV2::Route" => http_api::route(&mut found),
        "AWS::ApiGatewayV2::Stage" => http_api::stage(&mut found),
        "AWS::CloudWatch::Alarm" => alarm::check(&mut found),
        "AWS::Kinesis::Stream" => kinesis_stream::check(&mut found),
        "AWS::KinesisFirehose::DeliveryStream" => {
            delivery_stream::check(&mut found);
            delivery_destination::check(&mut found);
            delivery_processing::check(&mut found);
        }
        "AWS::Events::Rule" => schedule::rule(&mut found),
        "AWS::Lambda::Function" => function::check(&mut found),
        "AWS::SNS::Subscription" => schedule::subscription(&mut found),
        "AWS::Scheduler::Schedule" => schedule::check(&mut found),
        "AWS::Lambda::EventSourceMapping" => event_source_mapping::check(&mut found),
        _ => {}
    }
    breaches
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns rules and places of what is wrong.
    pub(super) fn breaches(resource_type: &str, properties: &Value) -> Vec<String> {
        let found = check(resource_type, properties, &Known::resolved());
        found.iter().map(|breach| format!("{} {}", breach.rule, breach.path.join("/"))).collect()
    }

    #[test]
    fn applies_the_rules_that_come_with_the_schemas() {
        let function = json!({"PackageType": "Image", "Handler": "index.handler", "Environment": {"Variables": {"AWS_REGION": "x"}}});
        let found = breaches("AWS::Lambda::Function", &function);
        assert_eq!(found, ["E3685 Handler", "E3663 Environment/Variables/AWS_REGION"]);
        let queue = json!({"FifoQueue": true, "QueueName": "orders"});
        assert_eq!(breaches("AWS::SQS::Queue", &queue), ["E3501 QueueName"]);
        let alarm = json!({"Period": 45, "Namespace": "n", "MetricName": "m", "Statistic": "Sum"});
        assert_eq!(breaches("AWS::CloudWatch::Alarm", &alarm), ["E3615 Period"]);
    }

    #[test]
    fn is_content_with_what_fits_together() {
        let function = json!({"Handler": "index.handler", "Runtime": "python3.14", "Code": {"ZipFile": "x"}, "Timeout": 900});
        assert_eq!(breaches("AWS::Lambda::Function", &function), [""; 0]);
        assert_eq!(
            breaches("AWS::SQS::Queue", &json!({"FifoQueue": true, "QueueName": "orders.fifo"})),
            [""; 0]
        );
        assert_eq!(
            breaches(
                "AWS::CloudWatch::Alarm",
                &json!({"Period": "120", "Namespace": "n", "MetricName": "m", "Statistic": "Sum"})
            ),
            [""; 0]
        );
    }
}
