//! Environments beside each other, and who hears of what goes wrong in them.

mod shared_names;
mod unheard;
mod unpinned;
mod unprotected;

use super::StackRule;

pub(super) const RULES: [StackRule; 4] =
    [unprotected::RULE, unpinned::RULE, shared_names::RULE, unheard::RULE];

/// Returns whether an environment's name says that it is the one that counts.
fn is_production(name: &str) -> bool {
    ["prod", "production", "prd", "live"].contains(&name.to_ascii_lowercase().as_str())
}
