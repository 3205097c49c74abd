//! Policies.

use super::page::{refuses, warns};
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    refuses!("E3510", "the policy of an identity is one that IAM takes"),
    refuses!("E3511", "the ARN of a role looks like one"),
    refuses!("E3512", "the policy of a resource is one that IAM takes"),
    refuses!("E3513", "the policy of a container registry is one that IAM takes"),
    refuses!("E3514", "a resource's policy names resources by their ARNs"),
    refuses!("E3530", "the trust policy of a role is one that IAM takes"),
    warns!("W2511", "a policy is written in the current version of IAM's language"),
    warns!("W3037", "a policy's actions exist"),
];
