//! The serverless transform: from a template of `AWS::Serverless` resources to the one that CloudFormation deploys.
//!
//! `AWS::Serverless::Function` with the events of streaming pipelines and the `Globals` for it are expanded as AWS's own
//! macro does, with the same logical ids. What the macro knows beyond that is refused by its name. Which of the resulting
//! resources can be made is not known here.

mod arguments;
mod destinations;
mod events;
mod function;
mod globals;
mod policies;
mod references;
mod resource;
mod role;
mod url;
mod version;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::template::Template;
use arguments::Arguments;
use references::References;
use resource::Made;

/// The macro's name in the section `Transform`.
pub const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

const PREFIX: &str = "AWS::Serverless::";
const FUNCTION: &str = "AWS::Serverless::Function";

/// Why a template cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The macro refuses the template, with this message.
    #[error("{0}")]
    Invalid(String),
    /// The macro has it, and this expansion has not.
    #[error("{0} is not supported")]
    Unsupported(String),
}

impl Refusal {
    fn resource(logical_id: &str, message: impl std::fmt::Display) -> Self {
        Self::Invalid(format!("Resource with id [{logical_id}] is invalid. {message}"))
    }

    fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::Unsupported(what.to_string())
    }
}

/// What is known while a template is expanded.
struct Expansion {
    arguments: Arguments,
    /// The template's resources as they were given; an event may change a bucket among them.
    given: Map<String, Value>,
    references: References,
    /// Tags in the place of a bucket's own, by the bucket: those of the last function that it invokes and that
    /// propagates its tags.
    bucket_tags: BTreeMap<String, Option<Vec<Value>>>,
}

/// Returns the template that CloudFormation deploys, with the macro run. `parameters` has a value for every parameter.
pub fn expand(
    template: &Template,
    parameters: &IndexMap<String, String>,
    region: &str,
) -> Result<Value, Refusal> {
    if let Some(other) = template.transforms.iter().find(|name| *name != TRANSFORM) {
        return Err(Refusal::unsupported(format_args!("the transform `{other}`")));
    }
    let Value::Object(mut body) = template.body.clone() else {
        return Err(Refusal::Invalid("Template format error: unsupported structure.".to_owned()));
    };
    body.remove("Transform");
    let globals = body.remove("Globals");
    let given = match body.get("Resources") {
        Some(Value::Object(resources)) => resources.clone(),
        _ => return Err(document(&["'Resources' section is required".to_owned()])),
    };
    let globals = globals::read(globals.as_ref()).map_err(|message| document(&[message]))?;
    let mut expansion = Expansion {
        arguments: Arguments::new(parameters, region),
        given,
        references: References::default(),
        bucket_tags: BTreeMap::new(),
    };
    let made = expansion.resources(&globals)?;
    let mut resources = expansion.given;
    resources.retain(|_, resource| !is_serverless(resource));
    for (bucket, tags) in expansion.bucket_tags {
        if let (Some(bucket), Some(tags)) = (resources.get_mut(&bucket), tags) {
            bucket["Properties"]["Tags"] = tags.into();
        }
    }
    for one in made {
        resources.insert(one.logical_id.clone(), one.into_value());
    }
    body.insert("Resources".to_owned(), Value::Object(resources));
    let mut expanded = Value::Object(body);
    expansion.references.resolve(&mut expanded);
    Ok(expanded)
}

fn is_serverless(resource: &Value) -> bool {
    resource["Type"].as_str().is_some_and(|name| name.starts_with(PREFIX))
}

/// Returns the macro's answer to a template with something wrong.
fn document(errors: &[String]) -> Refusal {
    Refusal::Invalid(format!(
        "Transform {TRANSFORM} failed with: Invalid Serverless Application Specification document. Number of errors \
         found: {}. {}",
        errors.len(),
        errors.join(" ")
    ))
}

impl Expansion {
    /// Expands every resource of the macro; what is wrong is said together.
    fn resources(&mut self, globals: &Map<String, Value>) -> Result<Vec<Made>, Refusal> {
        let ids: Vec<String> = self.given.keys().cloned().collect();
        let mut made = Vec::new();
        let mut errors = Vec::new();
        for logical_id in ids {
            let resource = self.given[&logical_id].clone();
            if !is_serverless(&resource) {
                continue;
            }
            let resource_type = resource["Type"].as_str().unwrap_or_default();
            if resource_type != FUNCTION {
                let what = format_args!("the resource type {resource_type} ({logical_id})");
                return Err(Refusal::unsupported(what));
            }
            match self
                .function(&logical_id, &resource, globals)
                .and_then(|made| self.unique(&logical_id, made))
            {
                Ok(resources) => made.extend(resources),
                Err(Refusal::Invalid(message)) => errors.push(message),
                Err(refusal) => return Err(refusal),
            }
        }
        if errors.is_empty() { Ok(made) } else { Err(document(&errors)) }
    }

    /// Refuses resources under the logical ids of others.
    fn unique(&self, logical_id: &str, made: Vec<Made>) -> Result<Vec<Made>, Refusal> {
        let taken =
            made.iter().find(|one| one.logical_id != logical_id && self.given.contains_key(&one.logical_id));
        match taken {
            Some(one) => Err(Refusal::Invalid(format!(
                "Transforming resource with id [{logical_id}] attempts to create a new resource with id [{}] and type \
                 \"{}\". A resource with that id already exists within this template. Please use a different id for \
                 that resource.",
                one.logical_id, one.resource_type
            ))),
            None => Ok(made),
        }
    }
}

#[cfg(test)]
mod tests;
