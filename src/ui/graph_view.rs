//! A pipeline drawn: as a tree for the terminal, in Mermaid for a README, in DOT for Graphviz.

use serde::Serialize;

use super::{Answer, Style};
use crate::stack::{Edge, Graph, GraphNode, Kind};

/// The language of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Drawing {
    Tree,
    Mermaid,
    Dot,
}

/// A graph and how to draw it.
#[derive(Debug, Serialize)]
pub struct GraphView {
    #[serde(flatten)]
    graph: Graph,
    #[serde(skip)]
    drawing: Drawing,
}

impl GraphView {
    pub fn new(graph: Graph, drawing: Drawing) -> Self {
        Self { graph, drawing }
    }

    fn edges_of<'a>(&'a self, node: &'a GraphNode) -> impl Iterator<Item = &'a Edge> {
        self.graph.edges.iter().filter(move |edge| edge.from == *node)
    }

    /// Draws from everything that nothing leads to; what goes round in a circle begins anywhere on it.
    fn tree(&self, style: Style) -> String {
        let mut drawn: Vec<&GraphNode> = Vec::new();
        let mut lines = Vec::new();
        let is_led_to = |node: &GraphNode| self.graph.edges.iter().any(|edge| edge.to == *node);
        let (inner, sources): (Vec<_>, Vec<_>) = self.graph.nodes.iter().partition(|node| is_led_to(node));
        for node in sources.into_iter().chain(inner) {
            if drawn.contains(&node) {
                continue;
            }
            lines.push(label(node));
            self.branches(node, "", style, &mut drawn, &mut lines);
        }
        lines.join("\n")
    }

    fn branches<'a>(
        &'a self,
        node: &'a GraphNode,
        indent: &str,
        style: Style,
        drawn: &mut Vec<&'a GraphNode>,
        lines: &mut Vec<String>,
    ) {
        drawn.push(node);
        let edges: Vec<&Edge> = self.edges_of(node).collect();
        for (index, edge) in edges.iter().enumerate() {
            let is_last = index + 1 == edges.len();
            let (branch, below) = if is_last { ("└─", "   ") } else { ("├─", "│  ") };
            let again = drawn.contains(&&edge.to) && self.edges_of(&edge.to).next().is_some();
            let detail = edge.detail.as_ref().map_or(String::new(), |detail| format!(" {detail}"));
            let more = if again { " …" } else { "" };
            let mut line = format!("{indent}{branch} {} {}{detail}{more}", edge.relation, label(&edge.to));
            if let Some(right) = &edge.right {
                let right = format!("  [{}: {}]", right.holder, right.actions.join(", "));
                line.push_str(&style.dim(&right));
            }
            lines.push(line);
            if !drawn.contains(&&edge.to) {
                self.branches(&edge.to, &format!("{indent}{below}"), style, drawn, lines);
            }
        }
    }

    fn mermaid(&self) -> String {
        let mut lines = vec!["flowchart LR".to_owned()];
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let (open, close) = match node.kind {
                Kind::Stream | Kind::Delivery => ("[/", "/]"),
                Kind::Bucket | Kind::Queue => ("[(", ")]"),
                Kind::Topic => ("((", "))"),
                Kind::Function => ("[", "]"),
                Kind::User | Kind::Route | Kind::Schedule | Kind::Address | Kind::Alarms => ("([", "])"),
            };
            let text = label(node).replace('"', "#quot;");
            lines.push(format!("  n{index}{open}\"{text}\"{close}"));
        }
        for (from, edge, to) in self.numbered() {
            lines.push(format!("  n{from} -->|{}| n{to}", edge.relation));
        }
        lines.join("\n")
    }

    fn dot(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let mut lines = vec!["digraph pipeline {".to_owned(), "  rankdir=LR;".to_owned()];
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let shape = match node.kind {
                Kind::Stream | Kind::Delivery => "cds",
                Kind::Bucket | Kind::Queue => "cylinder",
                Kind::Topic => "circle",
                Kind::Function => "box",
                Kind::User | Kind::Route | Kind::Schedule | Kind::Address | Kind::Alarms => "oval",
            };
            lines.push(format!("  n{index} [label={}, shape={shape}];", quoted(&label(node))));
        }
        for (from, edge, to) in self.numbered() {
            lines.push(format!("  n{from} -> n{to} [label={}];", quoted(edge.relation)));
        }
        lines.push("}".to_owned());
        lines.join("\n")
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &Edge, usize)> {
        let index = |node: &GraphNode| self.graph.nodes.get_index_of(node).unwrap_or_default();
        self.graph.edges.iter().map(move |edge| (index(&edge.from), edge, index(&edge.to)))
    }
}

fn label(node: &GraphNode) -> String {
    match node.kind {
        Kind::Alarms => node.name.clone(),
        kind => format!("{} {}", kind.name(), node.name),
    }
}

impl Answer for GraphView {
    fn text(&self, style: Style) -> String {
        match self.drawing {
            Drawing::Tree => self.tree(style),
            Drawing::Mermaid => self.mermaid(),
            Drawing::Dot => self.dot(),
        }
    }
}
