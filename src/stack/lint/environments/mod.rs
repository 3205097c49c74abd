//! Environments beside each other, and who hears of what goes wrong in them.

mod shared_names;
mod unheard;
mod unpinned;
mod unprotected;

use super::StackRule;

pub(super) const RULES: [StackRule; 4] =
    [unprotected::RULE, unpinned::RULE, shared_names::RULE, unheard::RULE];
