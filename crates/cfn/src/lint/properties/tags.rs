//! Tags, which all services ask the same of: E3024.

use super::of_resource::OfResource;
use crate::schema::{ResourceSchema, Schema, root};
use crate::template::seen;
use serde_json::Value;

/// Checks the tags of a type that takes tags.
pub(super) fn check(resource: &mut OfResource<'_, '_>, schema: ResourceSchema, properties: &Value) {
    let Some(of_tags) = root("tagging").filter(|_| schema.is_taggable()).map(Schema::new) else { return };
    for violation in of_tags.violations(properties, &seen::read) {
        resource.violation("E3024", (of_tags, schema.type_name()), &[], violation);
    }
}
