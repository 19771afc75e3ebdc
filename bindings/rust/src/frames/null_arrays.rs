//! Null arrays across the C Data Interface. polars exports them with a buffer, which is null, as early versions of the
//! interface had it; arrow-rs takes what the specification says, none.

use std::ffi::c_void;

use arrow_array::ffi::FFI_ArrowArray;
use arrow_schema::DataType;

/// `struct ArrowArray` of the specification, whose fields both crates keep to themselves.
#[repr(C)]
struct RawArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut RawArray,
    dictionary: *mut RawArray,
    release: Option<unsafe extern "C" fn(*mut RawArray)>,
    private_data: *mut c_void,
}

const _: () = assert!(size_of::<RawArray>() == size_of::<FFI_ArrowArray>());

/// Takes the buffers away from null arrays, in all depths. Who releases them does not look at that number: it is in
/// `private_data`.
///
/// # Safety
///
/// `array` is valid, of type `data_type`, and of one that polars exports.
pub(super) unsafe fn take_buffers_of_nulls(array: &mut FFI_ArrowArray, data_type: &DataType) {
    // SAFETY: the same structure under two names.
    unsafe { visit(&mut *(&raw mut *array).cast::<RawArray>(), data_type) }
}

/// # Safety
///
/// As for [`take_buffers_of_nulls`].
unsafe fn visit(array: &mut RawArray, data_type: &DataType) {
    // SAFETY: an array of a type with children has as many of them as the type says.
    let child = |index: usize| unsafe { &mut **array.children.add(index) };
    match data_type {
        DataType::Null => array.n_buffers = 0,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            // SAFETY: the child is of the item's type.
            unsafe { visit(child(0), item.data_type()) }
        }
        DataType::Struct(fields) => {
            for (index, field) in fields.iter().enumerate() {
                // SAFETY: the child is of the field's type.
                unsafe { visit(child(index), field.data_type()) }
            }
        }
        _ => {}
    }
}
