use std::ffi::CString;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::{NonNull, null_mut};
use std::time::Duration;

use crate::arena::ArenaId;
use crate::config::{OnFull, SharedMemoryConfig, millis};
use crate::error::{Error, Result, check};
use crate::stats::WriterStats;
use crate::sys;

/// The writer of an arena, as bytes: claim a range of the ring, fill it, commit it or drop it.
///
/// What is committed must be a complete Arrow IPC file of one record batch, because that is what readers verify;
/// for other payloads they attach with [`RingReader::attach_unverified`](crate::RingReader::attach_unverified).
/// For record batches use `Writer` (feature `arrow`), which does all of this.
///
/// Dropping a writer that was not ended ([`end`](Self::end), [`finish`](Self::finish), [`close`](Self::close)) aborts
/// the arena, also when `?` or a panic left its scope: readers do not take half of the data for all of it. A writer
/// may move to another thread, and is used by one at a time.
///
/// ```
/// use qadataswap::{RingReader, RingWriter};
///
/// # let name = &*format!("doc-ring-{}", std::process::id());
/// let mut writer = RingWriter::create(name)?;
/// let mut reader = RingReader::attach_unverified(name)?;
///
/// let mut claim = writer.claim(5, None)?.expect("only drop-newest drops");
/// claim.copy_from_slice(b"hello");
/// claim.commit(0)?;
/// writer.end()?;
///
/// let batch = reader.peek(None)?.expect("not the end yet");
/// assert_eq!(&*batch, b"hello");
/// batch.advance()?;
/// assert!(reader.peek(None)?.is_none());
/// # Ok::<(), qadataswap::Error>(())
/// ```
pub struct RingWriter {
    handle: NonNull<sys::Writer>,
    name: String,
    on_full: OnFull,
    capacity: u64,
    id: ArenaId,
    closed: bool,
}

// SAFETY: the core's writer is bound to no thread; `&mut self` and `!Sync` keep it to one at a time.
unsafe impl Send for RingWriter {}

