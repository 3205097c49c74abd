//! What roles, users and groups may do, told of those who work with them.
//!
//! A role is looked at through what works with it, such as a function, so that another role with the same rights is no news.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::seen::{Resource, Seen};
use super::statement::{self, Statement};
use super::{Found, Kind};
use crate::access::{Access, managed, uses};
use crate::iam::PatternSet;

/// Types of identities.
const IDENTITIES: [&str; 3] = ["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"];

/// Types of policies that stand by themselves.
const POLICIES: [&str; 5] = [
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
];

/// Properties of such policies that name identities.
const ATTACHED: [&str; 6] = ["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"];

/// Types that work with a role of somebody else's.
const BORROWERS: [&str; 2] = ["AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"];

/// What somebody may do.
#[derive(Debug, Clone, Default)]
struct Rights {
    statements: Vec<Statement>,
    /// Managed policies whose content is not known, with the resource that attaches each.
    managed: BTreeMap<String, String>,
    /// What cannot be read, with the resource that holds it.
    unreadable: Vec<(String, Value)>,
    /// The identity, and its permissions boundary.
    boundaries: BTreeMap<String, Option<String>>,
}

/// Compares what identities may do.
pub(super) fn compare(before: Option<&Seen<'_>>, after: &Seen<'_>, found: &mut Found<'_, '_>) {
    let old_rights = before.map(identities).unwrap_or_default();
    let new_rights = identities(after);
    let old_workers = before.map(workers).unwrap_or_default();
    let new_workers = workers(after);
    let mut at_work: BTreeSet<&String> = BTreeSet::new();
    for (worker, roles) in &new_workers {
        at_work.extend(roles);
        let old_roles = old_workers.get(worker);
        let before = Rights::of_all(&old_rights, old_roles.unwrap_or(roles));
        let own: BTreeSet<&String> = roles.iter().filter(|role| new_rights.contains_key(*role)).collect();
        for role in own {
            // A role that was there and that it now works with: the news is not in the role.
            let is_taken_over =
                old_roles.is_some_and(|old| !old.contains(role)) && old_rights.contains_key(role);
            let rights = Rights::of_all(&new_rights, &BTreeSet::from([role.clone()]));
            rights.compare(&before, worker, is_taken_over.then_some(worker.as_str()), found);
        }
    }
    for (id, rights) in new_rights.iter().filter(|(id, _)| !at_work.contains(id)) {
        let before = old_rights.get(id).cloned().unwrap_or_default();
        rights.compare(&before, id, None, found);
    }
}

impl Rights {
    fn of_all(rights: &BTreeMap<String, Rights>, ids: &BTreeSet<String>) -> Self {
        let mut all = Self::default();
        for one in ids.iter().filter_map(|id| rights.get(id)) {
            all.statements.extend(one.statements.iter().cloned());
            all.managed.extend(one.managed.clone());
            all.unreadable.extend(one.unreadable.iter().cloned());
            all.boundaries.extend(one.boundaries.clone());
        }
        all
    }

    fn compare(&self, before: &Self, who: &str, holder: Option<&str>, found: &mut Found<'_, '_>) {
        found.statements(&before.statements, &self.statements, who, holder);
        for (policy, attached_by) in &self.managed {
            if !before.managed.contains_key(policy) {
                found.other(
                    holder.unwrap_or(attached_by),
                    Kind::ManagedPolicy,
                    who,
                    &Access::shown(policy),
                    None,
                );
            }
        }
        for (by, value) in &self.unreadable {
            if !before.unreadable.iter().any(|(_, known)| known == value) {
                let why = "a policy is made by a function that cannot be evaluated here";
                found.other(
                    holder.unwrap_or(by),
                    Kind::Unreadable,
                    who,
                    "more, or not",
                    Some(why.to_owned()),
                );
            }
        }
        for (identity, boundary) in &self.boundaries {
            let Some(Some(old)) = before.boundaries.get(identity) else { continue };
            if boundary.as_ref() == Some(old) {
                continue;
            }
            let old = found.after.resource_shown(old);
            let (gains, because) = match boundary {
                None => ("whatever its policies allow", format!("the permissions boundary {old} is gone")),
                Some(new) => {
                    let new = found.after.resource_shown(new);
                    (
                        "what its boundary allows",
                        format!("the permissions boundary is {new} instead of {old}"),
                    )
                }
            };
            found.other(holder.unwrap_or(identity), Kind::Boundary, who, gains, Some(because));
        }
    }
}

