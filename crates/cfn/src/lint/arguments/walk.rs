//! The way through a template's values, from one function to the next.

use super::kinds::{self, Kinds};
use super::signatures::{self, Argument, Inside};
use super::{finding, owner};
use crate::lint::{Context, Finding, did_you_mean};
use crate::schema;
use crate::template::function_of_tag;
use crate::yaml::{Node, NodeValue, Span};
use std::borrow::Cow;

/// A value; when it is `bare`, its tag was read before and is passed over.
#[derive(Clone, Copy)]
struct Value<'n> {
    node: &'n Node,
    bare: bool,
    /// Where to show what is wrong with it as a whole: its key, or the value itself in a list.
    span: Span,
}

/// A function with its argument.
struct Call<'n> {
    name: Cow<'n, str>,
    argument: Value<'n>,
}

impl<'n> Value<'n> {
    fn new(node: &'n Node, span: Span) -> Self {
        Self { node, bare: false, span }
    }

    fn call(self) -> Option<Call<'n>> {
        if let Some(tag) = self.node.tag.as_ref().filter(|_| !self.bare) {
            let name = function_of_tag(self.node)?;
            return Some(Call {
                name: Cow::Owned(name),
                argument: Value { node: self.node, bare: true, span: tag.span },
            });
        }
        match self.node.entries() {
            [(key, argument)]
                if key.name == "Ref" || key.name == "Condition" || key.name.starts_with("Fn::") =>
            {
                Some(Call { name: Cow::Borrowed(&key.name), argument: Value::new(argument, key.span) })
            }
            _ => None,
        }
    }

    fn items(self) -> impl Iterator<Item = Value<'n>> {
        self.node.items().iter().map(|item| Value::new(item, item.span))
    }
}

pub(super) fn collect(context: &Context<'_>) -> Vec<Finding> {
    let mut walk = Walk {
        context,
        extended: context.template.has_transform("AWS::LanguageExtensions"),
        path: Vec::new(),
        found: Vec::new(),
    };
    for (key, node) in context.template.document().root.entries() {
        if matches!(key.name.as_str(), "Resources" | "Outputs" | "Conditions" | "Rules") {
            walk.step(&key.name, |walk| walk.place(Value::new(node, key.span)));
        }
    }
    walk.found
}

struct Walk<'c, 't> {
    context: &'c Context<'t>,
    /// Whether `AWS::LanguageExtensions` is at work.
    extended: bool,
    path: Vec<String>,
    found: Vec<Finding>,
}

impl Walk<'_, '_> {
    fn step(&mut self, segment: &str, visit: impl FnOnce(&mut Self)) {
        self.path.push(segment.to_owned());
        visit(self);
        self.path.pop();
    }

    fn add(&mut self, own: &'static str, message: String, help: Option<String>, span: Span) {
        let rule = owner::at(&self.path, own);
        self.found.push(finding(rule, message, help, span, &self.path));
    }

    /// Visits a value that is no function's argument.
    fn place(&mut self, value: Value<'_>) {
        match value.call() {
            Some(call) if call.name == "Fn::If" => self.branches(call.argument, Self::place),
            Some(call) if signatures::is_known(&call.name) => {
                let (kinds, items) = kinds::of_place(self.context, &self.path);
                self.gives(&call, kinds, value.span);
                if call.name == "Fn::GetAZs" && kinds.meet(Kinds::LIST) && !items.meet(Kinds::SINGLE) {
                    let message =
                        format!("`Fn::GetAZs` gives names, where each item must be {}", items.words());
                    self.found.push(finding("W1036", message, None, call.argument.span, &self.path));
                }
                self.argument_of(&call);
            }
            Some(call) => self.step(&call.name, |walk| walk.children(call.argument, Self::place)),
            None => self.children(value, Self::place),
        }
    }

