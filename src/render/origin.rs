//! From a place in the rendered template to the key of the stack file that it comes from.

use hydrant_cfn::yaml::Span;

use crate::stack::{Resource, Stack, parameters, resources};

/// Which key of its block a property follows from. Of several that are written, the first counts.
#[rustfmt::skip]
const KEYS: [(&str, &str, &[&str]); 44] = [
    ("AWS::Kinesis::Stream", "Name", &["name"]),
    ("AWS::Kinesis::Stream", "ShardCount", &["shards"]),
    ("AWS::Kinesis::Stream", "StreamModeDetails", &["shards"]),
    ("AWS::Kinesis::Stream", "RetentionPeriodHours", &["retention"]),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName", &["name"]),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamType", &["from"]),
    ("AWS::KinesisFirehose::DeliveryStream", "KinesisStreamSourceConfiguration", &["from"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/BucketARN", &["to", "bucket"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/Prefix", &["to", "prefix"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/ErrorOutputPrefix", &["to", "error_prefix"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/BufferingHints/SizeInMBs", &["buffer", "size"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/BufferingHints/IntervalInSeconds", &["buffer", "interval"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/BufferingHints", &["buffer"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/CompressionFormat", &["compression"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/ProcessingConfiguration", &["transform"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/ProcessingConfiguration", &["delimiter"]),
    ("AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration", &["to"]),
    ("AWS::IAM::Role", "RoleName", &["role"]),
    ("AWS::S3::Bucket", "BucketName", &["naming"]),
    ("AWS::SNS::Topic", "TopicName", &["name"]),
    ("AWS::IAM::User", "UserName", &["name"]),
    ("AWS::IAM::User", "Policies", &["writes"]),
    ("AWS::Lambda::LayerVersion", "Content", &["folder"]),
    ("AWS::Lambda::Function", "FunctionName", &["name"]),
    ("AWS::Lambda::Function", "Timeout", &["timeout"]),
    ("AWS::Lambda::Function", "MemorySize", &["memory"]),
    ("AWS::Lambda::Function", "Architectures", &["architecture"]),
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions", &["concurrency"]),
    ("AWS::Lambda::Function", "Layers", &["layers"]),
    ("AWS::Lambda::Function", "Environment/Variables", &["environment"]),
    ("AWS::Lambda::Function", "Code", &["crate"]),
    ("AWS::Lambda::EventSourceMapping", "EventSourceArn", &["reads", "stream"]),
    ("AWS::Lambda::EventSourceMapping", "StartingPosition", &["reads", "from"]),
    ("AWS::Lambda::EventSourceMapping", "BatchSize", &["reads", "batch"]),
    ("AWS::Lambda::EventSourceMapping", "MaximumBatchingWindowInSeconds", &["reads", "window"]),
    ("AWS::Lambda::EventSourceMapping", "TumblingWindowInSeconds", &["reads", "tumbling"]),
    ("AWS::Lambda::EventSourceMapping", "ParallelizationFactor", &["reads", "parallel"]),
    ("AWS::Lambda::EventSourceMapping", "MaximumRetryAttempts", &["reads", "retries"]),
    ("AWS::Lambda::EventInvokeConfig", "DestinationConfig/OnSuccess", &["on_success"]),
    ("AWS::ApiGatewayV2::Route", "RouteKey", &["http", "route"]),
    ("AWS::ApiGatewayV2::Route", "AuthorizationType", &["http", "auth"]),
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings", &["http"]),
    ("AWS::Scheduler::Schedule", "ScheduleExpression", &["schedule"]),
    ("AWS::Logs::LogGroup", "LogGroupName", &["name"]),
];

/// Finds what a rendered template's places come from.
pub struct Origins<'a> {
    stack: &'a Stack,
    resources: Vec<Resource>,
}

impl<'a> Origins<'a> {
    pub fn of(stack: &'a Stack) -> Self {
        Self { stack, resources: resources(&stack.file) }
    }

    /// Returns the place in the stack file from which `path` in the template comes, such as `Resources`, `Orders`,
    /// `Properties`, `ShardCount`. What a project's own template adds comes from nowhere.
    pub fn place(&self, path: &[String]) -> Option<Span> {
        match path {
            [section, name, rest @ ..] if section == "Resources" => self.resource(name, rest),
            [section, name, ..] if section == "Outputs" => {
                let logical_id =
                    ["Name", "Arn", "Url"].iter().find_map(|ending| name.strip_suffix(ending))?;
                self.resource(logical_id, &[])
            }
            [section, name, ..] if section == "Parameters" => {
                let parameters = parameters(&self.stack.file);
                let parameter = parameters.into_iter().find(|parameter| parameter.name == *name)?;
                self.stack.nearest_place(&parameter.block)
            }
            [section] if section == "Description" => self.stack.place_of(&["description"]),
            _ => None,
        }
    }

    fn resource(&self, logical_id: &str, rest: &[String]) -> Option<Span> {
        let resource = self.resources.iter().find(|resource| resource.logical_id == logical_id)?;
        let key = match rest {
            [section, property @ ..] if section == "Properties" => self.property(resource, property),
            _ => None,
        };
        key.or_else(|| self.stack.nearest_place(&resource.cause))
    }

    /// Returns the place of the key that gives a property its value, when it was written.
    fn property(&self, resource: &Resource, property: &[String]) -> Option<Span> {
        let property = property.join("/");
        let candidates = KEYS.iter().filter(|(resource_type, prefix, _)| {
            let rest = property.strip_prefix(prefix);
            *resource_type == resource.resource_type
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        candidates.into_iter().find_map(|(_, prefix, key)| {
            let mut way = resource.block.clone();
            way.extend(key.iter().map(|key| (*key).to_owned()));
            let deeper = property[prefix.len()..].split('/').filter(|step| !step.is_empty());
            let whole: Vec<String> = way.iter().cloned().chain(deeper.map(str::to_owned)).collect();
            self.stack.place_of(&whole).or_else(|| self.stack.place_of(&way))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::render::render;
    use crate::stack::{load, parse};

    /// A stack that has every key which makes a resource.
    const EVERYTHING: &str = include_str!("../../tests/fixtures/everything.yaml");

    fn all_stacks() -> Vec<Stack> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut stacks: Vec<Stack> = files.map(|path| load(&path, "dev").unwrap()).collect();
        stacks.push(parse(Path::new("everything.yaml"), EVERYTHING, "dev").unwrap());
        stacks
    }

    #[test]
    fn knows_every_resource_and_parameter_of_what_is_rendered() {
        let stacks = all_stacks();
        assert!(stacks.len() > 4);
        for stack in &stacks {
            let template = render(stack, Path::new("/nowhere")).unwrap().to_json().unwrap();
            let rendered: BTreeMap<String, String> = template["Resources"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(logical_id, resource)| (logical_id.clone(), resource["Type"].as_str().unwrap().into()))
                .collect();
            let known: BTreeMap<String, String> = resources(&stack.file)
                .into_iter()
                .map(|resource| (resource.logical_id, resource.resource_type.to_owned()))
                .collect();
            assert_eq!(known, rendered, "{}", stack.path.display());
            let names = |value: &serde_json::Value| -> Vec<String> {
                value.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
            };
            let known: Vec<String> = parameters(&stack.file).into_iter().map(|one| one.name).collect();
            assert_eq!(known, names(&template["Parameters"]));
        }
    }

    #[test]
    fn finds_a_place_for_everything_that_is_rendered() {
        for stack in &all_stacks() {
            let template = render(stack, Path::new("/nowhere")).unwrap().to_json().unwrap();
            let origins = Origins::of(stack);
            for section in ["Parameters", "Resources", "Outputs"] {
                let members = template[section].as_object().into_iter().flat_map(|members| members.keys());
                for name in members {
                    let path = [section.to_owned(), name.clone()];
                    assert!(origins.place(&path).is_some_and(|span| span.end > span.start), "{path:?}");
                }
            }
        }
    }

    #[test]
    fn names_only_properties_that_are_rendered() {
        let stack = parse(Path::new("everything.yaml"), EVERYTHING, "dev").unwrap();
        let template = render(&stack, Path::new("/nowhere")).unwrap().to_json().unwrap();
        for (resource_type, property, _) in KEYS {
            let pointer = format!("/Properties/{property}");
            let mut resources = template["Resources"].as_object().unwrap().values();
            let is_rendered =
                |one: &serde_json::Value| one["Type"] == resource_type && one.pointer(&pointer).is_some();
            assert!(resources.any(is_rendered), "{resource_type} {property}");
        }
    }

    #[test]
    fn points_at_the_key_that_gives_a_property_its_value() {
        let stack = parse(Path::new("everything.yaml"), EVERYTHING, "dev").unwrap();
        let origins = Origins::of(&stack);
        let shown = |path: &str| {
            let path: Vec<String> = path.split('/').map(str::to_owned).collect();
            let span = origins.place(&path).unwrap();
            &stack.source[span.start..span.end]
        };
        assert_eq!(shown("Resources/Orders/Properties/ShardCount"), "shards: 2");
        assert_eq!(shown("Resources/Orders"), "orders");
        let s3 = "Resources/OrdersToS3/Properties/ExtendedS3DestinationConfiguration";
        assert_eq!(shown(&format!("{s3}/BufferingHints/IntervalInSeconds")), "interval: 60s");
        assert_eq!(shown(&format!("{s3}/ProcessingConfiguration/Processors/0")), "transform: clean");
        assert_eq!(shown("Resources/CountFromOrders/Properties/BatchSize"), "batch: 10");
        assert_eq!(shown("Resources/CountFromOrders/Properties/FunctionName"), "reads");
        assert_eq!(shown("Resources/Count/Properties/Environment/Variables/LIMIT"), "LIMIT: \"5\"");
        // The environment has the last word.
        assert_eq!(shown("Resources/Count/Properties/MemorySize"), "memory: 256MiB");
        assert_eq!(shown("Outputs/OrdersName"), "orders");
        assert!(origins.place(&["Resources".to_owned(), "Stranger".to_owned()]).is_none());
    }
}
