//! Keeps secrets out of what a server says before it reaches a person or a log.

use secrecy::{ExposeSecret, SecretString};

const HIDDEN: &str = "[redacted]";

/// The longest excerpt of an answer that is kept, in characters.
const EXCERPT: usize = 300;

/// `text` without the given secrets, and without what looks like a token, password or key by its name.
pub(crate) fn redact(text: &str, secrets: &[SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .filter(|s| !s.is_empty())
    {
        text = text.replace(secret, HIDDEN);
    }
    for name in ["token", "password", "secret", "bearer", "api_key", "apikey"] {
        text = hide_named(&text, name);
    }
    text
}

/// The beginning of an answer, fit to be shown: redacted, on one line.
pub(crate) fn excerpt(body: &[u8], secrets: &[SecretString]) -> String {
    // Redacted before it is cut, so that no half of a secret survives at the end.
    let text = redact(
        &String::from_utf8_lossy(&body[..body.len().min(64 * EXCERPT)]),
        secrets,
    );
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    // What stood within a secret and is gone now hides it no longer.
    let line = redact(&line, secrets);
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Hides the value in `name=value`, `"name":"value"` and `name value`, where the value looks like a secret.
fn hide_named(text: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find_ignore_case(rest, name) {
        let after = &rest[at + name.len()..];
        let joint = after
            .find(|c: char| !matches!(c, '=' | ':' | '"' | '\'' | '\\' | ' '))
            .unwrap_or(after.len());
        let value = &after[joint..];
        let quoted = after[..joint].ends_with(['"', '\'']);
        let stop = |c: char| {
            matches!(c, '"' | '\'' | '\\')
                || (!quoted && (c.is_whitespace() || "&<>,;".contains(c)))
        };
        let end = value.find(stop).unwrap_or(value.len());
        // Prose such as "Token Required" must stay readable: between blanks only what is long enough is a secret.
        let assigned = after[..joint].contains(['=', ':']) && after[..joint] != *": ";
        let secret = joint > 0 && end > 0 && (assigned || end >= 20) && !value.starts_with(HIDDEN);
        out.push_str(&rest[..at + name.len() + joint]);
        out.push_str(if secret { HIDDEN } else { &value[..end] });
        rest = &value[end..];
    }
    out.push_str(rest);
    out
}

fn find_ignore_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes()
        .windows(word.len())
        .position(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn named_secrets_disappear_and_prose_stays() {
        for (text, shown) in [
            (
                "https://h/x?f=json&token=abc.DEF-1&n=2",
                "https://h/x?f=json&token=[redacted]&n=2",
            ),
            (
                r#"{"token":"abc","expires":1}"#,
                r#"{"token":"[redacted]","expires":1}"#,
            ),
            (
                r#"{"serviceToken" : "abc"}"#,
                r#"{"serviceToken" : "[redacted]"}"#,
            ),
            (
                r#"{\"password\":\"p w\"}"#,
                r#"{\"password\":\"[redacted]\"}"#,
            ),
            (
                "Authorization: Bearer abcdefghijklmnopqrstuvwxyz",
                "Authorization: Bearer [redacted]",
            ),
            ("client_secret=xyz", "client_secret=[redacted]"),
            ("Token Required", "Token Required"),
            ("Invalid token.", "Invalid token."),
            (
                "Token is valid but access is denied.",
                "Token is valid but access is denied.",
            ),
            ("Invalid Token: expired", "Invalid Token: expired"),
            ("token", "token"),
            ("", ""),
        ] {
            assert_eq!(redact(text, &[]), shown);
        }
    }

    #[test]
    fn known_secrets_disappear_wherever_they_stand() {
        let secrets = [SecretString::from("p4ss"), SecretString::from("")];
        assert_eq!(
            redact("user p4ss, p4ssp4ss", &secrets),
            "user [redacted], [redacted][redacted]"
        );
    }

    #[test]
    fn an_excerpt_is_short_whole_and_on_one_line() {
        let body = format!("<html>\n\t<b>é\u{7}</b>{}SECRET", "x ".repeat(147));
        let shown = excerpt(body.as_bytes(), &[SecretString::from("SECRET")]);
        assert!(shown.starts_with("<html> <b>é</b>x x"), "{shown}");
        assert_eq!(shown.chars().count(), EXCERPT + 3);
        assert!(!shown.contains("SEC"), "{shown}");
        assert_eq!(excerpt(&[0xff, b'a'], &[]), "\u{fffd}a");
    }
}
