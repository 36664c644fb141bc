//! Messages of jobs and of analyses: text, or JSON inside text.

use serde_json::{Map, Value};

/// A message of the analysis services, unpacked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Message {
    pub(super) code: Option<String>,
    pub(super) text: String,
    pub(super) params: Map<String, Value>,
}

impl Message {
    /// Unpacks `{"messageCode", "message", "params"}`, bare or within `{"error": ..}`, from an object or from the text
    /// of one. Any other text is the message itself.
    ///
    /// What would move a terminal's cursor or change its colours does not come into the text, but for the ends of lines.
    pub(super) fn of(value: Value) -> Self {
        let message = Self::unpack(value);
        let is_shown = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        let text = message.text;
        Self {
            text: match text.chars().all(is_shown) {
                true => text,
                false => text.replace("\r\n", "\n").replace(|c| !is_shown(c), " "),
            },
            ..message
        }
    }

    fn unpack(value: Value) -> Self {
        match value {
            Value::String(text) => match parse(&text) {
                Some(members) => Self::of_members(members).unwrap_or(Self {
                    text,
                    ..Self::default()
                }),
                None => Self {
                    text,
                    ..Self::default()
                },
            },
            Value::Object(members) => {
                let whole = Value::Object(members.clone()).to_string();
                Self::of_members(members).unwrap_or(Self {
                    text: whole,
                    ..Self::default()
                })
            }
            other => Self {
                text: plain(&other),
                ..Self::default()
            },
        }
    }

    /// `None` where the object is no message.
    fn of_members(mut members: Map<String, Value>) -> Option<Self> {
        if let Some(Value::Object(error)) = members.get_mut("error") {
            members = std::mem::take(error);
        }
        let code = members
            .get("messageCode")
            .filter(|code| !code.is_null())
            .map(plain)
            .filter(|code| !code.is_empty());
        let params = match members.shift_remove("params") {
            Some(Value::Object(params)) => params,
            _ => Map::new(),
        };
        let text = match members
            .get("message")
            .or_else(|| members.get("description"))
        {
            Some(Value::Array(parts)) => parts.iter().map(plain).collect::<Vec<_>>().join(" "),
            Some(text) => plain(text),
            None => String::new(),
        };
        if code.is_none() && text.is_empty() {
            return None;
        }
        let text = match (text.is_empty(), &code) {
            (true, Some(code)) => code.clone(),
            _ => fill(&text, &params),
        };
        Some(Self { code, text, params })
    }
}

fn parse(text: &str) -> Option<Map<String, Value>> {
    // Most messages are plain text; only what looks like an object is worth a parser.
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A value as it stands in a sentence.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Fills `${name}` in from the parameters, in any letter case; leaves alone what has none. Texts that are filled in
/// are not filled again.
fn fill(text: &str, params: &Map<String, Value>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let end = after.find('}');
        let found = end.and_then(|end| {
            let name = &after[..end];
            let value = params.get(name).or_else(|| {
                params
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value)
            });
            value.map(|value| (plain(value), end))
        });
        match found {
            Some((value, end)) => {
                filled.push_str(&value);
                rest = &after[end + 1..];
            }
            None => {
                filled.push_str("${");
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(value: Value) -> (Option<String>, String) {
        let Message { code, text, .. } = Message::of(value);
        (code, text)
    }

    fn coded(code: &str, text: &str) -> (Option<String>, String) {
        (Some(code.to_owned()), text.to_owned())
    }

    #[test]
    fn plain_texts_are_their_own_message() {
        for plain in ["Submitted.", "", "{not json}", "{\"n\": 1}", "[1]"] {
            assert_eq!(text(plain.into()), (None, plain.to_owned()));
        }
        assert_eq!(text(json!({ "n": 1 })), (None, "{\"n\":1}".to_owned()));
        assert_eq!(text(json!(7)), (None, "7".to_owned()));
    }

    #[test]
    fn json_is_unpacked_bare_within_error_and_as_text() {
        let message =
            json!({ "messageCode": "AO_1", "message": "${n} too many.", "params": { "n": 3 } });
        for value in [message.clone(), json!({ "error": message.clone() })] {
            assert_eq!(text(value.to_string().into()), coded("AO_1", "3 too many."));
            assert_eq!(text(value), coded("AO_1", "3 too many."));
        }
    }

    #[test]
    fn messages_may_come_in_parts_or_without_words() {
        let parts =
            json!({ "messageCode": "SS_1", "message": ["a ${n}.", "b."], "params": { "n": "x" } });
        assert_eq!(text(parts), coded("SS_1", "a x. b."));
        assert_eq!(
            text(json!({ "messageCode": "SS_1" })),
            coded("SS_1", "SS_1")
        );
        assert_eq!(
            text(json!({ "message": "only words" })),
            (None, "only words".to_owned())
        );
        assert_eq!(
            text(json!({ "messageCode": null, "description": "other word" })),
            (None, "other word".to_owned())
        );
    }

    #[test]
    fn placeholders_are_filled_once_and_left_where_nothing_is_known() {
        let params = json!({ "a": "${b}", "b": 1.5, "Layer": "roads", "gone": null });
        let params = params.as_object().cloned().unwrap_or_default();
        for (text, expected) in [
            ("${a} ${b}", "${b} 1.5"),
            ("${layer}", "roads"),
            ("${unknown} ${b}", "${unknown} 1.5"),
            ("${gone}.", "."),
            ("cost $5 ${b", "cost $5 ${b"),
            ("${${b}}", "${1.5}"),
        ] {
            assert_eq!(fill(text, &params), expected);
        }
    }
}
