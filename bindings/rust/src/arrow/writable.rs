use std::borrow::Cow;

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
}

impl Writable for RecordBatch {
    fn to_record_batch(&self) -> Result<Cow<'_, RecordBatch>> {
        Ok(Cow::Borrowed(self))
    }
}
