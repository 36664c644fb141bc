//! Units of length.

use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_types::{Choice, ParameterError, ParameterErrorKind};

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
