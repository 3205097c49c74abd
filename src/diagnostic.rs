//! A complaint that points at a place in a file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use hydrant_cfn::lint::Fix;

use crate::ui::Style;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Error,
}

/// A message about a place in a file, with advice.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The lint rule that found it, if one did.
    pub rule: Option<String>,
    pub message: String,
    pub help: Option<String>,
    /// Something worth knowing beside it, such as where else it stands.
    pub note: Option<String>,
    pub path: PathBuf,
    pub source: Arc<str>,
    /// The place, in bytes of `source`.
    pub span: Range<usize>,
    /// Names from the template's root to the place, where that is known.
    pub template_path: Vec<String>,
    /// Other places that belong to it, each with a word.
    pub related: Vec<(Range<usize>, String)>,
    /// What would mend it, in bytes of `source`.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// Returns an error at a place in `path`.
    pub fn error(path: &Path, source: &Arc<str>, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule: None,
            message: message.into(),
            help: None,
            note: None,
            path: path.to_owned(),
            source: Arc::clone(source),
            span,
            template_path: Vec::new(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// Returns the same diagnostic with advice.
    #[must_use]
    pub fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Draws the diagnostic with its snippet.
    pub fn render(&self, style: Style) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let path = self.path.display().to_string();
        let mut snippet = Snippet::source(&*self.source)
            .path(&path)
            .annotation(AnnotationKind::Primary.span(self.visible_span()));
        for (span, label) in &self.related {
            snippet = snippet.annotation(AnnotationKind::Context.span(span.clone()).label(label));
        }
        let title = match &self.rule {
            Some(rule) => level.clone().primary_title(&self.message).id(rule),
            None => level.clone().primary_title(&self.message),
        };
        let mut group: Group<'_> = title.element(snippet);
        if let Some(note) = &self.note {
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if style.is_coloured() { Renderer::styled() } else { Renderer::plain() };
        renderer.term_width(style.width()).render(&[group])
    }

    /// Returns 1-based line and column at which the place begins.
    pub fn start(&self) -> (usize, usize) {
        self.line_and_column(self.visible_span().start)
    }

    /// Returns 1-based line and column right after the place.
    pub fn end(&self) -> (usize, usize) {
        self.line_and_column(self.visible_span().end)
    }

    /// Returns 1-based line and column of a byte of `source`.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.source[..self.boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Returns the span, kept within the file and on character boundaries.
    fn visible_span(&self) -> Range<usize> {
        let start = self.boundary(self.span.start);
        start..self.boundary(self.span.end).max(start)
    }

    /// Returns the offset, or the last one before it that a character starts at.
    fn boundary(&self, mut offset: usize) -> usize {
        offset = offset.min(self.source.len());
        while !self.source.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}
