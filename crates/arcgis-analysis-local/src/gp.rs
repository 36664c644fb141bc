//! The geoprocessing services: what they offer, and the jobs they take.

pub(crate) mod description;
pub(crate) mod failure;
pub(crate) mod jobs;
pub(crate) mod params;
pub(crate) mod results;
pub(crate) mod submit;
pub(crate) mod uploads;

pub(crate) use uploads::Uploads;
