//! What a deployment finds where its stack is to be.

use aws_sdk_cloudformation::types::Stack as DeployedStack;

use super::change_set::Base;
use super::stacks;
use crate::aws::Clients;
use crate::error::Result;
use crate::stack::Stack;

/// The place of a stack, as it was looked at.
#[derive(Debug)]
pub struct Ground {
    /// The way there.
    pub clients: Clients,
    /// The stack, when there is one.
    pub stack: Option<DeployedStack>,
}

impl Ground {
    /// Looks, and changes nothing.
    pub async fn look(clients: Clients, stack: &Stack) -> Result<Self> {
        let found = stacks::find(&clients, &stack.stack_name()).await?;
        Ok(Self { clients, stack: found })
    }

    /// Returns what a change set builds on here.
    pub fn base(&self) -> Base {
        Base::of(self.stack.as_ref())
    }
}
