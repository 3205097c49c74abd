//! Code that stands in the template: whether it can be read, and whether it has the handler that is called.
//!
//! Only what is certain is told: a bracket without its other half, a block without its colon, a name that is nowhere.

mod inline;
mod javascript;
mod python;
mod words;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    by!(Error, inline::check, "H1801", "inline code can be read by its runtime"),
    by!(Error, inline::check, "H1802", "inline code has the handler that is called"),
    by!(Warning, inline::check, "H1803", "inline code imports the modules that it uses"),
    by!(Warning, inline::check, "H1804", "a function that transforms records answers as Firehose expects"),
];
