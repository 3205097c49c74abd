//! What the user wrote: a stack file becomes a [`Stack`], whose every name is known to lead somewhere.
//!
//! Nothing here knows CloudFormation's form of it (that is `render`) or speaks to AWS.

mod check;
mod environment;
mod load;
mod model;
mod name;
mod units;

pub use load::load;
pub use model::{Architecture, Compression, Delivery, Function, Reads, Stack, StartingPosition, Stream};
pub use name::logical_id;
pub use units::Seconds;
