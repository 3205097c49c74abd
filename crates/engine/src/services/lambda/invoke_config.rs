//! EventInvokeConfig: how often and how long a function's asynchronous events are tried, and where records of them go.
//!
//! `$LATEST`, every version and every alias have one of their own, or none.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Lambda;
use super::name::FunctionKey;
use super::settings::check_range;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::rest_json::{Call, Reply};

/// Retries and age when nothing is set.
const RETRIES: u32 = 2;
const AGE: u32 = 21_600;

/// The configuration of a function's asynchronous events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvokeConfig {
    pub maximum_retry_attempts: Option<u32>,
    /// Seconds.
    pub maximum_event_age: Option<u32>,
    pub on_success: Option<String>,
    pub on_failure: Option<String>,
    pub last_modified: Timestamp,
}

/// Input of PutFunctionEventInvokeConfig, UpdateFunctionEventInvokeConfig and `AWS::Lambda::EventInvokeConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InvokeSettings {
    pub maximum_retry_attempts: Option<i64>,
    pub maximum_event_age_in_seconds: Option<i64>,
    pub destination_config: Option<Destinations>,
}

/// Destinations as requests write them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Destinations {
    pub on_success: Destination,
    pub on_failure: Destination,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Destination {
    pub destination: Option<String>,
}

impl Destination {
    /// Returns the ARN; an empty text is none.
    pub fn arn(&self) -> Option<String> {
        self.destination.clone().filter(|arn| !arn.is_empty())
    }
}

impl InvokeConfig {
    pub fn retries(&self) -> u32 {
        self.maximum_retry_attempts.unwrap_or(RETRIES)
    }

    /// Returns how long an event may be tried.
    pub fn age(&self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::from(self.maximum_event_age.unwrap_or(AGE)))
    }

    fn describe(&self, key: &FunctionKey) -> Value {
        let destination = |arn: &Option<String>| match arn {
            Some(arn) => json!({"Destination": arn}),
            None => json!({}),
        };
        let mut description = json!({
            "LastModified": self.last_modified.seconds(),
            "FunctionArn": qualified_arn(key),
            "DestinationConfig": {
                "OnSuccess": destination(&self.on_success),
                "OnFailure": destination(&self.on_failure),
            },
        });
        if let Some(retries) = self.maximum_retry_attempts {
            description["MaximumRetryAttempts"] = json!(retries);
        }
        if let Some(age) = self.maximum_event_age {
            description["MaximumEventAgeInSeconds"] = json!(age);
        }
        description
    }
}

impl Lambda {
    /// Answers the operations on a function's configuration.
    pub(super) fn on_invoke_config(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        rest: &[&str],
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let key = &key.clone().with(call.query("Qualifier"))?;
        match (call.method.as_str(), rest) {
            ("PUT", []) => {
                let config = self.put_invoke_config(aws, caller, key, &call.input()?)?;
                Reply::of(200, &config.describe(key))
            }
            ("POST", []) => {
                let config = self.update_invoke_config(aws, caller, key, &call.input()?)?;
                Reply::of(200, &config.describe(key))
            }
            ("GET", []) => {
                self.authorized(aws, caller, "lambda:GetFunctionEventInvokeConfig", key)?;
                let config = self.invoke_config(key)?.ok_or_else(|| not_configured(key))?;
                Reply::of(200, &config.describe(key))
            }
            ("DELETE", []) => {
                self.delete_invoke_config(aws, caller, key)?;
                Ok(Reply::empty(204))
            }
            ("GET", ["list"]) => {
                let key = key.unqualified();
                self.authorized(aws, caller, "lambda:ListFunctionEventInvokeConfigs", &key)?;
                let configs = self.invoke_configs_of(&key)?;
                let configs: Vec<Value> = configs.iter().map(|(key, config)| config.describe(key)).collect();
                Reply::of(200, &json!({"FunctionEventInvokeConfigs": configs}))
            }
            _ => Err(AwsError::not_supported("this operation on an EventInvokeConfig")),
        }
    }

