//! Operations that an end of the engine interrupts, and what becomes of them.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackStatus;
use hydrant_engine::{Clock, Config, Engine};

use crate::support::{START, eventually, sdk};

async fn start(folder: &std::path::Path) -> Engine {
    Engine::start(Config { clock: Clock::manual(START), ..Config::new(folder) }).await.unwrap()
}

async fn status(client: &Client) -> Option<StackStatus> {
    let stacks = client.describe_stacks().stack_name("orders").send().await.ok()?;
    stacks.stacks().first()?.stack_status().cloned()
}

#[tokio::test]
async fn goes_on_with_a_create_after_a_restart_and_makes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let resources: String = (0..20)
        .map(|index| {
            let needs = if index == 0 { String::new() } else { format!("DependsOn: S{}, ", index - 1) };
            format!("  S{index}: {{{needs}Type: AWS::Kinesis::Stream, Properties: {{ShardCount: 1}}}}\n")
        })
        .collect();
    let engine = start(folder.path()).await;
    let client = Client::new(&sdk(&engine.url()).await);
    let template = format!("Resources:\n{resources}");
    client.create_stack().stack_name("orders").template_body(template).send().await.unwrap();
    // Wherever the work stands now is where it is cut off.
    engine.stop().await;

    let engine = start(folder.path()).await;
    let config = sdk(&engine.url()).await;
    let client = Client::new(&config);
    eventually("the stack is created", || async {
        (status(&client).await == Some(StackStatus::CreateComplete)).then_some(())
    })
    .await;
    let streams = aws_sdk_kinesis::Client::new(&config).list_streams().send().await.unwrap();
    assert_eq!(streams.stream_names().len(), 20);
    let events = client.describe_stack_events().stack_name("orders").send().await.unwrap();
    let completed = events.stack_events().iter().filter(|event| {
        let is_complete = event.resource_status().is_some_and(|status| status.as_str() == "CREATE_COMPLETE");
        is_complete && event.resource_type() == Some("AWS::Kinesis::Stream")
    });
    assert_eq!(completed.count(), 20);
    client.delete_stack().stack_name("orders").send().await.unwrap();
    engine.stop().await;

    let engine = start(folder.path()).await;
    let config = sdk(&engine.url()).await;
    let client = Client::new(&config);
    eventually("the stack is gone", || async { status(&client).await.is_none().then_some(()) }).await;
    let streams = aws_sdk_kinesis::Client::new(&config).list_streams().send().await.unwrap();
    assert!(streams.stream_names().is_empty());
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
