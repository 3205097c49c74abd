//! Where in the stack file a failed resource comes from, and what to do there.

use aws_sdk_cloudformation::types::StackEvent;

use super::Failure;
use super::advice::{OwnRole, advise, property};
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::render::Origins;
use crate::stack::{Resource, Stack, resources};

/// Returns an error that also says what to do about a failure, and with the stack file where it comes from.
pub fn diagnosed(error: Error, failure: &Failure, stack: Option<&Stack>, events: &[StackEvent]) -> Error {
    let roles = stack.map(|stack| own_roles(stack, events)).unwrap_or_default();
    let error = advise(failure, &roles).into_iter().fold(error, Error::hint);
    match stack.and_then(|stack| place(failure, stack)) {
        Some(place) => error.at(vec![place]),
        None => error,
    }
}

/// Returns the key of the stack file that a resource, or the property that is wrong with it, follows from.
fn place(failure: &Failure, stack: &Stack) -> Option<Diagnostic> {
    let mut path = vec!["Resources".to_owned(), failure.logical_id.clone()];
    if let Some(property) = property(failure) {
        path.push("Properties".to_owned());
        path.extend(property.split('/').map(str::to_owned));
    }
    let span = Origins::of(stack).place(&path)?;
    let message = format!("`{}` ({}) failed", failure.logical_id, failure.resource_type);
    Some(Diagnostic::error(&stack.path, &stack.source, span.start..span.end, message))
}

/// Returns the roles of the stack file's blocks that an operation has named.
fn own_roles(stack: &Stack, events: &[StackEvent]) -> Vec<OwnRole> {
    let roles = resources(&stack.file).into_iter().filter(|one| one.resource_type == "AWS::IAM::Role");
    let role = |resource: Resource| {
        let is_it = |event: &&StackEvent| event.logical_resource_id() == Some(resource.logical_id.as_str());
        let mut names = events.iter().filter(is_it).filter_map(|event| event.physical_resource_id());
        let name = names.rfind(|name| !name.is_empty())?.to_owned();
        let [section, block] = resource.block.as_slice() else { return None };
        Some(OwnRole { name, section: section.clone(), block: block.clone() })
    };
    roles.filter_map(role).collect()
}
