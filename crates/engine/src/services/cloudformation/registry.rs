//! All stacks and change sets in memory, and the one way to change them: written through before it is seen.
//!
//! A change runs under the lock as an [`Edit`]; what it touched is stored before anyone else can look.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::change_set::ChangeSet;
use super::drift::Detection;
use super::events::{Event, STACK_TYPE};
use super::secrets::Secrets;
use super::stack::Stack;
use super::stack_resource::StackResource;
use super::status::{ResourceStatus, StackStatus};
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::store::{Store, StoreError, Table};

/// The service's memory.
pub struct Registry {
    stacks: Table<Stack>,
    resources: Table<StackResource>,
    events: Table<Event>,
    change_sets: Table<ChangeSet>,
    detections: Table<Detection>,
    state: Mutex<State>,
}

/// What is held in memory.
#[derive(Default)]
pub struct State {
    /// Stacks by ARN, deleted ones too.
    pub stacks: BTreeMap<String, Stack>,
    /// Change sets by ARN.
    pub change_sets: BTreeMap<String, ChangeSet>,
    /// Drift detections by id.
    pub detections: BTreeMap<String, Detection>,
    /// Stacks that a task works on.
    pub running: HashSet<String>,
    /// How many events a stack has had, by its uuid.
    event_counts: HashMap<String, u64>,
}

