//! How long and how large things may be, and how many there may be at once.

use std::time::Duration;

/// A year: whoever asks for longer means for ever, and the timers count little further.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long requests may take, how large answers may be, and how much a server may be asked at once.
///
/// An answer beyond a limit is [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge), which names the limit and keeps
/// the beginning of the answer. An answer that tells little - a job's state, a token, a portal's description - costs at
/// most a few times [`max_control_body`](Self::max_control_body) in memory, whatever the server sends.
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
    /// How long a request that tells or asks little may take, from its first byte to the answer's last. Default: 60
    /// seconds.
    pub request: Duration,
    /// How long the submit of a job may take, with its features. Default: 3 minutes.
    pub submit: Duration,
    /// How long a result may take to arrive. Default: 10 minutes.
    pub results: Duration,
    /// How long the body of an answer may stall: it may fall behind [`slowest_body`](Self::slowest_body) by what comes in
    /// this time. So silence in the middle of an answer ends after this time, and so does a trickle. Default: 20 seconds.
    pub stall_grace: Duration,
    /// How many bytes of a body are to come in a second, before decompression. A body that stalls is given up, and a
    /// request that does no harm when repeated is made again. Default: 1,000; 0 leaves it to the other limits.
    pub slowest_body: u32,
    /// For how long a request that failed for a passing reason is begun again, counted from its first beginning.
    /// Default: 5 minutes.
    pub retry_for: Duration,
    /// The longest that a server may make requests wait by `Retry-After` when it answers with status 429 or 503: no
    /// request goes to that host until then, whoever makes it. A call that would have to wait for longer ends in
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) at once, and the others are held up for this long. Default: 1 minute.
    pub longest_retry_after: Duration,
    /// How many bytes the headers of an answer may have together. Default: 64 KiB. [`HttpTransport`] reads no more than
    /// 100 headers and 408 KiB of them in any case.
    ///
    /// [`HttpTransport`]: crate::transport::HttpTransport
    pub max_header: usize,
    /// How many bytes an answer other than a result may have, decompressed. Default: 4 MiB.
    pub max_control_body: usize,
    /// How many bytes a result may have, decompressed. Default: 64 MiB. One without end costs as much memory, and one that
    /// fits costs twice its length for a moment before it is read.
    pub max_result_body: usize,
    /// How many bytes the file of an item may have, decompressed. It is held in memory. Default: 512 MiB.
    pub max_file_body: usize,
    /// How many bytes the pages of a layer may have together, decompressed. Default: 512 MiB.
    pub max_layer_body: usize,
    /// How many times longer a result of more than 128 KiB may become by decompression. Default: 200. Features come to
    /// 3 to 20.
    pub max_expansion: usize,
    /// How deep the JSON of an answer may be nested. Default: 100, and never more than 127. Features come to 6.
    pub max_depth: usize,
    /// How many values - texts, numbers, lists, objects - an answer other than a result may have. Default: 50,000.
    pub max_control_values: usize,
    /// How many values a result may have. Default: 10 million.
    pub max_result_values: usize,
    /// How many messages a job may have. Default: 10,000.
    pub max_messages: usize,
    /// How many features a result or a layer may have. Default: 1 million.
    pub max_features: usize,
    /// How many requests to one host may be under way at once; the others wait for their turn. Default: 32.
    pub in_flight: usize,
    /// How many requests that failed may be made again to one host at once, before the server has to earn more.
    /// Default: 100. See [the budget of retries](crate#retries).
    pub retry_reserve: u32,
    /// How many further retries a hundred answers earn. Default: 10.
    pub retry_percent: u32,
    /// How many further retries a minute earns, whatever is answered: with these it is found out that a server is
    /// back. Default: 300.
    pub retries_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            submit: Duration::from_secs(180),
            results: Duration::from_secs(600),
            stall_grace: Duration::from_secs(20),
            slowest_body: 1_000,
            retry_for: Duration::from_secs(300),
            longest_retry_after: Duration::from_secs(60),
            max_header: 64 << 10,
            max_control_body: 4 << 20,
            max_result_body: 64 << 20,
            max_file_body: 512 << 20,
            max_layer_body: 512 << 20,
            max_expansion: 200,
            max_depth: 100,
            max_control_values: 50_000,
            max_result_values: 10_000_000,
            max_messages: 10_000,
            max_features: 1_000_000,
            in_flight: 32,
            retry_reserve: 100,
            retry_percent: 10,
            retries_per_minute: 300,
        }
    }
}
