//! A plan in a file, to be looked at and executed later or elsewhere: exactly that, or nothing.
//!
//! The file names a change set that waits in CloudFormation. Whatever else happens to the stack makes CloudFormation drop
//! or void the change set, so that the plan cannot be executed on another stack than it was made for.

use std::path::Path;

use aws_sdk_cloudformation::types::ExecutionStatus;
use serde::{Deserialize, Serialize};

use super::{Change, Plan};
use crate::aws::{Clients, code, failure};
use crate::deploy::change_set::{Base, ChangeSet};
use crate::error::{Error, Result};

/// The form of the file that this program writes and reads.
const VERSION: u32 = 1;

/// What `diff --out` writes; a contract.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    version: u32,
    /// The word by which commands find the stack file.
    pub stack: String,
    pub environment: String,
    pub stack_name: String,
    pub account: String,
    pub region: String,
    /// What waits to be executed; nothing when nothing was to be changed.
    change_set: Option<Waiting>,
    pub changes: Vec<Change>,
}

/// A change set that waits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    id: String,
    stack_id: String,
    base: Base,
}

/// How things stand with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be executed.
    Waiting,
    /// It is being executed.
    Underway,
    /// It was executed.
    Done,
}

impl PlanFile {
    /// Returns the file of a change set for the stack file `stack`.
    pub fn new(clients: &Clients, stack: &crate::stack::Stack, change_set: &ChangeSet) -> Self {
        let ChangeSet { id, stack_id, base, plan, .. } = change_set;
        Self {
            version: VERSION,
            stack: stack.word(),
            environment: stack.environment_name.clone(),
            stack_name: stack.stack_name(),
            account: clients.account.clone(),
            region: clients.region.clone(),
            change_set: plan.is_some().then(|| Waiting {
                id: id.clone(),
                stack_id: stack_id.clone(),
                base: *base,
            }),
            changes: plan.iter().flat_map(|plan| plan.changes.clone()).collect(),
        }
    }

    /// Reads a file that `diff --out` has written.
    pub fn read(path: &Path) -> Result<Self> {
        let what = || format!("read the plan {}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| Error::misused(what()).because(error))?;
        let file: Self = serde_json::from_str(&text).map_err(|error| {
            Error::misused(what()).because(error).hint("`hydrant diff STACK --out FILE` writes such files")
        })?;
        match file.version {
            VERSION => Ok(file),
            other => {
                Err(Error::misused(what())
                    .because(format!("it is of version {other}, and this is {VERSION}")))
            }
        }
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let what = || format!("write the plan {}", path.display());
        let text =
            serde_json::to_string_pretty(self).map_err(|error| Error::failed_to(what()).because(error))?;
        std::fs::write(path, text + "\n").map_err(|error| Error::misused(what()).because(error))
    }

    /// Returns the change set that the file names.
    pub fn change_set(&self) -> Option<ChangeSet> {
        let Waiting { id, stack_id, base } = self.change_set.as_ref()?;
        let plan = Some(Plan { changes: self.changes.clone() });
        let (id, stack_id) = (id.clone(), stack_id.clone());
        Some(ChangeSet { id, stack_id, base: *base, plan, newest_event: None })
    }

    /// Returns how things stand with the change set, which is an error when the stack has moved since.
    pub async fn standing(&self, clients: &Clients, change_set: &ChangeSet) -> Result<Standing> {
        let request = clients.cloudformation.describe_change_set();
        let request = request.change_set_name(&change_set.id).stack_name(&change_set.stack_id);
        let description = match request.send().await {
            Ok(description) => description,
            Err(error)
                if code(&error) == Some("ChangeSetNotFound") || crate::deploy::stacks::is_absent(&error) =>
            {
                return Err(self.void("its change set is gone"));
            }
            Err(error) => return Err(failure("read the planned change set", error)),
        };
        match description.execution_status() {
            Some(ExecutionStatus::Available) => Ok(Standing::Waiting),
            Some(ExecutionStatus::ExecuteInProgress) => Ok(Standing::Underway),
            Some(ExecutionStatus::ExecuteComplete) => Ok(Standing::Done),
            Some(ExecutionStatus::ExecuteFailed) => Err(self.void("it was executed and failed")),
            _ => Err(self.void("its change set no longer fits the stack")),
        }
    }

    fn void(&self, why: &str) -> Error {
        let Self { stack, stack_name, environment, .. } = self;
        Error::usage(format!("the plan for {stack_name} cannot be executed: the stack has moved since"))
            .because(why.to_owned())
            .hint(format!("plan again with `hydrant diff {stack} --env {environment} --out FILE`"))
    }
}
