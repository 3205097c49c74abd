//! Which log groups belong to a stack, and which of them somebody wants.

use hydrant_cfn::yaml::near_miss;
use serde::Serialize;

use crate::deploy::names::PhysicalNames;
use crate::error::{Error, Result};
use crate::stack::{Stack, logical_id};

/// A function or delivery that writes a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The block in the stack file.
    pub name: String,
    pub group: String,
}

/// Returns the logs of these functions and deliveries, or of all when none is named.
pub fn choose(
    stack: &Stack,
    names: &PhysicalNames,
    functions: &[String],
    deliveries: &[String],
) -> Result<Vec<Source>> {
    let all_functions: Vec<&str> = stack.file.functions.keys().map(|name| name.value.as_str()).collect();
    let all_deliveries: Vec<&str> = stack.file.deliveries.keys().map(|name| name.value.as_str()).collect();
    must_be_there(stack, "function", &all_functions, functions)?;
    must_be_there(stack, "delivery", &all_deliveries, deliveries)?;
    let is_wanted = |wanted: &[String], name: &str| {
        functions.is_empty() && deliveries.is_empty() || wanted.iter().any(|wanted| wanted == name)
    };
    let chosen_functions = all_functions.into_iter().filter(|name| is_wanted(functions, name));
    let chosen_deliveries = all_deliveries.into_iter().filter(|name| is_wanted(deliveries, name));
    // A project's own partial may leave the log out.
    let source = |name: &str| {
        let group = names.get(&format!("{}Logs", logical_id(name)))?;
        Some(Source { name: name.to_owned(), group: group.clone() })
    };
    let sources: Vec<Source> = chosen_functions.chain(chosen_deliveries).filter_map(source).collect();
    match sources.is_empty() {
        true => Err(Error::usage(format!("`{}` has no function or delivery with a log", stack.name))),
        false => Ok(sources),
    }
}

fn must_be_there(stack: &Stack, what: &str, known: &[&str], wanted: &[String]) -> Result<()> {
    let Some(missing) = wanted.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::usage(format!("`{}` has no {what} `{missing}`", stack.name));
    Err(match near_miss(missing, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => error,
        None => error.hint(format!("it has {}", known.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telemetric() -> (Stack, PhysicalNames) {
        let path = format!("{}/stacks/telemetric.yaml", env!("CARGO_MANIFEST_DIR"));
        let stack = crate::stack::load(std::path::Path::new(&path), "dev").unwrap();
        let names = ["ProducePositionsLogs", "ConsumePositionsLogs", "TelemetricToS3Logs"];
        let names = names.map(|id| (id.to_owned(), format!("/aws/{id}")));
        (stack, names.into_iter().collect())
    }

    #[test]
    fn takes_all_logs_or_those_that_are_named() {
        let (stack, names) = telemetric();
        let chosen = |functions: &[&str], deliveries: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let sources = choose(&stack, &names, &owned(functions), &owned(deliveries))?;
            Ok::<_, Error>(sources.into_iter().map(|source| source.name).collect::<Vec<_>>())
        };
        let all = chosen(&[], &[]).unwrap();
        assert_eq!(all, ["produce-positions", "consume-positions", "telemetric-to-s3"]);
        assert_eq!(chosen(&["consume-positions"], &[]).unwrap(), ["consume-positions"]);
        assert_eq!(chosen(&[], &["telemetric-to-s3"]).unwrap(), ["telemetric-to-s3"]);
        let missing = chosen(&["consume-position"], &[]).unwrap_err();
        assert_eq!(missing.to_string(), "`telemetric` has no function `consume-position`");
        assert_eq!(missing.hints, ["did you mean `consume-positions`?"]);
    }
}
