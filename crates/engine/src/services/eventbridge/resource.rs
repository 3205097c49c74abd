//! `AWS::Events::Rule`: a rule with its targets as CloudFormation makes, changes and deletes them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::operations::{PutRule, Tag};
use super::rule::Target;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, live, tag_list};

pub struct RuleResource;

/// What a template says of a rule.
struct Wanted {
    rule: PutRule,
    targets: Vec<Target>,
}

impl Wanted {
    fn read(request: &ResourceRequest<'_>, name: String) -> Result<Self, AwsError> {
        let pattern = match request.properties.get("EventPattern") {
            Some(Value::String(text)) => Some(text.clone()),
            Some(pattern) => Some(pattern.to_string()),
            None => None,
        };
        let targets = request.properties.get("Targets").cloned().unwrap_or_else(|| json!([]));
        let targets = serde_json::from_value(targets)
            .map_err(|error| AwsError::new("ValidationException", error.to_string()))?;
        let text = |property: &str| request.text(property).map(str::to_owned);
        let tags = request.all_tags();
        let rule = PutRule {
            name: Some(name),
            schedule_expression: text("ScheduleExpression"),
            event_pattern: pattern,
            state: text("State"),
            description: text("Description"),
            role_arn: text("RoleArn"),
            event_bus_name: text("EventBusName"),
            tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        };
        Ok(Self { rule, targets })
    }

    /// Makes the rule what is wanted, and its targets exactly those that are named.
    fn apply(self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let bus = &aws.services.eventbridge;
        let name = self.rule.name.clone().unwrap_or_default();
        self.targets.iter().try_for_each(Target::check)?;
        let arn = bus.put_rule(aws, request.caller, self.rule)?;
        if !self.targets.is_empty() {
            let iam = &aws.services.iam;
            iam.authorize(request.caller, "events:PutTargets", &arn, None, &[])?;
        }
        bus.change(request.caller, &name, |rule| {
            rule.targets.retain(|known| self.targets.iter().any(|target| target.id == known.id));
            Ok(())
        })?;
        bus.put_targets(aws, request.caller, &name, &self.targets)?;
        Ok(Resource::new(&*name, [("Arn", json!(arn)), ("RuleName", json!(name))]))
    }
}

#[async_trait]
impl ResourceType for RuleResource {
    fn type_name(&self) -> &'static str {
        "AWS::Events::Rule"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "Description",
            "EventBusName",
            "EventPattern",
            "Name",
            "ScheduleExpression",
            "State",
            "Tags",
            "Targets",
        ]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["RoleArn"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let name = request.name("Name", 64);
        let wanted = Wanted::read(request, name.clone())?;
        let existing = aws.services.eventbridge.rule(request.caller, &name);
        if existing.is_ok_and(|existing| !request.has_made(&existing.tags)) {
            return Err(AwsError::new("AlreadyExists", format!("{name} already exists")));
        }
        wanted.apply(aws, request)
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        Wanted::read(request, physical_id.to_owned())?.apply(aws, request)
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let bus = &aws.services.eventbridge;
        let arn = request.caller.arn("events", format_args!("rule/{physical_id}"));
        aws.services.iam.authorize(request.caller, "events:DeleteRule", &arn, None, &[])?;
        let emptied = bus.change(request.caller, physical_id, |rule| {
            rule.targets.clear();
            Ok(())
        });
        let deleted = emptied.and_then(|()| bus.delete_rule(request.caller, physical_id));
        gone_is_fine(deleted, "ResourceNotFoundException")
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let arn = request.caller.arn("events", format_args!("rule/{physical_id}"));
        aws.services.iam.authorize(request.caller, "events:DescribeRule", &arn, None, &[])?;
        let rule = aws.services.eventbridge.rule(request.caller, physical_id);
        let rule = live(rule, "ResourceNotFoundException")?;
        Ok(rule.map(|rule| {
            let pattern = rule
                .pattern
                .as_ref()
                .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())));
            json!({
                "Name": rule.name,
                "Description": rule.description,
                "EventBusName": request.properties["EventBusName"],
                "EventPattern": pattern,
                "ScheduleExpression": rule.schedule,
                "State": if rule.is_enabled { "ENABLED" } else { "DISABLED" },
                "RoleArn": rule.role_arn,
                "Targets": rule.targets,
                "Tags": tag_list(&rule.tags),
            })
        }))
    }
}
