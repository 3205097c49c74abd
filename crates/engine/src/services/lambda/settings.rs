//! What a caller sets on a function: checked in AWS's words, then written into the function.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::function::Function;
use crate::error::AwsError;

/// Runtimes that start a `bootstrap`, which is what runs here.
const RUNTIMES: [&str; 2] = ["provided.al2023", "provided.al2"];

/// Settings that AWS has and this engine does not; harmless when they are empty.
const UNSUPPORTED: [&str; 14] = [
    "VpcConfig",
    "FileSystemConfigs",
    "ImageConfig",
    "DeadLetterConfig",
    "KMSKeyArn",
    "KmsKeyArn",
    "SnapStart",
    "CodeSigningConfigArn",
    "RuntimeManagementConfig",
    "DurableConfig",
    "CapacityProviderConfig",
    "TenancyConfig",
    "RecursiveLoop",
    "PublishTo",
];

/// Variables that belong to the execution environment.
const RESERVED_VARIABLES: [&str; 21] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Settings of CreateFunction, UpdateFunctionConfiguration and `AWS::Lambda::Function`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    pub role: Option<String>,
    pub runtime: Option<String>,
    pub handler: Option<String>,
    pub description: Option<String>,
    pub timeout: Option<i64>,
    pub memory_size: Option<i64>,
    pub environment: Option<Environment>,
    pub ephemeral_storage: Option<EphemeralStorage>,
    pub logging_config: Option<LoggingConfig>,
    pub tracing_config: Option<TracingConfig>,
    pub layers: Option<Vec<String>>,
    pub revision_id: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Environment {
    pub variables: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EphemeralStorage {
    pub size: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LoggingConfig {
    pub log_format: Option<String>,
    pub log_group: Option<String>,
    pub application_log_level: Option<String>,
    pub system_log_level: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TracingConfig {
    pub mode: Option<String>,
}

impl Settings {
    /// Refuses what AWS refuses, and by name what this engine does not have.
    pub fn check(&self) -> Result<(), AwsError> {
        for name in UNSUPPORTED {
            if self.rest.get(name).is_some_and(|value| !is_blank(value)) {
                return Err(AwsError::not_supported(format_args!("`{name}` of a function")));
            }
        }
        self.check_runtime()?;
        self.check_ranges()?;
        if let Some(role) = &self.role {
            check_role(role)?;
        }
        if let Some(environment) = &self.environment {
            environment.check()?;
        }
        if let Some(logging) = &self.logging_config {
            logging.check()?;
        }
        let mode = self.tracing_config.as_ref().and_then(|tracing| tracing.mode.as_deref());
        match mode {
            None | Some("PassThrough") => Ok(()),
            Some("Active") => Err(AwsError::not_supported("the tracing mode `Active`")),
            Some(mode) => Err(constraint(
                mode,
                "tracingConfig.mode",
                "Member must satisfy enum value set: [Active, PassThrough]",
            )),
        }
    }

    fn check_runtime(&self) -> Result<(), AwsError> {
        match self.runtime.as_deref() {
            Some(runtime) if !RUNTIMES.contains(&runtime) => {
                Err(AwsError::not_supported(format_args!("the runtime `{runtime}`")))
            }
            _ => Ok(()),
        }
    }

    fn check_ranges(&self) -> Result<(), AwsError> {
        check_range("timeout", self.timeout, 1, 900)?;
        check_range("memorySize", self.memory_size, 128, 10_240)?;
        let storage = self.ephemeral_storage.as_ref().map(|storage| storage.size);
        check_range("ephemeralStorage.size", storage, 512, 10_240)?;
        check_length("handler", self.handler.as_deref(), 128)?;
        check_length("description", self.description.as_deref(), 256)
    }

    /// Writes what is set into `function`; what is not set stays as it is.
    pub fn apply(self, function: &mut Function) {
        let set = |target: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *target = value;
            }
        };
        set(&mut function.role, self.role);
        set(&mut function.runtime, self.runtime);
        set(&mut function.handler, self.handler);
        set(&mut function.description, self.description);
        if let Some(timeout) = self.timeout.and_then(|timeout| u32::try_from(timeout).ok()) {
            function.timeout = timeout;
        }
        if let Some(size) = self.memory_size.and_then(|size| u32::try_from(size).ok()) {
            function.memory_size = size;
        }
        if let Some(size) = self.ephemeral_storage.and_then(|storage| u32::try_from(storage.size).ok()) {
            function.ephemeral_storage = size;
        }
        if let Some(environment) = self.environment {
            function.environment = environment.variables;
        }
        if let Some(logging) = self.logging_config {
            let usual = || format!("/aws/lambda/{}", function.key.name);
            function.log_group = logging.log_group.unwrap_or_else(usual);
        }
    }
}

impl Environment {
    fn check(&self) -> Result<(), AwsError> {
        let prefix = "Lambda was unable to configure your environment variables because the environment \
                      variables you have provided";
        let invalid = |message: String| Err(AwsError::new("InvalidParameterValueException", message));
        let is_reserved = |name: &&str| RESERVED_VARIABLES.contains(name);
        let reserved: Vec<&str> = self.variables.keys().map(String::as_str).filter(is_reserved).collect();
        if !reserved.is_empty() {
            return invalid(format!(
                "{prefix} contains reserved keys that are currently not supported for modification. \
                 Reserved keys used in this request: {}",
                reserved.join(", ")
            ));
        }
        if let Some(name) = self.variables.keys().find(|name| !is_variable(name)) {
            return Err(constraint(
                name,
                "environment.variables",
                "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                 [a-zA-Z]([a-zA-Z0-9_])+]",
            ));
        }
        let measured = serde_json::to_string(&self.variables).map_err(AwsError::internal)?;
        if measured.len() > 4096 {
            return invalid(format!("{prefix} exceeded the 4KB limit. String measured: {measured}"));
        }
        Ok(())
    }
}

impl LoggingConfig {
    fn check(&self) -> Result<(), AwsError> {
        match self.log_format.as_deref() {
            None | Some("Text") => {}
            Some("JSON") => return Err(AwsError::not_supported("the log format `JSON`")),
            Some(format) => {
                let rule = "Member must satisfy enum value set: [JSON, Text]";
                return Err(constraint(format, "loggingConfig.logFormat", rule));
            }
        }
        if self.application_log_level.is_some() || self.system_log_level.is_some() {
            // AWS refuses levels for text logs; the exact words are not confirmed on AWS.
            let message = "Log level configuration is only supported when the log format is JSON.";
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        Ok(())
    }
}

fn check_role(role: &str) -> Result<(), AwsError> {
    let account = role.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    let is_role = account.is_some_and(|(account, name)| {
        account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty()
    });
    if is_role {
        return Ok(());
    }
    let rule = r"Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
    Err(constraint(role, "role", rule))
}

/// Refuses a number outside of what AWS takes.
pub fn check_range(name: &str, value: Option<i64>, least: i64, most: i64) -> Result<(), AwsError> {
    let Some(value) = value else { return Ok(()) };
    let (word, bound) = match value {
        value if value < least => ("greater", least),
        value if value > most => ("less", most),
        _ => return Ok(()),
    };
    let rule = format!("Member must have value {word} than or equal to {bound}");
    Err(constraint(&value.to_string(), name, &rule))
}

fn check_length(name: &str, value: Option<&str>, most: usize) -> Result<(), AwsError> {
    match value {
        Some(value) if value.chars().count() > most => {
            let rule = format!("Member must have length less than or equal to {most}");
            Err(constraint(value, name, &rule))
        }
        _ => Ok(()),
    }
}

/// Returns AWS's refusal of a value that breaks a constraint of its API model.
pub fn constraint(value: &str, name: &str, rule: &str) -> AwsError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}"
    );
    AwsError::new("ValidationException", message)
}

