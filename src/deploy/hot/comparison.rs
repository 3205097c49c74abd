//! What a direct call would change, and what only a full deployment can: two templates and what is there, compared.
//!
//! Nothing here asks AWS.

use std::collections::BTreeMap;
use std::fmt;

use hydrant_cfn::template::Template;
use serde_json::Value;

use super::live::Live;
use super::mark::{self, Mark};
use super::settings::{Kind, Settings, Wanted};
use crate::deploy::plan::template_diff::{self, Row};
use crate::package::Artifact;

/// One resource that direct calls change, or whose mark goes.
#[derive(Debug)]
pub struct Change {
    pub kind: Kind,
    pub logical_id: String,
    pub physical_id: String,
    pub live: Live,
    /// Settings that become others.
    pub rows: Vec<Row>,
    /// The settings as they are then, with those that only CloudFormation knows as they are.
    pub after: Settings,
    pub code: Option<Code>,
    pub mark: MarkChange,
}

/// Where new code comes from.
#[derive(Debug)]
pub enum Code {
    Archive(Artifact),
    Object { bucket: String, key: String },
}

/// What becomes of a resource's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkChange {
    Stays,
    Set(String),
    Goes,
}

impl Change {
    /// Compares a resource with what is wanted of it; its mark is left alone.
    pub fn new(kind: Kind, ids: (&str, &str), live: Live, wanted: &Wanted, code: Option<Code>) -> Self {
        let rows = differences(&live.settings, wanted);
        let mut after = live.settings.clone();
        for row in &rows {
            match &row.after {
                Value::Null => drop(after.remove(&row.path)),
                value => drop(after.insert(row.path.clone(), value.clone())),
            }
        }
        let (logical_id, physical_id) = (ids.0.to_owned(), ids.1.to_owned());
        Self { kind, logical_id, physical_id, live, rows, after, code, mark: MarkChange::Stays }
    }

    /// Returns whether anything but the mark is changed.
    pub fn is_effective(&self) -> bool {
        !self.rows.is_empty() || self.code.is_some()
    }

    /// Returns whether anything is changed, be it the mark.
    pub fn is_anything(&self) -> bool {
        self.is_effective() || self.mark != MarkChange::Stays
    }

    /// Returns whether AWS puts the change into effect some time after it was made.
    pub fn takes_minutes(&self) -> bool {
        self.kind == Kind::DeliveryStream && !self.rows.is_empty()
    }

    /// Returns the mark that is there afterwards.
    pub fn remaining_mark(&self) -> Option<Mark> {
        let what = match &self.mark {
            MarkChange::Goes => return None,
            MarkChange::Set(what) => what.clone(),
            MarkChange::Stays => self.live.mark.clone()?,
        };
        Some(Mark { logical_id: self.logical_id.clone(), what })
    }

    /// Decides on the mark: none is needed where the template that was deployed says the same.
    pub fn settle_mark(&mut self, is_as_deployed: bool) {
        let words = self.rows.iter().map(|row| self.kind.word(&row.path));
        let words = self.code.iter().map(|_| "code").chain(words);
        self.mark = match (is_as_deployed, &self.live.mark) {
            (true, Some(_)) => MarkChange::Goes,
            (true, None) => MarkChange::Stays,
            (false, known) => {
                let joined = mark::joined(known.as_deref(), words);
                if known.as_ref() == Some(&joined) { MarkChange::Stays } else { MarkChange::Set(joined) }
            }
        };
        if !self.is_effective() && self.mark != MarkChange::Goes {
            self.mark = MarkChange::Stays;
        }
    }
}

fn differences(live: &Settings, wanted: &Wanted) -> Vec<Row> {
    let mut paths: Vec<&String> = live.keys().chain(wanted.settings.keys()).collect();
    paths.sort();
    paths.dedup();
    let row = |path: &String| {
        let value = |settings: &Settings| settings.get(path).cloned().unwrap_or_default();
        let (before, after) = (value(live), value(&wanted.settings));
        let is_told = !wanted.is_open(path) && before != after;
        is_told.then(|| Row { path: path.clone(), before, after })
    };
    paths.into_iter().filter_map(row).collect()
}

/// Something that only a full deployment changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// A logical id, or a section of the template.
    pub what: String,
    /// What of it, or what becomes of it.
    pub how: Vec<String>,
}

impl Obstacle {
    pub fn new(what: &str, how: &str) -> Self {
        Self { what: what.to_owned(), how: vec![how.to_owned()] }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.how.join(", "))
    }
}

