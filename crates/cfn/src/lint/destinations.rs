//! Where functions stand, and what is wanted there: from resources, outputs and conditions to the types and the format that the
//! place of each `Ref` and `Fn::GetAtt` asks for.
//!
//! A place in a property asks what its schema says, a place in another function what that function takes. What is in an `Fn::If`
//! that cannot be read is left out: it would only be told twice. It does not know what the functions give.

use crate::schema::{self, Schema, Type};
use crate::template::Template;
use serde_json::{Map, Value};

/// What a place takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    types: u8,
    /// The word of a schema's `format`.
    pub(super) format: Option<&'static str>,
}

impl Wanted {
    const TEXT: Wanted = Wanted { types: 1 << Type::String as u8, format: None };
    const LIST: Wanted = Wanted { types: 1 << Type::Array as u8, format: None };
    const NUMBER: Wanted = Wanted { types: 1 << Type::Integer as u8, format: None };
    const OBJECT: Wanted = Wanted { types: 1 << Type::Object as u8, format: None };

    fn of(schema: Schema<'static>) -> Self {
        let here = schema.followed();
        let types = here.types().iter().fold(0, |types, one| types | 1 << one as u8);
        Self { types, format: schema.format().or(here.format()) }
    }

    /// Says whether the place names the type; a place that names none takes all.
    pub(super) fn takes(self, wanted: Type) -> bool {
        self.types == 0 || self.types & 1 << wanted as u8 != 0
    }

    /// Says whether the place takes texts, or what is written as one.
    pub(super) fn takes_scalar(self) -> bool {
        [Type::String, Type::Boolean, Type::Integer, Type::Number].into_iter().any(|one| self.takes(one))
    }

    /// Returns the types that are named.
    pub(super) fn types(self) -> impl Iterator<Item = Type> {
        TYPES.into_iter().filter(move |one| self.types & 1 << *one as u8 != 0)
    }

    /// Returns the types in words.
    pub(super) fn words(self) -> String {
        let word = |one: Type| match one {
            Type::Array => "a list",
            Type::Boolean => "a boolean",
            Type::Integer | Type::Number => "a number",
            Type::Object => "an object",
            Type::Null | Type::String => "a text",
        };
        let mut words: Vec<&str> = self.types().map(word).collect();
        words.dedup();
        words.join(" or ")
    }
}

const TYPES: [Type; 6] =
    [Type::String, Type::Boolean, Type::Integer, Type::Number, Type::Array, Type::Object];

/// A `Ref` or an `Fn::GetAtt` with what is wanted in its place.
#[derive(Debug, Clone)]
pub(super) struct Destination<'t> {
    /// The way to the function, the function itself left out.
    pub(super) path: Vec<String>,
    /// `Ref`, `Fn::GetAtt`, or `Fn::Sub` for a variable of a text.
    pub(super) function: &'t str,
    pub(super) argument: &'t Value,
    pub(super) wanted: Wanted,
    /// Whether it stands in a function that takes it, and not in a property or an output itself.
    pub(super) is_argument: bool,
}

/// Returns the places of a template in the order of its text.
pub(super) fn of(template: &Template) -> Vec<Destination<'_>> {
    let mut walk = Walk { template, path: Vec::new(), found: Vec::new(), functions: 0 };
    let members = |section: &str| template.body.get(section).and_then(Value::as_object);
    let serverless = template.has_transform("AWS::Serverless-2016-10-31");
    for (name, condition) in members("Conditions").into_iter().flatten() {
        walk.below(&["Conditions", name], |walk| walk.value(condition, Wanted::default(), None));
    }
    for (name, resource) in members("Resources").into_iter().flatten() {
        let type_name = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let schema =
            schema::of(type_name).or_else(|| schema::of_serverless(type_name).filter(|_| serverless));
        for (attribute, value) in resource.as_object().into_iter().flatten() {
            let (wanted, schema) = match attribute.as_str() {
                "Properties" => (Wanted::OBJECT, schema.map(|schema| schema.root())),
                "UpdatePolicy" | "CreationPolicy" => (Wanted::OBJECT, None),
                _ => continue,
            };
            walk.below(&["Resources", name, attribute], |walk| walk.value(value, wanted, schema));
        }
    }
    for (name, output) in members("Outputs").into_iter().flatten() {
        if let Some(value) = output.get("Value") {
            walk.below(&["Outputs", name, "Value"], |walk| walk.value(value, Wanted::TEXT, None));
        }
    }
    walk.found
}

