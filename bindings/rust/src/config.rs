use std::ffi::CString;
use std::time::Duration;

use crate::error::{Error, Result, check};
use crate::sys;

/// What a writer does when the ring is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u32)]
pub enum OnFull {
    /// It waits for the slowest reader; nothing is lost, also before the first reader came.
    #[default]
    Block = 0,
    /// Unread batches of slow readers go; each reader is told exactly which it [lost](crate::Loss).
    DropOldest = 1,
    /// The new batch is not written, and counted.
    DropNewest = 2,
    /// The write fails with [`Error::Full`].
    Error = 3,
}

impl OnFull {
    pub(crate) fn from_number(number: u32) -> Self {
        match number {
            1 => Self::DropOldest,
            2 => Self::DropNewest,
            3 => Self::Error,
            _ => Self::Block,
        }
    }
}

/// Where a reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadFrom {
    /// At the oldest batch that is still in the ring, read by others or not.
    #[default]
    Earliest,
    /// With the next batch that is written.
    Latest,
    /// At this sequence; if it is gone, at the oldest after it, with the [loss](crate::Loss) told.
    Sequence(u64),
}

/// What the core verifies of a batch before a reader shows it.
///
/// Whatever it is, every number of the metadata is, and `Reader` (feature `arrow`) checks the values of a column before
/// it makes an array of them, unless `with_trusted_values` says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// [`Values`](Self::Values) if another user made the arena or may write to it, else
    /// [`Metadata`](Self::Metadata).
    #[default]
    Auto,
    /// The metadata: no Arrow library is led outside of the slot by it.
    Metadata,
    /// Besides, every value that leads somewhere: offsets, views, dictionary indices, type ids, run ends, null counts,
    /// and UTF-8. One pass over columns of such types, of all batches. What is compressed is not looked into.
    Values,
}

/// What a reader does when the writer of its arena has gone and everything was read.
#[cfg(feature = "arrow")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reconnect {
    /// The end ends it, and a death or an abort is an error.
    #[default]
    Never,
    /// The end ends it; where the writer died or aborted, it waits for the next arena of the name and reads that from
    /// its beginning.
    AfterFailure,
    /// It waits for the next arena in any case, and never ends.
    Always,
}

/// The name of an arena and what is asked of it: one type for writers and readers, which each use their part.
///
/// ```
/// use qadataswap::{OnFull, SharedMemoryConfig};
///
/// let config = SharedMemoryConfig::new("mydata")
///     .with_size_mb(100)
///     .with_buffer_count(256)
///     .with_on_full(OnFull::DropOldest);
/// assert_eq!(config.name(), "mydata");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct SharedMemoryConfig {
    name: String,
    size: u64,
    buffer_count: u32,
    max_readers: u32,
    on_full: OnFull,
    mode: u32,
    one_schema: bool,
    spin_micros: u32,
    from: ReadFrom,
    wait: Duration,
    verify: Verify,
    #[cfg(feature = "arrow")]
    reconnect: Reconnect,
    trusted_values: bool,
}

const MEBI: u64 = 1 << 20;

