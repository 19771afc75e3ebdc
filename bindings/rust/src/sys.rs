//! The C ABI of the core, `native/capi/qadataswap.h`, declared by hand.

use std::ffi::{c_char, c_int, c_void};

/// An opaque type of the C ABI: only ever behind a pointer.
macro_rules! opaque {
    ($($name:ident),*) => { $(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
        }
    )* };
}

opaque!(Writer, Reader, Lease);
#[cfg(feature = "tokio")]
opaque!(Bell);

pub const OK: c_int = 0;
#[cfg(feature = "arrow")]
pub const EMPTY: c_int = -1;
pub const DROPPED: c_int = -3;
pub const ENDED: c_int = -4;

pub const VERIFY_AUTO: u32 = 0;
pub const VERIFY_METADATA: u32 = 1;
pub const VERIFY_VALUES: u32 = 2;

pub const FROM_EARLIEST: i64 = -1;
pub const FROM_LATEST: i64 = -2;

#[repr(C)]
pub struct WriterOptions {
    pub size: usize,
    pub capacity: u64,
    pub slots: u32,
    pub max_readers: u32,
    pub on_full: u32,
    pub mode: u32,
    pub one_schema: u32,
    pub spin_micros: u32,
}

#[repr(C)]
pub struct Claim {
    pub data: *mut u8,
    pub length: u64,
}

#[repr(C)]
#[derive(Default)]
pub struct WriterStats {
    pub batches: u64,
    pub bytes: u64,
    pub dropped_newest: u64,
    pub dropped_oldest: u64,
    pub waits: u64,
    pub wait_ns: u64,
    pub reaped_readers: u64,
    pub evictions: u64,
    pub readers: u64,
    pub joins: u64,
    pub unread: u64,
    pub in_ring: u64,
    pub capacity: u64,
    pub generation: u64,
}

