//! Parameters of a template that stand for a parameter of Systems Manager: their names become its values.
//!
//! They are read when a change set or an operation begins, on behalf of whoever begins it, and are kept with the
//! blueprint; so a rollback gets the values of before.

use hydrant_cfn::template::{Parameter, Template};
use indexmap::IndexMap;

use super::template::validation_error;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::ssm::Kind;

/// What a template's parameter has to do with one of Systems Manager.
enum Use {
    /// It must be there.
    Name,
    /// Its value is meant.
    Value { is_list: bool },
}

fn use_of(parameter: &Parameter) -> Option<Use> {
    let rest = parameter.parameter_type.strip_prefix("AWS::SSM::Parameter::")?;
    match rest {
        "Name" => Some(Use::Name),
        _ => Some(Use::Value { is_list: parameter.is_list() }),
    }
}

/// Returns the values behind `parameters`, by the names of the template's own.
pub fn resolve(
    aws: &Aws,
    caller: &Caller,
    template: &Template,
    parameters: &IndexMap<String, String>,
) -> Result<IndexMap<String, String>, AwsError> {
    let mut values = IndexMap::new();
    let (mut missing, mut unsuitable) = (Vec::new(), Vec::new());
    for (name, parameter) in &template.parameters {
        let (Some(wanted), Some(key)) = (use_of(parameter), parameters.get(name)) else { continue };
        // Not confirmed on AWS: the code of a refusal that Systems Manager itself makes.
        let read = aws.services.ssm.read_parameter(aws, caller, key, None);
        let stored = read.map_err(|error| match error.code.as_str() {
            "AccessDeniedException" => validation_error(error.message),
            _ => error,
        })?;
        match (stored, wanted) {
            (None, _) => missing.push(key.as_str()),
            (Some(_), Use::Name) => {}
            (Some(stored), Use::Value { is_list }) => {
                let is_suitable = match stored.kind {
                    Kind::SecureString => false,
                    Kind::StringList => is_list,
                    Kind::String => true,
                };
                match is_suitable {
                    true => drop(values.insert(name.clone(), stored.value)),
                    false => unsuitable.push(key.as_str()),
                }
            }
        }
    }
    if !missing.is_empty() {
        let names = missing.join(", ");
        return Err(validation_error(format!(
            "Unable to fetch parameters [{names}] from parameter store for this account."
        )));
    }
    if !unsuitable.is_empty() {
        let names = unsuitable.join(", ");
        return Err(validation_error(format!(
            "Parameters [{names}] referenced by template have types not supported by CloudFormation."
        )));
    }
    Ok(values)
}
