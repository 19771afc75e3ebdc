//! The body of a message: which bytes go where, found without touching them.

use std::ops::Range;

use arrow_array::types::{BinaryViewType, ByteViewType, StringViewType};
use arrow_array::{Array, GenericByteViewArray};
use arrow_buffer::{ArrowNativeType, Buffer};
use arrow_data::ArrayData;
use arrow_ipc::{Buffer as IpcBuffer, FieldNode};
use arrow_schema::{DataType, UnionMode};

use super::compact;

/// Every buffer starts at a multiple of this, in the message and in memory.
pub(crate) const ALIGNMENT: usize = 64;

pub(crate) fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

/// The nodes and buffers of a record batch or dictionary batch, and what fills them.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<FieldNode>,
    pub(crate) buffers: Vec<IpcBuffer>,
    pub(crate) variadic_counts: Vec<i64>,
    pub(crate) length: usize,
    pieces: Vec<Piece>,
}

/// The contents of one buffer.
enum Piece {
    /// As they are.
    Bytes(Buffer),
    /// Offsets of a sliced array, to be counted from its first one.
    Offsets32 {
        offsets: Buffer,
        base: i32,
    },
    Offsets64 {
        offsets: Buffer,
        base: i64,
    },
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Offsets32 { offsets, .. } | Self::Offsets64 { offsets, .. } => offsets.len(),
        }
    }

    fn write_to(&self, place: &mut [u8]) {
        match self {
            Self::Bytes(bytes) => place.copy_from_slice(bytes),
            Self::Offsets32 { offsets, base } => {
                for (place, offset) in place.chunks_exact_mut(4).zip(offsets.typed_data::<i32>()) {
                    place.copy_from_slice(&(offset - base).to_le_bytes());
                }
            }
            Self::Offsets64 { offsets, base } => {
                for (place, offset) in place.chunks_exact_mut(8).zip(offsets.typed_data::<i64>()) {
                    place.copy_from_slice(&(offset - base).to_le_bytes());
                }
            }
        }
    }
}

/// An offset of a list, string or binary array.
trait Offset: ArrowNativeType {
    fn piece(offsets: Buffer, base: Self) -> Piece;
}

impl Offset for i32 {
    fn piece(offsets: Buffer, base: Self) -> Piece {
        Piece::Offsets32 { offsets, base }
    }
}

impl Offset for i64 {
    fn piece(offsets: Buffer, base: Self) -> Piece {
        Piece::Offsets64 { offsets, base }
    }
}

