//! The JSON Schema of stack files, from which editors complete keys and show what they mean.
//!
//! It says what may be written where; names that lead nowhere and values that do not go together are for the parser
//! and the linter. Tests hold it against the parser: the same keys, the same words.

use serde_json::{Map, Value, json};

/// Where the schema is known by; nothing is fetched from there.
const ID: &str = "urn:hydrant:stack-file";

/// Returns the schema.
pub fn schema() -> Value {
    let sections = sections();
    let mut properties = Map::new();
    properties.insert("description".into(), said("The template's description.", text()));
    let stacks = json!({ "type": "array", "items": text() });
    properties.insert("depends_on".into(), said("Stacks that are deployed before this one.", stacks));
    properties.insert("values".into(), said("What comes from elsewhere, used as ${name}.", named(value())));
    properties.insert("exports".into(), said("Blocks that other stacks may import.", texts()));
    for (name, meaning, block) in &sections {
        properties.insert((*name).into(), said(meaning, named(block.clone())));
    }
    properties.insert("alarms".into(), alarms());
    properties.insert("environments".into(), environments(&sections));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Stack file of hydrant",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

/// The sections of named blocks: what each is, and what one of its blocks looks like.
fn sections() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("streams", "Kinesis data streams, by name.", stream()),
        ("deliveries", "Firehose delivery streams that write to S3, by name.", delivery()),
        ("buckets", "What is particular about buckets that other blocks name.", bucket()),
        ("functions", "Lambda functions written as Rust crates of the project, by name.", function()),
        ("topics", "SNS topics, by name.", topic()),
        ("layers", "Folders of files that several functions share, by name.", layer()),
        ("users", "IAM users for producers outside AWS, by name.", user()),
    ]
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn whole(least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn duration() -> Value {
    json!({ "type": "string", "pattern": "^\\s*[0-9]+\\s*(s|m|h|d)\\s*$", "examples": ["60s", "24h"] })
}

fn size() -> Value {
    json!({
        "type": "string",
        "pattern": "^\\s*[0-9]+\\s*(B|KiB|MiB|GiB|KB|MB|GB)\\s*$",
        "examples": ["1MiB", "200B"],
    })
}

fn rate() -> Value {
    json!({ "type": "string", "pattern": "^\\s*[0-9]+\\s*/(s|m|h)\\s*$", "examples": ["1000/s"] })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "enum": words })
}

/// Returns the same schema with a meaning that editors show.
fn said(meaning: &str, mut schema: Value) -> Value {
    schema["description"] = meaning.into();
    schema
}

fn named(block: Value) -> Value {
    json!({ "type": "object", "additionalProperties": block })
}

type Key = (&'static str, &'static str, Value);

