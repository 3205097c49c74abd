//! EventBridge's operations, from JSON to rules and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::EventBridge;
use super::firing::envelope;
use super::rule::{Rule, Target};
use super::tags;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::pattern;
use crate::schedule::Recurrence;
use crate::wire::constraints::Constraints;
use crate::wire::json::{Call, Reply};

/// Largest event, in bytes.
const ENTRY_BYTES: usize = 1 << 20;
const TARGETS_OF_A_RULE: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PutRule {
    pub name: Option<String>,
    pub schedule_expression: Option<String>,
    pub event_pattern: Option<String>,
    pub state: Option<String>,
    pub description: Option<String>,
    pub role_arn: Option<String>,
    pub event_bus_name: Option<String>,
    pub tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// The members of the operations that name a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Named {
    name: Option<String>,
    rule: Option<String>,
    event_bus_name: Option<String>,
    targets: Vec<Target>,
    ids: Vec<String>,
    name_prefix: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TestEventPattern {
    event_pattern: Option<String>,
    event: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    resources: Vec<String>,
    time: Option<f64>,
    event_bus_name: Option<String>,
}

impl Named {
    fn rule_name(&self) -> Result<&str, AwsError> {
        let name = self.name.as_deref().or(self.rule.as_deref());
        let mut check = Constraints::default();
        check.present("name", name.is_some());
        check.name("name", name, 64);
        check.finish()?;
        check_bus(self.event_bus_name.as_deref())?;
        Ok(name.unwrap_or_default())
    }
}

/// Refuses every event bus but the default one.
pub fn check_bus(name: Option<&str>) -> Result<(), AwsError> {
    match name {
        None | Some("default") => Ok(()),
        Some(arn) if arn.starts_with("arn:") && arn.ends_with(":event-bus/default") => Ok(()),
        Some(name) => Err(AwsError::not_supported(format_args!("the event bus `{name}`"))),
    }
}

/// The operations that [`answer`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "DeleteRule",
    "DescribeRule",
    "DisableRule",
    "EnableRule",
    "ListRules",
    "ListTagsForResource",
    "ListTargetsByRule",
    "PutEvents",
    "PutRule",
    "PutTargets",
    "RemoveTargets",
    "TagResource",
    "TestEventPattern",
    "UntagResource",
];

pub fn answer(bus: &EventBridge, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    if call.operation == "PutRule" {
        let arn = bus.put_rule(aws, caller, call.input()?)?;
        return Reply::of(&json!({"RuleArn": arn}));
    }
    if call.operation == "PutEvents" {
        return bus.put_events(aws, caller, call.input()?);
    }
    if call.operation == "TestEventPattern" {
        return test_pattern(aws, caller, &call.input()?);
    }
    if matches!(call.operation.as_str(), "ListTagsForResource" | "TagResource" | "UntagResource") {
        return tags::answer(bus, aws, caller, call);
    }
    if !OPERATIONS.contains(&call.operation.as_str()) {
        return Err(call.unknown());
    }
    let input: Named = call.input()?;
    if call.operation == "ListRules" {
        return bus.list_rules(aws, caller, &input);
    }
    let name = input.rule_name()?;
    let action = format!("events:{}", call.operation);
    authorize(aws, caller, &action, name)?;
    match call.operation.as_str() {
        "DescribeRule" => {
            let mut shown = show(&bus.rule(caller, name)?);
            shown["CreatedBy"] = caller.account.as_str().into();
            Reply::of(&shown)
        }
        "EnableRule" => bus.switch(aws, caller, name, true),
        "DisableRule" => bus.switch(aws, caller, name, false),
        "DeleteRule" => bus.delete_rule(caller, name).map(|()| Reply::empty()),
        "PutTargets" => {
            bus.put_targets(aws, caller, name, &input.targets)?;
            Reply::of(&json!({"FailedEntryCount": 0, "FailedEntries": []}))
        }
        "RemoveTargets" => {
            bus.change(caller, name, |rule| {
                rule.targets.retain(|target| !input.ids.contains(&target.id));
                Ok(())
            })?;
            Reply::of(&json!({"FailedEntryCount": 0, "FailedEntries": []}))
        }
        _ => Reply::of(&json!({"Targets": bus.rule(caller, name)?.targets})),
    }
}

