//! What of a function or of a delivery stream a direct call can change, as a template says it: values by path.
//!
//! Paths are the template's own. Nothing here asks AWS; what only CloudFormation can work out, such as another
//! resource's ARN, is left open.

use std::collections::{BTreeMap, BTreeSet};

use hydrant_cfn::template::Template;
use serde_json::Value;

/// Values by path; what is not given has AWS's own.
pub type Settings = BTreeMap<String, Value>;

/// The paths of a function's variables begin with this.
pub const VARIABLES: &str = "Environment.Variables.";

/// The part of a delivery stream in which something can be changed in place.
pub const DESTINATION: &str = "ExtendedS3DestinationConfiguration";

/// The resources of which something can be changed by a direct call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Function,
    DeliveryStream,
}

/// What a template says of one of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    pub settings: Settings,
    /// Paths whose values only CloudFormation knows.
    pub open: BTreeSet<String>,
}

impl Kind {
    /// Returns the kind of a resource type, if it is one of them.
    pub fn of(resource_type: &str) -> Option<Self> {
        match resource_type {
            "AWS::Lambda::Function" => Some(Self::Function),
            "AWS::KinesisFirehose::DeliveryStream" => Some(Self::DeliveryStream),
            _ => None,
        }
    }

    /// Returns CloudFormation's name of the kind.
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Function => "AWS::Lambda::Function",
            Self::DeliveryStream => "AWS::KinesisFirehose::DeliveryStream",
        }
    }

    /// Returns the single values, each with what it is when a template does not give it.
    /// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html>
    fn scalars(self) -> &'static [(&'static str, Default)] {
        match self {
            Self::Function => &[
                ("Description", Default::Text("")),
                ("MemorySize", Default::Number(128)),
                ("Timeout", Default::Number(3)),
            ],
            Self::DeliveryStream => &[
                ("BufferingHints.IntervalInSeconds", Default::Number(300)),
                ("BufferingHints.SizeInMBs", Default::Number(5)),
                ("CompressionFormat", Default::Text("UNCOMPRESSED")),
                ("ErrorOutputPrefix", Default::Text("")),
                ("Prefix", Default::Text("")),
            ],
        }
    }

    /// Returns whether a change of the property `path` can be made by a direct call.
    pub fn covers(self, path: &str) -> bool {
        let within = |whole: &str| is_within(path, whole);
        match self {
            Self::Function => ["Description", "MemorySize", "Timeout", "Environment"].into_iter().any(within),
            Self::DeliveryStream => {
                let parts = ["BufferingHints", "CompressionFormat", "ErrorOutputPrefix", "Prefix"];
                parts.into_iter().any(|part| within(&format!("{DESTINATION}.{part}")))
            }
        }
    }

    /// Returns the stack file's word for the setting at `path`.
    pub fn word(self, path: &str) -> &'static str {
        match path.rsplit('.').next().unwrap_or_default() {
            _ if is_within(path, "Environment") => "environment",
            "Description" => "description",
            "MemorySize" => "memory",
            "Timeout" => "timeout",
            "CompressionFormat" => "compression",
            "ErrorOutputPrefix" => "error-prefix",
            "Prefix" => "prefix",
            _ => "buffer",
        }
    }

    /// Reads what a template says; `parameters` are those whose values are known.
    pub fn wanted(self, properties: &Value, parameters: &BTreeMap<String, String>) -> Wanted {
        let mut wanted = Wanted::default();
        let (root, base) = match self {
            Self::Function => (Some(properties), String::new()),
            Self::DeliveryStream => (properties.get(DESTINATION), format!("{DESTINATION}.")),
        };
        let Some(root) = root.filter(|root| !is_call(root)) else {
            wanted.open.insert(DESTINATION.to_owned());
            return wanted;
        };
        for (name, default) in self.scalars() {
            let path = format!("{base}{name}");
            match look(root, name) {
                Found::Nothing => wanted.put(path, Some(default.value())),
                Found::Call => wanted.put(path, None),
                Found::Value(value) => wanted.put(path, default.read(value, parameters)),
            }
        }
        if self == Self::Function {
            match look(root, "Environment.Variables") {
                Found::Value(Value::Object(variables)) if !is_call(&root["Environment"]["Variables"]) => {
                    for (name, value) in variables {
                        let value = Default::Text("").read(value, parameters);
                        wanted.put(format!("{VARIABLES}{name}"), value);
                    }
                }
                Found::Nothing => {}
                Found::Call | Found::Value(_) => wanted.put("Environment".to_owned(), None),
            }
        }
        wanted
    }
}

impl Wanted {
    fn put(&mut self, path: String, value: Option<Value>) {
        match value {
            Some(value) => drop(self.settings.insert(path, value)),
            None => drop(self.open.insert(path)),
        }
    }

    /// Returns whether only CloudFormation knows the value at `path`, of something within it or around it.
    pub fn is_open(&self, path: &str) -> bool {
        self.open.iter().any(|open| is_within(path, open) || is_within(open, path))
    }
}

