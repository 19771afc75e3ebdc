use std::ffi::{CStr, c_char, c_int, c_void};
use std::time::{Duration, SystemTime};

use crate::config::{OnFull, c_name};
use crate::error::{Error, Result, check};
use crate::sys;

/// One named shared-memory segment: one channel, with one writer and many readers. Making the object creates
/// nothing.
///
/// ```
/// use qadataswap::{RingWriter, SharedMemoryArena};
///
/// # let name = &*format!("doc-arena-{}", std::process::id());
/// let arena = SharedMemoryArena::new(name);
/// assert!(!arena.exists()?);
/// let _writer = RingWriter::create(name)?;
/// assert!(SharedMemoryArena::list()?.iter().any(|other| other == name));
/// assert!(arena.inspect()?.writer_alive);
/// # Ok::<(), qadataswap::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedMemoryArena {
    name: String,
}

impl SharedMemoryArena {
    /// The arena of this name. The name is checked when it is used.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// The arena's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of all arenas on this machine, sorted, those of other users included.
    ///
    /// # Errors
    ///
    /// [`Error::System`], [`Error::Permission`] when `/dev/shm` cannot be listed.
    pub fn list() -> Result<Vec<String>> {
        extern "C" fn collect(name: *const c_char, names: *mut c_void) -> c_int {
            // SAFETY: `list` passes its vector, which it does not touch during the call; the name is a C string.
            let (names, name) = unsafe { (&mut *names.cast::<Vec<String>>(), CStr::from_ptr(name)) };
            names.push(name.to_string_lossy().into_owned());
            0
        }
        let mut names = Vec::new();
        // SAFETY: `collect` gets the vector that it expects, for the duration of the call.
        check(unsafe { sys::qads_list_arenas(collect, (&raw mut names).cast()) })?;
        Ok(names)
    }

