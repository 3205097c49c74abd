//! The macros that a template declares: what they make of it is what is deployed.
//!
//! The serverless transform is here; every other macro is refused by its name.

use hydrant_cfn::serverless::{self, Refusal};
use indexmap::IndexMap;

use super::stack::Blueprint;
use super::template::{Checked, validation_error};
use crate::error::AwsError;

/// What must be acknowledged before a stack is made straight from a template with macros.
pub const CAPABILITY: &str = "CAPABILITY_AUTO_EXPAND";

/// Returns the template that the macros make; nothing when it declares none.
///
/// AWS runs them after it has answered: there a change set fails with what is a refusal of the request here.
pub fn run(
    checked: &Checked,
    given: &IndexMap<String, String>,
    region: &str,
) -> Result<Option<String>, AwsError> {
    if checked.template.transforms.is_empty() {
        return Ok(None);
    }
    let parameters = checked.parameters(given)?;
    let processed =
        serverless::expand(&checked.template, &parameters, region).map_err(|refusal| match refusal {
            Refusal::Invalid(message) => validation_error(message),
            Refusal::Unsupported(what) => AwsError::not_supported(what),
        })?;
    Ok(Some(processed.to_string()))
}

/// Refuses to make or change a stack at once when nobody could look at what the macros made.
pub fn check_acknowledged(blueprint: &Blueprint) -> Result<(), AwsError> {
    if blueprint.original.is_none() || blueprint.capabilities.contains(CAPABILITY) {
        return Ok(());
    }
    let message = format!("Requires capabilities : [{CAPABILITY}]");
    Err(AwsError::new("InsufficientCapabilitiesException", message))
}
