//! Policies that resources hold, whom roles trust, and who may invoke functions.

use serde_json::Value;

use super::seen::{Resource, Seen};
use super::statement::{self, Condition, Principal, Statement, condition};
use super::{Found, Kind};
use crate::access::resources::function_arn;
use crate::iam::PatternSet;

/// Types whose property is a policy of resources: the property, and the one that names them (`` is the resource itself).
#[rustfmt::skip]
const POLICIES: &[(&str, &str, &str)] = &[
    ("AWS::ECR::Repository", "RepositoryPolicyText", ""),
    ("AWS::Events::EventBus", "Policy", ""),
    ("AWS::KMS::Key", "KeyPolicy", ""),
    ("AWS::Kinesis::ResourcePolicy", "ResourcePolicy", "ResourceArn"),
    ("AWS::Logs::Destination", "DestinationPolicy", ""),
    ("AWS::Logs::ResourcePolicy", "PolicyDocument", ""),
    ("AWS::S3::BucketPolicy", "PolicyDocument", "Bucket"),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument", "TopicArn"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", "Topics"),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument", "Queue"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", "Queues"),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", "SecretId"),
];

/// Properties of permissions that limit them, each with the key that it stands for.
const LIMITS: [(&str, &str, &str); 5] = [
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
];

/// What resources' policies say.
#[derive(Debug, Default)]
struct Policies {
    statements: Vec<Statement>,
    unreadable: Vec<(String, Value)>,
}

/// Compares what resources let others do.
pub(super) fn compare(before: Option<&Seen<'_>>, after: &Seen<'_>, found: &mut Found<'_, '_>) {
    let old = before.map(policies).unwrap_or_default();
    let mut new = policies(after);
    // That a service of AWS may take a role which is made for it says nothing.
    let is_of_new_role = |one: &Statement| {
        one.is_trust && before.is_none_or(|before| !before.resources.contains_key(&one.holder))
    };
    for statement in new.statements.iter_mut().filter(|one| is_of_new_role(one)) {
        statement.principals.retain(|principal| principal.kind != "Service");
    }
    new.statements.retain(|one| !one.principals.is_empty());
    found.statements(&old.statements, &new.statements, "", None);
    for (holder, value) in &new.unreadable {
        if !old.unreadable.iter().any(|(_, known)| known == value) {
            let why = "its policy is made by a function that cannot be evaluated here";
            found.other(holder, Kind::Unreadable, holder, "more, or not", Some(why.to_owned()));
        }
    }
}

fn policies(seen: &Seen<'_>) -> Policies {
    let mut policies = Policies::default();
    for (id, resource) in &seen.resources {
        match resource.resource_type.as_str() {
            "AWS::IAM::Role" => policies.trust(id, resource),
            "AWS::Lambda::Permission" => policies.permission(seen, id, resource),
            "AWS::Lambda::LayerVersionPermission" => policies.layer(id, resource),
            "AWS::Events::EventBusPolicy" => policies.event_bus(id, resource),
            _ => {}
        }
        let policy = POLICIES.iter().find(|(name, ..)| *name == resource.resource_type);
        let Some((_, property, target)) = policy else { continue };
        let Some(document) = resource.properties.get(*property) else { continue };
        let targets = match *target {
            "" => vec![id.clone()],
            name => resource.properties.get(name).and_then(statement::texts).unwrap_or_default(),
        };
        let targets: Vec<String> = targets.iter().map(|target| arn_of(seen, target)).collect();
        policies.document(id, document, &targets);
    }
    policies
}

/// Returns the ARN of a resource that is given by its logical id, its name, its URL or its ARN.
fn arn_of(seen: &Seen<'_>, text: &str) -> String {
    let id = if seen.resources.contains_key(text) { Some(text) } else { seen.meant(text) };
    id.and_then(|id| seen.arn(id)).cloned().unwrap_or_else(|| text.to_owned())
}

