//! Authentication, discovery and the job life cycle of the ArcGIS analysis services.
