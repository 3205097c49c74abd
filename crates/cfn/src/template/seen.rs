//! Values as far as a template tells them: what its functions may become, with the way to where that stands.
//!
//! [`see`] copies properties and puts [a choice](read) in the place of each function whose outcomes are in the text: defaults and
//! allowed values of parameters, both sides of `Fn::If`, mappings, and texts made of these. Other functions stay, and are
//! unknown. An outcome that its own conditions exclude is left out. It does not know what a stack's caller will pass.

use super::conditions::Conditions;
use super::sub::{Piece, pieces};
use super::{Parameter, Template, scalar_text};
use crate::schema::{Alternative, Reading};
use serde_json::{Map, Value, json};

/// The key of an object that stands for a choice; no template has it.
const CHOICE: &str = "\0choice";

/// How many outcomes of one function are looked at.
const MOST: usize = 64;

/// What is taken for granted within a branch: conditions that hold, and those that do not.
type Assumed<'t> = Vec<(&'t str, bool)>;

/// Returns a resource's properties with choices in the place of functions.
pub fn see(conditions: &Conditions<'_>, properties: &Value, condition: Option<&str>) -> Value {
    let template = conditions.template();
    let assumed = condition.and_then(|name| template.conditions.get_key_value(name));
    let assumed = assumed.map(|(name, _)| (name.as_str(), true)).into_iter().collect();
    Seer { template, conditions, assumed }.value(properties)
}

/// Returns properties as [`see`] does, where conditions are taken to hold or not.
pub fn see_assuming(conditions: &Conditions<'_>, properties: &Value, assumed: &[(&str, bool)]) -> Value {
    let template = conditions.template();
    let known =
        |(name, holds): &(&str, bool)| Some((template.conditions.get_key_value(*name)?.0.as_str(), *holds));
    Seer { template, conditions, assumed: assumed.iter().filter_map(known).collect() }.value(properties)
}

/// Reads values that [`see`] returned.
pub fn read(value: &Value) -> Reading<'_> {
    match value {
        // Nothing at all is refused elsewhere.
        Value::Null => Reading::Unknown,
        // A dynamic reference is resolved by AWS.
        Value::String(text) if is_dynamic(text) => Reading::Unknown,
        Value::Object(members) => {
            if let Some(Value::Array(choices)) = members.get(CHOICE) {
                return Reading::OneOf(choices.iter().filter_map(alternative).collect());
            }
            if members.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue") {
                return Reading::Absent;
            }
            let generated = |name: &String| name == "Fn::Transform" || name.starts_with("Fn::ForEach");
            let unknown = function(members).is_some() || members.keys().any(generated);
            if unknown { Reading::Unknown } else { Reading::Known }
        }
        _ => Reading::Known,
    }
}

/// Says whether a text has a dynamic reference in it, be it one that spaces spoil.
fn is_dynamic(text: &str) -> bool {
    text.split("{{").skip(1).any(|after| after.trim_start().starts_with("resolve:"))
}

fn alternative(choice: &Value) -> Option<Alternative<'_>> {
    let path = choice.get("path")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Some(Alternative { path, value: choice.get("value")? })
}

/// Takes a path through choices apart: the way to the function, the function, and where its outcome stands.
pub fn origin(path: &[String]) -> Option<(&[String], &str, Vec<String>)> {
    let at = path.iter().position(|segment| segment.starts_with('\0'))?;
    let (way, source) = path.split_at(at);
    let mut source: Vec<String> = source.to_vec();
    // The source begins with a mark and a section, or with the mark alone.
    source[0].remove(0);
    source.retain(|segment| !segment.is_empty());
    let (function, way) = way.split_last()?;
    Some((way, function, source))
}

/// The functions that CloudFormation has in properties, `Ref` aside.
const FUNCTIONS: &[&str] = &[
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
];

/// Returns the function that an object is.
pub(crate) fn function(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || FUNCTIONS.contains(&name.as_str())).then_some((name.as_str(), argument))
}

/// One outcome of a function: where it stands, and what it is.
struct Outcome {
    path: Vec<String>,
    value: Value,
}

struct Seer<'c, 't> {
    template: &'t Template,
    conditions: &'c Conditions<'t>,
    assumed: Assumed<'t>,
}

