//! How long and how large things may be.

use std::time::Duration;

/// How long requests may take and how large answers may be.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Limits;
/// use std::time::Duration;
///
/// let mut limits = Limits::default();
/// limits.results = Duration::from_secs(20 * 60);
/// limits.max_result_body = 256 << 20;
/// assert_eq!(limits.max_control_body, 4 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long a connection may take to be made, with name look-up and TLS handshake. Default: 10 seconds.
    /// A transport of one's own decides for itself.
    pub connect: Duration,
    /// How long a request that tells or asks little may take. Default: 60 seconds.
    pub request: Duration,
    /// How long the submit of a job may take, with its features. Default: 3 minutes.
    pub submit: Duration,
    /// How long a result may take to arrive. Default: 10 minutes.
    pub results: Duration,
    /// How many bytes an answer other than a result may have, decompressed. Default: 4 MiB.
    pub max_control_body: usize,
    /// How many bytes a result may have, decompressed. Default: 64 MiB.
    pub max_result_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            submit: Duration::from_secs(180),
            results: Duration::from_secs(600),
            max_control_body: 4 << 20,
            max_result_body: 64 << 20,
        }
    }
}
