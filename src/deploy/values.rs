//! Values from elsewhere, read when a stack is planned, as parameters of its template.
//!
//! Exports are imported and parameters of Systems Manager are read by CloudFormation itself; the rest is read here. What
//! is secret goes into a NoEcho parameter and nowhere else.

use std::collections::HashMap;
use std::path::Path;

use aws_sdk_cloudformation::types::{Parameter, Stack as DeployedStack};
use hydrant_cfn::yaml::Spanned;

use super::prepare::Prepared;
use super::stacks;
use crate::aws::Clients;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::stack::value::Source;
use crate::stack::{Stack, value_id};

/// Longest value of a parameter, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LONGEST: usize = 4096;

/// The parameters that bring the values of a stack.
#[derive(Default)]
pub struct Values {
    parameters: Vec<Parameter>,
    /// The names of those that nobody may see.
    secrets: Vec<String>,
}

impl Values {
    /// Gives the parameters to a prepared stack.
    pub fn join(self, prepared: &mut Prepared) {
        prepared.parameters.extend(self.parameters);
        prepared.secrets.extend(self.secrets);
    }
}

/// Reads the values of a stack.
pub async fn read(clients: &Clients, stack: &Stack, project: &Path) -> Result<Values> {
    let mut values = Values::default();
    let mut others: HashMap<String, DeployedStack> = HashMap::new();
    let mut problems = Vec::new();
    for (name, value) in &stack.file.values {
        let read = match value.source() {
            Some(Source::Env(variable)) => from_environment(variable),
            Some(Source::File(path)) => from_file(project, path),
            Some(Source::Output { stack: other, output }) => {
                from_output(clients, stack, other, output, &mut others).await?
            }
            Some(Source::Export { .. } | Source::Ssm(_)) | None => continue,
        };
        let read = read.and_then(|text| match text.len() {
            0..=LONGEST => Ok(text),
            length => Err(Problem {
                place: name,
                message: format!("the value `{name}` has {length} bytes, and CloudFormation takes {LONGEST}"),
                help: None,
            }),
        });
        match read {
            Ok(text) => {
                let id = value_id(name);
                values.secrets.extend(value.is_secret().then(|| id.clone()));
                let parameter = Parameter::builder().parameter_key(id).parameter_value(text);
                values.parameters.push(parameter.build());
            }
            Err(Problem { place, message, help }) => {
                let span = place.span.start..place.span.end;
                problems.push(Diagnostic::error(&stack.path, &stack.source, span, message).help(help));
            }
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(Error::usage("").at(problems)) }
}

/// Why a value cannot be read, and which word of the stack file is to blame.
struct Problem<'a> {
    place: &'a Spanned<String>,
    message: String,
    help: Option<String>,
}

type Read<'a> = std::result::Result<String, Problem<'a>>;

fn from_environment(variable: &Spanned<String>) -> Read<'_> {
    std::env::var(&variable.value).map_err(|error| {
        let message = match error {
            std::env::VarError::NotPresent => format!("the environment variable `{variable}` is not set"),
            std::env::VarError::NotUnicode(_) => format!("the environment variable `{variable}` is no text"),
        };
        Problem {
            place: variable,
            message,
            help: Some(format!("set it, such as with `export {variable}=…`")),
        }
    })
}

fn from_file<'a>(project: &Path, path: &'a Spanned<String>) -> Read<'a> {
    match std::fs::read_to_string(project.join(&path.value)) {
        Ok(text) => Ok(text.strip_suffix('\n').map_or(&*text, |text| text.trim_end_matches('\r')).to_owned()),
        Err(error) => {
            let message = format!("the file `{path}` cannot be read: {error}");
            Err(Problem {
                place: path,
                message,
                help: Some("its path begins at the project's root".to_owned()),
            })
        }
    }
}

async fn from_output<'a>(
    clients: &Clients,
    stack: &Stack,
    other: &'a Spanned<String>,
    output: &'a Spanned<String>,
    known: &mut HashMap<String, DeployedStack>,
) -> Result<Read<'a>> {
    let name = format!("{other}-{}", stack.environment_name);
    if !known.contains_key(&name) {
        let Some(found) = stacks::find(clients, &name).await? else {
            let message = format!("the stack {name} is not deployed in {}", clients.region);
            let help = format!("deploy it first, or both at once: `hydrant deploy {other} {}`", stack.word());
            return Ok(Err(Problem { place: other, message, help: Some(help) }));
        };
        known.insert(name.clone(), found);
    }
    let outputs = known.get(&name).map(DeployedStack::outputs).unwrap_or_default();
    let found = outputs.iter().find(|one| one.output_key() == Some(output.value.as_str()));
    Ok(found.and_then(|one| one.output_value()).map(str::to_owned).ok_or_else(|| Problem {
        place: output,
        message: format!("the stack {name} in {} has no output `{output}` yet", clients.region),
        help: Some(format!("its file has it: deploy `{other}` again")),
    }))
}
