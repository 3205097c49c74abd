//! Who may put records where.

use hydrant_cfn::yaml::Spanned;
use serde::Serialize;

use super::{physical_name, value};
use crate::stack::{Stack, User, logical_id};

#[derive(Debug, Serialize)]
pub struct UserBlock {
    pub id: String,
    pub name: String,
    pub writes: Writes,
}

/// Logical ids of what somebody may put records into.
#[derive(Debug, Serialize)]
pub struct Writes {
    pub streams: Vec<String>,
    /// The ARNs of the streams as YAML.
    pub stream_arns: Vec<String>,
    pub deliveries: Vec<String>,
}

impl Writes {
    pub fn of(stack: &Stack, targets: &[Spanned<String>]) -> Self {
        let is_stream = |target: &&Spanned<String>| stack.file.streams.contains_key(target.value.as_str());
        let (streams, deliveries) = targets.iter().partition::<Vec<_>, _>(is_stream);
        let ids = |targets: Vec<&Spanned<String>>| targets.into_iter().map(|one| logical_id(one)).collect();
        let stream_arns = streams.iter().map(|name| value::stream_arn(stack, name)).collect();
        Self { streams: ids(streams), stream_arns, deliveries: ids(deliveries) }
    }
}

pub fn user(stack: &Stack, name: &str, user: &User) -> UserBlock {
    UserBlock {
        id: logical_id(name),
        name: physical_name(name, user.name.as_ref()),
        writes: Writes::of(stack, &user.writes),
    }
}
