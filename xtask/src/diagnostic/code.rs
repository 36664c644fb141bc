//! The codes of lints.

/// A lint's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The file is not JSON.
    Syntax,
    /// A key is given twice.
    DuplicateKey,
    /// Shape.
    Shape,
}

impl Code {
    /// The code as it is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "json::syntax",
            Self::DuplicateKey => "json::duplicate-key",
            Self::Shape => "json::shape",
        }
    }
}