/// Says whether an event that is given whole matches a pattern.
fn test_pattern(aws: &Aws, caller: &Caller, input: &TestEventPattern) -> Result<Reply, AwsError> {
    let mut check = Constraints::default();
    check.present("eventPattern", input.event_pattern.is_some());
    check.present("event", input.event.is_some());
    check.finish()?;
    aws.services.iam.authorize(caller, "events:TestEventPattern", "*", None, &[])?;
    let pattern = pattern::parse(input.event_pattern.as_deref().unwrap_or_default())?;
    let event: Option<Value> = serde_json::from_str(input.event.as_deref().unwrap_or_default()).ok();
    let event = event.filter(Value::is_object).ok_or_else(|| {
        AwsError::new("ValidationException", "Parameter Event is not valid. Reason: Event is not valid JSON.")
    })?;
    let missing = ["id", "account", "source", "time", "region", "resources", "detail-type"]
        .into_iter()
        .find(|name| event.get(name).is_none());
    if let Some(name) = missing {
        // Not confirmed on AWS: the wording. Its documentation names these members as required.
        let message = format!("Parameter Event is not valid. Reason: Field {name} is required.");
        return Err(AwsError::new("ValidationException", message));
    }
    Reply::of(&json!({"Result": pattern::matches(&pattern, &event)}))
}

fn authorize(aws: &Aws, caller: &Caller, action: &str, rule: &str) -> Result<(), AwsError> {
    let arn = caller.arn("events", format_args!("rule/{rule}"));
    aws.services.iam.authorize(caller, action, &arn, None, &[])
}

/// Returns a rule as answers show it.
fn show(rule: &Rule) -> Value {
    let state = if rule.is_enabled { "ENABLED" } else { "DISABLED" };
    let mut shown = json!({"Name": rule.name, "Arn": rule.arn(), "State": state, "EventBusName": "default"});
    let optional = [
        ("EventPattern", &rule.pattern),
        ("ScheduleExpression", &rule.schedule),
        ("Description", &rule.description),
        ("RoleArn", &rule.role_arn),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            shown[name] = value.as_str().into();
        }
    }
    shown
}

impl PutRule {
    fn check(&self) -> Result<(), AwsError> {
        let mut check = Constraints::default();
        check.present("name", self.name.is_some());
        check.name("name", self.name.as_deref(), 64);
        check.one_of("state", self.state.as_deref(), &["ENABLED", "DISABLED"]);
        check.text("description", self.description.as_deref(), 0, 512);
        check.finish()?;
        check_bus(self.event_bus_name.as_deref())?;
        let invalid = |message: &str| Err(AwsError::new("ValidationException", message));
        if self.schedule_expression.is_none() && self.event_pattern.is_none() {
            return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
        }
        if self.schedule_expression.as_deref().is_some_and(|text| Recurrence::parse(text).is_none()) {
            return invalid("Parameter ScheduleExpression is not valid.");
        }
        self.event_pattern.as_deref().map_or(Ok(()), |text| pattern::parse(text).map(drop))
    }
}

impl EventBridge {
    /// Makes or replaces a rule and returns its ARN; its targets stay. Needs `events:PutRule`.
    pub(super) fn put_rule(&self, aws: &Aws, caller: &Caller, input: PutRule) -> Result<String, AwsError> {
        input.check()?;
        let name = input.name.unwrap_or_default();
        authorize(aws, caller, "events:PutRule", &name)?;
        let now = aws.clock.now();
        let mut rules = self.rules();
        let key = format!("{}{name}", caller.scope());
        let existing = rules.get(&key);
        let is_enabled = input.state.as_deref() != Some("DISABLED");
        let unchanged = existing
            .filter(|rule| rule.schedule == input.schedule_expression && rule.is_enabled && is_enabled);
        let (anchor, fired) = unchanged.map_or((now, now), |rule| (rule.anchor, rule.fired));
        let tags: BTreeMap<_, _> = input.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let rule = Rule {
            name,
            account: caller.account.clone(),
            region: caller.region.clone(),
            description: input.description,
            schedule: input.schedule_expression,
            pattern: input.event_pattern,
            is_enabled,
            role_arn: input.role_arn,
            targets: existing.map(|rule| rule.targets.clone()).unwrap_or_default(),
            tags: if tags.is_empty() {
                existing.map(|rule| rule.tags.clone()).unwrap_or_default()
            } else {
                tags
            },
            anchor,
            fired,
        };
        self.table.put(&key, &rule)?;
        let arn = rule.arn();
        rules.insert(key, rule);
        drop(rules);
        self.changed.notify_one();
        Ok(arn)
    }

    fn switch(&self, aws: &Aws, caller: &Caller, name: &str, is_enabled: bool) -> Result<Reply, AwsError> {
        let now = aws.clock.now();
        self.change(caller, name, |rule| {
            if is_enabled && !rule.is_enabled {
                (rule.anchor, rule.fired) = (now, now);
            }
            rule.is_enabled = is_enabled;
            Ok(Reply::empty())
        })
    }