    /// True while the name exists: a writer is there, or readers still drain what it left.
    ///
    /// # Errors
    ///
    /// Those of [`inspect`](Self::inspect), without [`Error::NotFound`].
    pub fn exists(&self) -> Result<bool> {
        match self.inspect() {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Looks at the arena without attaching to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::NotAnArena`], [`Error::Incompatible`], [`Error::Corrupt`],
    /// [`Error::NameInvalid`], [`Error::Permission`].
    pub fn inspect(&self) -> Result<ArenaInfo> {
        const MAX_READERS: usize = 512;
        let mut readers = vec![sys::ReaderInfo::default(); MAX_READERS];
        let info = self.look(&mut readers)?;
        readers.truncate(info.readers as usize);
        Ok(ArenaInfo::new(&info, &readers))
    }

    /// Which arena has the name.
    #[cfg(feature = "arrow")]
    pub(crate) fn id(&self) -> Result<ArenaId> {
        let sys::ArenaInfo { generation, created_ns, .. } = self.look(&mut [])?;
        Ok(ArenaId::new(&sys::Identity { generation, created_ns }))
    }

    fn look(&self, readers: &mut [sys::ReaderInfo]) -> Result<sys::ArenaInfo> {
        let name = c_name(&self.name)?;
        let mut info = std::mem::MaybeUninit::<sys::ArenaInfo>::zeroed();
        // SAFETY: the arguments are valid for the call; `info` and `readers` are places for the results.
        check(unsafe {
            sys::qads_inspect_arena(name.as_ptr(), info.as_mut_ptr(), readers.as_mut_ptr(), readers.len())
        })?;
        // SAFETY: plain numbers, for which zero is a value too.
        Ok(unsafe { info.assume_init() })
    }

    /// Removes the name. Needed only for what a crashed writer left behind and nobody will create again. Parties
    /// that are attached go on with each other; new ones do not find them. False if there was none.
    ///
    /// # Errors
    ///
    /// [`Error::NameInvalid`], [`Error::Permission`], [`Error::System`].
    pub fn unlink(&self) -> Result<bool> {
        let name = c_name(&self.name)?;
        let mut removed = 0;
        // SAFETY: the name is valid for the call, and `removed` is a place for the result.
        check(unsafe { sys::qads_unlink_arena(name.as_ptr(), &mut removed) })?;
        Ok(removed != 0)
    }
}

/// Tells one arena of a name from the others, before and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArenaId {
    /// Number of the arena under its name; it begins at 1 again when the name was gone meanwhile.
    pub generation: u64,
    /// When it was created, by the wall clock.
    pub created: SystemTime,
}

impl ArenaId {
    pub(crate) fn new(identity: &sys::Identity) -> Self {
        let created = SystemTime::UNIX_EPOCH + Duration::from_nanos(identity.created_ns);
        Self { generation: identity.generation, created }
    }
}

/// What became of an arena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArenaState {
    /// The writer may write more; if it is not alive, it died.
    Open,
    /// The writer ended cleanly.
    Ended,
    /// The writer aborted, for this reason.
    Aborted(String),
}

/// What an arena looks like from outside. Sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArenaInfo {
    /// Number of the arena among those that had its name.
    pub generation: u64,
    /// When it was created, by the wall clock.
    pub created: SystemTime,
    /// Size of the segment.
    pub total_bytes: u64,
    /// Size of the data ring.
    pub capacity: u64,
    /// Slots: batches that may be in the ring at once.
    pub buffer_count: u32,
    /// Readers that may be attached at once.
    pub max_readers: u32,
    /// What the writer does when the ring is full.
    pub on_full: OnFull,
    /// Permission bits of the segment.
    pub mode: u32,
    /// Only one schema is allowed.
    pub one_schema: bool,
    /// Batches of at least so many bytes are leased in place, smaller ones copied.
    pub lease_threshold: u32,
    /// What became of it.
    pub state: ArenaState,
    /// The writer's process is there.
    pub writer_alive: bool,
    /// The writer's process number, for people.
    pub writer_pid: u32,
    /// Batches published: the next one gets this sequence.
    pub published: u64,
    /// The oldest sequence at which a reader may start.
    pub oldest: u64,
    /// Batches committed.
    pub batches: u64,
    /// Bytes committed.
    pub bytes: u64,
    /// Batches not written because the ring was full.
    pub dropped_newest: u64,
    /// Batches taken from slow readers.
    pub dropped_oldest: u64,
    /// Readers found dead.
    pub reaped_readers: u64,
    /// How often readers were asked to move leased batches.
    pub evictions: u64,
    /// The readers, by their entry in the arena.
    pub readers: Vec<ReaderInfo>,
}

/// A reader as its arena shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderInfo {
    /// Its entry in the reader table.
    pub index: u32,
    /// Its process number, for people.
    pub pid: u32,
    /// Its process is there.
    pub alive: bool,
    /// It sleeps until something happens.
    pub waiting: bool,
    /// It closed, and its leases still keep a part of the ring.
    pub leaving: bool,
    /// Sequence of its next batch.
    pub cursor: u64,
    /// Batches that are published and that it has not read.
    pub lag: u64,
    /// Lowest sequence on which it holds a lease.
    pub pin: Option<u64>,
    /// Batches read.
    pub batches: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes copied at read.
    pub bytes_copied: u64,
    /// Batches taken from it.
    pub lost: u64,
    /// Leased batches moved out of the ring.
    pub evacuations: u64,
    /// Private memory that holds such batches now.
    pub private_bytes: u64,
}

const ENDED: u32 = 2;
const ABORTED: u32 = 3;
const LEAVING: u32 = 3;

impl ArenaInfo {
    /// What tells it from the other arenas of its name.
    pub fn id(&self) -> ArenaId {
        ArenaId { generation: self.generation, created: self.created }
    }

    fn new(info: &sys::ArenaInfo, readers: &[sys::ReaderInfo]) -> Self {
        let reason = || {
            // The core ends the text with a zero byte.
            let bytes = info.abort_reason.iter().map(|&byte| byte as u8).take_while(|&byte| byte != 0);
            String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
        };
        Self {
            generation: info.generation,
            created: SystemTime::UNIX_EPOCH + Duration::from_nanos(info.created_ns),
            total_bytes: info.total_bytes,
            capacity: info.capacity,
            buffer_count: info.slots,
            max_readers: info.max_readers,
            on_full: OnFull::from_number(info.on_full),
            mode: info.mode,
            one_schema: info.one_schema != 0,
            lease_threshold: info.lease_threshold,
            state: match info.state {
                ENDED => ArenaState::Ended,
                ABORTED => ArenaState::Aborted(reason()),
                _ => ArenaState::Open,
            },
            writer_alive: info.writer_alive != 0,
            writer_pid: info.writer_pid,
            published: info.published,
            oldest: info.oldest,
            batches: info.batches,
            bytes: info.bytes,
            dropped_newest: info.dropped_newest,
            dropped_oldest: info.dropped_oldest,
            reaped_readers: info.reaped_readers,
            evictions: info.evictions,
            readers: readers.iter().map(ReaderInfo::new).collect(),
        }
    }
}

impl ReaderInfo {
    fn new(info: &sys::ReaderInfo) -> Self {
        Self {
            index: info.index,
            pid: info.pid,
            alive: info.alive != 0,
            waiting: info.waiting != 0,
            leaving: info.state == LEAVING,
            cursor: info.cursor,
            lag: info.lag,
            pin: (info.pin != u64::MAX).then_some(info.pin),
            batches: info.batches,
            bytes: info.bytes,
            bytes_copied: info.bytes_copied,
            lost: info.lost,
            evacuations: info.evacuations,
            private_bytes: info.private_bytes,
        }
    }
}
