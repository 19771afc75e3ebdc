use std::fmt;
use std::task::Poll;
use std::time::Duration;

use arrow_array::RecordBatch;
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
    /// Those of [`Reader::read`]; [`Error::Incompatible`] also for a type that polars does not have: then
    /// [`reader_mut`](Self::reader_mut)`().read()` gives the record batch, and the next `read` goes on behind it.
    pub fn read(&mut self, timeout: impl Into<Option<Duration>>) -> Result<Option<DataFrame>> {
        let batch = self.reader.next_batch(timeout)?.map(Converted::of).transpose()?;
        batch.map(|batch| batch.frame(&mut self.reader)).transpose()
    }

    /// Like [`read`](Self::read), without waiting: [`Poll::Pending`] when nothing is ready.
    ///
    /// # Errors
    ///
    /// Those of `read`, without [`Error::TimedOut`].
    pub fn try_read(&mut self) -> Result<Poll<Option<DataFrame>>> {
        let Poll::Ready(batch) = self.reader.try_next_batch()? else { return Ok(Poll::Pending) };
        let batch = batch.map(Converted::of).transpose()?;
        batch.map(|batch| batch.frame(&mut self.reader)).transpose().map(Poll::Ready)
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

/// A batch that becomes a DataFrame.
pub(crate) struct Converted {
    batch: RecordBatch,
    sequence: u64,
}

impl Converted {
    pub(crate) fn of(batch: BatchRef<'_>) -> Result<Self> {
        let sequence = batch.info().sequence;
        Ok(Self { batch: batch.into_record_batch()?, sequence })
    }

    /// What cannot become one is left with its reader.
    pub(crate) fn frame(self, reader: &mut Reader) -> Result<DataFrame> {
        convert::to_data_frame(&self.batch).map_err(|error| {
            let (arena, sequence) = (reader.name(), self.sequence);
            let refusal = Error::Incompatible(format!(
                "arena \"{arena}\": column \"{}\" of batch {sequence} cannot be a polars column: {}; read() of the \
                 reader of record batches gives it, the next frame is the one behind it",
                error.column, error.why
            ));
            reader.refuse(self.batch);
            refusal
        })
    }
}

/// Every frame until the end. A batch that is refused is an error and iteration goes on behind it; any other error
/// ends it.
impl Iterator for DataFrameReader {
    type Item = Result<DataFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reader.next_with(|reader| {
            let batch = reader.next_batch(None)?.map(Converted::of).transpose()?;
            batch.map(|batch| batch.frame(reader)).transpose()
        })
    }
}

impl std::iter::FusedIterator for DataFrameReader {}

impl fmt::Debug for DataFrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataFrameReader").field("reader", &self.reader).finish()
    }
}
