//! From a planned change to its end: consent, execution, and how it ended.

use std::cell::RefCell;

use aws_sdk_cloudformation::types::{Stack as DeployedStack, StackEvent};

use hydrant_cfn::template::Template;

use super::change_set::{self, ChangeSet};
use super::destruction::teardown;
use super::failure::diagnosis::diagnosed;
use super::failure::validation::{self, Validated};
use super::failure::witness::{Testimony, Witness};
use super::failure::{Failure, first_failure};
use super::follow::attend::{Attended, attend};
use super::follow::awaited;
use super::follow::{Outcome, before_newest_operation};
use super::hot::{self, Mark};
use super::plan::{Change, Plan};
use super::stack_status::is_success;
use super::{artifacts, stacks};
use crate::aws::Clients;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interruptions;
use crate::ui::{Operation, Ui};

/// What the user agreed to beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Consent {
    /// To the changes.
    pub changes: bool,
    /// To losing data.
    pub losses: bool,
    /// To deploying what the linter finds errors in.
    pub lint_errors: bool,
}

/// How a deployment ended that did not fail.
#[derive(Debug)]
pub enum Deployed {
    Done(Box<DeployedStack>),
    Declined,
}

/// Asks for the consent to the plans of stacks that was not given; false when it is refused.
pub fn agree(ui: &Ui, plans: &[(&str, &Plan)], consent: Consent) -> Result<bool> {
    let of_one = |(name, plan): &(&str, &Plan)| {
        let several = plans.len() > 1;
        let name = if several { format!("{name}: ") } else { String::new() };
        let loss =
            |change: &Change| Some(format!("{name}{} loses {}", change.logical_id, change.loses.as_ref()?));
        plan.losses().filter_map(loss).collect::<Vec<_>>()
    };
    let losses: Vec<String> = plans.iter().flat_map(of_one).collect();
    if !losses.is_empty() && !consent.losses {
        return Err(Error::usage(format!("this would lose data: {}", losses.join(", ")))
            .hint("consent to that with --delete-data"));
    }
    let names: Vec<&str> = plans.iter().map(|(name, _)| *name).collect();
    Ok(consent.changes || ui.confirm(&format!("Deploy these changes to {}?", names.join(", ")), "--yes")?)
}

/// A change on its way to a stack, and to whom it is told.
pub struct Execution<'a> {
    pub context: &'a Context,
    pub clients: &'a Clients,
    /// The CloudFormation stack's name.
    pub name: &'a str,
    /// The word by which commands find the stack file, and the environment that it is read for.
    pub word: &'a str,
    pub environment: &'a str,
    /// The template that the change brings, where it is at hand.
    pub template: Option<&'a Template>,
    /// What was changed hot before.
    pub marks: &'a [Mark],
}

/// Returns the resources that a rollback or a deletion left in the account, with their names there.
fn kept<'a>(events: impl Iterator<Item = &'a StackEvent>) -> Vec<String> {
    let is_kept =
        |event: &&StackEvent| event.resource_status().is_some_and(|one| one.as_str() == "DELETE_SKIPPED");
    let mut kept: Vec<String> = events
        .filter(is_kept)
        .map(|event| {
            let (id, name) = (event.logical_resource_id(), event.physical_resource_id());
            format!("{} ({})", id.unwrap_or_default(), name.unwrap_or_default())
        })
        .collect();
    kept.dedup();
    kept
}

