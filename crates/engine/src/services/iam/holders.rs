//! Roles and users alike hold policies: what they may hold, and how that is changed.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::state::{Role, State, User};
use super::{Iam, documents, managed, names};
use crate::error::AwsError;
use crate::identity::Caller;

/// The kinds of entities that hold policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Role,
    User,
}

/// The policies that an entity holds: inline ones by name, and the ARNs of attached ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Policies {
    pub inline: IndexMap<String, String>,
    pub attached: Vec<String>,
}

impl Policies {
    /// Makes what an entity holds what `wanted` says. What others put there stays; what was `previous` and is
    /// wanted no longer goes.
    pub(super) fn apply(
        wanted: Self,
        previous: &Self,
        inline: &mut IndexMap<String, String>,
        attached: &mut Vec<String>,
    ) {
        inline.retain(|name, _| !previous.inline.contains_key(name) || wanted.inline.contains_key(name));
        inline.extend(wanted.inline);
        attached.retain(|arn| !previous.attached.contains(arn) || wanted.attached.contains(arn));
        let added: Vec<String> = wanted.attached.into_iter().filter(|arn| !attached.contains(arn)).collect();
        attached.extend(added);
    }
}

/// Inline policies by name, and the ARNs of attached ones.
type Held<'a> = (&'a IndexMap<String, String>, &'a Vec<String>);

impl Holder {
    /// Returns both kinds, with the property of CloudFormation's policies that lists them.
    pub(super) fn all() -> [(Self, &'static str); 2] {
        [(Self::Role, "Roles"), (Self::User, "Users")]
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
        }
    }

    /// Returns the kind as the names of the API's operations have it: `Role` in `DeleteRole`.
    pub(super) fn entity(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::User => "User",
        }
    }

    /// Returns the member of the API that names the entity.
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
        }
    }

    /// Returns an action on a policy of the holder: `AttachUserPolicy` for `Attach`.
    pub(super) fn action(self, verb: &str) -> String {
        format!("{verb}{}Policy", self.entity())
    }

    /// Checks what is new in the policies that an entity holds against those `before`.
    pub(super) fn check(
        self,
        name: &str,
        (inline, attached): Held<'_>,
        before: Option<Held<'_>>,
        state: &State,
    ) -> Result<(), AwsError> {
        for (policy_name, document) in inline {
            if before.is_none_or(|(inline, _)| inline.get(policy_name) != Some(document)) {
                names::check_name(policy_name, "policyName", 128)?;
                documents::check_identity_based(document)?;
            }
        }
        let (size, count, quota) = match self {
            Self::Role => (documents::INLINE_SIZE, 20, "PoliciesPerRole"),
            Self::User => (documents::USER_INLINE_SIZE, 10, "PoliciesPerUser"),
        };
        if inline.values().map(|document| documents::size(document)).sum::<usize>() > size {
            let message = format!("Maximum policy size of {size} bytes exceeded for {} {name}", self.name());
            return Err(documents::limit(message));
        }
        let is_new = |arn: &&String| before.is_none_or(|(_, attached)| !attached.contains(arn));
        attached.iter().filter(is_new).try_for_each(|arn| check_attachable(arn, state))?;
        if attached.len() > count {
            return Err(documents::limit(format!("Cannot exceed quota for {quota}: {count}")));
        }
        Ok(())
    }

    /// Refuses `iam:action` on an entity unless the caller may.
    pub(super) fn authorize_action(
        self,
        iam: &Iam,
        caller: &Caller,
        action: &str,
        name: &str,
    ) -> Result<(), AwsError> {
        self.authorize_with(iam, caller, action, name, &[])
    }

    /// Refuses an action on a policy of the entity, such as `Put`, unless the caller may.
    pub(super) fn authorize(
        self,
        iam: &Iam,
        caller: &Caller,
        verb: &str,
        name: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        self.authorize_with(iam, caller, &self.action(verb), name, context)
    }

    /// Refuses a listing of the entity's policies, such as `List`, unless the caller may.
    pub(super) fn authorize_list(
        self,
        iam: &Iam,
        caller: &Caller,
        verb: &str,
        name: &str,
    ) -> Result<(), AwsError> {
        self.authorize_action(iam, caller, &format!("{verb}{}Policies", self.entity()), name)
    }

    fn authorize_with(
        self,
        iam: &Iam,
        caller: &Caller,
        action: &str,
        name: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        match self {
            Self::Role => iam.authorize_role(caller, action, name, context),
            Self::User => iam.authorize_user(caller, action, name, context),
        }
    }

    /// Returns the policies that an entity holds.
    pub(super) fn policies(self, iam: &Iam, account: &str, name: &str) -> Result<Policies, AwsError> {
        match self {
            Self::Role => {
                let role = iam.role(account, name)?;
                Ok(Policies { inline: role.inline, attached: role.attached })
            }
            Self::User => {
                let user = iam.user(account, name)?;
                Ok(Policies { inline: user.inline, attached: user.attached })
            }
        }
    }

    /// Refuses an entity that is not there.
    pub(super) fn must_exist(self, iam: &Iam, account: &str, name: &str) -> Result<(), AwsError> {
        match self {
            Self::Role => iam.role(account, name).map(drop),
            Self::User => iam.user(account, name).map(drop),
        }
    }

    /// Changes the policies that an entity holds.
    pub(super) fn change(
        self,
        iam: &Iam,
        account: &str,
        name: &str,
        change: impl FnOnce(&mut IndexMap<String, String>, &mut Vec<String>) -> Result<(), AwsError>,
    ) -> Result<(), AwsError> {
        match self {
            Self::Role => {
                iam.change_role(account, name, |role| change(&mut role.inline, &mut role.attached)).map(drop)
            }
            Self::User => {
                iam.change_user(account, name, |user| change(&mut user.inline, &mut user.attached)).map(drop)
            }
        }
    }

    /// Returns the tags of an entity.
    pub(super) fn tags(
        self,
        iam: &Iam,
        account: &str,
        name: &str,
    ) -> Result<BTreeMap<String, String>, AwsError> {
        match self {
            Self::Role => Ok(iam.role(account, name)?.tags),
            Self::User => Ok(iam.user(account, name)?.tags),
        }
    }

    /// Changes the tags of an entity.
    pub(super) fn change_tags(
        self,
        iam: &Iam,
        account: &str,
        name: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<(), AwsError> {
        match self {
            Self::Role => {
                let change = |role: &mut Role| {
                    change(&mut role.tags);
                    Ok(())
                };
                iam.change_role(account, name, change).map(drop)
            }
            Self::User => {
                let change = |user: &mut User| {
                    change(&mut user.tags);
                    Ok(())
                };
                iam.change_user(account, name, change).map(drop)
            }
        }
    }

    /// Deletes an entity that has no policies.
    pub(super) fn delete(self, iam: &Iam, account: &str, name: &str) -> Result<(), AwsError> {
        match self {
            Self::Role => iam.delete_role(account, name),
            Self::User => iam.delete_user(account, name),
        }
    }
}

fn check_attachable(arn: &str, state: &State) -> Result<(), AwsError> {
    if managed::find(arn).is_some() || state.policy(arn).is_some() {
        return Ok(());
    }
    if managed::is_aws_managed(arn) {
        return Err(AwsError::not_supported(format_args!("the AWS managed policy `{arn}`")));
    }
    if !arn.starts_with("arn:") {
        return Err(AwsError::new("InvalidInput", format!("ARN {arn} is not valid.")));
    }
    Err(AwsError::new("NoSuchEntity", format!("Policy {arn} does not exist or is not attachable."))
        .status(404))
}