fn set(patterns: Vec<String>) -> PatternSet {
    PatternSet { negated: false, patterns }
}

impl Policies {
    /// Reads a policy of the resources `targets`, which its stars do not reach beyond.
    fn document(&mut self, holder: &str, document: &Value, targets: &[String]) {
        let Some(statements) = statement::read(holder, document) else {
            self.unreadable.push((holder.to_owned(), document.clone()));
            return;
        };
        for mut statement in statements.into_iter().filter(|one| !one.principals.is_empty()) {
            if !targets.is_empty() && statement.resources.patterns == ["*"] {
                statement.resources = set(targets.to_vec());
            }
            self.statements.push(statement);
        }
    }

    fn trust(&mut self, role: &str, resource: &Resource) {
        let Some(document) = resource.properties.get("AssumeRolePolicyDocument") else { return };
        let Some(statements) = statement::read(role, document) else {
            self.unreadable.push((role.to_owned(), document.clone()));
            return;
        };
        for statement in statements {
            let resources = set(vec![role.to_owned()]);
            self.statements.push(Statement { is_trust: true, resources, ..statement });
        }
    }

    fn permission(&mut self, seen: &Seen<'_>, id: &str, resource: &Resource) {
        let text = |name: &str| resource.properties.get(name).and_then(Value::as_str);
        let (Some(principal), Some(action), Some(function)) =
            (text("Principal"), text("Action"), text("FunctionName"))
        else {
            self.unreadable.push((id.to_owned(), resource.properties.clone()));
            return;
        };
        let limits = LIMITS.iter().filter_map(|(property, operator, key)| {
            condition(operator, key, resource.properties.get(*property)?)
        });
        let is_service = principal.contains(".amazonaws.com") || principal.ends_with(".amazon.com");
        let kind = if is_service { "Service" } else { "AWS" };
        let function = function_arn(&arn_of(seen, function));
        self.allow(id, Principal::new(kind, principal), action, &function, limits.collect());
    }

    fn layer(&mut self, id: &str, resource: &Resource) {
        let text = |name: &str| resource.properties.get(name).and_then(Value::as_str);
        let (Some(principal), Some(action), Some(layer)) =
            (text("Principal"), text("Action"), text("LayerVersionArn"))
        else {
            return;
        };
        let organization = resource.properties.get("OrganizationId");
        let limit = organization.and_then(|value| condition("StringEquals", "aws:PrincipalOrgID", value));
        self.allow(id, Principal::new("AWS", principal), action, layer, limit.into_iter().collect());
    }

    /// A policy of an event bus has its statement under a name of its own, or in the properties of old.
    fn event_bus(&mut self, id: &str, resource: &Resource) {
        let bus = resource.properties.get("EventBusName").and_then(Value::as_str).unwrap_or("default");
        if let Some(statement) = resource.properties.get("Statement") {
            let document = serde_json::json!({ "Statement": statement });
            self.document(id, &document, &[bus.to_owned()]);
            return;
        }
        let text = |name: &str| resource.properties.get(name).and_then(Value::as_str);
        if let (Some(principal), Some(action)) = (text("Principal"), text("Action")) {
            let organization = statement::members(resource.properties.get("Condition"));
            let limit = organization.and_then(|members| {
                condition("StringEquals", members.get("Key")?.as_str()?, members.get("Value")?)
            });
            self.allow(id, Principal::new("AWS", principal), action, bus, limit.into_iter().collect());
        }
    }

    fn allow(
        &mut self,
        holder: &str,
        principal: Principal,
        action: &str,
        resource: &str,
        conditions: Vec<Condition>,
    ) {
        self.statements.push(Statement {
            holder: holder.to_owned(),
            is_allow: true,
            is_trust: false,
            principals: vec![principal],
            actions: set(vec![action.to_owned()]),
            resources: set(vec![resource.to_owned()]),
            conditions,
        });
    }
}
