//! Intrinsic functions, evaluated: from a value with functions to a value without.
//!
//! What parameters, resources and other stacks are worth is asked of a [`Scope`]; a scope that does not know yet answers
//! `None`, and then [`resolve`] says what was missing while [`resolve_partial`] leaves just that function in place.
//! `AWS::NoValue` removes the property or list item that it stands in. Macros are not run, and `Fn::Cidr` and
//! `Fn::Transform` are refused by name.

mod conditions;
mod evaluator;
mod functions;
mod rules;
mod strings;

pub use conditions::conditions;
pub use rules::{FailedAssertion, failed_assertions};

use super::Template;
use evaluator::{Evaluator, Outcome};
use serde_json::Value;
use std::fmt;

/// What the names in a template are worth.
pub trait Scope {
    /// Returns the value of a parameter, a resource or a pseudo parameter.
    fn reference(&self, name: &str) -> Option<Value>;

    /// Returns an attribute of a resource.
    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value>;

    /// Returns what another stack exports under the name.
    fn import(&self, _name: &str) -> Option<Value> {
        None
    }

    /// Returns whether a condition holds; `None` has it evaluated from the template.
    fn condition(&self, _name: &str) -> Option<bool> {
        None
    }

    /// Returns the availability zones of a region.
    fn availability_zones(&self, _region: &str) -> Option<Vec<String>> {
        None
    }
}

/// What became of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    Value(Value),
    /// The value was `AWS::NoValue`: whatever it stands in is to be left out.
    NoValue,
}

impl Resolved {
    pub fn into_value(self) -> Option<Value> {
        match self {
            Resolved::Value(value) => Some(value),
            Resolved::NoValue => None,
        }
    }
}

/// Why a value could not be resolved, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ResolveError {
    pub kind: ResolveErrorKind,
    /// The function that failed: `Fn::GetAtt`.
    pub function: String,
    /// The resource or output that the value belongs to, when the caller named one.
    pub logical_id: Option<String>,
    /// The way to the function within the value.
    pub path: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveErrorKind {
    /// The scope does not know the name (yet): a resource that does not exist, an export that is not there.
    Unresolved { name: String },
    /// The template is wrong, whatever the scope knows; in CloudFormation's words where they are known.
    Template { message: String },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ResolveErrorKind::Template { message } => formatter.write_str(message)?,
            ResolveErrorKind::Unresolved { name } if self.function == "Fn::ImportValue" => {
                write!(formatter, "No export named {name} found.")?;
            }
            ResolveErrorKind::Unresolved { name } => {
                write!(formatter, "{} of {name} has no value", self.function)?;
            }
        }
        let mut place: Vec<&str> = self.logical_id.iter().map(String::as_str).collect();
        place.extend(self.path.iter().map(String::as_str));
        if place.is_empty() {
            return Ok(());
        }
        write!(formatter, " (at {})", place.join("/"))
    }
}

impl ResolveError {
    /// Returns CloudFormation's message alone, without the place.
    pub fn message(&self) -> String {
        let bare = ResolveError { logical_id: None, path: Vec::new(), ..self.clone() };
        bare.to_string()
    }

    fn of(mut self, logical_id: &str) -> Self {
        self.logical_id = Some(logical_id.to_owned());
        self
    }
}

/// Evaluates every function in the value.
pub fn resolve(value: &Value, template: &Template, scope: &dyn Scope) -> Result<Resolved, ResolveError> {
    match Evaluator::new(template, scope).value(value)? {
        Outcome::Known(value) => Ok(Resolved::Value(value)),
        Outcome::NoValue => Ok(Resolved::NoValue),
        Outcome::Unknown { because, .. } => Err(*because),
    }
}

/// Evaluates what the scope knows, and leaves every other function in place.
pub fn resolve_partial(
    value: &Value,
    template: &Template,
    scope: &dyn Scope,
) -> Result<Resolved, ResolveError> {
    match Evaluator::new(template, scope).value(value)? {
        Outcome::Known(value) | Outcome::Unknown { value, .. } => Ok(Resolved::Value(value)),
        Outcome::NoValue => Ok(Resolved::NoValue),
    }
}

/// Evaluates a resource's properties; an error names the resource.
pub fn resolve_resource(
    template: &Template,
    logical_id: &str,
    scope: &dyn Scope,
) -> Result<Value, ResolveError> {
    let Some(resource) = template.resources.get(logical_id) else {
        return Ok(Value::Null);
    };
    let resolved = resolve(&resource.properties, template, scope).map_err(|error| error.of(logical_id))?;
    Ok(resolved.into_value().unwrap_or(Value::Null))
}

/// Evaluates an output's value; an error names the output.
pub fn resolve_output(
    template: &Template,
    name: &str,
    scope: &dyn Scope,
) -> Result<Option<Value>, ResolveError> {
    let Some(output) = template.outputs.get(name) else {
        return Ok(None);
    };
    let resolved = resolve(&output.value, template, scope).map_err(|error| error.of(name))?;
    Ok(resolved.into_value())
}

#[cfg(test)]
mod tests;
