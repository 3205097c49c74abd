//! The walk through a value: which part is a function, and what is left when a part is not known.

use super::super::Template;
use super::super::references::is_function;
use super::{ResolveError, ResolveErrorKind, Scope};
use serde_json::{Map, Value};
use std::collections::HashMap;

pub(super) struct Evaluator<'a> {
    pub template: &'a Template,
    pub scope: &'a dyn Scope,
    pub path: Vec<String>,
    /// The conditions that are being evaluated, so that one that names itself is found.
    pub open_conditions: Vec<String>,
    /// The conditions that were evaluated, so that none is evaluated twice.
    pub done_conditions: HashMap<String, Truth>,
}

/// What a condition comes to.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Known(bool),
    Unknown(Box<ResolveError>),
}

/// What became of a part of the value.
#[derive(Debug)]
pub(super) enum Outcome {
    Known(Value),
    NoValue,
    /// Something in it is not known: the value with what is left, and the first reason.
    Unknown {
        value: Value,
        because: Box<ResolveError>,
    },
}

pub(super) type Evaluated = Result<Outcome, ResolveError>;

/// A function's arguments: known all, or the function as it is left in place.
pub(super) enum Arguments {
    Known(Vec<Value>),
    Left(Outcome),
}

impl<'a> Evaluator<'a> {
    pub fn new(template: &'a Template, scope: &'a dyn Scope) -> Self {
        Self {
            template,
            scope,
            path: Vec::new(),
            open_conditions: Vec::new(),
            done_conditions: HashMap::new(),
        }
    }

    pub fn value(&mut self, value: &Value) -> Evaluated {
        match value {
            Value::Array(items) => self.items(items),
            Value::Object(entries) => {
                if let Some((name, argument)) = function_of(entries) {
                    return self.within(name, |evaluator| evaluator.function(name, argument));
                }
                self.entries(entries)
            }
            scalar => Ok(Outcome::Known(scalar.clone())),
        }
    }

    pub fn within<T>(&mut self, segment: &str, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment.to_owned());
        let result = evaluate(self);
        self.path.pop();
        result
    }

    fn items(&mut self, items: &[Value]) -> Evaluated {
        let mut collected = Vec::with_capacity(items.len());
        let mut reason = None;
        for (index, item) in items.iter().enumerate() {
            let outcome = self.within(&index.to_string(), |evaluator| evaluator.value(item))?;
            collected.extend(outcome.take(&mut reason));
        }
        Ok(Outcome::from_parts(Value::Array(collected), reason))
    }

    fn entries(&mut self, entries: &Map<String, Value>) -> Evaluated {
        let mut collected = Map::with_capacity(entries.len());
        let mut reason = None;
        for (key, value) in entries {
            let outcome = self.within(key, |evaluator| evaluator.value(value))?;
            if let Some(value) = outcome.take(&mut reason) {
                collected.insert(key.clone(), value);
            }
        }
        Ok(Outcome::from_parts(Value::Object(collected), reason))
    }

    /// Evaluates a list of arguments; one that is `AWS::NoValue` is gone from it.
    pub fn arguments(&mut self, function: &str, argument: &Value) -> Result<Arguments, ResolveError> {
        Ok(match self.value(argument)? {
            Outcome::Known(Value::Array(items)) => Arguments::Known(items),
            Outcome::Known(single) => Arguments::Known(vec![single]),
            Outcome::NoValue => Arguments::Known(Vec::new()),
            Outcome::Unknown { value, because } => Arguments::Left(left_in_place(function, value, because)),
        })
    }

    pub fn refuse<T>(&self, function: &str, message: impl Into<String>) -> Result<T, ResolveError> {
        Err(self.error(function, ResolveErrorKind::Template { message: message.into() }))
    }

    /// Leaves a function in place because the scope does not know `name`.
    pub fn unknown(&self, function: &str, argument: Value, name: &str) -> Outcome {
        let kind = ResolveErrorKind::Unresolved { name: name.to_owned() };
        left_in_place(function, argument, Box::new(self.error(function, kind)))
    }

    fn error(&self, function: &str, kind: ResolveErrorKind) -> ResolveError {
        ResolveError { kind, function: function.to_owned(), logical_id: None, path: self.path.clone() }
    }
}

impl Outcome {
    fn from_parts(value: Value, reason: Option<Box<ResolveError>>) -> Self {
        match reason {
            Some(because) => Outcome::Unknown { value, because },
            None => Outcome::Known(value),
        }
    }

    /// Takes the value out, remembering the first reason why something is not known.
    pub fn take(self, reason: &mut Option<Box<ResolveError>>) -> Option<Value> {
        match self {
            Outcome::Known(value) => Some(value),
            Outcome::NoValue => None,
            Outcome::Unknown { value, because } => {
                reason.get_or_insert(because);
                Some(value)
            }
        }
    }
}

pub(super) fn left_in_place(function: &str, argument: Value, because: Box<ResolveError>) -> Outcome {
    Outcome::Unknown { value: Value::Object(Map::from_iter([(function.to_owned(), argument)])), because }
}

/// Returns the function that an object is, when its only key says so. `Condition` is a function within conditions only.
pub(super) fn function_of(entries: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut iter = entries.iter();
    let (name, argument) = iter.next()?;
    let alone = iter.next().is_none();
    (alone && is_function(name) && name != "Condition").then_some((name.as_str(), argument))
}
