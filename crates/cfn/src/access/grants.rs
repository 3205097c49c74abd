//! What the policies of a role allow, decided with IAM's evaluator.
//!
//! Policies in the role, policies and managed policies of the template that name it, and AWS's own become [`Grants`]. Where
//! anything is not known, the doubt speaks for the role: what [`Grants::allow`] refuses is sure to be refused.

use super::fit::{Fit, fit};
use super::managed;
use super::symbols::{END, GENERATED, OPAQUE, list, texts};
use crate::iam::{self, Context, Decision, Effect, PatternSet, PolicyDocument, Principal, Request};
use crate::template::{Resource, Template};
use serde_json::Value;

/// What policies say.
#[derive(Debug, Clone, Default)]
pub struct Grants<'t> {
    pub statements: Vec<Statement<'t>>,
    /// Whether there are policies that cannot be read here.
    pub is_open: bool,
}

/// A statement of a policy, with the way to it.
#[derive(Debug, Clone)]
pub struct Statement<'t> {
    /// The resource that holds it; nothing for AWS's own policies.
    pub holder: Option<&'t str>,
    pub path: Vec<String>,
    pub is_allow: bool,
    pub has_condition: bool,
    pub actions: PatternSet,
    /// Nothing where the statement names none.
    pub resources: Option<PatternSet>,
}

/// Types with a policy of an identity of its own, with the property that names roles.
const ATTACHED: [(&str, &str); 3] = [
    ("AWS::IAM::ManagedPolicy", "Roles"),
    ("AWS::IAM::Policy", "Roles"),
    ("AWS::IAM::RolePolicy", "RoleName"),
];

impl<'t> Grants<'t> {
    /// Collects what a role of the template is allowed.
    pub fn of_role(template: &'t Template, role_id: &'t str, role: &'t Resource) -> Self {
        let mut grants = Grants::default();
        let start = |logical_id: &str| ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
        match role.properties.get("Policies") {
            None => {}
            Some(Value::Array(policies)) => {
                for (index, policy) in policies.iter().enumerate() {
                    let at = [start(role_id), vec!["Policies".to_owned(), index.to_string()]].concat();
                    grants.policy(template, role_id, policy, at);
                }
            }
            Some(_) => grants.is_open = true,
        }
        if let Some(managed) = role.properties.get("ManagedPolicyArns") {
            grants.managed(template, managed);
        }
        for (logical_id, resource) in &template.resources {
            let Some((_, property)) = ATTACHED.iter().find(|(name, _)| *name == resource.resource_type)
            else {
                continue;
            };
            match resource.properties.get(*property).map(|roles| names_role(template, roles, role_id)) {
                Some(Fit::Yes) => {
                    grants.policy(template, logical_id, &resource.properties, start(logical_id))
                }
                Some(Fit::Maybe) => grants.is_open = true,
                _ => {}
            }
        }
        grants
    }

    fn managed(&mut self, template: &'t Template, arns: &'t Value) {
        let Some(items) = arns.as_array() else {
            self.is_open = true;
            return;
        };
        for item in items {
            let name = item.get("Ref").or_else(|| item.get("Fn::GetAtt")?.get(0)).and_then(Value::as_str);
            let policy = name.and_then(|name| template.resources.get_key_value(name));
            if let Some((logical_id, policy)) =
                policy.filter(|(_, one)| one.resource_type == "AWS::IAM::ManagedPolicy")
            {
                let path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
                self.policy(template, logical_id, &policy.properties, path);
                continue;
            }
            for arn in texts(template, item) {
                match managed::actions(&arn) {
                    Some(actions) => self.statements.push(of_aws(actions)),
                    None => self.is_open = true,
                }
            }
        }
    }

    /// Reads what stands under `PolicyDocument`.
    fn policy(&mut self, template: &Template, holder: &'t str, policy: &'t Value, path: Vec<String>) {
        let path = [path, vec!["PolicyDocument".to_owned()]].concat();
        match policy.get("PolicyDocument") {
            Some(document) => self.document(template, Some(holder), document, path),
            None => self.is_open = true,
        }
    }

    pub(super) fn document(
        &mut self,
        template: &Template,
        holder: Option<&'t str>,
        document: &Value,
        path: Vec<String>,
    ) {
        let at = [path, vec!["Statement".to_owned()]].concat();
        match document.get("Statement") {
            Some(Value::Array(statements)) => {
                for (index, statement) in statements.iter().enumerate() {
                    let at = at.iter().cloned().chain([index.to_string()]).collect();
                    self.statement(template, holder, statement, at);
                }
            }
            Some(statement) => self.statement(template, holder, statement, at),
            None => self.is_open = true,
        }
    }

