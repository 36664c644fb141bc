//! Units of length and area.

use crate::EngineError;
use arcgis_analysis_spatial::choices::{
    DistanceUnits, PatternAnalysisUnits, ShapeUnits, TravelUnits,
};
use arcgis_analysis_types::{Choice, ParameterError, ParameterErrorKind, TravelMode};

/// The length of a unit in metres; `param` names it.
pub(crate) fn metres(
    task: &str,
    param: &str,
    units: &DistanceUnits,
) -> Result<f64, ParameterError> {
    match units {
        DistanceUnits::Meters => Ok(1.0),
        DistanceUnits::Kilometers => Ok(1000.0),
        DistanceUnits::Feet => Ok(0.3048),
        DistanceUnits::Miles => Ok(1609.344),
        DistanceUnits::NauticalMiles => Ok(1852.0),
        DistanceUnits::Yards => Ok(0.9144),
        other => Err(ParameterError::new(
            ParameterErrorKind::NotAChoice,
            task,
            [param],
            format!(
                "names the unit `{other}`, whose length is not known here; use one of {}",
                DistanceUnits::KNOWN
                    .iter()
                    .map(Choice::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        )),
    }
}

/// The length of a unit of pattern analysis in metres; `param` names it.
pub(crate) fn pattern_metres(
    task: &str,
    param: &str,
    units: &PatternAnalysisUnits,
) -> Result<f64, ParameterError> {
    match units {
        PatternAnalysisUnits::Meters => Ok(1.0),
        PatternAnalysisUnits::Kilometers => Ok(1000.0),
        PatternAnalysisUnits::Feet => Ok(0.3048),
        PatternAnalysisUnits::Miles => Ok(1609.344),
        other => Err(ParameterError::new(
            ParameterErrorKind::NotAChoice,
            task,
            [param],
            format!("names the unit `{other}`, whose length is not known here"),
        )),
    }
}

/// Refuses travel modes; `task` is the name of what measures by one.
pub(crate) fn straight_line(task: &str, mode: Option<&TravelMode>) -> Result<(), EngineError> {
    match mode {
        None | Some(TravelMode::StraightLine) => Ok(()),
        Some(_) => Err(EngineError::Unavailable {
            task: task.to_owned(),
            reason: "distances and times along streets need the street network of ArcGIS, which is not here; measure \
                     by StraightLine"
                .to_owned(),
        }),
    }
}

/// The length of a unit in metres, where a straight line is measured; `param` names it.
pub(crate) fn straight_metres(
    task: &str,
    param: &str,
    units: &TravelUnits,
) -> Result<f64, EngineError> {
    let units = match units {
        TravelUnits::Meters => DistanceUnits::Meters,
        TravelUnits::Kilometers => DistanceUnits::Kilometers,
        TravelUnits::Feet => DistanceUnits::Feet,
        TravelUnits::Yards => DistanceUnits::Yards,
        TravelUnits::Miles => DistanceUnits::Miles,
        other => {
            let problem =
                format!("is `{other}`, and a straight line is measured by a unit of length");
            return Err(ParameterError::new(
                ParameterErrorKind::NotAChoice,
                task,
                [param],
                problem,
            )
            .into());
        }
    };
    Ok(metres(task, param, &units)?)
}

/// The length or area of a unit in metres or square metres.
pub(crate) fn shape_unit(task: &str, units: &ShapeUnits) -> Result<f64, ParameterError> {
    Ok(match units {
        ShapeUnits::Acres => 43_560.0 * 0.3048 * 0.3048,
        ShapeUnits::Hectares => 1e4,
        ShapeUnits::SquareMeters | ShapeUnits::Meters => 1.0,
        ShapeUnits::SquareKilometers => 1e6,
        ShapeUnits::SquareMiles => 1609.344 * 1609.344,
        ShapeUnits::SquareYards => 0.9144 * 0.9144,
        ShapeUnits::SquareFeet => 0.3048 * 0.3048,
        ShapeUnits::Kilometers => 1e3,
        ShapeUnits::Feet => 0.3048,
        ShapeUnits::Yards => 0.9144,
        ShapeUnits::Miles => 1609.344,
        other => {
            return Err(ParameterError::new(
                ParameterErrorKind::NotAChoice,
                task,
                ["shapeUnits"],
                format!("names the unit `{other}`, whose size is not known here"),
            ));
        }
    })
}
