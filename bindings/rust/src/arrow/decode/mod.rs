//! From a slot to arrays: nothing is copied, nothing is parsed but numbers that the core has verified.

mod arrays;
mod layout;
mod messages;
mod schema;

pub(crate) use arrays::{Decoded, Decoder};
pub(crate) use layout::Layout;
pub(crate) use messages::{Messages, custom_metadata, guarded};
pub(crate) use schema::{CompiledSchema, SchemaCache};
