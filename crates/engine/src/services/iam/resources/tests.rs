//! The resource types as CloudFormation calls them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::all;
use crate::aws::Aws;
use crate::config::Config;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::{Resource, ResourceRequest, ResourceType};

struct Account {
    aws: Arc<Aws>,
    caller: Caller,
    tags: BTreeMap<String, String>,
    _folder: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let aws = Aws::open(&Config::new(folder.path())).unwrap();
        let caller = Caller::administrator("111122223333", "us-east-1");
        let tags = BTreeMap::from([("team".to_owned(), "data".to_owned())]);
        Self { aws, caller, tags, _folder: folder }
    }

    fn request<'a>(&'a self, logical_id: &'a str, properties: &'a Value) -> ResourceRequest<'a> {
        ResourceRequest {
            caller: &self.caller,
            stack_name: "orders",
            stack_id: "arn:aws:cloudformation:us-east-1:111122223333:stack/orders/1",
            logical_id,
            properties,
            tags: &self.tags,
            suffix: "ABC123",
        }
    }

    async fn create(&self, kind: &str, logical_id: &str, properties: &Value) -> Result<Resource, AwsError> {
        type_named(kind).create(&self.aws, &self.request(logical_id, properties)).await
    }

    async fn update(
        &self,
        kind: &str,
        id: &str,
        before: &Value,
        after: &Value,
    ) -> Result<Resource, AwsError> {
        type_named(kind).update(&self.aws, &self.request("X", after), id, before).await
    }

    async fn delete(&self, kind: &str, id: &str, properties: &Value) -> Result<(), AwsError> {
        type_named(kind).delete(&self.aws, &self.request("X", properties), id).await
    }

    fn role(&self, name: &str) -> super::super::state::Role {
        self.aws.services.iam.role("111122223333", name).unwrap()
    }
}

fn type_named(name: &str) -> Box<dyn ResourceType> {
    let name = format!("AWS::IAM::{name}");
    all().into_iter().find(|one| one.type_name() == name).unwrap()
}

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn role(extra: Value) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]});
    let mut role = json!({"AssumeRolePolicyDocument": trust});
    for (name, value) in extra.as_object().unwrap() {
        role[name] = value.clone();
    }
    role
}

const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

#[tokio::test]
async fn makes_a_role_once_even_when_the_create_is_repeated() {
    let account = Account::new();
    let properties = role(json!({"ManagedPolicyArns": [BASIC], "Path": "/app/"}));
    let first = account.create("Role", "Writer", &properties).await.unwrap();
    assert_eq!(first.physical_id, "orders-Writer-ABC123");
    assert_eq!(first.attributes["Arn"], "arn:aws:iam::111122223333:role/app/orders-Writer-ABC123");
    assert_eq!(account.create("Role", "Writer", &properties).await.unwrap(), first);
    assert_eq!(account.role(&first.physical_id).tags["team"], "data");

    let named = role(json!({"RoleName": "orders-Writer-ABC123"}));
    let taken = account.create("Role", "Other", &named).await.unwrap_err();
    assert_eq!(taken.code, "EntityAlreadyExists");
}

#[tokio::test]
async fn removes_from_a_role_what_left_the_template_and_nothing_else() {
    let account = Account::new();
    let inline = |name: &str| json!({"PolicyName": name, "PolicyDocument": allow("s3:GetObject")});
    let before = role(json!({"Policies": [inline("a"), inline("b")], "ManagedPolicyArns": [BASIC]}));
    let id = account.create("Role", "Writer", &before).await.unwrap().physical_id;
    let separate = json!({"PolicyName": "separate", "PolicyDocument": allow("s3:PutObject"), "Roles": [id]});
    account.create("Policy", "Separate", &separate).await.unwrap();

    let after = role(json!({"Policies": [inline("b"), inline("c")]}));
    account.update("Role", &id, &before, &after).await.unwrap();
    let changed = account.role(&id);
    assert_eq!(changed.inline.keys().collect::<Vec<_>>(), ["b", "separate", "c"]);
    assert!(changed.attached.is_empty());

    let conflict = account.delete("Role", &id, &after).await.unwrap_err();
    assert_eq!(conflict.message, "Cannot delete entity, must delete policies first.");
    account.delete("Policy", "", &separate).await.unwrap();
    account.delete("Role", &id, &after).await.unwrap();
    account.delete("Role", &id, &after).await.unwrap();
}

#[tokio::test]
async fn moves_an_inline_policy_between_roles() {
    let account = Account::new();
    let one = account.create("Role", "One", &role(json!({}))).await.unwrap().physical_id;
    let two = account.create("Role", "Two", &role(json!({}))).await.unwrap().physical_id;
    let before = json!({"PolicyName": "p", "PolicyDocument": allow("s3:GetObject"), "Roles": [one]});
    let id = account.create("Policy", "Policy", &before).await.unwrap().physical_id;
    let after = json!({"PolicyName": "q", "PolicyDocument": allow("s3:GetObject"), "Roles": [two]});
    assert_eq!(account.update("Policy", &id, &before, &after).await.unwrap().physical_id, id);
    assert!(account.role(&one).inline.is_empty());
    assert!(account.role(&two).inline.contains_key("q"));
}

