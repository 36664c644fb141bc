//! Distances, areas and durations with their units.

use crate::param::expected;
use crate::{Choice, Facts, Param, ParameterErrorKind, Problem, UnknownChoice, choice_impls};
use serde_json::{Map, Value, json};

/// A distance with its unit in words, `{"distance": 60, "units": "Meters"}` on the wire: a cell size, or how far an analysis
/// of rasters reaches.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Distance, LengthUnits, Param};
///
/// let cell = Distance::new(60.0, LengthUnits::Meters);
/// assert_eq!(cell.to_json().to_string(), r#"{"distance":60.0,"units":"Meters"}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    /// The distance.
    pub distance: f64,
    /// The unit.
    pub units: LengthUnits,
}

impl Distance {
    /// A distance in a unit.
    #[must_use]
    pub fn new(distance: f64, units: LengthUnits) -> Self {
        Self { distance, units }
    }
}

impl Param for Distance {
    fn to_json(&self) -> Value {
        json!({ "distance": self.distance, "units": self.units.as_str() })
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        const SHAPE: &str = "a distance such as {\"distance\": 5, \"units\": \"Kilometers\"}";
        let (distance, units) = measure(&value, "distance", SHAPE)?;
        Ok(Self {
            distance,
            units: LengthUnits::from(units.as_str()),
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            numbers: vec![self.distance],
            ..Facts::default()
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        self.distance.validate()?;
        self.units.validate()
    }
}

/// The units of a distance in words.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Choice, LengthUnits};
///
/// assert_eq!(LengthUnits::from("Kilometers"), LengthUnits::Kilometers);
/// assert_eq!(LengthUnits::from("Parsecs").as_str(), "Parsecs");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LengthUnits {
    /// Metres.
    Meters,
    /// Kilometres.
    Kilometers,
    /// US survey feet.
    Feet,
    /// US survey miles.
    Miles,
    /// International feet, 0.3048 m.
    FeetInt,
    /// International miles, 1,609.344 m.
    MilesInt,
    /// A unit that this version of the crate does not know.
    Unknown(UnknownChoice),
}

impl Choice for LengthUnits {
    const KNOWN: &'static [Self] = &[
        Self::Meters,
        Self::Kilometers,
        Self::Feet,
        Self::Miles,
        Self::FeetInt,
        Self::MilesInt,
    ];

    fn as_str(&self) -> &str {
        match self {
            Self::Meters => "Meters",
            Self::Kilometers => "Kilometers",
            Self::Feet => "Feet",
            Self::Miles => "Miles",
            Self::FeetInt => "FeetInt",
            Self::MilesInt => "MilesInt",
            Self::Unknown(word) => word.as_str(),
        }
    }

    fn unknown(word: UnknownChoice) -> Self {
        Self::Unknown(word)
    }
}

choice_impls!(LengthUnits);

/// An area with its unit, `{"area": 3, "units": "esriSquareKilometers"}` on the wire.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{ArealUnit, Param};
///
/// let area = ArealUnit::from_json("3 SquareKilometers".into())?;
/// assert_eq!(area, ArealUnit::new(3.0, "esriSquareKilometers"));
/// # Ok::<(), arcgis_analysis_types::Problem>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ArealUnit {
    /// The area.
    pub area: f64,
    /// The unit, as geoprocessing spells it: `esriSquareKilometers`, `esriAcres`, `esriHectares` and so on.
    pub units: String,
}

impl ArealUnit {
    /// An area in a unit.
    #[must_use]
    pub fn new(area: f64, units: impl Into<String>) -> Self {
        Self {
            area,
            units: units.into(),
        }
    }
}

impl Param for ArealUnit {
    fn to_json(&self) -> Value {
        json!({ "area": self.area, "units": self.units })
    }

