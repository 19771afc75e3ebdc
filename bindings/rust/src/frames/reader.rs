use std::fmt;
use std::task::Poll;
use std::time::Duration;

use polars_core::frame::DataFrame;

use super::convert;
use crate::arrow::{BatchRef, Reader};
use crate::error::{Error, Result};

/// Reads the batches of an arena as polars DataFrames. Columns of types that polars keeps as Arrow does (numbers,
/// booleans, dates and times, string views) are read in place: their memory is the ring's, and the lease is the
/// frame's, its columns' and whatever else shares their memory. Other types are converted by polars: strings with
/// offsets get views, 32-bit list offsets 64-bit ones, and dictionaries become categoricals.
///
/// A frame larger than the ring comes in parts.
///
/// ```
/// use polars_core::df;
/// use qadataswap::SharedDataFrame;
///
/// # let name = &*format!("doc-frames-{}", std::process::id());
/// let mut writer = SharedDataFrame::create_writer(name)?;
/// let reader = SharedDataFrame::create_reader(name)?;
/// let frame = df!("symbol" => ["600519", "000001"], "price" => [1413.0, 11.2])?;
/// writer.write(&frame)?;
/// writer.end()?;
/// for read in reader {
///     assert!(read?.equals(&frame));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DataFrameReader {
    reader: Reader,
}

impl DataFrameReader {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The next frame, or `None` at the end: the writer ended the arena and all was read. Waits, for ever without
    /// a time-out.
    ///
    /// # Errors
    ///
    /// Those of [`Reader::read`]; [`Error::Incompatible`] also for a type that polars does not have: the batch is
    /// skipped.
    pub fn read(&mut self, timeout: impl Into<Option<Duration>>) -> Result<Option<DataFrame>> {
        self.reader.next_batch(timeout)?.map(data_frame).transpose()
    }

    /// Like [`read`](Self::read), without waiting: [`Poll::Pending`] when nothing is ready.
    ///
    /// # Errors
    ///
    /// Those of `read`, without [`Error::TimedOut`].
    pub fn try_read(&mut self) -> Result<Poll<Option<DataFrame>>> {
        match self.reader.try_next_batch()? {
            Poll::Ready(batch) => Ok(Poll::Ready(batch.map(data_frame).transpose()?)),
            Poll::Pending => Ok(Poll::Pending),
        }
    }

    /// The reader of record batches below: counters, lag, where the last batch came from.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The reader of record batches below, to read from it or close it.
    pub fn reader_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}

/// The batch as a DataFrame.
pub(crate) fn data_frame(batch: BatchRef<'_>) -> Result<DataFrame> {
    let (sequence, arena) = (batch.info().sequence, batch.arena());
    let batch = batch.into_record_batch()?;
    convert::to_data_frame(&batch).map_err(|error| {
        Error::Incompatible(format!(
            "arena \"{arena}\": column \"{}\" of batch {sequence} cannot be a polars column: {}; the batch is skipped",
            error.column, error.why
        ))
    })
}

/// Every frame until the end. A batch that is refused is an error and iteration goes on behind it; any other error
/// ends it.
impl Iterator for DataFrameReader {
    type Item = Result<DataFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reader.next_with(|reader| reader.next_batch(None)?.map(data_frame).transpose())
    }
}

impl std::iter::FusedIterator for DataFrameReader {}

impl fmt::Debug for DataFrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataFrameReader").field("reader", &self.reader).finish()
    }
}
