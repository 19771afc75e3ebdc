//! Arrays over the bytes of a slot, from its layout words. The arrays' buffers are slices of one buffer that owns
//! the lease.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, ArrowPrimitiveType, PrimitiveArray, RecordBatch, RecordBatchOptions, downcast_primitive,
    make_array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_data::{ArrayData, ArrayDataBuilder};
use arrow_ipc::MetadataVersion;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_schema::{ArrowError, DataType, UnionMode};

use super::layout::{Block, Layout};
use super::messages::{Messages, message};
use super::schema::{Column, CompiledSchema, Position, fixed_buffers, is_view};

/// How deep dictionaries may hold dictionaries: a schema that refers to itself must not recurse for ever.
const MAX_DICTIONARY_DEPTH: usize = 16;

/// One leased slot, ready to be made arrays of.
pub(crate) struct Decoder<'a> {
    pub(crate) schema: &'a CompiledSchema,
    pub(crate) layout: Layout<'a>,
    /// The whole slot; owns the lease.
    pub(crate) slot: &'a Buffer,
    /// Needed only for what is compressed.
    pub(crate) messages: Messages<'a>,
    /// Skip the checks of values. Set through an `unsafe` function only.
    pub(crate) trusted: bool,
}

/// The arrays, and how many bytes were copied for them because they were not aligned as this language needs.
pub(crate) struct Decoded<T> {
    pub(crate) value: T,
    pub(crate) copied: u64,
}

type Result<T> = std::result::Result<T, ArrowError>;

impl Decoder<'_> {
    pub(crate) fn record_batch(&self) -> Result<Decoded<RecordBatch>> {
        if self.layout.is_compressed() {
            return self.decompressed().map(|value| Decoded { value, copied: 0 });
        }
        let block = self.record_block()?;
        let mut copied = 0;
        let mut columns = Vec::with_capacity(self.schema.columns.len());
        let mut arrays = self.arrays(block, Position::default(), 0);
        for column in &self.schema.columns {
            columns.push(arrays.next_array(column)?);
        }
        copied += arrays.copied;
        Ok(Decoded { value: self.assemble(columns)?, copied })
    }

    pub(crate) fn column(&self, index: usize) -> Result<Decoded<ArrayRef>> {
        if self.layout.is_compressed() {
            let batch = self.decompressed()?;
            return Ok(Decoded { value: batch.column(index).clone(), copied: 0 });
        }
        let block = self.record_block()?;
        let mut arrays = self.arrays(block, self.schema.starts[index], 0);
        let value = arrays.next_array(&self.schema.columns[index])?;
        Ok(Decoded { value, copied: arrays.copied })
    }

    fn assemble(&self, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
        let schema = self.schema.schema.clone();
        let rows = self.layout.rows();
        if self.trusted {
            // SAFETY: whoever set `trusted` promised valid batches; the core checked lengths against the schema.
            return Ok(unsafe { RecordBatch::new_unchecked(schema, columns, rows) });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, columns, &options)
    }

    fn record_block(&self) -> Result<Block<'_>> {
        self.layout.record_batch().ok_or_else(malformed)
    }

    fn arrays<'a>(&'a self, block: Block<'a>, start: Position, depth: usize) -> Arrays<'a> {
        let views_before = (0..start.view).map(|view| block.variadic_count(view).unwrap_or(0));
        let buffer = start.buffer + views_before.sum::<usize>();
        Arrays { decoder: self, block, node: start.node, buffer, view: start.view, copied: 0, depth }
    }

    /// Compressed bodies are what arrow-ipc is for. It validates what comes out, trusted or not.
    fn decompressed(&self) -> Result<RecordBatch> {
        let schema = &self.schema.schema;
        let mut dictionaries = HashMap::new();
        let blocks = self.layout.dictionaries().chain(self.layout.record_batch());
        for (metadata, block) in self.messages.with_bodies().zip(blocks) {
            let message = message(metadata)?;
            let version = message.version();
            let (start, length) = block.body();
            if start.checked_add(length).is_none_or(|end| end > self.slot.len()) {
                return Err(malformed());
            }
            let body = self.slot.slice_with_length(start, length);
            if let Some(dictionary) = message.header_as_dictionary_batch() {
                read_dictionary(&body, dictionary, schema, &mut dictionaries, &version)?;
            } else if let Some(batch) = message.header_as_record_batch() {
                return read_record_batch(&body, batch, schema.clone(), &dictionaries, None, &version);
            }
        }
        Err(malformed())
    }
}

/// Walks the nodes and buffers of one message in the order of its columns.
struct Arrays<'a> {
    decoder: &'a Decoder<'a>,
    block: Block<'a>,
    node: usize,
    buffer: usize,
    view: usize,
    copied: u64,
    depth: usize,
}

