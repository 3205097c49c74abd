//! What kinds of value a place takes and a function gives: text or number, list, object.

use crate::lint::Context;
use crate::schema::{self, Schema, Type};
use crate::yaml::{Node, NodeValue};

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    /// A text, a number or a flag: CloudFormation turns each into the others.
    pub const SINGLE: Kinds = Kinds(1);
    pub const LIST: Kinds = Kinds(2);
    pub const OBJECT: Kinds = Kinds(4);
    pub const ANY: Kinds = Kinds(7);

    pub const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    pub fn meet(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Says the kinds in words.
    pub fn words(self) -> &'static str {
        match (self.meet(Kinds::SINGLE), self.meet(Kinds::LIST), self.meet(Kinds::OBJECT)) {
            (true, false, false) => "a single value",
            (false, true, false) => "a list",
            (false, false, true) => "an object",
            (true, true, false) => "a single value or a list",
            (true, false, true) => "a single value or an object",
            (false, true, true) => "a list or an object",
            _ => "any value",
        }
    }

    /// Returns the kind of a value that is written out; null has none.
    pub fn of_literal(node: &Node) -> Option<Kinds> {
        match node.value {
            NodeValue::Null => None,
            NodeValue::Sequence(_) => Some(Kinds::LIST),
            NodeValue::Mapping(_) => Some(Kinds::OBJECT),
            _ => Some(Kinds::SINGLE),
        }
    }

    fn of_schema(schema: Schema<'_>) -> Kinds {
        let types = schema.followed().types();
        if types.is_empty() {
            return Kinds::ANY;
        }
        types.iter().fold(Kinds(0), |kinds, one| {
            kinds.or(match one {
                Type::Array => Kinds::LIST,
                Type::Object => Kinds::OBJECT,
                _ => Kinds::SINGLE,
            })
        })
    }
}

/// Returns what the place of a property takes, and if it is a list, what its items are.
pub(super) fn of_place(context: &Context<'_>, path: &[String]) -> (Kinds, Kinds) {
    let nothing = (Kinds::ANY, Kinds::ANY);
    let [section, logical_id, attribute, way @ ..] = path else { return nothing };
    if section != "Resources" || attribute != "Properties" {
        return nothing;
    }
    let resource = context.template.resources.get(logical_id);
    let Some(root) = resource.and_then(|resource| schema::of(&resource.resource_type)) else {
        return nothing;
    };
    match descend(root.root(), way.iter().map(String::as_str)) {
        Some(schema) => {
            let items = schema.followed().items().map_or(Kinds::ANY, Kinds::of_schema);
            (Kinds::of_schema(schema), items)
        }
        None => nothing,
    }
}

fn descend<'s, 'p>(root: Schema<'s>, way: impl Iterator<Item = &'p str>) -> Option<Schema<'s>> {
    let mut schema = root;
    let mut way = way.peekable();
    while let Some(step) = way.next() {
        if step == "Fn::If" {
            way.next();
            continue;
        }
        let here = schema.followed();
        let is_index = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        schema = match here.items().filter(|_| is_index) {
            Some(items) => items,
            None => here.property(step)?,
        };
    }
    Some(schema)
}

/// Returns what `Ref` of a name gives.
pub(super) fn of_ref(context: &Context<'_>, name: &str) -> Kinds {
    if let Some(parameter) = context.template.parameters.get(name) {
        return if parameter.is_list() { Kinds::LIST } else { Kinds::SINGLE };
    }
    match name {
        "AWS::NotificationARNs" => Kinds::LIST,
        "AWS::NoValue" => Kinds::ANY,
        _ if name.starts_with("AWS::") => Kinds::SINGLE,
        // What a module is made of is not known.
        _ => match context.template.resources.get(name) {
            Some(resource) if !resource.resource_type.ends_with("::MODULE") => Kinds::SINGLE,
            _ => Kinds::ANY,
        },
    }
}

/// Returns what an attribute of a resource is.
pub(super) fn of_attribute(context: &Context<'_>, name: &str, attribute: &str) -> Kinds {
    let resource = context.template.resources.get(name);
    let schema = resource.and_then(|resource| schema::of(&resource.resource_type));
    let attribute = schema.and_then(|schema| descend(schema.root(), attribute.split('.')));
    attribute.map_or(Kinds::ANY, Kinds::of_schema)
}
