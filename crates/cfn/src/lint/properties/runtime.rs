//! How long a Lambda function's runtime lives: W2531, E2531 and E2533, each with its page.
//!
//! The day that counts is that of the schemas' data, so that the same template always gives the same findings.

use super::of_resource::OfResource;
use super::places;
use crate::lint::Level;
use crate::{runtimes, schema};
use serde_json::Value;

/// Checks the runtime of a function.
pub(super) fn check(resource: &mut OfResource<'_, '_>, properties: &Value) {
    if !matches!(resource.type_name, "AWS::Lambda::Function" | "AWS::Serverless::Function") {
        return;
    }
    let today = schema::source().date.get(..10).unwrap_or_default();
    let passed = |date: Option<&'static str>| date.filter(|date| *date <= today);
    places::visit(properties, "Runtime", &mut |way, value| {
        places::outcomes(value, way, &mut |way, value| {
            let Some(runtime) = value.as_str().and_then(runtimes::of) else { return };
            let (rule, what, date) = match (passed(runtime.update_blocked), passed(runtime.create_blocked)) {
                (Some(date), _) => ("E2533", "no function with it can be changed since", date),
                (None, Some(date)) => ("E2531", "no function can be made with it since", date),
                (None, None) => match passed(runtime.deprecated) {
                    Some(date) => ("W2531", "AWS mends nothing in it since", date),
                    None => return,
                },
            };
            let level = if rule == "W2531" { Level::Warning } else { Level::Error };
            let help = runtime.successor.map(|successor| format!("take `{successor}`"));
            let message = format!("the runtime `{}` has ended: {what} {date}", runtime.name);
            // One that a parameter names is shown where it is of use, as cfn-lint does.
            resource.add(rule, level, message, help, way, "format");
        });
    });
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_where_the_serverless_transform_is_forgotten() {
        let template =
            "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs6.10}}\n";
        assert_eq!(findings("E2533", template).len(), 1);
    }

    #[test]
    fn is_fine_with_a_runtime_that_lives() {
        let template =
            "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.13}}\n";
        assert_eq!(findings("E2533", template), [""; 0]);
    }
}
