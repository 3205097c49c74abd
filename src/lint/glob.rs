//! Patterns for names of files: `*` and `?` within a name, `**` for any folders.

/// Says whether a path, with `/` between its names, is what the pattern describes.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let segments = |text: &str| -> Vec<String> {
        text.split('/').filter(|segment| !matches!(*segment, "" | ".")).map(str::to_owned).collect()
    };
    let (pattern, path) = (segments(pattern), segments(path));
    // How far the pattern's segments seen so far reach into the path's: a set, so that `**` costs nothing more.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in &pattern {
        let mut next = vec![false; path.len() + 1];
        for start in (0..=path.len()).filter(|start| reached[*start]) {
            if part == "**" {
                next[start..].fill(true);
            } else if path.get(start).is_some_and(|name| name_matches(part, name)) {
                next[start + 1] = true;
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for letter in pattern.chars() {
        let mut next = vec![false; name.len() + 1];
        for start in (0..=name.len()).filter(|start| reached[*start]) {
            match letter {
                '*' => next[start..].fill(true),
                '?' if start < name.len() => next[start + 1] = true,
                _ if name.get(start) == Some(&letter) => next[start + 1] = true,
                _ => {}
            }
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_names_and_folders() {
        for (pattern, path) in [
            ("a.yaml", "./a.yaml"),
            ("*.yaml", "a.yaml"),
            ("**/*.yaml", "a.yaml"),
            ("**/*.yaml", "x/y/a.yaml"),
            ("x/**", "x/y/a.yaml"),
            ("x/?.*", "x/a.yaml"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in
            [("*.yaml", "x/a.yaml"), ("x/*.yaml", "x/y/a.yaml"), ("?.yaml", "ab.yaml"), ("x", "x/a.yaml")]
        {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }
}
