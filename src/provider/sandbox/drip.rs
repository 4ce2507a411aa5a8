//! A response body that comes byte by byte, as from an overloaded server.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Sleep, sleep};

/// A body that sends its text one byte at a time, evenly spread.
pub(super) struct Drip {
    rest: Bytes,
    wait: Duration,
    next: Pin<Box<Sleep>>,
}

impl Drip {
    /// Makes a body that takes the time `over` to send.
    pub(super) fn new(text: String, over: Duration) -> Self {
        let letters = u32::try_from(text.len()).unwrap_or(u32::MAX).max(1);
        let wait = over / letters;
        Self { rest: text.into(), wait, next: Box::pin(sleep(wait)) }
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.next.as_mut().poll(context));
        self.next = Box::pin(sleep(self.wait));
        let letter = self.rest.split_to(1);
        Poll::Ready(Some(Ok(Frame::data(letter))))
    }
}
