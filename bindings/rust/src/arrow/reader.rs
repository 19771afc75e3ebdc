use std::fmt;
use std::task::Poll;
use std::time::Duration;

use arrow_array::RecordBatch;
use std::sync::atomic::Ordering;

use super::batch::{BatchRef, ReadContext};
use super::decode::{CompiledSchema, Layout, SchemaCache};
use crate::batch_info::BatchInfo;
use crate::config::{SharedMemoryConfig, millis};
use crate::error::{Error, Result};
use crate::ring_reader::{Peeked, RingReader};
use crate::stats::ReaderStats;
use crate::sys;

/// Reads the record batches of an arena, in order, where they were written: the buffers of what it returns point
/// into shared memory and own the lease, so that batches may be kept for as long as wanted, and given to any
/// thread. Keeping them never blocks the writer. Every reader gets every batch.
///
/// Values that could make safe code misbehave (offsets, indices, UTF-8) are checked before an array is made of
/// them; fixed-width columns have none, and take the same time whatever their size.
/// [`SharedMemoryConfig::with_trusted_values`] turns that off.
///
/// A reader that is attached and does not read holds the writer back; dropping or closing it detaches.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{Int64Array, RecordBatch};
/// use qadataswap::SharedMemoryArena;
///
/// # let name = &*format!("doc-reader-{}", std::process::id());
/// let mut writer = SharedMemoryArena::create_writer(name)?;
/// let reader = SharedMemoryArena::create_reader(name)?;
/// # let batch = |n| RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![n])) as _)]).unwrap();
/// writer.write(&batch(1))?;
/// writer.write(&batch(2))?;
/// writer.end()?;
///
/// let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>()?;
/// assert_eq!(batches, [batch(1), batch(2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    ring: RingReader,
    schemas: SchemaCache,
    context: ReadContext,
    last: Option<BatchInfo>,
    finished: bool,
}

impl Reader {
    /// Attaches to the arena; waits for it as long as [`SharedMemoryConfig::with_wait`] says.
    ///
    /// # Errors
    ///
    /// Those of [`RingReader::attach`].
    pub fn attach(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        let config = config.into();
        RingReader::attach(&config).map(|ring| Self::new(ring, &config))
    }

    pub(crate) fn new(ring: RingReader, config: &SharedMemoryConfig) -> Self {
        let context = ReadContext {
            name: config.name().into(),
            trusted: config.trusts_values(),
            ..ReadContext::default()
        };
        Self { ring, schemas: SchemaCache::default(), context, last: None, finished: false }
    }

    /// The next batch, or `None` at the end: the writer ended the arena and all was read. Waits, for ever
    /// without a time-out.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]; [`Error::WriterDied`], [`Error::WriterAborted`] after all that was committed was
    /// read; [`Error::Corrupt`], [`Error::Incompatible`] for a batch that is skipped: the next read goes on
    /// behind it; [`Error::Closed`], [`Error::Forked`].
    pub fn read(&mut self, timeout: impl Into<Option<Duration>>) -> Result<Option<RecordBatch>> {
        self.next_batch(timeout)?.map(BatchRef::into_record_batch).transpose()
    }

    /// Like [`read`](Self::read), without waiting: [`Poll::Pending`] when nothing is ready.
    ///
    /// # Errors
    ///
    /// Those of `read`, without [`Error::TimedOut`].
    pub fn try_read(&mut self) -> Result<Poll<Option<RecordBatch>>> {
        match self.try_next_batch()? {
            Poll::Ready(batch) => Ok(Poll::Ready(batch.map(BatchRef::into_record_batch).transpose()?)),
            Poll::Pending => Ok(Poll::Pending),
        }
    }

    /// Like [`read`](Self::read), without making arrays: for single columns, single values, or the bytes.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub fn next_batch(&mut self, timeout: impl Into<Option<Duration>>) -> Result<Option<BatchRef<'_>>> {
        let timeout = timeout.into();
        match self.ring.peek_batch(millis(timeout))? {
            (sys::OK, batch) => self.batch_ref(batch).map(Some),
            (sys::ENDED, _) => Ok(None),
            _ => Err(self.ring.timed_out(timeout)),
        }
    }

    /// Like [`next_batch`](Self::next_batch), without waiting: [`Poll::Pending`] when nothing is ready.
    ///
    /// # Errors
    ///
    /// Those of `read`, without [`Error::TimedOut`].
    pub fn try_next_batch(&mut self) -> Result<Poll<Option<BatchRef<'_>>>> {
        match self.ring.peek_batch(0)? {
            (sys::OK, batch) => Ok(Poll::Ready(Some(self.batch_ref(batch)?))),
            (sys::ENDED, _) => Ok(Poll::Ready(None)),
            _ => Ok(Poll::Pending),
        }
    }

    fn batch_ref(&mut self, batch: sys::Batch) -> Result<BatchRef<'_>> {
        let peeked = Peeked::new(&mut self.ring, batch);
        self.last = Some(peeked.info());
        let compile = || {
            let place = Layout::new(peeked.layout()).schema();
            CompiledSchema::new(peeked.get(place).unwrap_or_default())
        };
        match self.schemas.get(peeked.schema_id(), compile) {
            Ok(schema) => Ok(BatchRef::new(peeked, schema, &self.context)),
            Err(error) => {
                let sequence = peeked.info().sequence;
                peeked.advance()?;
                Err(Error::Incompatible(format!(
                    "arena \"{}\": arrow-rs cannot read the schema of batch {sequence}: {error}; the batch is \
                     skipped",
                    self.context.name
                )))
            }
        }
    }

    /// One step of an iteration whose items `read` makes.
    pub(crate) fn next_with<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Option<T>>,
    ) -> Option<Result<T>> {
        if self.finished {
            return None;
        }
        let item = read(self).transpose();
        self.finished = match &item {
            None => true,
            Some(Err(error)) => !matches!(error, Error::Corrupt(_) | Error::Incompatible(_)),
            Some(Ok(_)) => false,
        };
        item
    }

    /// Where the batch that was read last came from, and what was lost before it; `None` before the first.
    pub fn last_info(&self) -> Option<&BatchInfo> {
        self.last.as_ref()
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        self.ring.name()
    }

    /// Bytes of the data ring.
    pub fn capacity(&self) -> u64 {
        self.ring.capacity()
    }

    /// Every writer that is created under the name begins a new generation of the arena.
    pub fn generation(&self) -> u64 {
        self.ring.generation()
    }

    /// Batches that are published and not read yet.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn lag(&self) -> Result<u64> {
        self.ring.lag()
    }

    /// Counters of this reader; after `close` the last ones.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    pub fn stats(&self) -> Result<ReaderStats> {
        let mut stats = self.ring.stats()?;
        stats.bytes_copied += self.context.copied.load(Ordering::Relaxed);
        Ok(stats)
    }

    /// Detaches; batches stay valid. Idempotent.
    pub fn close(&mut self) {
        self.ring.close();
    }

    /// The bytes below: for batches as they lie in the ring.
    pub fn ring_mut(&mut self) -> &mut RingReader {
        &mut self.ring
    }
}

/// Every batch until the end. A batch that is refused is an error and iteration goes on behind it; any other error
/// ends it.
impl Iterator for Reader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_with(|reader| reader.read(None))
    }
}

impl std::iter::FusedIterator for Reader {}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("ring", &self.ring).field("last", &self.last).finish_non_exhaustive()
    }
}