struct Walk<'t> {
    template: &'t Template,
    path: Vec<String>,
    found: Vec<Destination<'t>>,
    /// How many functions other than `Fn::If` are around.
    functions: usize,
}

impl<'t> Walk<'t> {
    fn below(&mut self, steps: &[&str], visit: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.extend(steps.iter().map(|step| (*step).to_owned()));
        visit(self);
        self.path.truncate(length);
    }

    fn value(&mut self, value: &'t Value, wanted: Wanted, schema: Option<Schema<'static>>) {
        match value {
            Value::Object(members) => match function(members) {
                Some((name, argument)) => self.function(name, argument, wanted, schema),
                None => {
                    for (name, member) in members {
                        let schema = schema.and_then(|schema| schema.followed().member(name));
                        self.below(&[name], |walk| walk.property(member, schema));
                    }
                }
            },
            Value::Array(items) => {
                let schema = schema.and_then(|schema| schema.followed().items());
                for (index, item) in items.iter().enumerate() {
                    self.below(&[&index.to_string()], |walk| walk.property(item, schema));
                }
            }
            _ => {}
        }
    }

    fn property(&mut self, value: &'t Value, schema: Option<Schema<'static>>) {
        self.value(value, schema.map(Wanted::of).unwrap_or_default(), schema);
    }

    fn function(
        &mut self,
        name: &'t str,
        argument: &'t Value,
        wanted: Wanted,
        schema: Option<Schema<'static>>,
    ) {
        let parts = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (name, parts) {
            ("Ref" | "Fn::GetAtt", _) => self.found(name, argument, wanted),
            ("Fn::If", [Value::String(condition), _, _]) => {
                if !self.template.conditions.contains_key(condition) {
                    return;
                }
                for (index, branch) in [("1", &parts[1]), ("2", &parts[2])] {
                    self.below(&[name, index], |walk| walk.value(branch, wanted, schema));
                }
            }
            ("Fn::If", _) => {}
            _ => {
                self.functions += 1;
                self.below(&[name], |walk| walk.arguments(name, argument, parts));
                self.functions -= 1;
            }
        }
    }

    fn arguments(&mut self, name: &'t str, argument: &'t Value, parts: &'t [Value]) {
        let takes = |index: usize| match (name, index) {
            ("Fn::Join" | "Fn::Cidr", 0) | ("Fn::Split" | "Fn::Equals", _) => Some(Wanted::TEXT),
            ("Fn::Join", 1) | ("Fn::Select", 1) => Some(Wanted::LIST),
            ("Fn::Select", 0) | ("Fn::Cidr", 1 | 2) => Some(Wanted::NUMBER),
            ("Fn::And" | "Fn::Or" | "Fn::Not", _) => Some(Wanted::default()),
            _ => None,
        };
        match (name, argument) {
            ("Fn::Sub", _) => self.sub(argument, parts),
            ("Fn::Base64" | "Fn::GetAZs" | "Fn::ImportValue", Value::Object(_)) => {
                self.value(argument, Wanted::TEXT, None);
            }
            _ => {
                for (index, part) in parts.iter().enumerate() {
                    let Some(wanted) = takes(index) else { continue };
                    self.below(&[&index.to_string()], |walk| match (name, index, part) {
                        ("Fn::Join" | "Fn::Select", 1, Value::Array(items)) => {
                            for (index, item) in items.iter().enumerate() {
                                walk.below(&[&index.to_string()], |walk| {
                                    walk.value(item, Wanted::TEXT, None)
                                });
                            }
                        }
                        _ => walk.value(part, wanted, None),
                    });
                }
            }
        }
    }

    fn sub(&mut self, argument: &'t Value, parts: &'t [Value]) {
        self.found("Fn::Sub", argument, Wanted::TEXT);
        for (name, value) in parts.get(1).and_then(Value::as_object).into_iter().flatten() {
            self.below(&["1", name], |walk| walk.value(value, Wanted::TEXT, None));
        }
    }

    fn found(&mut self, function: &'t str, argument: &'t Value, mut wanted: Wanted) {
        let is_argument = self.functions > 0;
        // AWS's schema leaves the options of a container's log driver open; awslogs takes the name of the group.
        // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
        if self.path.ends_with(&["LogConfiguration", "Options", "awslogs-group"].map(str::to_owned)) {
            wanted.format = wanted.format.or(Some("AWS::Logs::LogGroup.Name"));
        }
        self.found.push(Destination { path: self.path.clone(), function, argument, wanted, is_argument });
    }
}

/// Returns the function that an object is; `Condition` is one in conditions only, where its argument has no place.
fn function(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}
