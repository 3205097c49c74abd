//! What a user must acknowledge before a template may change who may do what.

use std::collections::BTreeSet;

use hydrant_cfn::template::Template;

use crate::error::AwsError;

/// Types whose resources grant rights, each with the properties that give one a fixed name.
const IAM_TYPES: &[(&str, &[&str])] = &[
    ("AWS::IAM::AccessKey", &[]),
    ("AWS::IAM::Group", &["GroupName"]),
    ("AWS::IAM::InstanceProfile", &["InstanceProfileName"]),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName"]),
    ("AWS::IAM::Policy", &[]),
    ("AWS::IAM::Role", &["RoleName"]),
    ("AWS::IAM::User", &["UserName"]),
    ("AWS::IAM::UserToGroupAddition", &[]),
];

/// What a template needs to be acknowledged.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// `CAPABILITY_IAM` or `CAPABILITY_NAMED_IAM`.
    pub capability: Option<&'static str>,
    /// The resource types that ask for it.
    pub types: BTreeSet<String>,
}

/// Returns what a template needs.
pub fn needed(template: &Template) -> Needed {
    let mut needed = Needed::default();
    for resource in template.resources.values() {
        let Some((_, names)) = IAM_TYPES.iter().find(|(name, _)| *name == resource.resource_type) else {
            continue;
        };
        needed.types.insert(resource.resource_type.clone());
        if names.iter().any(|name| resource.properties.get(name).is_some()) {
            needed.capability = Some("CAPABILITY_NAMED_IAM");
        }
        needed.capability.get_or_insert("CAPABILITY_IAM");
    }
    needed
}

impl Needed {
    /// Returns why the capability is needed, as AWS says it.
    pub fn reason(&self) -> Option<String> {
        let types = self.types.iter().cloned().collect::<Vec<_>>().join(", ");
        self.capability.map(|_| format!("The following resource(s) require capabilities: [{types}]"))
    }

    /// Refuses unless what is needed was acknowledged.
    pub fn check(&self, given: &BTreeSet<String>) -> Result<(), AwsError> {
        let Some(capability) = self.capability else { return Ok(()) };
        // Who acknowledges named resources acknowledges others too.
        if given.contains(capability) || given.contains("CAPABILITY_NAMED_IAM") {
            return Ok(());
        }
        let message = format!("Requires capabilities : [{capability}]");
        Err(AwsError::new("InsufficientCapabilitiesException", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(properties: &str) -> Needed {
        let text = format!(
            "{{\"Resources\":{{\"R\":{{\"Type\":\"AWS::IAM::Role\",\"Properties\":{properties}}}}}}}"
        );
        needed(&Template::parse(&text).unwrap())
    }

    #[test]
    fn asks_for_more_when_a_role_is_named() {
        assert_eq!(capability("{}").capability, Some("CAPABILITY_IAM"));
        assert_eq!(capability("{\"RoleName\":\"x\"}").capability, Some("CAPABILITY_NAMED_IAM"));
    }

    #[test]
    fn takes_the_greater_acknowledgement_for_the_lesser() {
        let given = BTreeSet::from(["CAPABILITY_NAMED_IAM".to_owned()]);
        assert!(capability("{}").check(&given).is_ok());
        let given = BTreeSet::from(["CAPABILITY_IAM".to_owned()]);
        let refusal = capability("{\"RoleName\":\"x\"}").check(&given).unwrap_err();
        assert_eq!(refusal.message, "Requires capabilities : [CAPABILITY_NAMED_IAM]");
    }
}
