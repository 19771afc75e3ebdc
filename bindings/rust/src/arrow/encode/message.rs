//! The metadata of a message: a flatbuffer that lists the nodes and buffers of its body.

use arrow_ipc::{DictionaryBatchBuilder, MessageBuilder, MessageHeader, MetadataVersion, RecordBatchBuilder};
use flatbuffers::FlatBufferBuilder;

use super::body::{Body, padded};

/// Before the length of a message's metadata.
pub(super) const CONTINUATION: [u8; 4] = [0xff; 4];

/// Continuation marker and length.
const PREFIX: usize = 8;

/// Appends the prefix and the padded metadata of a record batch, or of the dictionary `id`, to `out`.
pub(crate) fn append(
    out: &mut Vec<u8>,
    builder: &mut FlatBufferBuilder<'static>,
    body: &Body,
    rows: usize,
    dictionary_id: Option<i64>,
) {
    builder.reset();
    let buffers = builder.create_vector(&body.buffers);
    let nodes = builder.create_vector(&body.nodes);
    let variadic_counts =
        (!body.variadic_counts.is_empty()).then(|| builder.create_vector(&body.variadic_counts));
    let mut batch = RecordBatchBuilder::new(builder);
    batch.add_length(rows as i64);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    if let Some(counts) = variadic_counts {
        batch.add_variadicBufferCounts(counts);
    }
    let batch = batch.finish();
    let (kind, header) = match dictionary_id {
        None => (MessageHeader::RecordBatch, batch.as_union_value()),
        Some(id) => {
            let mut dictionary = DictionaryBatchBuilder::new(builder);
            dictionary.add_id(id);
            dictionary.add_data(batch);
            dictionary.add_isDelta(false);
            (MessageHeader::DictionaryBatch, dictionary.finish().as_union_value())
        }
    };
    let mut message = MessageBuilder::new(builder);
    message.add_version(MetadataVersion::V5);
    message.add_header_type(kind);
    message.add_bodyLength(body.length as i64);
    message.add_header(header);
    let message = message.finish();
    builder.finish(message, None);

    let metadata = builder.finished_data();
    let start = out.len();
    let end = start + padded(PREFIX + metadata.len());
    out.extend_from_slice(&CONTINUATION);
    out.extend_from_slice(&((end - start - PREFIX) as i32).to_le_bytes());
    out.extend_from_slice(metadata);
    out.resize(end, 0);
}
