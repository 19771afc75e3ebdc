use std::borrow::Cow;
use std::collections::HashMap;

use arrow_array::RecordBatch;

use crate::error::Result;

/// What a writer takes: a record batch, or, with the feature `polars`, a DataFrame.
pub trait Writable {
    /// The data as one record batch.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a type that Arrow does not have.
    fn to_record_batch(&self) -> Result<Cow<'_, RecordBatch>>;

    /// Metadata of this batch alone: the `custom_metadata` of its IPC message. That of the schema is in the schema.
    fn custom_metadata(&self) -> Option<&HashMap<String, String>> {
        None
    }
}

impl Writable for RecordBatch {
    fn to_record_batch(&self) -> Result<Cow<'_, RecordBatch>> {
        Ok(Cow::Borrowed(self))
    }
}

/// Data with metadata of its own, which arrow-rs has no place for in a record batch. Readers find it with
/// [`Reader::last_custom_metadata`](crate::Reader::last_custom_metadata), and in the other languages where theirs is. Of
/// a batch that is split by rows, every part carries it.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
/// use arrow_array::{Int64Array, RecordBatch};
/// use qadataswap::{SharedMemoryArena, WithMetadata};
///
/// # let name = &*format!("doc-metadata-{}", std::process::id());
/// let mut writer = SharedMemoryArena::create_writer(name)?;
/// let mut reader = SharedMemoryArena::create_reader(name)?;
/// # let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1])) as _)])?;
/// let metadata = HashMap::from([("source".to_owned(), "feed 7".to_owned())]);
/// writer.write(&WithMetadata(&batch, metadata.clone()))?;
///
/// assert_eq!(reader.read(None)?, Some(batch));
/// assert_eq!(reader.last_custom_metadata()?, metadata);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WithMetadata<'a, W: ?Sized>(pub &'a W, pub HashMap<String, String>);

impl<W: Writable + ?Sized> Writable for WithMetadata<'_, W> {
    fn to_record_batch(&self) -> Result<Cow<'_, RecordBatch>> {
        self.0.to_record_batch()
    }

    fn custom_metadata(&self) -> Option<&HashMap<String, String>> {
        Some(&self.1)
    }
}
