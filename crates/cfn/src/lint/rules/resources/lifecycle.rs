//! What AWS says of the end of a type's service: W3696, W3697 and E3710, each with its page.

use crate::lint::{Context, Findings};
use crate::schema;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let lifecycle = schema::of(&resource.resource_type).and_then(|schema| schema.lifecycle());
        let Some(lifecycle) = lifecycle else { continue };
        let (rule, what) = match lifecycle.status {
            "shutdown" => ("E3710", "AWS has shut down the service of"),
            "sunset" => ("W3696", "AWS is about to end the service of"),
            _ => ("W3697", "AWS takes no new customers for the service of"),
        };
        if rule == findings.rule {
            let path = ["Resources", logical_id, "Properties"];
            let message = format!("{what} {} on {}", resource.resource_type, lifecycle.date);
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}
