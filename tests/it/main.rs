//! The program as its users meet it: the real binary, its own engine, real functions.
//!
//! Every test has a folder, a HOME and an engine of its own. `offline` needs no engine; `journey` goes the whole
//! way on the local engine, `seeds` does so with every stack of the repository, `refusals` breaks things on purpose, `peer` repeats the journey on another server,
//! and `clients` deploys to the local engine as users of the CDK and of SAM do.

mod adopt;
mod attend;
mod clients;
mod custom;
mod destroy;
mod doctor;
mod documents;
mod drift;
mod environment;
mod greeter;
mod hot;
mod journey;
mod leftovers;
mod lint;
mod local;
mod logs;
mod many;
mod offline;
mod peer;
mod plan;
mod purge;
mod read;
mod recover;
mod refusals;
mod seeds;
mod send;
mod sweep;
mod values;
mod verify;
mod watch;
