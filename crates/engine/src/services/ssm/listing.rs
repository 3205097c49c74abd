//! Parameters in pages: by path, by filters, and the versions of one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::operations::required;
use super::parameter::{Kind, Parameter};
use super::{Ssm, name, not_found};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ByPath {
    path: Option<String>,
    recursive: bool,
    with_decryption: bool,
    parameter_filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Describe {
    filters: Vec<OldFilter>,
    parameter_filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
    shared: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct History {
    name: Option<String>,
    with_decryption: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// A filter as `DescribeParameters` and `GetParametersByPath` take it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Filter {
    key: String,
    option: Option<String>,
    values: Vec<String>,
}

/// A filter in the form of old clients.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OldFilter {
    key: String,
    values: Vec<String>,
}

impl Filter {
    fn check(&self) -> Result<(), AwsError> {
        let option = self.option.as_deref().unwrap_or("Equals");
        let is_known = match self.key.as_str() {
            "Name" => matches!(option, "Equals" | "BeginsWith" | "Contains"),
            "Path" => matches!(option, "Equals" | "Recursive" | "OneLevel"),
            "Type" | "Tier" | "DataType" | "KeyId" => option == "Equals",
            key => key.starts_with("tag:") && option == "Equals",
        };
        if is_known {
            return Ok(());
        }
        let known_key = matches!(self.key.as_str(), "Name" | "Path" | "Type" | "Tier" | "DataType" | "KeyId");
        // Not confirmed on AWS: the wording.
        let (code, message) = match known_key || self.key.starts_with("tag:") {
            true => {
                ("InvalidFilterOption", format!("The filter option {option} is not valid for {}.", self.key))
            }
            false => ("InvalidFilterKey", format!("The filter key {} is not valid.", self.key)),
        };
        Err(AwsError::new(code, message))
    }

    fn holds(&self, parameter: &Parameter) -> bool {
        let option = self.option.as_deref().unwrap_or("Equals");
        let any = |test: &dyn Fn(&str) -> bool| self.values.iter().any(|value| test(value));
        let tier = || parameter.latest().map(|version| version.tier.clone()).unwrap_or_default();
        match (self.key.as_str(), option) {
            ("Name", "BeginsWith") => any(&|value| parameter.name.starts_with(value)),
            ("Name", "Contains") => any(&|value| parameter.name.contains(value)),
            ("Name", _) => any(&|value| parameter.name == value),
            ("Path", "Recursive") => any(&|value| parameter.is_under(value, true)),
            ("Path", _) => any(&|value| parameter.is_under(value, false)),
            ("Type", _) => any(&|value| parameter.kind.as_str() == value),
            ("Tier", _) => any(&|value| tier() == value),
            ("DataType", _) => any(&|value| value == "text"),
            ("KeyId", _) => {
                any(&|value| parameter.kind == Kind::SecureString && value == super::parameter::DEFAULT_KEY)
            }
            (key, _) => {
                let found = key.strip_prefix("tag:").and_then(|key| parameter.tags.get(key));
                found.is_some_and(|found| self.values.is_empty() || self.values.contains(found))
            }
        }
    }
}

impl OldFilter {
    fn holds(&self, parameter: &Parameter) -> bool {
        let of_type = |value: &String| parameter.kind.as_str() == value;
        match self.key.as_str() {
            "Type" => self.values.iter().any(of_type),
            "Name" => self.values.iter().any(|value| parameter.name.starts_with(value.as_str())),
            _ => parameter.kind == Kind::SecureString,
        }
    }
}

/// Returns the parameters under a path, with their values.
pub fn get_parameters_by_path(
    ssm: &Ssm,
    aws: &Aws,
    caller: &Caller,
    input: ByPath,
) -> Result<Reply, AwsError> {
    let path = required("path", input.path)?;
    if !name::is_path(&path) {
        let message = "The parameter doesn't meet the parameter name requirements. The parameter name must begin \
                       with a forward slash \"/\".";
        return Err(AwsError::new("ValidationException", message));
    }
    check_page(input.max_results, 10)?;
    input.parameter_filters.iter().try_for_each(Filter::check)?;
    let arn = name::arn(caller, path.trim_end_matches('/'));
    aws.services.iam.authorize(caller, "ssm:GetParametersByPath", &arn, None, &[])?;
    let wanted = |parameter: &Parameter| {
        parameter.is_under(&path, input.recursive)
            && input.parameter_filters.iter().all(|filter| filter.holds(parameter))
    };
    let limit = input.max_results.unwrap_or(10);
    let (found, next) = page(ssm, caller, wanted, limit, input.next_token.as_deref());
    let shown: Result<Vec<_>, _> = found.iter().map(|one| one.show(None, input.with_decryption)).collect();
    answer(shown?, next)
}

/// Returns what is known of the parameters but for their values.
pub fn describe_parameters(
    ssm: &Ssm,
    aws: &Aws,
    caller: &Caller,
    input: &Describe,
) -> Result<Reply, AwsError> {
    check_page(input.max_results, 50)?;
    if input.shared == Some(true) {
        return Err(AwsError::not_supported("parameters that others share"));
    }
    if !input.filters.is_empty() && !input.parameter_filters.is_empty() {
        let message = "You can use either Filters or ParameterFilters in a single request.";
        return Err(AwsError::new("ValidationException", message));
    }
    input.parameter_filters.iter().try_for_each(Filter::check)?;
    let all = caller.arn("ssm", "*");
    aws.services.iam.authorize(caller, "ssm:DescribeParameters", &all, None, &[])?;
    let wanted = |parameter: &Parameter| {
        input.parameter_filters.iter().all(|filter| filter.holds(parameter))
            && input.filters.iter().all(|filter| filter.holds(parameter))
    };
    let limit = input.max_results.unwrap_or(50);
    let (found, next) = page(ssm, caller, wanted, limit, input.next_token.as_deref());
    let describe = |parameter: &Parameter| {
        let mut shown = parameter.describe(parameter.latest()?);
        shown["ARN"] = Value::from(parameter.arn.as_str());
        Ok(shown)
    };
    let shown: Result<Vec<_>, AwsError> = found.iter().map(describe).collect();
    answer(shown?, next)
}

/// Returns the versions of a parameter, oldest first.
pub fn get_parameter_history(
    ssm: &Ssm,
    aws: &Aws,
    caller: &Caller,
    input: History,
) -> Result<Reply, AwsError> {
    let given = required("name", input.name)?;
    check_page(input.max_results, 50)?;
    let named = name::read(caller, &given);
    let arn = name::arn(caller, named.name);
    aws.services.iam.authorize(caller, "ssm:GetParameterHistory", &arn, None, &[])?;
    let parameter = ssm.parameter(caller, named.name).ok_or_else(not_found)?;
    let after = input.next_token.as_deref().and_then(|token| token.parse::<u64>().ok()).unwrap_or(0);
    let limit = usize::try_from(input.max_results.unwrap_or(50)).unwrap_or(50);
    let mut left = parameter.versions.iter().filter(|version| version.number > after);
    let versions: Vec<_> = left.by_ref().take(limit).collect();
    let next = left.next().and(versions.last()).map(|last| last.number.to_string());
    let show = |version: &&super::parameter::Version| {
        let mut shown = parameter.describe(version);
        let number = version.number.to_string();
        shown["Value"] = parameter.show(Some(&number), input.with_decryption)?["Value"].clone();
        shown["Labels"] = json!([]);
        Ok(shown)
    };
    let shown: Result<Vec<_>, AwsError> = versions.iter().map(show).collect();
    answer(shown?, next)
}

fn check_page(max_results: Option<i64>, most: i64) -> Result<(), AwsError> {
    let mut check = Constraints::default();
    check.range("maxResults", max_results, 1, most);
    check.finish()
}

/// Returns the wanted parameters after the one that `token` names, and the token of the next page.
fn page(
    ssm: &Ssm,
    caller: &Caller,
    wanted: impl Fn(&Parameter) -> bool,
    limit: i64,
    token: Option<&str>,
) -> (Vec<Parameter>, Option<String>) {
    let scope = caller.scope();
    let parameters = ssm.parameters();
    let after = token.unwrap_or_default();
    let limit = usize::try_from(limit).unwrap_or(10);
    let mut left = parameters
        .range(scope.clone()..)
        .take_while(|(key, _)| key.starts_with(&scope))
        .map(|(_, parameter)| parameter)
        .filter(|parameter| parameter.name.as_str() > after && wanted(parameter));
    let found: Vec<Parameter> = left.by_ref().take(limit).cloned().collect();
    let next = left.next().and(found.last()).map(|last| last.name.clone());
    (found, next)
}

fn answer(parameters: Vec<Value>, next: Option<String>) -> Result<Reply, AwsError> {
    let mut answer = json!({"Parameters": parameters});
    if let Some(next) = next {
        answer["NextToken"] = Value::from(next);
    }
    Reply::of(&answer)
}
