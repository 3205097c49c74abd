//! Every text in a template's resources, outputs and conditions, for rules that look at what is written in them.

use crate::template::{Template, function_of_tag};
use crate::yaml::{Node, Span};

/// One text.
pub(super) struct Text<'n> {
    pub text: &'n str,
    /// The key in front of it, or the text itself in a list.
    pub span: Span,
    pub path: &'n [String],
}

impl Text<'_> {
    /// Says whether the text is the argument of a function or a part of one; the branches of `Fn::If` are not.
    pub fn is_in_function(&self) -> bool {
        self.path.iter().any(|segment| segment == "Ref" || segment.starts_with("Fn::") && segment != "Fn::If")
    }

    /// Says whether the text stands in a resource's properties.
    pub fn is_in_properties(&self) -> bool {
        matches!(self.path, [section, _, attribute, ..] if section == "Resources" && attribute == "Properties")
    }
}

/// Visits the texts of resources, outputs and conditions.
pub(super) fn each(template: &Template, visit: &mut dyn FnMut(&Text<'_>)) {
    for (key, node) in template.document().root.entries() {
        if matches!(key.name.as_str(), "Resources" | "Outputs" | "Conditions") {
            walk(node, key.span, &mut vec![key.name.clone()], visit);
        }
    }
}

fn walk(node: &Node, span: Span, path: &mut Vec<String>, visit: &mut dyn FnMut(&Text<'_>)) {
    let tag = function_of_tag(node);
    let length = path.len();
    path.extend(tag);
    if let Some(text) = node.as_str() {
        visit(&Text { text, span, path });
    }
    for (key, value) in node.entries() {
        path.push(key.name.clone());
        walk(value, key.span, path, visit);
        path.pop();
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        walk(item, item.span, path, visit);
        path.pop();
    }
    path.truncate(length);
}