    fn statement(
        &mut self,
        template: &Template,
        holder: Option<&'t str>,
        statement: &Value,
        path: Vec<String>,
    ) {
        match read_statement(template, holder, statement, path) {
            Some(statement) => self.statements.push(statement),
            // Also what `Fn::If` leaves out.
            None => self.is_open = true,
        }
    }

    /// Says whether the role may be allowed an action on a resource.
    pub fn allow(&self, action: &str, resource: &str) -> bool {
        if self.is_open {
            return true;
        }
        let acts = |statement: &Statement<'_>| {
            statement.actions.patterns.iter().any(|pattern| iam::matches_ignoring_case(pattern, action))
                != statement.actions.negated
        };
        let statements = self.statements.iter().filter(|statement| acts(statement));
        let document = PolicyDocument {
            version: "2012-10-17".to_owned(),
            statements: statements.filter_map(|statement| statement.on(resource)).collect(),
        };
        let principal =
            Principal::Role { account: String::new(), role_arn: String::new(), session_arn: String::new() };
        let context = Context::default();
        let request = Request {
            principal: &principal,
            action,
            resource: "*",
            resource_account: None,
            context: &context,
        };
        iam::evaluate(&request, &[&document], None) == Decision::Allowed
    }
}

impl Statement<'_> {
    /// Returns the statement as one on everything when it is one on the resource, in doubt for the role.
    fn on(&self, resource: &str) -> Option<iam::Statement> {
        let best =
            |patterns: &PatternSet| patterns.patterns.iter().map(|pattern| fit(pattern, resource)).max();
        let found = match &self.resources {
            None => Fit::No,
            Some(resources) if resources.negated => match best(resources) {
                Some(Fit::Yes) => Fit::No,
                Some(Fit::Maybe) => Fit::Maybe,
                _ => Fit::Yes,
            },
            Some(resources) => best(resources).unwrap_or(Fit::No),
        };
        let is_on = match self.is_allow {
            true => found != Fit::No,
            false => found == Fit::Yes && !self.has_condition,
        };
        is_on.then(|| iam::Statement {
            sid: None,
            effect: if self.is_allow { Effect::Allow } else { Effect::Deny },
            principal: None,
            actions: self.actions.clone(),
            resources: Some(PatternSet { negated: false, patterns: vec!["*".to_owned()] }),
            conditions: Vec::new(),
        })
    }
}

fn of_aws(actions: &[&str]) -> Statement<'static> {
    Statement {
        holder: None,
        path: Vec::new(),
        is_allow: true,
        has_condition: false,
        actions: PatternSet {
            negated: false,
            patterns: actions.iter().map(|action| (*action).to_owned()).collect(),
        },
        resources: Some(PatternSet { negated: false, patterns: vec!["*".to_owned()] }),
    }
}

/// Reads a statement, or nothing when it cannot be read.
fn read_statement<'t>(
    template: &Template,
    holder: Option<&'t str>,
    statement: &Value,
    path: Vec<String>,
) -> Option<Statement<'t>> {
    let is_allow = match statement.get("Effect")?.as_str()? {
        "Allow" => true,
        "Deny" => false,
        _ => return None,
    };
    let actions = patterns(template, statement, "Action", "NotAction")??;
    // An action that a parameter tells may be any.
    if actions.patterns.iter().any(|action| action.contains([OPAQUE, GENERATED, END])) {
        return None;
    }
    Some(Statement {
        holder,
        path,
        is_allow,
        has_condition: statement.get("Condition").is_some(),
        actions,
        resources: patterns(template, statement, "Resource", "NotResource")?,
    })
}

/// Returns the patterns under a name or its negation: nothing when they cannot be read, and an inner nothing when there are none.
fn patterns(
    template: &Template,
    statement: &Value,
    name: &str,
    negation: &str,
) -> Option<Option<PatternSet>> {
    let (negated, value) = match (statement.get(name), statement.get(negation)) {
        (Some(value), _) => (false, value),
        (None, Some(value)) => (true, value),
        (None, None) => return Some(None),
    };
    let patterns = list(template, value)?.into_iter().map(|(_, text)| text).collect();
    Some(Some(PatternSet { negated, patterns }))
}

/// Says whether a list of role names has that of a role.
fn names_role(template: &Template, roles: &Value, role_id: &str) -> Fit {
    let Some(found) = list(template, roles) else { return Fit::Maybe };
    let own = super::resources::names(template, role_id, 0);
    let each = found.iter().map(|(_, name)| {
        // A name that another resource makes up is not this one's.
        if name.starts_with(OPAQUE) && !own.contains(name) {
            return Fit::Maybe;
        }
        if own.contains(name) { Fit::Yes } else { Fit::No }
    });
    each.max().unwrap_or(Fit::No)
}
