//! What a function wrote that made its custom resource fail, read before a rollback takes its log away.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::types::StackEvent;
use hydrant_cfn::template::Template;
use tokio::task::JoinHandle;

use crate::aws::Clients;
use crate::logs::{Source, Tail};

/// How many of its last lines are kept.
const LINES: usize = 12;

/// How often a log is looked at in which the invocation has not ended.
const LOOKS: usize = 10;

/// How far back they may lie, in milliseconds: no function runs for longer.
const LONGEST_RUN: i64 = 15 * 60 * 1000;

/// Looks at the events of an operation for a custom resource that fails.
pub struct Witness<'a> {
    clients: Clients,
    template: Option<&'a Template>,
    /// The names in AWS of what the operation has made or touched, by logical id.
    names: BTreeMap<String, String>,
    reading: Option<JoinHandle<Testimony>>,
}

/// The end of a function's log.
#[derive(Debug, Default)]
pub struct Testimony {
    pub function: String,
    pub lines: Vec<String>,
}

impl<'a> Witness<'a> {
    /// `template` is what the stack is made from, where it is at hand.
    pub fn new(clients: &Clients, template: Option<&'a Template>) -> Self {
        Self { clients: clients.clone(), template, names: BTreeMap::new(), reading: None }
    }

    /// Takes an event in; at the first failure of a custom resource it begins to read its function's log.
    pub fn see(&mut self, event: &StackEvent) {
        let id = event.logical_resource_id().unwrap_or_default();
        if let Some(name) = event.physical_resource_id().filter(|name| !name.is_empty()) {
            self.names.insert(id.to_owned(), name.to_owned());
        }
        let status = event.resource_status().map(|status| status.as_str()).unwrap_or_default();
        let is_custom = is_custom(event.resource_type().unwrap_or_default());
        if self.reading.is_some() || !is_custom || !status.ends_with("_FAILED") {
            return;
        }
        let function = self.template.and_then(|template| function_of(template, id));
        if let Some(name) = function.and_then(|id| self.names.get(&id)) {
            let since = jiff::Timestamp::now().as_millisecond() - LONGEST_RUN;
            self.reading = Some(tokio::spawn(read(self.clients.clone(), name.clone(), since)));
        }
    }

    /// Returns what was read; nothing when no custom resource failed or its log says nothing.
    pub async fn testimony(self) -> Option<Testimony> {
        self.reading?.await.ok().filter(|testimony| !testimony.lines.is_empty())
    }
}

fn is_custom(resource_type: &str) -> bool {
    resource_type.starts_with("Custom::") || resource_type == "AWS::CloudFormation::CustomResource"
}

/// Returns the function that a custom resource refers to.
fn function_of(template: &Template, logical_id: &str) -> Option<String> {
    let is_function = |id: &str| {
        let resource = template.resources.get(id);
        resource.is_some_and(|resource| resource.resource_type == "AWS::Lambda::Function")
    };
    let references = template.references();
    let own = references.into_iter().filter(|one| one.from.logical_id() == Some(logical_id));
    own.map(|reference| reference.to).find(|id| is_function(id))
}

/// Reads the end of a function's log; it only explains a failure that is known already.
async fn read(clients: Clients, function: String, since: i64) -> Testimony {
    let group = format!("/aws/lambda/{function}");
    let sources = [Source { name: function.clone(), group }];
    let mut tail = Tail::new(&clients, &sources, since, None);
    let mut lines = Vec::new();
    // What a function has written comes into its log a little after its answer.
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(Duration::from_millis(if clients.is_nearby() { 50 } else { 500 })).await;
        }
        match tail.next().await {
            Ok(news) => lines.extend(news),
            Err(_) => break,
        }
        if lines.iter().any(|line| line.message.starts_with("REPORT RequestId: ")) {
            break;
        }
    }
    let own: Vec<String> =
        lines.into_iter().map(|line| line.message).filter(|line| !is_platform(line)).collect();
    let first = own.len().saturating_sub(LINES);
    Testimony { function, lines: own[first..].to_vec() }
}

/// Whether Lambda itself wrote a line, to mark where an invocation begins and ends.
///
/// What it says of a timeout or of a process that exited is no such line.
fn is_platform(line: &str) -> bool {
    let marks = ["INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: "];
    marks.iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_what_marks_an_invocation() {
        let log = [
            "INIT_START Runtime Version: provided:al2023.v1",
            "START RequestId: 7 Version: $LATEST",
            "STARTING",
            "2026-01-15T10:30:03.000Z 7 Task timed out after 3.00 seconds",
            "END RequestId: 7",
            "REPORT RequestId: 7\tDuration: 3000.00 ms",
        ];
        let own: Vec<_> = log.into_iter().filter(|line| !is_platform(line)).collect();
        assert_eq!(own, ["STARTING", log[3]]);
    }

    #[test]
    fn finds_the_function_behind_a_custom_resource() {
        let text = "Resources:\n  \
            Role: {Type: AWS::IAM::Role}\n  \
            Maker: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}\n  \
            Table: {Type: Custom::Table, Properties: {Owner: !Ref Role, ServiceToken: !GetAtt Maker.Arn}}\n  \
            Other: {Type: Custom::Table, Properties: {ServiceToken: 'arn:aws:lambda:r:1:function:x'}}\n";
        let template = Template::parse(text).unwrap();
        assert_eq!(function_of(&template, "Table").as_deref(), Some("Maker"));
        assert_eq!(function_of(&template, "Other"), None);
        assert!(is_custom("Custom::Table") && !is_custom("AWS::Lambda::Function"));
    }
}
