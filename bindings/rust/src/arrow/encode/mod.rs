//! From arrays to a slot: the exact size first, then every byte straight to its place in the ring, copied once. The
//! bytes are those that arrow-ipc's file writer produces for one batch.

mod body;
mod compact;
mod message;
mod split;
mod template;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_data::ArrayData;
use arrow_ipc::Block;
use arrow_schema::{ArrowError, DataType, SchemaRef};
use flatbuffers::FlatBufferBuilder;

use body::Body;
use message::Kind;
pub(crate) use split::split;
use template::Template;

use crate::error::Error;

/// Rows that every language reads in one batch.
pub(crate) const MAX_ROWS: usize = i32::MAX as usize;

const MAX_TEMPLATES: usize = 8;

/// Plans and writes slots; keeps what batches of one schema have in common, and its memory.
#[derive(Default)]
pub(crate) struct Encoder {
    /// Of the schemas that were written last, the latest first.
    templates: Vec<Template>,
    builder: FlatBufferBuilder<'static>,
    /// The dictionaries' bodies, then the record batch's; those behind are kept for their memory.
    bodies: Vec<Body>,
    /// Prefixes and metadata of the messages, one after the other.
    metadata: Vec<u8>,
    /// Where each message's metadata ends.
    metadata_ends: Vec<usize>,
}

/// A batch whose place in a slot is known. Refers to its buffers until it is dropped.
pub(crate) struct Plan<'e> {
    encoder: &'e mut Encoder,
    rows: usize,
    length: usize,
}

impl Encoder {
    /// # Errors
    ///
    /// For a type that the format cannot carry.
    pub(crate) fn plan(
        &mut self,
        batch: &RecordBatch,
        metadata: Option<&HashMap<String, String>>,
    ) -> Result<Plan<'_>, ArrowError> {
        let template = self.use_template(batch.schema_ref())?;
        let (dictionaries, overhead) = (template.dictionaries(), template.overhead());
        let mut plan = Plan { encoder: self, rows: batch.num_rows(), length: overhead };
        if dictionaries > 0 {
            let mut id = 0;
            for column in batch.columns() {
                plan.add_dictionaries(&column.to_data(), &mut id);
            }
        }
        plan.add_message(batch.num_rows(), Kind::Batch(metadata), |body| {
            batch.columns().iter().for_each(|column| body.add(&column.to_data()));
        });
        Ok(plan)
    }

    fn use_template(&mut self, schema: &SchemaRef) -> Result<&Template, ArrowError> {
        let known = &mut self.templates;
        let found = known.iter().position(|template| Arc::ptr_eq(&template.schema, schema));
        match found.or_else(|| known.iter().position(|template| template.schema == *schema)) {
            Some(index) => known[..=index].rotate_right(1),
            None => {
                known.truncate(MAX_TEMPLATES - 1);
                known.insert(0, Template::new(schema)?);
            }
        }
        Ok(self.template())
    }

    fn template(&self) -> &Template {
        &self.templates[0]
    }
}

impl Plan<'_> {
    /// Bytes of the slot.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of the dictionaries, which every part of a batch carries.
    pub(crate) fn dictionary_bytes(&self) -> usize {
        let dictionaries = self.encoder.metadata_ends.len() - 1;
        self.encoder.bodies[..dictionaries].iter().map(|body| body.length).sum()
    }

    /// A message for each dictionary in `array`, in the order in which the schema numbers them.
    fn add_dictionaries(&mut self, array: &ArrayData, id: &mut i64) {
        array.child_data().iter().for_each(|child| self.add_dictionaries(child, id));
        if let DataType::Dictionary(..) = array.data_type() {
            let values = &array.child_data()[0];
            self.add_message(values.len(), Kind::Dictionary(*id), |body| body.add(values));
            *id += 1;
        }
    }

    fn add_message(&mut self, rows: usize, kind: Kind, fill: impl FnOnce(&mut Body)) {
        let Encoder { builder, bodies, metadata, metadata_ends, .. } = &mut *self.encoder;
        let index = metadata_ends.len();
        if bodies.len() == index {
            bodies.push(Body::default());
        }
        let body = &mut bodies[index];
        fill(body);
        let start = metadata.len();
        message::append(metadata, builder, body, rows, kind);
        metadata_ends.push(metadata.len());
        self.length += metadata.len() - start + body.length;
    }

    /// Fills the slot, which is of the planned length.
    pub(crate) fn write_to(&self, slot: &mut [u8]) {
        assert_eq!(slot.len(), self.length, "the slot has the planned length");
        let template = self.encoder.template();
        let (head, mut place) = slot.split_at_mut(template.head.len());
        head.copy_from_slice(&template.head);
        let mut start = 0;
        for (&end, body) in self.encoder.metadata_ends.iter().zip(&self.encoder.bodies) {
            let (metadata, rest) = place.split_at_mut(end - start);
            metadata.copy_from_slice(&self.encoder.metadata[start..end]);
            let (bytes, rest) = rest.split_at_mut(body.length);
            body.write_to(bytes);
            place = rest;
            start = end;
        }
        template.write_tail(place, self.blocks());
    }

    /// Where the messages are, for the footer.
    fn blocks(&self) -> impl Iterator<Item = Block> {
        let messages = self.encoder.metadata_ends.iter().zip(&self.encoder.bodies);
        let start = (self.encoder.template().head.len(), 0);
        messages.scan(start, |(offset, metadata_start), (&end, body)| {
            let metadata = end - *metadata_start;
            let block = Block::new(*offset as i64, metadata as i32, body.length as i64);
            *offset += metadata + body.length;
            *metadata_start = end;
            Some(block)
        })
    }
}

impl Drop for Plan<'_> {
    fn drop(&mut self) {
        self.encoder.bodies.iter_mut().for_each(Body::clear);
        self.encoder.metadata.clear();
        self.encoder.metadata_ends.clear();
    }
}

/// What to tell when arrow-rs cannot write a batch.
pub(crate) fn unwritable(arena: &str) -> impl Fn(ArrowError) -> Error + use<'_> {
    move |error| {
        Error::InvalidArgument(format!(
            "arena \"{arena}\": the batch cannot be written as Arrow IPC: {error}"
        ))
    }
}
