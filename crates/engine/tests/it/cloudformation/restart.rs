//! Operations that an end of the engine interrupts, and what becomes of them.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{StackEvent, StackStatus};
use hydrant_engine::{Clock, Config, Engine, Timestamp};

use crate::support::{START, eventually, sdk};

async fn start(folder: &std::path::Path) -> Engine {
    start_at(folder, START).await
}

async fn start_at(folder: &std::path::Path, time: Timestamp) -> Engine {
    Engine::start(Config { clock: Clock::manual(time), ..Config::new(folder) }).await.unwrap()
}

/// Returns how many log groups there are.
async fn groups(config: &SdkConfig) -> usize {
    let client = aws_sdk_cloudwatchlogs::Client::new(config);
    let mut pages = client.describe_log_groups().into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.unwrap().log_groups().len();
    }
    count
}

async fn status(client: &Client) -> Option<StackStatus> {
    let stacks = client.describe_stacks().stack_name("orders").send().await.ok()?;
    stacks.stacks().first()?.stack_status().cloned()
}

#[tokio::test]
async fn goes_on_with_a_create_after_a_restart_and_makes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let resources: String = (0..100)
        .map(|index| {
            let needs = if index == 0 { String::new() } else { format!("DependsOn: G{}, ", index - 1) };
            format!("  G{index}: {{{needs}Type: AWS::Logs::LogGroup}}\n")
        })
        .collect();
    let engine = start(folder.path()).await;
    let client = Client::new(&sdk(&engine.url()).await);
    let template = format!("Resources:\n{resources}");
    client.create_stack().stack_name("orders").template_body(template).send().await.unwrap();
    // Wherever the work stands now is where it is cut off.
    engine.stop().await;

    let later = Timestamp(START.0 + 60_000);
    let engine = start_at(folder.path(), later).await;
    let config = sdk(&engine.url()).await;
    let client = Client::new(&config);
    eventually("the stack is created", || async {
        (status(&client).await == Some(StackStatus::CreateComplete)).then_some(())
    })
    .await;
    assert_eq!(groups(&config).await, 100);
    let (mut completed, mut token) = (Vec::new(), None);
    loop {
        let request = client.describe_stack_events().stack_name("orders").set_next_token(token);
        let events = request.send().await.unwrap();
        let is_complete = |event: &&StackEvent| {
            let is_complete = event.resource_status().is_some_and(|one| one.as_str() == "CREATE_COMPLETE");
            is_complete && event.resource_type() == Some("AWS::Logs::LogGroup")
        };
        completed.extend(events.stack_events().iter().filter(is_complete).cloned());
        token = events.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(completed.len(), 100);
    let after =
        completed.iter().filter(|event| event.timestamp().is_some_and(|at| at.secs() >= later.0 / 1000));
    assert!(after.count() > 0, "the create had ended before the engine did");
    client.delete_stack().stack_name("orders").send().await.unwrap();
    engine.stop().await;

    let engine = start_at(folder.path(), later).await;
    let config = sdk(&engine.url()).await;
    let client = Client::new(&config);
    eventually("the stack is gone", || async { status(&client).await.is_none().then_some(()) }).await;
    assert_eq!(groups(&config).await, 0);
    engine.stop().await;
}

#[tokio::test]
async fn remembers_stacks_change_sets_and_events() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path()).await;
    let client = Client::new(&sdk(&engine.url()).await);
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket'}}\nOutputs: {Name: {Value: !Ref Data}}";
    client.create_stack().stack_name("orders").template_body(template).send().await.unwrap();
    eventually("the stack is created", || async {
        (status(&client).await == Some(StackStatus::CreateComplete)).then_some(())
    })
    .await;
    let changed = template.replace("Type:", "DeletionPolicy: Retain, Type:");
    let request = client.create_change_set().stack_name("orders").change_set_name("later");
    request.template_body(changed).send().await.unwrap();
    let before = client.describe_stacks().send().await.unwrap();
    let events = client.describe_stack_events().stack_name("orders").send().await.unwrap();
    engine.stop().await;

    let engine = start(folder.path()).await;
    let client = Client::new(&sdk(&engine.url()).await);
    assert_eq!(client.describe_stacks().send().await.unwrap().stacks(), before.stacks());
    let after = client.describe_stack_events().stack_name("orders").send().await.unwrap();
    assert_eq!(after.stack_events(), events.stack_events());
    client.execute_change_set().stack_name("orders").change_set_name("later").send().await.unwrap();
    eventually("the stack is updated", || async {
        (status(&client).await == Some(StackStatus::UpdateComplete)).then_some(())
    })
    .await;
    let after = client.describe_stack_events().stack_name("orders").send().await.unwrap();
    assert!(after.stack_events().len() > events.stack_events().len());
    engine.stop().await;
}
