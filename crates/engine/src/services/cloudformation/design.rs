//! What a blueprint asks for: its template with parameters filled in and conditions decided.
//!
//! Resources come out with their functions still in place; [`View`] says what is known when one is resolved. It
//! does not know what exists already: that is compared by `changes` and by `provision`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hydrant_cfn::schema::{self, ResourceSchema};
use hydrant_cfn::template::graph::{self, Dependencies};
use hydrant_cfn::template::resolve::{self, ResolveError, ResolveErrorKind, Resolved, Scope};
use hydrant_cfn::template::scalar_text;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::diff::Difference;
use super::exports::Exports;
use super::recreation::{Recreation, recreation};
use super::stack::{Blueprint, Output, Stack};
use super::stack_resource::{RemovalPolicy, StackResource};
use super::template::{Checked, validation_error};
use super::{coerce, custom, dynamic};
use crate::error::AwsError;

/// A blueprint, ready to be compared or carried out.
pub struct Design {
    checked: Checked,
    pseudo: BTreeMap<&'static str, Value>,
    parameters: BTreeMap<String, Value>,
    conditions: IndexMap<String, bool>,
    dependencies: Dependencies,
    /// The resources whose conditions hold.
    pub wanted: BTreeMap<String, Wanted>,
}

/// A resource as the template asks for it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub logical_id: String,
    pub resource_type: String,
    /// Properties with functions in place.
    pub properties: Value,
    pub depends_on: BTreeSet<String>,
    pub deletion_policy: RemovalPolicy,
    pub update_replace_policy: RemovalPolicy,
    pub metadata: Option<Value>,
    pub description: Option<String>,
}

/// What is known while values are resolved.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub resources: &'a BTreeMap<String, Arc<StackResource>>,
    pub exports: &'a Exports,
    /// Resources that will be others by the time it matters.
    pub unknown: &'a BTreeSet<String>,
}

/// A name that a value depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Parameter(String),
    Resource(String),
    Attribute(String, String),
}

impl Wanted {
    /// Returns AWS's schema of the type, where it is known.
    pub fn schema(&self) -> Option<ResourceSchema> {
        custom::schema_of(&self.resource_type)
    }

    /// Returns why resolved properties are not valid for the type.
    pub fn violation(&self, properties: &Value) -> Option<String> {
        // What a reference stands for is known only when the resource is made.
        if dynamic::stands_in(properties) {
            return None;
        }
        if custom::is_custom(&self.resource_type) {
            return custom::violation(&self.logical_id, properties);
        }
        let violations = self.schema()?.validate(properties);
        (!violations.is_empty()).then(|| schema::failure(&self.logical_id, &violations))
    }

    /// Returns whether a difference of its properties makes another resource.
    pub fn recreation(&self, difference: &Difference) -> Recreation {
        match custom::is_custom(&self.resource_type) {
            // That is for its function to say.
            true => Recreation::Conditionally,
            false => recreation(self.schema(), difference),
        }
    }

    /// Whether tags of the stack go on to resources of the type.
    pub fn takes_tags(&self) -> bool {
        self.schema().is_some_and(|schema| {
            schema.property_names().any(|name| name == "Tags")
                && !schema.read_only().any(|pointer| pointer.dotted() == "Tags")
        })
    }
}

impl Design {
    /// Returns the design of what a stack is being made into.
    pub fn of_stack(stack: &Stack) -> Result<Self, AwsError> {
        let blueprint =
            stack.blueprint.as_ref().ok_or_else(|| validation_error("The stack has no template"))?;
        Self::new(blueprint, stack)
    }

    /// Returns the design of `blueprint` for `stack`.
    pub fn new(blueprint: &Blueprint, stack: &Stack) -> Result<Self, AwsError> {
        let checked = Checked::parse(&blueprint.template)?;
        let dependencies =
            graph::dependencies(&checked.template).map_err(|cycle| validation_error(cycle.to_string()))?;
        let declared = &checked.template.parameters;
        let value = |(name, text): (&String, &String)| {
            let text = blueprint.effective(name).unwrap_or(text);
            let value = declared.get(name).map_or_else(|| Value::from(text.as_str()), |one| one.value(text));
            (name.clone(), value)
        };
        let parameters = blueprint.parameters.iter().map(value).collect();
        let mut design = Self {
            pseudo: pseudo_parameters(stack),
            parameters,
            conditions: IndexMap::new(),
            dependencies,
            wanted: BTreeMap::new(),
            checked,
        };
        design.decide_conditions()?;
        design.collect_wanted();
        Ok(design)
    }

