//! The metadata of a message: a flatbuffer that lists the nodes and buffers of its body.

use std::collections::HashMap;

use arrow_ipc::{
    DictionaryBatchBuilder, KeyValue, KeyValueBuilder, MessageBuilder, MessageHeader, MetadataVersion,
    RecordBatchBuilder,
};
use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, Vector, WIPOffset};

use super::body::{Body, padded};

/// Before the length of a message's metadata.
pub(super) const CONTINUATION: [u8; 4] = [0xff; 4];

/// Continuation marker and length.
const PREFIX: usize = 8;

/// What a message is.
pub(crate) enum Kind<'a> {
    /// A record batch, with metadata of its own.
    Batch(Option<&'a HashMap<String, String>>),
    /// The dictionary of this number.
    Dictionary(i64),
}

/// Appends the prefix and the padded metadata of a message to `out`.
pub(crate) fn append(
    out: &mut Vec<u8>,
    builder: &mut FlatBufferBuilder<'static>,
    body: &Body,
    rows: usize,
    kind: Kind,
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
    let (header_type, header) = match kind {
        Kind::Batch(_) => (MessageHeader::RecordBatch, batch.as_union_value()),
        Kind::Dictionary(id) => {
            let mut dictionary = DictionaryBatchBuilder::new(builder);
            dictionary.add_id(id);
            dictionary.add_data(batch);
            dictionary.add_isDelta(false);
            (MessageHeader::DictionaryBatch, dictionary.finish().as_union_value())
        }
    };
    let custom_metadata = match kind {
        Kind::Batch(Some(metadata)) if !metadata.is_empty() => Some(key_values(builder, metadata)),
        _ => None,
    };
    let mut message = MessageBuilder::new(builder);
    message.add_version(MetadataVersion::V5);
    message.add_header_type(header_type);
    message.add_bodyLength(body.length as i64);
    message.add_header(header);
    if let Some(custom_metadata) = custom_metadata {
        message.add_custom_metadata(custom_metadata);
    }
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

/// In the order of the keys, so that equal metadata has equal bytes.
fn key_values<'b>(
    builder: &mut FlatBufferBuilder<'b>,
    metadata: &HashMap<String, String>,
) -> WIPOffset<Vector<'b, ForwardsUOffset<KeyValue<'b>>>> {
    let mut sorted: Vec<_> = metadata.iter().collect();
    sorted.sort_unstable();
    let pairs: Vec<_> = sorted
        .into_iter()
        .map(|(key, value)| {
            let (key, value) = (builder.create_string(key), builder.create_string(value));
            let mut pair = KeyValueBuilder::new(builder);
            pair.add_key(key);
            pair.add_value(value);
            pair.finish()
        })
        .collect();
    builder.create_vector(&pairs)
}
