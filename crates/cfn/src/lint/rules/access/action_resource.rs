//! # H1507: an action of a policy can be done to one of its resources
//!
//! ```yaml
//! Statement: [{Effect: Allow, Action: logs:PutLogEvents, Resource: !GetAtt Bucket.Arn}]
//! ```
//!
//! IAM takes such a statement, and it allows nothing: an action on objects needs ARNs of objects, one on a log group that of a
//! log group. Name a resource of the kind that the action is done to.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use super::documents;
use crate::access::{Access, Fit};
use crate::iam::{Service, matches_ignoring_case};
use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1507",
    level: Level::Warning,
    summary: "an action of a policy can be done to one of its resources",
    source: include_str!("action_resource.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    documents(context.template, &mut |path, document| {
        let Some(statements) = document.get("Statement") else { return };
        match statements {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let steps = ["Statement".to_owned(), index.to_string()];
                    statement(
                        context,
                        item,
                        &path.iter().cloned().chain(steps).collect::<Vec<_>>(),
                        findings,
                    );
                }
            }
            one => {
                let path: Vec<String> = path.iter().cloned().chain(["Statement".to_owned()]).collect();
                statement(context, one, &path, findings);
            }
        }
    });
}

fn statement(context: &Context<'_>, statement: &Value, path: &[String], findings: &mut Findings) {
    let access = context.access();
    let listed = |name: &str| statement.get(name).and_then(|value| access.listed(value));
    let (Some(actions), Some(resources)) = (listed("Action"), listed("Resource")) else { return };
    if resources.iter().any(|(_, text)| text == "*") || resources.is_empty() {
        return;
    }
    let apply = |action: &str| applies(action, resources.iter().map(|(_, text)| text.as_str()));
    let idle: Vec<&(Vec<String>, String)> =
        actions.iter().filter(|(_, action)| apply(action) == Some(false)).collect();
    let Some(first) = idle.first() else { return };
    let names: Vec<String> = idle.iter().map(|(_, action)| format!("`{action}`")).collect();
    let (message, rest) = if idle.len() == actions.len() {
        (
            format!("{} cannot be done to any of these resources", names.join(", ")),
            vec!["Resource".to_owned()],
        )
    } else {
        let rest = [vec!["Action".to_owned()], first.0.clone()].concat();
        (format!("{} cannot be done to any resource of the statement", names.join(", ")), rest)
    };
    let path = [path.to_vec(), rest].concat();
    let help = wanted(&first.1).map(|wanted| format!("it is done to {wanted}"));
    findings.add(message, help, context.template.place(&path), &path);
}

/// Says whether an action can be done to one of the resources, or nothing where that is not known.
fn applies<'r>(action: &str, resources: impl Iterator<Item = &'r str>) -> Option<bool> {
    let (prefix, name) = action.split_once(':').filter(|_| Access::is_known(action))?;
    let service = Service::of(prefix)?;
    let mut kinds: Vec<&str> = Vec::new();
    if name.contains(['*', '?']) {
        for one in service.actions().filter(|one| matches_ignoring_case(name, one)) {
            let before = kinds.len();
            kinds.extend(service.resources(one));
            // An action without resources may be what was meant.
            if kinds.len() == before && name != "*" {
                return None;
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
    } else {
        kinds.extend(service.resources(name));
    }
    let forms: Vec<String> =
        kinds.iter().flat_map(|kind| service.arns(kind).map(|arn| form(kind, arn))).collect();
    if forms.is_empty() {
        return None;
    }
    Some(
        resources.into_iter().any(|resource| forms.iter().any(|form| Access::fit(form, resource) != Fit::No)),
    )
}

/// Makes a pattern of the form of a kind's ARNs: `${Region}` and `.*` are any text.
fn form(kind: &str, form: &str) -> String {
    // The data end with the first name.
    match kind {
        "object" => return "arn:*:s3:::*/*".to_owned(),
        "log-stream" => return "arn:*:logs:*:*:log-group:*:log-stream:*".to_owned(),
        _ => {}
    }
    let mut pattern = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once("${") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pattern.push_str(rest);
    pattern.replace(".*", "*")
}

fn wanted(action: &str) -> Option<String> {
    let (prefix, name) = action.split_once(':')?;
    let service = Service::of(prefix)?;
    let kind = service.resources(name).next()?;
    service.arns(kind).next().map(|arn| form(kind, arn))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(action: &str, resource: &str) -> String {
        format!(
            "Resources:\n  B: {{Type: AWS::S3::Bucket}}\n  G: {{Type: AWS::Logs::LogGroup}}\n  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, \
             PolicyDocument: {{Statement: [{{Effect: Allow, Action: {action}, Resource: {resource}}}]}}}}}}\n"
        )
    }

    #[test]
    fn trips_on_another_kind_of_resource() {
        assert_eq!(
            findings("H1507", &template("[logs:CreateLogStream, logs:PutLogEvents]", "!GetAtt B.Arn")).len(),
            1
        );
        assert_eq!(findings("H1507", &template("[s3:ListBucket, s3:GetObject]", "!GetAtt B.Arn")).len(), 1);
        assert_eq!(findings("H1507", &template("'sqs:*'", "!GetAtt G.Arn")).len(), 1);
    }

    #[test]
    fn is_fine_with_its_own_kind_and_with_what_is_not_known() {
        for (action, resource) in [
            ("logs:PutLogEvents", "!GetAtt G.Arn"),
            ("[s3:ListBucket, s3:GetObject]", "[!GetAtt B.Arn, !Sub '${B.Arn}/*']"),
            ("s3:GetObject", "!Sub 'arn:aws:s3:::${B}*'"),
            ("s3:GetObject", "!ImportValue bucket"),
            ("kinesis:ListStreams", "!GetAtt B.Arn"),
            ("elsewhere:Do", "!GetAtt B.Arn"),
        ] {
            assert_eq!(findings("H1507", &template(action, resource)), [""; 0], "{action} {resource}");
        }
    }
}
