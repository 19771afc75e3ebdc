//! What is known of a batch from its schema alone, worked out once per schema.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_ipc::{Field as IpcField, MetadataVersion};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef, UnionMode};

/// A field with the places of its parts.
pub(crate) struct Column {
    pub(crate) data_type: DataType,
    /// Of a dictionary-encoded field, whose one child is the dictionary's values.
    pub(crate) dictionary_id: Option<i64>,
    pub(crate) children: Vec<Column>,
}

/// Where a column's parts begin in the lists of its batch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Position {
    pub(crate) node: usize,
    /// Without the data buffers of views, whose number differs from batch to batch.
    pub(crate) buffer: usize,
    /// Number of the next array of views.
    pub(crate) view: usize,
}

pub(crate) struct CompiledSchema {
    pub(crate) schema: SchemaRef,
    pub(crate) version: MetadataVersion,
    pub(crate) columns: Vec<Column>,
    pub(crate) starts: Vec<Position>,
}

impl CompiledSchema {
    /// From the metadata of a schema message.
    pub(crate) fn new(message: &[u8]) -> Result<Self, ArrowError> {
        let refused = |error| ArrowError::ParseError(format!("the schema message is refused: {error}"));
        let message = arrow_ipc::root_as_message(message).map_err(refused)?;
        let ipc_schema = message
            .header_as_schema()
            .ok_or_else(|| ArrowError::ParseError("the first message is not a schema".into()))?;
        let schema = arrow_ipc::convert::try_fb_to_schema(ipc_schema)?;
        let version = message.version();
        let columns = compile_fields(schema.fields(), ipc_schema.fields().into_iter().flatten())?;
        let mut position = Position::default();
        let starts = columns.iter().map(|column| {
            let start = position;
            column.step_over(&mut position, version);
            start
        });
        let starts = starts.collect();
        Ok(Self { schema: Arc::new(schema), version, columns, starts })
    }
}

fn compile_fields<'a>(
    fields: impl IntoIterator<Item = &'a Arc<Field>>,
    ipc_fields: impl Iterator<Item = IpcField<'a>>,
) -> Result<Vec<Column>, ArrowError> {
    fields.into_iter().zip(ipc_fields).map(|(field, ipc)| Column::new(field.data_type(), ipc)).collect()
}

impl Column {
    fn new(data_type: &DataType, field: IpcField) -> Result<Self, ArrowError> {
        let DataType::Dictionary(_, values) = data_type else {
            return Self::plain(data_type, field);
        };
        let dictionary_id = Some(field.dictionary().map_or(0, |dictionary| dictionary.id()));
        let children = vec![Self::plain(values, field)?];
        Ok(Self { data_type: data_type.clone(), dictionary_id, children })
    }

    fn plain(data_type: &DataType, field: IpcField) -> Result<Self, ArrowError> {
        let children = field.children().into_iter().flatten();
        let children = match data_type {
            DataType::List(child)
            | DataType::LargeList(child)
            | DataType::ListView(child)
            | DataType::LargeListView(child)
            | DataType::FixedSizeList(child, _)
            | DataType::Map(child, _) => compile_fields([child], children)?,
            DataType::Struct(fields) => compile_fields(fields, children)?,
            DataType::Union(fields, _) => compile_fields(fields.iter().map(|(_, child)| child), children)?,
            DataType::RunEndEncoded(ends, values) => compile_fields([ends, values], children)?,
            _ => Vec::new(),
        };
        Ok(Self { data_type: data_type.clone(), dictionary_id: None, children })
    }

    /// Moves `position` to what follows this column. A dictionary's values are in a message of their own.
    fn step_over(&self, position: &mut Position, version: MetadataVersion) {
        position.node += 1;
        position.buffer += fixed_buffers(&self.data_type, version);
        position.view += usize::from(is_view(&self.data_type));
        if self.dictionary_id.is_none() {
            self.children.iter().for_each(|child| child.step_over(position, version));
        }
    }
}

pub(crate) fn is_view(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8View | DataType::BinaryView)
}

/// Buffers of an array without those of its children and the data buffers of views.
pub(crate) fn fixed_buffers(data_type: &DataType, version: MetadataVersion) -> usize {
    match data_type {
        DataType::Null | DataType::RunEndEncoded(..) => 0,
        DataType::Struct(_) | DataType::FixedSizeList(..) => 1,
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::ListView(_)
        | DataType::LargeListView(_) => 3,
        DataType::Union(_, mode) => {
            // Metadata before version 5 has a validity bitmap, which nobody uses.
            usize::from(version < MetadataVersion::V5) + if *mode == UnionMode::Dense { 2 } else { 1 }
        }
        _ => 2,
    }
}

/// The schemas that a reader saw last, by the numbers that the core gave to their bytes.
#[derive(Default)]
pub(crate) struct SchemaCache {
    known: VecDeque<(u32, Arc<CompiledSchema>)>,
}

impl SchemaCache {
    const CAPACITY: usize = 16;

    pub(crate) fn get(
        &mut self,
        id: u32,
        compile: impl FnOnce() -> Result<CompiledSchema, ArrowError>,
    ) -> Result<&Arc<CompiledSchema>, ArrowError> {
        let found = self.known.iter().position(|(known, _)| *known == id);
        let index = match found {
            Some(index) => index,
            None => {
                let compiled = Arc::new(compile()?);
                self.known.truncate(Self::CAPACITY - 1);
                self.known.push_front((id, compiled));
                0
            }
        };
        Ok(&self.known[index].1)
    }
}
