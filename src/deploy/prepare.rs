//! Everything that a change set is made of, before anything is sent.

use std::path::Path;

use aws_sdk_cloudformation::types::{Parameter, Tag};

use super::artifacts;
use super::mode::Manner;
use crate::aws::Clients;
use crate::error::Result;
use crate::package::{Artifact, Profile, package};
use crate::render::Template;
use crate::stack::Stack;

/// A stack that is ready to be planned.
#[derive(Debug)]
pub struct Prepared {
    pub stack_name: String,
    pub template: Template,
    pub artifacts: Vec<Artifact>,
    pub parameters: Vec<Parameter>,
    /// The parameters that nobody may see.
    pub secrets: Vec<String>,
    pub tags: Vec<Tag>,
    pub manner: Manner,
}

/// Builds and archives a stack's functions and works out its parameters.
pub fn prepare(
    clients: &Clients,
    stack: &Stack,
    template: Template,
    project: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Prepared> {
    let artifacts = if stack.file.functions.is_empty() && stack.file.layers.is_empty() {
        Vec::new()
    } else {
        package(stack, project, Profile::fitting(clients.is_nearby()), progress)?
    };
    Ok(assemble(clients, stack, template, artifacts))
}

/// Works out a stack's parameters and tags from what was archived.
pub fn assemble(clients: &Clients, stack: &Stack, template: Template, artifacts: Vec<Artifact>) -> Prepared {
    let stack_name = stack.stack_name();
    let parameter =
        |key: String, value: String| Parameter::builder().parameter_key(key).parameter_value(value).build();
    let mut parameters: Vec<Parameter> =
        artifacts.iter().map(|artifact| parameter(artifact.parameter(), artifact.key(&stack_name))).collect();
    if !artifacts.is_empty() {
        parameters.push(parameter("CodeBucket".to_owned(), artifacts::bucket_name(clients)));
    }
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = vec![tag("hydrant:stack", &stack.name), tag("hydrant:environment", &stack.environment_name)];
    let (secrets, manner) = (Vec::new(), Manner::default());
    Prepared { stack_name, template, artifacts, parameters, secrets, tags, manner }
}
