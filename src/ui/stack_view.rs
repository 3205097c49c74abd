//! A deployed stack: its state and its resources.

use aws_sdk_cloudformation::types::{Stack, StackResourceSummary};
use serde::Serialize;

use super::{Answer, Style};
use crate::deploy::hot::{Mark, told};
use crate::deploy::stack_status::{Sentiment, sentiment};

/// A stack and its resources.
#[derive(Debug, Serialize)]
pub struct StackView {
    pub name: String,
    pub status: String,
    pub reason: Option<String>,
    pub resources: Vec<ResourceView>,
    /// What was changed hot since the last full deployment.
    pub changed_hot: Vec<Mark>,
}

#[derive(Debug, Serialize)]
pub struct ResourceView {
    pub logical_id: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub status: String,
    pub physical_id: Option<String>,
}

impl StackView {
    pub fn of(stack: &Stack, resources: &[StackResourceSummary], changed_hot: Vec<Mark>) -> Self {
        let mut resources: Vec<ResourceView> = resources
            .iter()
            .map(|resource| ResourceView {
                logical_id: resource.logical_resource_id().unwrap_or_default().to_owned(),
                resource_type: resource.resource_type().unwrap_or_default().to_owned(),
                status: resource
                    .resource_status()
                    .map(|status| status.as_str().to_owned())
                    .unwrap_or_default(),
                physical_id: resource.physical_resource_id().map(str::to_owned),
            })
            .collect();
        resources.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
        Self {
            name: stack.stack_name().unwrap_or_default().to_owned(),
            status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: stack.stack_status_reason().map(str::to_owned),
            resources,
            changed_hot,
        }
    }
}

impl Answer for StackView {
    fn text(&self, style: Style) -> String {
        let paint = |status: &str, text: &str| match sentiment(status) {
            Sentiment::Good => style.green(text),
            Sentiment::Underway => style.yellow(text),
            Sentiment::Bad => style.red(text),
        };
        let mut lines = vec![format!("{} {}", style.bold(&self.name), paint(&self.status, &self.status))];
        lines.extend(self.reason.clone());
        let width = |text: fn(&ResourceView) -> &str| {
            self.resources.iter().map(|resource| text(resource).len()).max().unwrap_or_default()
        };
        let (ids, types) =
            (width(|resource| &resource.logical_id), width(|resource| &resource.resource_type));
        for resource in &self.resources {
            let status = paint(&resource.status, &format!("{:<16}", resource.status));
            let kind = style.dim(&format!("{:<types$}", resource.resource_type));
            lines.push(format!("  {status} {:<ids$} {kind}", resource.logical_id).trim_end().to_owned());
        }
        lines.extend(told(&self.changed_hot).map(|told| style.yellow(&told)));
        lines.join("\n")
    }
}
