//! The ways to read an arena, all as one.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch};
use arrow_ipc::reader::FileReader;
use futures_core::Stream;
use qadataswap::aio::AsyncReader;
use qadataswap::{BatchInfo, Error, Loss, Reader, Result, RingReader, SharedMemoryConfig};
use tokio::runtime::Runtime;

/// Longer than anything takes; a test that runs into it fails.
pub const SOON: Duration = Duration::from_secs(30);

/// One row of `value`: small enough to be copied at read.
pub fn batch(value: i64) -> RecordBatch {
    rows(value, 1)
}

/// Some 64 KiB of `value`: leased where it lies.
pub fn large_batch(value: i64) -> RecordBatch {
    rows(value, 8192)
}

fn rows(value: i64, count: usize) -> RecordBatch {
    let column = Int64Array::from(vec![value; count]);
    RecordBatch::try_from_iter([("n", Arc::new(column) as _)]).expect("one column")
}

pub fn value_of(batch: &RecordBatch) -> i64 {
    batch.column(0).as_primitive::<Int64Type>().value(0)
}

/// A batch that is kept, and says its value whenever it is asked.
pub type Kept = Box<dyn Fn() -> i64 + Send>;

pub trait Source {
    /// The next batch, `None` at the end.
    fn next(&mut self, timeout: Duration) -> Result<Option<Kept>>;
    /// What was lost before the last batch.
    fn lost(&self) -> Option<Loss>;
    fn close(&mut self);
}

impl dyn Source {
    pub fn value(&mut self) -> Result<Option<i64>> {
        Ok(self.next(SOON)?.map(|kept| kept()))
    }
}

pub struct Surface {
    pub name: &'static str,
    pub open: fn(&SharedMemoryConfig) -> Result<Box<dyn Source>>,
    /// Its waits can be limited.
    pub times_out: bool,
}

pub fn surfaces() -> Vec<Surface> {
    vec![
        Surface { name: "bytes", open: Bytes::open, times_out: true },
        Surface { name: "record batches", open: Batches::open, times_out: true },
        Surface { name: "iteration", open: Iteration::open, times_out: false },
        Surface { name: "leased columns", open: Leased::open, times_out: true },
        Surface { name: "async", open: Async::open, times_out: true },
        Surface { name: "stream", open: Streamed::open, times_out: true },
        #[cfg(feature = "polars")]
        Surface { name: "data frames", open: Frames::open, times_out: true },
        #[cfg(feature = "polars")]
        Surface { name: "async data frames", open: AsyncFrames::open, times_out: true },
    ]
}

fn keep(batch: RecordBatch) -> Kept {
    Box::new(move || value_of(&batch))
}

fn loss_of(info: Option<&BatchInfo>) -> Option<Loss> {
    info.and_then(|info| info.lost)
}

struct Bytes(RingReader, Option<Loss>);

impl Bytes {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(Self(RingReader::attach(config)?, None)))
    }
}

impl Source for Bytes {
    fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
        let Some(peeked) = self.0.peek(timeout)? else { return Ok(None) };
        self.1 = peeked.info().lost;
        let lease = peeked.take()?;
        Ok(Some(Box::new(move || {
            let mut file = FileReader::try_new(Cursor::new(&*lease), None).expect("an Arrow file");
            value_of(&file.next().expect("one batch").expect("a valid batch"))
        })))
    }

    fn lost(&self) -> Option<Loss> {
        self.1
    }

    fn close(&mut self) {
        self.0.close();
    }
}

struct Batches(Reader);

impl Batches {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(Self(Reader::attach(config)?)))
    }
}

impl Source for Batches {
    fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
        Ok(self.0.read(timeout)?.map(keep))
    }

    fn lost(&self) -> Option<Loss> {
        loss_of(self.0.last_info())
    }

    fn close(&mut self) {
        self.0.close();
    }
}

struct Iteration(Reader);

impl Iteration {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(Self(Reader::attach(config)?)))
    }
}

impl Source for Iteration {
    fn next(&mut self, _: Duration) -> Result<Option<Kept>> {
        Ok(self.0.next().transpose()?.map(keep))
    }

