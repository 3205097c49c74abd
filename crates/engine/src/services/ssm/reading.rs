//! Reading parameters by their names: for callers, and for the services that read on a caller's behalf.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::operations::{check_names, required};
use super::parameter::Stored;
use super::{Ssm, name, not_found};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::json::Reply;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetParameter {
    name: Option<String>,
    with_decryption: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetParameters {
    names: Vec<String>,
    with_decryption: bool,
}

/// Returns one parameter.
pub fn get_parameter(ssm: &Ssm, aws: &Aws, caller: &Caller, input: GetParameter) -> Result<Reply, AwsError> {
    let given = required("name", input.name)?;
    let named = name::read(caller, &given);
    let arn = name::arn(caller, named.name);
    aws.services.iam.authorize(caller, "ssm:GetParameter", &arn, None, &[])?;
    let parameter = ssm.parameter(caller, named.name).ok_or_else(not_found)?;
    Reply::of(&json!({"Parameter": parameter.show(named.selector, input.with_decryption)?}))
}

/// Returns several parameters, and the names under which there is none.
pub fn get_parameters(
    ssm: &Ssm,
    aws: &Aws,
    caller: &Caller,
    input: &GetParameters,
) -> Result<Reply, AwsError> {
    check_names(&input.names)?;
    let (mut found, mut invalid) = (BTreeMap::new(), Vec::new());
    for given in &input.names {
        let named = name::read(caller, given);
        let arn = name::arn(caller, named.name);
        aws.services.iam.authorize(caller, "ssm:GetParameters", &arn, None, &[])?;
        let shown = ssm.parameter(caller, named.name);
        let shown = shown.and_then(|one| one.show(named.selector, input.with_decryption).ok());
        match shown {
            Some(shown) => {
                found.insert(given.clone(), shown);
            }
            None => invalid.push(given.clone()),
        }
    }
    let found: Vec<_> = found.into_values().collect();
    Reply::of(&json!({"Parameters": found, "InvalidParameters": invalid}))
}

impl Ssm {
    /// Reads a parameter, decrypted, on behalf of `caller`, who needs `ssm:GetParameters`; `None` when there is no
    /// such parameter or version.
    pub fn read_parameter(
        &self,
        aws: &Aws,
        caller: &Caller,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Stored>, AwsError> {
        let named = name::read(caller, name);
        let arn = name::arn(caller, named.name);
        aws.services.iam.authorize(caller, "ssm:GetParameters", &arn, None, &[])?;
        let Some(parameter) = self.parameter(caller, named.name) else { return Ok(None) };
        let selected = parameter.select(version.or(named.selector));
        Ok(selected.ok().map(|version| Stored { kind: parameter.kind, value: version.value.clone() }))
    }
}
