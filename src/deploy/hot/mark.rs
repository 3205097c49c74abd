//! The mark of what was changed hot: a tag on the function or delivery stream itself.
//!
//! Everybody who looks at the resource sees it, it is there before the change is made, and it goes with the resource.

use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_firehose::types::Tag;
use futures::future::try_join_all;
use serde::Serialize;

use super::settings::Kind;
use crate::aws::{Clients, code, failure};
use crate::deploy::stacks;
use crate::error::{Kind as ErrorKind, Result};
use crate::stack::is_production;
use crate::ui::{Ui, counted};

/// The tag's key. Its value says what was changed, in the stack file's words.
pub const TAG: &str = "hydrant:hot";

/// A resource that was changed hot since its last full deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub logical_id: String,
    /// What was changed, such as `code timeout`.
    pub what: String,
}

/// Returns the resources of a stack of which something can be changed hot, with their names in AWS.
pub fn changeable(resources: &[StackResourceSummary]) -> Vec<(Kind, String, String)> {
    let changeable = resources.iter().filter_map(|resource| {
        let kind = Kind::of(resource.resource_type()?)?;
        let ids = (resource.logical_resource_id()?, resource.physical_resource_id()?);
        Some((kind, ids.0.to_owned(), ids.1.to_owned()))
    });
    changeable.collect()
}

/// Returns which of a stack's resources were changed hot.
pub async fn marks(clients: &Clients, resources: &[StackResourceSummary]) -> Result<Vec<Mark>> {
    let reads = changeable(resources).into_iter().map(|(kind, logical_id, name)| async move {
        let what = match kind {
            Kind::Function => of_function(clients, &name).await,
            Kind::DeliveryStream => of_delivery_stream(clients, &name).await,
        };
        Ok::<_, crate::error::Error>(what?.map(|what| Mark { logical_id, what }))
    });
    let mut marks: Vec<Mark> = try_join_all(reads).await?.into_iter().flatten().collect();
    marks.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
    Ok(marks)
}

/// Returns the same for a deployment, which goes on when it may not look; it says so then.
///
/// In production nothing is changed hot, so nobody looks.
pub async fn marks_of_stack(
    ui: &Ui,
    clients: &Clients,
    stack_name: &str,
    environment: &str,
) -> Result<Vec<Mark>> {
    if is_production(environment) {
        return Ok(Vec::new());
    }
    let found = async {
        let resources = stacks::resources(clients, stack_name).await?;
        marks(clients, &resources).await
    };
    match found.await {
        Err(error) if error.kind == ErrorKind::General => {
            let why = error.causes().into_iter().next().unwrap_or_default();
            // What is gone has no marks.
            if why.contains("does not exist") {
                return Ok(Vec::new());
            }
            ui.status(&format!("Whether something was changed hot is not known: {error}: {why}"));
            Ok(Vec::new())
        }
        result => result,
    }
}

/// Returns the sentence that tells of marks; nothing without any.
pub fn told(marks: &[Mark]) -> Option<String> {
    if marks.is_empty() {
        return None;
    }
    let was = if marks.len() == 1 { "was" } else { "were" };
    Some(format!("{} {was} changed hot: {}.", counted(marks.len() as u64, "resource"), listed(marks)))
}

/// Returns marks with what each says.
pub fn listed(marks: &[Mark]) -> String {
    let each = |mark: &Mark| format!("{} ({})", mark.logical_id, mark.what.replace(' ', ", "));
    marks.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// Returns a mark's words with more of them.
pub fn joined<'a>(known: Option<&'a str>, more: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = known.unwrap_or_default().split_whitespace().collect();
    for word in more {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

async fn of_function(clients: &Clients, name: &str) -> Result<Option<String>> {
    // The tags are read by ARN, whose partition is not known here; the function knows them too.
    match clients.lambda.get_function().function_name(name).send().await {
        Ok(output) => Ok(output.tags().and_then(|tags| tags.get(TAG)).cloned()),
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(failure(format!("read the tags of the function `{name}`"), error)),
    }
}

/// Returns the mark of a delivery stream; nothing when there is no such stream.
pub async fn of_delivery_stream(clients: &Clients, name: &str) -> Result<Option<String>> {
    match clients.firehose.list_tags_for_delivery_stream().delivery_stream_name(name).limit(50).send().await {
        Ok(output) => {
            let tag = output.tags().iter().find(|tag| tag.key() == TAG);
            Ok(tag.map(|tag| tag.value().unwrap_or_default().to_owned()))
        }
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(failure(format!("read the tags of the delivery stream `{name}`"), error)),
    }
}

/// Marks a function.
pub async fn mark_function(clients: &Clients, arn: &str, what: &str) -> Result<()> {
    let request = clients.lambda.tag_resource().resource(arn).tags(TAG, what);
    request.send().await.map(drop).map_err(|error| failure(format!("mark the function {arn}"), error))
}

/// Takes the mark off a function.
pub async fn unmark_function(clients: &Clients, arn: &str) -> Result<()> {
    let request = clients.lambda.untag_resource().resource(arn).tag_keys(TAG);
    let what = || format!("take the mark off the function {arn}");
    request.send().await.map(drop).map_err(|error| failure(what(), error))
}

/// Marks a delivery stream.
pub async fn mark_delivery_stream(clients: &Clients, name: &str, what: &str) -> Result<()> {
    let doing = || format!("mark the delivery stream `{name}`");
    let tag = Tag::builder().key(TAG).value(what).build();
    let tag = tag.map_err(|error| crate::error::Error::failed_to(doing()).because(error))?;
    let request = clients.firehose.tag_delivery_stream().delivery_stream_name(name).tags(tag);
    request.send().await.map(drop).map_err(|error| failure(doing(), error))
}

/// Takes the mark off a delivery stream.
pub async fn unmark_delivery_stream(clients: &Clients, name: &str) -> Result<()> {
    let request = clients.firehose.untag_delivery_stream().delivery_stream_name(name).tag_keys(TAG);
    let what = || format!("take the mark off the delivery stream `{name}`");
    request.send().await.map(drop).map_err(|error| failure(what(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_of_marks_and_keeps_their_words_apart() {
        assert_eq!(told(&[]), None);
        let mark = |id: &str, what: &str| Mark { logical_id: id.to_owned(), what: what.to_owned() };
        assert_eq!(told(&[mark("A", "code")]).unwrap(), "1 resource was changed hot: A (code).");
        let two = told(&[mark("A", "code timeout"), mark("B", "buffer")]).unwrap();
        assert_eq!(two, "2 resources were changed hot: A (code, timeout), B (buffer).");
        assert_eq!(joined(Some("code timeout"), ["timeout", "memory"]), "code timeout memory");
        assert_eq!(joined(None, ["code"]), "code");
    }
}
