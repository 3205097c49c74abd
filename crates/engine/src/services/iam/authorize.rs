//! Puts a caller and what is known of a request before the policies, and words the refusal.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use hydrant_cfn::iam::{self as policy, Context, Decision, PolicyDocument, Principal as Identity, Request};

use super::state::{self, LivePolicy, LiveRole, LiveUser};
use super::{Iam, documents, managed};
use crate::error::AwsError;
use crate::identity::{Caller, Principal};

/// What the root user of a bucket's account may do even where the bucket's policy denies it, so that nobody is
/// locked out: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
const UNDENIABLE: [&str; 3] = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];

/// A role or user and the managed policies that are attached to it, at one moment.
struct Rights {
    holder: LiveHolder,
    attached: Vec<Attached>,
}

enum LiveHolder {
    Role(Arc<LiveRole>),
    User(Arc<LiveUser>),
}

enum Attached {
    Aws(&'static managed::AwsManaged),
    Customer(Arc<LivePolicy>),
}

impl Rights {
    fn documents(&self) -> Vec<&PolicyDocument> {
        let attached = self.attached.iter().map(|attached| match attached {
            Attached::Aws(policy) => &policy.document,
            Attached::Customer(live) => &live.document,
        });
        let inline = match &self.holder {
            LiveHolder::Role(live) => &live.inline,
            LiveHolder::User(live) => &live.inline,
        };
        inline.iter().chain(attached).collect()
    }
}

impl Iam {
    /// Refuses `action` on `resource` unless the caller's policies allow it.
    ///
    /// `resource_policy` is the policy of the resource itself (a bucket policy, a function's permissions),
    /// where it has one. `context` holds condition keys such as `aws:SourceArn`; the keys that follow from the
    /// caller are added. A resource whose ARN names no account, as S3's do not, is taken for the caller's own
    /// unless `context` says `aws:ResourceAccount`.
    pub fn authorize(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        resource_policy: Option<&serde_json::Value>,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let is_administrator = caller.principal == Principal::Administrator;
        if is_administrator && (resource_policy.is_none() || UNDENIABLE.contains(&action)) {
            return Ok(());
        }
        let resource_policy =
            resource_policy.map(PolicyDocument::parse).transpose().map_err(documents::refusal)?;
        let rights = self.rights(caller);
        let identity_based = rights.as_ref().map(Rights::documents).unwrap_or_default();
        let mut context = full_context(caller, rights.as_ref(), context);
        add_owner(&mut context, caller, action, resource);
        let owner =
            owner(resource).or_else(|| context.get("aws:ResourceAccount").first().map(String::as_str));
        let request = Request {
            principal: &identity(caller, rights.as_ref()),
            action,
            resource,
            resource_account: owner,
            context: &context,
        };
        match policy::evaluate(&request, &identity_based, resource_policy.as_ref()) {
            Decision::Allowed => Ok(()),
            decision => Err(AwsError::not_authorized(
                &caller.principal_arn(),
                action,
                resource,
                &decision.because(action),
            )),
        }
    }

    /// Lets a service assume a role: checks the role's trust policy for `service` (`firehose.amazonaws.com`)
    /// and returns the session, with the role's rights.
    pub fn assume_role(
        &self,
        role_arn: &str,
        service: &str,
        session_name: &str,
        region: &str,
        context: &[(&str, &str)],
    ) -> Result<Caller, AwsError> {
        let refused = |because: &str| AwsError::not_authorized(service, "sts:AssumeRole", role_arn, because);
        // STS does not tell a role that is not there from one that may not be assumed.
        let live = self.role_with_arn(role_arn).ok_or_else(|| refused(""))?;
        let mut context = Context::new(context.iter().copied());
        context.add("aws:PrincipalIsAWSService", "true");
        context.add("aws:PrincipalServiceName", service);
        let request = Request {
            principal: &Identity::Service(service.to_owned()),
            action: "sts:AssumeRole",
            resource: role_arn,
            resource_account: Some(&live.role.account),
            context: &context,
        };
        match policy::may_assume(&request, &[], &live.trust) {
            Decision::Allowed => Ok(session(&live, session_name, region)),
            decision => Err(refused(&decision.because("sts:AssumeRole"))),
        }
    }

    /// Lets a caller assume a role, as `sts:AssumeRole` does.
    pub(crate) fn assume_role_as(
        &self,
        caller: &Caller,
        role_arn: &str,
        session_name: &str,
        context: &[(&str, &str)],
    ) -> Result<Caller, AwsError> {
        let who = caller.principal_arn();
        let refused = |because: &str| AwsError::not_authorized(&who, "sts:AssumeRole", role_arn, because);
        let live = self.role_with_arn(role_arn).ok_or_else(|| refused(""))?;
        let rights = self.rights(caller);
        let identity_based = rights.as_ref().map(Rights::documents).unwrap_or_default();
        let context = full_context(caller, rights.as_ref(), context);
        let request = Request {
            principal: &identity(caller, rights.as_ref()),
            action: "sts:AssumeRole",
            resource: role_arn,
            resource_account: Some(&live.role.account),
            context: &context,
        };
        match policy::may_assume(&request, &identity_based, &live.trust) {
            Decision::Allowed => Ok(session(&live, session_name, &caller.region)),
            decision => Err(refused(&decision.because("sts:AssumeRole"))),
        }
    }

