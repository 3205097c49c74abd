//! Operations on the parts of an API: integrations, routes, stages and deployments.

use http::Method;
use serde_json::Value;

use super::super::api::Api;
use super::super::integration::Integration;
use super::super::route::{Route, RouteSettings};
use super::super::settings::{merge, read};
use super::super::stage::{Deployment, Stage, StageSettings};
use super::super::{ApiGateway, bad_request, conflict, random_id};
use super::{page, read_tags, unknown};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::rest_json::{Call, Reply};

impl ApiGateway {
    /// Answers a call for `part`: a kind of part and, unless all of them are meant, an id.
    pub(super) fn on_part(
        &self,
        aws: &Aws,
        caller: &Caller,
        api_id: &str,
        part: (&str, &[&str]),
        call: &Call,
    ) -> Result<Reply, AwsError> {
        match part {
            (kind @ ("integrations" | "routes" | "stages" | "deployments"), []) => match call.method {
                Method::GET => page(self.api(caller, api_id)?.describe_all(kind), call),
                Method::POST => {
                    let input = call.input()?;
                    let now = aws.clock.now();
                    let described = self.change(caller, api_id, |api| api.create_part(kind, input, now))?;
                    Reply::of(201, &described)
                }
                _ => Err(unknown(call)),
            },
            (kind @ ("integrations" | "routes" | "stages" | "deployments"), [id]) => match call.method {
                Method::GET => Reply::of(200, &self.api(caller, api_id)?.describe_part(kind, id)?),
                Method::PATCH => {
                    let input = call.input()?;
                    let now = aws.clock.now();
                    let described =
                        self.change(caller, api_id, |api| api.update_part(kind, id, input, now))?;
                    Reply::of(200, &described)
                }
                Method::DELETE => {
                    self.change(caller, api_id, |api| api.delete_part(kind, id))?;
                    Ok(Reply::empty(204))
                }
                _ => Err(unknown(call)),
            },
            _ => Err(unknown(call)),
        }
    }
}

impl Api {
    fn create_part(&mut self, kind: &str, mut input: Value, now: Timestamp) -> Result<Value, AwsError> {
        let id = match kind {
            "integrations" => {
                let id = random_id(7);
                self.put_integration(id.clone(), input)?;
                id
            }
            "routes" => {
                let id = random_id(7);
                self.put_route(id.clone(), input)?;
                id
            }
            "stages" => {
                let name = input["stageName"].as_str().unwrap_or_default().to_owned();
                if self.stages.contains_key(&name) {
                    return Err(conflict("Stage already exists"));
                }
                self.put_stage(now, input)?;
                name
            }
            _ => self.deploy(&mut input, now)?,
        };
        self.describe_part(kind, &id)
    }

    fn update_part(
        &mut self,
        kind: &str,
        id: &str,
        mut input: Value,
        now: Timestamp,
    ) -> Result<Value, AwsError> {
        // What is not there is refused before the input is looked at.
        self.describe_part(kind, id)?;
        match kind {
            "integrations" => {
                let merged =
                    self.integrations.get(id).map(|part| merge(&part.settings, input)).transpose()?;
                self.integrations.extend(merged.map(|settings| (id.to_owned(), Integration { settings })));
            }
            "routes" => {
                let merged = self.routes.get(id).map(|part| merge(&part.settings, input)).transpose()?;
                if let Some(settings) = merged {
                    self.check_route(id, &settings)?;
                    self.routes.insert(id.to_owned(), Route { settings });
                }
            }
            "stages" => {
                if let Some(members) = input.as_object_mut() {
                    members.remove("stageName");
                }
                let merged = self.stages.get(id).map(|part| merge(&part.settings, input)).transpose()?;
                if let Some(settings) = merged {
                    self.check_stage(&settings)?;
                    if let Some(stage) = self.stages.get_mut(id) {
                        (stage.settings, stage.updated) = (settings, now);
                    }
                }
            }
            _ => {
                if let (Some(deployment), Some(description)) =
                    (self.deployments.get_mut(id), input["description"].as_str())
                {
                    deployment.description = Some(description.to_owned());
                }
            }
        }
        self.describe_part(kind, id)
    }

