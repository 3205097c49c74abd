//! The decision, in the order that AWS documents for
//! [one account](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html)
//! and [several](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html):
//!
//! 1. A statement that denies, in any policy, ends it.
//! 2. A service acts only where the resource's policy names it.
//! 3. In one account, the resource's policy or the identity's policies must allow. Where the resource's
//!    policy names the account and not the role, the account's own policies decide, so the identity's must allow.
//! 4. Across accounts both must allow.
//! 5. Nothing allows: denied.
//!
//! The table of tests below is this list.

use super::context::Context;
use super::document::{Effect, PolicyDocument};
use super::principal::{Named, Principal};

/// A request to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub principal: &'a Principal,
    /// Such as `kinesis:PutRecord`.
    pub action: &'a str,
    /// ARN of what is acted on, or `*`.
    pub resource: &'a str,
    /// Account that owns the resource, where it is known; the principal's own otherwise.
    pub resource_account: Option<&'a str>,
    pub context: &'a Context,
}

/// What AWS decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// A statement denies, in a policy of this kind.
    ExplicitDeny(PolicyKind),
    /// No statement allows; a policy of this kind would have had to.
    ImplicitDeny(PolicyKind),
}

/// The kinds of policies that a refusal can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    Identity,
    Resource,
    Trust,
}

impl Decision {
    /// Returns the end of AWS's sentence "User: … is not authorized to perform: … on resource: …", with its
    /// leading space; nothing when the request is allowed.
    pub fn because(self, action: &str) -> String {
        match self {
            Decision::Allowed => String::new(),
            Decision::ExplicitDeny(PolicyKind::Trust) => {
                " with an explicit deny in the role trust policy".to_owned()
            }
            Decision::ExplicitDeny(kind) => {
                let article = if kind == PolicyKind::Identity { "an" } else { "a" };
                format!(" with an explicit deny in {article} {} policy", kind.name())
            }
            // STS does not say which policy was missing.
            Decision::ImplicitDeny(PolicyKind::Trust) => String::new(),
            Decision::ImplicitDeny(kind) => {
                format!(" because no {} policy allows the {action} action", kind.name())
            }
        }
    }
}

impl PolicyKind {
    fn name(self) -> &'static str {
        match self {
            PolicyKind::Identity => "identity-based",
            PolicyKind::Resource => "resource-based",
            PolicyKind::Trust => "role trust",
        }
    }
}

/// What the statements of one kind of policy say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Silent,
    /// Allows the principal's account, which must allow the principal.
    AllowsAccount,
    Allows,
    Denies,
}

/// Decides a request from the policies of the identity and the policy of the resource.
pub fn evaluate(
    request: &Request<'_>,
    identity_based: &[&PolicyDocument],
    resource_based: Option<&PolicyDocument>,
) -> Decision {
    let by_resource = resource_based.map_or(Verdict::Silent, |document| of_resource(document, request));
    let by_identity = of_principal(identity_based, request);
    if by_identity == Verdict::Denies {
        return Decision::ExplicitDeny(PolicyKind::Identity);
    }
    if by_resource == Verdict::Denies {
        return Decision::ExplicitDeny(PolicyKind::Resource);
    }
    let Some(account) = request.principal.account() else {
        return allowed_if(by_resource == Verdict::Allows, PolicyKind::Resource);
    };
    let same_account = request.resource_account.is_none_or(|owner| owner == account);
    match (same_account, by_identity, by_resource) {
        (true, Verdict::Allows, _) | (true, _, Verdict::Allows) => Decision::Allowed,
        (true, _, _) => Decision::ImplicitDeny(PolicyKind::Identity),
        (false, Verdict::Allows, by_resource) => {
            allowed_if(by_resource != Verdict::Silent, PolicyKind::Resource)
        }
        (false, _, _) => Decision::ImplicitDeny(PolicyKind::Identity),
    }
}

/// Decides whether the principal may assume the role that `trust` belongs to: the trust policy must allow it,
/// and where it names only the principal's account, or another account's principal, the identity's too.
pub fn may_assume(
    request: &Request<'_>,
    identity_based: &[&PolicyDocument],
    trust: &PolicyDocument,
) -> Decision {
    let by_identity = of_principal(identity_based, request);
    let by_trust = of_resource(trust, request);
    if by_identity == Verdict::Denies {
        return Decision::ExplicitDeny(PolicyKind::Identity);
    }
    match by_trust {
        Verdict::Denies => return Decision::ExplicitDeny(PolicyKind::Trust),
        Verdict::Silent => return Decision::ImplicitDeny(PolicyKind::Trust),
        Verdict::Allows | Verdict::AllowsAccount => {}
    }
    let Some(account) = request.principal.account() else { return Decision::Allowed };
    let same_account = request.resource_account.is_none_or(|owner| owner == account);
    if same_account && by_trust == Verdict::Allows {
        return Decision::Allowed;
    }
    allowed_if(by_identity == Verdict::Allows, PolicyKind::Identity)
}

