//! What services of a pipeline ask of each other.

mod alarm;
mod http_api;
mod mapped_function;
mod metrics;
mod schedule_expression;
mod timeouts;
mod value_kind;
mod wanted;

use super::page::{by, refuses, warns};
use crate::lint::{Context, Rule};
use serde_json::Value;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    mapped_function::RULE,
    schedule_expression::RULE,
    value_kind::RULE,
    by!(Error, value_kind::check, "H1510", "where a name or a URL is wanted, no function gives an ARN"),
    by!(Error, value_kind::check, "H1511", "a property gets a resource of the kind that it wants"),
    warns!("H1101", "a delivery stream's type goes with its source"),
    refuses!("H1102", "a delivery stream's buffer has both hints or none"),
    refuses!("H1103", "a prefix with expressions has a prefix for errors beside it"),
    refuses!("H1104", "a delivery stream's prefixes have expressions that exist, each in its place"),
    warns!("H1105", "what goes to Redshift lies under a plain prefix"),
    refuses!("H1106", "partitioned and converted records are buffered by 64 MiB at least"),
    refuses!("H1107", "partition keys stand in the prefix of a delivery stream that partitions, and only there"),
    warns!("H1108", "what extracts partition keys has a query and an engine"),
    refuses!("H1109", "a processor has the parameters that it needs, each within its range"),
    warns!("H1110", "partition keys are extracted by a processor"),
    refuses!("H1111", "a delivery stream has one destination"),
    refuses!("H1112", "a delivery stream that logs names a group and a stream"),
    warns!("H1113", "a backup has a mode and a place"),
    refuses!("H1114", "a delivery stream is encrypted with a key that is named"),
    refuses!("H1115", "records that become columns are compressed by their format"),
    warns!("H1116", "a date in a prefix is the date that was meant"),
    refuses!("H1201", "an on-demand stream has no shard count"),
    refuses!("H1202", "a stream keeps its records for a day at least"),
    warns!("H1203", "only an on-demand stream is warmed up"),
    refuses!("H1301", "a time to begin at goes with AT_TIMESTAMP"),
    refuses!("H1302", "records may grow a minute old at least"),
    refuses!("H1303", "a batch of more than ten messages takes time to gather"),
    refuses!("H1304", "a mapping of a queue has nothing that only streams take"),
    refuses!("H1305", "only a mapping of a queue limits how many functions run"),
    warns!("H1204", "a provisioned stream has a number of shards"),
    refuses!("H1306", "a mapping's filter is a pattern of EventBridge's"),
    warns!("H1307", "a mapping's filter is for the events of its source"),
    refuses!("H1310", "environment variables have names and sizes that Lambda takes"),
    warns!("H1311", "a function has room to run"),
    refuses!("H1312", "a function's code is in one place"),
    warns!("H1313", "a function in a VPC has subnets and security groups"),
    warns!("H1406", "an integration says how it calls what"),
    warns!("H1407", "CORS settings are ones that browsers take"),
    refuses!("H1408", "a stage has a name that stands in a URL"),
    warns!("H1409", "something is deployed to a stage"),
    warns!("H1410", "a route leads somewhere, and its authorizer is named"),
    refuses!("H1603", "a topic has a role to write to a delivery stream"),
    warns!("H1604", "a subscription's settings go with its protocol"),
    refuses!("H1701", "a flexible window has its minutes"),
    refuses!("H1702", "what a target is given is JSON"),
    refuses!("H1703", "a target of a schedule has the parameters of its kind"),
    warns!("H1704", "a rule has a role for streams and state machines"),
    refuses!("H1705", "an event pattern's values are lists"),
    by!(Warning, http_api::check, "H1401", "an API has a protocol or a body"),
    by!(Warning, http_api::check, "H1402", "a route's key is a method and a path"),
    by!(Warning, http_api::check, "H1403", "a route leads to an integration"),
    by!(Warning, http_api::check, "H1404", "an integration answers within 30 seconds"),
    by!(Warning, http_api::check, "H1405", "an access log tells requests apart"),
    by!(Warning, http_api::check, "H1411", "an integration of an HTTP API is a proxy"),
    by!(Warning, http_api::check, "H1601", "a subscription's protocol is one of SNS's"),
    by!(Warning, http_api::check, "H1602", "a permission is for an action of Lambda's"),
    by!(Warning, timeouts::check, "H1320", "a queue hides its messages for as long as its function runs"),
    by!(Warning, timeouts::check, "H1321", "a function that transforms records answers within five minutes"),
    by!(Warning, alarm::check, "H1901", "an alarm is on a metric that exists"),
    by!(Warning, alarm::check, "H1902", "an alarm has the dimensions of its metric"),
    by!(Warning, alarm::check, "H1903", "a dimension has the name of its resource"),
    refuses!("H1904", "an alarm is one that CloudWatch takes"),
    warns!("H1905", "an alarm on a metric of AWS's has a period of a minute at least"),
];

/// Says whether a function transforms the records of a delivery stream of the template.
pub(super) fn transforms(context: &Context<'_>, function: &str) -> bool {
    let mut streams = context
        .template
        .resources
        .values()
        .filter(|resource| resource.resource_type == "AWS::KinesisFirehose::DeliveryStream");
    streams.any(|stream| {
        let destinations = stream.properties.as_object().into_iter().flat_map(|members| members.values());
        let processors =
            destinations.filter_map(|one| one.pointer("/ProcessingConfiguration/Processors")?.as_array());
        let parameters =
            processors.flatten().filter_map(|processor| processor.get("Parameters")?.as_array()).flatten();
        let mut functions = parameters
            .filter(|parameter| parameter.get("ParameterName").and_then(Value::as_str) == Some("LambdaArn"))
            .filter_map(|parameter| context.access().led_to(parameter.get("ParameterValue")?));
        functions.any(|(name, _)| name == function)
    })
}
