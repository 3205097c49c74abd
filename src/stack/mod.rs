//! What the user wrote: a stack file becomes a [`Stack`], whose every name is known to lead somewhere.
//!
//! Nothing here knows CloudFormation's form of it (that is `render`) or speaks to AWS.

mod check;
mod environment;
mod flow;
mod function;
mod graph;
mod layout;
pub mod lint;
mod load;
mod model;
mod name;
pub mod order;
pub mod outputs;
mod place;
mod resources;
mod route;
mod schedule;
mod schema;
pub mod shard;
mod siblings;
mod units;
pub mod value;

pub use environment::{Environment, is_production};
pub use function::{
    Access, Architecture, Auth, Function, HTTP_BURST, HTTP_RATE, Http, Reads, StartingPosition, Watches,
};
pub use graph::{Edge, Graph, Kind, Node as GraphNode};
pub use layout::{ColumnType, RecordFormat, Records};
#[cfg(test)]
pub use load::parse;
pub use load::{DEFAULT_ENVIRONMENT, load};
pub use model::{
    Compression, Delimiter, Delivery, Naming, Stack, StackFile, Stream, TRANSFORM_SECONDS, User,
};
pub use name::{layer_id, logical_id, value_id};
pub use resources::{Resource, parameters, resources};
pub use schema::schema;
pub use units::{ByteSize, Rate, Seconds};
