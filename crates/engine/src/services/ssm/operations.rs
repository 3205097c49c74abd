//! The operations by name, and those that put and delete parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use hydrant_cfn::schema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::parameter::{DEFAULT_KEY, Kind, Parameter, Version};
use super::{Ssm, key, listing, name, not_found, reading, tags};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::constraints::Constraints;
use crate::wire::json::{Call, Reply};

/// The operations that [`answer`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "AddTagsToResource",
    "DeleteParameter",
    "DeleteParameters",
    "DescribeParameters",
    "GetParameter",
    "GetParameterHistory",
    "GetParameters",
    "GetParametersByPath",
    "ListTagsForResource",
    "PutParameter",
    "RemoveTagsFromResource",
];

/// Most characters of a value, by its parameter's tier.
const TIERS: [(&str, usize); 2] = [("Standard", 4096), ("Advanced", 8192)];

/// A tag as a request writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PutParameter {
    pub name: Option<String>,
    pub description: Option<String>,
    pub value: Option<String>,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    pub key_id: Option<String>,
    pub overwrite: bool,
    pub allowed_pattern: Option<String>,
    pub tags: Vec<Tag>,
    pub tier: Option<String>,
    pub policies: Option<String>,
    pub data_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Names {
    name: Option<String>,
    names: Vec<String>,
}

/// Answers a call.
pub fn answer(ssm: &Ssm, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    match call.operation.as_str() {
        "AddTagsToResource" | "ListTagsForResource" | "RemoveTagsFromResource" => {
            tags::answer(ssm, aws, caller, call)
        }
        "DeleteParameter" => {
            let input: Names = call.input()?;
            let name = required("name", input.name)?;
            ssm.delete_parameter(aws, caller, &name, "ssm:DeleteParameter")?;
            Reply::of(&json!({}))
        }
        "DeleteParameters" => delete_parameters(ssm, aws, caller, &call.input()?),
        "DescribeParameters" => listing::describe_parameters(ssm, aws, caller, &call.input()?),
        "GetParameter" => reading::get_parameter(ssm, aws, caller, call.input()?),
        "GetParameterHistory" => listing::get_parameter_history(ssm, aws, caller, call.input()?),
        "GetParameters" => reading::get_parameters(ssm, aws, caller, &call.input()?),
        "GetParametersByPath" => listing::get_parameters_by_path(ssm, aws, caller, call.input()?),
        "PutParameter" => {
            let (version, tier) = ssm.put_parameter(aws, caller, call.input()?)?;
            Reply::of(&json!({"Version": version, "Tier": tier}))
        }
        _ => Err(call.unknown()),
    }
}

/// Returns a member that must be there.
pub fn required(field: &str, value: Option<String>) -> Result<String, AwsError> {
    let mut check = Constraints::default();
    check.present(field, value.is_some());
    check.text(field, value.as_deref(), 1, 2048);
    check.finish()?;
    Ok(value.unwrap_or_default())
}

/// Refuses a list of names that is empty or too long.
pub fn check_names(names: &[String]) -> Result<(), AwsError> {
    let mut check = Constraints::default();
    check.length("names", format_args!("[{}]", names.join(", ")), names.len(), 1, 10);
    check.finish()
}

fn delete_parameters(ssm: &Ssm, aws: &Aws, caller: &Caller, input: &Names) -> Result<Reply, AwsError> {
    check_names(&input.names)?;
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    for name in &input.names {
        match ssm.delete_parameter(aws, caller, name, "ssm:DeleteParameters") {
            Ok(()) => deleted.push(name.clone()),
            Err(error) if error.code == "ParameterNotFound" => invalid.push(name.clone()),
            Err(error) => return Err(error),
        }
    }
    Reply::of(&json!({"DeletedParameters": deleted, "InvalidParameters": invalid}))
}

impl PutParameter {
    fn check(&self) -> Result<(), AwsError> {
        let mut check = Constraints::default();
        check.present("name", self.name.is_some());
        check.present("value", self.value.is_some());
        check.text("name", self.name.as_deref(), 1, 2048);
        check.text("description", self.description.as_deref(), 0, 1024);
        check.text("allowedPattern", self.allowed_pattern.as_deref(), 0, 1024);
        check.one_of("type", self.kind.as_deref(), &["SecureString", "StringList", "String"]);
        check.one_of("tier", self.tier.as_deref(), &["Intelligent-Tiering", "Advanced", "Standard"]);
        check.finish()?;
        name::check(self.name.as_deref().unwrap_or_default())?;
        let invalid = |message: String| Err(AwsError::new("ValidationException", message));
        if self.policies.as_deref().is_some_and(|policies| !matches!(policies, "" | "[]")) {
            return Err(AwsError::not_supported("a parameter's policies"));
        }
        if self.key_id.as_deref().is_some_and(|key| key != DEFAULT_KEY) {
            return Err(AwsError::not_supported("a key of your own for a parameter"));
        }
        if self.key_id.is_some() && self.kind.as_deref() != Some("SecureString") {
            return invalid("KeyId is required for SecureString type parameter only.".to_owned());
        }
        match self.data_type.as_deref() {
            None | Some("text") => {}
            Some(other) => return Err(AwsError::not_supported(format_args!("the data type {other}"))),
        }
        if self.overwrite && !self.tags.is_empty() {
            return invalid(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, \
                 please remove overwrite flag. To update tags for an existing parameter, please use \
                 AddTagsToResource or RemoveTagsFromResource."
                    .to_owned(),
            );
        }
        self.check_value()
    }