    /// Removes a part that is there.
    pub fn delete_part(&mut self, kind: &str, id: &str) -> Result<(), AwsError> {
        self.describe_part(kind, id)?;
        match kind {
            "integrations" => {
                let user = self.routes.values().find(|route| route.settings.integration_id() == Some(id));
                if let Some(route) = user {
                    // The words are not confirmed on AWS.
                    let key = &route.settings.route_key;
                    return Err(conflict(format!(
                        "Cannot delete Integration '{id}' because it is referenced by the Route '{key}'."
                    )));
                }
                self.integrations.remove(id);
            }
            "routes" => drop(self.routes.remove(id)),
            "stages" => drop(self.stages.remove(id)),
            _ => {
                if self.stages.values().any(|stage| stage.settings.deployment_id.as_deref() == Some(id)) {
                    return Err(bad_request(
                        "Active stages pointing to this deployment must be moved or deleted",
                    ));
                }
                self.deployments.remove(id);
            }
        }
        Ok(())
    }

    /// Makes or replaces an integration.
    pub fn put_integration(&mut self, id: String, input: Value) -> Result<(), AwsError> {
        self.integrations.insert(id, Integration { settings: read(input)? });
        Ok(())
    }

    /// Makes or replaces a route.
    pub fn put_route(&mut self, id: String, input: Value) -> Result<(), AwsError> {
        let settings = read(input)?;
        self.check_route(&id, &settings)?;
        self.routes.insert(id, Route { settings });
        Ok(())
    }

    /// Makes or replaces a stage.
    pub fn put_stage(&mut self, now: Timestamp, mut input: Value) -> Result<(), AwsError> {
        let tags = read_tags(input.as_object_mut().and_then(|members| members.remove("tags")))?;
        let settings: StageSettings = read(input)?;
        self.check_stage(&settings)?;
        let name = settings.stage_name.clone();
        let known = self.stages.get(&name);
        let created = known.map_or(now, |known| known.created);
        let made_by = known.and_then(|known| known.made_by.clone());
        self.stages.insert(name, Stage { settings, tags, created, updated: now, made_by });
        Ok(())
    }

    fn check_route(&self, id: &str, settings: &RouteSettings) -> Result<(), AwsError> {
        let key = &settings.route_key;
        if self.routes.iter().any(|(other, route)| other != id && route.settings.route_key == *key) {
            return Err(conflict(format!("Route with key {key} already exists for this API")));
        }
        match settings.integration_id() {
            Some(integration) if !self.integrations.contains_key(integration) => {
                Err(not_found("Integration", integration))
            }
            _ => Ok(()),
        }
    }

    fn check_stage(&self, settings: &StageSettings) -> Result<(), AwsError> {
        match settings.deployment_id.as_deref() {
            Some(id) if !self.deployments.contains_key(id) => Err(not_found("Deployment", id)),
            _ => Ok(()),
        }
    }

    /// Keeps what the API is now, and moves a stage there if one is named.
    fn deploy(&mut self, input: &mut Value, now: Timestamp) -> Result<String, AwsError> {
        let id = random_id(6);
        let deployment = Deployment {
            created: now,
            description: input["description"].as_str().map(str::to_owned),
            routes: self.routes.clone(),
            integrations: self.integrations.clone(),
        };
        if let Some(name) = input["stageName"].as_str() {
            let stage = self.stages.get_mut(name).ok_or_else(|| not_found("Stage", name))?;
            if stage.settings.auto_deploy {
                return Err(bad_request("Deployment ID cannot be set when auto-deploy is enabled"));
            }
            stage.settings.deployment_id = Some(id.clone());
        }
        self.deployments.insert(id.clone(), deployment);
        Ok(id)
    }

    fn describe_all(&self, kind: &str) -> Vec<Value> {
        match kind {
            "integrations" => self.integrations.iter().map(|(id, part)| part.describe(id)).collect(),
            "routes" => self.routes.iter().map(|(id, part)| part.describe(id)).collect(),
            "stages" => self.stages.values().map(Stage::describe).collect(),
            _ => self.deployments.iter().map(|(id, part)| part.describe(id)).collect(),
        }
    }

    fn describe_part(&self, kind: &str, id: &str) -> Result<Value, AwsError> {
        let (name, found) = match kind {
            "integrations" => ("Integration", self.integrations.get(id).map(|part| part.describe(id))),
            "routes" => ("Route", self.routes.get(id).map(|part| part.describe(id))),
            "stages" => ("Stage", self.stages.get(id).map(Stage::describe)),
            _ => ("Deployment", self.deployments.get(id).map(|part| part.describe(id))),
        };
        found.ok_or_else(|| not_found(name, id))
    }
}

fn not_found(kind: &str, id: &str) -> AwsError {
    let message = match kind {
        "Stage" => format!("Unable to find Stage by name {id}"),
        _ => format!("Unable to find {kind} by id {id}"),
    };
    AwsError::new("NotFoundException", message).status(404)
}
