//! Processors between the records that come in and the object that goes out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::refusal::invalid_argument;
use crate::error::AwsError;
use crate::wire::constraints::Constraints;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessingConfiguration {
    pub enabled: Option<bool>,
    #[serde(default)]
    pub processors: Vec<Processor>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Processor {
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    pub parameter_name: Option<String>,
    pub parameter_value: Option<String>,
}

/// A function that transforms records, and how they are gathered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaProcessor {
    pub function_arn: String,
    /// Role with which the function is invoked.
    pub role_arn: String,
    pub buffer_bytes: usize,
    pub buffer_interval: Duration,
    pub retries: u32,
}

const TYPES: [&str; 6] = [
    "RecordDeAggregation",
    "Decompression",
    "CloudWatchLogProcessing",
    "Lambda",
    "MetadataExtraction",
    "AppendDelimiterToRecord",
];

impl ProcessingConfiguration {
    pub fn check(&self, check: &mut Constraints, field: &str) {
        for (place, processor) in self.processors.iter().enumerate() {
            let field = format!("{field}.processingConfiguration.processors.{}.member", place + 1);
            check.present(&format!("{field}.type"), processor.kind.is_some());
            check.one_of(&format!("{field}.type"), processor.kind.as_deref(), &TYPES);
            for parameter in &processor.parameters {
                check.present(&format!("{field}.parameterName"), parameter.parameter_name.is_some());
                check.present(&format!("{field}.parameterValue"), parameter.parameter_value.is_some());
            }
        }
    }
}

impl Processor {
    fn parameter(&self, name: &str) -> Option<&str> {
        let named = |parameter: &&Parameter| parameter.parameter_name.as_deref() == Some(name);
        self.parameters.iter().find(named)?.parameter_value.as_deref()
    }

    fn number(&self, name: &str, default: f64, least: f64, most: f64) -> Result<f64, AwsError> {
        let Some(text) = self.parameter(name) else { return Ok(default) };
        let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
        // Not confirmed on AWS: the wording.
        number.ok_or_else(|| {
            invalid_argument(format!(
                "Processor parameter {name} must be between {least} and {most}, but was {text}."
            ))
        })
    }

    fn lambda(&self, delivery_role_arn: &str) -> Result<LambdaProcessor, AwsError> {
        let function_arn = self.parameter("LambdaArn").ok_or_else(|| {
            // Not confirmed on AWS: the wording.
            invalid_argument("LambdaArn must be specified for a processor of type Lambda.")
        })?;
        let megabytes = self.number("BufferSizeInMBs", 1.0, 0.2, 3.0)?;
        let seconds = self.number("BufferIntervalInSeconds", 60.0, 0.0, 900.0)?;
        let retries = self.number("NumberOfRetries", 3.0, 0.0, 300.0)?;
        Ok(LambdaProcessor {
            function_arn: function_arn.to_owned(),
            role_arn: self.parameter("RoleArn").unwrap_or(delivery_role_arn).to_owned(),
            buffer_bytes: (megabytes * 1_048_576.0) as usize,
            buffer_interval: Duration::from_secs_f64(seconds),
            retries: retries as u32,
        })
    }

    fn delimiter(&self) -> Vec<u8> {
        let written = self.parameter("Delimiter").unwrap_or("\\n");
        written.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").into_bytes()
    }
}

/// Returns the function and the delimiter that an enabled configuration names.
pub fn steps(
    configuration: Option<&ProcessingConfiguration>,
    delivery_role_arn: &str,
) -> Result<(Option<LambdaProcessor>, Option<Vec<u8>>), AwsError> {
    let (mut lambda, mut delimiter) = (None, None);
    let enabled = configuration.filter(|configuration| configuration.enabled == Some(true));
    for processor in enabled.into_iter().flat_map(|configuration| &configuration.processors) {
        match processor.kind.as_deref().unwrap_or_default() {
            "Lambda" if lambda.is_some() => {
                // Not confirmed on AWS: the wording.
                return Err(invalid_argument("Only one processor of type Lambda is allowed."));
            }
            "Lambda" => lambda = Some(processor.lambda(delivery_role_arn)?),
            "AppendDelimiterToRecord" => delimiter = Some(processor.delimiter()),
            other => return Err(AwsError::not_supported(format_args!("the processor type {other}"))),
        }
    }
    Ok((lambda, delimiter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(parameters: serde_json::Value) -> Result<(Option<LambdaProcessor>, Option<Vec<u8>>), AwsError> {
        let configuration =
            json!({"Enabled": true, "Processors": [{"Type": "Lambda", "Parameters": parameters}]});
        steps(Some(&serde_json::from_value(configuration).unwrap()), "role")
    }

    #[test]
    fn fills_in_the_defaults_of_aws() {
        let lambda = read(json!([{"ParameterName": "LambdaArn", "ParameterValue": "f"}])).unwrap().0.unwrap();
        assert_eq!((lambda.buffer_bytes, lambda.buffer_interval.as_secs(), lambda.retries), (1 << 20, 60, 3));
        assert_eq!(lambda.role_arn, "role");
    }

    #[test]
    fn refuses_buffers_that_a_function_cannot_take() {
        let of = |name: &str, value: &str| {
            read(json!([
                {"ParameterName": "LambdaArn", "ParameterValue": "f"},
                {"ParameterName": name, "ParameterValue": value},
            ]))
        };
        assert!(of("BufferSizeInMBs", "3").is_ok());
        assert!(of("BufferSizeInMBs", "9").is_err());
        assert!(of("BufferIntervalInSeconds", "901").is_err());
        assert!(of("NumberOfRetries", "many").is_err());
        assert!(read(json!([])).is_err());
    }

    #[test]
    fn reads_escapes_in_a_delimiter() {
        let delimiter = |value: &str| {
            Processor {
                kind: None,
                parameters: vec![Parameter {
                    parameter_name: Some("Delimiter".into()),
                    parameter_value: Some(value.into()),
                }],
            }
            .delimiter()
        };
        assert_eq!(delimiter("\\n"), b"\n");
        assert_eq!(delimiter("\n"), b"\n");
        assert_eq!(delimiter(";\\t"), b";\t");
    }

    #[test]
    fn does_nothing_when_processing_is_not_enabled() {
        let configuration = json!({"Enabled": false, "Processors": [{"Type": "Lambda", "Parameters": []}]});
        let configuration = serde_json::from_value(configuration).unwrap();
        assert_eq!(steps(Some(&configuration), "role").unwrap(), (None, None));
    }
}
