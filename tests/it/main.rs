//! Tests of the workspace as a whole.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod blocking;
mod codegen;
mod drift;
mod end_to_end;
mod import;
mod lint;
mod registry;
mod specs;
