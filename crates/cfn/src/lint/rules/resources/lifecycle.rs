//! What AWS says of the end of a type's service: W3696, W3697 and E3710, each with its page.

use crate::lint::{Context, Findings};
use crate::schema::{self, ResourceSchema};
use serde_json::Value;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        // Of a type that is in none of the regions it is told elsewhere.
        let is_there = |schema: &ResourceSchema| {
            let mut regions = context.options.regions.iter();
            regions.any(|region| schema.is_in_region(region) != Some(false))
        };
        let lifecycle =
            schema::of(&resource.resource_type).filter(is_there).and_then(|schema| schema.lifecycle());
        let Some(lifecycle) = lifecycle else { continue };
        let (rule, what) = match lifecycle.status {
            "shutdown" => ("E3710", "AWS has shut down the service of"),
            "sunset" => ("W3696", "AWS is about to end the service of"),
            _ => ("W3697", "AWS takes no new customers for the service of"),
        };
        if rule == findings.rule {
            let date = lifecycle.date.map(|date| format!(" on {date}")).unwrap_or_default();
            let message = format!("{what} {}{date}", resource.resource_type);
            let mut path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
            branches(&resource.properties, &mut path, &mut |path| {
                findings.add(message.clone(), None, context.template.place(path), path);
            });
        }
    }
}

/// Calls for each of the properties that a resource may have when conditions choose among them.
fn branches(properties: &Value, path: &mut Vec<String>, report: &mut dyn FnMut(&[String])) {
    let Some([_, one, other]) = properties.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice) else {
        return report(path);
    };
    for (index, branch) in [("1", one), ("2", other)] {
        path.extend(["Fn::If".to_owned(), index.to_owned()]);
        branches(branch, path, report);
        path.truncate(path.len() - 2);
    }
}
