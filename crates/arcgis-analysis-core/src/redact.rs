//! Keeps secrets out of what a server says before it reaches a person or a log.

use arcgis_analysis_types::{JobMessage, MessageType};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

const HIDDEN: &str = "[redacted]";

/// The longest excerpt of an answer that is kept, in characters.
const EXCERPT: usize = 300;

/// `text` without the given secrets, without what looks like a token, password or key by its name, and without what would
/// steer a terminal.
pub(crate) fn redact(text: &str, secrets: &[SecretString]) -> String {
    // First, because they could part a secret in two.
    let mut text: String = text.chars().filter(|c| !steers(*c)).collect();
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

/// The same for the text of a message, which may be JSON: there a secret may be spelled with escapes, and is itself again once
/// the message is unpacked.
fn redact_message(text: &str, secrets: &[SecretString]) -> String {
    let text = redact(text, secrets);
    if !text.trim_start().starts_with('{') || !text.contains('\\') {
        return text;
    }
    let Ok(members) = serde_json::from_str::<Value>(&text) else {
        return text;
    };
    let hidden = redact_within(&members, secrets);
    match hidden == members {
        true => text,
        false => hidden.to_string(),
    }
}

/// The same for a message as a whole: its type is the server's word too, where it is none that is known.
pub(crate) fn redact_told(message: &mut JobMessage, secrets: &[SecretString]) {
    message.description = redact_message(&message.description, secrets);
    if let MessageType::Unknown(word) = &mut message.message_type {
        *word = redact(word, secrets);
    }
}

/// A document with every text of it redacted.
fn redact_within(value: &Value, secrets: &[SecretString]) -> Value {
    let within = |value: &Value| redact_within(value, secrets);
    match value {
        Value::String(text) => redact(text, secrets).into(),
        Value::Array(list) => list.iter().map(within).collect(),
        Value::Object(all) => all
            .iter()
            .map(|(name, value)| (name.clone(), within(value)))
            .collect(),
        other => other.clone(),
    }
}

/// A text as one line, without what would move a terminal's cursor or change its colours: a blank stands in its place.
pub(crate) fn on_one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let pieces = text.split(char::is_control).map(str::trim);
    let pieces: Vec<_> = pieces.filter(|piece| !piece.is_empty()).collect();
    pieces.join(" ")
}

/// The beginning of an answer, fit to be shown: redacted, on one line.
pub(crate) fn excerpt(body: &[u8], secrets: &[SecretString]) -> String {
    // Redacted before it is cut, so that no half of a secret survives at the end.
    let text = redact(
        &String::from_utf8_lossy(&body[..body.len().min(64 * EXCERPT)]),
        secrets,
    );
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // What stood within a secret and is gone now hides it no longer.
    let line = redact(&line, secrets);
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Whether a character is one by which text clears a terminal, overwrites its lines or shows itself in another order.
fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The shortest secret that is looked for in what may be data. A shorter one is a password like many words of the data, which
/// must reach the user as they are; tokens and keys are much longer.
const SURE: usize = 16;

/// Whether a text holds one of the secrets, for certain.
pub(crate) fn holds(text: &str, secrets: &[SecretString]) -> bool {
    sure(secrets).any(|secret| text.contains(secret))
}

/// The same of a URL, in which a secret may be spelled with escapes.
pub(crate) fn url_holds(url: &str, secrets: &[SecretString]) -> bool {
    holds(url, secrets) || holds(&percent_decode_str(url).decode_utf8_lossy(), secrets)
}

/// Hides the secrets in a result, wherever they stand in it, and leaves everything else as it is.
pub(crate) fn hide(value: &mut Value, secrets: &[SecretString]) {
    let hidden =
        |text: &str| sure(secrets).fold(text.to_owned(), |text, s| text.replace(s, HIDDEN));
    match value {
        Value::String(text) if holds(text, secrets) => *text = hidden(text),
        Value::Array(values) => values.iter_mut().for_each(|value| hide(value, secrets)),
        Value::Object(members) => {
            if members.keys().any(|name| holds(name, secrets)) {
                let all = std::mem::take(members).into_iter();
                *members = all.map(|(name, value)| (hidden(&name), value)).collect();
            }
            members.values_mut().for_each(|value| hide(value, secrets));
        }
        _ => {}
    }
}

fn sure(secrets: &[SecretString]) -> impl Iterator<Item = &str> {
    let all = secrets.iter().map(ExposeSecret::expose_secret);
    all.filter(|secret| secret.len() >= SURE)
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
    use serde_json::json;

    #[test]
    fn a_result_loses_its_secrets_and_nothing_else() {
        let secrets = ["Miles", "t0ken-of-sixteen"].map(SecretString::from);
        let mut value = json!({ "t0ken-of-sixteen": [1.5, null, "Miles", "?token=t0ken-of-sixteen&x=1"],
            "token": "t0ken-of-fifteen", "deep": [[{ "x": "t0ken-of-sixteen" }]] });
        hide(&mut value, &secrets);
        let expected = json!({ "[redacted]": [1.5, null, "Miles", "?token=[redacted]&x=1"],
            "token": "t0ken-of-fifteen", "deep": [[{ "x": "[redacted]" }]] });
        assert_eq!(value, expected);
    }

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
    fn nothing_steers_a_terminal_or_hides_a_secret_behind_what_would() {
        let secrets = [SecretString::from("p4ssw0rd")];
        let text = "\u{1b}[2Jno\r\u{9b}31m \u{202e}p4ss\u{1b}w0rd\ttok\u{7}en=abc\n";
        assert_eq!(
            redact(text, &secrets),
            "[2Jno31m [redacted]\ttoken=[redacted]\n"
        );
    }

    #[test]
    fn a_secret_that_a_message_spells_with_escapes_disappears() {
        let secrets = [SecretString::from("a=b/c")];
        let message =
            r#"{"messageCode":"X","message":"no \u0061=b\/c","params":{"p":["a\u003db/c"]}}"#;
        let hidden = redact_message(message, &secrets);
        assert_eq!(
            hidden,
            r#"{"messageCode":"X","message":"no [redacted]","params":{"p":["[redacted]"]}}"#
        );
        for text in [r#"{"message": "it \"is\" so"}"#, "C:\\temp", "{ no JSON \\"] {
            assert_eq!(redact_message(text, &secrets), text);
        }
    }

    #[test]
    fn a_line_has_nothing_in_it_that_moves_the_cursor() {
        for (text, line) in [
            ("as it is,  all of it ", "as it is,  all of it "),
            ("one\r\n\ttwo\n", "one two"),
            ("\u{1b}[2Jgone\u{7}", "[2Jgone"),
        ] {
            assert_eq!(on_one_line(text.to_owned()), line);
        }
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
