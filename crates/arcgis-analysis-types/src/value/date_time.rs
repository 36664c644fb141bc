//! An instant.

/// An instant, in milliseconds since 1970-01-01T00:00:00 UTC on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// Milliseconds since 1970-01-01T00:00:00 UTC.
    pub epoch_millis: i64,
}
