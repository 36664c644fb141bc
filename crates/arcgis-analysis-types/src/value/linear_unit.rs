//! A distance with its unit.

/// A distance with its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearUnit {
    /// The distance.
    pub distance: f64,
    /// The unit.
    pub units: LinearUnits,
}

/// The units of a distance, as geoprocessing spells them: `esriMeters` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinearUnits {
    /// Metres.
    Meters,
    /// A unit that this version of the crate does not know.
    Unknown(crate::UnknownChoice),
}
