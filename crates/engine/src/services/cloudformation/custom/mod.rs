//! Custom resources: what CloudFormation asks of a function, by an event, and what comes back, by a PUT.
//!
//! A request waits here for its answer until its time is over, through restarts too. Topics of SNS as providers are
//! refused by name. <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html>

mod answer;
mod correspondence;
mod letterbox;
mod request;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hydrant_cfn::schema::{self, ResourceSchema, Violation};
use serde_json::{Map, Value};

use super::stack_resource::Instance;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, scalar};
use crate::wire::request_id;

use answer::Answer;
pub use correspondence::Correspondence;
use correspondence::{Outcome, Subject};
pub use letterbox::Letter;
use request::{Asked, event};

/// The type that has no name of the template's author.
const TYPE: &str = "AWS::CloudFormation::CustomResource";

/// Seconds for which an answer is waited for, at most and where the template says nothing.
const LONGEST_TIMEOUT: u64 = 3600;

/// Whether resources of a type are made by a function: `Custom::` with a name, or the type that has none.
pub fn is_custom(resource_type: &str) -> bool {
    let is_name = |name: &str| {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_@-".contains(letter);
        (1..=60).contains(&name.len()) && name.chars().all(is_letter)
    };
    resource_type == TYPE || resource_type.strip_prefix("Custom::").is_some_and(is_name)
}

/// Returns the name under which a type is provided.
pub fn provided_name(resource_type: &str) -> &str {
    if is_custom(resource_type) { TYPE } else { resource_type }
}

/// Returns AWS's schema of a type, where it is known. What a custom resource takes, only its function knows.
pub fn schema_of(resource_type: &str) -> Option<ResourceSchema> {
    schema::of(resource_type).filter(|_| !is_custom(resource_type))
}

/// Returns why CloudFormation does not even ask the function of a custom resource.
pub fn violation(logical_id: &str, properties: &Value) -> Option<String> {
    let about = |path: &[&str], keyword, message: String| Violation {
        path: path.iter().map(|&part| part.to_owned()).collect(),
        keyword,
        message,
        names: Vec::new(),
    };
    let token = properties.get("ServiceToken").is_none();
    let token = token.then(|| about(&[], "required", "required key [ServiceToken] not found".to_owned()));
    let is_timeout = |value: &Value| {
        let seconds = scalar(value).and_then(|text| text.parse().ok());
        seconds.is_some_and(|seconds: u64| (1..=LONGEST_TIMEOUT).contains(&seconds))
    };
    let timeout = properties.get("ServiceTimeout").filter(|timeout| !is_timeout(timeout));
    // Not confirmed on AWS: the wording.
    let timeout = timeout.map(|timeout| {
        let message = format!("{timeout} is not a number from 1 to {LONGEST_TIMEOUT}");
        about(&["ServiceTimeout"], "maximum", message)
    });
    let violations: Vec<_> = token.into_iter().chain(timeout).collect();
    (!violations.is_empty()).then(|| schema::failure(logical_id, &violations))
}

/// Returns why a custom resource cannot be changed so: another function does not know it.
pub fn refused_change(resource_type: &str, before: &Value, after: &Value) -> Option<String> {
    let is_refused = is_custom(resource_type) && before["ServiceToken"] != after["ServiceToken"];
    is_refused.then(|| "Modifying service token is not allowed.".to_owned())
}

/// What is asked of the function.
#[derive(Debug, Clone, Copy)]
enum Ask<'a> {
    Create,
    Update { physical_id: &'a str, previous: &'a Value },
    Delete { physical_id: &'a str },
}

/// Why it failed.
struct Failure {
    reason: String,
    /// What a deletion has to name, when the function was asked at all.
    physical_id: Option<String>,
}

impl Failure {
    /// A failure before the function was asked.
    fn unasked(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), physical_id: None }
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        Self::unasked(error.message)
    }
}

/// `Custom::…` and `AWS::CloudFormation::CustomResource`.
pub struct CustomResource;

