use crate::sys;

/// Counters of one writer. Bytes are those of whole slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WriterStats {
    /// Batches committed.
    pub batches: u64,
    /// Bytes committed.
    pub bytes: u64,
    /// Batches that were not written because the ring was full (`OnFull::DropNewest`).
    pub dropped_newest: u64,
    /// Batches that were taken from slow readers (`OnFull::DropOldest`).
    pub dropped_oldest: u64,
    /// How often the writer slept or armed a bell for space.
    pub waits: u64,
    /// Nanoseconds that blocking claims waited.
    pub wait_ns: u64,
    /// Readers found dead, whose entries were reclaimed.
    pub reaped_readers: u64,
    /// How often readers were asked to move leased batches out of the ring.
    pub evictions: u64,
    /// Readers attached now.
    pub readers: u64,
    /// Readers that ever attached.
    pub joins: u64,
    /// Batches that some reader has not read.
    pub unread: u64,
    /// Batches that occupy the ring, history included.
    pub in_ring: u64,
    /// Bytes of the data ring.
    pub capacity: u64,
    /// Number of the arena among those that had its name.
    pub generation: u64,
}

impl From<sys::WriterStats> for WriterStats {
    fn from(stats: sys::WriterStats) -> Self {
        Self {
            batches: stats.batches,
            bytes: stats.bytes,
            dropped_newest: stats.dropped_newest,
            dropped_oldest: stats.dropped_oldest,
            waits: stats.waits,
            wait_ns: stats.wait_ns,
            reaped_readers: stats.reaped_readers,
            evictions: stats.evictions,
            readers: stats.readers,
            joins: stats.joins,
            unread: stats.unread,
            in_ring: stats.in_ring,
            capacity: stats.capacity,
            generation: stats.generation,
        }
    }
}

/// Counters of one reader. Bytes are those of whole slots, except where said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ReaderStats {
    /// Batches read.
    pub batches: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes copied at read: batches below the lease threshold (32 KiB), which are cheaper copied than leased,
    /// and buffers that this language needs aligned otherwise. Zero for everything else.
    pub bytes_copied: u64,
    /// Batches that `OnFull::DropOldest` took from this reader.
    pub lost: u64,
    /// How often the reader slept or armed a bell.
    pub waits: u64,
    /// Leased batches that were moved out of the ring because the writer needed the space.
    pub evacuations: u64,
    /// Bytes of private memory that hold evacuated batches now.
    pub private_bytes: u64,
    /// Leases held now.
    pub leases: u64,
    /// Sequence of the next batch.
    pub cursor: u64,
    /// Bytes of the data ring.
    pub capacity: u64,
    /// Number of the arena among those that had its name.
    pub generation: u64,
}

impl From<sys::ReaderStats> for ReaderStats {
    fn from(stats: sys::ReaderStats) -> Self {
        Self {
            batches: stats.batches,
            bytes: stats.bytes,
            bytes_copied: stats.bytes_copied,
            lost: stats.lost,
            waits: stats.waits,
            evacuations: stats.evacuations,
            private_bytes: stats.private_bytes,
            leases: stats.leases,
            cursor: stats.cursor,
            capacity: stats.capacity,
            generation: stats.generation,
        }
    }
}
