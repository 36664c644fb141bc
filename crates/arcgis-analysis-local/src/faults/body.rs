//! A body that comes in pieces, slowly, or not to its end.

use super::plan::Drip;
use axum::body::Bytes;
use hyper::body::{Body, Frame};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

pub(super) struct Pieces {
    rest: Bytes,
    /// How many bytes are sent before the body breaks off.
    left: usize,
    piece: usize,
    every: Duration,
    pause: Pin<Box<Sleep>>,
    cut: bool,
}

impl Pieces {
    /// The body in pieces; where it is `cut`, only its first half.
    pub(super) fn new(whole: Bytes, drip: Option<Drip>, cut: bool) -> Self {
        let drip = drip.unwrap_or(Drip {
            bytes: usize::MAX,
            every_ms: 0,
        });
        Self {
            left: if cut { whole.len() / 2 } else { whole.len() },
            rest: whole,
            piece: drip.bytes.max(1),
            every: Duration::from_millis(drip.every_ms),
            pause: Box::pin(tokio::time::sleep(Duration::ZERO)),
            cut,
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            let end = io::Error::other("the answer breaks off, as the fault plan has it");
            return Poll::Ready(self.cut.then_some(Err(end)));
        }
        if self.pause.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let next = Instant::now() + self.every;
        self.pause.as_mut().reset(next);
        let length = self.piece.min(self.left);
        self.left -= length;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }
}
