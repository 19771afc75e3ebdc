//! Arrays that refer to more than they show: views, list views, dense unions, runs. Slices of them are cut to size, so
//! that what was filtered out is not written, and a batch that is split by rows really becomes smaller.

use arrow_array::types::{ArrowPrimitiveType, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, PrimitiveArray};
use arrow_buffer::{ArrowNativeType, Buffer};
use arrow_data::transform::MutableArrayData;
use arrow_data::{ArrayData, ByteView, MAX_INLINE_VIEW_LEN};
use arrow_schema::DataType;

/// Below this nobody cares.
const TOLERATED_WASTE: usize = 4096;

/// True if less than half of the views' data is referred to.
pub(super) fn wastes_views(array: &ArrayData) -> bool {
    let total: usize = array.buffers()[1..].iter().map(Buffer::len).sum();
    if total <= TOLERATED_WASTE {
        return false;
    }
    let views = &array.buffers()[0].typed_data::<u128>()[array.offset()..array.offset() + array.len()];
    let lengths = views.iter().map(|&view| ByteView::from(view).length);
    let used: usize =
        lengths.filter(|&length| length > MAX_INLINE_VIEW_LEN).map(|length| length as usize).sum();
    total > 2 * used + TOLERATED_WASTE
}

/// Offsets and child of just the elements that some list shows, in place if those are most of a range.
pub(super) fn list_view<O: ArrowNativeType>(
    offsets: Buffer,
    sizes: &Buffer,
    child: &ArrayData,
) -> (Buffer, ArrayData) {
    let (typed, lengths) = (offsets.typed_data::<O>(), sizes.typed_data::<O>());
    let used = typed.iter().zip(lengths).filter(|(_, size)| size.as_usize() > 0);
    let (start, end, total) = used.fold((usize::MAX, 0, 0), |(start, end, total), (offset, size)| {
        let (offset, size) = (offset.as_usize(), size.as_usize());
        (start.min(offset), end.max(offset + size), total + size)
    });
    if end == 0 {
        let zeroes = std::iter::repeat_n(O::default(), typed.len());
        return (zeroes.collect(), child.slice(0, 0));
    }
    if end - start > 2 * total + TOLERATED_WASTE
        && let Some(gathered) = gathered(typed, lengths, child)
    {
        return gathered;
    }
    if start == 0 {
        return (clamp_unused(offsets, lengths, end), child.slice(0, end));
    }
    let moved = typed.iter().zip(lengths).map(|(offset, size)| {
        let offset = if size.as_usize() > 0 { offset.as_usize() - start } else { 0 };
        O::usize_as(offset)
    });
    (moved.collect(), child.slice(start, end - start))
}

/// The lists' elements one after the other. None if their offsets overflow, because lists share elements.
fn gathered<O: ArrowNativeType>(
    offsets: &[O],
    sizes: &[O],
    child: &ArrayData,
) -> Option<(Buffer, ArrayData)> {
    let mut moved = Vec::with_capacity(offsets.len());
    let mut elements = MutableArrayData::new(vec![child], false, 0);
    for (offset, size) in offsets.iter().zip(sizes) {
        moved.push(O::usize_as(elements.len()));
        elements.try_extend(0, offset.as_usize(), offset.as_usize() + size.as_usize()).ok()?;
    }
    Some((Buffer::from_vec(moved), elements.freeze()))
}

/// An empty list may point anywhere into the child, also behind what is kept of it.
fn clamp_unused<O: ArrowNativeType>(offsets: Buffer, sizes: &[O], end: usize) -> Buffer {
    let typed = offsets.typed_data::<O>();
    if typed.iter().all(|offset| offset.as_usize() <= end) {
        return offsets;
    }
    let clamp = |(offset, size): (&O, &O)| if size.as_usize() > 0 { *offset } else { O::default() };
    typed.iter().zip(sizes).map(clamp).collect()
}

/// The offsets into each child, counted from the first that is used, and the parts of the children that are.
pub(super) fn dense_union(array: &ArrayData) -> (Buffer, Vec<ArrayData>) {
    let DataType::Union(fields, _) = array.data_type() else { unreachable!("called for unions") };
    let rows = array.offset()..array.offset() + array.len();
    let types = &array.buffers()[0].typed_data::<i8>()[rows.clone()];
    let offsets = &array.buffers()[1].typed_data::<i32>()[rows.clone()];
    // Indexed by type id, which is 0 to 127.
    let mut used = [(i32::MAX, 0); 128];
    for (&id, &offset) in types.iter().zip(offsets) {
        let (start, end) = &mut used[id as usize];
        *start = offset.min(*start);
        *end = (offset + 1).max(*end);
    }
    let start_of = |id: i8| if used[id as usize].1 == 0 { 0 } else { used[id as usize].0 };
    let children = fields.iter().zip(array.child_data()).map(|((id, _), child)| {
        let start = start_of(id);
        child.slice(start as usize, (used[id as usize].1 - start).max(0) as usize)
    });
    let children = children.collect();
    let as_they_are = types.iter().all(|&id| start_of(id) == 0);
    let offsets = if as_they_are {
        array.buffers()[1].slice_with_length(rows.start * size_of::<i32>(), rows.len() * size_of::<i32>())
    } else {
        types.iter().zip(offsets).map(|(&id, &offset)| offset - start_of(id)).collect()
    };
    (offsets, children)
}

/// Run ends and values of exactly the rows that the array shows.
pub(super) fn runs(array: &ArrayData) -> [ArrayData; 2] {
    match array.child_data()[0].data_type() {
        DataType::Int16 => runs_of::<Int16Type>(array),
        DataType::Int32 => runs_of::<Int32Type>(array),
        DataType::Int64 => runs_of::<Int64Type>(array),
        other => unreachable!("run ends are of type {other}, which no array accepts"),
    }
}

fn runs_of<R: ArrowPrimitiveType>(array: &ArrayData) -> [ArrayData; 2] {
    let [ends, values] = array.child_data() else { unreachable!("a run array has two children") };
    let typed = &ends.buffer::<R::Native>(0)[..ends.len()];
    let (offset, length) = (array.offset(), array.len());
    if offset == 0 && typed.last().map_or(0, |last| last.as_usize()) == length {
        return [ends.clone(), values.clone()];
    }
    let (first, last) = if length == 0 {
        (0, 0)
    } else {
        let first = typed.partition_point(|end| end.as_usize() <= offset);
        (first, 1 + typed.partition_point(|end| end.as_usize() < offset + length))
    };
    let cut = typed[first..last].iter().map(|end| R::Native::usize_as((end.as_usize() - offset).min(length)));
    let ends = PrimitiveArray::<R>::from_iter_values(cut).to_data();
    [ends, values.slice(first, last - first)]
}
