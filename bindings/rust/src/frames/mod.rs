//! DataFrames of polars.

mod convert;
mod null_arrays;
mod reader;

use std::borrow::Cow;

use arrow_array::RecordBatch;
use polars_core::frame::DataFrame;

use crate::arrow::{Reader, Writable, Writer};
use crate::config::SharedMemoryConfig;
use crate::error::{Error, Result};

#[cfg(feature = "tokio")]
pub(crate) use reader::Converted;
pub use reader::DataFrameReader;

/// Polars DataFrames through an arena.
///
/// ```
/// use std::time::Duration;
/// use polars_core::df;
/// use qadataswap::{SharedDataFrame, SharedMemoryConfig};
///
/// # let name = &*format!("doc-shared-{}", std::process::id());
/// let config = SharedMemoryConfig::new(name).with_size_mb(10);
/// let frame = df!("n" => [1, 2, 3])?;
/// let mut writer = SharedDataFrame::create_writer(&config)?;
/// writer.write(&frame)?;
///
/// let mut reader = SharedDataFrame::create_reader(config)?;
/// let read = reader.read(Duration::from_secs(5))?.expect("not the end yet");
/// assert!(read.equals(&frame));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum SharedDataFrame {}

impl SharedDataFrame {
    /// Creates an arena and its writer, which takes DataFrames (and record batches). One frame is one batch.
    ///
    /// # Errors
    ///
    /// Those of [`RingWriter::create`](crate::RingWriter::create).
    pub fn create_writer(config: impl Into<SharedMemoryConfig>) -> Result<Writer> {
        Writer::create(config)
    }

    /// Attaches a reader of DataFrames to an arena.
    ///
    /// # Errors
    ///
    /// Those of [`RingReader::attach`](crate::RingReader::attach).
    pub fn create_reader(config: impl Into<SharedMemoryConfig>) -> Result<DataFrameReader> {
        Reader::attach(config).map(DataFrameReader::new)
    }
}

/// A frame is one batch; a column of several chunks is copied into one first. Strings are written as views, as
/// polars holds them.
impl Writable for DataFrame {
    fn to_record_batch(&self) -> Result<Cow<'_, RecordBatch>> {
        let batch = convert::to_record_batch(self);
        batch.map(Cow::Owned).map_err(|error| {
            Error::InvalidArgument(format!(
                "column \"{}\" of the DataFrame cannot be written as Arrow: {}",
                error.column, error.why
            ))
        })
    }
}
