//! Parameters, and whether a value may be given for one.

use super::{Template, scalar_text};
use crate::schema;
use indexmap::IndexMap;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameter {
    pub name: String,
    pub parameter_type: String,
    pub default: Option<Value>,
    pub allowed_values: Vec<Value>,
    pub allowed_pattern: Option<String>,
    pub constraint_description: Option<String>,
    pub description: Option<String>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min_value: Option<f64>,
    pub max_value: Option<f64>,
    pub no_echo: bool,
}

/// A refusal in CloudFormation's words, as it stands in a `ValidationError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParameterError(pub String);

impl Parameter {
    pub(super) fn from_value(name: &str, value: &Value) -> Self {
        let text = |key: &str| value.get(key).and_then(scalar_text);
        // CloudFormation takes numbers in quotes here.
        let count = |key: &str| text(key).and_then(|text| text.parse().ok());
        let number = |key: &str| text(key).and_then(|text| text.parse().ok());
        Self {
            name: name.to_owned(),
            parameter_type: text("Type").unwrap_or_default(),
            default: value.get("Default").cloned(),
            allowed_values: value.get("AllowedValues").and_then(Value::as_array).cloned().unwrap_or_default(),
            allowed_pattern: text("AllowedPattern"),
            constraint_description: text("ConstraintDescription"),
            description: text("Description"),
            min_length: count("MinLength"),
            max_length: count("MaxLength"),
            min_value: number("MinValue"),
            max_value: number("MaxValue"),
            no_echo: text("NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true")),
        }
    }

    /// Returns the default as the text that a caller would have passed.
    pub fn default_text(&self) -> Option<String> {
        match self.default.as_ref()? {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().filter_map(scalar_text).collect();
                Some(items.join(","))
            }
            other => scalar_text(other),
        }
    }

    /// Says whether the value is a list: `CommaDelimitedList`, `List<Number>`, the lists of AWS's own types, and each
    /// of these behind a parameter of Systems Manager.
    pub fn is_list(&self) -> bool {
        self.parameter_type.trim_end_matches('>').ends_with("CommaDelimitedList")
            || self.parameter_type.contains("List<")
    }

    /// Returns what `Ref` of the parameter gives when `text` was passed: a string, or a list of strings.
    pub fn value(&self, text: &str) -> Value {
        if self.is_list() {
            Value::Array(self.items(text).into_iter().map(Value::from).collect())
        } else {
            Value::from(text)
        }
    }

    fn items<'t>(&self, text: &'t str) -> Vec<&'t str> {
        if !self.is_list() {
            vec![text]
        } else if text.is_empty() {
            Vec::new()
        } else {
            text.split(',').map(str::trim).collect()
        }
    }

    /// Checks a value that a caller passes, or the default.
    pub fn check(&self, text: &str) -> Result<(), ParameterError> {
        let numeric = matches!(self.parameter_type.as_str(), "Number" | "List<Number>");
        for item in self.items(text) {
            if numeric {
                self.check_number(item)?;
            } else {
                self.check_length(item)?;
            }
            self.check_allowed(item)?;
            self.check_pattern(item)?;
        }
        Ok(())
    }

    fn check_number(&self, item: &str) -> Result<(), ParameterError> {
        let number = item.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(number) = number else {
            return Err(ParameterError(format!(
                "Parameter validation failed: parameter value {item} for parameter name {} is not a number",
                self.name
            )));
        };
        if let Some(least) = self.min_value.filter(|least| number < *least) {
            return Err(self.refuse(&format!("must be a number not less than {least}")));
        }
        if let Some(most) = self.max_value.filter(|most| number > *most) {
            return Err(self.refuse(&format!("must be a number not greater than {most}")));
        }
        Ok(())
    }

    fn check_length(&self, item: &str) -> Result<(), ParameterError> {
        let length = item.chars().count() as u64;
        if let Some(least) = self.min_length.filter(|least| length < *least) {
            return Err(self.refuse(&format!("must contain at least {least} characters")));
        }
        if let Some(most) = self.max_length.filter(|most| length > *most) {
            return Err(self.refuse(&format!("must contain at most {most} characters")));
        }
        Ok(())
    }

    fn check_allowed(&self, item: &str) -> Result<(), ParameterError> {
        let allowed = |value: &Value| scalar_text(value).is_some_and(|value| value == item);
        if self.allowed_values.is_empty() || self.allowed_values.iter().any(allowed) {
            return Ok(());
        }
        Err(self.refuse("must be one of AllowedValues"))
    }

    fn check_pattern(&self, item: &str) -> Result<(), ParameterError> {
        let Some(pattern) = &self.allowed_pattern else {
            return Ok(());
        };
        // The pattern must match the whole value; one that cannot be compiled refuses nothing here.
        if schema::matches_pattern(&format!("^(?:{pattern})$"), item) != Some(false) {
            return Ok(());
        }
        Err(self.refuse(&format!("must match pattern {pattern}")))
    }

    /// The template's own words win over CloudFormation's.
    fn refuse(&self, constraint: &str) -> ParameterError {
        let name = &self.name;
        ParameterError(match &self.constraint_description {
            Some(description) => {
                format!("Parameter {name} failed to satisfy constraint: {description}")
            }
            None => format!("Parameter '{name}' {constraint}"),
        })
    }
}

impl Template {
    /// Checks the values that a caller passes and fills in the defaults.
    ///
    /// Returns every parameter's text in the order of the template; [`Parameter::value`] makes of it what `Ref` gives.
    pub fn parameter_values(
        &self,
        given: &IndexMap<String, String>,
    ) -> Result<IndexMap<String, String>, ParameterError> {
        let list = |names: Vec<&str>| names.join(", ");
        let unknown: Vec<&str> =
            given.keys().map(String::as_str).filter(|name| !self.parameters.contains_key(*name)).collect();
        if !unknown.is_empty() {
            let message = format!("Parameters: [{}] do not exist in the template", list(unknown));
            return Err(ParameterError(message));
        }
        let mut values = IndexMap::new();
        let mut missing = Vec::new();
        for (name, parameter) in &self.parameters {
            match given.get(name).cloned().or_else(|| parameter.default_text()) {
                Some(text) => {
                    values.insert(name.clone(), text);
                }
                None => missing.push(name.as_str()),
            }
        }
        if !missing.is_empty() {
            return Err(ParameterError(format!("Parameters: [{}] must have values", list(missing))));
        }
        for (name, text) in &values {
            if let Some(parameter) = self.parameters.get(name) {
                parameter.check(text)?;
            }
        }
        Ok(values)
    }
}
