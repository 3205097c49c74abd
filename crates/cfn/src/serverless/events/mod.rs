//! The events of a function: what invokes it, and the right to do so.

mod bucket;
mod pull;
mod rule;
mod schedule;
mod topic;

use serde_json::{Map, Value, json};

use super::function::Function;
use super::resource::Made;
use super::{Expansion, Refusal};

/// One event of a function.
pub struct Event<'a> {
    /// The function's logical id and the event's name together.
    pub id: String,
    /// The event's name in the template.
    pub name: &'a str,
    pub event_type: &'a str,
    pub properties: &'a Map<String, Value>,
}

impl Event<'_> {
    /// Returns a property that is there.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.properties.get(name).filter(|value| !value.is_null())
    }

    pub fn required(&self, name: &str) -> Result<&Value, Refusal> {
        self.get(name).ok_or_else(|| self.invalid(format_args!("Missing required property '{name}'.")))
    }

    /// Refuses properties that the event does not have.
    pub fn check_names(&self, known: &[&str]) -> Result<(), Refusal> {
        let unknown = self.properties.keys().find(|name| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            let event_type = self.event_type;
            Err(self.invalid(format_args!("property {name} not defined for resource of type {event_type}")))
        })
    }

    /// Returns the macro's refusal of the event as a resource.
    pub fn invalid(&self, message: impl std::fmt::Display) -> Refusal {
        Refusal::resource(&self.id, message)
    }

    /// Returns the permission that lets a service invoke the function.
    pub fn permission(&self, function: &Function<'_>, principal: &str) -> Made {
        let mut made = function.made(format!("{}Permission", self.id), "AWS::Lambda::Permission");
        made.set("Action", "lambda:InvokeFunction");
        made.set("FunctionName", function.name());
        made.set("Principal", principal);
        made
    }
}

/// Returns what a function's events ask for; `role` gets the rights to read from its sources.
pub fn resources(
    expansion: &mut Expansion,
    function: &Function<'_>,
    role: &mut Made,
) -> Result<Vec<Made>, Refusal> {
    let Some(events) = function.object("Events")? else { return Ok(Vec::new()) };
    let mut events: Vec<(&String, &Value)> = events.iter().collect();
    // The order decides in which order policies are attached to the role.
    events.sort_by_key(|(name, event)| event["Properties"]["Path"].as_str().unwrap_or(name).to_owned());
    let nothing = Map::new();
    let mut made = Vec::new();
    for (name, event) in events {
        let Some(event_type) = event["Type"].as_str() else {
            return function.refuse(format_args!(
                "Event with id [{name}] is invalid. Resource dict missing key 'Type'."
            ));
        };
        let properties = event.get("Properties").and_then(Value::as_object).unwrap_or(&nothing);
        let event = Event { id: format!("{}{name}", function.id), name, event_type, properties };
        made.extend(match event_type {
            "Kinesis" | "SQS" => pull::resources(expansion, function, &event, role)?,
            "SNS" => topic::resources(expansion, function, &event, role)?,
            "S3" => bucket::resources(expansion, function, &event)?,
            "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => rule::resources(function, &event)?,
            "ScheduleV2" => schedule::resources(function, &event)?,
            _ => {
                let what = format_args!("the event type {event_type} ({name} of {})", function.id);
                return Err(Refusal::unsupported(what));
            }
        });
    }
    Ok(made)
}

/// What `DeadLetterConfig` of an event asks for.
pub struct DeadLetters {
    /// The ARN of the queue.
    pub arn: Value,
    /// The queue, when it is made for the event.
    pub queue: Option<Made>,
}

/// Returns the queue for events that could not be delivered, if the event names one.
pub fn dead_letters(function: &Function<'_>, event: &Event<'_>) -> Result<Option<DeadLetters>, Refusal> {
    let Some(config) = event.get("DeadLetterConfig") else { return Ok(None) };
    let invalid = |message: &str| {
        let message = format!("Event with id [{}] is invalid. {message}", event.id);
        Err(Refusal::resource(function.id, message))
    };
    match (config.get("Arn"), config.get("Type").and_then(Value::as_str)) {
        (Some(_), Some(_)) => invalid("You can either define 'Arn' or 'Type' property of DeadLetterConfig."),
        (Some(arn), None) => Ok(Some(DeadLetters { arn: arn.clone(), queue: None })),
        (None, Some("SQS")) => {
            let given = config.get("QueueLogicalId").and_then(Value::as_str);
            let id = given.map_or_else(|| format!("{}Queue", event.id), str::to_owned);
            let queue = function.made(id, "AWS::SQS::Queue");
            Ok(Some(DeadLetters { arn: queue.arn(), queue: Some(queue) }))
        }
        (None, Some(_)) => invalid("The only valid value for 'Type' property of DeadLetterConfig is 'SQS'."),
        (None, None) => invalid("No 'Arn' or 'Type' property provided for DeadLetterConfig."),
    }
}

/// Returns the target of a rule or schedule, with what both kinds of them may say of it.
pub fn target(event: &Event<'_>, arn: Value, dead_letters: Option<&Value>) -> Map<String, Value> {
    let mut target = Map::new();
    target.insert("Arn".to_owned(), arn);
    if let Some(input) = event.get("Input") {
        target.insert("Input".to_owned(), input.clone());
    }
    if let Some(arn) = dead_letters {
        target.insert("DeadLetterConfig".to_owned(), json!({"Arn": arn}));
    }
    if let Some(policy) = event.get("RetryPolicy") {
        target.insert("RetryPolicy".to_owned(), policy.clone());
    }
    target
}