impl<'t> Seer<'_, 't> {
    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                match function(members).and_then(|(name, argument)| self.outcomes(name, argument)) {
                    Some(outcomes) => choice(outcomes),
                    None if function(members).is_some() => value.clone(),
                    // What is no function of CloudFormation's may be one of a transform.
                    None if self.is_transformed(members) => choice(Vec::new()),
                    None => Value::Object(
                        members.iter().map(|(name, member)| (name.clone(), self.value(member))).collect(),
                    ),
                }
            }
            other => other.clone(),
        }
    }

    fn is_transformed(&self, members: &Map<String, Value>) -> bool {
        let has_macros = self.template.transforms.iter().any(|transform| !transform.starts_with("AWS::"));
        has_macros && members.len() == 1 && members.keys().any(|name| name.starts_with("Fn::"))
    }

    /// Returns what a function may become, or nothing when the text does not tell.
    fn outcomes(&mut self, name: &str, argument: &Value) -> Option<Vec<Outcome>> {
        let outcomes = match name {
            "Ref" => self.parameter(argument.as_str()?),
            "Fn::If" => self.branches(argument.as_array()?),
            "Fn::FindInMap" => self.mapped(argument.as_array()?),
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument.as_array()?),
            "Fn::Select" => self.select(argument.as_array()?),
            "Fn::Split" => self.split(argument.as_array()?),
            _ => None,
        };
        outcomes.filter(|outcomes| outcomes.len() <= MOST)
    }

    fn parameter(&self, name: &str) -> Option<Vec<Outcome>> {
        let parameter = self.template.parameters.get(name)?;
        // The default of a parameter of this type is the name under which the value is stored.
        if parameter.parameter_type.starts_with("AWS::SSM::") {
            return None;
        }
        let typed = |text: &str| match parameter.is_list() {
            // An empty list of AWS's is one empty item until it is filled.
            true if text.is_empty() => json!([""]),
            true => parameter.value(text),
            false => Value::from(text),
        };
        let at = |steps: &[&str]| {
            let steps = steps.iter().map(|step| (*step).to_owned());
            ["Ref".to_owned(), "\0Parameters".to_owned(), name.to_owned()].into_iter().chain(steps).collect()
        };
        // The item of a list is shown where it stands if it is a text, and a number at its list.
        let item = |(index, value): (usize, &Value)| {
            let index = index.to_string();
            let way: &[&str] =
                if value.is_string() { &["AllowedValues", &index] } else { &["AllowedValues"] };
            Some(Outcome { path: at(way), value: typed(&scalar_text(value)?) })
        };
        let mut all: Vec<Outcome> = parameter.allowed_values.iter().enumerate().filter_map(item).collect();
        // A default is one of the allowed values, and a limit a value that may be passed.
        if all.is_empty() {
            let limits = [("MinValue", parameter.min_value), ("MaxValue", parameter.max_value)];
            let limits = limits.map(|(name, limit)| (name, limit.map(|limit| limit.to_string())));
            for (name, text) in [("Default", parameter.default_text())].into_iter().chain(limits) {
                all.extend(text.map(|text| Outcome { path: at(&[name]), value: typed(&text) }));
            }
        }
        let is_empty = all.is_empty();
        let possible = all.into_iter().filter(|outcome| self.is_possible(parameter, &outcome.value));
        (!is_empty).then(|| possible.collect())
    }

    /// Says whether what is assumed leaves a parameter this value.
    fn is_possible(&self, parameter: &Parameter, value: &Value) -> bool {
        let Some(text) = scalar_text(value) else { return true };
        let given = Some((parameter.name.as_str(), text.as_str()));
        self.assumed.is_empty() || self.conditions.can_hold_with(&self.assumed, given) != Some(false)
    }

    fn branches(&mut self, argument: &[Value]) -> Option<Vec<Outcome>> {
        let [condition, one, other] = argument else { return None };
        // Of a condition that is not there it is told elsewhere.
        let (name, _) = self.template.conditions.get_key_value(condition.as_str()?)?;
        let mut outcomes = Vec::new();
        for (index, holds, branch) in [("1", true, one), ("2", false, other)] {
            self.assumed.push((name.as_str(), holds));
            if self.conditions.can_hold(&self.assumed) != Some(false) {
                let value = self.value(branch);
                outcomes.push(Outcome { path: vec!["Fn::If".to_owned(), index.to_owned()], value });
            }
            self.assumed.pop();
        }
        Some(outcomes)
    }

    fn mapped(&mut self, argument: &[Value]) -> Option<Vec<Outcome>> {
        let [map, first, second] = argument else { return None };
        let map = map.as_str()?;
        let mapping = self.template.mappings.get(map)?.as_object()?;
        let seconds = self.texts(second)?;
        let firsts = self.texts(first)?;
        let mut outcomes = Vec::new();
        for first in &firsts {
            for second in &seconds {
                if let Some(value) = mapping.get(first).and_then(|members| members.get(second)) {
                    let path = ["Fn::FindInMap", "\0Mappings", map, first, second];
                    outcomes.push(Outcome { path: path.map(str::to_owned).to_vec(), value: value.clone() });
                }
            }
        }
        (!outcomes.is_empty()).then_some(outcomes)
    }

    /// Returns the texts that a value may be.
    fn texts(&mut self, value: &Value) -> Option<Vec<String>> {
        match value {
            Value::Object(members) => {
                let (name, argument) = function(members)?;
                let outcomes = self.outcomes(name, argument)?;
                let texts: Option<Vec<Vec<String>>> =
                    outcomes.iter().map(|outcome| flat(&outcome.value)).collect();
                texts.map(|texts| texts.concat())
            }
            other => Some(vec![scalar_text(other).filter(|text| !text.contains("{{resolve:"))?]),
        }
    }

    fn sub(&mut self, argument: &Value) -> Option<Vec<Outcome>> {
        let (text, local) = match argument {
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)),
            other => (other.as_str()?, None),
        };
        let mut made = vec![String::new()];
        for piece in pieces(text) {
            let next = match piece {
                Piece::Literal(literal) => vec![literal.to_owned()],
                Piece::Escaped(name) => vec![format!("${{{name}}}")],
                Piece::Variable(name) => match local.and_then(|local| local.get(name.trim())) {
                    Some(value) => self.texts(value)?,
                    None => self.texts(&json!({"Ref": name.trim()}))?,
                },
            };
            made = product(&made, &next)?;
        }
        Some(anonymous("Fn::Sub", made))
    }

    /// Returns the items that may be selected; an index without one is another's to find.
    fn select(&mut self, argument: &[Value]) -> Option<Vec<Outcome>> {
        let [index, list] = argument else { return None };
        let indexes = self.texts(index)?;
        let lists = match list {
            Value::Array(items) => vec![Value::Array(items.iter().map(|item| self.value(item)).collect())],
            other => {
                let (name, argument) = function(other.as_object()?)?;
                self.outcomes(name, argument)?.into_iter().map(|outcome| outcome.value).collect()
            }
        };
        let mut selected = Vec::new();
        for index in indexes {
            let index: usize = index.parse().ok()?;
            for list in &lists {
                selected.push(made("Fn::Select", list.as_array()?.get(index)?.clone()));
            }
        }
        Some(selected)
    }

    fn split(&mut self, argument: &[Value]) -> Option<Vec<Outcome>> {
        let [delimiter, text] = argument else { return None };
        let delimiter = delimiter.as_str().filter(|delimiter| !delimiter.is_empty())?;
        let texts = self.texts(text)?;
        let parts = |text: &String| text.split(delimiter).map(Value::from).collect();
        Some(texts.iter().map(|text| made("Fn::Split", parts(text))).collect())
    }

    fn join(&mut self, argument: &[Value]) -> Option<Vec<Outcome>> {
        let [separator, Value::Array(parts)] = argument else { return None };
        let separator = separator.as_str()?;
        let mut made = vec![String::new()];
        for (index, part) in parts.iter().enumerate() {
            let before = if index == 0 { "" } else { separator };
            let next: Vec<String> = self.texts(part)?.iter().map(|text| format!("{before}{text}")).collect();
            made = product(&made, &next)?;
        }
        Some(anonymous("Fn::Join", made))
    }
}

