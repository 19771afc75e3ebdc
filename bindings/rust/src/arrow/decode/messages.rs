//! The messages of a slot as they were verified: private, without their bodies. Metadata in the ring is never parsed,
//! because a peer can change it at any moment.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_ipc::{Message, MessageHeader};
use arrow_schema::ArrowError;

use super::layout::Layout;

/// Continuation marker and length, before a message's metadata.
const PREFIX: usize = 8;

/// The verified messages, one after the other, of the lengths that the layout says.
#[derive(Clone, Copy)]
pub(crate) struct Messages<'a> {
    bytes: &'a [u8],
    layout: Layout<'a>,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(bytes: &'a [u8], layout: &'a [f64]) -> Self {
        Self { bytes, layout: Layout::new(layout) }
    }

    /// The metadata of the schema message.
    pub(crate) fn schema(&self) -> Option<&'a [u8]> {
        self.all().next()
    }

    /// The metadata of each dictionary batch, then that of the record batch.
    pub(crate) fn with_bodies(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all().skip(1)
    }

    fn all(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Self { mut bytes, layout } = *self;
        let blocks = layout.dictionaries().chain(layout.record_batch()).map(|block| block.metadata().1);
        std::iter::once(layout.schema_length()).chain(blocks).map_while(move |length| {
            let (_, rest) = bytes.split_at_checked(PREFIX)?;
            let (metadata, rest) = rest.split_at_checked(length)?;
            bytes = rest;
            Some(metadata)
        })
    }
}

/// # Errors
///
/// For bytes that are no message.
pub(super) fn message(metadata: &[u8]) -> Result<Message<'_>, ArrowError> {
    arrow_ipc::root_as_message(metadata)
        .map_err(|error| ArrowError::ParseError(format!("the message is refused: {error}")))
}

/// The metadata of the record batch, the last of these messages.
pub(crate) fn custom_metadata(messages: &[u8]) -> Result<HashMap<String, String>, ArrowError> {
    let mut found = HashMap::new();
    let Some(last) = last(messages) else { return Ok(found) };
    let message = message(last)?;
    if message.header_type() == MessageHeader::RecordBatch {
        for pair in message.custom_metadata().into_iter().flatten() {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            found.insert(text(pair.key()), text(pair.value()));
        }
    }
    Ok(found)
}

/// The metadata of the last message, by the lengths in the prefixes.
fn last(mut messages: &[u8]) -> Option<&[u8]> {
    let mut last = None;
    while let Some((prefix, rest)) = messages.split_first_chunk::<PREFIX>() {
        let length = u32::from_le_bytes([prefix[4], prefix[5], prefix[6], prefix[7]]);
        let (metadata, rest) = rest.split_at_checked(length as usize)?;
        (last, messages) = (Some(metadata), rest);
    }
    last
}

/// A panic of arrow-rs as an error. It panics where an array breaks a rule that it has checked, which happens when
/// another program writes into a batch that is being read.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
        Err(ArrowError::ParseError(format!("arrow-rs gave it up: {words}")))
    })
}
