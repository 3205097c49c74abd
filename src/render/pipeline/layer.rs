//! Layers.

use serde::Serialize;

use crate::stack::layer_id;

#[derive(Debug, Serialize)]
pub struct LayerBlock {
    pub id: String,
    pub name: String,
}

pub fn block(name: &str) -> LayerBlock {
    LayerBlock { id: layer_id(name), name: name.to_owned() }
}
