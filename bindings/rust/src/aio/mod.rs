//! Readers and writers that wait in tokio's event loop.

mod bell;
mod reader;
mod writer;

pub use reader::AsyncReader;
pub use writer::AsyncWriter;
