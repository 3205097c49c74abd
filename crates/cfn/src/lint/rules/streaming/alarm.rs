//! Alarms on metrics that AWS publishes: H1901 to H1903, each with its page.

use super::metrics::{NAMESPACES, Namespace, OTHERS};
use crate::access::{Access, Gives, reference_gives};
use crate::lint::{Context, Findings, did_you_mean};
use serde_json::Value;

/// Dimensions with the types that have them, and what of a resource they are.
const OF_RESOURCES: &[(&str, &[&str], Gives)] = &[
    ("ApiId", &["AWS::ApiGatewayV2::Api"], Gives::Id),
    ("DeliveryStreamName", &["AWS::KinesisFirehose::DeliveryStream"], Gives::Name),
    (
        "FunctionName",
        &["AWS::Lambda::Function", "AWS::Serverless::Function", "AWS::Lambda::Alias"],
        Gives::Name,
    ),
    ("QueueName", &["AWS::SQS::Queue"], Gives::Name),
    ("StreamName", &["AWS::Kinesis::Stream"], Gives::Name),
    ("TopicName", &["AWS::SNS::Topic"], Gives::Name),
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        if resource.resource_type != "AWS::CloudWatch::Alarm" {
            continue;
        }
        let path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
        metric(context, findings, &resource.properties, &path);
        let metrics = resource.properties.get("Metrics").and_then(Value::as_array);
        for (index, query) in metrics.into_iter().flatten().enumerate() {
            if let Some(one) = query.pointer("/MetricStat/Metric") {
                let steps =
                    ["Metrics".to_owned(), index.to_string(), "MetricStat".to_owned(), "Metric".to_owned()];
                metric(context, findings, one, &path.iter().cloned().chain(steps).collect::<Vec<_>>());
            }
        }
    }
}

fn metric(context: &Context<'_>, findings: &mut Findings, metric: &Value, path: &[String]) {
    let Some(name) = metric.get("Namespace").and_then(Value::as_str) else { return };
    let known = NAMESPACES.iter().find(|namespace| namespace.name == name);
    match (findings.rule, known) {
        ("H1901", None) => namespace(context, findings, name, path),
        ("H1901", Some(namespace)) => {
            let metric = metric.get("MetricName").and_then(Value::as_str);
            if let Some(metric) = metric.filter(|metric| !namespace.has(metric)) {
                let help = near(namespace, metric);
                add(
                    context,
                    findings,
                    (format!("`{name}` has no metric `{metric}`"), help),
                    path,
                    &["MetricName"],
                );
            }
        }
        (_, Some(namespace)) => dimensions(context, findings, namespace, metric, path),
        _ => {}
    }
}

fn near(namespace: &Namespace, metric: &str) -> Option<String> {
    let whole: Vec<&str> = namespace.metrics.iter().copied().filter(|known| !known.ends_with('.')).collect();
    did_you_mean(metric, &whole)
}

fn add(
    context: &Context<'_>,
    findings: &mut Findings,
    said: (String, Option<String>),
    path: &[String],
    steps: &[&str],
) {
    let path: Vec<String> = path.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect();
    findings.add(said.0, said.1, context.template.place(&path), &path);
}

/// Finds a namespace that looks like one of AWS's and is none.
fn namespace(context: &Context<'_>, findings: &mut Findings, name: &str, path: &[String]) {
    if OTHERS.contains(&name) {
        return;
    }
    let all: Vec<&str> =
        NAMESPACES.iter().map(|namespace| namespace.name).chain(OTHERS.iter().copied()).collect();
    let same = all
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .map(|known| format!("did you mean `{known}`?"));
    let help = match name {
        "AWS/KinesisFirehose" | "AWS/DataFirehose" | "AWS/KinesisDataFirehose" => {
            Some("it is `AWS/Firehose`".to_owned())
        }
        "AWS/KinesisStreams" | "AWS/KinesisDataStreams" => Some("it is `AWS/Kinesis`".to_owned()),
        "AWS/APIGatewayV2" | "AWS/ApiGatewayV2" => Some("it is `AWS/ApiGateway`".to_owned()),
        "AWS/StepFunctions" => Some("it is `AWS/States`".to_owned()),
        "AWS/EventBridge" => Some("it is `AWS/Events`".to_owned()),
        "AWS/OpenSearch" | "AWS/Elasticsearch" => Some("it is `AWS/ES`".to_owned()),
        _ if name.starts_with("AWS/") => same.or_else(|| did_you_mean(name, &all)),
        _ => same,
    };
    if help.is_some() {
        add(context, findings, (format!("AWS publishes nothing under `{name}`"), help), path, &["Namespace"]);
    }
}

