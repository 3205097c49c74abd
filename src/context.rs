//! What every command is given: the user's global choices, the project, and the way to AWS.

use crate::aws::{Clients, Target};
use crate::cli::GlobalOptions;
use crate::deploy::follow::awaited::Awaited;
use crate::deploy::follow::expectations::Expectations;
use crate::deploy::plan::last_deployed::LastDeployed;
use crate::error::{Error, Result};
use crate::local;
use crate::project::Project;
use crate::stack::{DEFAULT_ENVIRONMENT, Environment, Stack};
use crate::ui::{Operation, Ui};

/// The global choices of one run.
#[derive(Debug)]
pub struct Context {
    pub ui: Ui,
    pub options: GlobalOptions,
}

impl Context {
    /// Finds the project that the user is in.
    pub fn project(&self) -> Result<Project> {
        Project::find(self.options.project.as_deref())
    }

    /// Returns the same context for one of several stacks that are at work at once.
    pub fn for_one_of_many(&self, name: &str) -> Self {
        Self { ui: self.ui.told_as(name), options: self.options.clone() }
    }

    /// Returns a command about a stack as the user would type it, with the same global choices.
    pub fn command(&self, verb: &str, stack: &str) -> String {
        self.command_in(&self.options.environment, verb, stack)
    }

    /// Returns the same in another environment.
    pub fn command_in(&self, environment: &str, verb: &str, stack: &str) -> String {
        let options = &self.options;
        let mut words = vec!["hydrant".to_owned(), verb.to_owned(), quoted(stack)];
        let mut option = |name: &str, value: Option<&str>| {
            words.extend(value.map(|value| format!("--{name} {}", quoted(value))));
        };
        option("env", Some(environment).filter(|name| *name != DEFAULT_ENVIRONMENT));
        option("region", options.region.as_deref());
        option("profile", options.profile.as_deref());
        option("endpoint-url", options.endpoint_url.as_deref());
        option("project", options.project.as_ref().and_then(|folder| folder.to_str()));
        words.extend(options.local.then(|| "--local".to_owned()));
        words.join(" ")
    }

    /// Reads a stack for the chosen environment.
    pub fn stack(&self, project: &Project, name: &str) -> Result<Stack> {
        project.stack(name, &self.options.environment)
    }

    /// Keeps what was deployed beside the project; where there is none, or no room, nothing is kept.
    pub fn keep_deployed(&self, clients: &Clients, deployed: &LastDeployed) {
        let Ok(project) = self.project() else { return };
        if let Err(error) = deployed.keep(&project, clients.is_nearby()) {
            self.ui.status(&format!("`diff --template` will not know of this: {error}."));
        }
    }

    /// Returns whether commands go to the local engine, or to another server that is not AWS.
    pub fn is_nearby(&self) -> bool {
        self.options.local || self.options.endpoint_url.is_some()
    }

    /// Reads stacks for the chosen environment, each once for every region of it, or for the chosen one.
    pub fn stacks(&self, project: &Project, names: &[String]) -> Result<Vec<Stack>> {
        let stacks = project.stacks(names, &self.options.environment)?;
        let region = self.options.region.as_deref();
        Ok(stacks.into_iter().flat_map(|stack| stack.in_regions(region)).collect())
    }

    /// Reads a stack for the chosen environment, once for every region of it, or for the chosen one.
    pub fn in_regions(&self, project: &Project, name: &str) -> Result<Vec<Stack>> {
        Ok(self.stack(project, name)?.in_regions(self.options.region.as_deref()))
    }

    /// Returns how many times faster than AWS's the time of the local engine goes by; 1 without `--local`.
    pub async fn time_scale(&self, project: Option<&Project>) -> f64 {
        let engine = match project.filter(|_| self.options.local) {
            Some(project) => local::running(&project.local_dir()).await,
            None => None,
        };
        engine.map_or(1.0, |engine| engine.time_scale)
    }

    /// Returns a display for an operation on a stack that knows how long such took here before.
    pub fn operation(
        &self,
        clients: &Clients,
        stack: &str,
        what: &str,
        awaited: Vec<Awaited>,
    ) -> Operation<'_> {
        let endpoint = match (&clients.endpoint_url, self.options.local) {
            // Its port may be another one each time.
            (_, true) => "local",
            (Some(url), false) => url,
            (None, false) => "aws",
        };
        let path = self.project().ok().map(|project| project.durations_file());
        let expectations = Expectations::read(path, endpoint, &clients.region, stack);
        self.ui.operation(what, awaited.len()).expecting(awaited, expectations, clients.is_nearby())
    }

    /// Connects to where the stack goes; `--local` starts the local engine when it is not running.
    pub async fn clients(&self, project: &Project, stack: &Stack) -> Result<Clients> {
        self.clients_in(Some(project), &stack.environment).await
    }

    /// Connects to where the stack goes, and asks there for what is needed, once `offline` has not refused it; nearby,
    /// where milliseconds are much, meanwhile. Whatever is asked changes nothing.
    pub async fn ask_beside<T, A, F>(
        &self,
        project: &Project,
        stack: &Stack,
        offline: impl FnOnce() -> Result<T>,
        ask: impl FnOnce(Clients) -> F + Send + 'static,
    ) -> Result<(T, A)>
    where
        A: Send + 'static,
        F: Future<Output = Result<A>> + Send,
    {
        // What is refused must not have started an engine, nor have asked anybody for credentials.
        let starts = self.options.local && local::running(&project.local_dir()).await.is_none();
        if starts || !self.is_nearby() {
            let done = offline()?;
            return Ok((done, ask(self.clients(project, stack).await?).await?));
        }
        let target = self.target(Some(project), &stack.environment).await;
        let asking =
            target.map(|target| tokio::spawn(async move { ask(Clients::connect(&target).await?).await }));
        let done = offline()?;
        let answer = asking?.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(ended) => Err(Error::failed_to("connect").because(ended)),
        });
        Ok((done, answer?))
    }

    /// Connects to an environment; only `--local` needs a project for that.
    pub async fn clients_in(&self, project: Option<&Project>, environment: &Environment) -> Result<Clients> {
        Clients::connect(&self.target(project, environment).await?).await
    }

    /// Returns where an environment is; `--local` starts the local engine when it is not running.
    async fn target(&self, project: Option<&Project>, environment: &Environment) -> Result<Target> {
        let endpoint_url = match (&self.options.endpoint_url, self.options.local) {
            (None, true) => {
                let local_dir = match project {
                    Some(project) => project.local_dir(),
                    None => self.project()?.local_dir(),
                };
                Some(local::ensure_running(&local_dir, &self.ui).await?)
            }
            (endpoint_url, _) => endpoint_url.clone(),
        };
        let region = environment.region.as_ref().or(environment.regions.first());
        let region = region.map(|region| region.value.clone());
        if environment.regions.len() > 1 && self.options.region.is_none() {
            let names: Vec<&str> = environment.regions.iter().map(|region| region.value.as_str()).collect();
            return Err(Error::usage(format!("the environment has several regions: {}", names.join(", ")))
                .hint("choose one of them with --region"));
        }
        Ok(Target {
            region: self.options.region.clone().or(region),
            profile: self.options.profile.clone(),
            endpoint_url,
            account: environment.account.as_ref().map(|account| account.value.clone()),
            is_local: self.options.local,
        })
    }
}

/// Returns a word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+".contains(character);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_take_apart() {
        assert_eq!(quoted("stacks/gps.yaml"), "stacks/gps.yaml");
        assert_eq!(quoted("my stack"), "'my stack'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
