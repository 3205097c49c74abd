//! Operations on managed policies and their versions.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Iam;
use super::super::managed::{self, AwsManaged};
use super::super::page::Page;
use super::super::policies::{NewPolicy, no_version};
use super::super::state::{ManagedPolicy, PolicyVersion};
use super::{Tag, encoded, tag_list, tag_map, time};
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreatePolicy {
    policy_name: String,
    path: Option<String>,
    policy_document: String,
    description: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfPolicy {
    policy_arn: String,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfVersion {
    policy_arn: String,
    version_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateVersion {
    policy_arn: String,
    policy_document: String,
    #[serde(default, deserialize_with = "loose::boolean")]
    set_as_default: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListPolicies {
    scope: Option<String>,
    path_prefix: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    only_attached: Option<bool>,
    #[serde(flatten)]
    page: Page,
}

impl Iam {
    pub(super) fn create_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: CreatePolicy = call.input()?;
        let path = input.path.as_deref().unwrap_or("/");
        let arn = format!("arn:aws:iam::{}:policy{path}{}", caller.account, input.policy_name);
        self.authorize(caller, "iam:CreatePolicy", &arn, None, &[])?;
        let policy = self.create_policy(
            &caller.account,
            NewPolicy {
                name: input.policy_name,
                path: input.path,
                description: input.description,
                document: input.policy_document,
                tags: tag_map(input.tags),
                owner: None,
            },
        )?;
        Reply::of(&json!({"Policy": self.show(&policy, false)}))
    }

    pub(super) fn get_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfPolicy = call.input()?;
        self.authorize(caller, "iam:GetPolicy", &input.policy_arn, None, &[])?;
        let shown = match managed::find(&input.policy_arn) {
            Some(policy) => self.show_aws_managed(policy, caller),
            None => self.show(&self.policy(&input.policy_arn)?, true),
        };
        Reply::of(&json!({"Policy": shown}))
    }

    pub(super) fn delete_policy_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfPolicy = call.input()?;
        self.authorize(caller, "iam:DeletePolicy", &input.policy_arn, None, &[])?;
        self.delete_policy(&input.policy_arn)?;
        Ok(Reply::empty())
    }

    pub(super) fn list_policies_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: ListPolicies = call.input()?;
        self.authorize(caller, "iam:ListPolicies", "*", None, &[])?;
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let scope = input.scope.as_deref().unwrap_or("All");
        let mut items = Vec::new();
        if scope != "AWS" {
            let policies = self.policies_below(&caller.account, prefix);
            items
                .extend(policies.iter().map(|policy| (policy.name.to_lowercase(), self.show(policy, false))));
        }
        if scope != "Local" {
            let policies = managed::all().iter().filter(|policy| policy.path.starts_with(prefix));
            items.extend(
                policies.map(|policy| (policy.name.to_lowercase(), self.show_aws_managed(policy, caller))),
            );
        }
        if input.only_attached == Some(true) {
            items.retain(|(_, shown)| shown["AttachmentCount"] != 0);
        }
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        Reply::of(&input.page.of("Policies", items)?)
    }

    pub(super) fn create_policy_version_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: CreateVersion = call.input()?;
        self.authorize(caller, "iam:CreatePolicyVersion", &input.policy_arn, None, &[])?;
        let is_default = input.set_as_default.unwrap_or(false);
        let version = self.create_policy_version(&input.policy_arn, input.policy_document, is_default)?;
        Reply::of(&json!({"PolicyVersion": show_version(&version, is_default, false)}))
    }

    pub(super) fn get_policy_version_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfVersion = call.input()?;
        self.authorize(caller, "iam:GetPolicyVersion", &input.policy_arn, None, &[])?;
        let shown = match managed::find(&input.policy_arn) {
            Some(policy) if input.version_id == "v1" => show_version(&aws_version(policy), true, true),
            Some(_) => return Err(no_version(&input.policy_arn, &input.version_id)),
            None => {
                let policy = self.policy(&input.policy_arn)?;
                let version = policy.version(&input.version_id);
                let version = version.ok_or_else(|| no_version(&input.policy_arn, &input.version_id))?;
                show_version(version, version.id == policy.default_version, true)
            }
        };
        Reply::of(&json!({"PolicyVersion": shown}))
    }

    pub(super) fn delete_policy_version_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfVersion = call.input()?;
        self.authorize(caller, "iam:DeletePolicyVersion", &input.policy_arn, None, &[])?;
        self.delete_policy_version(&input.policy_arn, &input.version_id)?;
        Ok(Reply::empty())
    }

    pub(super) fn list_policy_versions_call(&self, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OfPolicy = call.input()?;
        self.authorize(caller, "iam:ListPolicyVersions", &input.policy_arn, None, &[])?;
        let shown: Vec<Value> = match managed::find(&input.policy_arn) {
            Some(policy) => vec![show_version(&aws_version(policy), true, false)],
            None => {
                let policy = self.policy(&input.policy_arn)?;
                let versions = policy.versions.iter().rev();
                versions
                    .map(|version| show_version(version, version.id == policy.default_version, false))
                    .collect()
            }
        };
        // The newest comes first; a policy has at most five versions, so the key is one digit.
        let items = shown.into_iter().enumerate().map(|(index, version)| (index.to_string(), version));
        Reply::of(&input.page.of("Versions", items.collect())?)
    }

    pub(super) fn set_default_policy_version_call(
        &self,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: OfVersion = call.input()?;
        self.authorize(caller, "iam:SetDefaultPolicyVersion", &input.policy_arn, None, &[])?;
        self.set_default_policy_version(&input.policy_arn, &input.version_id)?;
        Ok(Reply::empty())
    }

    /// Shows a policy; lists leave its description and tags out.
    fn show(&self, policy: &ManagedPolicy, whole: bool) -> Value {
        let mut shown = Map::new();
        let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
        set("PolicyName", policy.name.clone().into());
        set("PolicyId", policy.id.clone().into());
        set("Arn", policy.arn().into());
        set("Path", policy.path.clone().into());
        set("DefaultVersionId", policy.default_version.clone().into());
        set("AttachmentCount", self.attachments(&policy.account, &policy.arn()).into());
        set("PermissionsBoundaryUsageCount", 0.into());
        set("IsAttachable", true.into());
        set("CreateDate", time(policy.created).into());
        set("UpdateDate", time(policy.updated).into());
        if whole {
            if let Some(description) = &policy.description {
                set("Description", description.clone().into());
            }
            set("Tags", tag_list(&policy.tags));
        }
        Value::Object(shown)
    }

    fn show_aws_managed(&self, policy: &AwsManaged, caller: &Caller) -> Value {
        let arn = policy.arn();
        json!({
            "PolicyName": policy.name,
            "Arn": arn,
            "Path": policy.path,
            "DefaultVersionId": "v1",
            "AttachmentCount": self.attachments(&caller.account, &arn),
            "PermissionsBoundaryUsageCount": 0,
            "IsAttachable": true,
            "CreateDate": time(Timestamp(0)),
            "UpdateDate": time(Timestamp(0)),
        })
    }
}

/// Returns the one version that the engine knows of a policy that AWS manages.
fn aws_version(policy: &AwsManaged) -> PolicyVersion {
    PolicyVersion { id: "v1".to_owned(), document: policy.text.clone(), created: Timestamp(0) }
}

fn show_version(version: &PolicyVersion, is_default: bool, with_document: bool) -> Value {
    let document = with_document.then(|| encoded(&version.document));
    json!({
        "VersionId": version.id,
        "IsDefaultVersion": is_default,
        "CreateDate": time(version.created),
        "Document": document,
    })
}
