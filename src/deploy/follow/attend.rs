//! Follows a change to its end while listening to the user, who may want it taken back, or to leave.

use std::cell::RefCell;
use std::pin::pin;

use super::{Outcome, follow};
use crate::aws::{Clients, code, failure};
use crate::deploy::change_set::ChangeSet;
use crate::deploy::failure::witness::Witness;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interruptions;
use crate::ui::Operation;

/// What the user is told about the operation.
pub struct Attended<'a, 'w> {
    /// The stack's name.
    pub stack: &'a str,
    /// The command that follows the operation to its end.
    pub resume: &'a str,
    /// The stack's newest event before the operation began.
    pub cursor: Option<String>,
    /// Who sees the events too.
    pub witness: &'a RefCell<Witness<'w>>,
}

/// Follows an executed change set to its end.
///
/// The first Ctrl-C takes an update back; a second one, SIGTERM, or the first during a create leaves it to CloudFormation.
pub async fn attend(
    clients: &Clients,
    change_set: &ChangeSet,
    attended: Attended<'_, '_>,
    interruptions: &mut Interruptions,
    operation: &RefCell<Operation<'_>>,
) -> Result<Outcome> {
    let witness = attended.witness;
    let seen = |event: &_| {
        operation.borrow_mut().show(event);
        witness.borrow_mut().see(event);
    };
    let mut following = pin!(follow(clients, &change_set.stack_id, attended.cursor.clone(), seen));
    let (mut was_asked, mut is_taken_back) = (false, false);
    loop {
        let interruption = tokio::select! {
            outcome = &mut following => return conclude(outcome, &attended, is_taken_back),
            interruption = interruptions.next() => interruption,
        };
        if was_asked || change_set.base.is_create() || interruption == Kind::Terminated {
            return Err(left(interruption, &attended));
        }
        operation.borrow().say("Taking the update back; press Ctrl-C again to leave that to CloudFormation.");
        was_asked = true;
        let taken_back = take_back(clients, &change_set.stack_id).await;
        is_taken_back = taken_back.map_err(|error| goes_on(error, &attended))?;
        if !is_taken_back {
            operation.borrow().say("It is too late for that: the update is done but for its cleanup.");
        }
    }
}

/// Asks CloudFormation to take an update back; false when it is past the point where that can be done.
async fn take_back(clients: &Clients, stack_id: &str) -> Result<bool> {
    match clients.cloudformation.cancel_update_stack().stack_name(stack_id).send().await {
        Ok(_) => Ok(true),
        Err(error) if code(&error) == Some("ValidationError") => Ok(false),
        Err(error) => Err(failure("take the update back", error)),
    }
}

fn conclude(outcome: Result<Outcome>, attended: &Attended<'_, '_>, is_taken_back: bool) -> Result<Outcome> {
    let outcome = outcome.map_err(|error| goes_on(error, attended))?;
    match is_taken_back && outcome.status == "UPDATE_ROLLBACK_COMPLETE" {
        true => {
            let message =
                format!("interrupted; the update was taken back and {} is as it was", attended.stack);
            Err(Error::new(Kind::Interrupted, message))
        }
        false => Ok(outcome),
    }
}

/// Says how to follow what goes on after a failure of ours.
fn goes_on(error: Error, attended: &Attended<'_, '_>) -> Error {
    error.hint(format!("the deployment goes on without you; follow it with `{}`", attended.resume))
}

fn left(interruption: Kind, attended: &Attended<'_, '_>) -> Error {
    Error::new(interruption, "interrupted; the deployment goes on without you")
        .hint(format!("follow it to its end with `{}`", attended.resume))
}
