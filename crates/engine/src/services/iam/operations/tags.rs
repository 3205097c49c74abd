//! Operations on the tags of roles and users, which differ in the entity's name only.

use serde::Deserialize;
use serde_json::json;

use super::super::Iam;
use super::super::holders::Holder;
use super::{Listing, Tag, tag_map};
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    #[serde(alias = "RoleName", alias = "UserName")]
    name: String,
    #[serde(default, deserialize_with = "loose::list")]
    tags: Vec<Tag>,
    #[serde(default, deserialize_with = "loose::list")]
    tag_keys: Vec<String>,
}

impl Iam {
    /// Answers TagRole and TagUser.
    pub(super) fn tag_call(&self, holder: Holder, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: Change = call.input()?;
        holder.authorize_action(self, caller, &call.operation, &input.name)?;
        holder.change_tags(self, &caller.account, &input.name, |tags| tags.extend(tag_map(input.tags)))?;
        Ok(Reply::empty())
    }

    /// Answers UntagRole and UntagUser.
    pub(super) fn untag_call(&self, holder: Holder, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: Change = call.input()?;
        holder.authorize_action(self, caller, &call.operation, &input.name)?;
        holder.change_tags(self, &caller.account, &input.name, |tags| {
            tags.retain(|key, _| !input.tag_keys.contains(key));
        })?;
        Ok(Reply::empty())
    }

    /// Answers ListRoleTags and ListUserTags.
    pub(super) fn list_tags_call(
        &self,
        holder: Holder,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Listing = call.input()?;
        holder.authorize_action(self, caller, &call.operation, &input.name)?;
        let tags = holder.tags(self, &caller.account, &input.name)?.into_iter().map(|(key, value)| {
            let shown = json!({"Key": key, "Value": value});
            (key, shown)
        });
        Reply::of(&input.page.of("Tags", tags.collect())?)
    }
}