    /// Returns the configuration of a function, if it has one.
    pub(super) fn invoke_config(&self, key: &FunctionKey) -> Result<Option<InvokeConfig>, AwsError> {
        Ok(self.invoke_configs.get(&key.path())?)
    }

    /// Returns the configurations of a function, its versions and its aliases.
    fn invoke_configs_of(&self, key: &FunctionKey) -> Result<Vec<(FunctionKey, InvokeConfig)>, AwsError> {
        let own = self.invoke_configs.get(&key.path())?.map(|config| (key.clone(), config));
        let prefix = format!("{}:", key.function_path());
        let others = self.invoke_configs.scan(&prefix)?;
        let other = |(path, config): (String, InvokeConfig)| {
            Some((key.qualified(path.strip_prefix(prefix.as_str())?), config))
        };
        Ok(own.into_iter().chain(others.into_iter().filter_map(other)).collect())
    }

    /// Removes every configuration of a function that is deleted.
    pub(super) fn delete_invoke_configs(&self, key: &FunctionKey) -> Result<(), AwsError> {
        for (key, _) in self.invoke_configs_of(key)? {
            self.invoke_configs.remove(&key.path())?;
        }
        Ok(())
    }

    /// Sets a function's configuration, whatever it was.
    pub(super) fn put_invoke_config(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        settings: &InvokeSettings,
    ) -> Result<InvokeConfig, AwsError> {
        self.authorized(aws, caller, "lambda:PutFunctionEventInvokeConfig", key)?;
        let config = InvokeConfig {
            maximum_retry_attempts: None,
            maximum_event_age: None,
            on_success: None,
            on_failure: None,
            last_modified: aws.clock.now(),
        };
        self.keep(aws, key, config, settings)
    }

    /// Changes what is given of a function's configuration.
    fn update_invoke_config(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        settings: &InvokeSettings,
    ) -> Result<InvokeConfig, AwsError> {
        self.authorized(aws, caller, "lambda:UpdateFunctionEventInvokeConfig", key)?;
        let config = self.invoke_config(key)?.ok_or_else(|| not_configured(key))?;
        self.keep(aws, key, InvokeConfig { last_modified: aws.clock.now(), ..config }, settings)
    }

    fn keep(
        &self,
        aws: &Aws,
        key: &FunctionKey,
        mut config: InvokeConfig,
        settings: &InvokeSettings,
    ) -> Result<InvokeConfig, AwsError> {
        check_range("maximumRetryAttempts", settings.maximum_retry_attempts, 0, 2)?;
        check_range("maximumEventAgeInSeconds", settings.maximum_event_age_in_seconds, 60, 21_600)?;
        let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        config.maximum_retry_attempts =
            number(settings.maximum_retry_attempts).or(config.maximum_retry_attempts);
        config.maximum_event_age = number(settings.maximum_event_age_in_seconds).or(config.maximum_event_age);
        if let Some(destinations) = &settings.destination_config {
            config.on_success = destinations.on_success.arn();
            config.on_failure = destinations.on_failure.arn();
        }
        for arn in config.on_success.iter().chain(&config.on_failure) {
            self.check_destination(aws, key, arn, true)?;
        }
        let _changing = self.changing();
        // A function that was deleted meanwhile keeps nothing behind.
        self.function(key)?;
        self.invoke_configs.put(&key.path(), &config)?;
        Ok(config)
    }

    pub(super) fn delete_invoke_config(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<(), AwsError> {
        self.authorized(aws, caller, "lambda:DeleteFunctionEventInvokeConfig", key)?;
        let _changing = self.changing();
        self.invoke_configs.get(&key.path())?.ok_or_else(|| not_configured(key))?;
        Ok(self.invoke_configs.remove(&key.path())?)
    }
}

/// Returns the ARN of a function with its qualifier, which is `$LATEST` when there is none.
pub fn qualified_arn(key: &FunctionKey) -> String {
    match key.qualifier {
        Some(_) => key.arn(),
        None => format!("{}:$LATEST", key.arn()),
    }
}

fn not_configured(key: &FunctionKey) -> AwsError {
    let message = format!("The function {} doesn't have an EventInvokeConfig", qualified_arn(key));
    AwsError::new("ResourceNotFoundException", message).status(404)
}
