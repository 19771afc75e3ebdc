use std::ffi::c_int;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use super::bell::Listener;
use crate::arrow::{Writable, Writer};
use crate::config::SharedMemoryConfig;
use crate::error::{Result, check};
use crate::ring_writer::Placed;
use crate::sys;

/// A [`Writer`] that waits for space in tokio's event loop. No thread waits for it.
///
/// Every wait can be cancelled by dropping its future: a batch is written wholly or not at all, but of a batch
/// that is larger than the ring, parts may be in the ring. Limit a wait with `tokio::time::timeout`. The runtime
/// needs I/O and time enabled. The copy into the ring runs on the task's thread: 100 MB take it some 10 ms.
pub struct AsyncWriter {
    writer: Writer,
    listener: Listener,
}

impl AsyncWriter {
    /// Creates the arena and its writer. A name whose writer has closed or died is taken over.
    ///
    /// # Errors
    ///
    /// Those of [`RingWriter::create`](crate::RingWriter::create);
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) outside of a tokio runtime.
    pub fn create(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        let config = config.into();
        let listener = Listener::new(config.name())?;
        Ok(Self { writer: Writer::create(config)?, listener })
    }

    /// Writes a batch, waiting for space: see [`Writer::write`].
    ///
    /// # Errors
    ///
    /// Those of [`Writer::write`].
    pub async fn write(&mut self, data: &impl Writable) -> Result<Option<u64>> {
        let batch = data.to_record_batch()?.into_owned();
        loop {
            match self.writer.place_whole(&batch, data.custom_metadata(), 0)? {
                Some(Placed::Written(sequence)) => return Ok(Some(sequence)),
                Some(Placed::Dropped) => return Ok(None),
                Some(Placed::WouldBlock) => self.space().await?,
                None => break,
            }
        }
        let mut task = self.writer.split(&batch, data.custom_metadata())?;
        loop {
            if let Poll::Ready(written) = self.writer.advance(&mut task, 0)? {
                return Ok(written);
            }
            self.space().await?;
        }
    }

    /// Waits until the last claim may succeed.
    async fn space(&mut self) -> Result<()> {
        let writer = self.writer.ring_mut().handle().as_ptr();
        let mut wait = 0;
        // SAFETY: both handles are alive.
        check(unsafe { sys::qads_writer_arm(writer, self.listener.bell().handle(), &mut wait) })?;
        if wait == 0 {
            return Ok(());
        }
        poll_fn(|cx| self.listener.poll(cx)).await
    }

    /// Waits until every attached reader has read everything. Without readers it returns at once, unless
    /// `need_reader` asks for one that ever came.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) after `close`, [`Error::Forked`](crate::Error::Forked).
    pub async fn drained(&mut self, need_reader: bool) -> Result<()> {
        // SAFETY: both handles are alive.
        self.until(|writer, bell, wait| unsafe {
            sys::qads_writer_arm_drained(writer, bell, need_reader.into(), wait)
        })
        .await
    }

    /// Ends cleanly and closes; under [`OnFull::Block`](crate::OnFull::Block), once a first reader came, if none ever did and
    /// something is unread: see [`RingWriter::finish`](crate::RingWriter::finish).
    ///
    /// # Errors
    ///
    /// [`Error::Forked`](crate::Error::Forked).
    pub async fn finish(&mut self) -> Result<()> {
        if self.writer.ring_mut().closed() {
            return Ok(());
        }
        self.end()?;
        if self.writer.ring_mut().needs_first_reader()? {
            // SAFETY: both handles are alive.
            self.until(|writer, bell, wait| unsafe { sys::qads_writer_arm_reader(writer, bell, wait) })
                .await?;
        }
        self.writer.ring_mut().close_finished();
        Ok(())
    }

    /// Waits until `arm` says that there is nothing to wait for.
    async fn until(
        &mut self,
        arm: impl Fn(*mut sys::Writer, *const sys::Bell, *mut c_int) -> c_int,
    ) -> Result<()> {
        let mut wait: c_int = 1;
        loop {
            let writer = self.writer.ring_mut().handle().as_ptr();
            check(arm(writer, self.listener.bell().handle(), &mut wait))?;
            if wait == 0 {
                return Ok(());
            }
            poll_fn(|cx| self.listener.poll(cx)).await?;
        }
    }

    /// Marks the clean end: see [`Writer::end`].
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) after `close`, [`Error::Forked`](crate::Error::Forked).
    pub fn end(&mut self) -> Result<()> {
        self.writer.end()
    }

    /// Gives up: see [`Writer::abort`].
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) after `close`, [`Error::Forked`](crate::Error::Forked).
    pub fn abort(&mut self, reason: &str) -> Result<()> {
        self.writer.abort(reason)
    }

    /// Ends the arena if it is open, and detaches: see [`Writer::close`].
    pub fn close(&mut self) {
        self.writer.close();
    }

    /// The writer below, for its counters.
    pub fn get_ref(&self) -> &Writer {
        &self.writer
    }

    /// The writer below, for writing without waiting.
    pub fn get_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

impl fmt::Debug for AsyncWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncWriter").field("writer", &self.writer).finish_non_exhaustive()
    }
}
