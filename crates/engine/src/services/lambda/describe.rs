//! GetFunction, GetFunctionConfiguration and ListFunctions.

use serde_json::{Map, Value, json};

use super::Lambda;
use super::code;
use super::name::FunctionKey;
use super::paging::page;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

impl Lambda {
    /// Returns all of a function, with a link to its package.
    pub(super) fn get_function(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<Value, AwsError> {
        let function = self.authorized(aws, caller, "lambda:GetFunction", key)?;
        let mut output = json!({"Configuration": function.configuration(), "Code": {"RepositoryType": "S3"}});
        let folder = code::folder(&self.folder, &function.key, &function.code);
        if let Some(location) = self.location(aws, &folder) {
            output["Code"]["Location"] = location.into();
        }
        if !function.tags.is_empty() {
            output["Tags"] = json!(function.tags);
        }
        if let Some(reserved) = function.reserved_concurrency {
            output["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
        }
        Ok(output)
    }

    pub(super) fn get_function_configuration(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<Value, AwsError> {
        Ok(self.authorized(aws, caller, "lambda:GetFunctionConfiguration", key)?.configuration())
    }

    pub(super) fn list_functions(
        &self,
        aws: &Aws,
        caller: &Caller,
        marker: Option<&str>,
        max_items: Option<&str>,
    ) -> Result<Value, AwsError> {
        aws.services.iam.authorize(caller, "lambda:ListFunctions", "*", None, &[])?;
        let page = page(self.functions.scan(&caller.scope())?, marker, max_items)?;
        let functions = page.entries.iter().map(super::Function::configuration).collect();
        let mut output = Map::from_iter([("Functions".to_owned(), Value::Array(functions))]);
        if let Some(marker) = page.next_marker {
            output.insert("NextMarker".to_owned(), marker.into());
        }
        Ok(output.into())
    }
}