fn dimensions(
    context: &Context<'_>,
    findings: &mut Findings,
    namespace: &Namespace,
    metric: &Value,
    path: &[String],
) {
    let name = namespace.name;
    let Some(dimensions) =
        metric.get("Dimensions").map_or(Some(&[][..]), |given| given.as_array().map(Vec::as_slice))
    else {
        return;
    };
    let mut names = Vec::new();
    for (index, dimension) in dimensions.iter().enumerate() {
        let Some(given) = dimension.get("Name").and_then(Value::as_str) else { return };
        names.push(given);
        let index = index.to_string();
        if findings.rule == "H1902" && !namespace.dimensions.contains(&given) {
            let help = did_you_mean(given, namespace.dimensions)
                .unwrap_or_else(|| format!("it has {}", namespace.dimensions.join(", ")));
            let message = format!("metrics of `{name}` have no dimension `{given}`");
            add(context, findings, (message, Some(help)), path, &["Dimensions", &index, "Name"]);
        }
        if findings.rule == "H1903"
            && let Some(value) = dimension.get("Value")
            && let Some(said) = value_fault(context, given, value)
        {
            add(context, findings, said, path, &["Dimensions", &index, "Value"]);
        }
    }
    let is_spoken_for = names.iter().any(|name| namespace.needed.contains(name));
    let all_known = names.iter().all(|name| namespace.dimensions.contains(name));
    if findings.rule == "H1902" && !namespace.needed.is_empty() && !is_spoken_for && all_known {
        let message = format!("metrics of `{name}` have the dimension {}", namespace.needed.join(" or "));
        let step = if metric.get("Dimensions").is_some() { "Dimensions" } else { "MetricName" };
        add(context, findings, (message, None), path, &[step]);
    }
}

/// Says why a value is surely not that of a dimension.
fn value_fault(context: &Context<'_>, dimension: &str, value: &Value) -> Option<(String, Option<String>)> {
    let (_, types, wanted) = OF_RESOURCES.iter().find(|(name, ..)| *name == dimension)?;
    let reference = value.get("Ref").and_then(Value::as_str);
    if let Some((name, resource)) = context.access().led_to(value) {
        let known = resource.resource_type.as_str();
        let is_aws = known.starts_with("AWS::") && !known.starts_with("AWS::CloudFormation::");
        if is_aws && !types.contains(&known) && reference.is_some() {
            return Some((
                format!("`{dimension}` is not that of `{name}`, which is of the type {known}"),
                None,
            ));
        }
        if reference.is_some()
            && known != "AWS::Lambda::Alias"
            && reference_gives(known).is_some_and(|gives| gives != *wanted)
        {
            let help = match known {
                "AWS::SQS::Queue" => Some(format!("write `!GetAtt {name}.QueueName`")),
                "AWS::SNS::Topic" => Some(format!("write `!GetAtt {name}.TopicName`")),
                _ => None,
            };
            return Some((format!("`{dimension}` wants a name, which `Ref` does not give of {known}"), help));
        }
    }
    let texts = context.access().texts(value);
    let text = texts.iter().find(|text| text.starts_with("arn:") || text.starts_with("https://"))?;
    Some((format!("`{dimension}` wants a name, and gets `{}`", Access::shown(text)), None))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(alarm: &str) -> String {
        format!(
            "Resources:\n  F: {{Type: AWS::Lambda::Function}}\n  Q: {{Type: AWS::SQS::Queue}}\n  A: {{Type: AWS::CloudWatch::Alarm, Properties: {{{alarm}}}}}\n"
        )
    }

    #[test]
    fn trips_on_what_nobody_publishes() {
        for (rule, alarm) in [
            ("H1901", "Namespace: AWS/Lambda, MetricName: Error"),
            ("H1901", "Namespace: AWS/Lamda, MetricName: Errors"),
            ("H1901", "Namespace: AWS/KinesisFirehose, MetricName: IncomingRecords"),
            (
                "H1902",
                "Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: Function, Value: !Ref F}]",
            ),
            ("H1902", "Namespace: AWS/SQS, MetricName: SentMessageSize"),
            (
                "H1903",
                "Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !GetAtt F.Arn}]",
            ),
            (
                "H1903",
                "Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Q}]",
            ),
            (
                "H1903",
                "Namespace: AWS/SQS, MetricName: SentMessageSize, Dimensions: [{Name: QueueName, Value: !Ref Q}]",
            ),
        ] {
            assert_eq!(findings(rule, &template(alarm)).len(), 1, "{alarm}");
        }
    }

    #[test]
    fn is_fine_with_what_is_published_and_with_ones_own() {
        for alarm in [
            "Namespace: AWS/Firehose, MetricName: DeliveryToS3.Success, Dimensions: [{Name: DeliveryStreamName, Value: !Ref P}]",
            "Namespace: AWS/SQS, MetricName: SentMessageSize, Dimensions: [{Name: QueueName, Value: !GetAtt Q.QueueName}]",
            "Namespace: Orders, MetricName: Lost, Dimensions: [{Name: X, Value: y}]",
            "Namespace: AWS/Lambda, MetricName: Errors",
            "Namespace: AWS/EC2, MetricName: CPUUtilization, Dimensions: [{Name: InstanceId, Value: !Ref I}]",
        ] {
            for rule in ["H1901", "H1902", "H1903"] {
                assert_eq!(findings(rule, &template(alarm)), [""; 0], "{rule} {alarm}");
            }
        }
    }
}
