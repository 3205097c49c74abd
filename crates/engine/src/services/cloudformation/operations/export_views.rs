//! Exports and who uses them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::stack::Stack;
use super::super::template::validation_error;
use super::paging;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    export_name: Option<String>,
    next_token: Option<String>,
}

/// Returns every export of the account and region.
pub fn list_exports(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ListInput = call.input()?;
    aws.services.iam.authorize(caller, "cloudformation:ListExports", "*", None, &[])?;
    let mut exports: Vec<(String, Value)> = aws.services.cloudformation.registry.read(|state| {
        let stands = |stack: &&Stack| stack.is_of(caller) && !stack.status.is_gone();
        let of_stack = |stack: &Stack| {
            let export = |output: &super::super::stack::Output| {
                let name = output.export_name.clone()?;
                let entry = json!({"ExportingStackId": stack.id, "Name": name, "Value": output.value});
                Some((name, entry))
            };
            stack.outputs.iter().filter_map(export).collect::<Vec<_>>()
        };
        state.stacks.values().filter(stands).flat_map(of_stack).collect()
    });
    exports.sort_by(|(one, _), (other, _)| one.cmp(other));
    let exports = exports.into_iter().map(|(_, export)| export).collect();
    let (exports, next_token) = paging::page::<Value>(exports, input.next_token.as_deref())?;
    Reply::of(&json!({"Exports": exports, "NextToken": next_token}))
}

/// Returns the names of the stacks that use an export.
pub fn list_imports(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ListInput = call.input()?;
    aws.services.iam.authorize(caller, "cloudformation:ListImports", "*", None, &[])?;
    let name = input.export_name.unwrap_or_default();
    let importers: Vec<String> = aws.services.cloudformation.registry.read(|state| {
        let uses =
            |stack: &&Stack| stack.is_of(caller) && !stack.status.is_gone() && stack.imports.contains(&name);
        state.stacks.values().filter(uses).map(|stack| stack.name.clone()).collect()
    });
    if importers.is_empty() {
        return Err(validation_error(format!("Export '{name}' is not imported by any stack.")));
    }
    let (importers, next_token) = paging::page(importers, input.next_token.as_deref())?;
    Reply::of(&json!({"Imports": importers, "NextToken": next_token}))
}