/// Returns an outcome that stands nowhere but where it is made.
fn made(function: &str, value: Value) -> Outcome {
    Outcome { path: vec![function.to_owned(), "\0".to_owned()], value }
}

/// Returns the texts that a value with choices may be.
fn flat(value: &Value) -> Option<Vec<String>> {
    match read(value) {
        Reading::Known => scalar_text(value).map(|text| vec![text]),
        Reading::OneOf(alternatives) => {
            let each: Option<Vec<Vec<String>>> =
                alternatives.iter().map(|alternative| flat(alternative.value)).collect();
            each.map(|each| each.concat())
        }
        Reading::Unknown | Reading::Absent => None,
    }
}

fn product(before: &[String], after: &[String]) -> Option<Vec<String>> {
    let all = before.iter().flat_map(|start| after.iter().map(move |end| format!("{start}{end}")));
    (before.len() * after.len() <= MOST).then(|| all.collect())
}

/// Returns outcomes that stand nowhere but where they are made.
fn anonymous(function: &str, texts: Vec<String>) -> Vec<Outcome> {
    let path = || vec![function.to_owned(), "\0".to_owned()];
    texts.into_iter().map(|text| Outcome { path: path(), value: Value::from(text) }).collect()
}

fn choice(outcomes: Vec<Outcome>) -> Value {
    let choices: Vec<Value> =
        outcomes.into_iter().map(|outcome| json!({"path": outcome.path, "value": outcome.value})).collect();
    json!({CHOICE: choices})
}

#[cfg(test)]
#[path = "seen_tests.rs"]
mod tests;
