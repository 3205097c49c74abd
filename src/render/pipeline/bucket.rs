//! Buckets, and whom they tell of their objects.

use serde::Serialize;

use super::bucket_id;
use crate::stack::{Naming, StackFile, logical_id};

#[derive(Debug, Serialize)]
pub struct BucketBlock {
    pub id: String,
    /// For `Fn::Sub`, when the name is to be the account's own for this region, which nobody else can take.
    pub name_pattern: Option<String>,
    /// The name when it is to be just this.
    pub plain_name: Option<String>,
    pub notifications: Vec<Notification>,
}

/// Objects of which a function is told.
#[derive(Debug, Serialize)]
pub struct Notification {
    /// Logical id of the function.
    pub function: String,
    pub prefix: Option<String>,
    pub suffix: Option<String>,
}

pub fn block(file: &StackFile, name: &str) -> BucketBlock {
    let pattern = name_pattern(file, name);
    let is_plain = file.naming(name) == Naming::Plain;
    BucketBlock {
        id: bucket_id(name),
        plain_name: is_plain.then(|| pattern.clone()),
        name_pattern: (!is_plain).then_some(pattern),
        notifications: notifications(file, name),
    }
}

/// Returns the bucket's name in AWS, for `Fn::Sub`.
///
/// What a function needs to know of a bucket is written with it and not with a reference: the bucket tells the
/// function of its objects, so it already depends on the function.
pub fn name_pattern(file: &StackFile, name: &str) -> String {
    match file.naming(name) {
        Naming::Plain => name.to_owned(),
        Naming::Regional => format!("{name}-${{AWS::AccountId}}-${{AWS::Region}}-an"),
    }
}

/// Returns the bucket's ARN, for `Fn::Sub`.
pub fn arn_pattern(file: &StackFile, name: &str) -> String {
    format!("arn:${{AWS::Partition}}:s3:::{}", name_pattern(file, name))
}

fn notifications(file: &StackFile, bucket: &str) -> Vec<Notification> {
    let functions = file.functions.iter();
    let watching = functions.filter_map(|(name, function)| Some((name, function.watches.as_ref()?)));
    watching
        .filter(|(_, watches)| watches.bucket.value == bucket)
        .map(|(name, watches)| Notification {
            function: logical_id(name),
            prefix: watches.prefix.as_ref().map(|prefix| prefix.value.clone()),
            suffix: watches.suffix.as_ref().map(|suffix| suffix.value.clone()),
        })
        .collect()
}
