//! Maintainer tasks: task specs become the service crates.

pub mod api_listing;
pub mod diagnostic;
pub mod emit;
pub mod fileset;
pub mod ir;
pub mod lower;
pub mod pretty;
pub mod source;
pub mod spec;
