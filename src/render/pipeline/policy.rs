//! Who may put records where.

use hydrant_cfn::yaml::Spanned;
use serde::Serialize;

use super::physical_name;
use crate::stack::{StackFile, User, logical_id};

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
    pub deliveries: Vec<String>,
}

impl Writes {
    pub fn of(file: &StackFile, targets: &[Spanned<String>]) -> Self {
        let (streams, deliveries) =
            targets.iter().partition::<Vec<_>, _>(|target| file.streams.contains_key(target.value.as_str()));
        let ids = |targets: Vec<&Spanned<String>>| targets.into_iter().map(|one| logical_id(one)).collect();
        Self { streams: ids(streams), deliveries: ids(deliveries) }
    }
}

pub fn user(file: &StackFile, name: &str, user: &User) -> UserBlock {
    UserBlock {
        id: logical_id(name),
        name: physical_name(name, user.name.as_ref()),
        writes: Writes::of(file, &user.writes),
    }
}
