//! A local portal and analysis service that speaks the ArcGIS REST protocol and really computes.
