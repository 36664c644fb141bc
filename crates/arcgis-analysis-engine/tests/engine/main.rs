//! The engine against references that know nothing of it: `tests/reference` at the root of the workspace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aggregate;
mod antimeridian;
mod buffers_geodesic;
mod buffers_planar;
mod centres;
mod centroids;
mod clusters;
mod common;
mod contract;
mod density;
mod dissolve;
mod extract;
mod field_calculator;
mod hot_spots;
mod index;
mod interpolate;
mod join;
mod laws;
mod locations;
mod merge;
mod nearby;
mod nearest;
mod outliers;
mod overlay;
mod projections;
mod properties;
mod refusals;
mod shapefiles;
mod similar;
mod tessellations;
mod where_clause;
mod within;
