//! What a deployment finds where its stack is to be.

use aws_sdk_cloudformation::types::Stack as DeployedStack;

use super::change_set::Base;
use super::hot::MarksInReading;
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
    /// What was changed hot in it, where that may be done.
    pub marks: Option<MarksInReading>,
}

impl Ground {
    /// Looks, and changes nothing.
    pub async fn look(clients: Clients, stack: &Stack) -> Result<Self> {
        let name = stack.stack_name();
        let found = stacks::find(&clients, &name).await?;
        let may_be_hot = Base::of(found.as_ref()) == Base::Stack && !stack.environment.protect;
        let marks = may_be_hot.then(|| MarksInReading::begin(&clients, &name, &stack.environment_name));
        Ok(Self { clients, stack: found, marks })
    }

    /// Returns what a change set builds on here.
    pub fn base(&self) -> Base {
        Base::of(self.stack.as_ref())
    }
}
