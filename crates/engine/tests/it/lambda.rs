//! Functions as their callers meet them: deployed, invoked, limited, fed from streams and queues, and gone again.

mod concurrency;
mod events;
mod functions;
mod invoke;
mod killed;
mod stage;
mod streams;

pub(crate) use stage::{Stage, package, zipped};
