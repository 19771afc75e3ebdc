//! One batch that was read: first borrowed from the reader, then, if it is to be kept, leased.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, PrimitiveArray, RecordBatch};
use arrow_buffer::Buffer;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::column::{ColumnKey, PrimitiveColumn};
use super::decode::{CompiledSchema, Decoded, Decoder, Layout, Messages, custom_metadata, guarded};
use crate::batch_info::BatchInfo;
use crate::error::{Error, Result};
use crate::ring_reader::Peeked;

/// The next batch, borrowed from its reader: nothing is made of it until it is asked for. Dropping it goes on to
/// the next one and gives the space back.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{Float64Array, RecordBatch, types::Float64Type};
/// use qadataswap::SharedMemoryArena;
///
/// # let name = &*format!("doc-batch-{}", std::process::id());
/// let mut writer = SharedMemoryArena::create_writer(name)?;
/// let mut reader = SharedMemoryArena::create_reader(name)?;
/// # let prices = Arc::new(Float64Array::from(vec![10.5, 11.25])) as _;
/// writer.write(&RecordBatch::try_from_iter([("price", prices)])?)?;
///
/// let batch = reader.next_batch(None)?.expect("not the end yet");
/// assert_eq!(batch.primitive::<Float64Type>("price")?.get(1), Some(11.25));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BatchRef<'r> {
    /// Absent only while the batch is turned into something else.
    peeked: Option<Peeked<'r>>,
    schema: &'r Arc<CompiledSchema>,
    context: &'r ReadContext,
}

/// What a reader gives to everything that it reads.
#[derive(Clone, Default)]
pub(crate) struct ReadContext {
    pub(crate) name: Arc<str>,
    pub(crate) trusted: bool,
    /// Instead of messages that nobody needs.
    pub(crate) nothing: Arc<[u8]>,
    /// Bytes that were copied to align them.
    pub(crate) copied: Arc<AtomicU64>,
}

impl<'r> BatchRef<'r> {
    pub(crate) fn new(peeked: Peeked<'r>, schema: &'r Arc<CompiledSchema>, context: &'r ReadContext) -> Self {
        Self { peeked: Some(peeked), schema, context }
    }