impl Arrays<'_> {
    fn next_buffer(&mut self) -> Result<Buffer> {
        let (offset, length) = self.block.buffer(self.buffer).ok_or_else(malformed)?;
        self.buffer += 1;
        let slot = self.decoder.slot;
        if offset.checked_add(length).is_none_or(|end| end > slot.len()) {
            return Err(malformed());
        }
        Ok(slot.slice_with_length(offset, length))
    }

    fn next_array(&mut self, column: &Column) -> Result<ArrayRef> {
        macro_rules! primitive {
            ($type:ty) => {
                self.next_primitive::<$type>(&column.data_type)?
            };
        }
        // Most columns are of these types, and go without the detour through generic data.
        let primitive = downcast_primitive! {
            &column.data_type => (primitive),
            _ => None,
        };
        match primitive {
            Some(array) => Ok(array),
            None => Ok(make_array(self.next(column)?)),
        }
    }

    /// None, and nothing is passed, if the values are not aligned for `T`.
    fn next_primitive<T: ArrowPrimitiveType>(&mut self, data_type: &DataType) -> Result<Option<ArrayRef>> {
        let (length, null_count) = self.block.node(self.node).ok_or_else(malformed)?;
        let validity = self.next_buffer()?;
        let values = self.next_buffer()?;
        if values.as_ptr().align_offset(align_of::<T::Native>()) != 0 {
            self.buffer -= 2;
            return Ok(None);
        }
        if values.len() / size_of::<T::Native>() < length {
            return Err(malformed());
        }
        self.node += 1;
        let nulls = if null_count > 0 { Some(self.nulls(validity, length, null_count)?) } else { None };
        let array = PrimitiveArray::<T>::try_new(ScalarBuffer::new(values, 0, length), nulls)?;
        Ok(Some(Arc::new(array.with_data_type(data_type.clone()))))
    }

    fn nulls(&self, validity: Buffer, length: usize, null_count: usize) -> Result<NullBuffer> {
        if validity.len() < length.div_ceil(8) {
            return Err(malformed());
        }
        let bits = BooleanBuffer::new(validity, 0, length);
        if self.decoder.trusted {
            // SAFETY: whoever set `trusted` promised that the counts are right.
            return Ok(unsafe { NullBuffer::new_unchecked(bits, null_count) });
        }
        let nulls = NullBuffer::new(bits);
        if nulls.null_count() == null_count {
            return Ok(nulls);
        }
        Err(ArrowError::InvalidArgumentError(format!(
            "null_count value ({null_count}) doesn't match actual number of nulls in array ({})",
            nulls.null_count()
        )))
    }

    fn next(&mut self, column: &Column) -> Result<ArrayData> {
        let (length, null_count) = self.block.node(self.node).ok_or_else(malformed)?;
        self.node += 1;
        let data_type = &column.data_type;
        let mut array = ArrayDataBuilder::new(data_type.clone()).len(length);

        let version = self.decoder.schema.version;
        let mut buffers = fixed_buffers(data_type, version);
        match data_type {
            DataType::Null | DataType::RunEndEncoded(..) => {}
            DataType::Union(_, mode) => {
                if version < MetadataVersion::V5 {
                    self.next_buffer()?;
                }
                buffers = if *mode == UnionMode::Dense { 2 } else { 1 };
            }
            _ => {
                let validity = self.next_buffer()?;
                if null_count > 0 {
                    array = array.null_bit_buffer(Some(validity)).null_count(null_count);
                }
                buffers -= 1;
            }
        }
        if is_view(data_type) {
            buffers += self.block.variadic_count(self.view).ok_or_else(malformed)?;
            self.view += 1;
        }
        for _ in 0..buffers {
            array = array.add_buffer(self.next_buffer()?);
        }
        if let (Some(id), [values]) = (column.dictionary_id, &*column.children) {
            array = array.add_child_data(self.dictionary(id, values)?);
        } else {
            for child in &column.children {
                array = array.add_child_data(self.next(child)?);
            }
        }
        self.build(array)
    }

    fn build(&mut self, array: ArrayDataBuilder) -> Result<ArrayData> {
        // Other languages align to 8 bytes; 128-bit numbers and views need 16 here.
        let mut array = array.align_buffers(true);
        if self.decoder.trusted {
            // SAFETY: whoever set `trusted` promised valid values; the core checked the bounds.
            array = unsafe { array.skip_validation(true) };
        }
        let data = array.build()?;
        let slot = self.decoder.slot.as_ptr_range();
        let copies = data.buffers().iter().filter(|buffer| !slot.contains(&buffer.as_ptr()));
        self.copied += copies.map(|buffer| buffer.len() as u64).sum::<u64>();
        Ok(data)
    }

    /// The values of a dictionary, deltas appended. The specification allows to leave a dictionary out that no
    /// index refers to.
    fn dictionary(&mut self, id: i64, values: &Column) -> Result<ArrayData> {
        let decoder = self.decoder;
        if self.depth == MAX_DICTIONARY_DEPTH {
            return Err(ArrowError::ParseError("dictionaries are nested too deeply".into()));
        }
        let mut parts = Vec::with_capacity(1);
        for block in decoder.layout.dictionaries().filter(|block| block.dictionary_id() == id) {
            if !block.is_delta() {
                parts.clear();
            }
            let mut arrays = decoder.arrays(block, Position::default(), self.depth + 1);
            parts.push(arrays.next(values)?);
            self.copied += arrays.copied;
        }
        match parts.len() {
            0 => Ok(ArrayData::new_empty(&values.data_type)),
            1 => Ok(parts.remove(0)),
            _ => {
                let arrays: Vec<ArrayRef> = parts.into_iter().map(make_array).collect();
                let arrays: Vec<_> = arrays.iter().map(AsRef::as_ref).collect();
                let whole = arrow_select::concat::concat(&arrays)?.to_data();
                self.copied += whole.get_slice_memory_size()? as u64;
                Ok(whole)
            }
        }
    }
}

#[cold]
fn malformed() -> ArrowError {
    ArrowError::ParseError("the slot's layout does not match its schema".into())
}
