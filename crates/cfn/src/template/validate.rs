//! What CloudFormation refuses before it looks at any resource type: names that lead nowhere, and circles.

use super::graph;
use super::{PSEUDO_PARAMETERS, Reference, ReferenceKind, Template};
use std::collections::BTreeSet;

/// A refusal in CloudFormation's words, as it stands in a `ValidationError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(pub String);

impl Template {
    /// Checks that every reference leads somewhere and that no resource waits for itself.
    pub fn validate(&self) -> Result<(), TemplateError> {
        let references = self.references();
        self.check_names(&references)?;
        for reference in &references {
            self.check_reference(reference)?;
        }
        graph::dependencies(self).map_err(|cycle| TemplateError(cycle.to_string()))?;
        Ok(())
    }

    /// Says whether `Ref` and `Fn::Sub` may name it.
    pub fn declares(&self, name: &str) -> bool {
        self.parameters.contains_key(name)
            || self.resources.contains_key(name)
            || PSEUDO_PARAMETERS.contains(&name)
    }

    /// CloudFormation collects the unknown names of `Ref` and `DependsOn` by section into one refusal.
    fn check_names(&self, references: &[Reference]) -> Result<(), TemplateError> {
        for section in ["Conditions", "Resources", "Outputs"] {
            let unknown: BTreeSet<&str> = references
                .iter()
                .filter(|reference| reference.from.path.first().is_some_and(|first| first == section))
                .filter(|reference| match reference.kind {
                    ReferenceKind::Ref if section == "Conditions" => {
                        !self.declares(&reference.to) || self.resources.contains_key(&reference.to)
                    }
                    ReferenceKind::Ref => !self.declares(&reference.to),
                    ReferenceKind::Sub => reference.attribute.is_none() && !self.declares(&reference.to),
                    ReferenceKind::DependsOn => !self.resources.contains_key(&reference.to),
                    _ => false,
                })
                .map(|reference| reference.to.as_str())
                .collect();
            if unknown.is_empty() {
                continue;
            }
            let names = unknown.into_iter().collect::<Vec<_>>().join(", ");
            return Err(TemplateError(if section == "Conditions" {
                format!(
                    "Template format error: Unresolved dependencies [{names}]. Cannot reference resources in the \
                     Conditions block of the template"
                )
            } else {
                format!(
                    "Template format error: Unresolved resource dependencies [{names}] in the {section} block of the \
                     template"
                )
            }));
        }
        Ok(())
    }

    fn check_reference(&self, reference: &Reference) -> Result<(), TemplateError> {
        let name = &reference.to;
        let message = match reference.kind {
            ReferenceKind::GetAtt if !self.resources.contains_key(name) => {
                format!("Template error: instance of Fn::GetAtt references undefined resource {name}")
            }
            ReferenceKind::GetAtt if reference.attribute.is_none() && reference.from.path.last().is_some_and(|last| last == "Fn::GetAtt") => {
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the \
                 resource attribute"
                    .to_owned()
            }
            ReferenceKind::Sub if reference.attribute.is_some() && !self.resources.contains_key(name) => {
                format!("Template error: instance of Fn::Sub references invalid resource attribute {name}.{}", reference.attribute.as_deref().unwrap_or_default())
            }
            ReferenceKind::If if !self.conditions.contains_key(name) => {
                format!("Template error: unresolved condition dependency {name} in Fn::If")
            }
            ReferenceKind::Condition if !self.conditions.contains_key(name) => {
                let section = reference.from.path.first().map_or("Resources", String::as_str);
                format!(
                    "Template format error: Unresolved condition dependency {name} in the {section} block of the template"
                )
            }
            ReferenceKind::FindInMap
                if self.mappings.get(name).is_none() && !self.has_transform("AWS::LanguageExtensions") =>
            {
                format!("Template error: Mapping named '{name}' is not present in the 'Mappings' section of template.")
            }
            _ => return Ok(()),
        };
        Err(TemplateError(message))
    }
}
