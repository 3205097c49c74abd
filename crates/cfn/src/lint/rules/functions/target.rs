//! What references lead to, for all rules that ask it.

use crate::lint::{Context, Findings, did_you_mean};
use crate::schema::{self, PropertyPointer};
use crate::template::{PSEUDO_PARAMETERS, Reference, ReferenceKind};

/// Finds a name that is neither a parameter, a resource nor a pseudo parameter.
pub(in crate::lint) fn name(context: &Context<'_>, reference: &Reference, findings: &mut Findings) {
    let template = context.template;
    let name = &reference.to;
    let path = &reference.from.path;
    if template.declares(name) || context.may_be_generated(name) || context.is_in_broken_if(path) {
        return;
    }
    let names = template.resources.keys().chain(template.parameters.keys()).map(String::as_str);
    let candidates: Vec<&str> = names.chain(PSEUDO_PARAMETERS.iter().copied()).collect();
    let message = format!("no parameter or resource is named `{name}`");
    findings.add(message, did_you_mean(name, candidates), reference.from.span, path);
}

/// Finds a resource that is not there, or that has no such attribute.
pub(in crate::lint) fn attribute(context: &Context<'_>, reference: &Reference, findings: &mut Findings) {
    let template = context.template;
    let (span, path) = (reference.from.span, &reference.from.path);
    let Some(resource) = template.resources.get(&reference.to) else {
        if !context.may_be_generated(&reference.to) && !context.is_in_broken_if(path) {
            let message = format!("no resource is named `{}`", reference.to);
            findings.add(message, did_you_mean(&reference.to, template.resources.keys()), span, path);
        }
        return;
    };
    let Some(attribute) = &reference.attribute else {
        // In the list form the attribute may be a function, which names nothing yet.
        if path.last().is_some_and(|last| last == "Fn::GetAtt") {
            let message = "`Fn::GetAtt` needs a resource and an attribute: `Resource.Attribute`";
            findings.add(message, None, span, path);
        }
        return;
    };
    if let Some(known) = attributes(&resource.resource_type)
        && !known.iter().any(|known| matches_attribute(known, attribute))
        && !context.is_in_broken_if(path)
    {
        let message = format!("{} has no attribute `{attribute}`", resource.resource_type);
        let help = did_you_mean(attribute, &known)
            .or_else(|| (!known.is_empty()).then(|| format!("it has {}", known.join(", "))));
        findings.add(message, help, span, path);
    }
}

/// Returns the attributes that `Fn::GetAtt` reads of a type, or nothing for a type of which they are not known.
fn attributes(resource_type: &str) -> Option<Vec<String>> {
    let schema = schema::of(resource_type)?;
    Some(schema.attributes().map(PropertyPointer::dotted).collect())
}

/// Says whether the attribute is the known one, or one of those that `*` stands for.
fn matches_attribute(known: &str, attribute: &str) -> bool {
    match known.split_once('*') {
        Some((before, after)) => attribute
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|rest| !rest.is_empty()),
        None => attribute == known,
    }
}

/// Finds conditions that are named in a section and declared nowhere.
pub(in crate::lint) fn condition(context: &Context<'_>, section: &str, findings: &mut Findings) {
    for reference in context.references {
        let here = reference.from.path.first().is_some_and(|first| first == section);
        let known = context.template.conditions.contains_key(&reference.to);
        if reference.kind == ReferenceKind::Condition && here && !known {
            let message = format!("no condition is named `{}`", reference.to);
            let help = did_you_mean(&reference.to, context.template.conditions.keys());
            findings.add(message, help, reference.from.span, &reference.from.path);
        }
    }
}