/// What a setting is when nobody sets it; its type is the setting's.
#[derive(Debug, Clone, Copy)]
enum Default {
    Text(&'static str),
    Number(i64),
}

impl Default {
    fn value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => number.into(),
        }
    }

    /// Reads a value, which a template may write as another scalar; nothing when only CloudFormation can.
    fn read(self, value: &Value, parameters: &BTreeMap<String, String>) -> Option<Value> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Object(members) if members.len() == 1 => {
                parameters.get(members.get("Ref")?.as_str()?)?.clone()
            }
            _ => return None,
        };
        // CloudFormation puts the value of another service in its place.
        if text.contains("{{resolve:") {
            return None;
        }
        match self {
            Self::Text(_) => Some(text.into()),
            Self::Number(_) => Some(text.parse::<i64>().ok()?.into()),
        }
    }
}

enum Found<'a> {
    Nothing,
    Value(&'a Value),
    /// Something around it is a function's.
    Call,
}

fn look<'a>(root: &'a Value, path: &str) -> Found<'a> {
    let mut value = root;
    for name in path.split('.') {
        if is_call(value) {
            return Found::Call;
        }
        match value.get(name) {
            Some(inner) => value = inner,
            None => return Found::Nothing,
        }
    }
    Found::Value(value)
}

/// Returns whether `path` is `whole` or something in it.
fn is_within(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Returns whether a value is a function call such as `{"Fn::If": […]}`.
fn is_call(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    members.len() == 1 && members.keys().all(|name| name == "Ref" || name.starts_with("Fn::"))
}

/// Returns those of a stack's parameters whose values stand for themselves: no secrets, and no names of values
/// that CloudFormation fetches.
pub fn known_parameters<'a>(
    template: &Template,
    given: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, String> {
    let defaults = template
        .parameters
        .iter()
        .filter_map(|(name, parameter)| Some((name.clone(), parameter.default_text()?)));
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let is_plain = |name: &String| {
        template.parameters.get(name).is_some_and(|parameter| {
            !parameter.no_echo && !parameter.parameter_type.starts_with("AWS::SSM::Parameter")
        })
    };
    defaults.chain(given).filter(|(name, _)| is_plain(name)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_is_said_and_what_aws_takes_where_nothing_is() {
        let properties =
            json!({"Timeout": "30", "Environment": {"Variables": {"A": 1, "B": {"Ref": "Bucket"}}}});
        let wanted = Kind::Function.wanted(&properties, &BTreeMap::new());
        assert_eq!(wanted.settings["Timeout"], 30);
        assert_eq!(wanted.settings["MemorySize"], 128);
        assert_eq!(wanted.settings["Environment.Variables.A"], "1");
        assert!(wanted.is_open("Environment.Variables.B") && wanted.is_open("Environment"));
        assert!(!wanted.is_open("Environment.Variables.A"));
    }

    #[test]
    fn leaves_open_what_only_cloudformation_works_out() {
        let parameters = BTreeMap::from([("Seconds".to_owned(), "60".to_owned())]);
        let properties = json!({
            "Timeout": {"Ref": "Seconds"}, "MemorySize": {"Ref": "Other"},
            "Description": "{{resolve:ssm:words}}", "Environment": {"Fn::If": ["C", {}, {}]},
        });
        let wanted = Kind::Function.wanted(&properties, &parameters);
        assert_eq!(wanted.settings["Timeout"], 60);
        for path in ["MemorySize", "Description", "Environment.Variables.A"] {
            assert!(wanted.is_open(path), "{path}");
        }
        let other = json!({"S3DestinationConfiguration": {"Prefix": "in/"}});
        assert!(Kind::DeliveryStream.wanted(&other, &parameters).is_open(&format!("{DESTINATION}.Prefix")));
    }

    #[test]
    fn knows_which_changes_a_direct_call_makes() {
        assert!(Kind::Function.covers("Environment.Variables.A") && Kind::Function.covers("Environment"));
        assert!(!Kind::Function.covers("Role") && !Kind::Function.covers("EnvironmentOf"));
        let delivery = |path: &str| Kind::DeliveryStream.covers(&format!("{DESTINATION}.{path}"));
        assert!(delivery("BufferingHints.SizeInMBs") && delivery("Prefix"));
        assert!(!delivery("RoleARN") && !Kind::DeliveryStream.covers("DeliveryStreamName"));
        assert_eq!(Kind::DeliveryStream.word(&format!("{DESTINATION}.BufferingHints.SizeInMBs")), "buffer");
        assert_eq!(Kind::Function.word("Environment.Variables.Prefix"), "environment");
    }

    #[test]
    fn takes_no_parameter_for_known_that_hides_its_value() {
        let text = "Parameters: {A: {Type: String}, B: {Type: String, NoEcho: true}, \
                    C: {Type: 'AWS::SSM::Parameter::Value<String>'}, D: {Type: Number, Default: 3}}\n\
                    Resources: {S: {Type: AWS::Kinesis::Stream}}";
        let template = Template::parse(text).unwrap();
        let known = known_parameters(&template, [("A", "a"), ("B", "****"), ("C", "/name")]);
        assert_eq!(known, BTreeMap::from([("A".into(), "a".into()), ("D".into(), "3".into())]));
    }
}
