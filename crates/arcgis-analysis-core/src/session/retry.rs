//! When a request that failed may be made again.

use super::{Call, Session};
use crate::failure::{Cause, Failure};
use crate::hosts::{Host, Silence};
use crate::limits::FOR_EVER;
use crate::transport::Response;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

/// The pauses before a request that does no harm when repeated is repeated.
pub(super) const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// The attempts at one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    pauses: std::slice::Iter<'static, Duration>,
    /// The number of the attempt that is next or under way, from one.
    pub(crate) number: u32,
    /// When no further one may begin.
    until: Instant,
}

impl Session {
    /// As many attempts as there are pauses between them.
    pub(crate) fn attempts(&self, pauses: &'static [Duration]) -> Attempts {
        let now = Instant::now();
        Attempts {
            pauses: pauses.iter(),
            number: 1,
            until: now + self.limits.retry_for.min(FOR_EVER),
        }
    }

    /// Waits until the call may be made once more; false where it may not.
    pub(crate) async fn again(
        &self,
        call: &Call,
        attempts: &mut Attempts,
        failure: &Failure,
    ) -> bool {
        let longest = self.limits.longest_retry_after;
        let pause = pause(attempts.pauses.next(), failure, longest);
        let Some(pause) = pause.filter(|pause| Instant::now() + *pause <= attempts.until) else {
            return false;
        };
        attempts.number += 1;
        tracing::debug!(
            operation = call.operation,
            attempt = attempts.number,
            pause_ms = pause.as_millis() as u64,
            reason = %failure.clause(&self.secrets()),
            "request.retry"
        );
        sleep(pause).await;
        timeout_at(attempts.until, self.may_retry(&call.url))
            .await
            .is_ok()
    }

    /// Leaves a host alone that asks for it.
    pub(super) fn heed(&self, host: &Host, failure: &Failure) {
        let status = match &failure.cause {
            Cause::Refused(refusal) => refusal.code.and_then(|code| u16::try_from(code).ok()),
            Cause::Status => failure.status,
            _ => None,
        };
        if let (Some(status @ (429 | 503)), Some(wait)) = (status, failure.retry_after) {
            let until = Instant::now() + wait.min(self.limits.longest_retry_after);
            host.hush(Silence { until, status });
        }
    }

    /// Waits until the budget of the host allows one more request that failed before.
    pub(crate) async fn may_retry(&self, url: &Url) {
        self.hosts.of(url, &self.limits).budget.spend().await;
    }
}

/// How long to wait before a request is repeated; `None` where it is not to be.
fn pause(planned: Option<&Duration>, failure: &Failure, longest: Duration) -> Option<Duration> {
    let asked = failure.retry_after.unwrap_or_default();
    (asked <= longest).then_some(asked.max(*planned?))
}

/// How long the server asks to be left alone, in seconds or until a date.
pub(super) fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let text = response.header("Retry-After")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    // The server's own clock, where it tells it: ours may be wrong.
    let now = date(response).unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}

/// The server's own time.
pub(super) fn date(response: &Response) -> Option<SystemTime> {
    httpdate::parse_http_date(response.header("Date")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, date, wait) in [
            ("120", None, Some(120)),
            (" 0 ", None, Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", None, Some(10)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", None, Some(0)),
            (
                "Sun, 06 Nov 1994 09:49:47 GMT",
                Some("Sun, 06 Nov 1994 09:49:40 GMT"),
                Some(7),
            ),
            ("soon", None, None),
            ("-1", None, None),
        ] {
            let mut headers = vec![("retry-after".to_owned(), value.to_owned())];
            headers.extend(date.map(|date| ("date".to_owned(), date.to_owned())));
            let response = Response::new(503, headers, Vec::new());
            assert_eq!(
                retry_after(&response, now),
                wait.map(Duration::from_secs),
                "{value}"
            );
        }
        assert_eq!(retry_after(&Response::new(503, [], Vec::new()), now), None);
    }
}