fn is_variable(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.len() >= 2 && name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(rest)
}

/// Tells whether a setting says nothing: absent, empty, or switched off.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty() || text == "None",
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_blank),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(settings: Value) -> Result<(), String> {
        let settings: Settings = serde_json::from_value(settings).unwrap();
        settings.check().map_err(|error| error.to_string())
    }

    #[test]
    fn takes_what_aws_takes() {
        let settings = json!({
            "Role": "arn:aws:iam::111122223333:role/service-role/x", "Runtime": "provided.al2023",
            "Handler": "bootstrap", "Timeout": 900, "MemorySize": 128, "Layers": [],
            "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}, "SnapStart": {"ApplyOn": "None"},
            "Environment": {"Variables": {"RUST_LOG": "info"}}, "TracingConfig": {"Mode": "PassThrough"},
            "LoggingConfig": {"LogGroup": "/my/group"},
        });
        assert_eq!(check(settings), Ok(()));
    }

    #[test]
    fn refuses_in_the_words_of_aws() {
        let message = check(json!({"MemorySize": 64})).unwrap_err();
        assert_eq!(
            message,
            "ValidationException: 1 validation error detected: Value '64' at 'memorySize' failed to satisfy \
             constraint: Member must have value greater than or equal to 128"
        );
        assert!(check(json!({"Timeout": 901})).unwrap_err().contains("less than or equal to 900"));
        assert!(check(json!({"Role": "admin"})).unwrap_err().contains("at 'role'"));
        let reserved = check(json!({"Environment": {"Variables": {"AWS_REGION": "x"}}})).unwrap_err();
        assert!(reserved.ends_with("Reserved keys used in this request: AWS_REGION"), "{reserved}");
        assert!(check(json!({"Environment": {"Variables": {"1x": "x"}}})).is_err());
        let large = json!({"Environment": {"Variables": {"LARGE": "x".repeat(4096)}}});
        assert!(check(large).unwrap_err().contains("exceeded the 4KB limit"));
    }

    #[test]
    fn names_what_it_does_not_have() {
        let mount = json!({"FileSystemConfigs": [{"Arn": "arn"}]});
        assert!(check(mount).unwrap_err().contains("`FileSystemConfigs` of a function"));
        assert!(check(json!({"Runtime": "python3.13"})).unwrap_err().contains("the runtime `python3.13`"));
        assert!(check(json!({"TracingConfig": {"Mode": "Active"}})).unwrap_err().contains("`Active`"));
    }
}
