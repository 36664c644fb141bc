//! Why features could not be read.

use super::format::READABLE;
use std::fmt;
use std::path::PathBuf;

/// Where features came from.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::input::Origin;
///
/// assert_eq!(Origin::File("cities.geojson".into()).to_string(), "the file `cities.geojson`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The argument itself.
    Inline,
    /// A file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline => f.write_str("the inline JSON"),
            Self::File(path) => write!(f, "the file `{}`", path.display()),
        }
    }
}

/// Why features could not be read.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::input::{self, InputError};
///
/// let error = input::read(r#"{"type": "Point", "coordinates": [9.52"#).unwrap_err();
/// assert!(matches!(error, InputError::Truncated { line: 1, .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// There is no such file.
    #[error(
        "there is no file `{}`; give an existing file, the URL of a layer, an item ID or inline JSON",
        path.display()
    )]
    Missing {
        /// The path that was given.
        path: PathBuf,
    },
    /// The path is that of a folder.
    #[error("`{}` is a folder; give a file, one of {READABLE}", path.display())]
    Folder {
        /// The path that was given.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the file `{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The path that was given.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is larger than what is read.
    #[error(
        "the file `{}` has more than {} MiB, the most that is read; publish it as a layer and give the layer's URL",
        path.display(), limit >> 20
    )]
    TooLarge {
        /// The path that was given.
        path: PathBuf,
        /// How many bytes are read at most.
        limit: u64,
    },
    /// The file is of a format that cannot be read.
    #[error(
        "the file `{}` is {format}; convert it to one of {READABLE}, for example with ogr2ogr",
        path.display()
    )]
    Format {
        /// The path that was given.
        path: PathBuf,
        /// What it is.
        format: &'static str,
    },
    /// The text is empty.
    #[error("{origin} is empty; give one of {READABLE}")]
    Empty {
        /// Where the text came from.
        origin: Origin,
    },
    /// The file is no UTF-8 text.
    #[error("{origin} is no text in UTF-8; save it in UTF-8, or give one of {READABLE}")]
    NotText {
        /// Where the bytes came from.
        origin: Origin,
    },
    /// The JSON ends too early.
    #[error(
        "{origin} ends too early, at line {line}, column {column}; it is truncated, so get a complete copy"
    )]
    Truncated {
        /// Where the text came from.
        origin: Origin,
        /// The line at which it ends, from 1.
        line: usize,
        /// The column at which it ends, from 1.
        column: usize,
    },
    /// The text is no JSON.
    #[error("{origin} is not valid JSON at line {line}, column {column}: {problem}")]
    Syntax {
        /// Where the text came from.
        origin: Origin,
        /// The line of the mistake, from 1.
        line: usize,
        /// The column of the mistake, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Some of the features are not what a layer can hold.
    #[error("{origin} {problem}")]
    Features {
        /// Where the features came from.
        origin: Origin,
        /// What is wrong, and in which feature, counted from 1.
        problem: String,
    },
    /// There are no features in it, or it is damaged.
    #[error("{origin} cannot be used: {problem}")]
    Content {
        /// Where the text came from.
        origin: Origin,
        /// What is wrong with it.
        problem: String,
    },
    /// The URL is not that of a layer.
    #[error("`{url}` {problem}")]
    Url {
        /// The URL that was given, without its query.
        url: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
}

impl InputError {
    /// The error of a text that holds no features as they have to be.
    pub(super) fn content(origin: Origin, problem: &str) -> Self {
        let problem = on_one_line(problem);
        Self::Content { origin, problem }
    }

    /// The error of a text that is no JSON.
    pub(super) fn json(origin: Origin, text: &str, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        if error.is_eof() {
            return Self::Truncated {
                origin,
                line,
                column,
            };
        }
        let problem = match not_a_number(text, line, column) {
            Some(word) => format!("coordinates and attributes must be numbers or null, not {word}"),
            None => {
                // serde_json says the place itself, which is already in the sentence.
                let text = error.to_string();
                let end = text.rfind(" at line ").unwrap_or(text.len());
                on_one_line(&text[..end])
            }
        };
        Self::Syntax {
            origin,
            line,
            column,
            problem,
        }
    }
}

/// A text with blanks for what would end the line, or steer a terminal: the names and values in it are those of a file.
pub(super) fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The word for a number that JSON does not have, if it stands where the parser stumbled.
fn not_a_number(text: &str, line: usize, column: usize) -> Option<&'static str> {
    let line = text.lines().nth(line.checked_sub(1)?)?;
    // The column is that of the first byte that does not fit, which for `nan` is the second.
    (column.saturating_sub(3)..column).find_map(|start| {
        let rest = line.get(start..)?;
        ["NaN", "Infinity", "nan", "inf"]
            .into_iter()
            .find(|word| rest.starts_with(word))
    })
}
