//! Arrow record batches between processes on one machine, through a ring buffer in POSIX shared memory.

mod arena;
#[cfg(feature = "arrow")]
mod arrow;
mod batch_info;
mod config;
mod error;
mod lease;
mod ring_reader;
mod ring_writer;
mod stats;
mod sys;

pub use arena::{ArenaInfo, ArenaState, ReaderInfo, SharedMemoryArena};
#[cfg(feature = "arrow")]
pub use arrow::{BatchRef, ColumnKey, LeasedBatch, PrimitiveColumn, Reader, Writer};
pub use batch_info::{BatchInfo, Loss};
pub use config::{OnFull, ReadFrom, SharedMemoryConfig};
pub use error::{Error, Result};
pub use lease::Lease;
pub use ring_reader::{Peeked, RingReader};
pub use ring_writer::{Claim, RingWriter};
pub use stats::{ReaderStats, WriterStats};
