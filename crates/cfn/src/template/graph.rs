//! Which resource waits for which: by `DependsOn`, and by every `Ref`, `Fn::GetAtt` and `Fn::Sub` that names another.

use super::{ReferenceKind, Template};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What each resource waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependencies {
    by_resource: IndexMap<String, BTreeSet<String>>,
}

/// Resources that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    pub logical_ids: Vec<String>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Circular dependency between resources: [{}]", self.logical_ids.join(", "))
    }
}

impl std::error::Error for Cycle {}

impl Dependencies {
    /// Returns what the resource waits for; nothing for a name that is not a resource.
    pub fn of(&self, logical_id: &str) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.by_resource.get(logical_id).unwrap_or(&NONE)
    }

    /// Returns the resources that wait for this one.
    pub fn dependents(&self, logical_id: &str) -> BTreeSet<String> {
        self.by_resource
            .iter()
            .filter(|(_, dependencies)| dependencies.contains(logical_id))
            .map(|(dependent, _)| dependent.clone())
            .collect()
    }

    /// Returns every resource with what it waits for, in the order of the template.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.by_resource.iter().map(|(logical_id, dependencies)| (logical_id.as_str(), dependencies))
    }

    /// Returns the resources so that each stands after all that it waits for.
    pub fn order(&self) -> Vec<&str> {
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (logical_id, dependencies) in self.iter() {
            waiting.insert(logical_id, dependencies.len());
            for dependency in dependencies {
                dependents.entry(dependency).or_default().push(logical_id);
            }
        }
        let ready = |logical_id: &&str| waiting.get(logical_id) == Some(&0);
        let mut order: Vec<&str> = self.by_resource.keys().map(String::as_str).filter(ready).collect();
        let mut next = 0;
        while let Some(done) = order.get(next).copied() {
            next += 1;
            for dependent in dependents.get(done).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        order.push(dependent);
                    }
                }
            }
        }
        order
    }
}

/// Returns what each resource waits for, or the first circle.
pub fn dependencies(template: &Template) -> Result<Dependencies, Cycle> {
    let dependencies = edges(template);
    match cycles_in(&dependencies).into_iter().next() {
        Some(cycle) => Err(cycle),
        None => Ok(dependencies),
    }
}

/// Returns every circle in the template.
pub fn cycles(template: &Template) -> Vec<Cycle> {
    cycles_in(&edges(template))
}

fn edges(template: &Template) -> Dependencies {
    let mut by_resource: IndexMap<String, BTreeSet<String>> =
        template.resources.keys().map(|logical_id| (logical_id.clone(), BTreeSet::new())).collect();
    for reference in template.references() {
        let waits = matches!(
            reference.kind,
            ReferenceKind::Ref | ReferenceKind::GetAtt | ReferenceKind::Sub | ReferenceKind::DependsOn
        );
        if !waits || !template.resources.contains_key(&reference.to) {
            continue;
        }
        let from = reference.from.logical_id();
        if let Some(dependencies) = from.and_then(|from| by_resource.get_mut(from)) {
            dependencies.insert(reference.to);
        }
    }
    Dependencies { by_resource }
}

fn cycles_in(dependencies: &Dependencies) -> Vec<Cycle> {
    let done: BTreeSet<&str> = dependencies.order().into_iter().collect();
    let mut left: Vec<&str> = dependencies
        .iter()
        .map(|(logical_id, _)| logical_id)
        .filter(|logical_id| !done.contains(logical_id))
        .collect();
    let forward: BTreeMap<&str, Vec<&str>> =
        dependencies.iter().map(|(from, to)| (from, to.iter().map(String::as_str).collect())).collect();
    let mut backward: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in &forward {
        for to in to {
            backward.entry(to).or_default().push(from);
        }
    }
    let mut cycles = Vec::new();
    while let Some(first) = left.first().copied() {
        // A resource is in a circle with all that it reaches and that reach it.
        let reached = reach(first, &forward);
        let reaching = reach(first, &backward);
        let circle: BTreeSet<&str> = reached.intersection(&reaching).copied().collect();
        left.retain(|logical_id| *logical_id != first && !circle.contains(logical_id));
        if !circle.is_empty() {
            cycles.push(Cycle { logical_ids: circle.into_iter().map(str::to_owned).collect() });
        }
    }
    cycles
}

/// Returns what can be reached from `start` in one step or more.
fn reach<'g>(start: &'g str, edges: &BTreeMap<&'g str, Vec<&'g str>>) -> BTreeSet<&'g str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(from) = open.pop() {
        for to in edges.get(from).into_iter().flatten() {
            if reached.insert(*to) {
                open.push(to);
            }
        }
    }
    reached
}
