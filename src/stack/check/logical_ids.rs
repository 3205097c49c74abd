//! Every block becomes resources whose logical ids follow from its name; no two may be the same.

use std::collections::HashMap;

use super::Check;
use crate::stack::resources::{parameters, resources};

impl Check<'_> {
    pub(super) fn logical_ids(&mut self) {
        let file = self.file;
        // CloudFormation wants names that are unique among parameters and resources together.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
        let parameters = parameters(file);
        let mut taken: HashMap<String, String> = parameters
            .into_iter()
            .map(|parameter| (parameter.name, "a parameter for code".to_owned()))
            .collect();
        for resource in resources(file) {
            let Some(other) = taken.get(&resource.logical_id) else {
                taken.insert(resource.logical_id, resource.owner);
                continue;
            };
            let message =
                format!("{} and {other} would both become `{}`", resource.owner, resource.logical_id);
            self.add(resource.span, message, Some("give one of them another name".into()));
        }
    }
}
