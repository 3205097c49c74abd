//! Several stacks at once: planned one after the other, agreed to once, executed in their order.

use serde::Serialize;

use super::execution::{Consent, agree};
use super::ground::Ground;
use super::mode::Manner;
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

/// Returns the name of a stack with its region, where several regions are at work.
pub fn in_region(name: &str, region: &str) -> String {
    format!("{name} {region}")
}

/// Returns how stacks, given by name and region, are called where they are told of together.
pub fn leads(places: &[(&str, &str)]) -> Vec<String> {
    let is_alone = |name: &str| places.iter().filter(|(other, _)| *other == name).count() == 1;
    let lead = |(name, region): &(&str, &str)| match is_alone(name) {
        true => (*name).to_owned(),
        false => in_region(name, region),
    };
    places.iter().map(lead).collect()
}

/// Brings stacks to what their files say; nothing when the user declines.
///
/// A stack that takes values from another can be planned only once that one is what it is to be, so there may be
/// several rounds, each with its own plans and consent.
pub async fn roll_out(
    context: &Context,
    project: &Project,
    stacks: &[Stack],
    consent: Consent,
    manner: Manner,
    most: usize,
) -> Result<Option<Vec<Landing>>> {
    let mut fleet = Fleet {
        context,
        project,
        stacks,
        prerequisites: order::prerequisites(stacks)?,
        sources: order::sources(stacks),
        templates: stacks
            .iter()
            .map(|stack| rollout::checked(context, project, stack, consent))
            .collect::<Result<_>>()?,
        landings: stacks.iter().map(|_| None).collect(),
        manner,
    };
    while fleet.landings.iter().any(Option::is_none) {
        let is_first = fleet.landings.iter().all(Option::is_none);
        let round = fleet.plan_round(is_first).await?;
        match fleet.agree(&round, consent) {
            Ok(true) => fleet.execute(&round, most).await?,
            refusal => {
                discard(round.iter().map(|(_, planned)| planned)).await?;
                if is_first {
                    refusal?;
                    context.ui.status("Nothing was changed.");
                    return Ok(None);
                }
                return fleet.give_up(refusal.err()).await.map(Some);
            }
        }
    }
    Ok(Some(fleet.landings.into_iter().flatten().collect()))
}

/// Stacks on their way.
struct Fleet<'a> {
    context: &'a Context,
    project: &'a Project,
    stacks: &'a [Stack],
    /// For each stack, those that must have been deployed.
    prerequisites: Vec<Vec<usize>>,
    /// For each stack, those from which it takes values.
    sources: Vec<Vec<usize>>,
    templates: Vec<Template>,
    landings: Vec<Option<Landing>>,
    manner: Manner,
}

type Round = Vec<(usize, Planned)>;

