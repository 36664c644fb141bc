//! How deep and how long a JSON document is, found out before it is taken apart.
//!
//! A parsed value takes dozens of bytes where its text takes two, so a body within its limit may still fill the memory.

/// How deep the parser follows.
const DEEPEST: usize = 127;

/// What a document may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) depth: usize,
    pub(crate) values: usize,
}

impl Bounds {
    /// What of the document is beyond its bounds, as the end of "the server answered with ...".
    ///
    /// Brackets and commas are counted, so what is not JSON is measured too; commas also within texts, because texts may
    /// hold JSON in their turn.
    pub(super) fn exceeded_by(&self, text: &[u8]) -> Option<String> {
        let deepest = self.depth.min(DEEPEST);
        let (mut depth, mut values, mut quoted) = (0_usize, 1_usize, false);
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b',' => values += 1,
                b'"' => quoted = !quoted,
                b'\\' if quoted => {
                    bytes.next();
                }
                b'[' | b'{' if !quoted => {
                    (depth, values) = (depth + 1, values + 1);
                    if depth > deepest {
                        return Some(format!("JSON that is nested deeper than {deepest} levels"));
                    }
                }
                b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if values > self.values {
                return Some(format!("JSON of more than {} values", self.values));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn bounds(depth: usize, values: usize) -> Bounds {
        Bounds { depth, values }
    }

    #[test]
    fn depth_and_values_are_counted() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(bounds(3, 100).exceeded_by(deep(3).as_bytes()), None);
        let error = bounds(3, 100).exceeded_by(deep(4).as_bytes());
        assert_eq!(
            error.as_deref(),
            Some("JSON that is nested deeper than 3 levels")
        );
        for text in [r#"["[[[[[","{{{{","\"[[[[\\"]"#, r#"[[],[],{"a":{}}]"#] {
            assert_eq!(bounds(3, 8).exceeded_by(text.as_bytes()), None, "{text}");
        }
        let error = bounds(3, 5).exceeded_by(b"[1,2,3,4,5]");
        assert_eq!(error.as_deref(), Some("JSON of more than 5 values"));
        assert_eq!(bounds(3, 6).exceeded_by(b"[1,2,3,4,5]"), None);
        // What a text holds may be taken apart later.
        assert!(bounds(3, 5).exceeded_by(br#""[1,2,3,4,5,6]""#).is_some());
    }

    #[test]
    fn the_parser_never_gets_what_it_would_not_follow() {
        let hundred_thousand = "[".repeat(100_000);
        let all = bounds(usize::MAX, usize::MAX);
        assert!(all.exceeded_by(hundred_thousand.as_bytes()).is_some());
        let levels = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let text = levels(DEEPEST);
        assert!(bounds(200, 1_000).exceeded_by(text.as_bytes()).is_none());
        assert!(serde_json::from_str::<Value>(&text).is_ok());
        assert!(serde_json::from_str::<Value>(&levels(DEEPEST + 1)).is_err());
    }

    fn commas(text: &str) -> usize {
        text.matches(',').count()
    }

    /// The values of a document, and the commas in its texts.
    fn count(value: &Value) -> (usize, usize) {
        let sum = |all: &mut dyn Iterator<Item = (usize, usize)>| {
            all.fold((1, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
        };
        match value {
            Value::Array(list) => sum(&mut list.iter().map(count)),
            Value::Object(all) => sum(&mut all.iter().map(|(name, value)| {
                let (values, within) = count(value);
                (values, within + commas(name))
            })),
            Value::String(text) => (1, commas(text)),
            _ => (1, 0),
        }
    }

    proptest! {
        #[test]
        fn what_is_counted_is_never_less_than_there_is(bytes in "[\\[\\]{},:\"\\\\a1 ]{0,60}") {
            if let Ok(value) = serde_json::from_str::<Value>(&bytes) {
                let (values, within) = count(&value);
                if values > 1 {
                    prop_assert!(bounds(100, values - 1).exceeded_by(bytes.as_bytes()).is_some());
                }
                // An empty list counts as if it had one.
                prop_assert!(bounds(100, 2 * values + within).exceeded_by(bytes.as_bytes()).is_none());
            }
        }
    }
}
