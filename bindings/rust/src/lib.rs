//! Arrow record batches between processes on one machine, through a ring buffer in POSIX shared memory. One writer,
//! many readers, in Rust, Node.js, Python and C++, in any mix. A batch is read where it was written, nothing is copied
//! on the read side, and back-pressure from the slowest reader reaches the writer's `write()` in another process.
//!
//! ```
//! # #[cfg(feature = "arrow")] {
//! use std::sync::Arc;
//! use std::time::Duration;
//! use arrow_array::{Float64Array, RecordBatch};
//! use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
//!
//! # let name = format!("doc-lib-{}", std::process::id());
//! // In one process:
//! let config = SharedMemoryConfig::new(&name).with_size_mb(100);
//! let mut writer = SharedMemoryArena::create_writer(config)?;
//! # let prices = Arc::new(Float64Array::from(vec![10.5, 11.25])) as _;
//! # let batch = RecordBatch::try_from_iter([("price", prices)]).unwrap();
//! writer.write(&batch)?;
//!
//! // In another:
//! let mut reader = SharedMemoryArena::create_reader(&*name)?;
//! let read = reader.read(Duration::from_secs(5))?.expect("not the end yet");
//! assert_eq!(read, batch);
//!
//! // And in the first: the clean end, which waits for a first reader if none ever came.
//! writer.finish(None)?;
//! # }
//! # Ok::<(), qadataswap::Error>(())
//! ```
//!
//! # Words
//!
//! An *arena* is one named shared-memory segment: one channel. Batches live in its data *ring*, each described by a
//! *slot*; its number is its *sequence*. A writer *claims* bytes, fills them and *commits*. A reader has a *cursor*,
//! and keeps a batch by a *lease*, which ends when the last array, slice or frame that shares its bytes is dropped,
//! on any thread. Holding leases never blocks the writer: when it needs the space, the batch is moved out of the
//! ring, at the same address (*evacuation*). What blocks a writer is only a slow reader, under [`OnFull::Block`].
//!
//! # Features
//!
//! - `arrow` (default): [`Writer`] and [`Reader`] of arrow-rs record batches.
//! - `polars`: [`SharedDataFrame`], DataFrames of polars 0.55 in and out.
//! - `tokio`: the module [`aio`], readers that are streams and writers that wait in the event loop.
//! - `lz4`, `zstd`: reading batches that a writer of another language compressed.
//!
//! Without any feature there are [`RingWriter`] and [`RingReader`]: bytes in and out.
//!
//! # When a process dies
//!
//! The kernel tells the others at once, without time-outs to tune. Readers of a writer that was killed get what it
//! had committed, then [`Error::WriterDied`]; a reader that was killed blocks nobody; the next writer of the name
//! takes a dead arena over. Nothing needs to be cleaned up by hand. Handles do not work in a forked child
//! ([`Error::Forked`]).
//!
//! # What is trusted
//!
//! Numbers in shared memory are not: headers, slots and the Arrow metadata of each batch are verified before they are
//! used (the metadata in a private copy, which is the one that is parsed), and so are the values of columns on which memory safety depends (offsets, views, dictionary indices, UTF-8,
//! validity) before an array is made of them, unless [`SharedMemoryConfig::with_trusted_values`] says otherwise;
//! [`Verify::Values`] is the same pass in the core, over all columns of a batch before it is shown.
//! That the bytes of a committed batch do not change while they are looked at is the protocol's rule, which every
//! writer of this library keeps and the kernel cannot enforce: let only programs that you trust open an arena for
//! writing. Its mode is `0600` unless [`SharedMemoryConfig::with_mode`] widens it.
//!
//! # Logging
//!
//! The core warns on standard error when batches are lost that [`OnFull::Block`] kept for a reader.
//! `QADATASWAP_DEBUG=1` or `QADATASWAP_LOG_LEVEL=DEBUG` in the environment makes it say what it does,
//! `QADATASWAP_LOG_LEVEL=OFF` nothing.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(target_os = "linux"))]
compile_error!("qadataswap needs Linux: its shared memory, mremap and open-file-description locks");

#[cfg(feature = "tokio")]
pub mod aio;
mod arena;
#[cfg(feature = "arrow")]
mod arrow;
mod batch_info;
mod config;
mod error;
#[cfg(feature = "polars")]
mod frames;
mod lease;
mod ring_reader;
mod ring_writer;
mod stats;
mod sys;

pub use arena::{ArenaId, ArenaInfo, ArenaState, ReaderInfo, SharedMemoryArena};
#[cfg(feature = "arrow")]
pub use arrow::{
    BatchRef, ColumnKey, Departure, LeasedBatch, PrimitiveColumn, Reader, WithMetadata, Writable, Writer,
};
pub use batch_info::{BatchInfo, Loss};
#[cfg(feature = "arrow")]
pub use config::Reconnect;
pub use config::{OnFull, ReadFrom, SharedMemoryConfig, Verify};
pub use error::{Error, Result};
#[cfg(feature = "polars")]
pub use frames::{DataFrameReader, SharedDataFrame};
pub use lease::Lease;
pub use ring_reader::{Peeked, RingReader};
pub use ring_writer::{Claim, RingWriter};
pub use stats::{ReaderStats, WriterStats};
