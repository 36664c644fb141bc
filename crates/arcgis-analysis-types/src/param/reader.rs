//! Parameters from a JSON object.

use super::{describe, nearest, quoted};
use crate::Param;
use crate::check::both_or_all;
use crate::error::{ParameterError, ParameterErrorKind as Kind};
use crate::form::parted;
use crate::meta::{GroupMeta, ParamMeta, ParamType};
use serde_json::{Map, Value};
use std::fmt;

/// Takes parameters from a JSON object, by wire name.
///
/// # Examples
///
/// See [`Object`](crate::Object).
pub struct Reader {
    owner: &'static str,
    values: Map<String, Value>,
}

impl fmt::Debug for Reader {
    /// Shows names only: a value may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("owner", &self.owner)
            .field("names", &self.values.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl Reader {
    /// Begins to read an object, and refuses names that it does not have. Members that are `null` count as absent.
    ///
    /// # Errors
    /// When the value is no object, or has a name that is not in `members`.
    pub fn object(
        owner: &'static str,
        members: &'static [ParamMeta],
        value: Value,
    ) -> Result<Self, ParameterError> {
        let Value::Object(mut values) = value else {
            let text = format!("must be a JSON object, not {}", describe(&value));
            return Err(ParameterError::new(Kind::WrongType, owner, [""; 0], text));
        };
        if let Some(name) = values
            .keys()
            .find(|name| members.iter().all(|m| m.name != name.as_str()))
        {
            let names: Vec<_> = members.iter().map(|m| m.name).collect();
            return Err(ParameterError::new(
                Kind::Unknown,
                owner,
                [name],
                unknown_name(name, &names),
            ));
        }
        values.retain(|_, value| !value.is_null());
        for member in members {
            if let (Some(separator), Some(value)) = (member.separator, values.get_mut(member.name))
            {
                *value = parted(value.take(), separator);
                if matches!(member.ty, ParamType::NumberList | ParamType::IntegerList) {
                    numbers(value);
                }
            }
        }
        Ok(Self { owner, values })
    }

    /// Takes a parameter that must be there.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn required<T: Param>(&mut self, name: &'static str) -> Result<T, ParameterError> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => Err(ParameterError::new(
                Kind::Missing,
                self.owner,
                [name],
                "is missing",
            )),
        }
    }

    /// Takes a parameter that may be absent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn optional<T: Param>(&mut self, name: &'static str) -> Result<Option<T>, ParameterError> {
        let Some(value) = self.values.shift_remove(name) else {
            return Ok(None);
        };
        T::from_json(value)
            .map(Some)
            .map_err(|problem| problem.of_param(self.owner, name))
    }

    /// The index of the variant of which any parameter is given.
    ///
    /// # Errors
    /// When parameters of two variants are given, or none is and the group is required.
    pub fn group(&self, group: &'static GroupMeta) -> Result<Option<usize>, ParameterError> {
        let given = group
            .variants
            .iter()
            .enumerate()
            .filter_map(|(i, variant)| {
                let name = variant
                    .params
                    .iter()
                    .find(|name| self.values.contains_key(**name))?;
                Some((i, *name))
            });
        match given.collect::<Vec<_>>().as_slice() {
            [] if group.required => Err(self.missing(group)),
            [] => Ok(None),
            [(index, _)] => Ok(Some(*index)),
            several => {
                let names = several.iter().map(|(_, name)| *name);
                let text = "exclude each other; give only one of them";
                Err(ParameterError::new(
                    Kind::Exclusive,
                    self.owner,
                    names,
                    text,
                ))
            }
        }
    }

    /// The index of the chosen variant of a required group.
    ///
    /// # Errors
    /// When parameters of two variants are given, or none is.
    pub fn required_group(&self, group: &'static GroupMeta) -> Result<usize, ParameterError> {
        self.group(group)?.ok_or_else(|| self.missing(group))
    }

    fn missing(&self, group: &GroupMeta) -> ParameterError {
        let names: Vec<_> = group
            .variants
            .iter()
            .filter_map(|variant| variant.params.first().copied())
            .collect();
        let text = format!("are {} missing; give one of them", both_or_all(names.len()));
        ParameterError::new(Kind::Missing, self.owner, names, text)
    }
}

/// Numbers that stood in a text; what is none stays, and is refused by its type.
fn numbers(list: &mut Value) {
    for item in list.as_array_mut().into_iter().flatten() {
        if let Some(number) = item
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
        {
            *item = Value::Number(number);
        }
    }
}

