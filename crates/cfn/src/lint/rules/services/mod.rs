//! What single services ask of their resources, where it takes more than a schema.

mod availability_zone;
mod image_id;
mod key_attributes;
mod record_set_name;
mod role_path;
mod route_table_association;
mod snap_start;
mod source_stage;
mod virtual_name;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] = &[
    route_table_association::RULE,
    key_attributes::RULE,
    record_set_name::RULE,
    role_path::RULE,
    image_id::RULE,
    source_stage::RULE,
    availability_zone::RULE,
    virtual_name::RULE,
    snap_start::RULE,
];