impl RingWriter {
    /// Creates the arena and its writer. A name whose writer has closed or died is taken over.
    ///
    /// # Errors
    ///
    /// [`Error::WriterExists`], [`Error::NoSpace`], [`Error::NameInvalid`], [`Error::InvalidArgument`],
    /// [`Error::NotAnArena`], [`Error::Permission`].
    pub fn create(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        let config = config.into();
        let name = config.c_name()?;
        let mut handle = null_mut();
        // SAFETY: the arguments are valid for the call, and `handle` is a place for the result.
        check(unsafe { sys::qads_writer_create(name.as_ptr(), &config.writer_options(), &mut handle) })?;
        let handle = NonNull::new(handle).expect("the core gave a writer");
        let mut identity = sys::Identity::default();
        // SAFETY: the handle is alive, and `identity` is a place for the result.
        check(unsafe { sys::qads_writer_identity(handle.as_ptr(), &mut identity) })?;
        let mut writer = Self {
            handle,
            name: config.name().to_owned(),
            on_full: config.on_full(),
            capacity: 0,
            id: ArenaId::new(&identity),
            closed: false,
        };
        writer.capacity = writer.stats()?.capacity;
        Ok(writer)
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What this writer does when the ring is full.
    pub fn on_full(&self) -> OnFull {
        self.on_full
    }

    /// Bytes of the data ring.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Every writer that is created under the name begins a new generation of the arena; it begins at 1 again when the
    /// name was gone meanwhile.
    pub fn generation(&self) -> u64 {
        self.id.generation
    }

    /// What tells this arena from the others of its name.
    pub fn id(&self) -> ArenaId {
        self.id
    }

    /// Reserves `bytes` contiguous bytes of the ring. Under [`OnFull::Block`] and [`OnFull::DropOldest`] it waits
    /// for space, for ever without a time-out. `None`: the ring is full and the policy is
    /// [`OnFull::DropNewest`].
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], [`Error::BatchTooLarge`], [`Error::Full`] (policy [`OnFull::Error`]),
    /// [`Error::Closed`] after `end`, `abort` or `close`, [`Error::InvalidArgument`] for 0 bytes,
    /// [`Error::Forked`].
    pub fn claim(&mut self, bytes: u64, timeout: impl Into<Option<Duration>>) -> Result<Option<Claim<'_>>> {
        let timeout = timeout.into();
        match self.claim_for(bytes, millis(timeout))? {
            Claimed::Range(data) => Ok(Some(Claim { data, length: bytes, writer: self })),
            Claimed::Dropped => Ok(None),
            Claimed::WouldBlock => Err(self.timed_out("claim", timeout)),
        }
    }

    /// Like [`claim`](Self::claim), without waiting: `None` also when there is no space now.
    ///
    /// # Errors
    ///
    /// Those of `claim`, without [`Error::TimedOut`].
    pub fn try_claim(&mut self, bytes: u64) -> Result<Option<Claim<'_>>> {
        match self.claim_for(bytes, 0)? {
            Claimed::Range(data) => Ok(Some(Claim { data, length: bytes, writer: self })),
            Claimed::Dropped | Claimed::WouldBlock => Ok(None),
        }
    }

    /// Claims `bytes`, fills them and commits them as `rows` rows.
    #[cfg(feature = "arrow")]
    pub(crate) fn place(
        &mut self,
        bytes: u64,
        rows: u64,
        timeout_ms: i64,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Placed> {
        match self.claim_for(bytes, timeout_ms)? {
            Claimed::Range(data) => {
                let mut claim = Claim { data, length: bytes, writer: self };
                fill(&mut claim);
                claim.commit(rows).map(Placed::Written)
            }
            Claimed::Dropped => Ok(Placed::Dropped),
            Claimed::WouldBlock => Ok(Placed::WouldBlock),
        }
    }

    fn claim_for(&mut self, bytes: u64, timeout_ms: i64) -> Result<Claimed> {
        let mut claim = sys::Claim { data: null_mut(), length: 0 };
        // SAFETY: the handle is alive, and `claim` is a place for the result.
        match check(unsafe { sys::qads_writer_claim(self.handle.as_ptr(), bytes, timeout_ms, &mut claim) })? {
            sys::OK => Ok(Claimed::Range(NonNull::new(claim.data).expect("the core gave a range"))),
            sys::DROPPED => Ok(Claimed::Dropped),
            _ => Ok(Claimed::WouldBlock),
        }
    }

    pub(crate) fn timed_out(&self, call: &str, timeout: Option<Duration>) -> Error {
        let timeout = timeout.unwrap_or_default();
        Error::TimedOut(format!(
            "{call} of arena \"{}\" timed out after {timeout:?}: the ring is full",
            self.name
        ))
    }

    /// Waits until every attached reader has read everything. Without readers it returns at once, unless
    /// `need_reader` asks for one that ever came.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn wait_drained(&mut self, need_reader: bool, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let timeout = timeout.into();
        // SAFETY: the handle is alive.
        let status = check(unsafe {
            sys::qads_writer_wait_drained(self.handle.as_ptr(), need_reader.into(), millis(timeout))
        })?;
        if status == sys::OK {
            return Ok(());
        }
        let unread = self.stats().map_or(0, |stats| stats.unread);
        Err(Error::TimedOut(format!(
            "wait_drained of arena \"{}\" timed out after {:?}: {unread} batches are unread",
            self.name,
            timeout.unwrap_or_default()
        )))
    }

    /// Marks the clean end: readers get what is in the ring, then the end. The arena stays until `close`.
    /// Idempotent.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn end(&mut self) -> Result<()> {
        // SAFETY: the handle is alive.
        check(unsafe { sys::qads_writer_end(self.handle.as_ptr()) }).map(drop)
    }

    /// Gives up: readers get what is in the ring, then fail with [`Error::WriterAborted`] and `reason`, of which
    /// 1000 bytes are kept. Nothing after `end`.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn abort(&mut self, reason: &str) -> Result<()> {
        let reason = CString::new(reason.replace('\0', "\u{fffd}")).expect("no zero byte is left");
        // SAFETY: the handle is alive, and the reason is valid for the call.
        check(unsafe { sys::qads_writer_abort(self.handle.as_ptr(), reason.as_ptr()) }).map(drop)
    }

    /// Ends cleanly and closes; under [`OnFull::Block`], once a first reader came, if none ever did and something is
    /// unread: what a short-lived program wrote would otherwise vanish with it. It does not wait for readers to read
    /// everything ([`wait_drained`](Self::wait_drained) does): those that are attached still get what is in the ring.
    /// Under the other policies it waits for nobody. Nothing after `close`.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]: no reader came; the arena is ended, and not closed; [`Error::Forked`].
    pub fn finish(&mut self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        self.end()?;
        if self.needs_first_reader()? {
            let timeout = timeout.into();
            // SAFETY: the handle is alive.
            let status =
                check(unsafe { sys::qads_writer_wait_reader(self.handle.as_ptr(), millis(timeout)) })?;
            if status != sys::OK {
                return Err(Error::TimedOut(format!(
                    "finish of arena \"{}\" timed out after {:?}: no reader came for what is unread",
                    self.name,
                    timeout.unwrap_or_default()
                )));
            }
        }
        self.close_finished();
        Ok(())
    }

    pub(crate) fn needs_first_reader(&self) -> Result<bool> {
        let stats = self.stats()?;
        Ok(self.on_full == OnFull::Block && stats.joins == 0 && stats.unread > 0)
    }

    /// What no reader reads, whoever called `finish` knows of it.
    pub(crate) fn close_finished(&mut self) {
        // SAFETY: the handle is alive.
        unsafe { sys::qads_writer_accept_loss(self.handle.as_ptr()) };
        self.close();
    }

    /// Ends the arena if it is open, and detaches. Readers that are attached still get what is in the ring;
    /// without any, the arena is gone, which a warning on standard error tells under [`OnFull::Block`] if anything
    /// was unread. Idempotent.
    pub fn close(&mut self) {
        self.closed = true;
        // SAFETY: the handle is alive.
        unsafe { sys::qads_writer_close(self.handle.as_ptr()) }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn closed(&self) -> bool {
        self.closed
    }

    /// Counters of this writer.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn stats(&self) -> Result<WriterStats> {
        let mut stats = sys::WriterStats::default();
        // SAFETY: the handle is alive, used by this thread only, and `stats` is a place for the result.
        check(unsafe { sys::qads_writer_get_stats(self.handle.as_ptr(), &mut stats) })?;
        Ok(stats.into())
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn handle(&self) -> NonNull<sys::Writer> {
        self.handle
    }
}

