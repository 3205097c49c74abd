//! The outputs of a stack's template, and which of them it exports.
//!
//! It knows their names and what they are of; how they are written is in `render`.

use super::model::{Stack, StackFile};
use super::name::logical_id;

/// An output of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub key: String,
    /// The name of the block that it tells of.
    pub block: String,
    /// The logical id of what it tells of.
    pub of: String,
    /// The attribute that it tells; what `Ref` gives when absent.
    pub attribute: Option<&'static str>,
    /// Whether other stacks may import it.
    pub is_exported: bool,
}

/// Returns every output of the template, in order. What is exported tells its ARN too.
pub fn outputs(file: &StackFile) -> Vec<Output> {
    let mut list = List { file, outputs: Vec::new() };
    file.streams.keys().for_each(|name| list.block(name));
    for name in file.bucket_names() {
        list.add(name, format!("{}Bucket", logical_id(name)), "Name", None);
    }
    file.deliveries.keys().for_each(|name| list.block(name));
    for name in file.topics.keys() {
        list.add(name, logical_id(name), "Arn", None);
    }
    file.functions.keys().for_each(|name| list.block(name));
    for name in file.users.keys() {
        list.add(name, logical_id(name), "Name", None);
    }
    list.outputs
}

/// Returns the name under which a stack exports an output; the stack's own name keeps environments apart.
pub fn export_name(stack: &Stack, key: &str) -> String {
    format!("{}-{key}", stack.stack_name())
}

struct List<'a> {
    file: &'a StackFile,
    outputs: Vec<Output>,
}

impl List<'_> {
    fn block(&mut self, name: &str) {
        self.add(name, logical_id(name), "Name", None);
        if self.is_exported(name) {
            self.add(name, logical_id(name), "Arn", Some("Arn"));
        }
    }

    fn add(&mut self, name: &str, of: String, ending: &str, attribute: Option<&'static str>) {
        let (key, is_exported) = (format!("{of}{ending}"), self.is_exported(name));
        self.outputs.push(Output { key, block: name.to_owned(), of, attribute, is_exported });
    }

    fn is_exported(&self, name: &str) -> bool {
        self.file.exports.iter().any(|export| export.value == name)
    }
}
