//! Makes prose of what a description says.

/// How many characters of a description are looked at; more is no documentation.
const READ: usize = 20_000;

/// The prose of a text as sentences, of at most so many characters; `None` where nothing is left of it.
///
/// Markup, control characters and the marks that turn the direction of writing are dropped, and so are backticks,
/// which specs keep for names.
pub(super) fn sentences(text: &str, most: usize) -> Option<String> {
    let text = plain(text);
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    if text.is_empty() {
        return None;
    }
    let mut out: String = text.chars().take(most).collect();
    if out.len() < text.len() {
        // Whole sentences where there are any, else whole words.
        let end = out
            .rfind(". ")
            .map(|i| i + 1)
            .or_else(|| out.rfind(' '))
            .unwrap_or(out.len());
        out.truncate(end);
    }
    let mut out = capital(out.trim_end());
    while out.ends_with(|c: char| c.is_whitespace() || matches!(c, ':' | ';' | ',' | '-')) {
        out.pop();
    }
    if out.is_empty() {
        return None;
    }
    if !out.ends_with('.') {
        out.push('.');
    }
    Some(out)
}

/// The first sentence of a text.
pub(super) fn sentence(text: &str) -> Option<String> {
    let text = sentences(text, 400)?;
    let end = text
        .match_indices(". ")
        .find(|(i, _)| text[i + 2..].starts_with(char::is_uppercase))
        .map_or(text.len(), |(i, _)| i + 1);
    Some(text[..end].to_owned())
}

/// A text on one line without markup.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest: String = text.chars().take(READ).collect();
    rest = without_tags(&rest);
    for (entity, meaning) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ] {
        rest = rest.replace(entity, meaning);
    }
    for word in rest.split_whitespace() {
        let word: String = word.chars().filter(|c| !is_unseen(*c)).collect();
        let word = word.replace('`', "'").replace("TODO", "to do");
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// Drops what looks like a tag of HTML; a lone `<` stays.
fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let tail = &rest[start + 1..];
        let is_tag = tail.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match tail.find('>') {
            Some(end) if is_tag => {
                out.push_str(&rest[..start]);
                out.push(' ');
                rest = &tail[end + 1..];
            }
            _ => {
                out.push_str(&rest[..=start]);
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a character does not show itself: it controls the terminal, or the direction of writing.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_what_is_not_seen_are_dropped() {
        let text =
            "<DIV STYLE=\"x\"><P>the  distance &amp;\n unit</P></DIV>\u{202e}\u{0} a < b `c` */";
        assert_eq!(
            sentences(text, 400).as_deref(),
            Some("The distance & unit a < b 'c' */.")
        );
        for nothing in ["", " \n", "<p></p>", "\u{202e}", "***", "`"] {
            assert_eq!(sentences(nothing, 400), None, "{nothing:?}");
        }
    }

    #[test]
    fn long_texts_end_with_a_sentence_or_a_word() {
        assert_eq!(
            sentences("One two. Three four.", 12).as_deref(),
            Some("One two.")
        );
        assert_eq!(sentences("one two three", 9).as_deref(), Some("One two."));
        assert_eq!(sentence("One. two. Three.").as_deref(), Some("One. two."));
        let long = "word ".repeat(2_000_000);
        assert!(sentences(&long, 400).is_some_and(|text| text.len() <= 401));
    }
}