    fn decide_conditions(&mut self) -> Result<(), AwsError> {
        let nothing = BTreeMap::new();
        let (exports, unknown) = (Exports::new(), BTreeSet::new());
        let view = View { resources: &nothing, exports: &exports, unknown: &unknown };
        let scope = DesignScope { design: self, view, asked: None };
        let conditions = resolve::conditions(&self.checked.template, &scope);
        self.conditions = conditions.map_err(|error| validation_error(error.message()))?;
        Ok(())
    }

    fn collect_wanted(&mut self) {
        let holds = |name: &Option<String>| {
            name.as_ref().is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
        };
        let policy =
            |text: &Option<String>| text.as_deref().and_then(RemovalPolicy::parse).unwrap_or_default();
        let resources = self.checked.template.resources.iter().filter(|(_, one)| holds(&one.condition));
        let kept: BTreeSet<String> = resources.clone().map(|(logical_id, _)| logical_id.clone()).collect();
        let wanted = resources.map(|(logical_id, resource)| {
            let wanted = Wanted {
                logical_id: logical_id.clone(),
                resource_type: resource.resource_type.clone(),
                properties: resource.properties.clone(),
                depends_on: self.dependencies.of(logical_id).intersection(&kept).cloned().collect(),
                deletion_policy: policy(&resource.deletion_policy),
                update_replace_policy: policy(&resource.update_replace_policy),
                metadata: resource.metadata.clone(),
                description: None,
            };
            (logical_id.clone(), wanted)
        });
        self.wanted = wanted.collect();
    }

    /// Returns for each wanted resource which others must be there before it.
    pub fn prerequisites(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.wanted.iter().map(|(id, wanted)| (id.clone(), wanted.depends_on.clone())).collect()
    }

    /// Returns the wanted resources so that each stands after what it needs.
    pub fn order(&self) -> Vec<&Wanted> {
        self.dependencies.order().into_iter().filter_map(|logical_id| self.wanted.get(logical_id)).collect()
    }

    /// Returns a resource's properties with nothing left to resolve, or why that cannot be.
    pub fn properties(&self, wanted: &Wanted, view: &View<'_>) -> Result<Value, String> {
        let scope = DesignScope { design: self, view: *view, asked: None };
        let resolved = resolve::resolve(&wanted.properties, &self.checked.template, &scope);
        let properties = resolved.map_err(|error| self.reason(&error))?.into_value();
        Ok(coerced(wanted, &properties.unwrap_or_else(|| Value::Object(Map::new()))))
    }

    /// Returns a resource's properties with the functions left in whose values are not known yet.
    pub fn known_properties(&self, wanted: &Wanted, view: &View<'_>) -> Result<Value, String> {
        let known = self.partial(&wanted.properties, view)?;
        Ok(coerced(wanted, &known.unwrap_or_else(|| Value::Object(Map::new()))))
    }

    /// Returns the type and the properties, as far as they are known, of each resource that refers to a value kept
    /// elsewhere.
    pub fn with_dynamic_references(&self, view: &View<'_>) -> Result<Vec<(&str, Value)>, String> {
        let wanted = self.wanted.values().filter(|wanted| dynamic::stands_in(&wanted.properties));
        let known = |wanted: &'_ Wanted| self.known_properties(wanted, view);
        wanted.map(|wanted| Ok((wanted.resource_type.as_str(), known(wanted)?))).collect()
    }

