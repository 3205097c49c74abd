//! Outputs that other stacks import: who exports what, who uses it, and what may therefore not change.

use std::collections::BTreeMap;

use super::registry::State;
use super::stack::{Output, Stack};

/// Values by export name.
pub type Exports = BTreeMap<String, String>;

/// Returns what the stacks of the same account and region export, but for the stack's own.
pub fn visible_to(state: &State, stack: &Stack) -> Exports {
    let others = neighbours(state, stack).flat_map(|other| &other.outputs);
    others.filter_map(|output| Some((output.export_name.clone()?, output.value.clone()))).collect()
}

/// Refuses outputs whose export names are taken, or that take away what others import.
pub fn check(state: &State, stack: &Stack, outputs: &[Output]) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for (name, value) in
        outputs.iter().filter_map(|output| Some((output.export_name.as_ref()?, &output.value)))
    {
        if seen.insert(name, value).is_some() {
            return Err(format!("Export with name {name} is already exported by stack {}. ", stack.name));
        }
        let exports = |other: &&Stack| other.outputs.iter().any(|one| one.export_name.as_ref() == Some(name));
        if let Some(other) = neighbours(state, stack).find(exports) {
            return Err(format!("Export with name {name} is already exported by stack {}. ", other.name));
        }
    }
    for output in &stack.outputs {
        let Some(name) = &output.export_name else { continue };
        let Some(user) = users(state, stack, name).first().copied() else { continue };
        match seen.get(name) {
            Some(value) if **value == output.value => {}
            Some(_) => {
                return Err(format!("Export {name} cannot be updated as it is in use by {}", user.name));
            }
            None => return Err(format!("Export {name} cannot be deleted as it is in use by {}", user.name)),
        }
    }
    Ok(())
}

/// Refuses the deletion of a stack whose exports are in use.
pub fn check_deletion(state: &State, stack: &Stack) -> Result<(), String> {
    check(state, stack, &[])
}

/// Returns the stacks that import an export of `stack`.
pub fn users<'a>(state: &'a State, stack: &Stack, export: &str) -> Vec<&'a Stack> {
    neighbours(state, stack).filter(|other| other.imports.contains(export)).collect()
}

fn neighbours<'a>(state: &'a State, stack: &Stack) -> impl Iterator<Item = &'a Stack> {
    let (id, account, region) = (stack.id.clone(), stack.account.clone(), stack.region.clone());
    state.stacks.values().filter(move |other| {
        other.id != id && other.account == account && other.region == region && !other.status.is_gone()
    })
}
