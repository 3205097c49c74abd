//! Several stacks at once: planned one after the other, agreed to once, executed in their order.

use serde::Serialize;

use super::execution::{Consent, agree};
use super::plan::Plan;
use super::rollout::{self, Planned};
use super::sequence;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::render::Template;
use crate::stack::{Stack, order};

/// What became of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Deleted,
    Failed,
    /// A stack that it depends on failed, or one that depends on it.
    NotBegun,
}

/// One of several stacks, and what became of it.
#[derive(Debug, Serialize)]
pub struct Landing {
    pub stack: String,
    pub region: String,
    pub outcome: Outcome,
    #[serde(skip)]
    pub error: Option<Error>,
}

impl Landing {
    /// Reads what came of a job; `done` is what it was for.
    pub fn new<T>(stack: &str, region: &str, done: Outcome, result: Option<Result<T>>) -> Self {
        let (outcome, error) = match result {
            Some(Ok(_)) => (done, None),
            Some(Err(error)) => (Outcome::Failed, Some(error)),
            None => (Outcome::NotBegun, None),
        };
        Self { stack: stack.to_owned(), region: region.to_owned(), outcome, error }
    }
}

/// Brings stacks to what their files say; nothing when the user declines.
pub async fn roll_out(
    context: &Context,
    project: &Project,
    stacks: &[Stack],
    consent: Consent,
    most: usize,
) -> Result<Option<Vec<Landing>>> {
    let prerequisites = order::prerequisites(stacks)?;
    let checked = |stack| rollout::checked(context, project, stack, consent);
    let templates = stacks.iter().map(checked).collect::<Result<Vec<_>>>()?;
    let planned = plan_all(context, project, stacks, templates).await?;
    let nothing = Plan { changes: Vec::new() };
    let plans: Vec<_> = planned
        .iter()
        .filter(|planned| !planned.is_idle())
        .map(|planned| (planned.name.as_str(), planned.change_set.plan.as_ref().unwrap_or(&nothing)))
        .collect();
    match if plans.is_empty() { Ok(true) } else { agree(&context.ui, &plans, consent) } {
        Ok(true) => {}
        refusal => {
            discard(&planned).await?;
            refusal?;
            context.ui.status("Nothing was changed.");
            return Ok(None);
        }
    }
    let outcomes = sequence::run(&prerequisites, most, |place| {
        let planned = &planned[place];
        let context = context.for_one_of_many(&planned.name);
        async move { planned.execute(&context).await }
    })
    .await;
    let mut landings = Vec::new();
    for (planned, result) in planned.iter().zip(outcomes) {
        if result.is_none() {
            planned.discard().await?;
        }
        let done = match &planned.change_set {
            _ if planned.is_idle() => Outcome::Unchanged,
            change_set if change_set.base.is_create() => Outcome::Created,
            _ => Outcome::Updated,
        };
        landings.push(Landing::new(&planned.name, &planned.clients.region, done, result));
    }
    Ok(Some(landings))
}

/// Plans each stack and shows what would change; when one cannot be planned, no plan is left.
async fn plan_all(
    context: &Context,
    project: &Project,
    stacks: &[Stack],
    templates: Vec<Template>,
) -> Result<Vec<Planned>> {
    let mut planned: Vec<Planned> = Vec::new();
    for (stack, template) in stacks.iter().zip(templates) {
        let one = async {
            let clients = context.clients(project, stack).await?;
            rollout::plan(context, &clients, project, stack, template).await
        };
        match one.await {
            Ok(one) => planned.push(one),
            Err(error) => {
                discard(&planned).await?;
                return Err(error.hint(format!("this is about {}; nothing was changed", stack.stack_name())));
            }
        }
    }
    let ui = &context.ui;
    for planned in &planned {
        ui.status(&ui.style().bold(&planned.name));
        match planned.is_idle() {
            true => ui.status("No differences."),
            false => planned.tell(ui),
        }
        ui.status("");
    }
    Ok(planned)
}

async fn discard(planned: &[Planned]) -> Result<()> {
    for one in planned {
        one.discard().await?;
    }
    Ok(())
}
