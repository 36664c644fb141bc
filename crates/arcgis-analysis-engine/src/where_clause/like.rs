//! Patterns of `LIKE`.

/// A pattern: `%` stands for any characters or none, `_` for one; behind the escape character both stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Exactly(char),
}

impl Pattern {
    pub(super) fn new(pattern: &str, escape: Option<char>) -> Self {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                c if Some(c) == escape => Token::Exactly(chars.next().unwrap_or(c)),
                '%' if tokens.last() == Some(&Token::Any) => continue,
                '%' => Token::Any,
                '_' => Token::One,
                c => Token::Exactly(c),
            });
        }
        Self(tokens)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut token) = (0, 0);
        // Where the last `%` is, and from where on it is to be tried next.
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(token) {
                Some(Token::Any) => {
                    retry = Some((token, at));
                    token += 1;
                    continue;
                }
                Some(Token::One) => {
                    (at, token) = (at + 1, token + 1);
                    continue;
                }
                Some(Token::Exactly(c)) if *c == text[at] => {
                    (at, token) = (at + 1, token + 1);
                    continue;
                }
                _ => {}
            }
            let Some((any, from)) = retry else {
                return false;
            };
            retry = Some((any, from + 1));
            (at, token) = (from + 1, any + 1);
        }
        self.0[token..].iter().all(|token| *token == Token::Any)
    }
}