    /// Deletes a rule without targets; one that is gone already is deleted as well.
    pub(super) fn delete_rule(&self, caller: &Caller, name: &str) -> Result<(), AwsError> {
        let mut rules = self.rules();
        let key = format!("{}{name}", caller.scope());
        if rules.get(&key).is_some_and(|rule| !rule.targets.is_empty()) {
            let message = "Rule can't be deleted since it has targets.";
            return Err(AwsError::new("ValidationException", message));
        }
        self.table.remove(&key)?;
        rules.remove(&key);
        Ok(())
    }

    /// Adds targets to a rule, or replaces those with the same id.
    pub(super) fn put_targets(
        &self,
        aws: &Aws,
        caller: &Caller,
        name: &str,
        targets: &[Target],
    ) -> Result<(), AwsError> {
        for target in targets {
            target.check()?;
            if let Some(role_arn) = &target.role_arn {
                let context = [("iam:PassedToService", "events.amazonaws.com")];
                aws.services.iam.authorize(caller, "iam:PassRole", role_arn, None, &context)?;
            }
        }
        self.change(caller, name, |rule| {
            for target in targets {
                rule.targets.retain(|known| known.id != target.id);
                rule.targets.push(target.clone());
            }
            if rule.targets.len() > TARGETS_OF_A_RULE {
                let message = "The requested resource exceeds the maximum number allowed.";
                return Err(AwsError::new("LimitExceededException", message));
            }
            Ok(())
        })
    }

    fn list_rules(&self, aws: &Aws, caller: &Caller, input: &Named) -> Result<Reply, AwsError> {
        check_bus(input.event_bus_name.as_deref())?;
        authorize(aws, caller, "events:ListRules", "*")?;
        let prefix = format!("{}{}", caller.scope(), input.name_prefix.as_deref().unwrap_or_default());
        let after = input.next_token.clone().unwrap_or_default();
        let limit = input.limit.unwrap_or(100).clamp(1, 100);
        let rules = self.rules();
        let mut found = rules
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .map(|(_, rule)| rule)
            .filter(|rule| rule.name > after);
        let page: Vec<&Rule> = found.by_ref().take(limit).collect();
        let mut output = json!({"Rules": page.iter().map(|rule| show(rule)).collect::<Vec<_>>()});
        if found.next().is_some() {
            output["NextToken"] = page.last().map(|rule| rule.name.as_str()).into();
        }
        Reply::of(&output)
    }

    fn put_events(&self, aws: &Aws, caller: &Caller, input: PutEvents) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.length("entries", "entries", input.entries.len(), 1, 10);
        check.finish()?;
        let arn = caller.arn("events", "event-bus/default");
        aws.services.iam.authorize(caller, "events:PutEvents", &arn, None, &[])?;
        let mut failed = 0;
        let mut entries = Vec::new();
        for entry in input.entries {
            check_bus(entry.event_bus_name.as_deref())?;
            match entry.event(caller, aws.clock.now()) {
                Ok(event) => {
                    let id = self.route(caller, &event, aws.clock.now())?;
                    entries.push(json!({"EventId": id}));
                }
                Err(refusal) => {
                    failed += 1;
                    entries.push(json!({"ErrorCode": refusal.code, "ErrorMessage": refusal.message}));
                }
            }
        }
        Reply::of(&json!({"FailedEntryCount": failed, "Entries": entries}))
    }
}

impl Entry {
    fn event(&self, caller: &Caller, now: Timestamp) -> Result<Value, AwsError> {
        let invalid = |message: String| AwsError::new("InvalidArgument", message);
        let present = |name: &str, value: &Option<String>| match value {
            Some(value) if !value.is_empty() => Ok(value.clone()),
            _ => {
                Err(invalid(format!("Parameter {name} is not valid. Reason: {name} is a required argument.")))
            }
        };
        let source = present("Source", &self.source)?;
        let detail_type = present("DetailType", &self.detail_type)?;
        let detail = present("Detail", &self.detail)?;
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.";
            return Err(AwsError::new("NotAuthorizedForSourceException", message));
        }
        if source.len() + detail_type.len() + detail.len() > ENTRY_BYTES {
            return Err(invalid("Total size of the entries in the request is over the limit.".to_owned()));
        }
        let detail: Value = serde_json::from_str(&detail)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| AwsError::new("MalformedDetail", "Detail is malformed."))?;
        let time = self.time.map_or(now, |seconds| Timestamp((seconds * 1000.0) as i64));
        Ok(envelope(caller, &source, &detail_type, &self.resources, detail, time))
    }
}
