//! Every use of one function in a template, for rules that check its arguments.

use crate::template::{Template, function_of_tag};
use crate::yaml::{Node, Span};

/// One use of a function.
pub(in crate::lint) struct Place<'n> {
    /// The argument; when the function is written in its short form, its tag is the function itself.
    pub argument: &'n Node,
    /// Where the function's name stands.
    pub span: Span,
    pub path: &'n [String],
    short: bool,
}

impl Place<'_> {
    /// Says whether the argument is itself a function in its short form.
    pub fn argument_is_function(&self) -> bool {
        !self.short && self.argument.tag.is_some()
    }
}

/// Visits every use of `function` outside metadata, parameters and mappings.
pub(in crate::lint) fn each(template: &Template, function: &str, visit: &mut dyn FnMut(&Place<'_>)) {
    for (key, node) in template.document().root.entries() {
        if !matches!(key.name.as_str(), "Metadata" | "Parameters" | "Mappings") {
            walk(node, function, &mut vec![key.name.clone()], visit);
        }
    }
}

fn walk(node: &Node, function: &str, path: &mut Vec<String>, visit: &mut dyn FnMut(&Place<'_>)) {
    let tag = function_of_tag(node);
    if let Some(name) = &tag {
        path.push(name.clone());
        if name == function {
            let span = node.tag.as_ref().map_or(node.span, |tag| tag.span);
            visit(&Place { argument: node, span, path, short: true });
        }
    }
    for (key, value) in node.entries() {
        path.push(key.name.clone());
        if key.name == function && node.entries().len() == 1 {
            visit(&Place { argument: value, span: key.span, path, short: false });
        }
        walk(value, function, path, visit);
        path.pop();
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        walk(item, function, path, visit);
        path.pop();
    }
    if tag.is_some() {
        path.pop();
    }
}