    /// Refuses a value that is too long for its tier or does not match the pattern beside it.
    fn check_value(&self) -> Result<(), AwsError> {
        let value = self.value.as_deref().unwrap_or_default();
        if value.is_empty() {
            let mut check = Constraints::default();
            check.text("value", Some(value), 1, usize::MAX);
            return check.finish();
        }
        let tier = self.tier();
        let most = TIERS.iter().find(|(name, _)| *name == tier).map_or(4096, |(_, most)| *most);
        if value.chars().count() > most {
            let message = match tier {
                "Standard" => {
                    "Standard tier parameters support a maximum parameter value of 4096 characters. To create a \
                     larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more \
                     information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/\
                     parameter-store-advanced-parameters.html"
                }
                // Not confirmed on AWS: the wording.
                _ => "Advanced tier parameters support a maximum parameter value of 8192 characters.",
            };
            return Err(AwsError::new("ValidationException", message));
        }
        let pattern = self.allowed_pattern.as_deref().filter(|pattern| !pattern.is_empty());
        match pattern.filter(|pattern| schema::matches_pattern(pattern, value) == Some(false)) {
            Some(pattern) => Err(AwsError::new(
                "ParameterPatternMismatchException",
                format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
            )),
            None => Ok(()),
        }
    }

    /// Returns the tier that the value gets.
    fn tier(&self) -> &'static str {
        let length = self.value.as_deref().unwrap_or_default().chars().count();
        match self.tier.as_deref() {
            Some("Advanced") => "Advanced",
            Some("Intelligent-Tiering") if length > 4096 => "Advanced",
            _ => "Standard",
        }
    }

    fn kind(&self) -> Option<Kind> {
        match self.kind.as_deref()? {
            "StringList" => Some(Kind::StringList),
            "SecureString" => Some(Kind::SecureString),
            _ => Some(Kind::String),
        }
    }
}

impl Ssm {
    /// Puts a parameter and returns its version and tier. Needs `ssm:PutParameter`.
    pub(super) fn put_parameter(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: PutParameter,
    ) -> Result<(u64, &'static str), AwsError> {
        input.check()?;
        let name = input.name.clone().unwrap_or_default();
        let arn = name::arn(caller, &name);
        aws.services.iam.authorize(caller, "ssm:PutParameter", &arn, None, &[])?;
        let mut parameters = self.parameters();
        let key = key(caller, &name);
        let existing = parameters.get(&key);
        check_overwrite(existing, &input)?;
        let tier = input.tier();
        let number = existing.map_or(Ok(1), |one| one.latest().map(|latest| latest.number + 1))?;
        let version = Version {
            number,
            description: input.description.clone(),
            allowed_pattern: input.allowed_pattern.clone().filter(|pattern| !pattern.is_empty()),
            data_type: "text".to_owned(),
            tier: tier.to_owned(),
            modified_at: aws.clock.now(),
            modified_by: caller.principal_arn(),
            value: input.value.clone().unwrap_or_default(),
        };
        let mut parameter = match existing {
            Some(existing) => existing.clone(),
            None => {
                let kind = input.kind().ok_or_else(|| {
                    let message = "A parameter type is required when you create a parameter.";
                    AwsError::new("ValidationException", message)
                })?;
                let tags: BTreeMap<_, _> = input.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
                tags::check(&tags)?;
                Parameter { name, arn, kind, versions: Vec::new(), tags }
            }
        };
        parameter.push(version);
        self.table.put(&key, &parameter)?;
        parameters.insert(key, parameter);
        Ok((number, tier))
    }

    /// Deletes a parameter. Needs `action`.
    pub(super) fn delete_parameter(
        &self,
        aws: &Aws,
        caller: &Caller,
        name: &str,
        action: &str,
    ) -> Result<(), AwsError> {
        aws.services.iam.authorize(caller, action, &name::arn(caller, name), None, &[])?;
        let mut parameters = self.parameters();
        let key = key(caller, name);
        if !parameters.contains_key(&key) {
            return Err(not_found());
        }
        self.table.remove(&key)?;
        parameters.remove(&key);
        Ok(())
    }
}

fn check_overwrite(existing: Option<&Parameter>, input: &PutParameter) -> Result<(), AwsError> {
    let Some(existing) = existing else { return Ok(()) };
    if !input.overwrite {
        let message = "The parameter already exists. To overwrite this value, set the overwrite option in the \
                       request to true.";
        return Err(AwsError::new("ParameterAlreadyExists", message));
    }
    if input.kind().is_some_and(|kind| kind != existing.kind) {
        let message = "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you \
                       can't change a parameter from a String type to a SecureString type.";
        return Err(AwsError::new("HierarchyTypeMismatchException", message));
    }
    Ok(())
}

/// Returns tags as a list of keys and values.
pub fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
