//! What AWS's serverless transform asks of a template. The properties of serverless types are with those of all others.

mod attributes;
mod globals;
mod transform;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] = &[transform::RULE, globals::RULE, attributes::RULE];
