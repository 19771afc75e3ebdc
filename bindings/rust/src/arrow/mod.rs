//! Record batches of arrow-rs.

mod arena;
mod batch;
mod column;
mod decode;
mod encode;
mod reader;
mod reconnect;
#[cfg(test)]
mod sample;
mod writable;
mod writer;

pub use batch::{BatchRef, LeasedBatch};
pub use column::{ColumnKey, PrimitiveColumn};
pub use reader::Reader;
pub use reconnect::Departure;
pub use writable::{WithMetadata, Writable};
pub use writer::Writer;
