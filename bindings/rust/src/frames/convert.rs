//! DataFrames from and to record batches, through the C Data Interface: buffers change hands, bytes stay.

use std::mem::transmute;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array, RecordBatch, RecordBatchOptions, make_array};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use polars_arrow::ffi;
use polars_core::datatypes::CompatLevel;
use polars_core::frame::DataFrame;
use polars_core::frame::column::Column;
use polars_core::series::Series;

use super::null_arrays::take_buffers_of_nulls;

// Both declare the structures of the Arrow specification, and own what those point to.
const _: () = assert!(size_of::<ffi::ArrowArray>() == size_of::<FFI_ArrowArray>());
const _: () = assert!(size_of::<ffi::ArrowSchema>() == size_of::<FFI_ArrowSchema>());

/// Why a column cannot go from one to the other.
pub(super) struct Unconvertible {
    pub(super) column: String,
    pub(super) why: String,
}

/// One batch of the whole frame. A column of several chunks is copied into one first.
pub(super) fn to_record_batch(frame: &DataFrame) -> Result<RecordBatch, Unconvertible> {
    let columns = frame.columns().iter().map(|column| {
        let name = column.name().to_string();
        export(column).map_err(|why| Unconvertible { column: name, why })
    });
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(frame.height()));
    RecordBatch::try_new_with_options(Schema::new(fields).into(), arrays, &options)
        .map_err(|error| Unconvertible { column: String::new(), why: error.to_string() })
}

fn export(column: &Column) -> Result<(Field, arrow_array::ArrayRef), String> {
    let level = CompatLevel::newest();
    let series = column.as_materialized_series();
    let dtype = series.dtype();
    dtype.try_to_arrow(level).map_err(|error| error.to_string())?;
    let field = ffi::export_field_to_c(&dtype.to_arrow_field(series.name().clone(), level));
    // SAFETY: the same structure under two names, moved.
    let field: FFI_ArrowSchema = unsafe { transmute(field) };
    let field = Field::try_from(&field).map_err(|error| error.to_string())?;

    let series = if series.n_chunks() > 1 { &series.rechunk() } else { series };
    let array = ffi::export_array_to_c(series.to_arrow(0, level));
    // SAFETY: the same structure under two names, moved.
    let mut array: FFI_ArrowArray = unsafe { transmute(array) };
    // SAFETY: polars exported a valid array of this type.
    unsafe { take_buffers_of_nulls(&mut array, field.data_type()) };
    let schema = FFI_ArrowSchema::try_from(field.data_type()).map_err(|error| error.to_string())?;
    // SAFETY: polars exported a valid array of this type.
    let data = unsafe { from_ffi(array, &schema) }.map_err(|error| error.to_string())?;
    Ok((field, make_array(data)))
}

/// The batch as a frame whose buffers are those of the batch, where polars has the same type.
pub(super) fn to_data_frame(batch: &RecordBatch) -> Result<DataFrame, Unconvertible> {
    let fields = batch.schema_ref().fields();
    let columns = fields.iter().zip(batch.columns()).map(|(field, array)| {
        let imported = match foreign_type(field.data_type()) {
            Some(foreign) => Err(format!("polars has no type for {foreign}")),
            None => import(field, array),
        };
        imported.map(Column::from).map_err(|why| Unconvertible { column: field.name().clone(), why })
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    DataFrame::new(batch.num_rows(), columns)
        .map_err(|error| Unconvertible { column: String::new(), why: error.to_string() })
}

fn import(field: &Field, array: &dyn Array) -> Result<Series, String> {
    let text = |error: ArrowError| error.to_string();
    let schema = FFI_ArrowSchema::try_from(field).map_err(text)?;
    // SAFETY: the same structure under two names, moved.
    let schema: ffi::ArrowSchema = unsafe { transmute(schema) };
    // SAFETY: arrow-rs exported a valid field.
    let field = unsafe { ffi::import_field_from_c(&schema) }.map_err(|error| error.to_string())?;
    let (data, _) = to_ffi(&array.to_data()).map_err(text)?;
    // SAFETY: the same structure under two names, moved.
    let data: ffi::ArrowArray = unsafe { transmute(data) };
    // SAFETY: arrow-rs exported a valid array of this type.
    let data = unsafe { ffi::import_array_from_c(data, field.dtype.clone()) };
    let chunks = vec![data.map_err(|error| error.to_string())?];
    Series::try_from((&field, chunks)).map_err(|error| error.to_string())
}

/// The first type in `data_type` that polars does not have. It would tell so itself for some, and panic for others.
fn foreign_type(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::Decimal256(..)
        | DataType::Interval(_)
        | DataType::Union(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::RunEndEncoded(..) => Some(data_type),
        DataType::List(child)
        | DataType::LargeList(child)
        | DataType::FixedSizeList(child, _)
        | DataType::Map(child, _) => foreign_type(child.data_type()),
        DataType::Struct(fields) => fields.iter().find_map(|field| foreign_type(field.data_type())),
        DataType::Dictionary(_, values) => foreign_type(values),
        _ => None,
    }
}
