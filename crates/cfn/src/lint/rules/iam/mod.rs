//! Policies.

mod policy_document;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    by!(Error, policy_document::check, "E3510", "the policy of an identity is one that IAM takes"),
    by!(Warning, policy_document::check, "W3037", "a policy's actions exist"),
];
