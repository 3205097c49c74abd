//! From the text of conditions and rules to formulas over what is compared.

use super::super::references::is_function;
use super::super::{Template, scalar_text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A condition, in terms of which subject has which value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Formula {
    Always(bool),
    /// The subject has the value.
    Is(usize, usize),
    Not(Box<Formula>),
    All(Vec<Formula>),
    Any(Vec<Formula>),
    /// What the condition of this name says, which is one that was read.
    Named(String),
}

/// What comparisons compare, each with the texts that it is compared with.
#[derive(Default)]
pub(super) struct Subjects {
    by_key: BTreeMap<String, usize>,
    list: Vec<Subject>,
}

#[derive(Default)]
struct Subject {
    values: Vec<String>,
    /// The values that a parameter can have at all, when its template says.
    allowed: Option<BTreeSet<String>>,
}

impl Subject {
    /// Says whether it can have a value that is compared with nowhere.
    fn has_other(&self) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|value| !self.values.contains(value)))
    }
}

impl Subjects {
    /// Returns how many values are told apart.
    pub(super) fn ways(&self, subject: usize) -> usize {
        self.list.get(subject).map_or(1, |subject| subject.values.len() + usize::from(subject.has_other()))
    }

    /// Returns a parameter's subject, if any condition compares it, and the value.
    pub(super) fn value_of(&self, parameter: &str, value: &str) -> Option<(usize, usize)> {
        let subject = *self.by_key.get(&key_of(parameter))?;
        let found = &self.list[subject];
        let at = found.values.iter().position(|known| known == value);
        Some((subject, at.or_else(|| found.has_other().then_some(found.values.len()))?))
    }

    fn subject(&mut self, key: String, template: &Template) -> usize {
        if let Some(known) = self.by_key.get(&key) {
            return *known;
        }
        let parameter = key.strip_prefix(REF).and_then(|name| template.parameters.get(name));
        let allowed =
            parameter.filter(|parameter| !parameter.allowed_values.is_empty() && !parameter.is_list());
        let allowed =
            allowed.map(|parameter| parameter.allowed_values.iter().filter_map(scalar_text).collect());
        self.list.push(Subject { values: Vec::new(), allowed });
        self.by_key.insert(key, self.list.len() - 1);
        self.list.len() - 1
    }

    fn is(&mut self, key: String, value: String, template: &Template) -> Formula {
        let index = self.subject(key, template);
        let subject = &mut self.list[index];
        if subject.allowed.as_ref().is_some_and(|allowed| !allowed.contains(&value)) {
            return Formula::Always(false);
        }
        let at = subject.values.iter().position(|known| *known == value).unwrap_or_else(|| {
            subject.values.push(value);
            subject.values.len() - 1
        });
        Formula::Is(index, at)
    }
}

const REF: &str = "Ref ";

fn key_of(parameter: &str) -> String {
    format!("{REF}{parameter}")
}

/// What was read of a template.
pub(super) struct Read<'t> {
    pub(super) subjects: Subjects,
    pub(super) formulas: BTreeMap<&'t str, Formula>,
    pub(super) demands: Vec<(Formula, BTreeSet<usize>)>,
    pub(super) involved: BTreeMap<&'t str, BTreeSet<usize>>,
}

/// How deep conditions may stand in each other, those that they name included; what is deeper is taken for open.
const DEEPEST: usize = 300;

pub(super) fn read(template: &Template, open_constants: bool) -> Read<'_> {
    let read = Read {
        subjects: Subjects::default(),
        formulas: BTreeMap::new(),
        demands: Vec::new(),
        involved: BTreeMap::new(),
    };
    let mut reader =
        Reader { template, open_constants, read, open: Vec::new(), depth: 0, depths: BTreeMap::new() };
    for name in template.conditions.keys() {
        reader.condition(name);
    }
    for rule in
        template.body.get("Rules").and_then(Value::as_object).into_iter().flat_map(|rules| rules.values())
    {
        reader.rule(rule);
    }
    reader.read
}

struct Reader<'t> {
    template: &'t Template,
    /// Whether comparisons of two texts are taken for open.
    open_constants: bool,
    read: Read<'t>,
    /// The conditions that are being read.
    open: Vec<&'t str>,
    /// How many functions are being read within each other.
    depth: usize,
    /// How deep each condition is that was read.
    depths: BTreeMap<&'t str, usize>,
}

impl<'t> Reader<'t> {
    /// Reads a condition, unless that was done, and returns it as others name it.
    fn condition(&mut self, name: &str) -> Formula {
        let Some((name, condition)) = self.template.conditions.get_key_value(name) else {
            return self.open(format!("condition {name}"));
        };
        if self.read.formulas.contains_key(name.as_str()) {
            return Formula::Named(name.clone());
        }
        if self.open.contains(&name.as_str()) {
            return self.open(format!("condition {name}"));
        }
        self.open.push(name);
        let mut formula = self.formula(condition);
        self.open.pop();
        let depth = self.depth_of(&formula);
        if depth > DEEPEST {
            formula = self.open(format!("condition {name}"));
        }
        self.depths.insert(name, depth.min(DEEPEST));
        let mut involved = BTreeSet::new();
        self.involve(&formula, &mut involved);
        self.read.formulas.insert(name, formula);
        self.read.involved.insert(name, involved);
        Formula::Named(name.clone())
    }

