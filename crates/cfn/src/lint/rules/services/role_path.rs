//! # E3050: a role with a path is named by its ARN
//!
//! ```yaml
//! Role: {Type: AWS::IAM::Role, Properties: {Path: /build/, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}}
//! Project: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !Ref Role}}
//! ```
//!
//! `Ref` gives the role's name without its path, under which AWS CodeBuild does not find it. Use `!GetAtt Role.Arn`.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3050",
    level: Level::Error,
    summary: "a role with a path is named by its ARN",
    source: include_str!("role_path.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        if resource.resource_type != "AWS::CodeBuild::Project" {
            continue;
        }
        let named = resource.properties.get("ServiceRole").and_then(|role| role.get("Ref")?.as_str());
        let role = named.and_then(|name| context.template.resources.get_key_value(name));
        let Some((name, role)) = role else { continue };
        let path = role.properties.get("Path").and_then(Value::as_str);
        if let Some(role_path) = path.filter(|path| *path != "/") {
            let path = ["Resources", logical_id, "Properties", "ServiceRole", "Ref"];
            let message = format!("`Ref` leaves out the path `{role_path}` of the role `{name}`");
            let help = Some(format!("use `!GetAtt {name}.Arn`"));
            findings.add(message, help, context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(path: &str) -> String {
        format!(
            "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{Path: {path}}}}}\n  P: {{Type: AWS::CodeBuild::Project, Properties: \
             {{ServiceRole: !Ref R}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_path() {
        assert_eq!(findings("E3050", &template("/build/")).len(), 1);
    }

    #[test]
    fn is_fine_with_the_root() {
        assert_eq!(findings("E3050", &template("/")), [""; 0]);
        assert_eq!(findings("E3050", &template("/build/").replace("!Ref R", "!GetAtt R.Arn")), [""; 0]);
    }
}
