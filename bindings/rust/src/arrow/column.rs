use std::fmt;

use arrow_array::types::ArrowPrimitiveType;
use arrow_buffer::bit_util::get_bit;
use arrow_schema::Schema;

/// How a column is asked for: by its name or its number from 0.
pub trait ColumnKey: fmt::Debug {
    /// Its number in this schema.
    fn index_in(&self, schema: &Schema) -> Option<usize>;
}

impl ColumnKey for usize {
    fn index_in(&self, schema: &Schema) -> Option<usize> {
        (*self < schema.fields().len()).then_some(*self)
    }
}

impl ColumnKey for str {
    fn index_in(&self, schema: &Schema) -> Option<usize> {
        schema.fields().iter().position(|field| field.name() == self)
    }
}

impl<K: ColumnKey + ?Sized> ColumnKey for &K {
    fn index_in(&self, schema: &Schema) -> Option<usize> {
        (**self).index_in(schema)
    }
}

/// A column of numbers, dates, times or decimals, right in the ring.
pub struct PrimitiveColumn<'b, T: ArrowPrimitiveType> {
    values: &'b [T::Native],
    /// One bit a row, least significant first; absent when no row is null.
    validity: Option<&'b [u8]>,
}

impl<'b, T: ArrowPrimitiveType> PrimitiveColumn<'b, T> {
    /// `validity` has a bit for each value.
    pub(crate) fn new(values: &'b [T::Native], validity: Option<&'b [u8]>) -> Self {
        Self { values, validity }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True for no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of all rows; those of null rows mean nothing.
    pub fn values(&self) -> &'b [T::Native] {
        self.values
    }

    /// True if the row is null.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn is_null(&self, row: usize) -> bool {
        assert!(row < self.len(), "row {row} of a column of {} rows", self.len());
        self.validity.is_some_and(|bits| !get_bit(bits, row))
    }

    /// The value of a row, `None` if it is null.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn get(&self, row: usize) -> Option<T::Native> {
        (!self.is_null(row)).then(|| self.values[row])
    }

    /// The rows in order, `None` for nulls.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<T::Native>> + use<'b, T> {
        let Self { values, validity } = *self;
        (0..values.len()).map(move |row| validity.is_none_or(|bits| get_bit(bits, row)).then(|| values[row]))
    }
}

impl<T: ArrowPrimitiveType> Clone for PrimitiveColumn<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ArrowPrimitiveType> Copy for PrimitiveColumn<'_, T> {}

impl<T: ArrowPrimitiveType> fmt::Debug for PrimitiveColumn<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
