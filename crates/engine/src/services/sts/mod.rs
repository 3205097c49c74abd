//! STS: who am I, and as whom else may I act.
//!
//! Sessions, their end, and the decision who may have one are IAM's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::services::Service;
use crate::wire::query::{Call, Reply, loose};
use crate::wire::{self, Body};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Longest session of a role that another role assumes: role chaining, in AWS's words.
const CHAINED_LIMIT: u64 = 3600;

/// The service's handle; what it needs to remember is IAM's.
pub struct Sts;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRole {
    role_arn: String,
    role_session_name: String,
    external_id: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    duration_seconds: Option<u64>,
    policy: Option<String>,
    policy_arns: Option<serde_json::Value>,
    tags: Option<serde_json::Value>,
    #[serde(rename = "SerialNumber")]
    mfa_device: Option<String>,
}

#[async_trait]
impl Service for Sts {
    fn signing_name(&self) -> &'static str {
        "sts"
    }

    fn operations(&self) -> &'static [&'static str] {
        &["AssumeRole", "GetCallerIdentity"]
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        let operate = async |call: Call| match call.operation.as_str() {
            "GetCallerIdentity" => identity(aws, caller),
            "AssumeRole" => assume_role(aws, caller, call.input()?),
            _ => Err(call.unknown()),
        };
        wire::query::serve(request, NAMESPACE, operate).await
    }
}

/// Tells who the caller is; AWS asks for no permission here.
fn identity(aws: &Aws, caller: &Caller) -> Result<Reply, AwsError> {
    Reply::of(&json!({
        "Arn": caller.principal_arn(),
        "UserId": aws.services.iam.user_id(caller),
        "Account": caller.account,
    }))
}

fn assume_role(aws: &Aws, caller: &Caller, input: AssumeRole) -> Result<Reply, AwsError> {
    let absent = [
        ("Policy", input.policy.is_some()),
        ("PolicyArns", input.policy_arns.is_some_and(|arns| arns != "")),
        ("Tags", input.tags.is_some_and(|tags| tags != "")),
        ("SerialNumber", input.mfa_device.is_some()),
    ];
    if let Some((member, _)) = absent.into_iter().find(|(_, is_given)| *is_given) {
        return Err(AwsError::not_supported(format_args!("`{member}` of sts:AssumeRole")));
    }
    check_session_name(&input.role_session_name)?;
    let mut context = vec![("sts:RoleSessionName", input.role_session_name.as_str())];
    if let Some(external_id) = &input.external_id {
        context.push(("sts:ExternalId", external_id));
    }
    let iam = &aws.services.iam;
    let session = iam.assume_role_as(caller, &input.role_arn, &input.role_session_name, &context)?;
    let (limit, role_id) = iam.session_limits(&input.role_arn).unwrap_or((CHAINED_LIMIT, String::new()));
    let duration = check_duration(input.duration_seconds.unwrap_or(3600), limit, caller)?;
    // Clients judge the expiration by the wall clock, so that on a faster clock a session must last longer.
    let expiration = aws.clock.now() + duration.mul_f64(aws.clock.scale().max(1.0));
    let credentials = iam.issue_own_credentials(&session, expiration)?;
    Reply::of(&json!({
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": expiration.format("%Y-%m-%dT%H:%M:%SZ"),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("{role_id}:{}", input.role_session_name),
            "Arn": session.principal_arn(),
        },
    }))
}

fn check_session_name(name: &str) -> Result<(), AwsError> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    if (2..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member \
         must satisfy regular expression pattern: [\\w+=,.@-]*"
    );
    Err(AwsError::new("ValidationError", message))
}

fn check_duration(seconds: u64, limit: u64, caller: &Caller) -> Result<Duration, AwsError> {
    let refuse = |message: &str| Err(AwsError::new("ValidationError", message));
    if seconds < 900 {
        return refuse(&format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value greater than or equal to 900"
        ));
    }
    if matches!(caller.principal, Principal::Role { .. }) && seconds > CHAINED_LIMIT {
        return refuse(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        );
    }
    if seconds > limit {
        return refuse("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    Ok(Duration::from_secs(seconds))
}
