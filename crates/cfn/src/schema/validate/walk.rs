//! The way down a schema and a value, side by side.

use serde_json::Value;

use super::Violation;
use super::reader::{Reader, Reading};
use crate::frozen::{Frozen, View};
use crate::schema::Schema;
use crate::schema::types::found;

/// A step from a value to one in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'v> {
    Name(&'v str),
    Index(usize),
}

/// Whether a value is valid for a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    /// Something that is not known decides.
    Unsure,
}

/// How deep references and values may go; a template cannot be deeper, and a schema's references could lead in circles.
const DEEPEST: usize = 120;

pub(super) struct Walk<'r, 'v> {
    pub(super) reader: &'r Reader<'r>,
    path: Vec<Step<'v>>,
    /// Steps through functions, each with the length of the path at which it stands.
    detours: Vec<(usize, Vec<String>)>,
    depth: usize,
    /// Whether this only asks if a value is valid, so that values which may be either must be told apart.
    is_attempt: bool,
    /// Whether something that is not known was passed over.
    pub(super) unsure: bool,
    pub(super) violations: Vec<Violation>,
    /// Says whether a text is what a word of a `format` means; without it, any is.
    pub(super) has_format: Option<fn(&str, &str) -> bool>,
    /// Whether to say also what each of several schemas asks for, when none of them fits.
    pub(super) explains: bool,
}

impl<'r, 'v> Walk<'r, 'v> {
    pub(super) fn new(reader: &'r Reader<'r>) -> Self {
        Self {
            reader,
            path: Vec::new(),
            detours: Vec::new(),
            depth: 0,
            is_attempt: false,
            unsure: false,
            violations: Vec::new(),
            has_format: None,
            explains: false,
        }
    }

    pub(super) fn report(&mut self, keyword: &'static str, message: String) {
        self.report_about(keyword, message, Vec::new());
    }

    /// Reports with the names of the members that it is about.
    pub(super) fn report_about(&mut self, keyword: &'static str, message: String, names: Vec<String>) {
        let violation = Violation { path: self.place(), keyword, message, names };
        // Schemas say some things twice, in a definition and where it is used.
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    /// Reports without the value, as CloudFormation does for keywords whose messages would show it.
    pub(super) fn report_scrubbed(&mut self, keyword: &'static str) {
        self.report(keyword, format!("failed validation constraint for keyword [{keyword}]"));
    }

    fn place(&self) -> Vec<String> {
        let mut place = Vec::new();
        let mut detours = self.detours.iter().peekable();
        for at in 0..=self.path.len() {
            while let Some((_, steps)) = detours.next_if(|(length, _)| *length == at) {
                place.extend(steps.iter().cloned());
            }
            match self.path.get(at) {
                Some(Step::Name(name)) => place.push((*name).to_owned()),
                Some(Step::Index(index)) => place.push(index.to_string()),
                None => {}
            }
        }
        place
    }

    pub(super) fn at(&mut self, step: Step<'v>, check: impl FnOnce(&mut Self)) {
        self.path.push(step);
        check(self);
        self.path.pop();
    }

    /// Returns what a schema would say of a value, without reporting it.
    pub(super) fn attempt<'a>(&self, schema: Schema<'_>, value: &'a Value) -> Walk<'r, 'a> {
        let mut attempt = Walk { depth: self.depth, is_attempt: true, ..Walk::new(self.reader) };
        attempt.value(schema, value);
        attempt
    }

