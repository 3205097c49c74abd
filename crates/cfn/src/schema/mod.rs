//! AWS's description of each resource type: which properties it has, what is valid for them, and which of
//! them replace the resource when they change.
//!
//! A type name becomes a [`ResourceSchema`], which is read where it lies in the program: nothing is parsed, and what
//! is not asked for costs nothing. Properties become [`Violation`]s in CloudFormation's words. It does not know
//! intrinsic functions, unless a [`Reader`] tells, nor what formats such as "the ARN of a role" mean.

mod data;
pub(crate) mod formats;
mod model;
mod pattern;
mod pointer;
mod resource;
mod types;
mod validate;

pub use data::{Source, of, of_serverless, region_names, source, type_names};
pub use model::{Additional, Schema};
pub use pattern::matches as matches_pattern;
pub use pointer::PropertyPointer;
pub use resource::{Lifecycle, ResourceSchema};
pub use types::{Type, Types};
pub use validate::{Alternative, Reader, Reading, Violation, failure, resolved};

pub(crate) use data::{root, section};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_every_type_of_aws() {
        let names: Vec<_> = type_names().collect();
        assert!(names.len() > 1_850 && names.is_sorted(), "{}", names.len());
        for name in names {
            let schema = of(name).unwrap_or_else(|| panic!("{name} cannot be read"));
            assert_eq!(schema.type_name(), name);
            assert!(schema.property_names().count() > 0 && schema.regions().count() > 0, "{name}");
        }
    }

    #[test]
    fn finds_every_definition_that_a_reference_names() {
        fn check(schema: Schema<'_>) {
            if let Some(reference) = schema.reference() {
                assert!(schema.definition(reference).is_some(), "{reference}");
            }
            schema.children().for_each(check);
        }
        type_names().filter_map(of).for_each(|schema| check(schema.root()));
    }

    #[test]
    fn knows_what_replaces_a_delivery_stream() {
        let schema = of("AWS::KinesisFirehose::DeliveryStream").unwrap();
        assert!(schema.is_create_only(&["DeliveryStreamName"]));
        assert!(schema.is_create_only(&["KinesisStreamSourceConfiguration", "RoleARN"]));
        assert!(!schema.is_create_only(&["ExtendedS3DestinationConfiguration", "Prefix"]));
        let read_only: Vec<_> = schema.read_only().map(PropertyPointer::dotted).collect();
        assert_eq!(read_only, ["Arn"]);
        assert!(schema.primary_identifier().next().is_some_and(|name| name.is(&["DeliveryStreamName"])));
        assert!(schema.tag_property().is_some_and(|tags| tags.is(&["Tags"])));
    }

    #[test]
    fn knows_where_and_how_long_a_type_is() {
        let stream = of("AWS::Kinesis::Stream").unwrap();
        assert_eq!(stream.is_in_region("eu-west-1"), Some(true));
        assert_eq!(stream.is_in_region("moon-1"), None);
        assert_eq!(stream.lifecycle(), None);
        let mesh = of("AWS::AppMesh::Mesh").unwrap();
        assert_eq!(mesh.lifecycle(), Some(Lifecycle { status: "sunset", date: Some("2026-09-30") }));
        let elsewhere: Vec<_> = of("AWS::OpsWorks::Stack").unwrap().regions().collect();
        assert!(!elsewhere.contains(&"us-east-1"), "{elsewhere:?}");
    }

    #[test]
    fn knows_the_attributes_beyond_what_only_aws_sets() {
        let dotted =
            |name: &str| of(name).unwrap().attributes().map(PropertyPointer::dotted).collect::<Vec<_>>();
        assert!(dotted("AWS::SNS::Topic").iter().any(|name| name == "TopicName"));
        assert!(dotted("AWS::Kinesis::StreamConsumer").iter().any(|name| name == "ConsumerName"));
        assert!(dotted("AWS::CloudFormation::Stack").iter().any(|name| name == "Outputs.*"));
        assert_eq!(dotted("AWS::KinesisFirehose::DeliveryStream"), ["Arn"]);
    }

    #[test]
    fn does_not_know_a_type_that_aws_does_not_have() {
        assert!(of("AWS::Nothing::AtAll").is_none());
        assert!(
            of("AWS::Serverless::Function").is_none() && of_serverless("AWS::Serverless::Function").is_some()
        );
    }

    #[test]
    fn says_where_it_has_this_from() {
        let source = source();
        assert!(source.requirement.starts_with("cfn-lint==") && source.sha256.len() == 64, "{source:?}");
        assert!(source.date.starts_with("20"));
    }
}