    fn lost(&self) -> Option<Loss> {
        loss_of(self.0.last_info())
    }

    fn close(&mut self) {
        self.0.close();
    }
}

struct Leased(Reader);

impl Leased {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(Self(Reader::attach(config)?)))
    }
}

impl Source for Leased {
    fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
        let Some(batch) = self.0.next_batch(timeout)? else { return Ok(None) };
        let in_place = batch.primitive::<Int64Type>("n")?.values()[0];
        let leased = batch.lease()?;
        Ok(Some(Box::new(move || {
            let column = leased.column("n").expect("the column");
            assert_eq!(column.as_primitive::<Int64Type>().value(0), in_place);
            in_place
        })))
    }

    fn lost(&self) -> Option<Loss> {
        loss_of(self.0.last_info())
    }

    fn close(&mut self) {
        self.0.close();
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// `tokio::time::timeout`, in this crate's words.
async fn limited<T>(timeout: Duration, wait: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(timeout, wait).await {
        Ok(result) => result,
        Err(_) => Err(Error::TimedOut(format!("timed out after {timeout:?}"))),
    }
}

struct Async {
    reader: AsyncReader,
    // After what was made in it.
    runtime: Runtime,
}

impl Async {
    fn new(config: &SharedMemoryConfig) -> Result<Self> {
        let runtime = runtime();
        let reader = runtime.block_on(AsyncReader::attach(config))?;
        Ok(Self { reader, runtime })
    }

    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(Self::new(config)?))
    }
}

impl Source for Async {
    fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
        let Self { reader, runtime } = self;
        Ok(runtime.block_on(async { limited(timeout, reader.read()).await })?.map(keep))
    }

    fn lost(&self) -> Option<Loss> {
        loss_of(self.reader.get_ref().last_info())
    }

    fn close(&mut self) {
        self.reader.close();
    }
}

struct Streamed(Async);

impl Streamed {
    fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(Self(Async::new(config)?)))
    }
}

impl Source for Streamed {
    fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
        let Async { reader, runtime } = &mut self.0;
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *reader).poll_next(cx));
        let next = runtime.block_on(async { limited(timeout, async { next.await.transpose() }).await });
        Ok(next?.map(keep))
    }

    fn lost(&self) -> Option<Loss> {
        self.0.lost()
    }

    fn close(&mut self) {
        self.0.close();
    }
}

#[cfg(feature = "polars")]
mod frames {
    use polars_core::frame::DataFrame;
    use qadataswap::{DataFrameReader, SharedDataFrame};

    use super::*;

    fn keep(frame: DataFrame) -> Kept {
        Box::new(move || {
            let column = frame.column("n").expect("the column");
            column.i64().expect("integers").get(0).expect("no null")
        })
    }

    pub struct Frames(DataFrameReader);

    impl Frames {
        pub fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
            Ok(Box::new(Self(SharedDataFrame::create_reader(config)?)))
        }
    }

    impl Source for Frames {
        fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
            Ok(self.0.read(timeout)?.map(keep))
        }

        fn lost(&self) -> Option<Loss> {
            loss_of(self.0.reader().last_info())
        }

        fn close(&mut self) {
            self.0.reader_mut().close();
        }
    }

    pub struct AsyncFrames(Async);

    impl AsyncFrames {
        pub fn open(config: &SharedMemoryConfig) -> Result<Box<dyn Source>> {
            Ok(Box::new(Self(Async::new(config)?)))
        }
    }

    impl Source for AsyncFrames {
        fn next(&mut self, timeout: Duration) -> Result<Option<Kept>> {
            let Async { reader, runtime } = &mut self.0;
            Ok(runtime.block_on(async { limited(timeout, reader.read_frame()).await })?.map(keep))
        }

        fn lost(&self) -> Option<Loss> {
            self.0.lost()
        }

        fn close(&mut self) {
            self.0.close();
        }
    }
}

#[cfg(feature = "polars")]
use frames::{AsyncFrames, Frames};
