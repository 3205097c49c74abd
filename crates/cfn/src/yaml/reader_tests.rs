use super::super::document::{Document, Node, NodeValue, Position, SyntaxErrorKind};

fn parse(text: &str) -> Document {
    let (document, errors) = Document::parse(text);
    assert!(errors.is_empty(), "{errors:?}");
    document
}

fn text<'d>(document: &'d Document, node: &Node) -> &'d str {
    &document.source()[node.span.start..node.span.end]
}

#[test]
fn knows_the_place_of_every_key_and_value() {
    let document =
        parse("Resources:\n  Stream:\n    Type: AWS::Kinesis::Stream\n    Names: [a, 'b']\nLast: x\n");
    let (key, stream) = document.root.entries()[0].1.entry("Stream").expect("there");
    assert_eq!(document.position(key.span.start), Position { line: 2, column: 3 });
    assert_eq!(text(&document, stream.get("Type").expect("there")), "AWS::Kinesis::Stream");
    assert_eq!(text(&document, stream.get("Names").expect("there")), "[a, 'b']");
    assert_eq!(text(&document, stream), "Type: AWS::Kinesis::Stream\n    Names: [a, 'b']");
}

#[test]
fn keeps_tags_and_leaves_their_scalars_alone() {
    let document = parse("a: !Ref 'On'\nb: !GetAtt Stream.Arn\nc: !Join ['', [x]]\nd: !!str 12\n");
    let a = document.root.get("a").expect("there");
    let tag = a.tag.as_ref().expect("tagged");
    assert_eq!(tag.name, "!Ref");
    assert_eq!(document.position(tag.span.start), Position { line: 1, column: 4 });
    assert_eq!(a.as_str(), Some("On"));
    let c = document.root.get("c").expect("there");
    assert_eq!(c.tag.as_ref().map(|tag| tag.name.as_str()), Some("!Join"));
    let d = document.root.get("d").expect("there");
    assert_eq!((d.as_str(), &d.tag), (Some("12"), &None));
}

#[test]
fn reports_duplicate_keys_with_both_places() {
    let (document, errors) = Document::parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind, SyntaxErrorKind::DuplicateKey { key: "a".into() });
    assert_eq!(document.position(errors[0].span.start).line, 3);
    let first = errors[0].related.expect("the first place");
    assert_eq!(document.position(first.start).line, 1);
    assert_eq!(document.root.entries().len(), 2);
}

#[test]
fn writes_out_anchors_and_merges() {
    let document = parse(
        "base: &base {size: 1, colour: red}\nother: &other {size: 2, shape: round}\n\
         one: {<<: *base, size: 9}\nboth: {<<: [*base, *other]}\ncopy: *base\nquoted: {'<<': 1}\n",
    );
    let number = |node: &Node, key: &str| match &node.get(key).expect("there").value {
        NodeValue::Number(number) => number.as_i64(),
        other => panic!("{other:?}"),
    };
    let one = document.root.get("one").expect("there");
    assert_eq!(number(one, "size"), Some(9));
    assert_eq!(one.get("colour").and_then(Node::as_str), Some("red"));
    let both = document.root.get("both").expect("there");
    assert_eq!(number(both, "size"), Some(1));
    assert_eq!(both.get("shape").and_then(Node::as_str), Some("round"));
    assert_eq!(document.root.get("copy"), document.root.get("base"));
    assert!(document.root.get("quoted").expect("there").get("<<").is_some());
    assert_eq!((document.aliases.len(), document.merges.len()), (4, 2));
}

#[test]
fn refuses_a_document_that_aliases_blow_up() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", ")));
    }
    let (_, errors) = Document::parse(&bomb);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind, SyntaxErrorKind::TooLarge);
}

#[test]
fn refuses_what_is_too_deep() {
    let mut chain = String::from("a0: &a0 [x]\n");
    for level in 1..300 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let nested_mappings: String = (0..5000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    for text in [chain, "[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), nested_mappings] {
        let (_, errors) = Document::parse(&text);
        assert!(!errors.is_empty(), "{} bytes", text.len());
    }
}

#[test]
fn reads_json_with_the_same_tree() {
    let document = parse(
        "{\n\t\"a\": {\"b\": [1, 2.5, -1e3, true, null, \"yes\"]},\r\n\t\"u\": \"\\ud83d\\ude00\\/\"\n}",
    );
    let items = document.root.get("a").and_then(|a| a.get("b")).expect("there").items();
    assert_eq!(items.len(), 6);
    assert!(matches!(items[2].value, NodeValue::Number(_)));
    assert_eq!(items[4].value, NodeValue::Null);
    assert_eq!(items[5].as_str(), Some("yes"));
    assert_eq!(document.root.get("u").and_then(Node::as_str), Some("😀/"));
    assert!(document.is_json());
}

#[test]
fn starts_a_block_scalar_at_its_indicator() {
    let document = parse("a: !Sub |-\n\n  text\nb: >\n  folded\n  text\n");
    let a = document.root.get("a").expect("there");
    assert_eq!(a.as_str(), Some("\ntext"));
    assert_eq!(document.position(a.span.start), Position { line: 1, column: 9 });
    let b = document.root.get("b").expect("there");
    assert_eq!(document.position(b.span.start), Position { line: 4, column: 4 });
}

#[test]
fn names_what_is_broken() {
    for (text, line) in [
        ("a: [1, 2\nb: 3\n", 2),
        ("a: 'open\n", 1),
        ("a: *missing\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("? [x]\n: 1\n", 1),
        ("<<: 5\n", 1),
        ("[!ImportValue Fn::Sub: x]\n", 1),
        ("a: !!int five\n", 1),
        ("a: b: c\n", 1),
        ("{\"a\": 1", 1),
    ] {
        let (document, errors) = Document::parse(text);
        assert_eq!(errors.len(), 1, "{text:?}: {errors:?}");
        let position = document.position(errors[0].span.start);
        assert!(position.line <= line + 1, "{text:?}: {position} {errors:?}");
        assert!(!errors[0].message.is_empty());
    }
}

#[test]
fn reads_an_empty_text_as_null() {
    for text in ["", "\u{feff}", "# nothing\n", "---\n"] {
        assert_eq!(parse(text).root.value, NodeValue::Null, "{text:?}");
    }
}
