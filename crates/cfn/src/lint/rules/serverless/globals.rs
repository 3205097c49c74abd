//! # E3724: Globals are what the serverless transform takes
//!
//! ```yaml
//! Transform: AWS::Serverless-2016-10-31
//! Globals: {Function: {FunctionName: orders}}
//! Resources:
//!   F: {Type: AWS::Serverless::Function, Properties: {Handler: h.h, Runtime: python3.13, CodeUri: s3://b/k}}
//! ```
//!
//! `Globals` has a member for some types, and each of these takes only properties that many resources can share. A resource's
//! `IgnoreGlobals` names properties that are there.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use crate::lint::globals::{SECTIONS, SERVERLESS};
use crate::lint::properties::elsewhere::tell;
use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::schema::{self, Schema};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3724",
    level: Level::Error,
    summary: "Globals are what the serverless transform takes",
    source: include_str!("globals.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let template = context.template;
    let Some(globals) = template.body.get("Globals").filter(|globals| globals.is_object()) else { return };
    if !template.has_transform(SERVERLESS) {
        let help = Some(format!("write `Transform: {SERVERLESS}` at the top"));
        findings.add(
            "`Globals` is for the serverless transform",
            help,
            template.place(&["Globals"]),
            &["Globals"],
        );
        return;
    }
    let Some(schema) = schema::root("globals").map(Schema::new) else { return };
    tell(context, findings, (schema, "`Globals`"), &["Globals"], globals);
    ignored(context, globals, findings);
}

/// Checks that resources ignore only what there is.
fn ignored(context: &Context<'_>, globals: &Value, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let section = SECTIONS.iter().find(|(name, _)| *name == resource.resource_type);
        let global = section.and_then(|(_, section)| globals.get(section)?.as_object());
        let names = context.template.body.pointer(&format!("/Resources/{logical_id}/IgnoreGlobals"));
        let (Some(global), Some(names)) = (global, names.and_then(Value::as_array)) else { continue };
        for (index, name) in names.iter().enumerate() {
            let Some(name) = name.as_str().filter(|name| !global.contains_key(*name)) else { continue };
            let path = ["Resources", logical_id, "IgnoreGlobals", &index.to_string()];
            let near = did_you_mean(name, global.keys());
            findings.add(
                format!("`Globals` has no `{name}` to ignore"),
                near,
                context.template.place(&path),
                &path,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(globals: &str) -> String {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  {globals}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
             IgnoreGlobals: [Timeout]\n    Properties: {{Handler: h.h, Runtime: python3.13, CodeUri: s3://b/k}}\n"
        )
    }

    #[test]
    fn trips_on_what_cannot_be_shared() {
        let found = findings("E3724", &template("Function: {FunctionName: orders, Timeout: 3}"));
        assert_eq!(found, ["3:28 `Function` has no property `FunctionName`"]);
        assert_eq!(findings("E3724", &template("Function: {Runtime: python3.13}")).len(), 1);
        assert_eq!(findings("E3724", "Globals: {}\nResources: {}\n").len(), 1);
    }

    #[test]
    fn is_fine_with_what_can_and_with_functions() {
        assert_eq!(findings("E3724", &template("Function: {Timeout: !Ref T, Runtime: python3.13}")), [""; 0]);
    }
}
