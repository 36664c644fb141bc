//! The built command, as a user or a script runs it.
//!
//! A target of the crate `arcgis-analysis-cli`, so that cargo builds the binary before these tests run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crash;
mod credits;
mod delivery;
mod events;
mod fake_portal;
mod faults;
mod full_disk;
mod help;
mod interrupt;
mod job;
mod jobs;
mod lasting;
mod local;
mod login;
mod processes;
mod refused;
mod serve;
mod support;
