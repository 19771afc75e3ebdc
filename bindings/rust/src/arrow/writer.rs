use std::collections::HashMap;
use std::fmt;
use std::task::Poll;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;

use super::Writable;
use super::encode::{Encoder, MAX_ROWS, Plan, split, unwritable};
use crate::arena::ArenaId;
use crate::config::{OnFull, SharedMemoryConfig, millis};
use crate::error::{Error, Result};
use crate::ring_writer::{Placed, RingWriter};
use crate::stats::WriterStats;

/// Writes record batches (and DataFrames, with the feature `polars`) into an arena of its own, straight into the ring:
/// every byte is copied once.
///
/// Keep the writer for as long as there is something to write, and end it with [`finish`](Self::finish): under
/// [`OnFull::Block`] that waits for a first reader, without whom the arena and what is in it would go with the writer.
/// Dropping a writer that was not ended aborts the arena, also when `?` or a panic left its scope, so that readers do
/// not take half of the data for all of it. A writer may move to another thread, and is used by one at a time.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{Float64Array, RecordBatch};
/// use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
///
/// # let name = format!("doc-writer-{}", std::process::id());
/// let mut writer = SharedMemoryArena::create_writer(SharedMemoryConfig::new(name).with_size_mb(1))?;
/// let prices = Arc::new(Float64Array::from(vec![10.5, 11.25])) as _;
/// let sequence = writer.write(&RecordBatch::try_from_iter([("price", prices)])?)?;
/// assert_eq!(sequence, Some(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer {
    ring: RingWriter,
    encoder: Encoder,
}

impl Writer {
    /// Creates the arena and its writer. A name whose writer has closed or died is taken over.
    ///
    /// # Errors
    ///
    /// Those of [`RingWriter::create`].
    pub fn create(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        Ok(Self { ring: RingWriter::create(config)?, encoder: Encoder::default() })
    }

    /// Writes a batch; one that is larger than the ring is split by rows. Under [`OnFull::Block`] it waits for
    /// space. Returns the sequence of the last slot, or `None` when one was dropped ([`OnFull::DropNewest`]).
    ///
    /// # Errors
    ///
    /// [`Error::BatchTooLarge`]: one row is larger than the ring; [`Error::SchemaMismatch`];
    /// [`Error::InvalidArgument`]: a type that Arrow IPC cannot carry; [`Error::Full`] (policy
    /// [`OnFull::Error`]); [`Error::Closed`] after `end`, `abort` or `close`; [`Error::Forked`].
    pub fn write(&mut self, data: &impl Writable) -> Result<Option<u64>> {
        self.write_timeout(data, None)
    }

    /// Like [`write`](Self::write), waiting at most so long.
    ///
    /// # Errors
    ///
    /// Those of `write`; [`Error::TimedOut`]: a batch is written wholly or not at all, but parts of a split batch
    /// that came before are in the ring; the message says how many.
    pub fn write_timeout(
        &mut self,
        data: &impl Writable,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Option<u64>> {
        let timeout = timeout.into();
        let batch = &*data.to_record_batch()?;
        let metadata = data.custom_metadata();
        match self.place_whole(batch, metadata, millis(timeout))? {
            Some(Placed::Written(sequence)) => return Ok(Some(sequence)),
            Some(Placed::Dropped) => return Ok(None),
            Some(Placed::WouldBlock) => return Err(self.ring.timed_out("write", timeout)),
            None => {}
        }
        // A time-out beyond what the clock can count is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut task = self.split(batch, metadata)?;
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if let Poll::Ready(written) = self.advance(&mut task, millis(left))? {
                return Ok(written);
            }
            if left.is_some_and(|left| left.is_zero()) {
                return Err(self.ring.timed_out(&task.describe(), timeout));
            }
        }
    }

