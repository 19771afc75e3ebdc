use super::{Reader, Writer};
use crate::arena::SharedMemoryArena;
use crate::config::SharedMemoryConfig;
use crate::error::Result;

impl SharedMemoryArena {
    /// Creates an arena and its writer of record batches: [`Writer::create`].
    ///
    /// # Errors
    ///
    /// Those of [`RingWriter::create`](crate::RingWriter::create).
    pub fn create_writer(config: impl Into<SharedMemoryConfig>) -> Result<Writer> {
        Writer::create(config)
    }

    /// Attaches a reader of record batches to an arena: [`Reader::attach`].
    ///
    /// # Errors
    ///
    /// Those of [`RingReader::attach`](crate::RingReader::attach).
    pub fn create_reader(config: impl Into<SharedMemoryConfig>) -> Result<Reader> {
        Reader::attach(config)
    }
}
