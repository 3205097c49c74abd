//! What a hot deployment of a stack would do: read from AWS, compared with what was rendered and built.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack as DeployedStack, StackResourceSummary};
use futures::future::try_join_all;
use hydrant_cfn::template::Template;

use super::comparison::{Change, Code, Obstacle, is_published, obstacles};
use super::live::Live;
use super::mark::{Mark, changeable};
use super::settings::{Kind, known_parameters};
use crate::aws::Clients;
use crate::deploy::prepare::{Prepared, assemble};
use crate::deploy::values::Values;
use crate::deploy::{change_set, stacks};
use crate::error::{Error, Result};
use crate::package::{Artifact, Binary, Remembered, Source};
use crate::render;
use crate::stack::Stack;

/// What direct calls change, and what they cannot.
#[derive(Debug)]
pub struct HotPlan {
    /// What changes, and what only loses its mark.
    pub changes: Vec<Change>,
    pub obstacles: Vec<Obstacle>,
    /// What stays marked, or becomes so.
    pub marks: Vec<Mark>,
}

/// A deployed stack, as far as a hot deployment looks at it.
pub struct There {
    pub stack: DeployedStack,
    template: Template,
    lives: Vec<Resource>,
}

struct Resource {
    kind: Kind,
    logical_id: String,
    physical_id: String,
    live: Live,
}

/// What was built and archived of a stack.
pub struct Built {
    pub binaries: Vec<Binary>,
    pub layers: Vec<Artifact>,
}

impl There {
    /// Reads a stack that takes updates.
    pub async fn read(clients: &Clients, stack: DeployedStack) -> Result<Self> {
        let name = stack.stack_name().unwrap_or_default();
        let resources = async {
            let resources = stacks::resources(clients, name).await?;
            Self::lives(clients, &resources).await
        };
        let (template, lives) = tokio::try_join!(change_set::deployed_template(clients, name), resources)?;
        let template = template.and_then(|text| Template::parse(&text).ok());
        let template = template
            .ok_or_else(|| Error::failed_to(format!("read the template with which {name} was deployed")))?;
        Ok(Self { stack, template, lives })
    }

    async fn lives(clients: &Clients, resources: &[StackResourceSummary]) -> Result<Vec<Resource>> {
        let reads = changeable(resources).into_iter().map(|(kind, logical_id, physical_id)| async move {
            let live = Live::read(clients, kind, &physical_id).await?;
            Ok::<_, Error>(Resource { kind, logical_id, physical_id, live })
        });
        try_join_all(reads).await
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.stack.parameters().iter();
        parameters.find(|parameter| parameter.parameter_key() == Some(name))?.parameter_value()
    }
}

impl HotPlan {
    /// Compares what is there with what was rendered and built.
    pub fn new(
        clients: &Clients,
        stack: &Stack,
        rendered: render::Template,
        there: There,
        built: Built,
        values: Values,
        remembered: &mut Remembered,
    ) -> Result<Self> {
        let mut archives = BTreeMap::new();
        for binary in &built.binaries {
            let id = crate::stack::logical_id(&binary.function);
            let found = there.lives.iter().find(|one| one.logical_id == id);
            let hash = found.and_then(|one| one.live.code.as_deref());
            archives.insert(id, remembered.artifact_unless(binary, hash)?);
        }
        remembered.keep();
        let mut prepared = assemble(clients, stack, rendered, built.layers);
        values.join(&mut prepared);
        let template = prepared.template.read();
        let template = template.ok_or_else(|| Error::failed_to("read the rendered template"))?;
        let mut obstacles = parameter_obstacles(&prepared, &there);
        let given = pairs(&prepared);
        let parameters = known_parameters(template, given.iter().map(|(name, value)| (*name, *value)));
        obstacles.extend(self::obstacles(&there.template, template, &parameters));

        let deployed = there.stack.parameters().iter().filter_map(|parameter| {
            Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
        });
        let deployed: BTreeMap<String, String> = deployed.collect();
        let was = known_parameters(
            &there.template,
            deployed.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let (mut changes, mut marks) = (Vec::new(), Vec::new());
        for Resource { kind, logical_id, physical_id, live } in there.lives {
            let Some(resource) = template.resources.get(&logical_id) else { continue };
            let artifact = archives.remove(&logical_id).flatten();
            let hash =
                artifact.as_ref().map(|artifact| artifact.sha256.clone()).or_else(|| live.code.clone());
            let wanted = kind.wanted(&resource.properties, &parameters);
            let old = there.template.resources.get(&logical_id);
            let is_same_code = kind == Kind::DeliveryStream
                || is_code_of(
                    deployed.get(&format!("{logical_id}CodeKey")).map(String::as_str),
                    hash.as_deref(),
                );
            let is_as_deployed =
                is_same_code && old.is_some_and(|old| kind.wanted(&old.properties, &was) == wanted);
            let code = artifact.map(Code::Archive);
            let mut change = Change::new(kind, (&logical_id, &physical_id), live, &wanted, code);
            change.settle_mark(is_as_deployed);
            marks.extend(change.remaining_mark());
            if change.is_effective() && kind == Kind::Function && is_published(template, &logical_id) {
                obstacles.push(Obstacle::new(&logical_id, "its published versions"));
            }
            if change.is_anything() {
                changes.push(change);
            }
        }
        changes.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
        Ok(Self { changes, obstacles, marks })
    }

    /// Returns whether anything but marks is changed.
    pub fn is_effective(&self) -> bool {
        self.changes.iter().any(Change::is_effective)
    }
}

fn pairs(prepared: &Prepared) -> Vec<(&str, &str)> {
    let parameters = prepared.parameters.iter();
    parameters.filter_map(|one| Some((one.parameter_key()?, one.parameter_value()?))).collect()
}

/// Names parameters with other values than those with which the stack was deployed. Secrets are not told, and
/// functions have the code that they have.
fn parameter_obstacles(prepared: &Prepared, there: &There) -> Vec<Obstacle> {
    let is_other = |(name, value): &(&str, &str)| {
        let was = there.parameter(name);
        was.is_some_and(|was| was != *value && was != "****")
    };
    let layers: BTreeMap<String, &str> = prepared
        .artifacts
        .iter()
        .filter(|artifact| matches!(artifact.source, Source::Folder(_)))
        .map(|artifact| (artifact.parameter(), artifact.name.as_str()))
        .collect();
    let obstacle = |(name, _): (&str, &str)| match layers.get(name) {
        Some(layer) => Obstacle::new(layer, "the layer's files"),
        None => Obstacle::new(name, "a parameter"),
    };
    pairs(prepared).into_iter().filter(is_other).map(obstacle).collect()
}

/// Returns whether the archive that `key` names has a hash.
fn is_code_of(key: Option<&str>, hash: Option<&str>) -> bool {
    let (Some(key), Some(hash)) = (key, hash) else { return true };
    hash.get(..16).is_some_and(|start| key.ends_with(&format!("-{start}.zip")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_an_archive_by_its_name() {
        assert!(is_code_of(Some("s-dev/c-0123456789abcdef.zip"), Some("0123456789abcdef00")));
        assert!(!is_code_of(Some("s-dev/c-0123456789abcdef.zip"), Some("1123456789abcdef00")));
        assert!(is_code_of(None, Some("00")), "what has no code of ours has no other either");
    }
}
