//! Typed tasks of the ArcGIS spatial analysis service.