/// Returns the roles of each resource that works with some.
fn workers(seen: &Seen<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut workers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for used in uses::uses(seen.template) {
        let is_there = |id: &str| seen.resources.contains_key(id);
        let is_borrower = seen
            .resources
            .get(used.by)
            .is_some_and(|resource| BORROWERS.contains(&resource.resource_type.as_str()));
        if is_there(used.by) && is_there(used.role) && !is_borrower {
            workers.entry(used.by.to_owned()).or_default().insert(used.role.to_owned());
        }
    }
    workers
}

/// Returns what each identity may do, and what policies allow that name none of the template.
fn identities(seen: &Seen<'_>) -> BTreeMap<String, Rights> {
    let mut all: BTreeMap<String, Rights> = BTreeMap::new();
    let is_identity = |resource: &Resource| IDENTITIES.contains(&resource.resource_type.as_str());
    for (id, resource) in seen.resources.iter().filter(|(_, resource)| is_identity(resource)) {
        let rights = all.entry(id.clone()).or_default();
        match resource.properties.get("Policies") {
            Some(Value::Array(policies)) => {
                policies.iter().for_each(|policy| rights.policy(id, policy));
            }
            Some(other) => rights.unreadable.push((id.clone(), other.clone())),
            None => {}
        }
        if let Some(arns) = resource.properties.get("ManagedPolicyArns") {
            rights.managed(seen, id, arns);
        }
        let boundary = resource.properties.get("PermissionsBoundary").and_then(Value::as_str);
        rights.boundaries.insert(id.clone(), boundary.map(str::to_owned));
    }
    let is_policy = |resource: &Resource| POLICIES.contains(&resource.resource_type.as_str());
    for (id, resource) in seen.resources.iter().filter(|(_, resource)| is_policy(resource)) {
        for who in attached_to(seen, id, resource) {
            all.entry(who).or_default().policy(id, &resource.properties);
        }
    }
    all
}

/// Returns the identities that a policy names: those of the template by logical id, others by name.
fn attached_to(seen: &Seen<'_>, policy: &str, resource: &Resource) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for names in ATTACHED.iter().filter_map(|name| resource.properties.get(*name)) {
        for name in statement::texts(names).unwrap_or_default() {
            found.insert(seen.meant(&name).map_or_else(|| Access::shown(&name), str::to_owned));
        }
    }
    // Identities that name the policy are found from there.
    let is_named = |identity: &&Resource| {
        let arns = identity.properties.get("ManagedPolicyArns").and_then(statement::texts);
        arns.unwrap_or_default().iter().any(|arn| seen.meant(arn) == Some(policy))
    };
    if found.is_empty() && !seen.resources.values().any(|identity| is_named(&identity)) {
        found.insert(format!("whoever has {policy}"));
    }
    found
}

impl Rights {
    fn policy(&mut self, holder: &str, policy: &Value) {
        let document = policy.get("PolicyDocument");
        match document.and_then(|document| statement::read(holder, document)) {
            Some(statements) => self.statements.extend(statements),
            None => self.unreadable.push((holder.to_owned(), policy.clone())),
        }
    }

    fn managed(&mut self, seen: &Seen<'_>, holder: &str, arns: &Value) {
        let Some(arns) = statement::texts(arns) else {
            self.unreadable.push((holder.to_owned(), arns.clone()));
            return;
        };
        for arn in arns {
            let own = seen.meant(&arn).and_then(|id| Some((id, seen.resources.get(id)?)));
            let own = own.filter(|(_, resource)| resource.resource_type == "AWS::IAM::ManagedPolicy");
            match (own, managed::actions(&arn)) {
                (Some((id, resource)), _) => self.policy(id, &resource.properties),
                (None, Some(actions)) => self.statements.push(of_aws(holder, actions)),
                (None, None) => {
                    self.managed.insert(arn, holder.to_owned());
                }
            }
        }
    }
}

fn of_aws(holder: &str, actions: &[&str]) -> Statement {
    let set = |patterns: Vec<String>| PatternSet { negated: false, patterns };
    Statement {
        holder: holder.to_owned(),
        is_allow: true,
        is_trust: false,
        principals: Vec::new(),
        actions: set(actions.iter().map(|action| (*action).to_owned()).collect()),
        resources: set(vec!["*".to_owned()]),
        conditions: Vec::new(),
    }
}
