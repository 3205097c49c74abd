//! Times that two resources must agree on: H1320 and H1321, each with its page.

use super::transforms;
use crate::lint::{Context, Findings};
use crate::template::Resource;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let number = |resource: &Resource, name: &str| {
        let value = resource.properties.get(name)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    };
    for (logical_id, resource) in &context.template.resources {
        let (name, said) = match (findings.rule, resource.resource_type.as_str()) {
            ("H1320", "AWS::Lambda::EventSourceMapping") => {
                let led = |name: &str| context.access().led_to(resource.properties.get(name)?);
                let (Some((queue_id, queue)), Some((function_id, function))) =
                    (led("EventSourceArn"), led("FunctionName"))
                else {
                    continue;
                };
                if queue.resource_type != "AWS::SQS::Queue"
                    || function.resource_type != "AWS::Lambda::Function"
                {
                    continue;
                }
                let default =
                    |resource: &Resource, name: &str, default: f64| match resource.properties.get(name) {
                        None => Some(default),
                        Some(_) => number(resource, name),
                    };
                let seconds =
                    default(queue, "VisibilityTimeout", 30.0).zip(default(function, "Timeout", 3.0));
                let Some((hidden, runs)) = seconds.filter(|(hidden, runs)| hidden < runs) else { continue };
                let message = format!(
                    "messages of `{queue_id}` are hidden for {hidden} s, and `{function_id}` may run for {runs} s"
                );
                let path = match queue.properties.get("VisibilityTimeout") {
                    Some(_) => vec!["Resources", queue_id, "Properties", "VisibilityTimeout"],
                    None => vec!["Resources", logical_id, "Properties", "EventSourceArn"],
                };
                let help = Some("give the queue six times the function's timeout".to_owned());
                findings.add(message, help, context.template.place(&path), &path);
                continue;
            }
            ("H1321", "AWS::Lambda::Function") => {
                let Some(seconds) = number(resource, "Timeout").filter(|seconds| *seconds > 300.0) else {
                    continue;
                };
                if !transforms(context, logical_id) {
                    continue;
                }
                ("Timeout", format!("Firehose waits for 300 s, and `{logical_id}` may run for {seconds} s"))
            }
            _ => continue,
        };
        let path = ["Resources", logical_id, "Properties", name];
        findings.add(said, None, context.template.place(&path), &path);
    }
}