#[tokio::test]
async fn gives_a_managed_policy_a_version_for_each_change() {
    let account = Account::new();
    let name = account.create("Role", "Writer", &role(json!({}))).await.unwrap().physical_id;
    let mut before = json!({"PolicyDocument": allow("s3:GetObject"), "Roles": [name]});
    let arn = account.create("ManagedPolicy", "Read", &before).await.unwrap().physical_id;
    assert_eq!(arn, "arn:aws:iam::111122223333:policy/orders-Read-ABC123");
    let reader = Caller {
        principal: crate::Principal::Role { role_name: name.clone(), session_name: "s".into() },
        ..account.caller.clone()
    };
    let may = |action: &str| {
        account.aws.services.iam.authorize(&reader, action, "arn:aws:s3:::b/k", None, &[]).is_ok()
    };
    assert!(may("s3:GetObject"));

    for round in 0..6 {
        let action = format!("s3:PutObject{round}");
        let after = json!({"PolicyDocument": allow(&action), "Roles": [name]});
        account.update("ManagedPolicy", &arn, &before, &after).await.unwrap();
        assert!(may(&action) && !may("s3:GetObject"));
        before = after;
    }
    let detached = json!({"PolicyDocument": before["PolicyDocument"]});
    let resource = account.update("ManagedPolicy", &arn, &before, &detached).await.unwrap();
    assert_eq!(resource.attributes["DefaultVersionId"], "v7");
    assert!(!may("s3:PutObject5"));
    account.delete("ManagedPolicy", &arn, &detached).await.unwrap();
    account.delete("ManagedPolicy", &arn, &detached).await.unwrap();
}

#[tokio::test]
async fn leaves_nothing_of_a_managed_policy_that_cannot_be_attached() {
    let account = Account::new();
    let properties = json!({"PolicyDocument": allow("s3:GetObject"), "Roles": ["gone"]});
    let refused = account.create("ManagedPolicy", "Read", &properties).await.unwrap_err();
    assert_eq!(refused.code, "NoSuchEntity");
    let arn = "arn:aws:iam::111122223333:policy/orders-Read-ABC123";
    assert!(account.aws.services.iam.policy(arn).is_err());
}

#[tokio::test]
async fn makes_a_user_with_a_key_and_takes_them_away() {
    let account = Account::new();
    let inline = |name: &str| json!({"PolicyName": name, "PolicyDocument": allow("s3:GetObject")});
    let before = json!({"UserName": "u", "Path": "/app/", "Policies": [inline("a")]});
    let user = account.create("User", "User", &before).await.unwrap();
    assert_eq!(user.attributes["Arn"], "arn:aws:iam::111122223333:user/app/u");
    assert_eq!(account.create("User", "User", &before).await.unwrap(), user);

    let properties = json!({"UserName": "u"});
    let key = account.create("AccessKey", "Key", &properties).await.unwrap();
    assert_eq!(account.create("AccessKey", "Key", &properties).await.unwrap(), key);
    assert!(key.physical_id.starts_with("AKIA"));
    assert_eq!(key.attributes["SecretAccessKey"].as_str().map(str::len), Some(40));

    let after = json!({"UserName": "u", "Path": "/app/", "Policies": [inline("b")]});
    account.update("User", "u", &before, &after).await.unwrap();
    let stored = account.aws.services.iam.user("111122223333", "u").unwrap();
    assert_eq!(stored.inline.keys().collect::<Vec<_>>(), ["b"]);

    let conflict = account.delete("User", "u", &after).await.unwrap_err();
    assert_eq!(conflict.code, "DeleteConflict");
    account.delete("AccessKey", &key.physical_id, &properties).await.unwrap();
    account.delete("AccessKey", &key.physical_id, &properties).await.unwrap();
}

#[tokio::test]
async fn gives_policies_to_users_too() {
    let account = Account::new();
    let iam = &account.aws.services.iam;
    account.create("User", "User", &json!({"UserName": "u"})).await.unwrap();
    let user = Caller {
        principal: crate::Principal::User { user_name: "u".into(), path: "/".into() },
        ..account.caller.clone()
    };
    let may = |action: &str| iam.authorize(&user, action, "arn:aws:s3:::b/k", None, &[]).is_ok();
    let inline = json!({"PolicyName": "p", "PolicyDocument": allow("s3:GetObject"), "Users": ["u"]});
    let managed = json!({"PolicyDocument": allow("s3:PutObject"), "Users": ["u"]});
    account.create("Policy", "Policy", &inline).await.unwrap();
    let arn = account.create("ManagedPolicy", "Write", &managed).await.unwrap().physical_id;
    assert!(may("s3:GetObject") && may("s3:PutObject") && !may("s3:DeleteObject"));

    account.delete("Policy", "", &inline).await.unwrap();
    account.delete("ManagedPolicy", &arn, &managed).await.unwrap();
    assert!(!may("s3:GetObject") && !may("s3:PutObject"));
    account.delete("User", "u", &json!({"UserName": "u"})).await.unwrap();
}
