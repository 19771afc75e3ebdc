use std::ffi::c_int;
use std::fmt;
use std::ops::Deref;
use std::ptr::{NonNull, null, null_mut};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::arena::ArenaId;
use crate::batch_info::BatchInfo;
use crate::config::{SharedMemoryConfig, Verify, millis};
use crate::error::{Error, Result, check};
use crate::lease::Lease;
use crate::stats::ReaderStats;
use crate::sys;

/// How often a reader that waits for its arena looks for it.
pub(crate) const ATTACH_INTERVAL: Duration = Duration::from_millis(10);

/// A reader of an arena, as bytes: peek at the next batch, then advance past it or take a lease on it.
///
/// Every reader gets every batch, in order; one that is attached and does not read holds the writer back.
/// For record batches use `Reader` (feature `arrow`). A reader may move to another thread, and is used by one
/// at a time; its leases are used from everywhere. Dropping it detaches; leases stay valid.
pub struct RingReader {
    handle: NonNull<sys::Reader>,
    name: String,
    capacity: u64,
    id: ArenaId,
}

// SAFETY: the core's reader is bound to no thread; `&mut self` and `!Sync` keep it to one at a time.
unsafe impl Send for RingReader {}

impl RingReader {
    /// Attaches to the arena; waits for it as long as [`SharedMemoryConfig::with_wait`] says. The Arrow metadata
    /// of each batch is verified before it is shown.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::TooManyReaders`], [`Error::Incompatible`], [`Error::NotAnArena`],
    /// [`Error::Corrupt`], [`Error::NameInvalid`], [`Error::InvalidArgument`], [`Error::Permission`].
    pub fn attach(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        Self::wait_attach(config.into(), false)
    }

    /// Like [`attach`](Self::attach), for payloads that are not Arrow: nothing is verified.
    ///
    /// # Errors
    ///
    /// Those of `attach`.
    pub fn attach_unverified(config: impl Into<SharedMemoryConfig>) -> Result<Self> {
        Self::wait_attach(config.into(), true)
    }

    fn wait_attach(config: SharedMemoryConfig, unverified: bool) -> Result<Self> {
        let start = Instant::now();
        loop {
            let attached = Self::try_attach(&config, unverified);
            let left = config.wait().saturating_sub(start.elapsed());
            if left.is_zero() || !matches!(attached, Err(Error::NotFound(_))) {
                return attached;
            }
            std::thread::sleep(left.min(ATTACH_INTERVAL));
        }
    }

    /// Attaches now or never.
    pub(crate) fn try_attach(config: &SharedMemoryConfig, unverified: bool) -> Result<Self> {
        let name = config.c_name()?;
        let options = sys::ReaderOptions { unverified: unverified.into(), ..config.reader_options()? };
        let mut handle = null_mut();
        // SAFETY: the arguments are valid for the call, and `handle` is a place for the result.
        check(unsafe { sys::qads_reader_attach(name.as_ptr(), &options, &mut handle) })?;
        let handle = NonNull::new(handle).expect("the core gave a reader");
        let mut identity = sys::Identity::default();
        // SAFETY: the handle is alive, and `identity` is a place for the result.
        check(unsafe { sys::qads_reader_identity(handle.as_ptr(), &mut identity) })?;
        let id = ArenaId::new(&identity);
        let mut reader = Self { handle, name: config.name().to_owned(), capacity: 0, id };
        reader.capacity = reader.stats()?.capacity;
        Ok(reader)
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        &self.name
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

    /// What is verified of each batch; [`Verify::Auto`] of a reader that verifies nothing.
    pub fn verifies(&self) -> Verify {
        // SAFETY: the handle is alive.
        match unsafe { sys::qads_reader_verifies(self.handle.as_ptr()) } as u32 {
            sys::VERIFY_METADATA => Verify::Metadata,
            sys::VERIFY_VALUES => Verify::Values,
            _ => Verify::Auto,
        }
    }

    /// The verified messages of the batch that was peeked at or taken last, without their bodies; empty without one.
    #[cfg(feature = "arrow")]
    pub(crate) fn messages(&self) -> &[u8] {
        let (mut messages, mut length) = (null(), 0);
        // SAFETY: the handle is alive, used by this thread only, and both are places for the result.
        let status = unsafe { sys::qads_reader_messages(self.handle.as_ptr(), &mut messages, &mut length) };
        if status != sys::OK || messages.is_null() {
            return &[];
        }
        // SAFETY: so many bytes of private memory, valid until the next peek, for which `self` must be borrowed anew.
        unsafe { std::slice::from_raw_parts(messages, length as usize) }
    }

    /// Looks at the next batch, waiting for one, for ever without a time-out. `None` at the end: the writer
    /// ended the arena and all was read. Asking again before [`Peeked::advance`] or [`Peeked::take`] gives the
    /// same batch.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]; [`Error::WriterDied`], [`Error::WriterAborted`] after all that was committed was
    /// read; [`Error::Corrupt`] for a batch that fails verification, which is skipped; [`Error::Closed`],
    /// [`Error::Forked`].
    pub fn peek(&mut self, timeout: impl Into<Option<Duration>>) -> Result<Option<Peeked<'_>>> {
        let timeout = timeout.into();
        match self.peek_batch(millis(timeout))? {
            (sys::OK, batch) => Ok(Some(Peeked { reader: self, batch })),
            (sys::ENDED, _) => Ok(None),
            _ => Err(self.timed_out(timeout)),
        }
    }

