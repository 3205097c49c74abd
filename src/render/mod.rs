//! Turns a [`Stack`] into a CloudFormation template, always the same bytes for the same stack.
//!
//! It prepares plain values for the Handlebars templates in `templates/`; it knows neither network nor clock.

mod engine;
mod pipeline;
mod scalar;

pub use engine::{Template, render};
