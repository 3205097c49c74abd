//! Everything in a template that names something else in it, with its place.

use super::body::short_form;
use super::{Template, sub};
use crate::yaml::{Node, NodeValue, Span};

/// One name in the template that stands for something declared elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub from: Location,
    /// The name: of a resource, parameter, pseudo parameter, condition or mapping.
    pub to: String,
    /// The attribute, for `Fn::GetAtt` and the dotted names of `Fn::Sub`.
    pub attribute: Option<String>,
    pub kind: ReferenceKind,
}

/// A place in the template: the path to the name, functions in their long form, and the text's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub path: Vec<String>,
    pub span: Span,
}

impl Location {
    /// Returns the resource that the place is in.
    pub fn logical_id(&self) -> Option<&str> {
        match self.path.as_slice() {
            [section, logical_id, ..] if section == "Resources" => Some(logical_id),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferenceKind {
    Ref,
    GetAtt,
    /// A variable of `Fn::Sub` that is not local to it.
    Sub,
    DependsOn,
    /// The `Condition` of a resource or output, or `{"Condition": name}` within a condition.
    Condition,
    /// The condition of `Fn::If`.
    If,
    /// The mapping of `Fn::FindInMap`.
    FindInMap,
}

impl Template {
    /// Returns every reference, in the order of the text.
    pub fn references(&self) -> Vec<Reference> {
        let mut collector = Collector { path: Vec::new(), found: Vec::new(), in_condition: false };
        for (key, node) in self.document().root.entries() {
            match key.name.as_str() {
                "Resources" => collector.members(&key.name, node, Collector::resource),
                "Outputs" => collector.members(&key.name, node, Collector::output),
                "Conditions" => {
                    collector.in_condition = true;
                    collector.members(&key.name, node, Collector::value);
                    collector.in_condition = false;
                }
                "Rules" | "Globals" | "Transform" | "Hooks" => {
                    collector.within(&key.name, |collector| collector.value(node));
                }
                _ => {}
            }
        }
        collector.found
    }
}

struct Collector {
    path: Vec<String>,
    found: Vec<Reference>,
    /// Within a condition, `{"Condition": name}` is a function; elsewhere it may be a property, as in IAM policies.
    in_condition: bool,
}

impl Collector {
    fn members(&mut self, section: &str, node: &Node, visit: fn(&mut Collector, &Node)) {
        self.path.push(section.to_owned());
        for (key, member) in node.entries() {
            // `Fn::ForEach::Name` and `Fn::Transform` stand where members do.
            let visit = if is_function(&key.name) { Collector::value } else { visit };
            self.within(&key.name, |collector| visit(collector, member));
        }
        self.path.pop();
    }

    fn within(&mut self, segment: &str, visit: impl FnOnce(&mut Self)) {
        self.path.push(segment.to_owned());
        visit(self);
        self.path.pop();
    }

    fn resource(&mut self, node: &Node) {
        for (key, value) in node.entries() {
            self.within(&key.name, |collector| match key.name.as_str() {
                "DependsOn" => collector.depends_on(value),
                "Condition" => collector.named(ReferenceKind::Condition, value),
                "Type" => {}
                _ => collector.value(value),
            });
        }
    }

    fn output(&mut self, node: &Node) {
        for (key, value) in node.entries() {
            self.within(&key.name, |collector| match key.name.as_str() {
                "Condition" => collector.named(ReferenceKind::Condition, value),
                _ => collector.value(value),
            });
        }
    }

    fn depends_on(&mut self, node: &Node) {
        if let NodeValue::Sequence(items) = &node.value {
            for (index, item) in items.iter().enumerate() {
                self.within(&index.to_string(), |collector| {
                    collector.named(ReferenceKind::DependsOn, item);
                });
            }
        } else {
            self.named(ReferenceKind::DependsOn, node);
        }
    }

    /// Records a plain name; anything else in its place is for others to refuse.
    fn named(&mut self, kind: ReferenceKind, node: &Node) {
        match node.as_str() {
            Some(name) if node.tag.is_none() => self.record(kind, name, None, node.span),
            _ => self.value(node),
        }
    }

    fn record(&mut self, kind: ReferenceKind, to: &str, attribute: Option<&str>, span: Span) {
        self.found.push(Reference {
            from: Location { path: self.path.clone(), span },
            to: to.to_owned(),
            attribute: attribute.map(str::to_owned),
            kind,
        });
    }

    fn value(&mut self, node: &Node) {
        match short_form(node) {
            Some(function) => self.within(&function, |collector| collector.function(&function, node)),
            None => self.untagged(node),
        }
    }

    /// Visits a node whose tag, if it has one, was dealt with.
    fn untagged(&mut self, node: &Node) {
        if let [(key, argument)] = node.entries()
            && is_function(&key.name)
        {
            self.within(&key.name, |collector| collector.argument(&key.name, argument));
        } else {
            self.children(node);
        }
    }

    /// Visits a function's argument that may itself be written in a short form.
    fn argument(&mut self, function: &str, argument: &Node) {
        if argument.tag.is_some() {
            self.value(argument);
        } else {
            self.function(function, argument);
        }
    }

    /// Visits a function whose argument is `node`, its tag left aside.
    fn function(&mut self, function: &str, node: &Node) {
        match function {
            "Ref" => match node.as_str() {
                Some(name) => self.record(ReferenceKind::Ref, name, None, node.span),
                None => self.untagged(node),
            },
            "Condition" => match node.as_str() {
                Some(name) if self.in_condition || node.tag.is_some() => {
                    self.record(ReferenceKind::Condition, name, None, node.span);
                }
                _ => self.untagged(node),
            },
            "Fn::GetAtt" => self.get_att(node),
            "Fn::Sub" => self.sub(node),
            "Fn::If" => self.first_named(ReferenceKind::If, node),
            "Fn::FindInMap" => self.first_named(ReferenceKind::FindInMap, node),
            _ => self.untagged(node),
        }
    }

    fn get_att(&mut self, node: &Node) {
        if let Some(text) = node.as_str() {
            let (name, attribute) = match text.split_once('.') {
                Some((name, attribute)) => (name, Some(attribute)),
                None => (text, None),
            };
            self.record(ReferenceKind::GetAtt, name, attribute, node.span);
            return;
        }
        let [first, rest @ ..] = node.items() else {
            return;
        };
        if let Some(name) = first.as_str().filter(|_| first.tag.is_none()) {
            let text = |part: &'_ Node| part.as_str().filter(|_| part.tag.is_none()).map(str::to_owned);
            let parts: Option<Vec<String>> = rest.iter().map(text).collect();
            let attribute = parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("."));
            self.within("0", |collector| {
                collector.record(ReferenceKind::GetAtt, name, attribute.as_deref(), first.span);
            });
        }
        self.rest(node);
    }

    fn sub(&mut self, node: &Node) {
        match (node.as_str(), node.items()) {
            (Some(text), _) => self.sub_text(text, node.span, &|_| false),
            (None, [text_node, rest @ ..]) => {
                let locals = rest.first();
                if let Some(text) = text_node.as_str().filter(|_| text_node.tag.is_none()) {
                    self.within("0", |collector| {
                        collector.sub_text(text, text_node.span, &|name| {
                            locals.is_some_and(|locals| locals.get(name).is_some())
                        });
                    });
                }
                self.rest(node);
            }
            _ => self.untagged(node),
        }
    }

    fn sub_text(&mut self, text: &str, span: Span, is_local: &dyn Fn(&str) -> bool) {
        for name in sub::variables(text) {
            if is_local(name) {
                continue;
            }
            match name.split_once('.') {
                Some((name, attribute)) => {
                    self.record(ReferenceKind::Sub, name, Some(attribute), span);
                }
                None => self.record(ReferenceKind::Sub, name, None, span),
            }
        }
    }

    /// Visits a function whose first item is a name, and the items after it.
    fn first_named(&mut self, kind: ReferenceKind, node: &Node) {
        if let Some(first) = node.items().first() {
            self.within("0", |collector| collector.named(kind, first));
        }
        self.rest(node);
    }

    /// Visits the items after the first.
    fn rest(&mut self, node: &Node) {
        for (index, item) in node.items().iter().enumerate().skip(1) {
            self.within(&index.to_string(), |collector| collector.value(item));
        }
    }

    fn children(&mut self, node: &Node) {
        for (index, item) in node.items().iter().enumerate() {
            self.within(&index.to_string(), |collector| collector.value(item));
        }
        for (key, value) in node.entries() {
            self.within(&key.name, |collector| collector.value(value));
        }
    }
}

/// Says whether a mapping's only key makes it a function.
pub(crate) fn is_function(name: &str) -> bool {
    name == "Ref" || name == "Condition" || name.starts_with("Fn::")
}
