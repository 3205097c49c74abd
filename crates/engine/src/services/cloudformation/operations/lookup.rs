//! Finds stacks and change sets by name or ARN, and refuses in AWS's words when there is none.

use super::super::change_set::ChangeSet;
use super::super::registry::State;
use super::super::stack::Stack;
use super::super::template::validation_error;
use crate::error::AwsError;
use crate::identity::Caller;

/// Returns the stack that stands under a name, or any that has the ARN.
pub fn find_stack<'a>(state: &'a State, caller: &Caller, name_or_id: &str) -> Option<&'a Stack> {
    if name_or_id.starts_with("arn:") {
        return state.stacks.get(name_or_id).filter(|stack| stack.is_of(caller));
    }
    state
        .stacks
        .values()
        .find(|stack| stack.is_of(caller) && stack.name == name_or_id && !stack.status.is_gone())
}

/// Returns the stack or `Stack with id … does not exist`.
pub fn stack<'a>(state: &'a State, caller: &Caller, name_or_id: &str) -> Result<&'a Stack, AwsError> {
    find_stack(state, caller, name_or_id)
        .ok_or_else(|| validation_error(format!("Stack with id {name_or_id} does not exist")))
}

/// Returns the stack or `Stack [….] does not exist`, as operations that change something say it.
pub fn stack_to_change<'a>(
    state: &'a State,
    caller: &Caller,
    name_or_id: &str,
) -> Result<&'a Stack, AwsError> {
    find_stack(state, caller, name_or_id)
        .filter(|stack| !stack.status.is_gone())
        .ok_or_else(|| validation_error(format!("Stack [{name_or_id}] does not exist")))
}

/// Returns a change set by ARN, or by its name and its stack's; one that was executed gives way to a newer one.
pub fn change_set<'a>(
    state: &'a State,
    caller: &Caller,
    name_or_id: &str,
    stack_name: Option<&str>,
) -> Result<&'a ChangeSet, AwsError> {
    let missing =
        || AwsError::new("ChangeSetNotFound", format!("ChangeSet [{name_or_id}] does not exist")).status(404);
    let is_of = |change_set: &&ChangeSet| {
        state.stacks.get(&change_set.stack_id).is_some_and(|stack| stack.is_of(caller))
    };
    if name_or_id.starts_with("arn:") {
        return state.change_sets.get(name_or_id).filter(is_of).ok_or_else(missing);
    }
    let Some(stack_name) = stack_name else {
        return Err(validation_error(
            "StackName must be specified if ChangeSetName is not specified as an ARN.",
        ));
    };
    let stack = find_stack(state, caller, stack_name)
        .ok_or_else(|| validation_error(format!("Stack [{stack_name}] does not exist")))?;
    state
        .change_sets
        .values()
        .filter(|change_set| change_set.stack_id == stack.id && change_set.name == name_or_id)
        .max_by_key(|change_set| (!change_set.execution_status.has_begun(), change_set.created_at))
        .ok_or_else(missing)
}
