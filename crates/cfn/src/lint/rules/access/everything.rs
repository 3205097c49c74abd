//! # H1508: a role that a service takes is not allowed everything
//!
//! ```yaml
//! Role: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]}}
//! ```
//!
//! Whoever takes over the function or the delivery has the whole account. Name the actions that the pipeline needs, on its
//! resources. <https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html>, "Apply least-privilege permissions"

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "H1508",
    level: Level::Warning,
    summary: "a role that a service takes is not allowed everything",
    source: include_str!("everything.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let access = context.access();
    for (role, grants) in &access.grants {
        for statement in
            grants.statements.iter().filter(|one| one.is_allow && !one.has_condition && one.holder.is_some())
        {
            let on_all = statement.resources.as_ref().is_some_and(|resources| {
                !resources.negated && resources.patterns.iter().any(|pattern| pattern == "*")
            });
            let all = !statement.actions.negated
                && statement.actions.patterns.iter().any(|action| action == "*" || action == "*:*");
            if on_all && all {
                let path: Vec<String> = statement.path.iter().cloned().chain(["Action".to_owned()]).collect();
                let message = format!("`{role}` is allowed everything");
                let help = Some("name the actions that it needs, on its resources".to_owned());
                findings.add(message, help, context.template.place(&path), &path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(action: &str) -> String {
        format!(
            "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{Policies: [{{PolicyName: p, PolicyDocument: {{Statement: [{{Effect: Allow, Action: {action}, \
             Resource: '*'}}]}}}}]}}}}\n  F: {{Type: AWS::Lambda::Function, Properties: {{Role: !GetAtt R.Arn}}}}\n"
        )
    }

    #[test]
    fn trips_on_everything() {
        assert_eq!(findings("H1508", &template("'*'")).len(), 1);
    }

    #[test]
    fn is_fine_with_a_service() {
        assert_eq!(findings("H1508", &template("'logs:*'")), [""; 0]);
    }
}
