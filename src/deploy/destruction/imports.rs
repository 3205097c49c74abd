//! Which stacks import what a stack exports, so that it cannot go before them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::Stack as DeployedStack;

use crate::aws::{Clients, code, failure};
use crate::error::{Error, Result};

/// Returns the names of the exports of a stack that are in use, each with the stacks that import it.
pub async fn in_use(clients: &Clients, stack: &DeployedStack) -> Result<BTreeMap<String, Vec<String>>> {
    let mut used = BTreeMap::new();
    for name in stack.outputs().iter().filter_map(|output| output.export_name()) {
        let mut pages =
            clients.cloudformation.list_imports().export_name(name).into_paginator().items().send();
        let mut users = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(user) => users.push(user),
                // An export that nobody imports is an error here.
                Err(error)
                    if code(&error) == Some("ValidationError")
                        && message(&error).contains("is not imported by any stack") =>
                {
                    break;
                }
                Err(error) => return Err(failure(format!("list who imports `{name}`"), error)),
            }
        }
        if !users.is_empty() {
            used.insert(name.to_owned(), users);
        }
    }
    Ok(used)
}

fn message<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    error.as_service_error().and_then(|error| error.message()).unwrap_or_default()
}

/// Refuses to delete a stack whose exports others use that do not go with it.
pub fn refuse(name: &str, used: &BTreeMap<String, Vec<String>>, going: &[&str]) -> Result<()> {
    let stays = |user: &&String| !going.contains(&user.as_str());
    let left: Vec<(&String, Vec<&str>)> = used
        .iter()
        .map(|(export, users)| (export, users.iter().filter(stays).map(String::as_str).collect::<Vec<_>>()))
        .filter(|(_, users)| !users.is_empty())
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let told = left.iter().map(|(export, users)| format!("{} imports {export}", users.join(" and ")));
    let cause = told.collect::<Vec<_>>().join("; ");
    Err(Error::usage(format!("{name} cannot be deleted: other stacks use what it exports"))
        .because(cause)
        .hint("delete those first, or all at once, or deploy them without it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_only_what_stacks_use_that_stay() {
        let used = BTreeMap::from([("a-OrdersArn".to_owned(), vec!["b".to_owned(), "c".to_owned()])]);
        assert!(refuse("a", &used, &["b", "c"]).is_ok());
        let error = refuse("a", &used, &["b"]).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("c imports a-OrdersArn"));
    }
}
