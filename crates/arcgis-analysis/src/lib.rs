//! A strongly typed client of the ArcGIS analysis services.
