//! # E2529: a log group has no more subscription filters than CloudWatch Logs takes
//!
//! ```yaml
//! First: {Type: AWS::Logs::SubscriptionFilter, Properties: {LogGroupName: orders, …}}
//! Third: {Type: AWS::Logs::SubscriptionFilter, Properties: {LogGroupName: orders, …}}
//! ```
//!
//! A log group has five at most; cfn-lint counts so, and CloudWatch Logs'
//! [quotas](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html) say how many exactly. Send the
//! records of one filter to a stream, and read that as often as is needed.

use crate::lint::{Context, Findings, Level, Rule};
use std::collections::BTreeMap;

pub(super) const RULE: Rule = Rule {
    id: "E2529",
    level: Level::Error,
    summary: "a log group has no more subscription filters than CloudWatch Logs takes",
    source: include_str!("subscription_filters.rs"),
    check,
};

const MOST: usize = 5;

fn check(context: &Context<'_>, findings: &mut Findings) {
    let mut groups: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for (logical_id, resource) in &context.template.resources {
        let mut add = |value: Option<&serde_json::Value>, below: &[&str]| {
            let Some(name) = value.and_then(|properties| properties.get("LogGroupName")) else { return };
            let path =
                ["Resources", logical_id.as_str(), "Properties"].into_iter().chain(below.iter().copied());
            let path = path.chain(["LogGroupName"]).map(str::to_owned).collect();
            groups.entry(name.to_string()).or_default().push(path);
        };
        match resource.resource_type.as_str() {
            "AWS::Logs::SubscriptionFilter" => add(Some(&resource.properties), &[]),
            "AWS::Serverless::Function" => {
                let events = resource.properties.get("Events").and_then(|events| events.as_object());
                for (name, event) in events.into_iter().flatten() {
                    if event.get("Type").is_some_and(|one| one == "CloudWatchLogs") {
                        add(event.get("Properties"), &["Events", name, "Properties"]);
                    }
                }
            }
            _ => {}
        }
    }
    for paths in groups.values().filter(|paths| paths.len() > MOST) {
        let path = &paths[2];
        let message = format!("this log group has {} subscription filters, and can have {MOST}", paths.len());
        findings.add(message, None, context.template.place(path), path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(count: usize) -> String {
        let filter = |index: usize| {
            format!(
                "  F{index}: {{Type: AWS::Logs::SubscriptionFilter, Properties: {{LogGroupName: orders}}}}\n"
            )
        };
        format!("Resources:\n{}", (0..count).map(filter).collect::<String>())
    }

    #[test]
    fn trips_on_a_sixth() {
        assert_eq!(findings("E2529", &template(6)).len(), 1);
    }

    #[test]
    fn is_fine_with_five() {
        assert_eq!(findings("E2529", &template(5)), [""; 0]);
    }
}
