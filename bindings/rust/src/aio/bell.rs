//! Waiting in tokio's event loop for what happens in another process.

use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::{NonNull, null_mut};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{Error, Result, check};
use crate::sys;

/// A dead peer rings nothing: after so long without a ring, look again.
const PROBE: Duration = Duration::from_millis(250);

/// A doorbell: a descriptor that becomes readable when a peer rings.
pub(super) struct Bell {
    handle: NonNull<sys::Bell>,
}

// SAFETY: a bell is bound to no thread.
unsafe impl Send for Bell {}

impl Bell {
    fn new() -> Result<Self> {
        let mut handle = null_mut();
        // SAFETY: `handle` is a place for the result.
        check(unsafe { sys::qads_bell_create(&mut handle) })?;
        Ok(Self { handle: NonNull::new(handle).expect("the core gave a bell") })
    }

    pub(super) fn handle(&self) -> *const sys::Bell {
        self.handle.as_ptr()
    }
}

impl AsRawFd for Bell {
    fn as_raw_fd(&self) -> RawFd {
        // SAFETY: the handle is alive.
        unsafe { sys::qads_bell_fd(self.handle.as_ptr()) }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        // SAFETY: the handle is alive, and nobody uses it after this.
        unsafe { sys::qads_bell_free(self.handle.as_ptr()) }
    }
}

/// What needs the runtime's I/O and its time. tokio has no way to ask for them, and panics where they are missing.
fn with_drivers<T>(arena: &str, make: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(make)).map_err(|_| {
        Error::InvalidArgument(format!(
            "arena \"{arena}\": the tokio runtime has I/O or time disabled, which an asynchronous reader or writer needs: \
             call enable_all() on its builder"
        ))
    })
}

/// A bell that a task listens to.
pub(super) struct Listener {
    bell: AsyncFd<Bell>,
    probe: Pin<Box<Sleep>>,
    /// The probe's time runs.
    listening: bool,
    /// It is the time of a pause.
    pausing: bool,
}

impl Listener {
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] outside of a tokio runtime or without its I/O and time, [`Error::System`], [`Error::NoSpace`].
    pub(super) fn new(arena: &str) -> Result<Self> {
        if Handle::try_current().is_err() {
            return Err(Error::InvalidArgument(format!(
                "arena \"{arena}\": an asynchronous reader or writer is made within a tokio runtime, with I/O and time \
                 enabled (enable_all() of its builder)"
            )));
        }
        let bell = Bell::new()?;
        let (bell, probe) = with_drivers(arena, || {
            // SAFETY: the bell keeps its one descriptor open until it is dropped, which the `AsyncFd` does.
            let bell = unsafe { AsyncFd::register_with_interest(bell, Interest::READABLE) };
            (bell, Box::pin(sleep(PROBE)))
        })?;
        let bell = bell.map_err(|error| {
            Error::System(format!("arena \"{arena}\": tokio cannot poll the doorbell: {error}"))
        })?;
        Ok(Self { bell, probe, listening: false, pausing: false })
    }

    pub(super) fn bell(&self) -> &Bell {
        self.bell.get_ref()
    }

    /// Ready after so long, for what nobody rings for.
    pub(super) fn pause(&mut self, time: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if !self.pausing {
            self.probe.as_mut().reset(Instant::now() + time);
            self.pausing = true;
        }
        ready!(self.probe.as_mut().poll(cx));
        self.pausing = false;
        self.listening = false;
        Poll::Ready(())
    }

    /// Ready when it is time to look again: the bell was rung, or was not for some time.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.listening {
            self.probe.as_mut().reset(Instant::now() + PROBE);
            self.listening = true;
        }
        if let Poll::Ready(rung) = self.bell.poll_read_ready(cx) {
            let mut rung = rung.map_err(|error| Error::System(format!("polling a doorbell: {error}")))?;
            // SAFETY: the handle is alive.
            unsafe { sys::qads_bell_drain(self.bell.get_ref().handle()) };
            rung.clear_ready();
        } else {
            ready!(self.probe.as_mut().poll(cx));
        }
        self.listening = false;
        Poll::Ready(Ok(()))
    }
}