    /// Returns something of which nothing is known but that it is the same wherever it stands.
    fn open(&mut self, key: String) -> Formula {
        self.read.subjects.is(key, String::new(), self.template)
    }

    fn formula(&mut self, condition: &Value) -> Formula {
        if self.depth >= DEEPEST {
            return self.open(format!("value {condition}"));
        }
        self.depth += 1;
        let formula = self.function(condition);
        self.depth -= 1;
        formula
    }

    fn depth_of(&self, formula: &Formula) -> usize {
        let below = match formula {
            Formula::Always(_) | Formula::Is(..) => 0,
            Formula::Not(inner) => self.depth_of(inner),
            Formula::All(parts) | Formula::Any(parts) => {
                parts.iter().map(|part| self.depth_of(part)).max().unwrap_or_default()
            }
            Formula::Named(name) => self.depths.get(name.as_str()).copied().unwrap_or_default(),
        };
        below + 1
    }

    fn function(&mut self, condition: &Value) -> Formula {
        let function = condition.as_object().filter(|members| members.len() == 1);
        let Some((name, argument)) = function.and_then(|members| members.iter().next()) else {
            return self.open(format!("value {condition}"));
        };
        let parts = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (name.as_str(), parts) {
            ("Condition", _) => match argument.as_str() {
                Some(name) => self.condition(name),
                None => self.open(format!("value {condition}")),
            },
            ("Fn::Not", [only]) => Formula::Not(Box::new(self.formula(only))),
            ("Fn::And", [_, ..]) => Formula::All(parts.iter().map(|part| self.formula(part)).collect()),
            ("Fn::Or", [_, ..]) => Formula::Any(parts.iter().map(|part| self.formula(part)).collect()),
            ("Fn::Equals", [one, other]) => self.equals(one, other),
            ("Fn::Contains", [Value::Array(texts), subject]) => {
                Formula::Any(texts.iter().map(|text| self.equals(text, subject)).collect())
            }
            _ => self.open(format!("value {condition}")),
        }
    }

    fn equals(&mut self, one: &Value, other: &Value) -> Formula {
        match (scalar_text(one), scalar_text(other)) {
            (Some(one), Some(other)) if self.open_constants => self.open(format!("texts {one} {other}")),
            (Some(one), Some(other)) => Formula::Always(one == other),
            (Some(text), None) => self.compares(other, text),
            (None, Some(text)) => self.compares(one, text),
            (None, None) if one == other && self.open_constants => self.open(format!("same {one}")),
            (None, None) if one == other => Formula::Always(true),
            (None, None) => {
                let (one, other) = (one.to_string(), other.to_string());
                let (first, second) = if one < other { (one, other) } else { (other, one) };
                self.open(format!("equal {first} {second}"))
            }
        }
    }

    fn compares(&mut self, subject: &Value, text: String) -> Formula {
        let members = subject.as_object().filter(|members| members.keys().all(|name| is_function(name)));
        if members.is_none() {
            return self.open(format!("equal {subject} {text}"));
        }
        let key = subject.get("Ref").and_then(Value::as_str).map_or_else(|| subject.to_string(), key_of);
        self.read.subjects.is(key, text, self.template)
    }

    /// Reads a rule: each assertion holds whenever its condition does.
    fn rule(&mut self, rule: &Value) {
        let condition = rule.get("RuleCondition").map(|condition| self.formula(condition));
        for assertion in rule.get("Assertions").and_then(Value::as_array).into_iter().flatten() {
            let Some(assert) = assertion.get("Assert") else { continue };
            let mut parts = vec![self.formula(assert)];
            parts.extend(condition.iter().map(|condition| Formula::Not(Box::new(condition.clone()))));
            let demand = Formula::Any(parts);
            let mut involved = BTreeSet::new();
            self.involve(&demand, &mut involved);
            self.read.demands.push((demand, involved));
        }
    }

    fn involve(&self, formula: &Formula, involved: &mut BTreeSet<usize>) {
        match formula {
            Formula::Always(_) => {}
            Formula::Is(subject, _) => {
                involved.insert(*subject);
            }
            Formula::Not(inner) => self.involve(inner, involved),
            Formula::All(parts) | Formula::Any(parts) => {
                parts.iter().for_each(|part| self.involve(part, involved));
            }
            Formula::Named(name) => {
                involved.extend(self.read.involved.get(name.as_str()).into_iter().flatten());
            }
        }
    }
}