impl fmt::Debug for RingWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingWriter")
            .field("name", &self.name)
            .field("generation", &self.id.generation)
            .finish_non_exhaustive()
    }
}

impl Drop for RingWriter {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("unnamed");
            // An error says that the arena is closed or not ours any more: nothing is left to abort.
            let _ = self.abort(&format!("the writer's thread '{name}' panicked"));
        }
        // Aborts an arena that is still open.
        // SAFETY: the handle is alive, and nobody uses it after this.
        unsafe { sys::qads_writer_free(self.handle.as_ptr()) }
    }
}

enum Claimed {
    Range(NonNull<u8>),
    Dropped,
    WouldBlock,
}

/// What became of one slot.
#[cfg(feature = "arrow")]
pub(crate) enum Placed {
    Written(u64),
    Dropped,
    WouldBlock,
}

/// Bytes of the ring that the writer may fill: a mutable slice. Dropping it gives them back unpublished.
pub struct Claim<'w> {
    writer: &'w mut RingWriter,
    data: NonNull<u8>,
    length: u64,
}

impl Claim<'_> {
    /// Publishes the whole claim as one batch of `rows` rows; returns its sequence.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaMismatch`] if the arena allows one schema and the batch has another. The claim is given
    /// back then.
    pub fn commit(self, rows: u64) -> Result<u64> {
        let bytes = self.length;
        self.commit_first(bytes, rows)
    }

    /// Publishes the first `bytes` of the claim, and gives the rest back.
    ///
    /// # Errors
    ///
    /// Those of [`commit`](Self::commit); [`Error::InvalidArgument`] for 0 bytes or more than were claimed.
    pub fn commit_first(self, bytes: u64, rows: u64) -> Result<u64> {
        let mut sequence = 0;
        // SAFETY: the handle is alive and has a claim. The drop after this aborts a claim that is no more,
        // which is harmless.
        check(unsafe { sys::qads_writer_commit(self.writer.handle.as_ptr(), bytes, rows, &mut sequence) })?;
        Ok(sequence)
    }
}

impl Deref for Claim<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: so many mapped bytes, which nobody else uses until commit or abort: this writer is borrowed,
        // and readers do not look at what is not published.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.length as usize) }
    }
}

impl DerefMut for Claim<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`; `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.length as usize) }
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("bytes", &self.length).finish_non_exhaustive()
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is alive. Harmless without a claim.
        unsafe { sys::qads_writer_abort_claim(self.writer.handle.as_ptr()) }
    }
}