    /// Like [`peek`](Self::peek), without waiting: [`Poll::Pending`] when nothing is ready.
    ///
    /// # Errors
    ///
    /// Those of `peek`, without [`Error::TimedOut`].
    pub fn try_peek(&mut self) -> Result<Poll<Option<Peeked<'_>>>> {
        match self.peek_batch(0)? {
            (sys::OK, batch) => Ok(Poll::Ready(Some(Peeked { reader: self, batch }))),
            (sys::ENDED, _) => Ok(Poll::Ready(None)),
            _ => Ok(Poll::Pending),
        }
    }

    /// The outcome, and the batch if it is `OK`. What is read through `messages` does not survive it.
    pub(crate) fn peek_batch(&mut self, timeout_ms: i64) -> Result<(c_int, sys::Batch)> {
        let mut batch = std::mem::MaybeUninit::<sys::Batch>::zeroed();
        // SAFETY: the handle is alive, and `batch` is a place for the result.
        let status =
            check(unsafe { sys::qads_reader_peek(self.handle.as_ptr(), timeout_ms, batch.as_mut_ptr()) })?;
        // SAFETY: numbers and pointers, for which zero is a value too.
        Ok((status, unsafe { batch.assume_init() }))
    }

    pub(crate) fn timed_out(&self, timeout: Option<Duration>) -> Error {
        let timeout = timeout.unwrap_or_default();
        Error::TimedOut(format!("read of arena \"{}\" timed out after {timeout:?}", self.name))
    }

    /// Batches that are published and not read yet.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after `close`, [`Error::Forked`].
    pub fn lag(&self) -> Result<u64> {
        let mut lag = 0;
        // SAFETY: the handle is alive, used by this thread only, and `lag` is a place for the result.
        check(unsafe { sys::qads_reader_lag(self.handle.as_ptr(), &mut lag) })?;
        Ok(lag)
    }

    /// Counters of this reader; after `close` the last ones.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    pub fn stats(&self) -> Result<ReaderStats> {
        let mut stats = sys::ReaderStats::default();
        // SAFETY: the handle is alive, used by this thread only, and `stats` is a place for the result.
        check(unsafe { sys::qads_reader_get_stats(self.handle.as_ptr(), &mut stats) })?;
        Ok(stats.into())
    }

    /// Detaches; leases stay valid. Idempotent.
    pub fn close(&mut self) {
        // SAFETY: the handle is alive.
        unsafe { sys::qads_reader_close(self.handle.as_ptr()) }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn handle(&self) -> NonNull<sys::Reader> {
        self.handle
    }
}

impl fmt::Debug for RingReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingReader")
            .field("name", &self.name)
            .field("generation", &self.id.generation)
            .finish_non_exhaustive()
    }
}

impl Drop for RingReader {
    fn drop(&mut self) {
        // SAFETY: the handle is alive, and nobody uses it after this.
        unsafe { sys::qads_reader_free(self.handle.as_ptr()) }
    }
}

/// The next batch as it lies in the ring: a slice. Dropping it changes nothing; the next peek gives it again.
pub struct Peeked<'r> {
    reader: &'r mut RingReader,
    batch: sys::Batch,
}

#[cfg(feature = "arrow")]
impl<'r> Peeked<'r> {
    /// `batch` is what `reader` peeked at last.
    pub(crate) fn new(reader: &'r mut RingReader, batch: sys::Batch) -> Self {
        Self { reader, batch }
    }

    /// The numbers that describe the verified slot (native/ipc/layout.hpp).
    pub(crate) fn layout(&self) -> &'r [f64] {
        if self.batch.layout.is_null() {
            return &[];
        }
        // SAFETY: so many words, valid until the next peek, whatever becomes of the batch; the reader is borrowed
        // for all of 'r, so that nobody can peek.
        unsafe { std::slice::from_raw_parts(self.batch.layout, self.batch.layout_words as usize) }
    }

    /// The verified messages, without their bodies.
    pub(crate) fn messages(&self) -> &[u8] {
        self.reader.messages()
    }

    /// Stands for exactly the bytes of this schema message, for this reader.
    pub(crate) fn schema_id(&self) -> u32 {
        self.batch.schema_id
    }
}

impl Peeked<'_> {
    /// Where the batch came from.
    pub fn info(&self) -> BatchInfo {
        BatchInfo::new(&self.batch)
    }

    /// Done with the batch: its space is given back.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    pub fn advance(self) -> Result<()> {
        // SAFETY: the handle is alive; the borrow of the bytes ends with `self`.
        check(unsafe { sys::qads_reader_advance(self.reader.handle.as_ptr()) }).map(drop)
    }

    /// Done with the batch, except for its bytes: they stay as long as the lease. A batch below the lease
    /// threshold (32 KiB) is copied.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] when there is no memory for the copy, [`Error::Forked`].
    pub fn take(self) -> Result<Lease> {
        let (mut handle, mut data) = (null_mut(), null());
        // SAFETY: the handle is alive, and both are places for the result.
        check(unsafe { sys::qads_reader_take(self.reader.handle.as_ptr(), &mut handle, &mut data) })?;
        let handle = NonNull::new(handle).expect("the core gave a lease");
        let data = NonNull::new(data.cast_mut()).expect("the core gave its bytes");
        // SAFETY: a new lease that nobody else has, on the batch's bytes, which are of the peeked length.
        Ok(unsafe { Lease::new(handle, data, self.batch.length as usize) })
    }
}

impl Deref for Peeked<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the core keeps the peeked bytes in place until advance or take, which consume `self`, and the
        // reader is borrowed until then.
        unsafe { std::slice::from_raw_parts(self.batch.data, self.batch.length as usize) }
    }
}

impl fmt::Debug for Peeked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peeked").field("info", &self.info()).finish_non_exhaustive()
    }
}
