//! `hydrant doctor`

use indexmap::IndexMap;

use crate::aws::{Clients, Identity, Target};
use crate::context::Context;
use crate::doctor::{Check, Found, State, Where, account, endpoint, engine, project, quotas, region, tools};
use crate::error::{Error, Kind, Result};
use crate::local;
use crate::stack::Stack;
use crate::ui::Checkup;

/// Say whether everything is there that a deployment needs
///
/// Looks at the project, the endpoint, the region and who named it, the credentials and whose they are, the account's
/// quotas, the tools that build functions, and the local engine. Changes nothing and prints no secret. Exits with 6
/// when the credentials will not do, with 1 when something else will not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hydrant doctor\n  hydrant doctor telemetric --env prod\n  \
                        hydrant doctor --local\n  \
                        hydrant doctor --format json | jq '.checks[] | select(.state == \"fail\")'")]
pub struct Args {
    /// Stack whose environment to look at: a name in `stacks/`, or a path; all of the project when left out
    stack: Option<String>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let own = context.project();
    let stack = match (&own, &args.stack) {
        (Ok(project), Some(name)) => Some(context.stack(project, name)),
        (Err(_), Some(_)) => return own.map(drop),
        (_, None) => None,
    };
    let Found { mut checks, stacks } = project(&own, stack, &context.options.environment);
    let data_dir = own.as_ref().ok().map(|project| project.local_dir());
    let engine_url = match &data_dir {
        Some(folder) => local::running(folder).await.map(|record| record.url),
        None => None,
    };

    let place = place(context, &stacks, engine_url.clone());
    let target = Target {
        region: place.region.as_ref().map(|(region, _)| region.clone()),
        profile: context.options.profile.clone(),
        endpoint_url: place.endpoint.as_ref().map(|(url, _)| url.clone()),
        account: None,
        is_local: place.is_local,
    };
    checks.push(endpoint(&place));
    let identity = match place.is_local {
        true => None,
        false => Some(Identity::find(&target).await),
    };
    checks.push(region(&place, identity.as_ref()));
    let credentials = account(&place, identity.as_ref());
    // That nobody answers is no fault of the credentials.
    let caller = identity.as_ref().and_then(|identity| identity.caller.as_ref());
    let is_answered = !matches!(caller, Some(Err(error)) if error.kind != Kind::Credentials);
    let are_refused = is_answered && credentials.iter().any(|check| check.state == State::Fail);
    checks.extend(credentials);
    let has_caller = identity.is_none_or(|identity| matches!(identity.caller, Some(Ok(_))));
    if has_caller
        && (!place.is_local || engine_url.is_some())
        && let Ok(clients) = Clients::connect(&target).await
    {
        checks.extend(quotas(&clients).await);
    }

    checks.extend(tools(&stacks));
    if let Some(folder) = &data_dir {
        checks.push(engine(folder).await);
    }
    let has_failed = checks.iter().any(|check: &Check| check.state == State::Fail);
    context.ui.show(&Checkup::of(checks));
    match (are_refused, has_failed) {
        (true, _) => Err(Error::new(Kind::Credentials, "")),
        (false, true) => Err(Error::general("")),
        (false, false) => Ok(()),
    }
}

/// Works out where calls would go, in the order in which the other commands do.
fn place(context: &Context, stacks: &[Stack], engine_url: Option<String>) -> Where {
    let options = &context.options;
    let variable = std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
    let endpoint = match (&options.endpoint_url, options.local) {
        (Some(url), _) => Some((url.clone(), "by --endpoint-url")),
        (None, true) => engine_url.map(|url| (url, "the local engine")),
        (None, false) => variable.map(|url| (url, "AWS_ENDPOINT_URL")),
    };
    let whose = |stack: &Stack| format!("the environment {} of {}", stack.environment_name, stack.name);
    let in_stacks = in_stacks(stacks, &options.environment);
    let by_flag = options.region.clone().map(|region| (region, "--region".to_owned()));
    let pinned = stacks
        .iter()
        .filter_map(|stack| Some((stack.environment.account.as_ref()?.value.clone(), whose(stack))));
    Where {
        is_local: options.local,
        endpoint,
        region: by_flag.or(in_stacks).or_else(Where::region_variable),
        profile: options.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok()),
        pinned: pinned.collect(),
    }
}

/// Returns the region that the stacks' environments name, the first where they differ, and who names which.
fn in_stacks(stacks: &[Stack], environment: &str) -> Option<(String, String)> {
    let mut regions: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for stack in stacks {
        if let Some(region) = &stack.environment.region {
            regions.entry(&region.value).or_default().push(&stack.name);
        }
    }
    let mut regions = regions.into_iter();
    let (region, names) = regions.next()?;
    let others = regions.map(|(region, names)| format!("; {region} for {}", names.join(", ")));
    let by = format!("the environment {environment} of {}{}", names.join(", "), others.collect::<String>());
    Some((region.to_owned(), by))
}