    /// Visits items and members.
    fn children(&mut self, value: Value<'_>, visit: fn(&mut Self, Value<'_>)) {
        for (index, item) in value.items().enumerate() {
            self.step(&index.to_string(), |walk| visit(walk, item));
        }
        for (key, member) in value.node.entries() {
            self.step(&key.name, |walk| visit(walk, Value::new(member, key.span)));
        }
    }

    /// Visits both sides of `Fn::If`; that it has two is another rule's.
    fn branches(&mut self, argument: Value<'_>, mut visit: impl FnMut(&mut Self, Value<'_>)) {
        self.path.push("Fn::If".to_owned());
        for (index, branch) in argument.items().enumerate().skip(1) {
            self.step(&index.to_string(), |walk| visit(walk, branch));
        }
        self.path.pop();
    }

    /// Checks that a function gives what its place takes.
    fn gives(&mut self, call: &Call<'_>, wanted: Kinds, span: Span) {
        let gives = match (call.name.as_ref(), call.argument.node.as_str()) {
            // Names in the places of properties are the rules' of names.
            ("Ref" | "Fn::GetAtt", _) if !self.is_within_function() => return,
            ("Ref", Some(name)) => kinds::of_ref(self.context, name),
            ("Fn::GetAtt", _) => self.attribute_kinds(call.argument.node),
            (name, _) => signatures::of(name).map_or(Kinds::ANY, |signature| signature.gives),
        };
        if gives.meet(wanted) {
            return;
        }
        let message = format!("`{}` gives {}, where {} is needed", call.name, gives.words(), wanted.words());
        let Some(own) = owner::rule_of(&call.name) else { return };
        // A name of the wrong kind is the name's fault, in whatever function it stands.
        let strict = |segment: &String| matches!(segment.as_str(), "Fn::Length" | "Fn::ToJsonString");
        let span = match call.name.as_ref() {
            "Fn::GetAtt" => {
                let mut path = self.path.clone();
                path.push("Fn::GetAtt".to_owned());
                self.context.template.function_place(&path)
            }
            _ => span,
        };
        if call.name != "Ref" || self.path.iter().any(strict) {
            self.add(own, message, None, span);
        }
    }

    fn is_within_function(&self) -> bool {
        self.path.iter().any(|segment| segment != "Fn::If" && owner::rule_of(segment).is_some())
    }

    fn attribute_kinds(&self, argument: &Node) -> Kinds {
        let text = |node: &Node| node.as_str().filter(|_| node.tag.is_none()).map(str::to_owned);
        let (name, attribute) = match (argument.as_str(), argument.items()) {
            (Some(dotted), _) => match dotted.split_once('.') {
                Some((name, attribute)) => (name.to_owned(), attribute.to_owned()),
                None => return Kinds::ANY,
            },
            (None, [name, attribute]) => match (text(name), text(attribute)) {
                (Some(name), Some(attribute)) => (name, attribute),
                _ => return Kinds::ANY,
            },
            _ => return Kinds::ANY,
        };
        kinds::of_attribute(self.context, &name, &attribute)
    }

    /// Checks a function's argument.
    fn argument_of(&mut self, call: &Call<'_>) {
        let Some(own) = owner::rule_of(&call.name) else { return };
        self.path.push(call.name.clone().into_owned());
        if matches!(call.name.as_ref(), "Fn::Length" | "Fn::ToJsonString") && !self.extended {
            let message = format!("`{}` needs the transform AWS::LanguageExtensions", call.name);
            let help = Some("add `Transform: AWS::LanguageExtensions`".to_owned());
            self.add(own, message, help, call.argument.span);
        } else if let Some(signature) = signatures::of(&call.name) {
            self.argument(own, signature.takes, call.argument);
            match call.name.as_ref() {
                "Fn::Select" => self.selected(own, call.argument.node),
                "Fn::Split" => self.split(own, call.argument.node),
                _ => {}
            }
        }
        self.path.pop();
    }

    /// Checks one argument, or a part of one, against what must stand in its place.
    fn argument(&mut self, own: &'static str, wanted: &'static Argument, value: Value<'_>) {
        let call = value.call();
        if let Some(call) = call.as_ref().filter(|call| signatures::is_known(&call.name)) {
            return self.function(own, wanted, call, value);
        }
        // A function that CloudFormation does not know is no more than an object.
        let kind = call.map_or_else(|| Kinds::of_literal(value.node), |_| Some(Kinds::OBJECT));
        if !kind.is_some_and(|kind| kind.meet(wanted.kinds)) {
            let found = kind.map_or("nothing", Kinds::words);
            self.add(
                own,
                format!("{found} stands where {} is needed", wanted.kinds.words()),
                None,
                value.span,
            );
            return;
        }
        self.inside(own, wanted, value);
    }

    /// Checks a function that stands where an argument is wanted.
    fn function(&mut self, own: &'static str, wanted: &'static Argument, call: &Call<'_>, value: Value<'_>) {
        let name = call.name.as_ref();
        if !(wanted.functions.contains(&name) || self.extended && wanted.extended.contains(&name)) {
            return match wanted.inside {
                _ if !wanted.kinds.meet(Kinds::OBJECT) => {
                    let message = format!("`{name}` cannot stand where {} is needed", wanted.kinds.words());
                    let help = (!wanted.functions.is_empty())
                        .then(|| format!("write it out, or use {}", wanted.functions.join(", ")));
                    self.add(own, message, help, value.span);
                }
                Inside::Named(..) => self.inside(own, wanted, value),
                _ => self.place(value),
            };
        }
        match name {
            "Fn::If" => self.nested_if(own, wanted, call.argument),
            "Ref" | "Fn::GetAtt" | "Fn::Transform" => self.gives(call, wanted.kinds, value.span),
            _ => {
                self.gives(call, wanted.kinds, value.span);
                self.argument_of(call);
            }
        }
    }

    fn nested_if(&mut self, own: &'static str, wanted: &'static Argument, argument: Value<'_>) {
        if argument.node.items().len() != 3 {
            self.path.push("Fn::If".to_owned());
            self.add(own, "`Fn::If` takes a condition and two values".to_owned(), None, argument.span);
            self.path.pop();
            return;
        }
        self.branches(argument, |walk, branch| walk.argument(own, wanted, branch));
    }

    fn inside(&mut self, own: &'static str, wanted: &'static Argument, value: Value<'_>) {
        match &wanted.inside {
            Inside::Anything => {
                if value.node.is_collection() {
                    self.children(value, Self::place);
                }
            }
            Inside::Each(each) => {
                for (index, item) in value.items().enumerate() {
                    self.step(&index.to_string(), |walk| walk.argument(own, each, item));
                }
            }
            Inside::Places(least, places) => self.places(own, *least, places, value),
            Inside::Members(each) => {
                for (key, member) in value.node.entries() {
                    self.step(&key.name, |walk| walk.argument(own, each, Value::new(member, key.span)));
                }
            }
            Inside::Named(least, names, each) => self.named(own, *least, names, each, value),
            Inside::Integer(least, most) => self.integer(own, (*least, *most), value),
            Inside::Region => self.region(own, value),
            Inside::Block => self.block(own, value),
            Inside::Filled => {
                if value.node.items().is_empty() && value.node.entries().is_empty() {
                    self.add(own, "there is nothing in it".to_owned(), None, value.span);
                }
                self.children(value, Self::place);
            }
        }
    }

    fn places(&mut self, own: &'static str, least: usize, places: &'static [Argument], value: Value<'_>) {
        let NodeValue::Sequence(items) = &value.node.value else { return };
        if items.len() < least || items.len() > places.len() {
            let count = if least == places.len() {
                least.to_string()
            } else {
                format!("{least} to {}", places.len())
            };
            self.add(own, format!("the list has {} items, not {count}", items.len()), None, value.span);
        }
        for (index, (item, wanted)) in value.items().zip(places).enumerate() {
            self.step(&index.to_string(), |walk| walk.argument(own, wanted, item));
        }
    }

    fn named(
        &mut self,
        own: &'static str,
        least: usize,
        names: &'static [&'static str],
        each: &'static Argument,
        value: Value<'_>,
    ) {
        for name in names.iter().take(least).filter(|name| value.node.get(name).is_none()) {
            self.add(own, format!("`{name}` is missing"), None, value.span);
        }
        for (key, member) in value.node.entries() {
            if names.contains(&key.name.as_str()) {
                self.step(&key.name, |walk| walk.argument(own, each, Value::new(member, key.span)));
            } else {
                let help = did_you_mean(&key.name, names);
                self.add(own, format!("`{}` is not one of its members", key.name), help, key.span);
            }
        }
    }

    fn integer(&mut self, own: &'static str, (least, most): (i64, i64), value: Value<'_>) {
        let number = match &value.node.value {
            NodeValue::Number(number) => number.as_f64(),
            NodeValue::String(text) => text.trim().parse::<i64>().ok().map(|number| number as f64),
            _ => None,
        };
        match number {
            None => self.add(own, "a whole number is needed here".to_owned(), None, value.span),
            Some(number) if number < least as f64 => {
                self.add(own, format!("the number must not be less than {least}"), None, value.span);
            }
            Some(number) if number > most as f64 => {
                self.add(own, format!("the number must not be greater than {most}"), None, value.span);
            }
            Some(_) => {}
        }
    }

    fn region(&mut self, own: &'static str, value: Value<'_>) {
        let text = value.node.as_str().unwrap_or_default();
        if !text.is_empty() && !schema::region_names().any(|region| region == text) {
            let help = did_you_mean(text, &schema::region_names().collect::<Vec<_>>());
            self.add(own, format!("no region is named `{text}`"), help, value.span);
        }
    }

    fn block(&mut self, own: &'static str, value: Value<'_>) {
        let is_block = |text: &str| {
            let (address, length) = text.split_once('/')?;
            address.parse::<std::net::Ipv4Addr>().ok()?;
            length.parse::<u8>().ok().filter(|length| *length <= 32 && !text.ends_with("/+"))
        };
        if value.node.as_str().and_then(is_block).is_none() {
            let message = "a block of addresses is needed here, such as 10.0.0.0/16".to_owned();
            self.add(own, message, None, value.span);
        }
    }

    /// Checks that `Fn::Select` has an item to select from a list that is written out.
    fn selected(&mut self, own: &'static str, argument: &Node) {
        let [index, list] = argument.items() else { return };
        let (NodeValue::Sequence(items), None) = (&list.value, &list.tag) else { return };
        let number = match &index.value {
            _ if index.tag.is_some() => None,
            NodeValue::Number(number) => number.as_u64(),
            NodeValue::String(text) => text.parse().ok(),
            _ => None,
        };
        if let Some(number) = number.filter(|number| *number >= items.len() as u64) {
            let message =
                format!("there is no item {number} in a list of {}; the first one is 0", items.len());
            self.step("0", |walk| walk.add(own, message, None, index.span));
        }
    }

    /// Refuses what AWS puts in only after the text would have been split.
    fn split(&mut self, own: &'static str, argument: &Node) {
        let [_, text] = argument.items() else { return };
        if text.as_str().is_some_and(|text| text.contains("{{resolve:")) {
            let message = "`Fn::Split` cannot split a dynamic reference, which is resolved later".to_owned();
            self.step("1", |walk| walk.add(own, message, None, text.span));
        }
    }
}
