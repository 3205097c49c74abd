//! # E3050: a role with a path is not named by Ref where its path is lost
//!
//! ```yaml
//! Role: {Type: AWS::IAM::Role, Properties: {Path: /build/, …}}
//! Project: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !Ref Role, …}}
//! ```
//!
//! `Ref` gives the name alone, and CodeBuild looks for a role without a path. Write `!GetAtt Role.Arn`.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E3050",
    level: Level::Error,
    summary: "a role with a path is not named by Ref where its path is lost",
    source: include_str!("role_path.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for place in context.destinations().iter().filter(|place| place.function == "Ref" && !place.is_argument) {
        let [_, logical_id, _, property, ..] = place.path.as_slice() else { continue };
        let resource_type = context.template.resources.get(logical_id).map(|one| one.resource_type.as_str());
        if (resource_type, property.as_str()) != (Some("AWS::CodeBuild::Project"), "ServiceRole") {
            continue;
        }
        let Some(name) = place.argument.as_str() else { continue };
        let role = context.template.resources.get(name);
        let has_path = |path: &serde_json::Value| path.as_str().is_none_or(|path| path != "/");
        if role.and_then(|role| role.properties.get("Path")).is_some_and(has_path) {
            let mut path = place.path.clone();
            path.push("Ref".to_owned());
            let help = Some(format!("write `!GetAtt {name}.Arn`"));
            let message = format!("`Ref` of `{name}` leaves its path out, and no role is found");
            findings.add(message, help, context.template.function_place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(role: &str, reference: &str) -> String {
        format!(
            "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{{role}}}}}\n  P:\n    Type: AWS::CodeBuild::Project\n    Properties:\n      \
             ServiceRole: {reference}\n"
        )
    }

    #[test]
    fn trips_on_a_role_with_a_path() {
        let found = findings("E3050", &template("Path: /build/", "!Ref R"));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("6:7 "), "{found:?}");
    }

    #[test]
    fn is_fine_with_its_arn_or_without_a_path() {
        assert_eq!(findings("E3050", &template("Path: /build/", "!GetAtt R.Arn")), [""; 0]);
        assert_eq!(findings("E3050", &template("Path: /", "!Ref R")), [""; 0]);
    }
}