fn allowed_if(allowed: bool, otherwise: PolicyKind) -> Decision {
    if allowed { Decision::Allowed } else { Decision::ImplicitDeny(otherwise) }
}

fn of_principal(documents: &[&PolicyDocument], request: &Request<'_>) -> Verdict {
    match request.principal {
        Principal::Root { .. } => Verdict::Allows,
        Principal::Service(_) => Verdict::Silent,
        Principal::Role { .. } | Principal::User { .. } => {
            documents.iter().map(|document| of_identity(document, request)).max().unwrap_or(Verdict::Silent)
        }
    }
}

fn of_identity(document: &PolicyDocument, request: &Request<'_>) -> Verdict {
    verdict(document, request, |_| Verdict::Allows)
}

fn of_resource(document: &PolicyDocument, request: &Request<'_>) -> Verdict {
    verdict(document, request, |statement| {
        let Some(principal) = &statement.principal else { return Verdict::Silent };
        match principal.names(request.principal) {
            Named::Not => Verdict::Silent,
            Named::Account => Verdict::AllowsAccount,
            Named::Itself => Verdict::Allows,
        }
    })
}

/// Returns the strongest verdict of a document's statements; `speaks_of` says how one names the principal.
fn verdict(
    document: &PolicyDocument,
    request: &Request<'_>,
    speaks_of: impl Fn(&super::Statement) -> Verdict,
) -> Verdict {
    let variables = document.has_variables();
    let of_statement = |statement: &super::Statement| {
        let named = speaks_of(statement);
        if named == Verdict::Silent
            || !statement.fits(request.action, request.resource, request.context, variables)
        {
            return Verdict::Silent;
        }
        match statement.effect {
            Effect::Allow => named,
            Effect::Deny => Verdict::Denies,
        }
    };
    document.statements.iter().map(of_statement).max().unwrap_or(Verdict::Silent)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ARN: &str = "arn:aws:s3:::orders/key";

    fn document(statements: Value) -> PolicyDocument {
        PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
    }

    fn role() -> Principal {
        Principal::Role {
            account: "111122223333".into(),
            role_arn: "arn:aws:iam::111122223333:role/writer".into(),
            session_arn: "arn:aws:sts::111122223333:assumed-role/writer/s".into(),
        }
    }

    fn allow(principal: Value) -> Value {
        json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::orders/*", "Principal": principal})
    }

    fn deny(principal: Value) -> Value {
        json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": principal})
    }

    #[test]
    fn decides_in_the_documented_order() {
        use Decision::{Allowed, ExplicitDeny, ImplicitDeny};
        use PolicyKind::{Identity, Resource};
        let yes = json!({"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::orders/*"});
        let no = json!({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"});
        let other = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::other/*"});
        let (this, that) = ("111122223333", "444455556666");
        let me = json!({"AWS": "arn:aws:iam::111122223333:role/writer"});
        let account = json!({"AWS": "111122223333"});
        let service = Principal::Service("delivery.logs.amazonaws.com".into());
        let root = Principal::Root { account: this.into() };
        let cases: Vec<(&str, Principal, &str, Value, Value, Decision)> = vec![
            ("nothing allows", role(), this, json!([]), json!([]), ImplicitDeny(Identity)),
            ("identity allows", role(), this, json!([yes]), json!([]), Allowed),
            (
                "identity allows another resource",
                role(),
                this,
                json!([other]),
                json!([]),
                ImplicitDeny(Identity),
            ),
            ("identity denies and allows", role(), this, json!([yes, no]), json!([]), ExplicitDeny(Identity)),
            (
                "identity denies what the resource allows",
                role(),
                this,
                json!([no]),
                json!([allow(me.clone())]),
                ExplicitDeny(Identity),
            ),
            (
                "resource denies what identity allows",
                role(),
                this,
                json!([yes]),
                json!([deny(json!("*"))]),
                ExplicitDeny(Resource),
            ),
            ("resource allows the role", role(), this, json!([]), json!([allow(me.clone())]), Allowed),
            ("resource allows everyone", role(), this, json!([]), json!([allow(json!("*"))]), Allowed),
            (
                "resource allows the account only",
                role(),
                this,
                json!([]),
                json!([allow(account.clone())]),
                ImplicitDeny(Identity),
            ),
            ("across accounts, only identity", role(), that, json!([yes]), json!([]), ImplicitDeny(Resource)),
            (
                "across accounts, only resource",
                role(),
                that,
                json!([]),
                json!([allow(me.clone())]),
                ImplicitDeny(Identity),
            ),
            ("across accounts, both", role(), that, json!([yes]), json!([allow(account.clone())]), Allowed),
            (
                "a service nobody names",
                service.clone(),
                this,
                json!([]),
                json!([allow(me)]),
                ImplicitDeny(Resource),
            ),
            (
                "a service that is named",
                service,
                this,
                json!([]),
                json!([allow(json!({"Service": "delivery.logs.amazonaws.com"}))]),
                Allowed,
            ),
            ("root", root.clone(), this, json!([]), json!([]), Allowed),
            (
                "root that the resource denies",
                root.clone(),
                this,
                json!([]),
                json!([deny(json!("*"))]),
                ExplicitDeny(Resource),
            ),
            ("root of another account", root, that, json!([]), json!([]), ImplicitDeny(Resource)),
        ];
        for (name, principal, owner, identity, resource, expected) in cases {
            let (identity, resource) = (document(identity), document(resource));
            let context = Context::default();
            let request = Request {
                principal: &principal,
                action: "s3:PutObject",
                resource: ARN,
                resource_account: Some(owner),
                context: &context,
            };
            assert_eq!(evaluate(&request, &[&identity], Some(&resource)), expected, "{name}");
        }
    }

    #[test]
    fn lets_a_role_be_assumed_by_those_it_trusts() {
        use Decision::{Allowed, ExplicitDeny, ImplicitDeny};
        let statement = |effect: &str, principal: Value, condition: Value| json!([{"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}]);
        let firehose = json!({"Service": "firehose.amazonaws.com"});
        let external = json!({"StringEquals": {"sts:ExternalId": "42"}});
        let identity = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]);
        let service = Principal::Service("firehose.amazonaws.com".into());
        let account = json!({"AWS": "arn:aws:iam::111122223333:root"});
        let me = json!({"AWS": "arn:aws:iam::111122223333:role/writer"});
        let lambda = json!({"Service": "lambda.amazonaws.com"});
        let cases = [
            (
                "the service",
                service.clone(),
                statement("Allow", firehose.clone(), json!({})),
                json!([]),
                Allowed,
            ),
            (
                "another service",
                service.clone(),
                statement("Allow", lambda, json!({})),
                json!([]),
                ImplicitDeny(PolicyKind::Trust),
            ),
            (
                "the external id",
                service.clone(),
                statement("Allow", firehose.clone(), external),
                json!([]),
                Allowed,
            ),
            (
                "another external id",
                service.clone(),
                statement("Allow", firehose.clone(), json!({"StringEquals": {"sts:ExternalId": "43"}})),
                json!([]),
                ImplicitDeny(PolicyKind::Trust),
            ),
            (
                "denied",
                service,
                statement("Deny", firehose, json!({})),
                json!([]),
                ExplicitDeny(PolicyKind::Trust),
            ),
            ("the role itself", role(), statement("Allow", me, json!({})), json!([]), Allowed),
            (
                "its account",
                role(),
                statement("Allow", account.clone(), json!({})),
                json!([]),
                ImplicitDeny(PolicyKind::Identity),
            ),
            (
                "its account and identity",
                role(),
                statement("Allow", account, json!({})),
                identity.clone(),
                Allowed,
            ),
            ("only identity", role(), json!([]), identity, ImplicitDeny(PolicyKind::Trust)),
        ];
        for (name, principal, trust, identity, expected) in cases {
            let context = Context::new([("sts:ExternalId", "42")]);
            let request = Request {
                principal: &principal,
                action: "sts:AssumeRole",
                resource: "arn:aws:iam::111122223333:role/delivery",
                resource_account: Some("111122223333"),
                context: &context,
            };
            assert_eq!(may_assume(&request, &[&document(identity)], &document(trust)), expected, "{name}");
        }
    }

    #[test]
    fn words_a_refusal_as_aws_does() {
        let action = "s3:PutObject";
        assert_eq!(
            Decision::ImplicitDeny(PolicyKind::Identity).because(action),
            " because no identity-based policy allows the s3:PutObject action"
        );
        assert_eq!(
            Decision::ExplicitDeny(PolicyKind::Resource).because(action),
            " with an explicit deny in a resource-based policy"
        );
    }
}
