//! One verb per file: its arguments, whose comments are its help, and what it does, in the order it happens.
//!
//! Commands do not call commands; what two of them share is a stage of the way.

pub mod completions;
pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod doctor;
pub mod drift;
pub mod estimate;
pub mod events;
pub mod explain;
pub mod graph;
pub mod lint;
pub mod local;
pub mod logs;
pub mod outputs;
pub mod package;
pub mod purge;
pub mod read;
pub mod recover;
pub mod rehearse;
pub mod render;
pub mod schema;
pub mod send;
pub mod status;
pub mod verify;
pub mod watch;
