use super::super::{Document, Position, Spanned};
use super::{DeError, DeErrorKind, from_node};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stack {
    #[serde(default)]
    streams: IndexMap<Spanned<String>, Stream>,
    #[serde(default)]
    functions: Vec<Function>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stream {
    shards: Spanned<u32>,
    retention: Option<Spanned<String>>,
    mode: Option<Mode>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    reads: Reads,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    OnDemand,
    Provisioned { shards: u32 },
    Named(String),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Reads {
    Name(Spanned<String>),
    Names(Spanned<Vec<String>>),
    Full { stream: Spanned<String> },
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Box<(DeError, Position)>> {
    let (document, errors) = Document::parse(text);
    assert!(errors.is_empty(), "{errors:?}");
    from_node(&document.root).map_err(|error| {
        let position = document.position(error.span.start);
        Box::new((error, position))
    })
}

fn refused(text: &str) -> (DeError, Position) {
    match read::<Stack>(text) {
        Err(refusal) => *refusal,
        Ok(stack) => panic!("{stack:?}"),
    }
}

#[test]
fn knows_the_place_of_keys_and_values() {
    let text = "streams:\n  Orders: {shards: 4, retention: 24h, mode: on-demand}\n  B:\n    shards: 1\n";
    let stack: Stack = read(text).expect("reads");
    let stream = stack.streams.get("Orders").expect("found by plain text");
    assert_eq!(&text[stream.shards.span.start..stream.shards.span.end], "4");
    assert_eq!(*stream.shards, 4);
    let retention = stream.retention.as_ref().expect("there");
    assert_eq!(&text[retention.span.start..retention.span.end], "24h");
    let (name, _) = stack.streams.get_index(0).expect("there");
    assert_eq!(&text[name.span.start..name.span.end], "Orders");
    assert_eq!(stream.mode, Some(Mode::OnDemand));
}

#[test]
fn points_at_an_unknown_key() {
    let (error, position) = refused("streams:\n  Orders:\n    shards: 4\n    shard: 2\n");
    assert_eq!(position, Position { line: 4, column: 5 });
    assert_eq!(error.path, ["streams", "Orders", "shard"]);
    let DeErrorKind::UnknownKey { found, expected } = &error.kind else {
        panic!("{error:?}");
    };
    assert_eq!(found, "shard");
    assert_eq!(super::super::near_miss(found, *expected), Some("shards"));
}

#[test]
fn points_at_the_owner_of_a_missing_key() {
    let (error, position) = refused("streams:\n  Orders:\n    retention: 24h\n");
    assert_eq!(position, Position { line: 2, column: 3 });
    assert_eq!(error.kind, DeErrorKind::MissingKey { key: "shards".into() });
    assert_eq!(error.path, ["streams", "Orders"]);
    let (error, _) = refused("streams:\n  Orders:\n");
    assert_eq!(error.path, ["streams", "Orders"]);
}

#[test]
fn points_at_a_wrong_value() {
    let (error, position) = refused("streams:\n  Orders:\n    shards: many\n");
    assert_eq!(position, Position { line: 3, column: 13 });
    assert_eq!(error.message, "expected a whole number, 0 or more, found the text \"many\"");
    let (error, position) = refused("streams: [a]\n");
    assert_eq!((error.message.as_str(), position.column), ("expected a mapping, found a list", 10));
    let (error, _) = refused("streams: {a: 4}\n");
    assert_eq!(error.message, "expected a mapping, found the number 4");
    assert!(matches!(error.kind, DeErrorKind::NotAMapping { expected } if expected.contains(&"shards")));
    let (error, position) = refused("functions:\n  - reads: a\n  - reads: 7\n");
    assert_eq!(position, Position { line: 3, column: 12 });
    assert_eq!(error.path, ["functions", "1", "reads"]);
    let (error, _) = refused("streams: !Ref x\n");
    assert_eq!(error.message, "the tag `!Ref` has no meaning here");
    let (error, position) = refused("streams: {a: {shards: 1, mode: sometimes}}\n");
    assert_eq!(position, Position { line: 1, column: 32 });
    assert!(matches!(error.kind, DeErrorKind::UnknownVariant { .. }), "{error:?}");
}

#[test]
fn reads_every_shape_of_enum() {
    let modes: Vec<Mode> = read("[on-demand, {provisioned: {shards: 2}}, {named: x}]").expect("reads");
    assert_eq!(modes, [Mode::OnDemand, Mode::Provisioned { shards: 2 }, Mode::Named("x".into())]);
    let stack: Stack = read("functions: [{reads: a}, {reads: [b]}, {reads: {stream: c}}]").expect("reads");
    let spanned = |text: &str| Spanned::new(text.to_owned(), Default::default());
    let reads: Vec<Reads> = stack.functions.into_iter().map(|function| function.reads).collect();
    let names = Spanned::new(vec!["b".to_owned()], Default::default());
    assert_eq!(reads, [Reads::Name(spanned("a")), Reads::Names(names), Reads::Full { stream: spanned("c") }]);
    let refusal = read::<Vec<Mode>>("[provisioned]").expect_err("needs a value");
    assert_eq!(refusal.0.path, ["0"]);
    let refusal = read::<Vec<Mode>>("[{provisioned: {shards: x}}]").expect_err("wrong value");
    assert_eq!(refusal.0.path, ["0", "provisioned", "shards"]);
    let refusal = read::<Mode>("[]").expect_err("not an enum");
    assert!(refusal.0.message.contains("Mode"), "{refusal:?}");
}

#[test]
fn reads_maps_with_number_keys_and_plain_values() {
    let map: IndexMap<u16, bool> = read("{80: yes, '443': off}").expect("reads");
    assert_eq!(map.get(&80), Some(&true));
    assert_eq!(map.get(&443), Some(&false));
    let value: serde_json::Value = read("a: [1, x, null, 1.5]").expect("reads");
    assert_eq!(value, serde_json::json!({"a": [1, "x", null, 1.5]}));
}
