//! # E3700: a pipeline begins with its sources
//!
//! ```yaml
//! P: {Type: AWS::CodePipeline::Pipeline, Properties: {RoleArn: !GetAtt R.Arn, Stages: [{Name: Build, Actions: [{Name: b, ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: "1"}}]}]}}
//! ```
//!
//! The first stage has actions of the category `Source` and no others, and no other stage has one.
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::seen;
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3700",
    level: Level::Error,
    summary: "a pipeline begins with its sources",
    source: include_str!("source_stage.rs"),
    check,
};

/// The categories of later stages.
const LATER: &[&str] = &["Approval", "Build", "Compute", "Deploy", "Invoke", "Test"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let stages = resource.properties.get("Stages").and_then(Value::as_array);
        let Some(stages) = stages.filter(|_| resource.resource_type == "AWS::CodePipeline::Pipeline") else {
            continue;
        };
        for (index, stage) in stages.iter().enumerate() {
            // A stage that may vanish moves the others up.
            if stage.as_object().is_some_and(|members| seen::function(members).is_some()) {
                break;
            }
            let actions = stage.get("Actions").and_then(Value::as_array).into_iter().flatten().enumerate();
            for (action, value) in actions {
                let category = value.pointer("/ActionTypeId/Category").and_then(Value::as_str);
                let Some(category) = category else { continue };
                let message = match (index, category) {
                    (0, "Source") => continue,
                    (0, _) => {
                        format!("the first stage takes sources, and no action of the category `{category}`")
                    }
                    _ if LATER.contains(&category) => continue,
                    _ => format!("a later stage takes no action of the category `{category}`"),
                };
                let (index, action) = (index.to_string(), action.to_string());
                let path = [
                    "Resources",
                    logical_id,
                    "Properties",
                    "Stages",
                    &index,
                    "Actions",
                    &action,
                    "ActionTypeId",
                    "Category",
                ];
                findings.add(message, None, context.template.place(&path), &path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(first: &str, second: &str) -> String {
        let stage = |category| format!("{{Actions: [{{ActionTypeId: {{Category: {category}}}}}]}}");
        format!(
            "Resources: {{P: {{Type: AWS::CodePipeline::Pipeline, Properties: {{Stages: [{}, {}]}}}}}}",
            stage(first),
            stage(second)
        )
    }

    #[test]
    fn trips_on_a_source_that_is_late_and_a_build_that_is_early() {
        assert_eq!(findings("E3700", &template("Source", "Source")).len(), 1);
        assert_eq!(findings("E3700", &template("Build", "Deploy")).len(), 1);
    }

    #[test]
    fn is_fine_with_sources_first() {
        assert_eq!(findings("E3700", &template("Source", "Build")), [""; 0]);
    }
}
