//! Whether what a statement allows or denies is within what others do.
//!
//! A pattern is within another when the other fits it letter by letter, its stars included; marks of what is not known are
//! equal to themselves alone. So "within" is sure, and "not within" may be a pattern that nobody would write.

use super::statement::{Condition, Principal, Statement};
use crate::access::Access;
use crate::iam::{PatternSet, Service, arn_matches, matches, matches_ignoring_case};

/// One principal, action and resource of a statement.
#[derive(Debug)]
pub(super) struct Piece<'s> {
    pub statement: &'s Statement,
    pub principal: Option<Principal>,
    pub action: PatternSet,
    pub resource: PatternSet,
}

impl Piece<'_> {
    /// Says whether it stands in a policy of a resource, which speaks of whoever comes.
    pub fn is_of_resource(&self) -> bool {
        self.principal.is_some()
    }

    pub fn action_text(&self) -> String {
        text(&self.action, Access::shown)
    }

    pub fn resource_text(&self) -> String {
        text(&self.resource, str::to_owned)
    }
}

fn text(set: &PatternSet, form: impl Fn(&str) -> String) -> String {
    let patterns: Vec<String> = set.patterns.iter().map(|pattern| form(pattern)).collect();
    let patterns = patterns.join(", ");
    if set.negated { format!("everything but {patterns}") } else { patterns }
}

/// Says whether a piece is within the statements, each action that it stands for in one of them.
pub(super) fn is_covered(piece: &Piece<'_>, by: &[&Statement], with_conditions: bool) -> bool {
    let is_near = |other: &&&Statement| {
        other.is_trust == piece.statement.is_trust
            && speaks_of(other, piece.principal.as_ref())
            && contains(&other.resources, &piece.resource, is_resource_within, "*")
            && (!with_conditions || is_weaker(&other.conditions, &piece.statement.conditions))
    };
    let near: Vec<&Statement> = by.iter().filter(is_near).copied().collect();
    let acts = |action: &PatternSet| {
        near.iter().any(|other| contains(&other.actions, action, is_action_within, "*"))
    };
    acts(&piece.action) || named(&piece.action).is_some_and(|each| !each.is_empty() && each.iter().all(acts))
}

/// Returns which conditions stood between the piece and whoever could have done it before.
pub(super) fn dropped(piece: &Piece<'_>, by: &[&Statement]) -> Option<String> {
    let new = &piece.statement.conditions;
    let near = by.iter().find(|other| is_covered(piece, &[other], false))?;
    let is_gone = |condition: &&Condition| !new.iter().any(|other| is_within(other, condition));
    let (mut gone, mut loosened) = (Vec::new(), Vec::new());
    for condition in near.conditions.iter().filter(is_gone) {
        let is_kept = new.iter().any(|other| other.key.eq_ignore_ascii_case(&condition.key));
        let list = if is_kept { &mut loosened } else { &mut gone };
        list.push(format!("`{}`", condition.key));
    }
    match (gone.is_empty(), loosened.is_empty()) {
        (true, true) => None,
        (false, _) => Some(format!("the condition on {} is gone", gone.join(" and "))),
        (true, false) => Some(format!("the condition on {} takes other values", loosened.join(" and "))),
    }
}

/// Returns the actions that a pattern with a star stands for.
fn named(action: &PatternSet) -> Option<Vec<PatternSet>> {
    let [pattern] = action.patterns.as_slice() else { return None };
    let (prefix, name) = pattern.split_once(':')?;
    if action.negated || !name.contains(['*', '?']) {
        return None;
    }
    let actions = Service::of(prefix)?.actions().filter(|action| matches_ignoring_case(name, action));
    Some(
        actions
            .map(|action| PatternSet { negated: false, patterns: vec![format!("{prefix}:{action}")] })
            .collect(),
    )
}

/// Says whether everything in `inner` is in `outer`.
fn contains(
    outer: &PatternSet,
    inner: &PatternSet,
    is_within: impl Fn(&str, &str) -> bool,
    everything: &str,
) -> bool {
    let any = |patterns: &[String], outer: &str| patterns.iter().any(|inner| is_within(outer, inner));
    match (outer.negated, inner.negated) {
        (false, false) => {
            inner.patterns.iter().all(|inner| outer.patterns.iter().any(|outer| is_within(outer, inner)))
        }
        (false, true) => outer.patterns.iter().any(|outer| outer == everything),
        (true, true) => outer
            .patterns
            .iter()
            .all(|left_out| inner.patterns.iter().any(|pattern| is_within(pattern, left_out))),
        // Nothing of it may be left out; a pattern with a star is looked at from both sides.
        (true, false) => inner.patterns.iter().all(|inner| {
            !outer
                .patterns
                .iter()
                .any(|left_out| any(std::slice::from_ref(left_out), inner) || is_within(left_out, inner))
        }),
    }
}

fn is_action_within(outer: &str, inner: &str) -> bool {
    matches_ignoring_case(outer, inner)
}

fn is_resource_within(outer: &str, inner: &str) -> bool {
    outer == inner || arn_matches(outer, inner)
}

/// Says whether a statement speaks of a principal, by itself or as one of an account.
fn speaks_of(statement: &Statement, principal: Option<&Principal>) -> bool {
    let Some(principal) = principal else { return statement.principals.is_empty() };
    let names = |other: &Principal| {
        let is_account = other.kind == "AWS" && principal.kind == "AWS";
        (other.kind == "AWS" && other.name == "*")
            || (other.kind == principal.kind && other.name == principal.name)
            || (is_account
                && account(&other.name).is_some_and(|one| account_of(&principal.name) == Some(one)))
    };
    statement.principals.iter().any(|other| match (other.is_negated, principal.is_negated) {
        (false, false) => names(other),
        (false, true) => other.kind == "AWS" && other.name == "*",
        (true, true) => other == principal,
        (true, false) => !names(&Principal { is_negated: false, ..other.clone() }),
    })
}

/// Returns the account that a principal is: `111122223333`, or the ARN of its root.
fn account(name: &str) -> Option<&str> {
    match name.strip_prefix("arn:") {
        Some(rest) => rest.split_once(":iam::")?.1.strip_suffix(":root"),
        None => Some(name).filter(|name| *name != "*"),
    }
}

/// Returns the account that a principal belongs to.
fn account_of(name: &str) -> Option<&str> {
    match name.strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(3),
        None => account(name),
    }
}

/// Says whether the first conditions hold wherever the others do.
fn is_weaker(outer: &[Condition], inner: &[Condition]) -> bool {
    outer.iter().all(|condition| inner.iter().any(|other| is_within(other, condition)))
}

/// Says whether a condition holds only where another does.
fn is_within(inner: &Condition, outer: &Condition) -> bool {
    if !inner.key.eq_ignore_ascii_case(&outer.key) {
        return false;
    }
    let (one, other) = (inner.operator.as_str(), outer.operator.as_str());
    if one == other && one.contains("Not") {
        return outer.values.iter().all(|value| inner.values.contains(value));
    }
    let is_text =
        |operator: &str| matches!(operator, "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike");
    match (is_text(one), is_text(other)) {
        (true, true) => {
            let is_pattern = other != "StringEquals";
            let fits = |value: &String| {
                outer.values.iter().any(|outer| outer == value || is_pattern && matches(outer, value))
            };
            inner.values.iter().all(fits)
        }
        (false, false) => {
            one == other && {
                let is_either = inner.values.len() == outer.values.len();
                is_either && inner.values.iter().all(|value| outer.values.contains(value))
            }
        }
        _ => false,
    }
}
