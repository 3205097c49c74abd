//! A function's resource policy: AddPermission, RemovePermission and GetPolicy.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Lambda;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AddPermission {
    pub statement_id: String,
    pub action: String,
    pub principal: String,
    pub source_arn: Option<String>,
    pub source_account: Option<String>,
    pub event_source_token: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    pub principal_org_id: Option<String>,
    pub function_url_auth_type: Option<String>,
    pub invoked_via_function_url: Option<bool>,
    pub revision_id: Option<String>,
}

impl Lambda {
    /// Adds a statement to the function's policy and returns it.
    pub(super) fn add_permission(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        input: &AddPermission,
    ) -> Result<Value, AwsError> {
        let context = [("lambda:Principal", input.principal.as_str())];
        aws.services.iam.authorize(caller, "lambda:AddPermission", &key.arn(), None, &context)?;
        let statement = input.statement(&key.arn())?;
        self.change_policy(key, |permissions| {
            if permissions.iter().any(|known| known["Sid"] == input.statement_id.as_str()) {
                let message = format!(
                    "The statement id ({}) provided already exists. Please provide a new statement id, or \
                     remove the existing statement.",
                    input.statement_id
                );
                return Err(AwsError::new("ResourceConflictException", message).status(409));
            }
            permissions.push(statement.clone());
            Ok(())
        })?;
        Ok(statement)
    }

    pub(super) fn remove_permission(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
        statement_id: &str,
    ) -> Result<(), AwsError> {
        aws.services.iam.authorize(caller, "lambda:RemovePermission", &key.arn(), None, &[])?;
        self.change_policy(key, |permissions| {
            let before = permissions.len();
            permissions.retain(|statement| statement["Sid"] != statement_id);
            if permissions.len() == before {
                let message = format!("Statement {statement_id} is not found in resource policy.");
                return Err(AwsError::new("ResourceNotFoundException", message).status(404));
            }
            Ok(())
        })?;
        Ok(())
    }

    pub(super) fn get_policy(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &FunctionKey,
    ) -> Result<Value, AwsError> {
        let function = self.authorized(aws, caller, "lambda:GetPolicy", key)?;
        let Some(policy) = function.policy() else {
            let message = "The resource you requested does not exist.";
            return Err(AwsError::new("ResourceNotFoundException", message).status(404));
        };
        Ok(json!({"Policy": policy.to_string(), "RevisionId": function.revision_id}))
    }
}

impl AddPermission {
    /// Returns the statement that the input asks for.
    pub(super) fn statement(&self, function_arn: &str) -> Result<Value, AwsError> {
        if let Some(auth_type) = self.function_url_auth_type.as_deref() {
            if !["NONE", "AWS_IAM"].contains(&auth_type) {
                let rule = "Member must satisfy enum value set: [NONE, AWS_IAM]";
                return Err(super::settings::constraint(auth_type, "functionUrlAuthType", rule));
            }
            if self.action != "lambda:InvokeFunctionUrl" {
                let message = "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action";
                return Err(AwsError::new("InvalidParameterValueException", message));
            }
        }
        let is_id = |text: &str| {
            (1..=100).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if !is_id(&self.statement_id) {
            let rule = "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)";
            return Err(super::settings::constraint(&self.statement_id, "statementId", rule));
        }
        let is_action = self.action.strip_prefix("lambda:").is_some_and(|name| !name.is_empty());
        if !is_action && self.action != "*" {
            let rule = r"Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])";
            return Err(super::settings::constraint(&self.action, "action", rule));
        }
        let mut statement = json!({
            "Sid": self.statement_id,
            "Effect": "Allow",
            "Principal": self.principal()?,
            "Action": self.action,
            "Resource": function_arn,
        });
        let condition = self.condition();
        if !condition.is_empty() {
            statement["Condition"] = condition.into();
        }
        Ok(statement)
    }

    fn principal(&self) -> Result<Value, AwsError> {
        let principal = self.principal.as_str();
        let is_account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
        if principal == "*" {
            Ok(json!("*"))
        } else if is_account {
            Ok(json!({"AWS": format!("arn:aws:iam::{principal}:root")}))
        } else if principal.starts_with("arn:") {
            Ok(json!({"AWS": principal}))
        } else if principal.contains('.') {
            Ok(json!({"Service": principal}))
        } else {
            let message = "The provided principal was invalid. Please check the principal and try again.";
            Err(AwsError::new("InvalidParameterValueException", message))
        }
    }

    fn condition(&self) -> Map<String, Value> {
        let mut equals = Map::new();
        let keys = [
            ("AWS:SourceAccount", &self.source_account),
            ("lambda:EventSourceToken", &self.event_source_token),
            ("aws:PrincipalOrgID", &self.principal_org_id),
            ("lambda:FunctionUrlAuthType", &self.function_url_auth_type),
        ];
        for (key, value) in keys {
            if let Some(value) = value {
                equals.insert(key.to_owned(), value.as_str().into());
            }
        }
        let mut condition = Map::new();
        if !equals.is_empty() {
            condition.insert("StringEquals".to_owned(), equals.into());
        }
        if let Some(arn) = &self.source_arn {
            condition.insert("ArnLike".to_owned(), json!({"AWS:SourceArn": arn}));
        }
        if let Some(via_url) = self.invoked_via_function_url {
            let via_url = via_url.to_string();
            condition.insert("Bool".to_owned(), json!({"lambda:InvokedViaFunctionUrl": via_url}));
        }
        condition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_statement_as_aws_does() {
        let input = AddPermission {
            statement_id: "from-s3".into(),
            action: "lambda:InvokeFunction".into(),
            principal: "s3.amazonaws.com".into(),
            source_arn: Some("arn:aws:s3:::b".into()),
            source_account: Some("111122223333".into()),
            ..AddPermission::default()
        };
        let expected = json!({
            "Sid": "from-s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": "arn",
            "Condition": {
                "StringEquals": {"AWS:SourceAccount": "111122223333"},
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
            },
        });
        assert_eq!(input.statement("arn").unwrap(), expected);
    }

    #[test]
    fn refuses_what_is_no_principal_or_action() {
        let input = |principal: &str, action: &str| AddPermission {
            statement_id: "a".into(),
            action: action.into(),
            principal: principal.into(),
            ..AddPermission::default()
        };
        assert!(input("somebody", "lambda:InvokeFunction").statement("arn").is_err());
        assert!(input("111122223333", "s3:GetObject").statement("arn").is_err());
        assert!(input("111122223333", "lambda:InvokeFunction").statement("arn").is_ok());
    }
}
