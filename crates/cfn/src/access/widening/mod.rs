//! Who may do more by a change: two templates become what the second allows beyond the first.
//!
//! Policies of roles, users and groups, trust policies, resource policies, permissions of functions and the doors that a
//! property opens are read with the values that each template is given, and compared statement by statement. Only what is
//! broader is told; where something cannot be read, that is told too. What other stacks attach, what organizations forbid
//! and what a managed policy allows that is not known here, is not seen; neither are the policies of the serverless transform.

mod cover;
mod doors;
mod identity;
mod resource;
mod seen;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::cover::{Piece, is_covered};
use self::seen::Seen;
use self::statement::Statement;
use super::resources;
use crate::iam::Service;
use crate::template::Template;

/// What the parameters of a template are worth, its pseudo parameters such as `AWS::Region` among them.
pub type Values = BTreeMap<String, String>;

/// A template and what it is given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub template: &'a Template,
    pub values: &'a Values,
}

/// Something that somebody may do by a change, and could not before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widening {
    /// The resource whose change brings it.
    #[serde(skip)]
    pub holder: String,
    pub kind: Kind,
    /// A resource of the template, a service, an account, or `anyone`.
    pub who: String,
    /// The actions, or what else is gained.
    pub gains: Vec<String>,
    /// Resources of the template by logical id, others by ARN.
    pub on: Vec<String>,
    /// The keys of the conditions under which alone it is so.
    pub conditions: Vec<String>,
    /// What held it back before.
    pub because: Option<String>,
    /// Whether it reaches more than one would name: all actions of a service, or every resource.
    pub wildcard: bool,
}

/// What kind of thing is gained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Actions on resources.
    Permission,
    /// To take a role.
    Trust,
    /// A denial is gone.
    Denial,
    /// A managed policy whose content is not known here.
    ManagedPolicy,
    /// A permissions boundary is gone or another one.
    Boundary,
    /// A property that kept others out does so no more.
    Door,
    /// Policies that cannot be compared.
    Unreadable,
}

/// Returns what `new` allows beyond `old`; everything, when there is nothing yet.
///
/// `renamed` are resources that are the same but for their logical ids, the old one first.
pub fn widenings(old: Option<Given<'_>>, new: Given<'_>, renamed: &[(String, String)]) -> Vec<Widening> {
    let after = Seen::of(new);
    let before = old.map(|old| Seen::of(old).renamed_as(&after, renamed));
    let mut found = Found { after: &after, by_grant: BTreeMap::new(), others: Vec::new() };
    identity::compare(before.as_ref(), &after, &mut found);
    resource::compare(before.as_ref(), &after, &mut found);
    doors::compare(before.as_ref(), &after, &mut found);
    found.into_list()
}

/// What makes two gains one: everything but the actions.
type Grant = (String, Kind, String, String, Vec<String>, Option<String>);

/// Gathers what is gained, in the words of the new template.
struct Found<'s, 't> {
    after: &'s Seen<'t>,
    by_grant: BTreeMap<Grant, Vec<String>>,
    others: Vec<Widening>,
}

impl Found<'_, '_> {
    /// Compares the statements of one grantee, or of all resource policies; `who` is told for statements without principals.
    fn statements(&mut self, before: &[Statement], after: &[Statement], who: &str, holder: Option<&str>) {
        let (old_allows, old_denies): (Vec<_>, Vec<_>) = before.iter().partition(|one| one.is_allow);
        let (new_allows, new_denies): (Vec<_>, Vec<_>) = after.iter().partition(|one| one.is_allow);
        for statement in &new_allows {
            for piece in statement.pieces() {
                if is_covered(&piece, &new_denies, true) || is_covered(&piece, &old_allows, true) {
                    continue;
                }
                let before = is_covered(&piece, &old_allows, false);
                let because = before.then(|| cover::dropped(&piece, &old_allows));
                self.gain(&piece, Kind::Permission, who, holder, because.flatten());
            }
        }
        for statement in &old_denies {
            for piece in statement.pieces() {
                let is_told = piece.is_of_resource() || new_allows.iter().any(|one| one.may_meet(&piece));
                if !is_told || is_covered(&piece, &new_denies, true) {
                    continue;
                }
                let still = is_covered(&piece, &new_denies, false);
                let because = still.then(|| "the denial has a condition now".to_owned());
                self.gain(&piece, Kind::Denial, who, holder, because);
            }
        }
    }

    fn gain(
        &mut self,
        piece: &Piece<'_>,
        kind: Kind,
        who: &str,
        holder: Option<&str>,
        because: Option<String>,
    ) {
        let statement = piece.statement;
        let kind = if statement.is_trust && kind == Kind::Permission { Kind::Trust } else { kind };
        let who = match &piece.principal {
            Some(principal) => self.after.principal_shown(principal),
            None => who.to_owned(),
        };
        let grant = (
            holder.unwrap_or(&statement.holder).to_owned(),
            kind,
            who,
            self.after.resource_shown(&piece.resource_text()),
            statement.condition_keys(),
            because,
        );
        let gains = self.by_grant.entry(grant).or_default();
        let action = piece.action_text();
        if !gains.contains(&action) {
            gains.push(action);
        }
    }

    fn other(&mut self, holder: &str, kind: Kind, who: &str, gains: &str, because: Option<String>) {
        let on = if kind == Kind::Door { vec![holder.to_owned()] } else { Vec::new() };
        self.others.push(Widening {
            holder: holder.to_owned(),
            kind,
            who: who.to_owned(),
            gains: vec![gains.to_owned()],
            on,
            conditions: Vec::new(),
            because,
            wildcard: false,
        });
    }

    /// Joins resources on which the same is gained.
    fn into_list(self) -> Vec<Widening> {
        let mut list: Vec<Widening> = Vec::new();
        for ((holder, kind, who, on, conditions, because), gains) in self.by_grant {
            let is_same = |one: &&mut Widening| {
                (&one.holder, one.kind, &one.who) == (&holder, kind, &who)
                    && (&one.gains, &one.conditions, &one.because) == (&gains, &conditions, &because)
            };
            let wildcard = kind != Kind::Trust && is_wildcard(&gains, &on);
            match list.iter_mut().find(is_same) {
                Some(known) => {
                    known.on.push(on);
                    known.wildcard |= wildcard;
                }
                None => {
                    let on = vec![on];
                    list.push(Widening { holder, kind, who, gains, on, conditions, because, wildcard });
                }
            }
        }
        list.extend(self.others);
        list.sort();
        list.dedup();
        list
    }
}

/// Says whether a grant reaches all actions of a service, or every resource with an action that could be limited.
fn is_wildcard(actions: &[String], on: &str) -> bool {
    let could_be_limited = |action: &String| match action.split_once(':') {
        Some((prefix, name)) if !name.contains(['*', '?']) => {
            Service::of(prefix).is_none_or(|service| service.resources(name).next().is_some())
        }
        _ => true,
    };
    let is_all =
        |action: &String| action == "*" || action.ends_with(":*") || action.starts_with("everything but");
    let is_everywhere = on == "*" || on.starts_with("everything but");
    actions.iter().any(is_all) || is_everywhere && actions.iter().any(could_be_limited)
}