fn object(required: &[&str], keys: Vec<Key>) -> Value {
    let properties: Map<String, Value> =
        keys.into_iter().map(|(key, meaning, schema)| (key.to_owned(), said(meaning, schema))).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn value() -> Value {
    object(
        &[],
        vec![
            ("stack", "Stack of the project whose output or export is meant.", text()),
            ("output", "Output of that stack, copied at deployment.", text()),
            ("export", "Output that the stack exports; without a stack, the name of any export.", text()),
            ("ssm", "Parameter of Systems Manager, a String.", text()),
            ("env", "Environment variable of the one who deploys.", text()),
            ("file", "File, from the project's root.", text()),
            ("secret", "Whether nobody may see it; of env and file.", json!({ "type": "boolean" })),
        ],
    )
}

fn stream() -> Value {
    object(
        &[],
        vec![
            ("arn", "ARN of a stream that exists already; none is made.", text()),
            ("name", "Name in AWS; the block's name when absent.", text()),
            ("shards", "Shards of a provisioned stream; on-demand capacity when absent.", whole(1, 20_000)),
            ("retention", "How long records are kept: 24h to 365d, 24h when absent.", duration()),
            ("records", "What a record is, for send, read and verify.", records()),
            ("rate", "How many records are expected at the busiest time that counts.", rate()),
            ("record_size", "How large a record is.", size()),
        ],
    )
}

fn delivery() -> Value {
    let to = object(
        &["bucket"],
        vec![
            ("bucket", "Bucket; account and region are added to its name.", text()),
            ("prefix", "Beginning of the keys of objects; may contain !{timestamp:…}.", text()),
            ("error_prefix", "The same for records that failed.", text()),
        ],
    );
    let buffer = object(
        &[],
        vec![
            ("size", "Write an object at this size, 1MiB to 128MiB …", size()),
            ("interval", "… or at this age, 0s to 900s, whichever is first.", duration()),
        ],
    );
    object(
        &["to"],
        vec![
            ("name", "Name in AWS; the block's name when absent, a generated one with `from`.", text()),
            ("from", "Stream to read; records are put directly when absent.", text()),
            ("to", "Where objects go.", to),
            ("buffer", "When an object is written.", buffer),
            (
                "compression",
                "How objects are compressed; none when absent.",
                one_of(&["none", "gzip", "zip"]),
            ),
            ("transform", "Function through which records go before they are delivered.", text()),
            ("delimiter", "What Firehose puts after each record.", one_of(&["newline"])),
            ("role", "The role's name in AWS; a generated one when absent.", text()),
            ("records", "What a record is; what the stream says when absent.", records()),
            (
                "rate",
                "How many records are expected to be put directly, at the busiest time that counts.",
                rate(),
            ),
            ("record_size", "How large a record is.", size()),
        ],
    )
}

fn bucket() -> Value {
    let naming = one_of(&["regional", "plain"]);
    object(&[], vec![("naming", "regional: account and region are added; plain: as it is written.", naming)])
}

fn records() -> Value {
    let column = object(
        &[],
        vec![
            ("from", "Names by which the input may call it.", texts()),
            (
                "type",
                "What its values are; text when absent.",
                one_of(&["text", "integer", "number", "boolean"]),
            ),
            ("example", "Value for records that are made up.", json!({})),
        ],
    );
    let columns = json!({
        "anyOf": [
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            { "type": "object", "additionalProperties": or_nothing(column), "minProperties": 1 },
        ],
    });
    object(
        &["format", "columns"],
        vec![
            ("format", "text: columns joined by the delimiter; json: an object.", one_of(&["text", "json"])),
            ("delimiter", "What stands between the columns of a text; one blank when absent.", text()),
            ("id", "Column that tells one record from another.", text()),
            ("mark", "Column by which verify knows its own records; the id when absent.", text()),
            ("key", "Column whose value is the partition key.", text()),
            ("columns", "The columns in their order: a list of names, or a mapping.", columns),
        ],
    )
}

fn function() -> Value {
    let mut keys: Vec<Key> = vec![
        ("crate", "Package whose binary is the function's bootstrap.", text()),
        ("name", "Name in AWS; the block's name when absent.", text()),
        ("timeout", "Longest run, 1s to 900s; 10s when absent.", duration()),
        ("memory", "Memory, 128MiB to 10240MiB; 128MiB when absent.", size()),
        ("architecture", "Instruction set; x86_64 when absent.", one_of(&["x86_64", "arm64"])),
        ("concurrency", "Most invocations at a time; the account's limit when absent.", whole(1, 1000)),
        ("layers", "Layers whose files it finds under /opt.", texts()),
        (
            "environment",
            "Variables, texts by name; ${name} stands for a value.",
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        ),
    ];
    keys.extend(triggers());
    keys.extend([
        ("writes", "Streams and deliveries that it may put records into.", texts()),
        ("publishes", "Topics to which it may publish.", texts()),
        ("state", "Objects in which it keeps what it knows.", state()),
        (
            "on_success",
            "Topic, function or delivery that is told of each success of `watches` and `schedule`.",
            text(),
        ),
        ("event", "What verify asks of a producer.", json!({})),
    ]);
    object(&["crate"], keys)
}

/// What invokes a function.
fn triggers() -> Vec<Key> {
    let reads = object(
        &["stream"],
        vec![
            ("stream", "Stream to read.", text()),
            ("from", "Where reading begins; trim-horizon when absent.", one_of(&["trim-horizon", "latest"])),
            ("batch", "Most records in one invocation; 100 when absent.", whole(1, 10_000)),
            ("window", "How long to gather them, 0s to 300s.", duration()),
            ("tumbling", "Length of the windows over which the function aggregates, 1s to 900s.", duration()),
            ("parallel", "Batches of one shard at a time.", whole(1, 10)),
            ("retries", "How often a failing batch is tried again; 10 when absent.", whole(0, 10_000)),
        ],
    );
    let watches = object(
        &["bucket"],
        vec![
            ("bucket", "Bucket whose new objects invoke it.", text()),
            ("prefix", "How their keys begin.", text()),
            ("suffix", "How their keys end.", text()),
        ],
    );
    let http = object(
        &["route", "auth"],
        vec![
            ("route", "Method and path, such as GET /maxima/{vin}.", text()),
            ("auth", "Who may call it: none is everyone, iam signed requests.", one_of(&["none", "iam"])),
            ("rate", "Requests a second for long; 10 when absent.", whole(1, 10_000)),
            ("burst", "Requests at once; 20 when absent.", whole(1, 10_000)),
        ],
    );
    vec![
        ("reads", "Stream whose records invoke it.", reads),
        ("watches", "New objects that invoke it.", watches),
        ("schedule", "How often it runs, such as 1h, or rate(…), cron(…), at(…).", text()),
        ("http", "Request that it answers.", http),
    ]
}

fn state() -> Value {
    object(
        &["bucket", "prefix"],
        vec![
            ("bucket", "Bucket of the objects.", text()),
            ("prefix", "How their keys begin.", text()),
            ("access", "What it may do; read-write when absent.", one_of(&["read", "read-write"])),
        ],
    )
}

fn topic() -> Value {
    let subscribers = "Mail addresses, https:// URLs, functions and deliveries of the stack.";
    object(
        &[],
        vec![
            ("name", "Name in AWS; the block's name when absent.", text()),
            ("subscribers", subscribers, texts()),
        ],
    )
}

fn layer() -> Value {
    object(&["folder"], vec![("folder", "Folder with the files, from the project's root.", text())])
}

fn user() -> Value {
    object(
        &["writes"],
        vec![
            ("name", "Name in AWS; the block's name when absent.", text()),
            ("writes", "Streams and deliveries into which the user may put records.", texts()),
        ],
    )
}

fn alarms() -> Value {
    let keys = vec![("notify", "Topic of the stack that is told.", text())];
    said("Alarms on everything in the stack that can fall ill.", object(&["notify"], keys))
}

/// An environment says where the stack goes, and changes blocks; layers are the same everywhere.
fn environments(sections: &[(&'static str, &'static str, Value)]) -> Value {
    let account = json!({ "type": "string", "pattern": "^[0-9]{12}$" });
    let mut keys: Vec<Key> = vec![
        ("region", "Region; --region wins.", text()),
        ("regions", "Several regions, each with a stack of its own; --region picks one.", texts()),
        ("account", "The only account to deploy to, twelve digits in quotes.", account),
        ("protect", "Refuse destroy, purge and hot changes.", json!({ "type": "boolean" })),
    ];
    let changed = sections.iter().filter(|(name, ..)| *name != "layers");
    keys.extend(changed.map(|(name, _, block)| (*name, "What is different here.", named(relaxed(block)))));
    keys.push(("values", "What comes from elsewhere here.", named(relaxed(&value()))));
    said("Where the stack goes, chosen with --env.", named(or_nothing(object(&[], keys))))
}

/// Returns the schema of a change to a block: nothing is required, and `null` takes a value back to its default.
fn relaxed(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut relaxed_members = members.clone();
    relaxed_members.remove("required");
    if let Some(Value::Object(properties)) = relaxed_members.get_mut("properties") {
        for property in properties.values_mut() {
            *property = or_nothing(relaxed(property));
        }
    }
    Value::Object(relaxed_members)
}

fn or_nothing(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

#[cfg(test)]
mod tests;
