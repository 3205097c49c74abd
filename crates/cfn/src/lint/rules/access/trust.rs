//! # H1503: a role trusts the service that is to take it
//!
//! ```yaml
//! Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}}}
//! Schedule: {Type: AWS::Scheduler::Schedule, Properties: {Target: {RoleArn: !GetAtt Role.Arn}}}
//! ```
//!
//! The service cannot take the role, so that nothing is delivered or invoked. Name the service in the role's trust policy, in a
//! statement that allows `sts:AssumeRole`. Roles whose trust is not written out, or comes from functions, are left alone.

use crate::lint::{Context, Findings, Level, Rule};

use super::properties;

pub(super) const RULE: Rule = Rule {
    id: "H1503",
    level: Level::Warning,
    summary: "a role trusts the service that is to take it",
    source: include_str!("trust.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let access = context.access();
    let mut told = Vec::new();
    for used in &access.uses {
        if told.contains(&(used.role, used.service)) {
            continue;
        }
        let Some(trust) = access.trust(used.role).filter(|trust| trust.excludes(used.service)) else {
            continue;
        };
        told.push((used.role, used.service));
        // A role with several services is shown at the one that nobody else takes it for.
        let is_idle = |service: &str| {
            !access.uses.iter().any(|other| other.role == used.role && other.service == service)
        };
        let idle = trust.services.iter().find(|trusted| is_idle(&trusted.service));
        let names_it = trust.services.iter().find(|trusted| trusted.service == used.service);
        let mut path = properties(used.role, &["AssumeRolePolicyDocument"]);
        match names_it.or(idle).or(trust.services.first()) {
            Some(trusted) => path.extend(trusted.path.iter().cloned()),
            None => path.push("Statement".to_owned()),
        }
        if names_it.is_some()
            && let Some(end) = path.iter().rposition(|step| step == "Principal")
        {
            path.truncate(end);
            let at = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>();
            let is_denied = context
                .template
                .document()
                .source()
                .get(context.template.place(&at("Effect")).start..)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with("Deny"));
            path = at(if is_denied { "Effect" } else { "Action" });
        }
        let help = match names_it {
            Some(_) => "allow `sts:AssumeRole` in the statement that names it".to_owned(),
            None => format!("add {} to the principals of its trust policy", used.service),
        };
        let message =
            format!("`{}` does not trust {}, which `{}` gives it to", used.role, used.service, used.by);
        findings.add(message, Some(help), context.template.place(&path), &path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(service: &str) -> String {
        format!(
            "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Action: \
             'sts:AssumeRole', Principal: {{Service: {service}}}}}]}}}}}}\n  S: {{Type: AWS::Scheduler::Schedule, Properties: {{Target: \
             {{RoleArn: !GetAtt R.Arn}}}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_role_of_another_service() {
        assert_eq!(findings("H1503", &template("lambda.amazonaws.com")).len(), 1);
    }

    #[test]
    fn trips_on_a_statement_that_does_not_let_it() {
        let trust = template("scheduler.amazonaws.com");
        assert_eq!(findings("H1503", &trust.replace("Effect: Allow", "Effect: Deny")).len(), 1);
        assert_eq!(findings("H1503", &trust.replace("sts:AssumeRole", "sts:TagSession")).len(), 1);
    }

    #[test]
    fn is_fine_with_one_service_of_several_and_with_functions() {
        assert_eq!(findings("H1503", &template("[lambda.amazonaws.com, scheduler.amazonaws.com]")), [""; 0]);
        assert_eq!(findings("H1503", &template("!Sub 'scheduler.${AWS::URLSuffix}'")), [""; 0]);
        assert_eq!(findings("H1503", &template("!Ref Service")), [""; 0]);
    }
}