impl SharedMemoryConfig {
    /// The arena `name` (1 to 200 of `A-Z a-z 0-9 . _ -`, and not only dots), with the defaults that the other
    /// methods name. Names and numbers are checked when a writer or reader is made.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            size: 64 * MEBI,
            buffer_count: 1024,
            max_readers: 32,
            on_full: OnFull::Block,
            mode: 0o600,
            one_schema: false,
            spin_micros: 0,
            from: ReadFrom::Earliest,
            wait: Duration::ZERO,
            verify: Verify::Auto,
            #[cfg(feature = "arrow")]
            reconnect: Reconnect::Never,
            trusted_values: false,
        }
    }

    /// Writer: the size of the data ring in MiB (2^20 bytes). Default 64.
    pub fn with_size_mb(self, mebibytes: u64) -> Self {
        self.with_size_bytes(mebibytes.saturating_mul(MEBI))
    }

    /// Writer: the size of the data ring in bytes, rounded up to whole pages. Default 64 MiB.
    pub fn with_size_bytes(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }

    /// Writer: slots, that is, how many batches may be in the ring at once, 2 to 1,048,576. Default 1024.
    pub fn with_buffer_count(mut self, slots: u32) -> Self {
        self.buffer_count = slots;
        self
    }

    /// Writer: readers that may be attached at once, 1 to 512. Default 32.
    pub fn with_max_readers(mut self, readers: u32) -> Self {
        self.max_readers = readers;
        self
    }

    /// Writer: what it does when the ring is full. Default [`OnFull::Block`].
    pub fn with_on_full(mut self, policy: OnFull) -> Self {
        self.on_full = policy;
        self
    }

    /// Writer: permission bits of the segment. Default `0o600`: this user only. A group (`0o660`), or everybody, may
    /// read and write, or neither: readers write too.
    pub fn with_mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Writer: refuse a batch whose columns differ from those of the first one in name, order, type or
    /// nullability; metadata may differ. Default false.
    pub fn with_one_schema(mut self, one_schema: bool) -> Self {
        self.one_schema = one_schema;
        self
    }

    /// Both: microseconds that a blocking call spins before it sleeps, up to 1,000,000. Default 0.
    pub fn with_spin_micros(mut self, micros: u32) -> Self {
        self.spin_micros = micros;
        self
    }

    /// Reader: where it starts. Default [`ReadFrom::Earliest`].
    pub fn with_from(mut self, from: ReadFrom) -> Self {
        self.from = from;
        self
    }

    /// Reader: how long making it waits for an arena that does not exist yet. Default zero: not at all.
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Reader: what the core verifies of a batch before it is shown. Default [`Verify::Auto`].
    pub fn with_verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// Reader: what it does when the writer has gone. Default [`Reconnect::Never`]. Not for
    /// [`RingReader`](crate::RingReader), which reads one arena.
    ///
    /// An arena that was left is never read again, though its name stays while others drain it; a loop that makes a new
    /// reader each time would read it again and again.
    #[cfg(feature = "arrow")]
    pub fn with_reconnect(mut self, reconnect: Reconnect) -> Self {
        self.reconnect = reconnect;
        self
    }

    /// Reader: skip the pass over offsets, views, dictionary indices, UTF-8 and validity bitmaps that otherwise
    /// precedes the first look at a column of such a type. Without it, reading a batch takes the same time
    /// whatever its size and types. The bounds of all buffers are verified in either case.
    ///
    /// # Safety
    ///
    /// Every batch that this reader reads must hold valid Arrow values: the writer must be a program that can
    /// be relied on as much as this one.
    #[cfg(feature = "arrow")]
    pub unsafe fn with_trusted_values(mut self) -> Self {
        self.trusted_values = true;
        self
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn on_full(&self) -> OnFull {
        self.on_full
    }

    pub(crate) fn wait(&self) -> Duration {
        self.wait
    }

    #[cfg(feature = "arrow")]
    pub(crate) fn trusts_values(&self) -> bool {
        self.trusted_values
    }

    #[cfg(feature = "arrow")]
    pub(crate) fn reconnect(&self) -> Reconnect {
        self.reconnect
    }

    pub(crate) fn c_name(&self) -> Result<CString> {
        c_name(&self.name)
    }

    pub(crate) fn writer_options(&self) -> sys::WriterOptions {
        sys::WriterOptions {
            size: size_of::<sys::WriterOptions>(),
            capacity: self.size,
            slots: self.buffer_count,
            max_readers: self.max_readers,
            on_full: self.on_full as u32,
            mode: self.mode,
            one_schema: self.one_schema.into(),
            spin_micros: self.spin_micros,
        }
    }

    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for a sequence that no arena reaches.
    pub(crate) fn reader_options(&self) -> Result<sys::ReaderOptions> {
        let from = match self.from {
            ReadFrom::Earliest => sys::FROM_EARLIEST,
            ReadFrom::Latest => sys::FROM_LATEST,
            ReadFrom::Sequence(sequence) => i64::try_from(sequence).map_err(|_| {
                Error::InvalidArgument(format!(
                    "arena \"{}\": a reader cannot start at sequence {sequence}; the highest is {}",
                    self.name,
                    i64::MAX
                ))
            })?,
        };
        Ok(sys::ReaderOptions {
            size: size_of::<sys::ReaderOptions>(),
            from,
            spin_micros: self.spin_micros,
            unverified: 0,
            verify: match self.verify {
                Verify::Auto => sys::VERIFY_AUTO,
                Verify::Metadata => sys::VERIFY_METADATA,
                Verify::Values => sys::VERIFY_VALUES,
            },
            reserved: 0,
        })
    }
}

/// The defaults under this name.
impl From<&str> for SharedMemoryConfig {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<&SharedMemoryConfig> for SharedMemoryConfig {
    fn from(config: &SharedMemoryConfig) -> Self {
        config.clone()
    }
}

/// The name, as the core takes it, which checks it with its length: a zero byte would end it.
pub(crate) fn c_name(name: &str) -> Result<CString> {
    // SAFETY: so many bytes, valid for the call.
    check(unsafe { sys::qads_check_name(name.as_ptr().cast(), name.len()) })?;
    Ok(CString::new(name).expect("a name that was checked has no zero byte"))
}

/// For the C ABI: milliseconds, rounded up; negative waits for ever.
pub(crate) fn millis(timeout: Option<Duration>) -> i64 {
    let Some(timeout) = timeout else { return -1 };
    timeout.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_core() {
        // SAFETY: plain numbers, for which zero is a value.
        let mut core: sys::WriterOptions = unsafe { std::mem::zeroed() };
        // SAFETY: `core` is a valid place for the options.
        unsafe { sys::qads_writer_options_init(&mut core) };
        let ours = SharedMemoryConfig::new("x").writer_options();
        assert_eq!(ours.size, core.size);
        assert_eq!(ours.capacity, core.capacity);
        assert_eq!(
            (ours.slots, ours.max_readers, ours.on_full, ours.mode, ours.one_schema, ours.spin_micros),
            (core.slots, core.max_readers, core.on_full, core.mode, core.one_schema, core.spin_micros)
        );
        // SAFETY: plain numbers, for which zero is a value.
        let mut core: sys::ReaderOptions = unsafe { std::mem::zeroed() };
        // SAFETY: `core` is a valid place for the options.
        unsafe { sys::qads_reader_options_init(&mut core) };
        let ours = SharedMemoryConfig::new("x").reader_options().expect("the defaults are valid");
        assert_eq!(
            (ours.size, ours.from, ours.spin_micros, ours.unverified, ours.verify),
            (core.size, core.from, core.spin_micros, core.unverified, core.verify)
        );
    }

    #[test]
    fn time_outs_are_rounded_up_to_milliseconds() {
        assert_eq!(millis(None), -1);
        assert_eq!(millis(Some(Duration::ZERO)), 0);
        assert_eq!(millis(Some(Duration::from_nanos(1))), 1);
        assert_eq!(millis(Some(Duration::from_micros(1001))), 2);
        assert_eq!(millis(Some(Duration::MAX)), i64::MAX);
    }
}