    /// Says why a value cannot be had.
    fn reason(&self, error: &ResolveError) -> String {
        let missing = match &error.kind {
            ResolveErrorKind::Unresolved { name } => name.split_once('.'),
            ResolveErrorKind::Template { .. } => None,
        };
        let is_answered =
            |id: &str| self.wanted.get(id).is_some_and(|wanted| custom::is_custom(&wanted.resource_type));
        let Some((id, attribute)) = missing.filter(|(id, _)| is_answered(id)) else { return error.message() };
        let stack_id = self.pseudo.get("AWS::StackId").and_then(Value::as_str).unwrap_or_default();
        // On AWS the id of the request and the bucket with the answer follow.
        format!(
            "CustomResource attribute error: Vendor response doesn't contain {attribute} attribute in object \
             {stack_id}|{id}"
        )
    }

    fn partial(&self, value: &Value, view: &View<'_>) -> Result<Option<Value>, String> {
        let scope = DesignScope { design: self, view: *view, asked: None };
        let resolved = resolve::resolve_partial(value, &self.checked.template, &scope);
        resolved.map(Resolved::into_value).map_err(|error| error.message())
    }

    /// Returns the names that a value of the template depends on.
    pub fn causes(&self, value: &Value, view: &View<'_>) -> BTreeSet<Cause> {
        let asked = RefCell::new(BTreeSet::new());
        let scope = DesignScope { design: self, view: *view, asked: Some(&asked) };
        // Only what was asked matters here; whether it has a value was found out before.
        let _ = resolve::resolve_partial(value, &self.checked.template, &scope);
        asked.into_inner()
    }

    /// Returns the text of a parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name)
    }

    /// Returns the stack's outputs, or why one cannot be had.
    pub fn outputs(&self, view: &View<'_>) -> Result<Vec<Output>, String> {
        let scope = DesignScope { design: self, view: *view, asked: None };
        let template = &self.checked.template;
        let text = |key: &str, value: &Value| {
            let resolved = resolve::resolve(value, template, &scope).map_err(|error| self.reason(&error))?;
            let text = resolved.into_value().as_ref().and_then(scalar_text);
            text.ok_or_else(|| {
                format!("Template format error: Output {key} is malformed. The Value field of every Outputs member must evaluate to a String.")
            })
        };
        let mut outputs = Vec::new();
        for (key, output) in &template.outputs {
            let holds = output
                .condition
                .as_ref()
                .is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false));
            if !holds {
                continue;
            }
            outputs.push(Output {
                key: key.clone(),
                value: text(key, &output.value)?,
                description: output.description.clone(),
                export_name: output.export_name.as_ref().map(|name| text(key, name)).transpose()?,
            });
        }
        Ok(outputs)
    }

    /// Returns the names of the exports that the stack uses, all of which must be there.
    pub fn imports(&self, exports: &Exports) -> Result<BTreeSet<String>, String> {
        let mut arguments = Vec::new();
        self.wanted.values().for_each(|wanted| import_arguments(&wanted.properties, &mut arguments));
        for output in self.checked.template.outputs.values() {
            import_arguments(&output.value, &mut arguments);
        }
        let (nothing, unknown) = (BTreeMap::new(), BTreeSet::new());
        let view = View { resources: &nothing, exports, unknown: &unknown };
        let mut names = BTreeSet::new();
        for argument in arguments {
            let Some(name) = self.partial(&argument, &view)?.as_ref().and_then(scalar_text) else { continue };
            if !exports.contains_key(&name) {
                return Err(format!("No export named {name} found. "));
            }
            names.insert(name);
        }
        Ok(names)
    }

    /// Refuses values of parameters that the template's rules do not take.
    pub fn check_rules(&self) -> Result<(), AwsError> {
        let (nothing, exports, unknown) = (BTreeMap::new(), Exports::new(), BTreeSet::new());
        let view = View { resources: &nothing, exports: &exports, unknown: &unknown };
        let scope = DesignScope { design: self, view, asked: None };
        let failed = resolve::failed_assertions(&self.checked.template, &scope)
            .map_err(|error| validation_error(error.message()))?;
        let Some(first) = failed.into_iter().next() else { return Ok(()) };
        // Not confirmed on AWS: the wording.
        let description = first.description.unwrap_or_else(|| format!("{} does not hold", first.rule));
        Err(validation_error(format!("Template validation error: Rule {}: {description}", first.rule)))
    }

    /// Refuses references to resources whose conditions do not hold.
    pub fn check_conditional_references(&self) -> Result<(), AwsError> {
        let is_absent = |name: &String| {
            self.checked.template.resources.contains_key(name) && !self.wanted.contains_key(name)
        };
        let (nothing, exports, unknown) = (BTreeMap::new(), Exports::new(), BTreeSet::new());
        let view = View { resources: &nothing, exports: &exports, unknown: &unknown };
        let mut absent = BTreeSet::new();
        for wanted in self.wanted.values() {
            for cause in self.causes(&wanted.properties, &view) {
                match cause {
                    Cause::Resource(name) | Cause::Attribute(name, _) if is_absent(&name) => {
                        absent.insert(name);
                    }
                    Cause::Resource(_) | Cause::Attribute(..) | Cause::Parameter(_) => {}
                }
            }
        }
        if absent.is_empty() {
            return Ok(());
        }
        let names = absent.into_iter().collect::<Vec<_>>().join(", ");
        Err(validation_error(format!(
            "Template format error: Unresolved resource dependencies [{names}] in the Resources block of the template"
        )))
    }
}

