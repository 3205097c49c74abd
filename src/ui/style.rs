//! Colour, where there is a terminal and the user has not refused it. It only repeats what the words say.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Effects, Style as Ansi};

/// How wide a text may be that goes to no terminal.
const ANY_WIDTH: usize = 140;

/// Whether and how words are coloured, and how wide lines may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    coloured: bool,
    width: usize,
}

impl Style {
    /// Returns the style for a stream. <https://no-color.org> and `TERM=dumb` are honoured.
    pub fn of(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let width = if stream.is_terminal() { terminal_size::terminal_size() } else { None };
        Self {
            coloured: !refused && ((stream.is_terminal() && !dumb) || forced),
            width: width.map_or(ANY_WIDTH, |(width, _)| usize::from(width.0)),
        }
    }

    /// Returns the style of a text that goes into a file.
    pub fn plain() -> Self {
        Self { coloured: false, width: ANY_WIDTH }
    }

    /// Returns whether the user's locale says nothing against characters beyond ASCII.
    pub fn speaks_unicode() -> bool {
        let said =
            ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(std::env::var_os).find(|it| !it.is_empty());
        said.is_none_or(|locale| {
            let locale = locale.to_string_lossy().to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
    }

    /// Returns the same for lines of another width.
    #[cfg(test)]
    pub fn with_width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// Returns how many characters fit into a line.
    pub fn width(self) -> usize {
        self.width
    }

    pub fn is_coloured(self) -> bool {
        self.coloured
    }

    /// Done, added.
    pub fn green(self, text: &str) -> String {
        self.paint(text, Ansi::new().fg_color(Some(AnsiColor::Green.into())))
    }

    /// Wants attention, changed.
    pub fn yellow(self, text: &str) -> String {
        self.paint(text, Ansi::new().fg_color(Some(AnsiColor::Yellow.into())))
    }

    /// Failed, removed, lost.
    pub fn red(self, text: &str) -> String {
        self.paint(text, Ansi::new().fg_color(Some(AnsiColor::Red.into())).effects(Effects::BOLD))
    }

    /// Hints and names.
    pub fn cyan(self, text: &str) -> String {
        self.paint(text, Ansi::new().fg_color(Some(AnsiColor::Cyan.into())))
    }

    /// Returns the text in a colour of its own for each of several that stand beside each other; red is for failures.
    pub fn nth(self, index: usize, text: &str) -> String {
        const COLOURS: [AnsiColor; 5] =
            [AnsiColor::Cyan, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Blue, AnsiColor::Yellow];
        self.paint(text, Ansi::new().fg_color(Some(COLOURS[index % COLOURS.len()].into())))
    }

    pub fn bold(self, text: &str) -> String {
        self.paint(text, Ansi::new().effects(Effects::BOLD))
    }

    pub fn dim(self, text: &str) -> String {
        self.paint(text, Ansi::new().effects(Effects::DIMMED))
    }

    fn paint(self, text: &str, ansi: Ansi) -> String {
        if self.coloured {
            format!("{}{text}{}", ansi.render(), ansi.render_reset())
        } else {
            text.to_owned()
        }
    }
}