    fn peeked(&self) -> &Peeked<'r> {
        self.peeked.as_ref().expect("a batch has its bytes until it is consumed")
    }

    /// Where the batch came from.
    pub fn info(&self) -> BatchInfo {
        self.peeked().info()
    }

    /// The arena's name.
    pub fn arena(&self) -> &'r str {
        &self.context.name
    }

    /// The slot: a complete Arrow IPC file.
    pub fn bytes(&self) -> &[u8] {
        self.peeked()
    }

    /// Rows.
    pub fn num_rows(&self) -> usize {
        Layout::new(self.peeked().layout()).rows()
    }

    /// The batch's schema; the same object for batches of the same schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema.schema
    }

    /// The `custom_metadata` that the writer gave to this batch alone; empty without any.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for metadata that is no text.
    pub fn custom_metadata(&self) -> Result<HashMap<String, String>> {
        custom_metadata(self.peeked().messages()).map_err(|error| {
            let sequence = self.info().sequence;
            Error::Corrupt(format!("arena \"{}\": batch {sequence}: {error}", self.context.name))
        })
    }

    /// A column of numbers, dates, times or decimals where it lies: the fastest way to single values.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] when there is no such column or it is of another type;
    /// [`Error::Incompatible`] when the batch is compressed, or the column is not aligned for `T`, as happens
    /// with 128-bit numbers from other languages: [`lease`](Self::lease) and its arrays can do that.
    pub fn primitive<T: ArrowPrimitiveType>(&self, column: impl ColumnKey) -> Result<PrimitiveColumn<'_, T>> {
        let index = column_index(&self.context.name, &self.schema.schema, &column)?;
        let compiled = &self.schema.columns[index];
        if !PrimitiveArray::<T>::is_compatible(&compiled.data_type) {
            return Err(Error::InvalidArgument(format!(
                "arena \"{}\": column {column:?} is of type {}, not {}",
                self.context.name,
                compiled.data_type,
                T::DATA_TYPE
            )));
        }
        let peeked = self.peeked();
        let layout = Layout::new(peeked.layout());
        let incompatible = |why| {
            Error::Incompatible(format!(
                "arena \"{}\": column {column:?} of batch {} cannot be looked at in place: {why}; use lease()",
                self.context.name,
                peeked.info().sequence
            ))
        };
        let block = layout.record_batch().ok_or_else(|| incompatible("its slot has no layout"))?;
        if block.is_compressed() {
            return Err(incompatible("the batch is compressed"));
        }
        let start = self.schema.starts[index];
        let views: usize = (0..start.view).filter_map(|view| block.variadic_count(view)).sum();
        let bytes = |index| {
            let (offset, length) = block.buffer(index)?;
            peeked.get(offset..offset.checked_add(length)?)
        };
        let found = block.node(start.node).and_then(|node| {
            let first = start.buffer + views;
            Some((node, bytes(first)?, bytes(first + 1)?))
        });
        let Some(((rows, null_count), validity, values)) = found else {
            return Err(incompatible("its layout does not match its schema"));
        };
        // SAFETY: every pattern of bits is a value of a native type of Arrow; `align_to` sees to the alignment.
        let (before, values, _) = unsafe { values.align_to::<T::Native>() };
        if !before.is_empty() || values.len() < rows {
            return Err(incompatible("it is not aligned for this type"));
        }
        let validity = (null_count > 0).then_some(validity);
        if validity.is_some_and(|bits| bits.len() < rows.div_ceil(8)) {
            return Err(incompatible("its layout does not match its schema"));
        }
        Ok(PrimitiveColumn::new(&values[..rows], validity))
    }

    /// Keeps the batch: its bytes stay as long as what this returns and every array made of it. Batches below the
    /// lease threshold (32 KiB) are copied.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] when there is no memory for the copy, [`Error::Forked`].
    pub fn lease(mut self) -> Result<LeasedBatch> {
        let Taken { info, layout, slot, messages } = self.take_slot()?;
        Ok(LeasedBatch {
            slot,
            layout: layout.into(),
            messages,
            schema: self.schema.clone(),
            context: self.context.clone(),
            info,
        })
    }

    /// All of it as arrays.
    ///
    /// # Errors
    ///
    /// Those of [`lease`](Self::lease) and [`LeasedBatch::record_batch`].
    pub fn into_record_batch(mut self) -> Result<RecordBatch> {
        let Taken { info, layout, slot, messages } = self.take_slot()?;
        let (schema, context) = (self.schema, self.context);
        Leased { layout, slot: &slot, messages: &messages, schema, context, info: &info }.record_batch()
    }

    fn take_slot(&mut self) -> Result<Taken<'r>> {
        let peeked = self.peeked.take().expect("a batch has its bytes until it is consumed");
        let (info, layout) = (peeked.info(), peeked.layout());
        let messages = if Layout::new(layout).is_compressed() { peeked.messages() } else { &[] };
        let messages = if messages.is_empty() { self.context.nothing.clone() } else { messages.into() };
        let lease = peeked.take()?;
        let (data, length) = (lease.data(), lease.len());
        // SAFETY: the lease keeps these bytes valid and unchanged, and the buffer owns it.
        let slot = unsafe { Buffer::from_custom_allocation(data, length, Arc::new(lease)) };
        Ok(Taken { info, layout, slot, messages })
    }
}

/// A slot that was leased.
struct Taken<'r> {
    info: BatchInfo,
    layout: &'r [f64],
    /// Owns the lease.
    slot: Buffer,
    /// As they were verified, if they are needed later.
    messages: Arc<[u8]>,
}

impl fmt::Debug for BatchRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchRef").field("info", &self.info()).finish_non_exhaustive()
    }
}

impl Drop for BatchRef<'_> {
    fn drop(&mut self) {
        if let Some(peeked) = self.peeked.take() {
            // Fails in a forked child only, where the handle fails at its next use too.
            let _ = peeked.advance();
        }
    }
}

