//! Drives the calls: looks at every delivery stream, deletes it, and goes on until the list no longer has it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream;

use super::api::{Deletion, Firehose};
use super::choice::Choice;
use super::report::{Entry, Outcome};
use super::step::{History, Step, pause, step};
use crate::error::{Error, Kind, Result};

/// How many delivery streams are worked on at a time; the gates decide how fast.
const AT_A_TIME: usize = 64;

/// A delivery stream and what was done to it.
#[derive(Debug)]
pub struct Work {
    pub entry: Entry,
    history: History,
    why: Option<String>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody has looked at it yet.
    Unknown,
    /// Its state is known, and nothing was done since.
    Fresh,
    /// Something was done, or it has to be waited for.
    Underway,
    Settled,
}

/// What a person wants to know while it happens.
#[derive(Debug)]
pub enum Happening<'a> {
    Looked,
    Kept { name: &'a str, stack: &'a str },
    Deleting { name: &'a str },
    Waiting { name: &'a str, status: &'a str },
    Forcing { name: &'a str, why: Option<&'a str> },
    Left { name: &'a str, why: &'a str },
    Settling { left: usize },
}

impl Work {
    pub fn new(name: String) -> Self {
        let entry = Entry {
            name,
            outcome: Outcome::WouldDelete,
            status: None,
            stack: None,
            buckets: Vec::new(),
            reason: None,
        };
        Self { entry, history: History::default(), why: None, phase: Phase::Unknown }
    }

    fn is_pending(&self) -> bool {
        self.phase != Phase::Settled
    }

    fn settle(&mut self, outcome: Outcome) {
        self.entry.outcome = outcome;
        self.phase = Phase::Settled;
    }

    /// Settles it as gone: by what was done here, or by somebody else.
    fn is_gone(&mut self) {
        let was_deleted = self.history.deletions > 0;
        self.settle(if was_deleted { Outcome::Deleted } else { Outcome::Gone });
    }

    fn leave(&mut self, why: String) {
        self.entry.reason = Some(why);
        self.settle(Outcome::Left);
    }

    /// Says of one whose end nobody saw why it has to count as left.
    pub fn abandon(&mut self) {
        if self.is_pending() {
            let deleted = self.history.deletions > 0;
            self.leave(if deleted { "it was still being deleted" } else { "it was not deleted yet" }.into());
        }
    }

    /// Learns who owns it, and in which state it is.
    async fn look(&mut self, firehose: &Firehose, choice: &Choice, say: &Say<'_>) -> Result<()> {
        let name = self.entry.name.clone();
        let (owner, description) = futures::join!(firehose.owner(&name), firehose.describe(&name));
        let (owner, Some(description)) = (owner?, description?) else {
            self.is_gone();
            return Ok(());
        };
        self.entry.status = Some(description.status);
        self.entry.buckets = description.buckets;
        self.why = description.why;
        self.entry.stack = owner;
        self.phase = Phase::Fresh;
        if let Some(stack) = self.entry.stack.clone().filter(|_| choice.leaves(self.entry.stack.as_deref())) {
            self.settle(Outcome::Kept);
            say.happened(Happening::Kept { name: &name, stack: &stack });
        }
        say.happened(Happening::Looked);
        Ok(())
    }

    /// Does the next thing to it.
    async fn turn(&mut self, firehose: &Firehose, say: &Say<'_>) -> Result<()> {
        if self.phase != Phase::Fresh {
            let Some(description) = firehose.describe(&self.entry.name).await? else {
                self.is_gone();
                return Ok(());
            };
            self.entry.status = Some(description.status);
            self.why = description.why;
        }
        self.phase = Phase::Underway;
        let status = self.entry.status.clone().unwrap_or_default();
        let name = self.entry.name.clone();
        let by_force = match step(&status, self.why.as_deref(), &self.history) {
            Step::Wait => {
                say.happened(Happening::Waiting { name: &name, status: &status });
                return Ok(());
            }
            Step::GiveUp(why) => {
                say.happened(Happening::Left { name: &name, why: &why });
                self.leave(why);
                return Ok(());
            }
            Step::Delete => false,
            Step::Force => {
                say.happened(Happening::Forcing { name: &name, why: self.why.as_deref() });
                true
            }
        };
        match firehose.delete(&name, by_force).await? {
            Deletion::Accepted => {
                self.history.deletions += 1;
                self.history.is_forced |= by_force;
                say.happened(Happening::Deleting { name: &name });
            }
            Deletion::Gone { is_ours } => {
                self.history.deletions += u32::from(is_ours);
                self.is_gone();
            }
            Deletion::InUse => say.happened(Happening::Waiting { name: &name, status: "in use" }),
        }
        Ok(())
    }
}

/// Where happenings go, one at a time.
struct Say<'a>(RefCell<&'a mut dyn FnMut(Happening<'_>)>);

impl Say<'_> {
    fn happened(&self, happening: Happening<'_>) {
        (self.0.borrow_mut())(happening);
    }
}

/// Looks at every delivery stream, and does nothing to any.
pub async fn survey(
    firehose: &Firehose,
    choice: &Choice,
    works: &mut [Work],
    say: &mut dyn FnMut(Happening<'_>),
) -> Result<()> {
    let say = Say(RefCell::new(say));
    let broken = RefCell::new(None);
    each(works, &broken, &say, async |work: &mut Work| work.look(firehose, choice, &say).await).await;
    broken.into_inner().map_or(Ok(()), Err)
}

/// Deletes what should go, looking at it first where nobody did, until the list no longer has it.
///
/// What can't be deleted is settled as left. Returns the last list; ends early only when nothing at all will work.
pub async fn delete(
    firehose: &Firehose,
    choice: &Choice,
    works: &mut [Work],
    say: &mut dyn FnMut(Happening<'_>),
) -> Result<BTreeSet<String>> {
    let say = Say(RefCell::new(say));
    let broken = RefCell::new(None);
    let mut round = 0;
    loop {
        each(works, &broken, &say, async |work: &mut Work| {
            if work.phase == Phase::Unknown {
                work.look(firehose, choice, &say).await?;
            }
            if work.is_pending() { work.turn(firehose, &say).await } else { Ok(()) }
        })
        .await;
        if let Some(error) = broken.take() {
            return Err(error);
        }
        let listed = firehose.list().await?;
        for work in works.iter_mut() {
            let is_left = work.entry.outcome == Outcome::Left;
            if (work.is_pending() || is_left) && !listed.contains(&work.entry.name) {
                work.entry.reason = None;
                work.is_gone();
            }
        }
        let left = works.iter().filter(|work| work.is_pending()).count();
        if left == 0 {
            return Ok(listed);
        }
        say.happened(Happening::Settling { left });
        firehose.sleep(pause(round)).await;
        round += 1;
    }
}

/// Works on all that are pending. One that fails is left; without credentials nothing goes on.
async fn each(
    works: &mut [Work],
    broken: &RefCell<Option<Error>>,
    say: &Say<'_>,
    act: impl AsyncFn(&mut Work) -> Result<()>,
) {
    let pending = stream::iter(works.iter_mut().filter(|work| work.is_pending()));
    pending
        .for_each_concurrent(AT_A_TIME, async |work| {
            if broken.borrow().is_some() {
                return;
            }
            let Err(error) = act(work).await else { return };
            if error.kind == Kind::Credentials {
                broken.borrow_mut().get_or_insert(error);
                return;
            }
            let why =
                std::iter::once(error.message.clone()).chain(error.causes()).collect::<Vec<_>>().join(": ");
            say.happened(Happening::Left { name: &work.entry.name, why: &why });
            work.leave(why);
        })
        .await;
}
