//! How long a Lambda function's runtime lives: W2531, E2531 and E2533, each with its page.
//!
//! The day that counts is that of the schemas' data, so that the same template always gives the same findings.

use crate::lint::{Context, Findings};
use crate::{runtimes, schema};
use serde_json::Value;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let today = schema::source().date.get(..10).unwrap_or_default();
    let passed = |date: Option<&'static str>| date.filter(|date| *date <= today);
    for (logical_id, resource) in &context.template.resources {
        if !matches!(resource.resource_type.as_str(), "AWS::Lambda::Function" | "AWS::Serverless::Function") {
            continue;
        }
        let name = resource.properties.get("Runtime").and_then(Value::as_str);
        let Some(runtime) = name.and_then(runtimes::of) else { continue };
        let (rule, what, date) = match (passed(runtime.update_blocked), passed(runtime.create_blocked)) {
            (Some(date), _) => ("E2533", "no function with it can be changed since", date),
            (None, Some(date)) => ("E2531", "no function can be made with it since", date),
            (None, None) => match passed(runtime.deprecated) {
                Some(date) => ("W2531", "AWS mends nothing in it since", date),
                None => continue,
            },
        };
        if rule == findings.rule {
            let path = ["Resources", logical_id, "Properties", "Runtime"];
            let help = runtime.successor.map(|successor| format!("take `{successor}`"));
            let message = format!("the runtime `{}` has ended: {what} {date}", runtime.name);
            findings.add(message, help, context.template.place(&path), &path);
        }
    }
}