    /// Takes the text form, such as `3 SquareKilometers`, too.
    fn from_json(value: Value) -> Result<Self, Problem> {
        const SHAPE: &str = "an area such as {\"area\": 3, \"units\": \"esriSquareKilometers\"}";
        if let Value::String(text) = &value {
            let parts = text.trim().split_once(' ');
            let area = parts.and_then(|(number, units)| Some((number.parse().ok()?, units.trim())));
            let (area, units) = area.ok_or_else(|| expected(SHAPE, &value))?;
            return Ok(Self::new(area, format!("esri{units}")));
        }
        let (area, units) = measure(&value, "area", SHAPE)?;
        Ok(Self { area, units })
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            numbers: vec![self.area],
            ..Facts::default()
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        self.area.validate()?;
        self.units.validate()
    }
}

/// A duration with its unit, `{"duration": 5, "units": "esriTimeUnitsHours"}` on the wire.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, TimeUnit};
///
/// let time = TimeUnit::new(5.0, "esriTimeUnitsHours");
/// assert_eq!(time.to_json().to_string(), r#"{"duration":5.0,"units":"esriTimeUnitsHours"}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeUnit {
    /// The duration.
    pub duration: f64,
    /// The unit, as geoprocessing spells it: `esriTimeUnitsMinutes`, `esriTimeUnitsHours` and so on.
    pub units: String,
}

impl TimeUnit {
    /// A duration in a unit.
    #[must_use]
    pub fn new(duration: f64, units: impl Into<String>) -> Self {
        Self {
            duration,
            units: units.into(),
        }
    }
}

impl Param for TimeUnit {
    fn to_json(&self) -> Value {
        json!({ "duration": self.duration, "units": self.units })
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        const SHAPE: &str =
            "a duration such as {\"duration\": 5, \"units\": \"esriTimeUnitsHours\"}";
        let (duration, units) = measure(&value, "duration", SHAPE)?;
        Ok(Self { duration, units })
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            numbers: vec![self.duration],
            ..Facts::default()
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        self.duration.validate()?;
        self.units.validate()
    }
}

/// The number and the unit of an object that has nothing else.
fn measure(value: &Value, number: &str, shape: &str) -> Result<(f64, String), Problem> {
    let members = value.as_object().ok_or_else(|| expected(shape, value))?;
    only(members, &[number, "units"])?;
    let amount = members.get(number).and_then(Value::as_f64);
    let units = members.get("units").and_then(Value::as_str);
    match (amount, units) {
        (Some(amount), Some(units)) => Ok((amount, units.to_owned())),
        _ => Err(expected(shape, value)),
    }
}

fn only(members: &Map<String, Value>, known: &[&str]) -> Result<(), Problem> {
    match members.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Problem::new(
            ParameterErrorKind::Unknown,
            format!(
                "has no member `{key}`; there are {}",
                crate::param::quoted(known)
            ),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written() {
        for json in [
            json!({ "distance": 60.5, "units": "Feet" }),
            json!({ "distance": -1.0, "units": "Chains" }),
        ] {
            assert_eq!(Distance::from_json(json.clone()).unwrap().to_json(), json);
        }
        let json = json!({ "area": 2.0, "units": "esriAcres" });
        assert_eq!(ArealUnit::from_json(json.clone()).unwrap().to_json(), json);
        let json = json!({ "duration": 2.0, "units": "esriTimeUnitsDays" });
        assert_eq!(TimeUnit::from_json(json.clone()).unwrap().to_json(), json);
    }

    #[test]
    fn what_lacks_its_unit_or_has_more_is_refused() {
        let said = |json: Value| Distance::from_json(json).unwrap_err().to_string();
        let shape = "must be a distance such as {\"distance\": 5, \"units\": \"Kilometers\"}, not ";
        assert_eq!(said(json!(5)), format!("{shape}the number 5"));
        assert_eq!(said(json!({ "distance": 5 })), format!("{shape}an object"));
        assert_eq!(
            said(json!({ "distance": 5, "unit": "Meters" })),
            "has no member `unit`; there are `distance`, `units`"
        );
        assert!(ArealUnit::from_json("three acres".into()).is_err());
        assert!(ArealUnit::from_json("3".into()).is_err());
        assert!(
            Distance::new(f64::NAN, LengthUnits::Meters)
                .validate()
                .is_err()
        );
        assert!(TimeUnit::new(1.0, " ").validate().is_err());
    }
}
