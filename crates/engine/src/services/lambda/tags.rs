//! TagResource, UntagResource and ListTags, for functions and event source mappings.

use std::collections::BTreeMap;

use super::Lambda;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// Tags of one resource.
const MOST_TAGS: usize = 50;

impl Lambda {
    pub(super) fn list_tags(
        &self,
        aws: &Aws,
        caller: &Caller,
        arn: &str,
    ) -> Result<BTreeMap<String, String>, AwsError> {
        aws.services.iam.authorize(caller, "lambda:ListTags", arn, None, &[])?;
        match mapping_uuid(arn) {
            Some(uuid) => Ok(self.mapping(caller, uuid)?.tags),
            None => Ok(self.function(&FunctionKey::read(caller, arn)?)?.tags),
        }
    }

    pub(super) fn tag_resource(
        &self,
        aws: &Aws,
        caller: &Caller,
        arn: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<(), AwsError> {
        aws.services.iam.authorize(caller, "lambda:TagResource", arn, None, &[])?;
        self.change_tags(caller, arn, |known| {
            known.extend(tags);
            if known.len() > MOST_TAGS {
                let message = format!("The number of tags exceeds the limit of {MOST_TAGS}.");
                return Err(AwsError::new("InvalidParameterValueException", message));
            }
            Ok(())
        })
    }

    pub(super) fn untag_resource(
        &self,
        aws: &Aws,
        caller: &Caller,
        arn: &str,
        keys: &[&str],
    ) -> Result<(), AwsError> {
        aws.services.iam.authorize(caller, "lambda:UntagResource", arn, None, &[])?;
        self.change_tags(caller, arn, |known| {
            known.retain(|key, _| !keys.contains(&key.as_str()));
            Ok(())
        })
    }

    fn change_tags(
        &self,
        caller: &Caller,
        arn: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), AwsError>,
    ) -> Result<(), AwsError> {
        match mapping_uuid(arn) {
            Some(uuid) => self.change_mapping(caller, uuid, |mapping| change(&mut mapping.tags)).map(|_| ()),
            None => {
                let key = FunctionKey::read(caller, arn)?;
                self.change(&key, |function| change(&mut function.tags)).map(|_| ())
            }
        }
    }
}

fn mapping_uuid(arn: &str) -> Option<&str> {
    arn.split_once(":event-source-mapping:").map(|(_, uuid)| uuid)
}
