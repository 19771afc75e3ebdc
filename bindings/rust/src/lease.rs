use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::sys;

/// A reader's right to look at one batch's bytes, wherever they are: in the ring, or in private memory once the
/// writer needed the space. They stay valid, unchanged and at the same address until it is dropped, whatever
/// the ring, the reader and the writer do. Holding leases never blocks the writer.
///
/// Dropping it, from any thread, gives the space back.
pub struct Lease {
    handle: NonNull<sys::Lease>,
    data: NonNull<u8>,
    length: usize,
}

// SAFETY: the bytes are only read, and the core releases a lease from any thread.
unsafe impl Send for Lease {}
// SAFETY: shared access is to bytes that nobody writes.
unsafe impl Sync for Lease {}

impl Lease {
    /// # Safety
    ///
    /// `handle` is a lease of the core that nobody else releases, and `data` its `length` bytes.
    pub(crate) unsafe fn new(handle: NonNull<sys::Lease>, data: NonNull<u8>, length: usize) -> Self {
        Self { handle, data, length }
    }

    #[cfg(feature = "arrow")]
    pub(crate) fn data(&self) -> NonNull<u8> {
        self.data
    }
}

impl Deref for Lease {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the core keeps these bytes mapped and unchanged until the lease is released, in `drop`.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.length) }
    }
}

impl AsRef<[u8]> for Lease {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("bytes", &self.length).finish_non_exhaustive()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // SAFETY: the handle is this lease's own, and is released here only.
        unsafe { sys::qads_lease_release(self.handle.as_ptr()) }
    }
}