#[async_trait]
impl ResourceType for CustomResource {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    /// Returns what CloudFormation itself reads; the function gets these and all others.
    fn properties(&self) -> &'static [&'static str] {
        &["ServiceTimeout", "ServiceToken"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let made = ask(aws, request, Ask::Create).await;
        made.map_err(|failure| {
            // What failed may have left something behind; the rollback asks the function to delete it.
            if let Some(physical_id) = failure.physical_id
                && let Err(error) = note(aws, request, |instance| instance.physical_id = Some(physical_id))
            {
                tracing::error!(%error, request.logical_id, "a physical id could not be noted");
            }
            failed(failure.reason)
        })
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let updated = ask(aws, request, Ask::Update { physical_id, previous }).await;
        updated.map_err(|failure| failed(failure.reason))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        match ask(aws, request, Ask::Delete { physical_id }).await {
            Ok(_) => aws.services.cloudformation.correspondence.forget(&request.seed()),
            Err(failure) => Err(failed(failure.reason)),
        }
    }
}

/// Returns a failure whose message is the whole reason: there is no service behind that would add to it.
fn failed(reason: String) -> AwsError {
    AwsError::new("GeneralServiceException", reason)
}

/// Notes what a [`Resource`] does not tell.
fn note(
    aws: &Arc<Aws>,
    request: &ResourceRequest<'_>,
    change: impl FnOnce(&mut Instance),
) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    registry.edit(request.stack_id, aws.clock.now(), |edit| {
        change(&mut edit.resource(request.logical_id)?.current);
        Ok(())
    })
}

/// Asks the function, or goes on waiting for what it was asked before an interruption.
async fn ask(aws: &Arc<Aws>, request: &ResourceRequest<'_>, ask: Ask<'_>) -> Result<Resource, Failure> {
    let function = function_of(request)?;
    let (resource_type, occasion) = surroundings(aws, request)?;
    let subject = match ask {
        // A creation has a suffix of its own, so that there is one in all operations.
        Ask::Create => Subject::new("Create", ""),
        Ask::Update { .. } => Subject::new("Update", &occasion),
        Ask::Delete { .. } => Subject::new("Delete", &occasion),
    };
    let correspondence = &aws.services.cloudformation.correspondence;
    let key = request.seed();
    let deadline = aws.clock.now() + timeout(request.properties);
    let inquiry = correspondence.open(&key, subject, deadline)?;
    let asked = Asked { ask, resource_type: &resource_type, request_id: &inquiry.request_id };
    if !inquiry.is_sent_from(aws.endpoint()) {
        let response_url = letterbox::url(aws.endpoint(), &inquiry.token);
        let event = event(request, &asked, &response_url).to_string();
        let sent = aws.services.lambda.invoke_event(aws, request.caller, function, event.as_bytes(), &[]);
        if let Err(error) = sent {
            correspondence.forget(&key)?;
            return Err(Failure::unasked(invocation_refused(&error)));
        }
        correspondence.sent(&key, aws.endpoint())?;
    }
    let outcome = correspondence.outcome(aws, &key).await?;
    let made = conclude(request, &asked, outcome)?;
    if matches!(ask, Ask::Create | Ask::Update { .. }) {
        note(aws, request, |instance| instance.is_secret = made.is_secret)?;
    }
    Ok(Resource { physical_id: made.physical_id, attributes: made.attributes })
}

/// What the function has made.
struct Made {
    physical_id: String,
    attributes: Map<String, Value>,
    is_secret: bool,
}