    /// Reports what was found in an attempt at the value at hand.
    pub(super) fn adopt(&mut self, violation: Violation) {
        let path = [self.place(), violation.path].concat();
        let violation = Violation { path, ..violation };
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    /// Tells whether a value is valid, without reporting anything.
    pub(super) fn fits(&self, schema: Schema<'_>, value: &Value) -> Fit {
        let attempt = self.attempt(schema, value);
        match (attempt.violations.is_empty(), attempt.unsure) {
            (false, _) => Fit::No,
            (true, false) => Fit::Yes,
            (true, true) => Fit::Unsure,
        }
    }

    /// Checks a value, whatever it may turn out to be.
    pub(super) fn value(&mut self, schema: Schema<'_>, value: &'v Value) {
        if self.depth >= DEEPEST {
            self.unsure = true;
            return;
        }
        self.depth += 1;
        match (self.reader)(value) {
            Reading::Known => self.known(schema, value),
            Reading::Unknown => self.unsure = true,
            Reading::Absent => {}
            Reading::OneOf(alternatives) if self.is_attempt => {
                let each = alternatives.iter().map(|alternative| self.fits(schema, alternative.value));
                match each.reduce(|one, other| if one == other { one } else { Fit::Unsure }) {
                    Some(Fit::Yes) => {}
                    Some(Fit::No) => self.report_scrubbed("oneOf"),
                    Some(Fit::Unsure) | None => self.unsure = true,
                }
            }
            Reading::OneOf(alternatives) => {
                for alternative in alternatives {
                    self.detours.push((self.path.len(), alternative.path));
                    self.value(schema, alternative.value);
                    self.detours.pop();
                }
            }
        }
        self.depth -= 1;
    }

    fn known(&mut self, schema: Schema<'_>, value: &'v Value) {
        if schema.flag() == Some(false) {
            return self.report_scrubbed("false");
        }
        if let Some(target) = schema.reference().and_then(|reference| schema.definition(reference)) {
            self.value(target, value);
        }
        let types = schema.types();
        if !types.is_empty() && !types.iter().any(|expected| expected.accepts(value)) {
            // Further rules would only repeat that the value is of another type.
            return self.mismatch(schema, value);
        }
        for (keyword, wanted) in schema.keywords() {
            self.keyword(schema, keyword, wanted, value);
        }
        if let Value::Object(members) = value {
            self.members(schema, members);
        }
    }

    fn keyword(&mut self, schema: Schema<'_>, keyword: &str, wanted: Frozen<'_>, value: &'v Value) {
        match value {
            Value::Object(members) => self.object(schema, keyword, wanted, members),
            Value::Array(items) => self.array(schema, keyword, wanted, items),
            _ => self.scalar(keyword, wanted, value),
        }
        self.combined(schema, keyword, wanted, value);
    }

    fn mismatch(&mut self, schema: Schema<'_>, value: &Value) {
        let message = match schema.types().only() {
            Some(expected) => format!("expected type: {}, found: {}", expected.expected(), found(value)),
            None => {
                let total = schema.types().iter().count();
                format!("#: no subschema matched out of the total {total} subschemas")
            }
        };
        self.report("type", message);
    }

    /// Refuses a property that only AWS sets, wherever the pointer leads to one.
    pub(super) fn read_only(&mut self, parts: &[&str], value: &'v Value) {
        let Some((part, rest)) = parts.split_first() else { return };
        match value {
            Value::Array(items) => {
                let parts = if *part == "*" { rest } else { parts };
                for (index, item) in items.iter().enumerate() {
                    self.at(Step::Index(index), |walk| walk.read_only(parts, item));
                }
            }
            Value::Object(members) => {
                let Some((name, member)) = members.get_key_value(*part) else { return };
                if rest.is_empty() {
                    // Not confirmed on AWS: the words for a read-only property.
                    let message = format!("extraneous key [{part}] is not permitted");
                    return self.report_about("readOnlyProperties", message, vec![(*part).to_owned()]);
                }
                self.at(Step::Name(name), |walk| walk.read_only(rest, member));
            }
            _ => {}
        }
    }
}

/// Returns a count that a schema gives, which some schemas write as `1.0`.
pub(super) fn count(wanted: Frozen<'_>) -> Option<usize> {
    match wanted.view() {
        View::Integer(integer) => usize::try_from(integer).ok(),
        View::Float(float) if float >= 0.0 => Some(float as usize),
        _ => None,
    }
}