impl Fleet<'_> {
    /// Plans every stack whose values are settled, and shows what would change.
    ///
    /// In the first round nothing has been changed, so that a stack which cannot be planned ends it all.
    async fn plan_round(&mut self, is_first: bool) -> Result<Round> {
        let mut round: Round = Vec::new();
        let mut progressed = true;
        while progressed {
            progressed = false;
            for place in 0..self.stacks.len() {
                if self.landings[place].is_some() || round.iter().any(|(planned, _)| *planned == place) {
                    continue;
                }
                if self.waits_in_vain(place) {
                    self.land(place, None).await?;
                    progressed = true;
                } else if self.is_ready(place, &round) {
                    progressed = true;
                    match self.plan(place).await {
                        Ok(planned) => round.push((place, planned)),
                        Err(error) if is_first => {
                            discard(round.iter().map(|(_, planned)| planned)).await?;
                            let name = self.stacks[place].stack_name();
                            return Err(error.hint(format!("this is about {name}; nothing was changed")));
                        }
                        Err(error) => self.land(place, Some(error)).await?,
                    }
                }
            }
        }
        round.sort_by_key(|(place, _)| *place);
        self.show(&round);
        Ok(round)
    }

    async fn plan(&self, place: usize) -> Result<Planned> {
        let stack = &self.stacks[place];
        let clients = self.context.clients(self.project, stack).await?;
        let ground = Ground::look(clients, stack).await?;
        let template = self.templates[place].clone();
        rollout::plan(self.context, self.project, stack, template, ground, self.manner).await
    }

    /// Whether a stack that must come first was not deployed.
    fn waits_in_vain(&self, place: usize) -> bool {
        let failed = |other: &usize| {
            let landing = self.landings[*other].as_ref();
            landing.is_some_and(|one| matches!(one.outcome, Outcome::Failed | Outcome::NotBegun))
        };
        self.prerequisites[place].iter().any(failed)
    }

    /// Whether a stack can be planned: what must come first has landed or is in this round, and nothing from which it
    /// takes values is about to change.
    fn is_ready(&self, place: usize, round: &Round) -> bool {
        let planned =
            |other: usize| round.iter().find(|(place, _)| *place == other).map(|(_, planned)| planned);
        let is_there = |other: &usize| self.landings[*other].is_some() || planned(*other).is_some();
        let is_settled = |other: &usize| match planned(*other) {
            Some(planned) => planned.is_idle(),
            None => self.landings[*other].is_some(),
        };
        self.prerequisites[place].iter().all(is_there) && self.sources[place].iter().all(is_settled)
    }

    fn show(&self, round: &Round) {
        let ui = &self.context.ui;
        for ((_, planned), name) in round.iter().zip(self.names(round)) {
            ui.status(&ui.style().bold(&name));
            match planned.is_idle() {
                true => ui.status("No differences."),
                false => planned.tell(ui),
            }
            ui.status("");
        }
        let waits = |place: &usize| {
            self.landings[*place].is_none() && !round.iter().any(|(planned, _)| planned == place)
        };
        let later: Vec<String> =
            (0..self.stacks.len()).filter(waits).map(|place| self.stacks[place].stack_name()).collect();
        if !later.is_empty() {
            ui.status(&format!("Planned after that, with the values that it brings: {}\n", later.join(", ")));
        }
    }

    fn agree(&self, round: &Round, consent: Consent) -> Result<bool> {
        let names = self.names(round);
        let nothing = Plan { changes: Vec::new() };
        let plans = round.iter().zip(&names).filter(|((_, one), _)| !one.is_idle());
        let plans: Vec<_> = plans
            .map(|((_, one), name)| (name.as_str(), one.change_set.plan.as_ref().unwrap_or(&nothing)))
            .collect();
        if plans.is_empty() { Ok(true) } else { agree(&self.context.ui, &plans, consent) }
    }

    async fn execute(&mut self, round: &Round, most: usize) -> Result<()> {
        let within = |place: usize| round.iter().position(|(other, _)| *other == place);
        let prerequisites: Vec<Vec<usize>> = round
            .iter()
            .map(|(place, _)| self.prerequisites[*place].iter().filter_map(|other| within(*other)).collect())
            .collect();
        let names = self.names(round);
        let outcomes = sequence::run(&prerequisites, most, |index| {
            let (_, planned) = &round[index];
            let context = self.context.for_one_of_many(&names[index]);
            async move { planned.execute(&context).await }
        })
        .await;
        for ((place, planned), result) in round.iter().zip(outcomes) {
            if result.is_none() {
                planned.discard().await?;
            }
            let done = match &planned.change_set {
                _ if planned.is_idle() => Outcome::Unchanged,
                change_set if change_set.base.is_create() => Outcome::Created,
                _ => Outcome::Updated,
            };
            let landing = Landing::new(&planned.name, &planned.clients.region, done, result);
            self.landings[*place] = Some(landing);
        }
        Ok(())
    }

    /// Notes that a stack was not planned: for `error`, or since what it needs is not there.
    async fn land(&mut self, place: usize, error: Option<Error>) -> Result<()> {
        let stack = &self.stacks[place];
        let region = self.context.clients(self.project, stack).await?.region;
        let result: Option<Result<()>> = error.map(Err);
        let landing = Landing::new(&stack.stack_name(), &region, Outcome::NotBegun, result);
        self.landings[place] = Some(landing);
        Ok(())
    }

    /// Ends after some stacks were deployed; the first of the rest has `error`, when there is one.
    async fn give_up(mut self, mut error: Option<Error>) -> Result<Vec<Landing>> {
        for place in 0..self.stacks.len() {
            if self.landings[place].is_none() {
                self.land(place, error.take()).await?;
            }
        }
        Ok(self.landings.into_iter().flatten().collect())
    }

    fn names(&self, round: &Round) -> Vec<String> {
        let regions = |place: usize| {
            let stack = &self.stacks[place];
            self.stacks.iter().any(|other| other.name == stack.name && other.region() != stack.region())
        };
        let name = |(place, planned): &(usize, Planned)| match regions(*place) {
            true => in_region(&planned.name, &planned.clients.region),
            false => planned.name.clone(),
        };
        round.iter().map(name).collect()
    }
}

async fn discard(planned: impl Iterator<Item = &Planned>) -> Result<()> {
    for one in planned {
        one.discard().await?;
    }
    Ok(())
}
