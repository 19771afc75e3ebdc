//! What all slots of one schema have in common, made once.

use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_ipc::{Block, MetadataVersion};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use flatbuffers::FlatBufferBuilder;

use super::body::ALIGNMENT;
use super::message::CONTINUATION;

/// A message without metadata.
const END_OF_STREAM: usize = 8;
const MAGIC: &[u8; 6] = b"ARROW1";

pub(crate) struct Template {
    pub(crate) schema: SchemaRef,
    /// Magic and schema message, padded: what the slot starts with.
    pub(crate) head: Vec<u8>,
    /// Footer, its length and the magic: what the slot ends with. The blocks are zero.
    tail: Vec<u8>,
    /// Where the blocks are in `tail`: those of the dictionaries, then that of the record batch.
    blocks: Vec<usize>,
}

fn options() -> IpcWriteOptions {
    IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)
        .expect("an alignment that the format allows")
}

impl Template {
    /// # Errors
    ///
    /// For a type that the format cannot carry.
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, ArrowError> {
        let mut head = FileWriter::try_new_with_options(Vec::new(), schema, options())?;
        let head = std::mem::take(head.get_mut());
        let dictionaries = schema.fields().iter().map(|field| count_dictionaries(field.data_type())).sum();
        let footer = footer(schema, dictionaries);
        let blocks = block_places(&footer);
        let length = i32::try_from(footer.len())
            .map_err(|_| ArrowError::InvalidArgumentError("the schema takes more than 2 GiB".into()))?;
        let tail = [&footer, &length.to_le_bytes()[..], MAGIC].concat();
        Ok(Self { schema: schema.clone(), head, tail, blocks })
    }

    /// Dictionary batches in each slot: one for every dictionary-encoded field.
    pub(crate) fn dictionaries(&self) -> usize {
        self.blocks.len() - 1
    }

    /// Bytes of a slot besides its messages.
    pub(crate) fn overhead(&self) -> usize {
        self.head.len() + END_OF_STREAM + self.tail.len()
    }

    /// Fills the end of the slot.
    pub(crate) fn write_tail(&self, place: &mut [u8], blocks: impl Iterator<Item = Block>) {
        let (end_of_stream, tail) = place.split_at_mut(END_OF_STREAM);
        let (marker, length) = end_of_stream.split_at_mut(CONTINUATION.len());
        marker.copy_from_slice(&CONTINUATION);
        length.fill(0);
        tail.copy_from_slice(&self.tail);
        for (&at, block) in self.blocks.iter().zip(blocks) {
            tail[at..at + size_of::<Block>()].copy_from_slice(&block.0);
        }
    }
}

/// Dictionary-encoded fields in a type. arrow-ipc numbers them from 0, what a dictionary's values hold before it.
fn count_dictionaries(data_type: &DataType) -> usize {
    match data_type {
        DataType::Dictionary(_, values) => 1 + count_dictionaries(values),
        DataType::List(child)
        | DataType::LargeList(child)
        | DataType::ListView(child)
        | DataType::LargeListView(child)
        | DataType::FixedSizeList(child, _)
        | DataType::Map(child, _)
        | DataType::RunEndEncoded(_, child) => count_dictionaries(child.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| count_dictionaries(field.data_type())).sum(),
        DataType::Union(fields, _) => {
            fields.iter().map(|(_, field)| count_dictionaries(field.data_type())).sum()
        }
        _ => 0,
    }
}

/// The footer's flatbuffer, with room for the blocks.
fn footer(schema: &SchemaRef, dictionaries: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let dictionary_blocks = builder.create_vector(&vec![Block::default(); dictionaries]);
    let record_blocks = builder.create_vector(&[Block::default()]);
    let mut tracker = arrow_ipc::writer::DictionaryTracker::new(true);
    let schema = arrow_ipc::convert::IpcSchemaEncoder::new()
        .with_dictionary_tracker(&mut tracker)
        .schema_to_fb_offset(&mut builder, schema);
    let mut footer = arrow_ipc::FooterBuilder::new(&mut builder);
    footer.add_version(MetadataVersion::V5);
    footer.add_schema(schema);
    footer.add_dictionaries(dictionary_blocks);
    footer.add_recordBatches(record_blocks);
    let footer = footer.finish();
    builder.finish(footer, None);
    builder.finished_data().to_vec()
}

/// Where each block lies: a flatbuffer refers to its parts by address, the template needs them by offset.
fn block_places(footer: &[u8]) -> Vec<usize> {
    let parsed = arrow_ipc::root_as_footer(footer).expect("a footer that was just built");
    let blocks =
        parsed.dictionaries().into_iter().flatten().chain(parsed.recordBatches().into_iter().flatten());
    blocks.map(|block| block.0.as_ptr() as usize - footer.as_ptr() as usize).collect()
}