impl Body {
    /// Forgets what is in it, and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.buffers.clear();
        self.variadic_counts.clear();
        self.pieces.clear();
        self.length = 0;
    }

    /// Fills the message's body, whose length is `self.length`.
    pub(crate) fn write_to(&self, mut place: &mut [u8]) {
        for piece in &self.pieces {
            let (bytes, rest) = place.split_at_mut(piece.len());
            piece.write_to(bytes);
            let (padding, rest) = rest.split_at_mut(padded(bytes.len()) - bytes.len());
            padding.fill(0);
            place = rest;
        }
        debug_assert!(place.is_empty());
    }

    fn push(&mut self, piece: Piece) {
        let length = piece.len();
        self.buffers.push(IpcBuffer::new(self.length as i64, length as i64));
        self.length += padded(length);
        self.pieces.push(piece);
    }

    fn push_bytes(&mut self, bytes: Buffer) {
        self.push(Piece::Bytes(bytes));
    }

    /// An array with all below it, but not the values of dictionaries: they have messages of their own. Only the
    /// rows that the array shows are written, whatever it is a slice of.
    pub(crate) fn add(&mut self, array: &ArrayData) {
        let data_type = array.data_type();
        // A null array counts no nulls of its own.
        let null_count = if *data_type == DataType::Null { array.len() } else { array.null_count() };
        self.nodes.push(FieldNode::new(array.len() as i64, null_count as i64));
        if !matches!(data_type, DataType::Null | DataType::Union(..) | DataType::RunEndEncoded(..)) {
            self.add_validity(array);
        }
        match data_type {
            DataType::Null => {}
            DataType::Boolean => {
                self.push_bytes(array.buffers()[0].bit_slice(array.offset(), array.len()));
            }
            DataType::Utf8 | DataType::Binary => self.add_bytes::<i32>(array),
            DataType::LargeUtf8 | DataType::LargeBinary => self.add_bytes::<i64>(array),
            DataType::Utf8View => self.add_views::<StringViewType>(array),
            DataType::BinaryView => self.add_views::<BinaryViewType>(array),
            DataType::List(_) | DataType::Map(..) => self.add_list::<i32>(array),
            DataType::LargeList(_) => self.add_list::<i64>(array),
            DataType::ListView(_) => self.add_list_view::<i32>(array),
            DataType::LargeListView(_) => self.add_list_view::<i64>(array),
            DataType::FixedSizeList(_, size) => {
                let size = *size as usize;
                self.add(&array.child_data()[0].slice(array.offset() * size, array.len() * size));
            }
            DataType::Struct(_) => array.child_data().iter().for_each(|child| self.add(child)),
            DataType::Union(_, mode) => self.add_union(array, *mode),
            DataType::RunEndEncoded(..) => {
                compact::runs(array).iter().for_each(|child| self.add(child));
            }
            DataType::Dictionary(keys, _) => self.add_fixed_width(array, width(keys)),
            other => self.add_fixed_width(array, width(other)),
        }
    }

    /// Empty when nothing is null.
    fn add_validity(&mut self, array: &ArrayData) {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let bits = nulls.map(|nulls| {
            let bits = nulls.inner();
            bits.inner().bit_slice(bits.offset(), bits.len())
        });
        self.push_bytes(bits.unwrap_or_default());
    }

    fn add_fixed_width(&mut self, array: &ArrayData, width: usize) {
        self.push_bytes(rows(&array.buffers()[0], array, width));
    }

    fn add_bytes<O: Offset>(&mut self, array: &ArrayData) {
        let bytes = self.add_offsets::<O>(array);
        self.push_bytes(array.buffers()[1].slice_with_length(bytes.start, bytes.len()));
    }

    fn add_list<O: Offset>(&mut self, array: &ArrayData) {
        let values = self.add_offsets::<O>(array);
        self.add(&array.child_data()[0].slice(values.start, values.len()));
    }

    /// Returns what the offsets refer to.
    fn add_offsets<O: Offset>(&mut self, array: &ArrayData) -> Range<usize> {
        if array.is_empty() {
            // The format wants one offset more than rows, and an empty array may have none at all.
            self.push_bytes(Buffer::from_vec(vec![O::default()]));
            return 0..0;
        }
        let size = size_of::<O>();
        let offsets = array.buffers()[0].slice_with_length(array.offset() * size, (array.len() + 1) * size);
        let typed = offsets.typed_data::<O>();
        let (first, last) = (typed[0], typed[array.len()]);
        self.push(if first == O::default() { Piece::Bytes(offsets) } else { O::piece(offsets, first) });
        first.as_usize()..last.as_usize()
    }

    fn add_views<T: ByteViewType>(&mut self, array: &ArrayData) {
        let compacted = compact::wastes_views(array)
            .then(|| GenericByteViewArray::<T>::from(array.clone()).gc().to_data());
        let array = compacted.as_ref().unwrap_or(array);
        self.push_bytes(rows(&array.buffers()[0], array, size_of::<u128>()));
        let data = &array.buffers()[1..];
        self.variadic_counts.push(data.len() as i64);
        data.iter().for_each(|bytes| self.push_bytes(bytes.clone()));
    }

    fn add_list_view<O: Offset>(&mut self, array: &ArrayData) {
        let size = size_of::<O>();
        let sizes = rows(&array.buffers()[1], array, size);
        let offsets = rows(&array.buffers()[0], array, size);
        let (offsets, child) = compact::list_view::<O>(offsets, &sizes, &array.child_data()[0]);
        self.push_bytes(offsets);
        self.push_bytes(sizes);
        self.add(&child);
    }

    fn add_union(&mut self, array: &ArrayData, mode: UnionMode) {
        self.push_bytes(rows(&array.buffers()[0], array, 1));
        match mode {
            UnionMode::Sparse => {
                for child in array.child_data() {
                    self.add(&child.slice(array.offset(), array.len()));
                }
            }
            UnionMode::Dense => {
                let (offsets, children) = compact::dense_union(array);
                self.push_bytes(offsets);
                children.iter().for_each(|child| self.add(child));
            }
        }
    }
}

/// The part of a buffer of `width` bytes a row that the array shows.
fn rows(buffer: &Buffer, array: &ArrayData, width: usize) -> Buffer {
    buffer.slice_with_length(array.offset() * width, array.len() * width)
}

/// Bytes a row.
fn width(data_type: &DataType) -> usize {
    match data_type {
        DataType::FixedSizeBinary(width) => *width as usize,
        other => other.primitive_width().expect("types of variable width are handled elsewhere"),
    }
}
