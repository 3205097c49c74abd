//! Where a purge goes when no stack file is named: what the project's stack files say of an environment.
//!
//! Several stack files may have the same environment. They have to agree, and one that is protected protects all.

use hydrant_cfn::yaml::Spanned;

use crate::error::{Error, Result};
use crate::stack::{DEFAULT_ENVIRONMENT, Environment, Stack};

/// Returns where the environment `name` is, as `stacks` have it; its region counts unless another `is_chosen`.
pub fn environment(stacks: &[Stack], name: &str, is_chosen: bool) -> Result<Environment> {
    let found = stacks.iter().filter_map(|stack| Some((stack, stack.file.environments.get(name)?)));
    let found: Vec<(&Stack, &Environment)> = found.collect();
    if found.is_empty() && name != DEFAULT_ENVIRONMENT {
        return Err(Error::usage(format!("no stack file has an environment `{name}`"))
            .hint("name the region with --region, and credentials with --profile"));
    }
    if let Some((stack, _)) = found.iter().find(|(_, environment)| environment.protect) {
        let message = format!("the environment `{name}` of {} is protected", stack.path.display());
        return Err(
            Error::usage(message).hint("purge deletes what every stack there needs; it is not for it")
        );
    }
    let region = match is_chosen {
        true => None,
        false => same(&found, "region", name, |environment| environment.region.as_ref())?,
    };
    let mut place = Environment::default();
    place.region = region;
    if !is_chosen {
        let several = found.iter().map(|(_, environment)| &environment.regions);
        place.regions = several.max_by_key(|regions| regions.len()).cloned().unwrap_or_default();
    }
    place.account = same(&found, "account", name, |environment| environment.account.as_ref())?;
    Ok(place)
}

/// Returns the value on which all agree that have one.
fn same(
    found: &[(&Stack, &Environment)],
    what: &str,
    name: &str,
    value: impl Fn(&Environment) -> Option<&Spanned<String>>,
) -> Result<Option<Spanned<String>>> {
    let mut values = found.iter().filter_map(|(stack, environment)| Some((stack, value(environment)?)));
    let Some((first_stack, first)) = values.next() else { return Ok(None) };
    match values.find(|(_, other)| other.value != first.value) {
        None => Ok(Some(first.clone())),
        Some((stack, other)) => Err(Error::usage(format!(
            "the environment `{name}` has the {what} {} in {} and {} in {}",
            first.value,
            first_stack.path.display(),
            other.value,
            stack.path.display()
        ))
        .hint("choose another environment, or make them agree")),
    }
}

/// Refuses an account and region that a protected environment is pinned to, by whatever way they were reached.
pub fn refuse_protected(stacks: &[Stack], account: &str, region: &str) -> Result<()> {
    for stack in stacks {
        for (name, environment) in &stack.file.environments {
            let is_account = environment.account.as_ref().is_some_and(|pinned| pinned.value == account);
            let is_region = environment.region.as_ref().is_none_or(|own| own.value == region);
            if environment.protect && is_account && is_region {
                let message = format!(
                    "{account} in {region} is where the protected environment `{name}` of {} is",
                    stack.path.display()
                );
                return Err(Error::usage(message).hint("use other credentials or another region"));
            }
        }
    }
    Ok(())
}
