use std::collections::HashMap;
use std::ffi::c_int;
use std::fmt;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;

use super::batch::{BatchRef, ReadContext};
use super::decode::{CompiledSchema, Messages, SchemaCache, custom_metadata, guarded};
use super::reconnect::{Departure, Succession};
use crate::arena::ArenaId;
use crate::batch_info::BatchInfo;
use crate::config::{SharedMemoryConfig, Verify, millis};
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
/// With [`SharedMemoryConfig::with_reconnect`] it reads one arena of the name after the other. Whenever an arena was
/// left, [`id`](Self::id) changes, sequences begin at 0 again, and [`departure`](Self::departure) says why.
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
    succession: Succession,
    /// What no DataFrame could be made of: the next `read` gives it.
    refused: Option<RecordBatch>,
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
        Self {
            ring,
            schemas: SchemaCache::default(),
            context,
            last: None,
            finished: false,
            succession: Succession::new(config),
            refused: None,
        }
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
        if let Some(batch) = self.take_refused() {
            return Ok(Some(batch));
        }
        self.next_batch(timeout)?.map(BatchRef::into_record_batch).transpose()
    }

    /// Like [`read`](Self::read), without waiting: [`Poll::Pending`] when nothing is ready.
    ///
    /// # Errors
    ///
    /// Those of `read`, without [`Error::TimedOut`].
    pub fn try_read(&mut self) -> Result<Poll<Option<RecordBatch>>> {
        if let Some(batch) = self.take_refused() {
            return Ok(Poll::Ready(Some(batch)));
        }
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
        match self.peek(timeout)? {
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
        match self.peek(Duration::ZERO.into())? {
            (sys::OK, batch) => Ok(Poll::Ready(Some(self.batch_ref(batch)?))),
            (sys::ENDED, _) => Ok(Poll::Ready(None)),
            _ => Ok(Poll::Pending),
        }
    }

    /// The outcome of a look, and the batch if it is `OK`; in the next arena, if this one was left.
    fn peek(&mut self, timeout: Option<Duration>) -> Result<(c_int, sys::Batch)> {
        drop(self.take_refused());
        if !self.succession.enabled() {
            return self.ring.peek_batch(millis(timeout));
        }
        // A time-out beyond what the clock can count is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if let Some(pause) = self.enter()? {
                match left {
                    Some(left) if left.is_zero() => return Ok((sys::EMPTY, sys::Batch::none())),
                    left => std::thread::sleep(left.map_or(pause, |left| left.min(pause))),
                }
                continue;
            }
            let looked = self.ring.peek_batch(millis(left));
            if !self.leave(&looked) {
                return looked;
            }
        }
    }

    /// Where the arena was left: attaches to the next one, or says when to try again.
    pub(crate) fn enter(&mut self) -> Result<Option<Duration>> {
        if !self.succession.waits() {
            return Ok(None);
        }
        match self.succession.next()? {
            Ok(ring) => {
                self.ring = ring;
                self.schemas = SchemaCache::default();
                Ok(None)
            }
            Err(pause) => Ok(Some(pause)),
        }
    }

    /// Leaves the arena if the outcome of a look says so, and the configuration.
    pub(crate) fn leave(&mut self, looked: &Result<(c_int, sys::Batch)>) -> bool {
        let status = looked.as_ref().map(|(status, _)| *status);
        let left = self.succession.leave(self.ring.id(), status);
        if left {
            self.ring.close();
        }
        left
    }

    fn batch_ref(&mut self, batch: sys::Batch) -> Result<BatchRef<'_>> {
        let peeked = Peeked::new(&mut self.ring, batch);
        self.last = Some(peeked.info());
        let compile = || {
            let messages = Messages::new(peeked.messages(), peeked.layout());
            guarded(|| CompiledSchema::new(messages.schema().unwrap_or_default()))
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

    /// The `custom_metadata` of the batch that was read last, which its writer gave to it alone
    /// ([`WithMetadata`](crate::WithMetadata)); empty without any.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for metadata that is no text.
    pub fn last_custom_metadata(&self) -> Result<HashMap<String, String>> {
        if self.last.is_none() {
            return Ok(HashMap::new());
        }
        custom_metadata(self.ring.messages()).map_err(|error| {
            let sequence = self.last.map_or(0, |last| last.sequence);
            Error::Corrupt(format!("arena \"{}\": batch {sequence}: {error}", self.context.name))
        })
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        self.ring.name()
    }

    /// What tells the arena that is read, or was last, from the others of its name.
    pub fn id(&self) -> ArenaId {
        self.ring.id()
    }

    /// Why the arena before this one was left, if one was: see [`SharedMemoryConfig::with_reconnect`].
    pub fn departure(&self) -> Option<&Departure> {
        self.succession.departure()
    }

    /// What the core verifies of each batch.
    pub fn verifies(&self) -> Verify {
        self.ring.verifies()
    }

    pub(crate) fn take_refused(&mut self) -> Option<RecordBatch> {
        self.refused.take()
    }

    /// Keeps a batch that could not be made a DataFrame for the next `read`.
    #[cfg(feature = "polars")]
    pub(crate) fn refuse(&mut self, batch: RecordBatch) {
        self.refused = Some(batch);
    }

    /// Bytes of the data ring.
    pub fn capacity(&self) -> u64 {
        self.ring.capacity()
    }

    /// Every writer that is created under the name begins a new generation of the arena; it begins at 1 again when the
    /// name was gone meanwhile, which [`id`](Self::id) tells apart.
    pub fn generation(&self) -> u64 {
        self.ring.generation()
    }

    /// Batches that are published and not read yet.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn lag(&self) -> Result<u64> {
        if self.succession.waits() {
            return Ok(0);
        }
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
        self.succession.stop();
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