    /// Writes a batch if that needs no waiting and no splitting. True: it is in the ring. False: there is no space
    /// now, or it was dropped ([`OnFull::DropNewest`]).
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write); [`Error::InvalidArgument`] for a batch that is larger than the ring.
    pub fn try_write(&mut self, data: &impl Writable) -> Result<bool> {
        match self.place_whole(&*data.to_record_batch()?, data.custom_metadata(), 0)? {
            Some(placed) => Ok(matches!(placed, Placed::Written(_))),
            None => Err(Error::InvalidArgument(format!(
                "arena \"{}\": try_write() writes one batch that fits the ring of {} bytes, and this one does not: use \
                 write(), which splits it",
                self.name(),
                self.capacity()
            ))),
        }
    }

    /// One attempt to write a batch in one slot; `None` if it does not fit.
    pub(crate) fn place_whole(
        &mut self,
        batch: &RecordBatch,
        metadata: Option<&HashMap<String, String>>,
        timeout_ms: i64,
    ) -> Result<Option<Placed>> {
        let plan = self.encoder.plan(batch, metadata).map_err(unwritable(self.ring.name()))?;
        if plan.len() as u64 > self.ring.capacity() || plan.rows() > MAX_ROWS {
            return Ok(None);
        }
        place(&mut self.ring, &plan, timeout_ms).map(Some)
    }

    /// The parts of a batch that does not fit in one slot.
    pub(crate) fn split(
        &mut self,
        batch: &RecordBatch,
        metadata: Option<&HashMap<String, String>>,
    ) -> Result<WriteTask> {
        let parts = split(&mut self.encoder, batch, metadata, self.ring.capacity(), self.ring.name())?;
        Ok(WriteTask { parts, metadata: metadata.cloned(), next: 0, last: None, dropped: false })
    }

    /// Goes on with the parts of a batch. Pending when there was no space before the time-out.
    pub(crate) fn advance(&mut self, task: &mut WriteTask, timeout_ms: i64) -> Result<Poll<Option<u64>>> {
        while let Some(part) = task.parts.get(task.next) {
            let plan =
                self.encoder.plan(part, task.metadata.as_ref()).map_err(unwritable(self.ring.name()))?;
            match place(&mut self.ring, &plan, timeout_ms)? {
                Placed::Written(sequence) => task.last = Some(sequence),
                Placed::Dropped => task.dropped = true,
                Placed::WouldBlock => return Ok(Poll::Pending),
            }
            task.next += 1;
        }
        Ok(Poll::Ready(task.last.filter(|_| !task.dropped)))
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        self.ring.name()
    }

    /// What this writer does when the ring is full.
    pub fn on_full(&self) -> OnFull {
        self.ring.on_full()
    }

    /// Bytes of the data ring.
    pub fn capacity(&self) -> u64 {
        self.ring.capacity()
    }

    /// Every writer that is created under the name begins a new generation of the arena; it begins at 1 again when the
    /// name was gone meanwhile.
    pub fn generation(&self) -> u64 {
        self.ring.generation()
    }

    /// What tells this arena from the others of its name.
    pub fn id(&self) -> ArenaId {
        self.ring.id()
    }

    /// Waits until every attached reader has read everything. Without readers it returns at once, unless
    /// `need_reader` asks for one that ever came.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn wait_drained(&mut self, need_reader: bool, timeout: impl Into<Option<Duration>>) -> Result<()> {
        self.ring.wait_drained(need_reader, timeout)
    }

    /// Marks the clean end: readers get what is in the ring, then the end. The arena stays until `close`.
    /// Idempotent.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn end(&mut self) -> Result<()> {
        self.ring.end()
    }

    /// Gives up: readers get what is in the ring, then fail with [`Error::WriterAborted`] and `reason`, of which
    /// 1000 bytes are kept. Nothing after `end`.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn abort(&mut self, reason: &str) -> Result<()> {
        self.ring.abort(reason)
    }

    /// Ends cleanly and closes; under [`OnFull::Block`], once a first reader came, if none ever did and
    /// something is unread: see [`RingWriter::finish`].
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]: no reader came; the arena is ended, and not closed; [`Error::Forked`].
    pub fn finish(&mut self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        self.ring.finish(timeout)
    }

    /// Ends the arena if it is open, and detaches: see [`RingWriter::close`].
    pub fn close(&mut self) {
        self.ring.close();
    }

    /// Counters of this writer.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn stats(&self) -> Result<WriterStats> {
        self.ring.stats()
    }

    /// The bytes below: for batches that are made in place.
    pub fn ring_mut(&mut self) -> &mut RingWriter {
        &mut self.ring
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("ring", &self.ring).finish_non_exhaustive()
    }
}

/// Copies a planned batch straight to where it belongs.
fn place(ring: &mut RingWriter, plan: &Plan, timeout_ms: i64) -> Result<Placed> {
    ring.place(plan.len() as u64, plan.rows() as u64, timeout_ms, |slot| plan.write_to(slot))
}

/// One write of a batch that takes several slots.
pub(crate) struct WriteTask {
    parts: Vec<RecordBatch>,
    metadata: Option<HashMap<String, String>>,
    next: usize,
    last: Option<u64>,
    dropped: bool,
}

impl WriteTask {
    pub(crate) fn describe(&self) -> String {
        format!("write (of which {} of {} parts are in the ring)", self.next, self.parts.len())
    }
}
