//! Tests across crates; the example of the README is one of them.
#![doc = include_str!("../README.md")]
