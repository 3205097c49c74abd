//! Where in the stack file a key was written.

use hydrant_cfn::yaml::{Node, NodeValue, Span};

use super::model::Stack;

impl Stack {
    /// Returns the place of a key and its value, when somebody wrote it: in the environment, or else in the block.
    pub fn place_of<S: AsRef<str>>(&self, way: &[S]) -> Option<Span> {
        let environment = self.tree.get("environments").and_then(|all| all.get(&self.environment_name));
        environment.and_then(|environment| find(environment, way)).or_else(|| find(&self.tree, way))
    }

    /// Returns the place of a key, or of the nearest above it that somebody wrote.
    pub fn nearest_place<S: AsRef<str>>(&self, way: &[S]) -> Option<Span> {
        (1..=way.len()).rev().find_map(|length| self.place_of(&way[..length]))
    }

    /// Returns the text under a key as an environment has it: its own, or else the block's.
    pub fn text_in(&self, environment: &str, way: &[&str]) -> Option<&str> {
        let walk = |root| way.iter().try_fold(root, |node: &Node, key| child(node, key));
        let own = self.tree.get("environments").and_then(|all| all.get(environment)).and_then(walk);
        own.or_else(|| walk(&self.tree)).and_then(Node::as_str)
    }
}

fn find<S: AsRef<str>>(root: &Node, way: &[S]) -> Option<Span> {
    let (last, above) = way.split_last()?;
    let mut node = root;
    for key in above {
        node = child(node, key.as_ref())?;
    }
    match node.entry(last.as_ref()) {
        // A block is shown by its name, a single value with its key.
        Some((key, value)) if spreads(value) => Some(key.span),
        Some((key, value)) => Some(key.span.to(value.span)),
        None => child(node, last.as_ref()).map(|item| item.span),
    }
}

fn spreads(value: &Node) -> bool {
    match &value.value {
        NodeValue::Mapping(entries) => !entries.is_empty(),
        NodeValue::Sequence(items) => !items.is_empty(),
        _ => false,
    }
}

fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key).or_else(|| node.items().get(key.parse::<usize>().ok()?))
}