/// Returns what differs between the deployed and the new template that no direct call can change.
pub fn obstacles(old: &Template, new: &Template, parameters: &BTreeMap<String, String>) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    for (id, resource) in &new.resources {
        let Some(before) = old.resources.get(id) else {
            obstacles.push(Obstacle::new(id, "added"));
            continue;
        };
        let mut how = attributes(old, new, id);
        let kind = Kind::of(&resource.resource_type);
        let wanted = kind.map(|kind| kind.wanted(&resource.properties, parameters));
        for row in template_diff::values(String::new(), &before.properties, &resource.properties) {
            let is_covered = kind.is_some_and(|kind| kind.covers(&row.path))
                && wanted.as_ref().is_some_and(|wanted| !wanted.is_open(&row.path));
            if !is_covered {
                how.push(row.path);
            }
        }
        if !how.is_empty() {
            obstacles.push(Obstacle { what: id.clone(), how });
        }
    }
    let gone = old.resources.keys().filter(|id| !new.resources.contains_key(*id));
    obstacles.extend(gone.map(|id| Obstacle::new(id, "removed")));
    let sections = ["Parameters", "Mappings", "Conditions", "Rules", "Transform", "Metadata", "Outputs"];
    for section in sections.into_iter().chain(["Description", "Hooks"]) {
        if old.body.get(section) != new.body.get(section) {
            obstacles.push(Obstacle::new(section, "changed"));
        }
    }
    obstacles
}

/// Returns the attributes beside its properties in which a resource differs.
fn attributes(old: &Template, new: &Template, id: &str) -> Vec<String> {
    let members = |template: &Template| {
        let mut members = template.body["Resources"][id].as_object().cloned().unwrap_or_default();
        members.remove("Properties");
        members
    };
    let (old, new) = (members(old), members(new));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
}

/// Returns whether a function has versions in the template, which stay as they are whatever happens to it.
pub fn is_published(template: &Template, logical_id: &str) -> bool {
    let is_version = |id: &str| {
        template.resources.get(id).is_some_and(|resource| resource.resource_type == "AWS::Lambda::Version")
    };
    let references = template.references();
    references
        .iter()
        .any(|reference| reference.to == logical_id && reference.from.logical_id().is_some_and(is_version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(resources: &str) -> Template {
        Template::parse(&format!("Resources:\n  Stream: {{Type: AWS::Kinesis::Stream}}\n{resources}"))
            .unwrap()
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        let found = obstacles(&template(old), &template(new), &BTreeMap::new());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_what_only_a_full_deployment_changes() {
        let function = |rest: &str| {
            format!("  F: {{Type: AWS::Lambda::Function, Properties: {{Handler: a, Timeout: 3}}{rest}}}\n")
        };
        let plain = function("");
        assert_eq!(told(&plain, &plain.replace("Timeout: 3", "Timeout: 9")), [""; 0]);
        assert_eq!(told(&plain, &plain.replace("Handler: a", "Handler: b")), ["F (Handler)"]);
        assert_eq!(told(&plain, &function(", DependsOn: Stream")), ["F (DependsOn)"]);
        assert_eq!(told(&plain, ""), ["F (removed)"]);
        assert_eq!(told("", &plain), ["F (added)"]);
        let refers = plain.replace("Timeout: 3", "Environment: {Variables: {S: !Ref Stream}}");
        assert_eq!(told(&plain, &refers), ["F (Environment)"], "what Stream is only CloudFormation knows");
        assert_eq!(told(&plain, &format!("{plain}Outputs: {{O: {{Value: a}}}}")), ["Outputs (changed)"]);
    }

    #[test]
    fn keeps_variables_that_cloudformation_worked_out() {
        let properties = json!({"Environment": {"Variables": {"A": "new", "B": {"Ref": "Stream"}}}});
        let wanted = Kind::Function.wanted(&properties, &BTreeMap::new());
        let variable = |name: &str, value: &str| (format!("Environment.Variables.{name}"), json!(value));
        let mut settings = Settings::from([variable("A", "old"), variable("B", "name"), variable("C", "c")]);
        settings.extend(
            [("Timeout", json!(3)), ("MemorySize", json!(128)), ("Description", json!(""))]
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let live = Live { settings, ..Live::default() };
        let mut change = Change::new(Kind::Function, ("F", "f"), live, &wanted, None);
        let paths: Vec<&str> = change.rows.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths, ["Environment.Variables.A", "Environment.Variables.C"]);
        assert_eq!(change.after["Environment.Variables.B"], "name");
        assert!(!change.after.contains_key("Environment.Variables.C"));
        change.settle_mark(false);
        assert_eq!(change.mark, MarkChange::Set("environment".to_owned()));
    }

    #[test]
    fn takes_the_mark_off_what_is_as_it_was_deployed() {
        let wanted = Kind::DeliveryStream.wanted(&json!({}), &BTreeMap::new());
        let live = Live { mark: Some("buffer".to_owned()), ..Live::default() };
        let mut change = Change::new(Kind::DeliveryStream, ("D", "d"), live, &wanted, None);
        change.settle_mark(true);
        assert_eq!(change.mark, MarkChange::Goes);
        change.settle_mark(false);
        assert_eq!(change.mark, MarkChange::Stays);
    }
}
