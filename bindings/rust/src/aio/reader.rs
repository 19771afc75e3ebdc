use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use arrow_array::RecordBatch;
use futures_core::Stream;
use tokio::time::{Instant, sleep};

use super::bell::Listener;
use crate::arrow::{BatchRef, Reader};
use crate::config::SharedMemoryConfig;
use crate::error::{Error, Result};
use crate::ring_reader::{ATTACH_INTERVAL, RingReader};
use crate::sys;

/// A [`Reader`] that waits in tokio's event loop, and a [`Stream`] of its batches. No thread waits for it.
///
/// Every wait can be cancelled by dropping its future; nothing is lost then. Limit a wait with
/// `tokio::time::timeout`. The runtime needs I/O and time enabled.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{Int64Array, RecordBatch};
/// use qadataswap::aio::{AsyncReader, AsyncWriter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> qadataswap::Result<()> {
/// # let name = &*format!("doc-aio-{}", std::process::id());
/// # let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1, 2])) as _)]).unwrap();
/// let mut writer = AsyncWriter::create(name)?;
/// let mut reader = AsyncReader::attach(name).await?;
/// writer.write(&batch).await?;
/// writer.end()?;
///
/// while let Some(read) = reader.read().await? {
///     assert_eq!(read, batch);
/// }
/// # Ok(())
/// # }
/// ```
pub struct AsyncReader {
    reader: Reader,
    listener: Listener,
    finished: bool,
}

impl AsyncReader {
    /// Attaches to the arena; waits for it as long as [`SharedMemoryConfig::with_wait`] says.
    ///
    /// # Errors
    ///
    /// Those of [`RingReader::attach`](crate::RingReader::attach); [`Error::InvalidArgument`] outside of a tokio
    /// runtime.
    pub async fn attach(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        let config = config.into();
        let listener = Listener::new(config.name())?;
        let start = Instant::now();
        let ring = loop {
            let attached = RingReader::try_attach(&config, false);
            let left = config.wait().saturating_sub(start.elapsed());
            if left.is_zero() || !matches!(attached, Err(Error::NotFound(_))) {
                break attached?;
            }
            sleep(left.min(ATTACH_INTERVAL)).await;
        };
        Ok(Self { reader: Reader::new(ring, &config), listener, finished: false })
    }

    /// The next batch, or `None` at the end: the writer ended the arena and all was read.
    ///
    /// # Errors
    ///
    /// Those of [`Reader::read`].
    pub async fn read(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(batch) = self.reader.take_refused() {
            return Ok(Some(batch));
        }
        self.next_batch().await?.map(BatchRef::into_record_batch).transpose()
    }

    /// Like [`read`](Self::read), without making arrays: for single columns, single values, or the bytes.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub async fn next_batch(&mut self) -> Result<Option<BatchRef<'_>>> {
        poll_fn(|cx| self.poll_ready(cx)).await?;
        match self.reader.try_next_batch()? {
            Poll::Ready(batch) => Ok(batch),
            Poll::Pending => {
                unreachable!("what was peeked at stays until it is read, and an end stays for ever")
            }
        }
    }

    /// The next batch as a polars DataFrame.
    ///
    /// # Errors
    ///
    /// Those of [`DataFrameReader::read`](crate::DataFrameReader::read); after [`Error::Incompatible`], `read` gives the
    /// record batch.
    #[cfg(feature = "polars")]
    pub async fn read_frame(&mut self) -> Result<Option<polars_core::frame::DataFrame>> {
        let batch = self.next_batch().await?.map(crate::frames::Converted::of).transpose()?;
        batch.map(|batch| batch.frame(&mut self.reader)).transpose()
    }

    /// Ready when there is a batch or the end, which a look without waiting then finds.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            if let Some(pause) = self.reader.enter()? {
                ready!(self.listener.pause(pause, cx));
                continue;
            }
            let looked = self.reader.ring_mut().peek_batch(0);
            if self.reader.leave(&looked) {
                continue;
            }
            if matches!(looked?.0, sys::OK | sys::ENDED) {
                return Poll::Ready(Ok(()));
            }
            let ring = self.reader.ring_mut();
            let mut wait = 0;
            // SAFETY: both handles are alive.
            crate::error::check(unsafe {
                sys::qads_reader_arm(ring.handle().as_ptr(), self.listener.bell().handle(), &mut wait)
            })?;
            if wait != 0 {
                ready!(self.listener.poll(cx))?;
            }
        }
    }

    /// The reader below: counters, lag, where the last batch came from.
    pub fn get_ref(&self) -> &Reader {
        &self.reader
    }

    /// The reader below, for reading without waiting, or closing.
    pub fn get_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }

    /// Detaches; batches stay valid. Idempotent.
    pub fn close(&mut self) {
        self.reader.close();
    }
}

/// Every batch until the end. A batch that is refused is an error and the stream goes on behind it; any other error ends
/// it.
impl Stream for AsyncReader {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.finished {
            return Poll::Ready(None);
        }
        if let Some(batch) = self.reader.take_refused() {
            return Poll::Ready(Some(Ok(batch)));
        }
        let read = match ready!(self.poll_ready(cx)) {
            Ok(()) => self.reader.try_read(),
            Err(error) => Err(error),
        };
        let item = match read {
            Ok(Poll::Ready(batch)) => batch.map(Ok),
            Ok(Poll::Pending) => unreachable!("what was peeked at stays until it is read"),
            Err(error) => Some(Err(error)),
        };
        self.finished = match &item {
            None => true,
            Some(Err(error)) => !matches!(error, Error::Corrupt(_) | Error::Incompatible(_)),
            Some(Ok(_)) => false,
        };
        Poll::Ready(item)
    }
}

impl fmt::Debug for AsyncReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncReader").field("reader", &self.reader).finish_non_exhaustive()
    }
}
