//! Who may do what: policy documents and the decision that AWS takes from them.
//!
//! JSON becomes a [`PolicyDocument`]; documents and a [`Request`] become a [`Decision`] that says which kind
//! of policy decided, so that a refusal can be worded as AWS words it. Permission boundaries, session policies
//! and the policies of organizations are not known here; neither are addresses and binary values in conditions,
//! which are refused when a document is parsed.

mod actions;
mod condition;
mod context;
mod document;
mod evaluate;
mod principal;
mod rules;
mod wildcard;

pub use actions::Service;
pub use condition::Condition;
pub use context::Context;
pub use document::{Effect, PatternSet, PolicyDocument, PolicyError, Statement};
pub use evaluate::{Decision, PolicyKind, Request, evaluate, may_assume};
pub use principal::{Principal, PrincipalElement};
pub use wildcard::{arn_matches, matches, matches_ignoring_case};
