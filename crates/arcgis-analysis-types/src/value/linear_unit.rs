//! A distance with its unit.

use crate::param::expected;
use crate::{Choice, Facts, Param, ParameterErrorKind, Problem, UnknownChoice, choice_impls};
use serde_json::{Value, json};

/// A distance with its unit, `{"distance": 5, "units": "esriMiles"}` on the wire.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{LinearUnit, LinearUnits, Param};
///
/// let distance = LinearUnit::new(5.0, LinearUnits::Miles);
/// assert_eq!(distance.to_json().to_string(), r#"{"distance":5.0,"units":"esriMiles"}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearUnit {
    /// The distance.
    pub distance: f64,
    /// The unit.
    pub units: LinearUnits,
}

impl LinearUnit {
    /// A distance in a unit.
    #[must_use]
    pub fn new(distance: f64, units: LinearUnits) -> Self {
        Self { distance, units }
    }
}

/// The units of a distance, as geoprocessing spells them: `esriMeters` and so on.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Choice, LinearUnits};
///
/// assert_eq!(LinearUnits::from("esriNauticalMiles"), LinearUnits::NauticalMiles);
/// assert_eq!(LinearUnits::from("esriParsecs").as_str(), "esriParsecs");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinearUnits {
    /// A unit that is not known to the data.
    UnknownUnits,
    /// US survey inches.
    Inches,
    /// Points, 72 to an inch.
    Points,
    /// US survey feet.
    Feet,
    /// US survey yards.
    Yards,
    /// US survey miles.
    Miles,
    /// Nautical miles.
    NauticalMiles,
    /// Millimetres.
    Millimeters,
    /// Centimetres.
    Centimeters,
    /// Metres.
    Meters,
    /// Kilometres.
    Kilometers,
    /// Degrees.
    DecimalDegrees,
    /// Decimetres.
    Decimeters,
    /// International inches.
    IntInches,
    /// International feet.
    IntFeet,
    /// International yards.
    IntYards,
    /// International miles, also called statute miles.
    IntMiles,
    /// International nautical miles.
    IntNauticalMiles,
    /// A unit that this version of the crate does not know.
    Unknown(UnknownChoice),
}

impl Choice for LinearUnits {
    const KNOWN: &'static [Self] = &[
        Self::Meters,
        Self::Kilometers,
        Self::Feet,
        Self::Yards,
        Self::Miles,
        Self::NauticalMiles,
        Self::Inches,
        Self::Points,
        Self::Millimeters,
        Self::Centimeters,
        Self::Decimeters,
        Self::DecimalDegrees,
        Self::IntInches,
        Self::IntFeet,
        Self::IntYards,
        Self::IntMiles,
        Self::IntNauticalMiles,
        Self::UnknownUnits,
    ];

    fn as_str(&self) -> &str {
        match self {
            Self::UnknownUnits => "esriUnknownUnits",
            Self::Inches => "esriInches",
            Self::Points => "esriPoints",
            Self::Feet => "esriFeet",
            Self::Yards => "esriYards",
            Self::Miles => "esriMiles",
            Self::NauticalMiles => "esriNauticalMiles",
            Self::Millimeters => "esriMillimeters",
            Self::Centimeters => "esriCentimeters",
            Self::Meters => "esriMeters",
            Self::Kilometers => "esriKilometers",
            Self::DecimalDegrees => "esriDecimalDegrees",
            Self::Decimeters => "esriDecimeters",
            Self::IntInches => "esriIntInches",
            Self::IntFeet => "esriIntFeet",
            Self::IntYards => "esriIntYards",
            Self::IntMiles => "esriIntMiles",
            Self::IntNauticalMiles => "esriIntNauticalMiles",
            Self::Unknown(word) => word.as_str(),
        }
    }

    fn unknown(word: UnknownChoice) -> Self {
        Self::Unknown(word)
    }
}

choice_impls!(LinearUnits);

impl Param for LinearUnit {
    fn to_json(&self) -> Value {
        json!({ "distance": self.distance, "units": self.units.as_str() })
    }

    /// Metres, where the object names no unit.
    fn from_json(value: Value) -> Result<Self, Problem> {
        let shape = "an object such as {\"distance\": 5, \"units\": \"esriMiles\"}";
        let Value::Object(mut members) = value else {
            return Err(expected(shape, &value));
        };
        let distance = members.get("distance").and_then(Value::as_f64);
        let Some(distance) = distance else {
            return Err(Problem::new(
                ParameterErrorKind::WrongType,
                format!("has no number `distance`; it must be {shape}"),
            ));
        };
        let units = match members.shift_remove("units") {
            None | Some(Value::Null) => LinearUnits::Meters,
            Some(units) => {
                LinearUnits::from_json(units).map_err(|problem| problem.of_member("units"))?
            }
        };
        Ok(Self { distance, units })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::number(self.distance)
    }

    fn validate(&self) -> Result<(), Problem> {
        self.distance.validate()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_known_unit_reads_back() {
        assert_eq!(LinearUnits::KNOWN.len(), 18);
        for units in LinearUnits::KNOWN {
            assert!(units.as_str().starts_with("esri"), "{units}");
            let json = json!({ "distance": 2.5, "units": units.as_str().to_uppercase() });
            assert_eq!(
                LinearUnit::from_json(json),
                Ok(LinearUnit::new(2.5, units.clone()))
            );
        }
    }

    #[test]
    fn metres_are_what_is_not_named() {
        assert_eq!(
            LinearUnit::from_json(json!({ "distance": 3 })),
            Ok(LinearUnit::new(3.0, LinearUnits::Meters))
        );
    }

    #[test]
    fn refuses_what_is_no_distance() {
        let said = |json| LinearUnit::from_json(json).unwrap_err().to_string();
        let shape = "an object such as {\"distance\": 5, \"units\": \"esriMiles\"}";
        assert_eq!(
            said(json!("5 miles")),
            format!("must be {shape}, not the text \"5 miles\"")
        );
        assert_eq!(
            said(json!({ "units": "esriMiles" })),
            format!("has no number `distance`; it must be {shape}")
        );
        let said = said(json!({ "distance": 5, "units": "esriMile" }));
        assert!(
            said.starts_with("`units` must be one of `esriMeters`, "),
            "{said}"
        );
        assert!(
            said.ends_with("not the text \"esriMile\"; did you mean `esriMiles`?"),
            "{said}"
        );
        assert_eq!(
            LinearUnit::new(f64::NAN, LinearUnits::Feet)
                .validate()
                .unwrap_err()
                .to_string(),
            "must be a finite number, not NaN"
        );
    }
}