impl Execution<'_> {
    /// Executes a change set and follows it to its end.
    pub async fn run(&self, change_set: &ChangeSet) -> Result<Deployed> {
        let mut interruptions = Interruptions::listen()?;
        let cursor = match change_set.newest_event() {
            Some(newest) => Some(newest.to_owned()),
            None => stacks::newest_event(self.clients, &change_set.stack_id).await?,
        };
        // What is shown is prepared while the request is on its way.
        let executed = change_set::execute(self.clients, change_set);
        let (executed, operation) = tokio::join!(executed, async { self.operation(change_set) });
        executed?;
        self.see_through(change_set, cursor, &mut interruptions, operation).await
    }

    /// Follows to its end what has just begun after the event `cursor`.
    pub async fn follow(
        &self,
        change_set: &ChangeSet,
        cursor: Option<String>,
        interruptions: &mut Interruptions,
    ) -> Result<Deployed> {
        self.see_through(change_set, cursor, interruptions, self.operation(change_set)).await
    }

    async fn see_through(
        &self,
        change_set: &ChangeSet,
        cursor: Option<String>,
        interruptions: &mut Interruptions,
        operation: Operation<'_>,
    ) -> Result<Deployed> {
        let (outcome, operation) = self.attend(change_set, cursor, interruptions, operation).await?;
        operation.remember();
        drop(operation);
        self.conclude(change_set, outcome).await
    }

    /// Follows a change set to its end that somebody has executed.
    pub async fn join(&self, change_set: &ChangeSet) -> Result<Deployed> {
        let cursor = before_newest_operation(self.clients, &change_set.stack_id).await?;
        let mut interruptions = Interruptions::listen()?;
        let operation = self.operation(change_set);
        let (outcome, operation) = self.attend(change_set, cursor, &mut interruptions, operation).await?;
        drop(operation);
        self.conclude(change_set, outcome).await
    }

    fn operation(&self, change_set: &ChangeSet) -> Operation<'_> {
        let plan = change_set.plan.as_ref();
        let awaited = plan.map(|plan| awaited::of_plan(plan, self.template)).unwrap_or_default();
        self.context.operation(self.clients, self.name, &format!("deploying {}", self.name), awaited)
    }

    async fn attend<'a>(
        &self,
        change_set: &ChangeSet,
        cursor: Option<String>,
        interruptions: &mut Interruptions,
        operation: Operation<'a>,
    ) -> Result<(Outcome, Operation<'a>)> {
        let resume = self.command("deploy");
        let operation = RefCell::new(operation);
        let witness = RefCell::new(Witness::new(self.clients, self.template));
        let attended = Attended { stack: self.name, resume: &resume, cursor, witness: &witness };
        let outcome = attend(self.clients, change_set, attended, interruptions, &operation).await?;
        let operation = operation.into_inner();
        if let Some(Testimony { function, lines }) = witness.into_inner().testimony().await {
            operation.say(&format!("The last that {function} wrote:"));
            lines.iter().for_each(|line| operation.say(&format!("  {line}")));
        }
        Ok((outcome, operation))
    }

    /// Says how it ended; what a failed create left behind is removed.
    async fn conclude(&self, change_set: &ChangeSet, outcome: Outcome) -> Result<Deployed> {
        let Self { context, clients, name, .. } = self;
        if is_success(&outcome.status) {
            let done = if change_set.base.is_create() { "Created" } else { "Updated" };
            context.ui.status(&format!("{done} {name} in {}.", clients.region));
            return self.settled().await;
        }
        let is_back = outcome.status.ends_with("ROLLBACK_COMPLETE");
        let kind = if is_back { Kind::RolledBack } else { Kind::NeedsRecovery };
        let mut error = Error::new(kind, format!("failed to deploy {name}: it ended in {}", outcome.status));
        if let Some(failure) = self.first_cause(change_set, &outcome).await {
            let cause =
                format!("{} ({}) failed: {}", failure.logical_id, failure.resource_type, failure.reason);
            // The file may be gone, or elsewhere; then it is said without its places.
            let project = context.project().ok();
            let stack = project.and_then(|project| project.stack(self.word, self.environment).ok());
            error = diagnosed(error.because(cause), &failure, stack.as_ref(), &outcome.events);
        }
        if !is_back {
            error = error.hint(format!("lead it out of that with `{}`", self.command("recover")));
        }
        if change_set.base.is_create() && is_back {
            let what = "removing what the failed create left";
            let mut operation = context.operation(clients, name, what, Vec::new());
            let seen = |event: &_| operation.show(event);
            let removed = teardown::delete_stack(clients, &change_set.stack_id, &[], &[], seen).await?;
            if removed.status != "DELETE_COMPLETE" {
                let recover = self.command("recover");
                return Err(error.kind(Kind::NeedsRecovery).hint(format!(
                    "what it made could not all be removed: it ended in {}; go on with `{recover}`",
                    removed.status
                )));
            }
            artifacts::remove(clients, name).await?;
            let kept = kept(outcome.events.iter().chain(&removed.events));
            error = error.hint(match kept.as_slice() {
                [] => "nothing was left behind; mend it and deploy again".to_owned(),
                kept => format!(
                    "its deletion policy kept {}: delete it before you deploy again, or take it in with --adopt",
                    kept.join(", ")
                ),
            });
        }
        Err(error)
    }

    /// Returns what went wrong first; for what was refused before anything was made, the validation's own events say it.
    async fn first_cause(&self, change_set: &ChangeSet, outcome: &Outcome) -> Option<Failure> {
        let failure = first_failure(&outcome.events)?;
        if !validation::is_meant_by(&failure.reason) {
            return Some(failure);
        }
        let findings = validation::findings(self.clients, Validated::Stack(&change_set.stack_id)).await;
        findings.into_iter().next().or(Some(failure))
    }

    fn command(&self, verb: &str) -> String {
        self.context.command_in(self.environment, verb, self.word)
    }

    /// Settles what was changed hot, and returns the stack as it is deployed.
    pub async fn settled(&self) -> Result<Deployed> {
        let settled = hot::settle(&self.context.ui, self.clients, self.name, self.marks).await;
        settled.map_err(|error| error.hint(format!("finish it with `{}`", self.command("deploy"))))?;
        self.deployed().await
    }

    /// Returns the stack as it is deployed.
    pub async fn deployed(&self) -> Result<Deployed> {
        match stacks::find(self.clients, self.name).await? {
            Some(stack) => Ok(Deployed::Done(Box::new(stack))),
            None => Err(Error::general(format!("the stack `{}` is gone", self.name))),
        }
    }
}
