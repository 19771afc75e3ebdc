use std::time::{Duration, SystemTime};

use crate::sys;

/// Batches that a slow reader of an arena with [`OnFull::DropOldest`](crate::OnFull::DropOldest) did not get:
/// the sequences `first` to `first + count - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// The first sequence that was lost.
    pub first: u64,
    /// How many were lost; never 0.
    pub count: u64,
}

/// Where a batch came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchInfo {
    /// Number of the batch in its arena; the first is 0.
    pub sequence: u64,
    /// Rows, as the writer stated at commit.
    pub rows: u64,
    /// Bytes of the slot.
    pub bytes: u64,
    /// XXH64 of the schema message: equal for equal schemas of one writing language.
    pub fingerprint: u64,
    /// When the batch was committed, by the wall clock.
    pub committed: SystemTime,
    /// What this reader lost just before this batch.
    pub lost: Option<Loss>,
}

impl BatchInfo {
    pub(crate) fn new(batch: &sys::Batch) -> Self {
        Self {
            sequence: batch.sequence,
            rows: batch.rows,
            bytes: batch.length,
            fingerprint: batch.fingerprint,
            committed: SystemTime::UNIX_EPOCH + Duration::from_nanos(batch.commit_ns),
            lost: (batch.lost_count > 0).then_some(Loss { first: batch.lost_first, count: batch.lost_count }),
        }
    }
}
