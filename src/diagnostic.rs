//! A complaint that points at a place in a file.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use hydrant_cfn::lint::Fix;

use crate::ui::{Style, wrapped};

/// Texts are not broken into shorter lines than this, however narrow the terminal.
const NARROWEST: usize = 30;

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
        // Only the lines that are shown: a large file is not gone through again for each of its findings.
        let window = self.window();
        let within = |span: &Range<usize>| span.start - window.start..span.end - window.start;
        let mut snippet = Snippet::source(&self.source[window.clone()])
            .line_start(self.line_and_column(window.start).0)
            .path(&path)
            .annotation(AnnotationKind::Primary.span(within(&self.shown_span(style.width()))));
        for (span, label) in &self.related {
            let span = self.boundary(span.start)..self.boundary(span.end);
            snippet = snippet.annotation(AnnotationKind::Context.span(within(&span)).label(label));
        }
        let width = style.width();
        let label = self.rule.as_ref().map_or(9, |rule| rule.len() + 11);
        let message = wrapped(&self.message, width.saturating_sub(label).max(NARROWEST));
        let advice = |text: &String| wrapped(text, width.saturating_sub(14).max(NARROWEST));
        let (note, help) = (self.note.as_ref().map(advice), self.help.as_ref().map(advice));
        let title = match &self.rule {
            Some(rule) => level.clone().primary_title(&message).id(rule),
            None => level.clone().primary_title(&message),
        };
        let mut group: Group<'_> = title.element(snippet);
        if let Some(note) = &note {
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(help) = &help {
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

    /// Returns the part of the place that is underlined: as much of a long line as fits.
    fn shown_span(&self, width: usize) -> Range<usize> {
        let span = self.visible_span();
        let place = &self.source[span.clone()];
        let fits = width.saturating_sub(24).max(NARROWEST);
        match place.char_indices().nth(fits) {
            Some((end, _)) if !place.contains('\n') => span.start..span.start + end,
            _ => span,
        }
    }

    /// Returns the lines that the diagnostic's places are on.
    fn window(&self) -> Range<usize> {
        let span = self.visible_span();
        let spans = self.related.iter().map(|(span, _)| span.clone()).chain([span]);
        let (mut start, mut end) = (self.source.len(), 0);
        for span in spans {
            start = start.min(self.boundary(span.start));
            end = end.max(self.boundary(span.end));
        }
        let start = self.source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        start..self.source[end..].find('\n').map_or(self.source.len(), |newline| end + newline)
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
