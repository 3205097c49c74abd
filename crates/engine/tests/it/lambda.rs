//! Functions as their callers meet them: deployed, invoked, limited, fed from streams and queues, and gone again.

mod concurrency;
mod events;
mod filters;
mod functions;
mod invoke;
mod killed;
mod lanes;
mod mapping_rules;
mod queues;
mod stacks;
mod stage;
mod streams;
mod windows;

pub(crate) use stage::{Stage, package, zipped};