#[repr(C)]
pub struct ReaderOptions {
    pub size: usize,
    pub from: i64,
    pub spin_micros: u32,
    pub unverified: u32,
    pub verify: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Batch {
    pub data: *const u8,
    pub length: u64,
    pub sequence: u64,
    pub rows: u64,
    pub fingerprint: u64,
    pub commit_ns: u64,
    pub lost_first: u64,
    pub lost_count: u64,
    pub layout: *const f64,
    pub layout_words: u64,
    pub schema_id: u32,
    pub copied: u32,
}

#[cfg(feature = "arrow")]
impl Batch {
    /// In place of a batch that is not there.
    pub fn none() -> Self {
        // SAFETY: numbers and pointers, for which zero is a value too.
        unsafe { std::mem::zeroed() }
    }
}

#[repr(C)]
#[derive(Default)]
pub struct Identity {
    pub generation: u64,
    pub created_ns: u64,
}

#[repr(C)]
#[derive(Default)]
pub struct ReaderStats {
    pub batches: u64,
    pub bytes: u64,
    pub bytes_copied: u64,
    pub lost: u64,
    pub waits: u64,
    pub evacuations: u64,
    pub private_bytes: u64,
    pub leases: u64,
    pub cursor: u64,
    pub capacity: u64,
    pub generation: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct ReaderInfo {
    pub index: u32,
    pub pid: u32,
    pub alive: u32,
    pub waiting: u32,
    pub state: u32,
    pub reserved: u32,
    pub cursor: u64,
    pub lag: u64,
    pub pin: u64,
    pub batches: u64,
    pub bytes: u64,
    pub bytes_copied: u64,
    pub lost: u64,
    pub evacuations: u64,
    pub private_bytes: u64,
}

#[repr(C)]
pub struct ArenaInfo {
    pub generation: u64,
    pub created_ns: u64,
    pub total_bytes: u64,
    pub capacity: u64,
    pub slots: u32,
    pub max_readers: u32,
    pub on_full: u32,
    pub mode: u32,
    pub one_schema: u32,
    pub lease_threshold: u32,
    pub state: u32,
    pub writer_alive: u32,
    pub writer_pid: u32,
    pub readers: u32,
    pub published: u64,
    pub oldest: u64,
    pub batches: u64,
    pub bytes: u64,
    pub dropped_newest: u64,
    pub dropped_oldest: u64,
    pub reaped_readers: u64,
    pub evictions: u64,
    pub abort_reason: [c_char; 1001],
}

unsafe extern "C" {
    pub fn qads_last_error() -> *const c_char;
    #[cfg(test)]
    pub fn qads_error_name(code: c_int) -> *const c_char;

    #[cfg(test)]
    pub fn qads_writer_options_init(options: *mut WriterOptions);
    pub fn qads_writer_create(
        name: *const c_char,
        options: *const WriterOptions,
        writer: *mut *mut Writer,
    ) -> c_int;
    pub fn qads_writer_claim(writer: *mut Writer, bytes: u64, timeout_ms: i64, claim: *mut Claim) -> c_int;
    pub fn qads_writer_commit(writer: *mut Writer, bytes: u64, rows: u64, sequence: *mut u64) -> c_int;
    pub fn qads_writer_abort_claim(writer: *mut Writer);
    pub fn qads_writer_end(writer: *mut Writer) -> c_int;
    pub fn qads_writer_abort(writer: *mut Writer, reason: *const c_char) -> c_int;
    pub fn qads_writer_wait_drained(writer: *mut Writer, need_reader: c_int, timeout_ms: i64) -> c_int;
    pub fn qads_writer_wait_reader(writer: *mut Writer, timeout_ms: i64) -> c_int;
    pub fn qads_writer_accept_loss(writer: *mut Writer);
    pub fn qads_writer_close(writer: *mut Writer);
    pub fn qads_writer_free(writer: *mut Writer);
    pub fn qads_writer_identity(writer: *mut Writer, identity: *mut Identity) -> c_int;
    pub fn qads_writer_get_stats(writer: *mut Writer, stats: *mut WriterStats) -> c_int;

    #[cfg(test)]
    pub fn qads_reader_options_init(options: *mut ReaderOptions);
    pub fn qads_reader_attach(
        name: *const c_char,
        options: *const ReaderOptions,
        reader: *mut *mut Reader,
    ) -> c_int;
    pub fn qads_reader_identity(reader: *mut Reader, identity: *mut Identity) -> c_int;
    pub fn qads_reader_verifies(reader: *const Reader) -> c_int;
    pub fn qads_reader_peek(reader: *mut Reader, timeout_ms: i64, batch: *mut Batch) -> c_int;
    pub fn qads_reader_advance(reader: *mut Reader) -> c_int;
    pub fn qads_reader_take(reader: *mut Reader, lease: *mut *mut Lease, data: *mut *const u8) -> c_int;
    #[cfg(feature = "arrow")]
    pub fn qads_reader_messages(reader: *mut Reader, messages: *mut *const u8, length: *mut u64) -> c_int;
    pub fn qads_lease_release(lease: *mut Lease);
    pub fn qads_reader_lag(reader: *mut Reader, lag: *mut u64) -> c_int;
    pub fn qads_reader_close(reader: *mut Reader);
    pub fn qads_reader_free(reader: *mut Reader);
    pub fn qads_reader_get_stats(reader: *mut Reader, stats: *mut ReaderStats) -> c_int;

    pub fn qads_inspect_arena(
        name: *const c_char,
        info: *mut ArenaInfo,
        readers: *mut ReaderInfo,
        capacity: usize,
    ) -> c_int;
    pub fn qads_check_name(name: *const c_char, length: usize) -> c_int;
    pub fn qads_list_arenas(
        visit: extern "C" fn(name: *const c_char, context: *mut c_void) -> c_int,
        context: *mut c_void,
    ) -> c_int;
    pub fn qads_unlink_arena(name: *const c_char, removed: *mut c_int) -> c_int;
}

// Waiting in an event loop.
#[cfg(feature = "tokio")]
unsafe extern "C" {
    pub fn qads_writer_arm(writer: *mut Writer, bell: *const Bell, wait: *mut c_int) -> c_int;
    pub fn qads_writer_arm_drained(
        writer: *mut Writer,
        bell: *const Bell,
        need_reader: c_int,
        wait: *mut c_int,
    ) -> c_int;
    pub fn qads_writer_arm_reader(writer: *mut Writer, bell: *const Bell, wait: *mut c_int) -> c_int;
    pub fn qads_reader_arm(reader: *mut Reader, bell: *const Bell, wait: *mut c_int) -> c_int;
    pub fn qads_bell_create(bell: *mut *mut Bell) -> c_int;
    pub fn qads_bell_fd(bell: *const Bell) -> c_int;
    pub fn qads_bell_drain(bell: *const Bell);
    pub fn qads_bell_free(bell: *mut Bell);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{offset_of, size_of};

    const DECLARED: [usize; 27] = [
        size_of::<WriterOptions>(),
        offset_of!(WriterOptions, capacity),
        offset_of!(WriterOptions, spin_micros),
        size_of::<Claim>(),
        offset_of!(Claim, length),
        size_of::<WriterStats>(),
        offset_of!(WriterStats, generation),
        size_of::<ReaderOptions>(),
        offset_of!(ReaderOptions, from),
        offset_of!(ReaderOptions, unverified),
        offset_of!(ReaderOptions, verify),
        size_of::<Batch>(),
        offset_of!(Batch, lost_count),
        offset_of!(Batch, layout),
        offset_of!(Batch, schema_id),
        offset_of!(Batch, copied),
        size_of::<Identity>(),
        offset_of!(Identity, created_ns),
        size_of::<ReaderStats>(),
        offset_of!(ReaderStats, generation),
        size_of::<ReaderInfo>(),
        offset_of!(ReaderInfo, cursor),
        offset_of!(ReaderInfo, private_bytes),
        size_of::<ArenaInfo>(),
        offset_of!(ArenaInfo, slots),
        offset_of!(ArenaInfo, published),
        offset_of!(ArenaInfo, abort_reason),
    ];

    unsafe extern "C" {
        #[link_name = "qadataswap_abi_layout"]
        static COMPILED: [usize; DECLARED.len()];
    }

    #[test]
    fn the_declared_structures_are_those_of_the_c_header() {
        // SAFETY: an immutable array of so many size_t, defined in abi.c.
        assert_eq!(DECLARED, unsafe { COMPILED });
    }
}
