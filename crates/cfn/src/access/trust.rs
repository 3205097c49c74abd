//! Whom a role trusts.

use super::symbols::{OPAQUE, list};
use crate::template::Template;
use serde_json::Value;

/// Whom a trust policy lets take the role.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub services: Vec<Trusted>,
    /// Whether anyone else is named: accounts, identity providers, or nobody knows whom.
    pub is_open: bool,
}

/// A service that a statement names.
#[derive(Debug, Clone)]
pub struct Trusted {
    pub service: String,
    /// Where it stands, from the document.
    pub path: Vec<String>,
    /// Whether the statement lets it take the role.
    pub may_assume: bool,
}

/// Reads a trust policy, or nothing when it is not written out.
pub(super) fn of(template: &Template, document: &Value) -> Option<Trust> {
    let statements = document.get("Statement")?;
    let (statements, is_list) = match statements {
        Value::Array(statements) => (statements.as_slice(), true),
        one => (std::slice::from_ref(one), false),
    };
    let mut trust = Trust::default();
    for (index, statement) in statements.iter().enumerate() {
        let effect = statement.get("Effect")?.as_str()?;
        let actions = list(template, statement.get("Action")?)?;
        let takes = |action: &str| {
            crate::iam::matches_ignoring_case(action, "sts:AssumeRole") || action.starts_with(OPAQUE)
        };
        let may_assume = effect == "Allow" && actions.iter().any(|(_, action)| takes(action));
        let principal = statement.get("Principal")?;
        let mut path = vec!["Statement".to_owned()];
        if is_list {
            path.push(index.to_string());
        }
        path.push("Principal".to_owned());
        let Some(members) =
            principal.as_object().filter(|members| !members.keys().any(|name| name.starts_with("Fn::")))
        else {
            trust.is_open = true;
            continue;
        };
        for (name, value) in members {
            if name != "Service" {
                trust.is_open |= name != "AWS" && name != "Federated";
                continue;
            }
            for (rest, service) in list(template, value)? {
                let path = path.iter().cloned().chain(["Service".to_owned()]).chain(rest).collect();
                trust.services.push(Trusted { service, path, may_assume });
            }
        }
    }
    Some(trust)
}

impl Trust {
    /// Says whether a service may surely not take the role.
    pub fn excludes(&self, service: &str) -> bool {
        let may_be = |trusted: &Trusted| trusted.may_assume && is_service(&trusted.service, service);
        !self.is_open && !self.services.iter().any(may_be)
    }
}

/// Says whether the name of a service is that of another, with or without a region in it.
fn is_service(name: &str, service: &str) -> bool {
    let (Some(head), Some(domain)) = (service.split('.').next(), service.split_once('.')) else {
        return false;
    };
    let is_lambda_at_edge = head == "lambda" && name == "edgelambda.amazonaws.com";
    let of_region = name.strip_prefix(head).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| {
        rest.split_once('.').is_some_and(|(region, rest)| {
            rest.starts_with("amazonaws.com") && (region.contains('-') || region.starts_with(OPAQUE))
        })
    });
    name == service
        || name.strip_suffix(".cn") == Some(service) && !domain.1.is_empty()
        || of_region
        || is_lambda_at_edge
        || name.starts_with(OPAQUE)
        || name == "*"
}