impl Registry {
    pub fn open(store: &Store) -> Result<Self, StoreError> {
        let registry = Self {
            stacks: store.table("cloudformation-stacks"),
            resources: store.table("cloudformation-resources"),
            events: store.table("cloudformation-events"),
            change_sets: store.table("cloudformation-change-sets"),
            detections: store.table("cloudformation-drift-detections"),
            state: Mutex::default(),
        };
        let mut state = State::default();
        for (_, mut stack) in registry.stacks.scan("")? {
            let resources = registry.resources.scan(&format!("{}/", stack.uuid()))?;
            stack.resources =
                resources.into_iter().map(|(_, one)| (one.logical_id.clone(), Arc::new(one))).collect();
            state.stacks.insert(stack.id.clone(), stack);
        }
        for (_, change_set) in registry.change_sets.scan("")? {
            state.change_sets.insert(change_set.id.clone(), change_set);
        }
        for (_, detection) in registry.detections.scan("")? {
            state.detections.insert(detection.id.clone(), detection);
        }
        *registry.lock() = state;
        Ok(registry)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `look` read what is known.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Claims a stack for one task; `false` when another has it.
    pub fn claim(&self, stack_id: &str) -> bool {
        self.lock().running.insert(stack_id.to_owned())
    }

    /// Gives a stack back unless an operation still has to be worked on; tells whether it was given back.
    pub fn release(&self, stack_id: &str) -> bool {
        let mut state = self.lock();
        let is_idle = state.stacks.get(stack_id).is_none_or(|stack| stack.operation.is_none());
        if is_idle {
            state.running.remove(stack_id);
        }
        is_idle
    }

    /// Adds a stack; refuses when another of that name stands.
    pub fn add_stack(&self, stack: Stack) -> Result<(), AwsError> {
        let mut state = self.lock();
        let stands = state.stacks.values().any(|other| {
            other.name == stack.name
                && other.account == stack.account
                && other.region == stack.region
                && !other.status.is_gone()
        });
        if stands {
            let message = format!("Stack [{}] already exists", stack.name);
            return Err(AwsError::new("AlreadyExistsException", message));
        }
        self.stacks.put(&stack.id, &stack)?;
        state.stacks.insert(stack.id.clone(), stack);
        Ok(())
    }

    /// Changes a stack, its resources and its events in one step, and stores what changed.
    pub fn edit<T>(
        &self,
        stack_id: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Edit<'_>) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        let mut state = self.lock();
        let state = &mut *state;
        let stack = state
            .stacks
            .get(stack_id)
            .ok_or_else(|| AwsError::internal(format_args!("the stack {stack_id} is not known")))?;
        // A change that is refused, or that cannot be stored, must leave no trace.
        let mut draft = stack.clone();
        let mut edit = Edit {
            stack: &mut draft,
            now,
            is_stack_changed: false,
            touched: BTreeSet::new(),
            events: Vec::new(),
        };
        let result = change(&mut edit)?;
        let Edit { is_stack_changed, touched, events, .. } = edit;
        let uuid = draft.uuid().to_owned();
        for logical_id in touched {
            let key = format!("{uuid}/{logical_id}");
            match draft.resources.get(&logical_id) {
                Some(resource) => self.resources.put(&key, &StackResource::clone(resource))?,
                None => self.resources.remove(&key)?,
            }
        }
        if !events.is_empty() {
            let count = match state.event_counts.get(&uuid) {
                Some(count) => *count,
                None => self.events.scan(&format!("{uuid}/"))?.len() as u64,
            };
            for (event, number) in events.iter().zip(count..) {
                self.events.put(&format!("{uuid}/{number:010}"), event)?;
            }
            state.event_counts.insert(uuid, count + events.len() as u64);
        }
        if is_stack_changed {
            self.stacks.put(stack_id, &draft)?;
        }
        state.stacks.insert(stack_id.to_owned(), draft);
        Ok(result)
    }

    /// Returns a stack's events with their keys, oldest first.
    pub fn events(&self, stack: &Stack) -> Result<Vec<(String, Event)>, AwsError> {
        Ok(self.events.scan(&format!("{}/", stack.uuid()))?)
    }

    /// Stores a change set, new or changed.
    pub fn put_change_set(&self, change_set: ChangeSet) -> Result<(), AwsError> {
        let mut state = self.lock();
        self.change_sets.put(change_set.uuid(), &change_set)?;
        state.change_sets.insert(change_set.id.clone(), change_set);
        Ok(())
    }

    /// Changes a change set, if it is still there.
    pub fn edit_change_set(&self, id: &str, change: impl FnOnce(&mut ChangeSet)) -> Result<(), AwsError> {
        let mut state = self.lock();
        let Some(mut change_set) = state.change_sets.get(id).cloned() else { return Ok(()) };
        change(&mut change_set);
        self.change_sets.put(change_set.uuid(), &change_set)?;
        state.change_sets.insert(change_set.id.clone(), change_set);
        Ok(())
    }

    /// Stores a drift detection, and forgets the oldest of its stack beyond what is kept.
    pub fn put_detection(&self, detection: Detection) -> Result<(), AwsError> {
        // AWS does not say how many it keeps.
        const KEPT: usize = 20;
        let mut state = self.lock();
        self.detections.put(&detection.id, &detection)?;
        let stack_id = detection.stack_id.clone();
        state.detections.insert(detection.id.clone(), detection);
        let of_stack = state.detections.values().filter(|one| one.stack_id == stack_id);
        let mut known: Vec<_> = of_stack.map(|one| (one.started_at, one.id.clone())).collect();
        known.sort();
        let excess = known.len().saturating_sub(KEPT);
        for (_, id) in known.into_iter().take(excess) {
            self.detections.remove(&id)?;
            state.detections.remove(&id);
        }
        Ok(())
    }

    /// Forgets the change sets that `which` chooses.
    pub fn remove_change_sets(&self, which: impl Fn(&ChangeSet) -> bool) -> Result<(), AwsError> {
        let mut state = self.lock();
        let chosen: Vec<String> = state
            .change_sets
            .values()
            .filter(|change_set| which(change_set))
            .map(|change_set| change_set.id.clone())
            .collect();
        for id in chosen {
            if let Some(change_set) = state.change_sets.get(&id) {
                self.change_sets.remove(change_set.uuid())?;
            }
            state.change_sets.remove(&id);
        }
        Ok(())
    }
}

/// A change of one stack that is not stored yet.
pub struct Edit<'a> {
    stack: &'a mut Stack,
    pub now: Timestamp,
    is_stack_changed: bool,
    touched: BTreeSet<String>,
    events: Vec<Event>,
}

