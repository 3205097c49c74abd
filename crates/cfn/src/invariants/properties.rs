//! The properties of a resource, as far as they are known.

use serde_json::Value;

use super::{Breach, Refusal};
use crate::schema::{Reader, Reading, resolved};

/// What is known of values that are functions.
pub struct Known<'k> {
    pub(super) reader: &'k Reader<'k>,
    pub(super) leads_to: &'k dyn Fn(&Value) -> Option<String>,
}

impl<'k> Known<'k> {
    /// Takes what tells how much of a value is known, and what names the type of the resource that a value leads to.
    pub fn new(reader: &'k Reader<'k>, leads_to: &'k dyn Fn(&Value) -> Option<String>) -> Self {
        Self { reader, leads_to }
    }
}

impl Known<'static> {
    /// Knows all, since nothing is left to resolve.
    pub fn resolved() -> Self {
        Self { reader: &resolved, leads_to: &|_| None }
    }
}

/// A property, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Property<'v> {
    /// It is sure not to be there.
    Absent,
    /// It may be anything, or not be there.
    Unknown,
    /// It is there, and this.
    Value(&'v Value),
}

/// Properties, and what was found to be wrong with them.
pub(super) struct Properties<'p> {
    root: &'p Value,
    known: &'p Known<'p>,
    breaches: &'p mut Vec<Breach>,
}

impl<'p> Properties<'p> {
    pub(super) fn new(root: &'p Value, known: &'p Known<'p>, breaches: &'p mut Vec<Breach>) -> Self {
        Self { root, known, breaches }
    }

    /// Returns the property that the names, with slashes between, lead to.
    pub(super) fn get(&self, path: &str) -> Property<'p> {
        let mut value = self.root;
        for name in path.split('/') {
            match (self.known.reader)(value) {
                Reading::Known => {}
                Reading::Unknown | Reading::OneOf(_) => return Property::Unknown,
                Reading::Absent => return Property::Absent,
            }
            let below = match value {
                Value::Array(items) => name.parse().ok().and_then(|index: usize| items.get(index)),
                _ => value.get(name),
            };
            match below {
                Some(below) => value = below,
                None => return Property::Absent,
            }
        }
        match (self.known.reader)(value) {
            Reading::Known => Property::Value(value),
            Reading::Unknown => self.lead(value),
            // Whatever it becomes, it is there; nobody can read it as text, number or flag.
            Reading::OneOf(alternatives)
                if !alternatives.is_empty()
                    && alternatives
                        .iter()
                        .all(|one| matches!((self.known.reader)(one.value), Reading::Known)) =>
            {
                Property::Value(value)
            }
            Reading::OneOf(_) => Property::Unknown,
            Reading::Absent => Property::Absent,
        }
    }

    /// A function that leads to a resource is there, whatever it becomes.
    fn lead(&self, value: &'p Value) -> Property<'p> {
        if (self.known.leads_to)(value).is_some() { Property::Value(value) } else { Property::Unknown }
    }

    pub(super) fn is_absent(&self, path: &str) -> bool {
        self.get(path) == Property::Absent
    }

    pub(super) fn is_present(&self, path: &str) -> bool {
        matches!(self.get(path), Property::Value(_))
    }

    pub(super) fn text(&self, path: &str) -> Option<&'p str> {
        if let Property::Value(value) = self.get(path) { value.as_str() } else { None }
    }

    pub(super) fn number(&self, path: &str) -> Option<f64> {
        match self.get(path) {
            Property::Value(Value::Number(number)) => number.as_f64(),
            Property::Value(Value::String(text)) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn flag(&self, path: &str) -> Option<bool> {
        match self.get(path) {
            Property::Value(Value::Bool(flag)) => Some(*flag),
            Property::Value(Value::String(text)) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// Returns how many items a list has, when all that is known.
    pub(super) fn length(&self, path: &str) -> Option<usize> {
        match self.get(path) {
            Property::Value(Value::Array(items)) => Some(items.len()),
            Property::Absent => Some(0),
            _ => None,
        }
    }

    /// Returns the type of the resource that a property leads to.
    pub(super) fn leads_to(&self, path: &str) -> Option<String> {
        if let Property::Value(value) = self.get(path) { (self.known.leads_to)(value) } else { None }
    }

    pub(super) fn report(
        &mut self,
        rule: &'static str,
        path: &str,
        refusal: Refusal,
        message: impl Into<String>,
    ) {
        let path = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        self.breaches.push(Breach { rule, path, message: message.into(), refusal });
    }
}
