//! The Scheduler's operations, from paths and JSON to schedules and back.

use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value, json};

use super::Scheduler;
use super::firing::{PRINCIPAL, group_arn};
use super::schedule::{Schedule, Settings, arn_of, check_group};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::constraints::Constraints;
use crate::wire::rest_json::{Call, Reply};

impl Scheduler {
    /// Answers a request.
    pub(super) fn answer(&self, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        match (&call.method, &path[..]) {
            (&Method::GET, ["schedules"]) => self.list(aws, caller, call),
            (&Method::GET, ["schedules", name]) => {
                check_group(call.query("groupName"))?;
                authorize(aws, caller, "scheduler:GetSchedule", name)?;
                Reply::of(200, &show(&self.schedule(caller, name)?))
            }
            (&Method::POST, ["schedules", name]) => {
                let settings = settings(call)?;
                let token = call.input::<Value>()?["ClientToken"].as_str().map(str::to_owned);
                let arn = self.create(aws, caller, name, settings, token)?;
                Reply::of(200, &json!({"ScheduleArn": arn}))
            }
            (&Method::PUT, ["schedules", name]) => {
                let arn = self.update(aws, caller, name, settings(call)?)?;
                Reply::of(200, &json!({"ScheduleArn": arn}))
            }
            (&Method::DELETE, ["schedules", name]) => {
                check_group(call.query("groupName"))?;
                self.delete(aws, caller, name)?;
                Reply::of(200, &json!({}))
            }
            (method, path) => Err(AwsError::not_supported(format_args!(
                "the operation `{method} /{}` of EventBridge Scheduler",
                path.join("/")
            ))),
        }
    }

    /// Makes a schedule and returns its ARN; needs `scheduler:CreateSchedule` and the right to pass its role.
    pub(super) fn create(
        &self,
        aws: &Aws,
        caller: &Caller,
        name: &str,
        settings: Settings,
        client_token: Option<String>,
    ) -> Result<String, AwsError> {
        let now = aws.clock.now();
        check_name(name)?;
        settings.check(now)?;
        authorize(aws, caller, "scheduler:CreateSchedule", name)?;
        check_role(aws, caller, &settings)?;
        let mut schedule = Schedule {
            name: name.to_owned(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            settings,
            created: now,
            modified: now,
            anchor: now,
            fired: None,
            client_token,
        };
        schedule.begin(now);
        let (key, arn) = (schedule.path(), schedule.arn());
        let mut schedules = self.schedules();
        if let Some(existing) = schedules.get(&key) {
            if schedule.client_token.is_some() && existing.client_token == schedule.client_token {
                return Ok(arn);
            }
            let message = format!("Schedule {name} already exists.");
            return Err(AwsError::new("ConflictException", message).status(409));
        }
        self.table.put(&key, &schedule)?;
        schedules.insert(key, schedule);
        drop(schedules);
        self.changed.notify_one();
        Ok(arn)
    }

    /// Replaces everything that a schedule was told; needs `scheduler:UpdateSchedule`.
    pub(super) fn update(
        &self,
        aws: &Aws,
        caller: &Caller,
        name: &str,
        settings: Settings,
    ) -> Result<String, AwsError> {
        let now = aws.clock.now();
        check_name(name)?;
        settings.check(now)?;
        authorize(aws, caller, "scheduler:UpdateSchedule", name)?;
        check_role(aws, caller, &settings)?;
        let mut schedules = self.schedules();
        let key = format!("{}{name}", caller.scope());
        let mut schedule = schedules.get(&key).cloned().ok_or_else(|| not_found(name))?;
        let timing = |settings: &Settings| {
            let zone = settings.schedule_expression_timezone.clone();
            (settings.schedule_expression.clone(), zone, settings.start_date, settings.state.clone())
        };
        let is_new_timing = timing(&schedule.settings) != timing(&settings);
        schedule.settings = settings;
        schedule.modified = now;
        if is_new_timing {
            schedule.begin(now);
        }
        self.table.put(&key, &schedule)?;
        let arn = schedule.arn();
        schedules.insert(key, schedule);
        drop(schedules);
        self.changed.notify_one();
        Ok(arn)
    }

    /// Deletes a schedule; needs `scheduler:DeleteSchedule`.
    pub(super) fn delete(&self, aws: &Aws, caller: &Caller, name: &str) -> Result<(), AwsError> {
        authorize(aws, caller, "scheduler:DeleteSchedule", name)?;
        let mut schedules = self.schedules();
        let key = format!("{}{name}", caller.scope());
        if !schedules.contains_key(&key) {
            return Err(not_found(name));
        }
        self.table.remove(&key)?;
        schedules.remove(&key);
        Ok(())
    }

    pub(super) fn schedule(&self, caller: &Caller, name: &str) -> Result<Schedule, AwsError> {
        let key = format!("{}{name}", caller.scope());
        self.schedules().get(&key).cloned().ok_or_else(|| not_found(name))
    }

    fn list(&self, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        check_group(call.query("ScheduleGroup"))?;
        authorize(aws, caller, "scheduler:ListSchedules", "*")?;
        let prefix = format!("{}{}", caller.scope(), call.query("NamePrefix").unwrap_or_default());
        let after = call.query("NextToken").unwrap_or_default();
        let limit: usize = call.query("MaxResults").and_then(|most| most.parse().ok()).unwrap_or(100);
        let state = call.query("State");
        let schedules = self.schedules();
        let mut found = schedules
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .map(|(_, schedule)| schedule)
            .filter(|schedule| schedule.name.as_str() > after)
            .filter(|schedule| state.is_none_or(|state| state == self::state(schedule)));
        let page: Vec<&Schedule> = found.by_ref().take(limit.clamp(1, 100)).collect();
        let mut output = json!({"Schedules": page.iter().map(|one| summary(one)).collect::<Vec<_>>()});
        if found.next().is_some() {
            output["NextToken"] = page.last().map(|schedule| schedule.name.as_str()).into();
        }
        Reply::of(200, &output)
    }
}

fn settings(call: &Call) -> Result<Settings, AwsError> {
    call.input()
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let mut check = Constraints::default();
    check.name("name", Some(name), 64);
    check.finish()
}

fn not_found(name: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("Schedule {name} does not exist.")).status(404)
}

