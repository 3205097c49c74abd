//! Names the crates and layers behind changed code, where a change set only knows another key in a bucket.

use hydrant_cfn::template::Template;

use super::Change;
use crate::package::{Artifact, Source};

/// Where functions and layers have the key of their code.
const KEYS: [&str; 2] = ["Code.S3Key", "Content.S3Key"];

/// Puts the names of crates and folders in the place of keys that are given by the artifacts' parameters.
pub fn name(changes: &mut [Change], new: &Template, artifacts: &[Artifact]) {
    for change in changes {
        for path in KEYS.iter().filter(|path| change.before.contains_key(**path)).collect::<Vec<_>>() {
            let resource = new.resources.get(&change.logical_id);
            let value = resource
                .and_then(|resource| resource.properties.pointer(&format!("/{}", path.replace('.', "/"))));
            let parameter = value.and_then(|value| value.get("Ref")?.as_str());
            let artifact = artifacts.iter().find(|artifact| Some(artifact.parameter().as_str()) == parameter);
            match artifact.map(|artifact| &artifact.source) {
                Some(Source::Crate(name)) => change.crates.push(name.clone()),
                Some(Source::Folder(name)) => change.folders.push(name.clone()),
                None => continue,
            }
            change.before.remove(*path);
            change.after.remove(*path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn artifact(name: &str, source: Source) -> Artifact {
        Artifact { name: name.into(), source, sha256: "0".repeat(64), bytes: 0, archive: Vec::new() }
    }

    #[test]
    fn names_the_crate_behind_a_key() {
        let template = Template::parse(
            "Resources:\n  Clean: {Type: AWS::Lambda::Function, Properties: {Timeout: 3, Code: {S3Bucket: !Ref CodeBucket, S3Key: !Ref \
             CleanCodeKey}}}\n  Other: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: c}}}\n",
        )
        .unwrap();
        let change = |id: &str| -> Change {
            serde_json::from_value(json!({
                "action": "modify", "replacement": false, "logical_id": id, "type": "AWS::Lambda::Function", "physical_id": null,
                "renamed_from": null, "before": {"Code.S3Key": "a.zip", "Timeout": 2}, "after": {"Code.S3Key": "b.zip", "Timeout": 3},
                "replaced_because_of": [], "loses": null,
            }))
            .unwrap()
        };
        let mut changes = [change("Clean"), change("Other")];
        name(&mut changes, &template, &[artifact("clean", Source::Crate("position-cleaner".into()))]);
        assert_eq!(changes[0].crates, ["position-cleaner"]);
        assert_eq!(changes[0].before.keys().collect::<Vec<_>>(), ["Timeout"]);
        assert_eq!(changes[0].after.keys().collect::<Vec<_>>(), ["Timeout"]);
        assert!(changes[1].crates.is_empty() && changes[1].before.contains_key("Code.S3Key"));
    }
}