fn coerced(wanted: &Wanted, properties: &Value) -> Value {
    wanted.schema().map_or_else(|| properties.clone(), |schema| coerce::to_schema(schema, properties))
}

fn import_arguments(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "Fn::ImportValue" {
                    found.push(member.clone());
                }
                import_arguments(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| import_arguments(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn pseudo_parameters(stack: &Stack) -> BTreeMap<&'static str, Value> {
    let is_china = stack.region.starts_with("cn-");
    let partition = if is_china {
        "aws-cn"
    } else if stack.region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    };
    let suffix = if is_china { "amazonaws.com.cn" } else { "amazonaws.com" };
    BTreeMap::from([
        ("AWS::AccountId", Value::from(stack.account.as_str())),
        ("AWS::NotificationARNs", Value::Array(Vec::new())),
        ("AWS::Partition", Value::from(partition)),
        ("AWS::Region", Value::from(stack.region.as_str())),
        ("AWS::StackId", Value::from(stack.id.as_str())),
        ("AWS::StackName", Value::from(stack.name.as_str())),
        ("AWS::URLSuffix", Value::from(suffix)),
    ])
}

/// What the names in a design are worth, as far as a view knows.
struct DesignScope<'a> {
    design: &'a Design,
    view: View<'a>,
    /// Where to note what was asked.
    asked: Option<&'a RefCell<BTreeSet<Cause>>>,
}

impl DesignScope<'_> {
    fn note(&self, cause: impl FnOnce() -> Cause) {
        if let Some(asked) = self.asked {
            asked.borrow_mut().insert(cause());
        }
    }

    fn resource(&self, logical_id: &str) -> Option<&StackResource> {
        if self.view.unknown.contains(logical_id) || !self.design.wanted.contains_key(logical_id) {
            return None;
        }
        self.view.resources.get(logical_id).map(|resource| &**resource).filter(|resource| resource.exists())
    }
}

impl Scope for DesignScope<'_> {
    fn reference(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.design.parameters.get(name) {
            self.note(|| Cause::Parameter(name.to_owned()));
            return Some(value.clone());
        }
        if let Some(value) = self.design.pseudo.get(name) {
            return Some(value.clone());
        }
        self.note(|| Cause::Resource(name.to_owned()));
        self.resource(name)?.current.physical_id.clone().map(Value::String)
    }

    fn attribute(&self, logical_id: &str, attribute: &str) -> Option<Value> {
        self.note(|| Cause::Attribute(logical_id.to_owned(), attribute.to_owned()));
        self.resource(logical_id)?.current.attributes.get(attribute).cloned()
    }

    fn import(&self, name: &str) -> Option<Value> {
        self.view.exports.get(name).map(|value| Value::from(value.as_str()))
    }

    fn condition(&self, name: &str) -> Option<bool> {
        self.design.conditions.get(name).copied()
    }

    fn availability_zones(&self, region: &str) -> Option<Vec<String>> {
        let region =
            if region.is_empty() { self.design.pseudo.get("AWS::Region")?.as_str()? } else { region };
        Some(["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect())
    }
}