fn authorize(aws: &Aws, caller: &Caller, action: &str, name: &str) -> Result<(), AwsError> {
    aws.services.iam.authorize(caller, action, &arn_of(caller, name), None, &[])
}

/// Refuses a role that the caller may not hand over, or that the Scheduler may not assume.
fn check_role(aws: &Aws, caller: &Caller, settings: &Settings) -> Result<(), AwsError> {
    let Some(target) = &settings.target else { return Ok(()) };
    let iam = &aws.services.iam;
    let context = [("iam:PassedToService", PRINCIPAL)];
    iam.authorize(caller, "iam:PassRole", &target.role_arn, None, &context)?;
    let source = group_arn(&caller.account, &caller.region);
    let context = [("aws:SourceArn", source.as_str()), ("aws:SourceAccount", &caller.account)];
    match iam.assume_role(&target.role_arn, PRINCIPAL, "validation", &caller.region, &context) {
        Err(error) if error.status < 500 => {
            let message =
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
            Err(AwsError::new("ValidationException", message))
        }
        outcome => outcome.map(drop),
    }
}

fn state(schedule: &Schedule) -> &str {
    schedule.settings.state.as_deref().unwrap_or("ENABLED")
}

/// Returns a schedule as `GetSchedule` shows it.
fn show(schedule: &Schedule) -> Value {
    let settings = serde_json::to_value(&schedule.settings).unwrap_or_default();
    let mut shown: Map<String, Value> = match settings {
        Value::Object(settings) => settings.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    };
    let defaults = [
        ("GroupName", "default"),
        ("State", "ENABLED"),
        ("ScheduleExpressionTimezone", "UTC"),
        ("ActionAfterCompletion", "NONE"),
    ];
    for (name, default) in defaults {
        shown.entry(name).or_insert_with(|| default.into());
    }
    shown.insert("Name".to_owned(), schedule.name.as_str().into());
    shown.insert("Arn".to_owned(), schedule.arn().into());
    shown.insert("CreationDate".to_owned(), schedule.created.seconds().into());
    shown.insert("LastModificationDate".to_owned(), schedule.modified.seconds().into());
    let mut shown = Value::Object(shown);
    let policy = &mut shown["Target"]["RetryPolicy"];
    if policy["MaximumRetryAttempts"].is_null() {
        policy["MaximumRetryAttempts"] = 185.into();
    }
    if policy["MaximumEventAgeInSeconds"].is_null() {
        policy["MaximumEventAgeInSeconds"] = 86_400.into();
    }
    shown
}

fn summary(schedule: &Schedule) -> Value {
    json!({
        "Name": schedule.name,
        "Arn": schedule.arn(),
        "GroupName": "default",
        "State": state(schedule),
        "CreationDate": schedule.created.seconds(),
        "LastModificationDate": schedule.modified.seconds(),
        "Target": {"Arn": schedule.settings.target.as_ref().map(|target| target.arn.as_str())},
    })
}