/// What to say of a name that does not exist.
fn unknown_name(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("is not a parameter; did you mean `{near}`?"),
        None => format!("is not a parameter; there are {}", quoted(known)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::meta::{ParamType, VariantMeta};
    use serde_json::json;

    const fn member(name: &'static str) -> ParamMeta {
        ParamMeta {
            name,
            ty: ParamType::Text,
            ..ParamMeta::OPTIONAL
        }
    }

    const fn variant(params: &'static [&'static str]) -> VariantMeta {
        VariantMeta {
            name: "",
            doc: "",
            params,
        }
    }

    static MEMBERS: &[ParamMeta] = &[
        member("distances"),
        member("field"),
        member("units"),
        member("sideType"),
    ];
    static PAIR: GroupMeta = GroupMeta {
        name: "",
        required: true,
        doc: "",
        variants: &[variant(&["distances"]), variant(&["field", "units"])],
    };
    static OPTIONAL: GroupMeta = GroupMeta {
        name: "",
        required: false,
        doc: "",
        variants: &[
            variant(&["distances"]),
            variant(&["field"]),
            variant(&["units"]),
        ],
    };

    fn reader(value: Value) -> Result<Reader, ParameterError> {
        Reader::object("T", MEMBERS, value)
    }

    fn said<T: fmt::Debug>(result: Result<T, ParameterError>) -> (Kind, String) {
        let error = result.unwrap_err();
        (error.kind(), error.to_string())
    }

    #[test]
    fn refuses_names_that_do_not_exist() {
        let said = |name: &str| said(reader(json!({ "field": "a", name: 1 })));
        let unknown = |text: &str| (Kind::Unknown, text.to_owned());
        assert_eq!(
            said("distence"),
            unknown("T: `distence` is not a parameter; did you mean `distances`?")
        );
        assert_eq!(
            said("SIDETYPE"),
            unknown("T: `SIDETYPE` is not a parameter; did you mean `sideType`?")
        );
        assert_eq!(
            said("unit"),
            unknown("T: `unit` is not a parameter; did you mean `units`?")
        );
        assert_eq!(
            said("colour"),
            unknown(
                "T: `colour` is not a parameter; there are `distances`, `field`, `units`, `sideType`"
            )
        );
    }

    #[test]
    fn refuses_what_is_no_object() {
        let expected = "T: the parameters must be a JSON object, not a list";
        assert_eq!(
            said(reader(json!([]))),
            (Kind::WrongType, expected.to_owned())
        );
    }

    #[test]
    fn takes_members_and_counts_null_as_absent() {
        let mut reader =
            reader(json!({ "field": "a", "units": null, "distances": [1, "b"] })).unwrap();
        assert_eq!(reader.required::<String>("field"), Ok("a".to_owned()));
        assert_eq!(reader.optional::<String>("units"), Ok(None));
        assert_eq!(
            said(reader.required::<String>("units")),
            (Kind::Missing, "T: `units` is missing".to_owned())
        );
        assert_eq!(
            said(reader.required::<Vec<f64>>("distances")),
            (
                Kind::WrongType,
                "T: `distances` item 2 must be a number, not the text \"b\"".to_owned()
            )
        );
    }

    #[test]
    fn takes_a_list_that_is_one_text() {
        static LISTS: [ParamMeta; 2] = [
            ParamMeta {
                name: "fields",
                ty: ParamType::FieldNameList,
                separator: Some(','),
                ..ParamMeta::OPTIONAL
            },
            ParamMeta {
                name: "breaks",
                ty: ParamType::NumberList,
                separator: Some(' '),
                ..ParamMeta::OPTIONAL
            },
        ];
        let read = |value| {
            let mut reader = Reader::object("T", &LISTS, value).unwrap();
            let fields = reader.optional::<Vec<String>>("fields");
            (fields, reader.optional::<Vec<f64>>("breaks"))
        };
        let both = (
            Ok(Some(vec!["a".to_owned(), "b c".to_owned()])),
            Ok(Some(vec![5.0, 10.5])),
        );
        assert_eq!(
            read(json!({ "fields": "a, b c", "breaks": "5 10.5" })),
            both
        );
        assert_eq!(
            read(json!({ "fields": ["a", "b c"], "breaks": [5, 10.5] })),
            both
        );
        assert!(read(json!({ "breaks": "5 many" })).1.is_err());
    }

    #[test]
    fn finds_the_variant_that_is_given() {
        let group = |value, group| reader(value).unwrap().group(group);
        assert_eq!(group(json!({ "distances": [] }), &PAIR), Ok(Some(0)));
        assert_eq!(
            group(json!({ "units": "a", "sideType": "b" }), &PAIR),
            Ok(Some(1))
        );
        assert_eq!(group(json!({ "units": "a" }), &OPTIONAL), Ok(Some(2)));
        assert_eq!(
            group(json!({ "sideType": "a", "units": null }), &OPTIONAL),
            Ok(None)
        );
    }

    #[test]
    fn refuses_several_variants_and_none() {
        let group = |value, group| said(reader(value).unwrap().group(group));
        assert_eq!(
            group(json!({ "distances": [1], "field": "a" }), &PAIR),
            (
                Kind::Exclusive,
                "T: `distances` and `field` exclude each other; give only one of them".to_owned()
            )
        );
        assert_eq!(
            group(
                json!({ "distances": [1], "units": "b", "field": "a" }),
                &OPTIONAL
            ),
            (
                Kind::Exclusive,
                "T: `distances`, `field` and `units` exclude each other; give only one of them"
                    .to_owned()
            )
        );
        let missing = (
            Kind::Missing,
            "T: `distances` and `field` are both missing; give one of them".to_owned(),
        );
        assert_eq!(group(json!({}), &PAIR), missing);
        assert_eq!(
            said(reader(json!({})).unwrap().required_group(&PAIR)),
            missing
        );
        assert_eq!(
            said(reader(json!({})).unwrap().required_group(&OPTIONAL)),
            (
                Kind::Missing,
                "T: `distances`, `field` and `units` are all missing; give one of them".to_owned()
            )
        );
    }

    #[test]
    fn debug_shows_no_values() {
        let reader = reader(json!({ "field": "planted" })).unwrap();
        assert_eq!(
            format!("{reader:?}"),
            "Reader { owner: \"T\", names: [\"field\"] }"
        );
    }
}
