//! The engine as people meet it: through boto3 and the AWS CLI, which share no code with it or with the SDKs for Rust.

mod boto3;
mod cli;
mod environment;
