//! The property `Policies`: names of AWS's policies, documents, and the macro's own templates of policies.
//!
//! The templates that pipelines use are in `data/serverless-policies.json`; the others are refused by name.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::Refusal;
use super::arguments::Arguments;
use super::function::Function;
use super::resource::is_function;

/// One policy of a function.
pub enum Entry {
    /// The ARN of a managed policy.
    Managed(Value),
    /// The document of an inline policy.
    Inline(Value),
}

/// Names of AWS's policies that do not stand at the root of the path.
const SERVICE_ROLES: [&str; 8] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
];

/// Names of AWS's policies at the root of the path.
const ROOT: [&str; 30] = [
    "AWSCloudFormationFullAccess",
    "AWSCloudFormationReadOnlyAccess",
    "AWSLambda_FullAccess",
    "AWSLambda_ReadOnlyAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "AdministratorAccess",
    "AmazonAPIGatewayAdministrator",
    "AmazonEventBridgeFullAccess",
    "AmazonKinesisFirehoseFullAccess",
    "AmazonKinesisFirehoseReadOnlyAccess",
    "AmazonKinesisFullAccess",
    "AmazonKinesisReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMReadOnlyAccess",
    "CloudWatchFullAccess",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
    "CloudWatchLogsFullAccess",
    "CloudWatchLogsReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
];

/// Returns what an entry of the list asks for.
pub fn read(
    arguments: &Arguments,
    function: &Function<'_>,
    index: usize,
    entry: &Value,
) -> Result<Entry, Refusal> {
    match entry {
        Value::String(name) => managed(arguments, name).map(|arn| Entry::Managed(arn.into())),
        Value::Object(members) if members.contains_key("Fn::If") => {
            Err(Refusal::unsupported(format_args!("`Fn::If` in the Policies of {}", function.id)))
        }
        entry if is_function(entry) => Ok(Entry::Managed(entry.clone())),
        Value::Object(members) if members.contains_key("Statement") => Ok(Entry::Inline(entry.clone())),
        Value::Object(members) if members.len() == 1 => from_template(function, members),
        _ => function.refuse(format_args!("Policy at index {index} in the 'Policies' property is not valid")),
    }
}

fn managed(arguments: &Arguments, name: &str) -> Result<String, Refusal> {
    if name.starts_with("arn:") {
        return Ok(name.to_owned());
    }
    if SERVICE_ROLES.contains(&name) {
        return Ok(arguments.managed_policy(&format!("service-role/{name}")));
    }
    if ROOT.contains(&name) {
        return Ok(arguments.managed_policy(name));
    }
    // The macro has a list of all of AWS's policies with their paths.
    Err(Refusal::unsupported(format_args!("the managed policy `{name}` without its ARN")))
}

fn templates() -> &'static Map<String, Value> {
    static TEMPLATES: OnceLock<Map<String, Value>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let text = include_str!("../../data/serverless-policies.json");
        serde_json::from_str(text).unwrap_or_default()
    })
}

/// Returns the statements of a template of policies, filled in.
fn from_template(function: &Function<'_>, members: &Map<String, Value>) -> Result<Entry, Refusal> {
    let Some((name, values)) = members.iter().next() else {
        return function.refuse("Policy in the 'Policies' property is not valid");
    };
    let Some(template) = templates().get(name) else {
        return Err(Refusal::unsupported(format_args!("the policy template `{name}`")));
    };
    let Some(values) = values.as_object() else {
        return function
            .refuse(format_args!("Must specify valid parameter values for policy template '{name}'"));
    };
    let parameters: Vec<&str> =
        template["Parameters"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let missing: Vec<String> =
        parameters.iter().filter(|one| !values.contains_key(**one)).map(|one| format!("'{one}'")).collect();
    if !missing.is_empty() {
        return function.refuse(format_args!(
            "Following required parameters of template '{name}' don't have values: [{}]",
            missing.join(", ")
        ));
    }
    let given = parameters.iter().filter_map(|one| Some(((*one).to_owned(), values.get(*one)?.clone())));
    Ok(Entry::Inline(json!({"Statement": References(given.collect()).filled(&template["Statement"])})))
}

/// The values of a policy template's parameters, which only `Ref` reads: `${queueName}` in `Fn::Sub` has its own.
struct References(Map<String, Value>);

impl References {
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                if let (1, Some(Value::String(name))) = (members.len(), members.get("Ref"))
                    && let Some(value) = self.0.get(name)
                {
                    return value.clone();
                }
                Value::Object(members.iter().map(|(name, one)| (name.clone(), self.filled(one))).collect())
            }
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            scalar => scalar.clone(),
        }
    }
}
