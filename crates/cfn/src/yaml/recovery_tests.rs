use super::super::document::{Document, Node, Position};

fn lines(text: &str) -> Vec<usize> {
    let (document, errors) = Document::parse(text);
    errors.iter().map(|error| document.position(error.span.start).line).collect()
}

#[test]
fn takes_quotes_that_go_on_too_far_left() {
    let text = "A: \"one\n\ntwo: 'x'\"\nB:\n  - 'it''s\n  so'\n  - !Sub \"${C}\n${D}\"#x\nE: é\n";
    let (document, errors) = Document::parse(text);
    assert_eq!(errors, []);
    assert_eq!(document.root.get("A").and_then(Node::as_str), Some("one\ntwo: 'x'"));
    let items = document.root.get("B").expect("there").items();
    assert_eq!((items[0].as_str(), items[1].as_str()), (Some("it's so"), Some("${C} ${D}")));
    let item = items[1].span;
    assert_eq!(&text[item.start..item.end], "\"${C}\n${D}\"");
    let (key, value) = document.root.entry("E").expect("there");
    assert_eq!(document.position(key.span.start), Position { line: 9, column: 1 });
    assert_eq!(&text[value.span.start..value.span.end], "é");
}

#[test]
fn goes_on_after_what_is_broken() {
    let text = "A:\n  One: {x\n  Two: [1, 2]\n  Three: 'x' y\n  Four: 4\nB: ]\nC: fine\n";
    let found = lines(text);
    assert!(found.contains(&4) && found.contains(&6), "{found:?}");
    let (document, _) = Document::parse(text);
    assert_eq!(document.root.get("C").and_then(Node::as_str), Some("fine"));
    assert!(document.root.get("A").is_some_and(|a| a.get("Four").is_some()));
}

#[test]
fn stops_where_nothing_tells_how_to_go_on() {
    assert_eq!(lines("{\"a\": [1,\n 2}\n").len(), 1);
    assert_eq!(lines("]").len(), 1);
    assert!(lines(&"]\n".repeat(1000)).len() < 10);
}
