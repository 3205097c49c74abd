//! Every block becomes resources whose logical ids follow from its name; no two may be the same.

use std::collections::HashMap;

use super::Check;
use crate::stack::resources::{Parameter, parameters, resources};

impl Check<'_> {
    pub(super) fn logical_ids(&mut self) {
        let file = self.file;
        // CloudFormation wants names that are unique among parameters and resources together.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
        let parameters = parameters(file);
        let owner = |parameter: &Parameter| match parameter.block.as_slice() {
            [section, name] if section == "values" => format!("the value `{name}`"),
            _ => "a parameter for code".to_owned(),
        };
        let mut taken: HashMap<String, String> = HashMap::new();
        for parameter in parameters {
            let owner = owner(&parameter);
            if let Some(other) = taken.get(&parameter.name) {
                let span = file.values.keys().find(|name| parameter.block.last() == Some(&name.value));
                let message = format!("{owner} and {other} would both become `{}`", parameter.name);
                let span = span.map(|name| name.span).unwrap_or_default();
                self.add(span, message, Some("give one of them another name".into()));
            }
            taken.insert(parameter.name, owner);
        }
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
