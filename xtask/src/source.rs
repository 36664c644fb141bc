//! A spec file: its text, its JSON, and where in the text each value stands.

use crate::diagnostic::{Code, Finding};
use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::ops::Range;

/// A file as it was read.
///
/// # Examples
///
/// ```
/// let file = xtask::source::SourceFile::new("spatial-analysis/service.json", "{}");
/// assert_eq!(file.folder(), "spatial-analysis");
/// assert_eq!(file.name(), "service.json");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path from the folder of the specs, with `/`.
    pub path: String,
    /// The text.
    pub text: String,
}

impl SourceFile {
    /// A file of this path and text. A byte order mark is dropped.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let text = text
            .strip_prefix('\u{feff}')
            .map(str::to_owned)
            .unwrap_or(text);
        Self {
            path: path.into(),
            text,
        }
    }

    /// The folder, which names the service.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// A digest of the text, the same whatever ends its lines (64-bit FNV-1a).
    #[must_use]
    pub fn digest(&self) -> u64 {
        let bytes = self.text.bytes().filter(|byte| *byte != b'\r');
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// The name of the file within its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(&self.path, |(_, name)| name)
    }
}

/// A file whose JSON could be read.
///
/// # Examples
///
/// ```
/// use xtask::source::{Document, SourceFile};
///
/// let file = SourceFile::new("spatial-analysis/x.json", r#"{ "name": "CreateBuffers" }"#);
/// let document = Document::parse(file).expect("this is JSON");
/// assert_eq!(&document.file.text[document.span("/name")], "\"CreateBuffers\"");
/// ```
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub file: SourceFile,
    /// Its JSON.
    pub value: Value,
    values: BTreeMap<String, Range<usize>>,
    keys: BTreeMap<String, Range<usize>>,
}

impl Document {
    /// Reads a file as strict JSON.
    ///
    /// # Errors
    /// What is wrong with the syntax, or which keys are given twice.
    pub fn parse(file: SourceFile) -> Result<Self, Vec<Finding>> {
        let strict = jsonc_parser::ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed = jsonc_parser::parse_to_ast(
            &file.text,
            &jsonc_parser::CollectOptions::default(),
            &strict,
        );
        let root = match parsed {
            Ok(parsed) => parsed.value,
            Err(error) => {
                let range = error.range();
                let message = format!(
                    "this is not valid JSON: {}",
                    lower_first(&error.kind().to_string())
                );
                let help = "strict JSON has no comments and no trailing commas";
                return Err(vec![
                    Finding::at(
                        Code::Syntax,
                        &file.path,
                        message,
                        range.start..range.end.max(range.start),
                    )
                    .help(help),
                ]);
            }
        };
        let Some(root) = root else {
            return Err(vec![Finding::at(
                Code::Syntax,
                &file.path,
                "this is not valid JSON: the file is empty",
                0..0,
            )]);
        };
        let mut index = Index {
            path: &file.path,
            values: BTreeMap::new(),
            keys: BTreeMap::new(),
            findings: Vec::new(),
        };
        let value = index.value(&root, "");
        let Index {
            values,
            keys,
            findings,
            ..
        } = index;
        if findings.is_empty() {
            Ok(Self {
                value,
                values,
                keys,
                file,
            })
        } else {
            Err(findings)
        }
    }

    /// Where the value at this JSON pointer stands; the nearest enclosing value where there is none.
    #[must_use]
    pub fn span(&self, pointer: &str) -> Range<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(range) = self.values.get(pointer) {
                return range.clone();
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return 0..0,
            }
        }
    }

    /// Where the key of the value at this JSON pointer stands; the value itself where it has no key.
    #[must_use]
    pub fn key_span(&self, pointer: &str) -> Range<usize> {
        self.keys
            .get(pointer)
            .cloned()
            .unwrap_or_else(|| self.span(pointer))
    }

    /// Whether there is a value at this JSON pointer.
    #[must_use]
    pub fn has(&self, pointer: &str) -> bool {
        self.values.contains_key(pointer)
    }
}

/// A key as a part of a JSON pointer.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

struct Index<'a> {
    path: &'a str,
    values: BTreeMap<String, Range<usize>>,
    keys: BTreeMap<String, Range<usize>>,
    findings: Vec<Finding>,
}

impl Index<'_> {
    fn value(&mut self, node: &ast::Value<'_>, pointer: &str) -> Value {
        let range = node.range();
        self.values
            .insert(pointer.to_owned(), range.start..range.end);
        match node {
            ast::Value::StringLit(text) => Value::String(text.value.clone().into_owned()),
            ast::Value::NumberLit(number) => self.number(number),
            ast::Value::BooleanLit(boolean) => Value::Bool(boolean.value),
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::Array(array) => {
                let items = array.elements.iter().enumerate();
                items
                    .map(|(i, item)| self.value(item, &format!("{pointer}/{i}")))
                    .collect()
            }
            ast::Value::Object(object) => Value::Object(self.object(object, pointer)),
        }
    }

    fn object(&mut self, object: &ast::Object<'_>, pointer: &str) -> Map<String, Value> {
        let mut map = Map::new();
        for property in &object.properties {
            let key = property.name.as_str();
            let at = format!("{pointer}/{}", escape(key));
            let range = property.name.range();
            if let Some(first) = self.keys.insert(at.clone(), range.start..range.end) {
                self.findings.push(
                    Finding::at(
                        Code::DuplicateKey,
                        self.path,
                        format!("`{key}` is given twice in one object"),
                        range.start..range.end,
                    )
                    .label(first, "first given here")
                    .help("keep one of them"),
                );
            }
            let value = self.value(&property.value, &at);
            map.insert(key.to_owned(), value);
        }
        map
    }

    fn number(&mut self, number: &ast::NumberLit<'_>) -> Value {
        match serde_json::from_str::<Number>(number.value) {
            Ok(number) => Value::Number(number),
            Err(_) => {
                let message = format!("this is not valid JSON: {} is no JSON number", number.value);
                self.findings.push(Finding::at(
                    Code::Syntax,
                    self.path,
                    message,
                    number.range.start..number.range.end,
                ));
                Value::Null
            }
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}
