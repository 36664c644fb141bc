//! Names that do not clash, and zip archives.

use super::unwritten;
use crate::EngineError;
use std::collections::HashSet;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// How many bytes the name of a file has at most, without its extension.
const LONGEST: usize = 100;

/// Names of which no two are the same in any letter case.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name of at most so many bytes, with a number at its end where another has it already.
    pub(super) fn add(&mut self, wanted: &str, most: usize) -> String {
        let mut name = cut(wanted, most).to_owned();
        let mut number = 0;
        while !self.0.insert(name.to_lowercase()) {
            number += 1;
            let end = format!("_{number}");
            name = format!("{}{end}", cut(wanted, most - end.len()));
        }
        name
    }

    /// A name for a file, from any text.
    pub(super) fn file(&mut self, wanted: &str) -> String {
        let keep = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
        let name: String = wanted
            .chars()
            .map(|c| if keep(c) { c } else { '_' })
            .collect();
        let name = cut(name.trim(), LONGEST).trim_end();
        self.add(if name.is_empty() { "layer" } else { name }, LONGEST)
    }
}

/// The beginning of a text, at most so many bytes of it.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// An archive of files, always of the same date.
pub(super) fn zip(format: &str, files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, EngineError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (name, bytes) in files {
        archive
            .start_file(
                name.as_str(),
                options.large_file(bytes.len() > u32::MAX as usize),
            )
            .map_err(|error| unwritten(format, error))?;
        archive
            .write_all(bytes)
            .map_err(|error| unwritten(format, error))?;
    }
    let written = archive.finish().map_err(|error| unwritten(format, error))?;
    Ok(written.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_short_enough() {
        let mut names = Names::default();
        let made = ["POPULATION_2010", "population_2020", "POPULATION", "pop"]
            .map(|name| names.add(name, 10));
        assert_eq!(made, ["POPULATION", "populati_1", "POPULATI_2", "pop"]);
        // A letter of two bytes is not cut in half.
        assert_eq!(names.add("Straßßßßßß", 10), "Straßßß");
    }

    #[test]
    fn names_of_files_hold_no_paths() {
        let mut names = Names::default();
        assert_eq!(names.file("../etc/passwd"), "___etc_passwd");
        assert_eq!(names.file(" "), "layer");
        assert_eq!(names.file("Layer"), "Layer_1");
        assert_eq!(names.file("trees of Zürich"), "trees of Zürich");
    }
}
