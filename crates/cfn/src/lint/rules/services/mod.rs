//! What single services ask of their resources, where it takes more than a schema.

mod availability_zone;
mod image_id;
mod key_attributes;
mod record_set_name;
mod route_table_association;
mod source_stage;
mod virtual_name;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] = &[
    route_table_association::RULE,
    key_attributes::RULE,
    record_set_name::RULE,
    image_id::RULE,
    source_stage::RULE,
    availability_zone::RULE,
    virtual_name::RULE,
];
