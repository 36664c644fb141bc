//! Names in Rust for names on the wire that do not make good ones.

use crate::lint;
use crate::lower::names;
use std::collections::BTreeSet;

/// The names of one struct's fields, or of one enum's variants.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The field of a wire name, where it is not simply the wire name in snake case.
    pub(super) fn field(&mut self, wire: &str, number: usize) -> Option<String> {
        let plain = names::snake(wire);
        let mut name = names::snake(&letters(wire));
        if name.is_empty() {
            name = format!("value_{number}");
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            name = format!("n{name}");
        }
        if lint::is_reserved_field(&name) {
            name.push_str("_value");
        }
        let name = self.free(names::snake(&name), "_");
        (name != plain).then_some(name)
    }

    /// The variant of a word, where it is not simply the word in Pascal case.
    pub(super) fn variant(&mut self, word: &str, number: usize) -> Option<String> {
        let plain = names::pascal(word);
        let mut name = names::pascal(&letters(word));
        if name.is_empty() {
            name = format!("Word{number}");
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name = format!("N{name}");
        }
        if name == "Unknown" || name == "Self" {
            name.push_str("Word");
        }
        let name = self.free(names::pascal(&name), "N");
        (name != plain).then_some(name)
    }

    /// The type of a name, where it is not simply the name in Pascal case.
    pub(super) fn ty(&mut self, wire: &str, fallback: &str) -> Option<String> {
        let plain = names::pascal(wire);
        let mut name = names::pascal(&letters(wire));
        if name.is_empty() {
            name = fallback.to_owned();
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name = format!("{fallback}{name}");
        }
        if lint::is_reserved_type(&name) {
            name.push_str(fallback);
        }
        let name = self.free(names::pascal(&name), "N");
        (name != plain).then_some(name)
    }

    fn free(&mut self, name: String, joint: &str) -> String {
        let mut free = name.clone();
        let mut number = 2;
        while !self.taken.insert(free.clone()) {
            free = format!("{name}{joint}{number}");
            number += 1;
        }
        free
    }
}

/// A name with blanks for what no identifier holds.
fn letters(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { ' ' };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_makes_an_identifier() {
        let mut names = Names::default();
        let fields = [
            "inputLayer",
            "Input Layer",
            "type",
            "1st",
            "größe",
            "*/",
            "\"}",
        ];
        let made: Vec<_> = fields
            .iter()
            .enumerate()
            .map(|(i, name)| names.field(name, i + 1))
            .collect();
        let made: Vec<_> = made.iter().map(Option::as_deref).collect();
        assert_eq!(
            made,
            [
                None,
                Some("input_layer_2"),
                Some("type_value"),
                Some("n1st"),
                Some("gr_e"),
                Some("value_6"),
                Some("value_7"),
            ]
        );
        let mut names = Names::default();
        assert_eq!(
            names.variant("45 degrees", 1).as_deref(),
            Some("N45Degrees")
        );
        assert_eq!(names.variant("Unknown", 2).as_deref(), Some("UnknownWord"));
        assert_eq!(names.variant("Driving Time", 3), None);
        assert_eq!(
            names.variant("DRIVING_TIME", 4).as_deref(),
            Some("DrivingTimeN2")
        );
    }
}
