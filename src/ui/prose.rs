//! Running text in lines of a width, and Markdown with a light hand.

use super::Style;

/// Wider lines are hard to read, whatever the terminal has room for.
const WIDEST: usize = 100;

/// Breaks a text at its spaces so that lines are at most `width` characters long; a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        for word in line.split_whitespace() {
            if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

/// Shows Markdown on a terminal: headings bold, code indented, names in colour, paragraphs in lines that fit.
pub(super) fn markdown(text: &str, style: Style) -> String {
    let width = style.width().min(WIDEST);
    let mut shown: Vec<String> = Vec::new();
    let (mut paragraph, mut in_code) = (Vec::new(), false);
    let end = |paragraph: &mut Vec<&str>, shown: &mut Vec<String>| {
        if !paragraph.is_empty() {
            let text = links(&std::mem::take(paragraph).join(" "));
            shown.push(names(&wrapped(&text, width), style));
        }
    };
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if in_code || is_fence || line.is_empty() || line.starts_with('#') || line.starts_with("- ") {
            end(&mut paragraph, &mut shown);
        }
        match line {
            _ if is_fence => in_code = !in_code,
            _ if in_code => shown.push(style.dim(&format!("    {line}")).trim_end().to_owned()),
            "" => shown.push(String::new()),
            _ if line.starts_with('#') => {
                shown.push(style.bold(&wrapped(line.trim_start_matches('#'), width)));
            }
            _ => paragraph.push(line),
        }
    }
    end(&mut paragraph, &mut shown);
    shown.join("\n").trim_end().to_owned()
}

/// Writes links out, their addresses after their texts.
fn links(text: &str) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some(middle) = rest.find("](") {
        let (Some(start), Some(length)) = (rest[..middle].rfind('['), rest[middle..].find(')')) else {
            break;
        };
        let (label, address) = (&rest[start + 1..middle], &rest[middle + 2..middle + length]);
        written += &format!("{}{label} <{address}>", &rest[..start]);
        rest = &rest[middle + length + 1..];
    }
    written + rest
}

/// Colours what stands in backticks; without colour they stay.
fn names(text: &str, style: Style) -> String {
    if !style.is_coloured() {
        return text.to_owned();
    }
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { style.cyan(part) } else { part.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_lines_at_spaces() {
        assert_eq!(wrapped("one two  three\nfour", 8), "one two\nthree\nfour");
        assert_eq!(wrapped("incomprehensibly long", 5), "incomprehensibly\nlong");
        assert_eq!(wrapped("", 5), "");
    }

    #[test]
    fn shows_headings_paragraphs_and_code() {
        let page = "# E1: a `b`\n\n[One](https://x.y)\ntwo [three].\n\n```yaml\na: 1\n```\n\n- x\n- y\n";
        assert_eq!(
            markdown(page, Style::plain()),
            "E1: a `b`\n\nOne <https://x.y> two [three].\n\n    a: 1\n\n- x\n- y"
        );
    }
}