    /// Returns the unique id of a principal, as `GetCallerIdentity` shows it.
    pub(crate) fn user_id(&self, caller: &Caller) -> String {
        match &caller.principal {
            Principal::Administrator => caller.account.clone(),
            Principal::Service(service) => service.clone(),
            Principal::User { user_name, .. } => {
                let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
                state.user(&caller.account, user_name).map(|live| live.user.id.clone()).unwrap_or_default()
            }
            Principal::Role { role_name, session_name } => {
                let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
                let id = state.role(&caller.account, role_name).map(|live| live.role.id.clone());
                format!("{}:{session_name}", id.unwrap_or_default())
            }
        }
    }

    /// Returns the longest session of a role in seconds, and its unique id.
    pub(crate) fn session_limits(&self, role_arn: &str) -> Option<(u64, String)> {
        let live = self.role_with_arn(role_arn)?;
        Some((live.role.max_session_duration, live.role.id.clone()))
    }

    fn role_with_arn(&self, arn: &str) -> Option<Arc<LiveRole>> {
        let (account, name) = state::role_name(arn)?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.role(account, name).filter(|live| live.role.arn() == arn).cloned()
    }

    /// Returns what a user or a role session may do; nothing is known of a user or role that is gone.
    fn rights(&self, caller: &Caller) -> Option<Rights> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let (holder, attached) = match &caller.principal {
            Principal::Administrator | Principal::Service(_) => return None,
            Principal::Role { role_name, .. } => {
                let live = state.role(&caller.account, role_name)?;
                (LiveHolder::Role(Arc::clone(live)), &live.role.attached)
            }
            Principal::User { user_name, .. } => {
                let live = state.user(&caller.account, user_name)?;
                (LiveHolder::User(Arc::clone(live)), &live.user.attached)
            }
        };
        let attached = attached.iter().filter_map(|arn| match managed::find(arn) {
            Some(policy) => Some(Attached::Aws(policy)),
            None => state.policy(arn).map(|live| Attached::Customer(Arc::clone(live))),
        });
        Some(Rights { attached: attached.collect(), holder })
    }
}

fn session(live: &LiveRole, session_name: &str, region: &str) -> Caller {
    Caller {
        account: live.role.account.clone(),
        region: region.to_owned(),
        principal: Principal::Role {
            role_name: live.role.name.clone(),
            session_name: session_name.to_owned(),
        },
    }
}

fn identity(caller: &Caller, rights: Option<&Rights>) -> Identity {
    match &caller.principal {
        Principal::Administrator => Identity::Root { account: caller.account.clone() },
        Principal::Service(service) => Identity::Service(service.clone()),
        Principal::Role { .. } => Identity::Role {
            account: caller.account.clone(),
            role_arn: match rights.map(|rights| &rights.holder) {
                Some(LiveHolder::Role(live)) => live.role.arn(),
                _ => String::new(),
            },
            session_arn: caller.principal_arn(),
        },
        Principal::User { .. } => {
            Identity::User { account: caller.account.clone(), user_arn: caller.principal_arn() }
        }
    }
}

/// Returns the account in an ARN, if it names one.
fn owner(resource: &str) -> Option<&str> {
    resource.split(':').nth(4).filter(|account| !account.is_empty() && *account != "aws")
}

/// Adds whose the resource is, which policies ask for as `aws:ResourceAccount`, and of S3 by its own name too.
fn add_owner(context: &mut Context, caller: &Caller, action: &str, resource: &str) {
    if context.get("aws:ResourceAccount").is_empty() {
        context.add("aws:ResourceAccount", owner(resource).unwrap_or(&caller.account));
    }
    let account = context.get("aws:ResourceAccount").first().cloned();
    if let Some(account) = account.filter(|_| action.starts_with("s3:")) {
        context.add("s3:ResourceAccount", account);
    }
}

fn full_context(caller: &Caller, rights: Option<&Rights>, given: &[(&str, &str)]) -> Context {
    let mut context = Context::new(given.iter().copied());
    context.add("aws:RequestedRegion", caller.region.as_str());
    // The engine stands for AWS's TLS endpoints, though it listens on loopback without TLS.
    context.add("aws:SecureTransport", "true");
    match &caller.principal {
        Principal::Service(service) => {
            context.add("aws:PrincipalIsAWSService", "true");
            context.add("aws:PrincipalServiceName", service.as_str());
        }
        Principal::Administrator => {
            context.add("aws:PrincipalIsAWSService", "false");
            context.add("aws:PrincipalAccount", caller.account.as_str());
            context.add("aws:PrincipalArn", caller.principal_arn());
            context.add("aws:PrincipalType", "Account");
            context.add("aws:userid", caller.account.as_str());
        }
        Principal::Role { session_name, .. } => {
            context.add("aws:PrincipalIsAWSService", "false");
            context.add("aws:PrincipalAccount", caller.account.as_str());
            context.add("aws:PrincipalType", "AssumedRole");
            let Some(Rights { holder: LiveHolder::Role(live), .. }) = rights else { return context };
            context.add("aws:PrincipalArn", live.role.arn());
            context.add("aws:userid", format!("{}:{session_name}", live.role.id));
            add_tags(&mut context, &live.role.tags);
        }
        Principal::User { user_name, .. } => {
            context.add("aws:PrincipalIsAWSService", "false");
            context.add("aws:PrincipalAccount", caller.account.as_str());
            context.add("aws:PrincipalArn", caller.principal_arn());
            context.add("aws:PrincipalType", "User");
            context.add("aws:username", user_name.as_str());
            let Some(Rights { holder: LiveHolder::User(live), .. }) = rights else { return context };
            context.add("aws:userid", live.user.id.as_str());
            add_tags(&mut context, &live.user.tags);
        }
    }
    context
}

fn add_tags(context: &mut Context, tags: &BTreeMap<String, String>) {
    for (key, value) in tags {
        context.add(&format!("aws:PrincipalTag/{key}"), value.as_str());
    }
}
