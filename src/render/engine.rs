//! Handlebars over the templates in `templates/`, those of the project before those built in.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use handlebars::Handlebars;

use super::pipeline::Pipeline;
use super::scalar::scalar;
use crate::error::{Error, Result};
use crate::stack::Stack;

/// Largest template that CloudFormation takes inline, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const INLINE_LIMIT: usize = 51_200;

/// A CloudFormation template, such as a stack file is rendered to.
#[derive(Debug, Clone)]
pub struct Template {
    body: String,
    read: OnceLock<Option<Arc<hydrant_cfn::template::Template>>>,
}

impl Template {
    /// Returns the template that a text is.
    pub fn new(body: String) -> Self {
        Self { body, read: OnceLock::new() }
    }

    /// Returns the text.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Returns what the template says, read the first time that somebody asks; nothing when it cannot be read.
    pub fn read(&self) -> Option<&hydrant_cfn::template::Template> {
        self.read
            .get_or_init(|| hydrant_cfn::template::Template::parse(&self.body).ok().map(Arc::new))
            .as_deref()
    }

    /// Returns whether the template has to go through S3 because of its size.
    pub fn is_too_large_for_a_request(&self) -> bool {
        self.body.len() > INLINE_LIMIT
    }

    /// Returns the template as JSON, its short-form functions written out.
    pub fn to_json(&self) -> Result<serde_json::Value> {
        let read = self.read().ok_or_else(|| Error::failed_to("read the rendered template"))?;
        Ok(read.body.clone())
    }
}

/// The template for a whole pipeline and one partial per building block, by name.
const BUILT_IN: [(&str, &str); 19] = [
    ("pipeline", include_str!("../../templates/pipeline.yaml.hbs")),
    ("stream", include_str!("../../templates/partials/stream.yaml.hbs")),
    ("bucket", include_str!("../../templates/partials/bucket.yaml.hbs")),
    ("delivery", include_str!("../../templates/partials/delivery.yaml.hbs")),
    ("delivery-role", include_str!("../../templates/partials/delivery-role.yaml.hbs")),
    ("topic-role", include_str!("../../templates/partials/topic-role.yaml.hbs")),
    ("topic", include_str!("../../templates/partials/topic.yaml.hbs")),
    ("subscription", include_str!("../../templates/partials/subscription.yaml.hbs")),
    ("layer", include_str!("../../templates/partials/layer.yaml.hbs")),
    ("function", include_str!("../../templates/partials/function.yaml.hbs")),
    ("function-role", include_str!("../../templates/partials/function-role.yaml.hbs")),
    ("mapping", include_str!("../../templates/partials/mapping.yaml.hbs")),
    ("asynchronous", include_str!("../../templates/partials/asynchronous.yaml.hbs")),
    ("schedule", include_str!("../../templates/partials/schedule.yaml.hbs")),
    ("failure-queue", include_str!("../../templates/partials/failure-queue.yaml.hbs")),
    ("api", include_str!("../../templates/partials/api.yaml.hbs")),
    ("route", include_str!("../../templates/partials/route.yaml.hbs")),
    ("user", include_str!("../../templates/partials/user.yaml.hbs")),
    ("alarm", include_str!("../../templates/partials/alarm.yaml.hbs")),
];

/// Renders a stack. A file of the same name under `project/templates/` takes the place of a built-in one.
pub fn render(stack: &Stack, project: &Path) -> Result<Template> {
    let mut handlebars = Handlebars::new();
    // A misspelt value is an error, not an empty text.
    handlebars.set_strict_mode(true);
    handlebars.register_escape_fn(scalar);
    let pipeline = Pipeline::of(stack);
    let overrides: Vec<Option<String>> =
        BUILT_IN.iter().map(|(name, _)| override_of(name, project)).collect::<Result<_>>()?;
    // Templates of the project's own may take whatever partial they like.
    let is_all_built_in = overrides.iter().all(Option::is_none);
    for ((name, text), own) in BUILT_IN.into_iter().zip(overrides) {
        if is_all_built_in && !is_used(name, &pipeline) {
            continue;
        }
        let text = own.unwrap_or_else(|| text.to_owned());
        handlebars
            .register_template_string(name, text)
            .map_err(|error| Error::misused(format!("read the template `{name}`")).because(error))?;
    }
    let values = serde_json::to_value(&pipeline)
        .map_err(|error| Error::failed_to("prepare the values of the template").because(error))?;
    let body = handlebars
        .render("pipeline", &values)
        .map_err(|error| Error::misused(format!("render {}", stack.path.display())).because(error))?;
    if !is_all_built_in {
        check(&body).map_err(|error| error.hint("the mistake is in a template, not in the stack file"))?;
    }
    Ok(Template::new(body))
}

/// Returns whether the built-in templates come to a partial for a pipeline. Reading a long one takes Handlebars a
/// millisecond, so that those are left out that no block of the stack asks for.
fn is_used(name: &str, pipeline: &Pipeline) -> bool {
    match name {
        "stream" => !pipeline.streams.is_empty(),
        "bucket" => !pipeline.buckets.is_empty(),
        "delivery" | "delivery-role" => !pipeline.deliveries.is_empty(),
        "topic-role" => pipeline.deliveries.iter().any(|delivery| delivery.hears_topics),
        "topic" => !pipeline.topics.is_empty(),
        "subscription" => !pipeline.subscriptions.is_empty(),
        "layer" => !pipeline.layers.is_empty(),
        "function" | "function-role" | "mapping" | "asynchronous" | "schedule" => {
            !pipeline.functions.is_empty()
        }
        "failure-queue" => pipeline.has_failure_queue,
        "api" | "route" => pipeline.api.is_some(),
        "user" => !pipeline.users.is_empty(),
        "alarm" => !pipeline.alarms.is_empty(),
        _ => true,
    }
}

/// Returns the project's own version of a built-in template.
fn override_of(name: &str, project: &Path) -> Result<Option<String>> {
    let folder = if name == "pipeline" { "templates" } else { "templates/partials" };
    let path = project.join(folder).join(format!("{name}.yaml.hbs"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::misused(format!("read {}", path.display())).because(error)),
    }
}

/// Refuses a body that is not YAML, which only a template of the project's own can bring about.
fn check(body: &str) -> Result<()> {
    let (_, errors) = hydrant_cfn::yaml::Document::parse(body);
    match errors.first() {
        None => Ok(()),
        Some(error) => {
            let line = body[..error.span.start.min(body.len())].matches('\n').count() + 1;
            Err(Error::misused(format!("read the rendered template: line {line}: {}", error.message)))
        }
    }
}