impl Edit<'_> {
    /// Returns the stack as it is so far.
    pub fn stack(&self) -> &Stack {
        self.stack
    }

    /// Returns the stack to change anything but its resources.
    pub fn stack_mut(&mut self) -> &mut Stack {
        self.is_stack_changed = true;
        self.stack
    }

    /// Returns a resource to change.
    pub fn resource(&mut self, logical_id: &str) -> Result<&mut StackResource, AwsError> {
        self.touched.insert(logical_id.to_owned());
        let missing = || AwsError::internal(format_args!("the resource {logical_id} is not known"));
        self.stack.resources.get_mut(logical_id).map(Arc::make_mut).ok_or_else(missing)
    }

    /// Adds or replaces a resource.
    pub fn put_resource(&mut self, resource: StackResource) {
        self.touched.insert(resource.logical_id.clone());
        self.stack.resources.insert(resource.logical_id.clone(), Arc::new(resource));
    }

    /// Forgets a resource.
    pub fn remove_resource(&mut self, logical_id: &str) {
        self.touched.insert(logical_id.to_owned());
        self.stack.resources.remove(logical_id);
    }

    /// Moves the stack to a status and tells of it.
    pub fn stack_is(&mut self, status: StackStatus, reason: Option<&str>) {
        self.stack_mut().status = status;
        self.stack.status_reason = reason.map(str::to_owned);
        let (id, name) = (self.stack.id.clone(), self.stack.name.clone());
        let event = self.event(&name, Some(id), STACK_TYPE, status.as_str(), reason);
        let event = Event { id: uuid::Uuid::new_v4().to_string(), ..event };
        self.events.push(event);
    }

    /// Moves a resource to a status and tells of it.
    pub fn resource_is(
        &mut self,
        logical_id: &str,
        status: ResourceStatus,
        reason: Option<&str>,
    ) -> Result<(), AwsError> {
        let now = self.now;
        let reason = reason.map(|reason| Secrets::of(self.stack).masked_text(reason));
        let reason = reason.as_deref();
        let resource = self.resource(logical_id)?;
        resource.status = status;
        resource.status_reason = reason.map(str::to_owned);
        resource.updated_at = now;
        let resource = resource.clone();
        self.tell(&resource, &resource.current.properties, resource.current.physical_id.clone(), reason);
        Ok(())
    }

    /// Tells of a status of an instance that is not, or no longer, the one that its logical id stands for.
    pub fn tell_of_instance(
        &mut self,
        resource: &StackResource,
        physical_id: Option<String>,
        properties: &serde_json::Value,
        status: ResourceStatus,
        reason: Option<&str>,
    ) {
        let resource = StackResource { status, ..resource.clone() };
        self.tell(&resource, properties, physical_id, reason);
    }

    fn tell(
        &mut self,
        resource: &StackResource,
        properties: &serde_json::Value,
        physical_id: Option<String>,
        reason: Option<&str>,
    ) {
        let event = self.event(
            &resource.logical_id,
            physical_id,
            &resource.resource_type,
            resource.status.as_str(),
            reason,
        );
        let properties = Secrets::of(self.stack).masked(properties).to_string();
        self.events.push(Event { properties: Some(properties), ..event });
    }

    fn event(
        &self,
        logical_id: &str,
        physical_id: Option<String>,
        resource_type: &str,
        status: &str,
        reason: Option<&str>,
    ) -> Event {
        let operation = self.stack.operation.as_ref();
        Event {
            id: format!("{logical_id}-{}", uuid::Uuid::new_v4()),
            stack_id: self.stack.id.clone(),
            stack_name: self.stack.name.clone(),
            operation_id: operation.map(|operation| operation.id.clone()),
            operation_kind: operation.map(|operation| operation.kind.as_str().to_owned()),
            logical_id: logical_id.to_owned(),
            physical_id,
            resource_type: resource_type.to_owned(),
            timestamp: self.now,
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            properties: None,
            token: operation.and_then(|operation| operation.token.clone()),
        }
    }
}
