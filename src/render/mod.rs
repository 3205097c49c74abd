//! Turns a [`Stack`] into a CloudFormation template, always the same bytes for the same stack.
//!
//! It prepares plain values for the Handlebars templates in `templates/`, and knows which key of the stack file a place
//! in the template comes from; it knows neither network nor clock.

mod engine;
mod origin;
mod pipeline;
mod scalar;

pub use engine::{Template, render};
pub use origin::Origins;
