//! The life of a job on prepared answers in virtual time, and the transport on real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth;
mod download;
mod estimate;
mod execute;
mod federated;
mod hostile;
mod hostile_urls;
mod items;
mod layers;
mod ledger;
mod life_cycle;
mod limits;
mod login;
mod long_jobs;
mod oauth_faults;
mod once;
mod outage;
mod results;
mod schedule;
mod server;
mod shared_sign_in;
mod silence;
mod simulation;
mod socket;
mod stalling;
mod submit;
mod support;
mod token;
