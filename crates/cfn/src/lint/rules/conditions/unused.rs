//! # W8001: every condition is used
//!
//! ```yaml
//! Conditions:
//!   IsProd: !Equals [!Ref Environment, prod]
//! ```
//!
//! Give the condition to a resource, an output or `Fn::If`, or remove it. A condition that only another condition names is used.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "W8001",
    level: Level::Warning,
    summary: "every condition is used",
    source: include_str!("unused.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let named: Vec<&str> = context
        .references
        .iter()
        .filter(|reference| matches!(reference.kind, ReferenceKind::Condition | ReferenceKind::If))
        .map(|reference| reference.to.as_str())
        .collect();
    // What stands in a loop may name any condition, except among conditions, where the name is in the text.
    let is_made = |name: &&str| variable_at(name).is_some();
    if ["Resources", "Outputs"].iter().any(|section| context.has_loops_in(section))
        || context.has_loops_in("Conditions") && named.iter().any(is_made)
    {
        return;
    }
    let mut written = Vec::new();
    collect(&context.template.body["Conditions"], &["Conditions".to_owned()], &mut written);
    for path in written {
        let Some(name) = path.last() else { continue };
        let (before, after) = match variable_at(name) {
            Some(start) => (&name[..start], name.rsplit('}').next().unwrap_or_default()),
            None => (name.as_str(), ""),
        };
        let fits = |to: &&str| match variable_at(name) {
            Some(_) => to.starts_with(before) && to.ends_with(after),
            None => *to == before,
        };
        if !named.iter().any(fits) {
            let span = context.template.key_span(&path).unwrap_or_default();
            findings.add(format!("the condition `{name}` is not used"), None, span, &path);
        }
    }
}

/// Returns where a loop's variable begins in a name.
fn variable_at(name: &str) -> Option<usize> {
    name.find("${").or_else(|| name.find("&{"))
}

/// Collects the ways to the conditions, those that a loop makes as they are written.
fn collect(members: &Value, path: &[String], written: &mut Vec<Vec<String>>) {
    for (name, value) in members.as_object().into_iter().flatten() {
        let below = |steps: &[&str]| -> Vec<String> {
            path.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect()
        };
        match value.get(2).filter(|_| name.starts_with("Fn::ForEach::")) {
            Some(body) => collect(body, &below(&[name, "2"]), written),
            None if name.starts_with("Fn::") => {}
            None => written.push(below(&[name])),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_condition_that_nobody_names() {
        let template = "Conditions:\n  C: !Equals [a, b]\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("W8001", template), ["2:3 the condition `C` is not used"]);
    }

    const LOOP: &str = "Transform: AWS::LanguageExtensions\nConditions:\n  Fn::ForEach::Stages:\n    - Stage\n    - [A, B]\n    \
                        - Is${Stage}: !Equals [a, b]\nResources: {R: {Type: Custom::A}}\n";

    #[test]
    fn trips_on_conditions_of_a_loop_that_nobody_names() {
        assert_eq!(findings("W8001", LOOP), ["6:7 the condition `Is${Stage}` is not used"]);
    }

    #[test]
    fn is_fine_when_one_of_a_loop_is_named() {
        let template = LOOP.replace("Custom::A", "Custom::A, Condition: IsA");
        assert_eq!(findings("W8001", &template), [""; 0]);
    }

    #[test]
    fn is_fine_where_a_loop_names_what_it_makes() {
        let template = LOOP.replace("!Equals [a, b]", "!Not [!Condition \"Was${Stage}\"]");
        assert_eq!(findings("W8001", &template), [""; 0]);
    }

    #[test]
    fn is_fine_when_only_another_condition_names_it() {
        let template = "Conditions:\n  C: !Equals [a, b]\n  D: !Not [!Condition C]\nResources: {A: {Type: Custom::A, \
                        Condition: D}}\n";
        assert_eq!(findings("W8001", template), [""; 0]);
    }
}