/// A batch that is kept, of which columns are made arrays when they are asked for. Its bytes, and those of the
/// arrays, stay valid whatever becomes of the reader and the arena.
#[derive(Clone)]
pub struct LeasedBatch {
    slot: Buffer,
    layout: Arc<[f64]>,
    messages: Arc<[u8]>,
    schema: Arc<CompiledSchema>,
    context: ReadContext,
    info: BatchInfo,
}

impl LeasedBatch {
    /// Where the batch came from.
    pub fn info(&self) -> &BatchInfo {
        &self.info
    }

    /// Rows.
    pub fn num_rows(&self) -> usize {
        Layout::new(&self.layout).rows()
    }

    /// The batch's schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema.schema
    }

    /// The slot: a complete Arrow IPC file. Clones of the buffer keep the lease.
    pub fn slot(&self) -> &Buffer {
        &self.slot
    }

    /// One column as an array over the leased bytes. Its values are checked first, if its type has any that
    /// can be wrong, unless the reader [trusts them](crate::SharedMemoryConfig::with_trusted_values).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] when there is no such column, [`Error::Corrupt`] for invalid values,
    /// [`Error::Incompatible`] for a compression that this crate was built without.
    pub fn column(&self, column: impl ColumnKey) -> Result<ArrayRef> {
        let index = column_index(&self.context.name, &self.schema.schema, &column)?;
        self.leased().column(index)
    }

    /// All columns.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for invalid values, [`Error::Incompatible`] for a compression that this crate was
    /// built without.
    pub fn record_batch(&self) -> Result<RecordBatch> {
        self.leased().record_batch()
    }

    fn leased(&self) -> Leased<'_> {
        let Self { slot, layout, messages, schema, context, info } = self;
        Leased { layout, slot, messages, schema, context, info }
    }
}

/// A leased slot, of which arrays are made.
struct Leased<'a> {
    layout: &'a [f64],
    /// Owns the lease.
    slot: &'a Buffer,
    /// As they were verified; empty if nothing is compressed.
    messages: &'a [u8],
    schema: &'a CompiledSchema,
    context: &'a ReadContext,
    info: &'a BatchInfo,
}

impl Leased<'_> {
    fn column(&self, index: usize) -> Result<ArrayRef> {
        let decoder = self.decoder()?;
        self.account(guarded(|| decoder.column(index)))
    }

    fn record_batch(&self) -> Result<RecordBatch> {
        let decoder = self.decoder()?;
        self.account(guarded(|| decoder.record_batch()))
    }

    fn decoder(&self) -> Result<Decoder<'_>> {
        let layout = Layout::new(self.layout);
        if let Some(codec) = layout.missing_codec() {
            return Err(Error::Incompatible(format!(
                "arena \"{}\": batch {} is compressed with {codec}: build the crate qadataswap with its feature \
                 `{codec}`; the batch is skipped",
                self.context.name, self.info.sequence
            )));
        }
        let messages = Messages::new(self.messages, self.layout);
        Ok(Decoder { schema: self.schema, layout, slot: self.slot, messages, trusted: self.context.trusted })
    }

    fn account<T>(&self, decoded: std::result::Result<Decoded<T>, ArrowError>) -> Result<T> {
        let decoded = decoded.map_err(|error| {
            Error::Corrupt(format!(
                "arena \"{}\": batch {} is refused: {error}; the batch is skipped",
                self.context.name, self.info.sequence
            ))
        })?;
        if decoded.copied > 0 {
            self.context.copied.fetch_add(decoded.copied, Ordering::Relaxed);
        }
        Ok(decoded.value)
    }
}

impl fmt::Debug for LeasedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedBatch").field("info", &self.info).finish_non_exhaustive()
    }
}

fn column_index(arena: &str, schema: &Schema, column: &impl ColumnKey) -> Result<usize> {
    column.index_in(schema).ok_or_else(|| {
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        Error::InvalidArgument(format!(
            "arena \"{arena}\": the batch has no column {column:?}; it has {}: {}",
            names.len(),
            names.join(", ")
        ))
    })
}
