//! `EventInvokeConfig`: what becomes of asynchronous events, with the queues and topics that the macro makes for it.

use serde_json::{Map, Value, json};

use super::function::Function;
use super::resource::Made;
use super::role::allowing;
use super::{Expansion, Refusal};

/// What the configuration asks for.
#[derive(Default)]
pub struct Destinations {
    pub resources: Vec<Made>,
    /// Policies for the function's role.
    pub policies: Vec<Value>,
}

impl Expansion {
    /// Returns the configuration of a function's asynchronous events; nothing when it has none.
    pub(super) fn destinations(&mut self, function: &Function<'_>) -> Result<Destinations, Refusal> {
        let Some(config) = function.get("EventInvokeConfig").map(|config| self.arguments.fill(config)) else {
            return Ok(Destinations::default());
        };
        let id = format!("{}EventInvokeConfig", function.id);
        let mut made = function.made(&id, "AWS::Lambda::EventInvokeConfig");
        made.depends_on = function.alias.as_ref().map(|alias| json!([alias]));
        made.set("FunctionName", json!({"Ref": function.id}));
        let alias = function.properties.get("AutoPublishAlias").filter(|_| function.alias.is_some());
        made.set("Qualifier", alias.map_or_else(|| "$LATEST".into(), |name| self.arguments.fill(name)));
        let mut found = Destinations::default();
        let mut chosen = Map::new();
        for name in ["OnSuccess", "OnFailure"] {
            let Some(wanted) = config["DestinationConfig"].get(name) else { continue };
            let (destination, queue) = destination(function, wanted, &format!("{id}{name}"))?;
            found.policies.extend(policy(wanted, &format!("{id}{name}"), &destination));
            if let Some(queue) = queue {
                let derived = if queue.resource_type == "AWS::SQS::Queue" {
                    "DestinationQueue"
                } else {
                    "DestinationTopic"
                };
                self.references.add(function.id, derived, &queue.logical_id);
                found.resources.push(queue);
            }
            chosen.insert(name.to_owned(), json!({"Destination": destination}));
        }
        made.set("DestinationConfig", Value::Object(chosen));
        made.set_some("MaximumEventAgeInSeconds", config.get("MaximumEventAgeInSeconds"));
        made.set_some("MaximumRetryAttempts", config.get("MaximumRetryAttempts"));
        found.resources.push(made);
        Ok(found)
    }
}

/// Returns where events go, and the queue or topic that is made when nobody says where.
fn destination(function: &Function<'_>, wanted: &Value, id: &str) -> Result<(Value, Option<Made>), Refusal> {
    let kind = wanted["Type"].as_str().unwrap_or("None");
    if !["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"].contains(&kind) {
        return function.refuse(format_args!(
            "'Type: {kind}' must be one of ['SQS', 'SNS', 'EventBridge', 'Lambda', 'S3Bucket']"
        ));
    }
    match wanted.get("Destination") {
        Some(Value::Object(choice)) if choice.contains_key("Fn::If") => {
            Err(Refusal::unsupported(format_args!("`Fn::If` as a destination of {}", function.id)))
        }
        Some(given) if !given.is_null() => Ok((given.clone(), None)),
        _ => {
            let made = match kind {
                "SQS" => function.made(format!("{id}Queue"), "AWS::SQS::Queue"),
                "SNS" => function.made(format!("{id}Topic"), "AWS::SNS::Topic"),
                _ => return function.refuse("Destination is required if Type is not ['SQS', 'SNS']"),
            };
            let arn = if kind == "SQS" { made.arn() } else { made.reference() };
            Ok((arn, Some(made)))
        }
    }
}

fn policy(wanted: &Value, id: &str, destination: &Value) -> Option<Value> {
    Some(match wanted["Type"].as_str()? {
        "SQS" => allowing(format!("{id}SQSPolicy"), "sqs:SendMessage", destination),
        "SNS" => allowing(format!("{id}SNSPolicy"), "sns:publish", destination),
        "EventBridge" => allowing(format!("{id}EventBridgePolicy"), "events:PutEvents", destination),
        "Lambda" => allowing(format!("{id}LambdaPolicy"), "lambda:InvokeFunction", destination),
        _ => bucket_policy(id, destination),
    })
}

/// Returns a policy that lets events be written into a bucket.
pub fn bucket_policy(id: &str, arn: &Value) -> Value {
    let objects = json!({"Fn::Join": ["/", [arn, "*"]]});
    let statements = json!([
        {"Action": "s3:PutObject", "Effect": "Allow", "Resource": objects},
        {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": arn},
    ]);
    json!({"PolicyName": format!("{id}S3Policy"), "PolicyDocument": {"Statement": statements}})
}