/// Turns what came back into what is there now.
fn conclude(request: &ResourceRequest<'_>, asked: &Asked<'_>, outcome: Outcome) -> Result<Made, Failure> {
    let known_id = match asked.ask {
        // No property names it.
        Ask::Create => request.name("", 1024),
        Ask::Update { physical_id, .. } | Ask::Delete { physical_id } => physical_id.to_owned(),
    };
    let fail = |reason: String| Failure { reason, physical_id: Some(known_id.clone()) };
    let text = match outcome {
        Outcome::Answered(text) => text,
        Outcome::TooLong => return Err(fail("Response object is too long.".to_owned())),
        Outcome::TimedOut => return Err(fail(unanswered(asked.request_id))),
    };
    let answer = Answer::read(&text, request, asked.request_id).map_err(fail)?;
    // Not confirmed on AWS: an answer without an id keeps the one that there is, or gets a generated one.
    let physical_id = answer.physical_id.unwrap_or_else(|| known_id.clone());
    match answer.failure {
        Some(reason) => Err(Failure { reason, physical_id: Some(physical_id) }),
        None => Ok(Made { physical_id, attributes: answer.attributes, is_secret: answer.is_secret }),
    }
}

fn unanswered(request_id: &str) -> String {
    format!(
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for \
         requestId [{request_id}]. If you are using the Python cfn-response module, you may need to update your \
         Lambda function code so that CloudFormation can attach the updated version."
    )
}

/// Words a refusal of the event as CloudFormation's own client of Lambda does.
fn invocation_refused(error: &AwsError) -> String {
    format!(
        "{} (Service: AWSLambdaInternal; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
        error.message,
        error.status,
        error.code,
        request_id()
    )
}

/// Returns the ARN of the function that makes the resource.
fn function_of<'a>(request: &'a ResourceRequest<'_>) -> Result<&'a str, Failure> {
    let token = request.text("ServiceToken").unwrap_or_default();
    match token.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "lambda", _, _, "function", ..] => Ok(token),
        ["arn", _, "sns", ..] => {
            let refusal = AwsError::not_supported("a topic as the ServiceToken of a custom resource");
            Err(Failure::unasked(refusal.message))
        }
        _ => Err(Failure::unasked("Invalid service token.")),
    }
}

/// Returns the resource's type and what tells this step of the stack from every other one.
fn surroundings(aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<(String, String), AwsError> {
    let known = aws.services.cloudformation.registry.read(|state| {
        let stack = state.stacks.get(request.stack_id)?;
        let operation = stack.operation.as_ref()?;
        let resource = stack.resources.get(request.logical_id)?;
        Some((resource.resource_type.clone(), format!("{}/{:?}", operation.id, operation.phase)))
    });
    known.ok_or_else(|| AwsError::internal(format_args!("{} is in no operation", request.logical_id)))
}

/// Returns how long the function may take to answer.
fn timeout(properties: &Value) -> Duration {
    let given = scalar(&properties["ServiceTimeout"]).and_then(|text| text.parse().ok());
    Duration::from_secs(given.unwrap_or(LONGEST_TIMEOUT).clamp(1, LONGEST_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_the_names_of_custom_types() {
        for name in ["Custom::A", "Custom::A_b@c-1", TYPE] {
            assert!(is_custom(name), "{name}");
        }
        let long = format!("Custom::{}", "x".repeat(61));
        for name in ["Custom::", "Custom::a b", "Custom::A::B", "AWS::S3::Bucket", long.as_str()] {
            assert!(!is_custom(name), "{name}");
        }
    }

    #[test]
    fn needs_a_token_and_a_sensible_timeout() {
        assert_eq!(violation("A", &json!({"ServiceToken": "t", "Id": 1, "ServiceTimeout": "3600"})), None);
        let refusal = violation("A", &json!({"ServiceTimeout": 3601})).unwrap();
        assert_eq!(
            refusal,
            "Properties validation failed for resource A with message:\n\
             #: required key [ServiceToken] not found\n\
             #/ServiceTimeout: 3601 is not a number from 1 to 3600"
        );
    }

    #[test]
    fn waits_for_an_hour_unless_told_otherwise() {
        assert_eq!(timeout(&json!({})).as_secs(), 3600);
        assert_eq!(timeout(&json!({"ServiceTimeout": "30"})).as_secs(), 30);
        assert_eq!(timeout(&json!({"ServiceTimeout": 7})).as_secs(), 7);
    }
}
