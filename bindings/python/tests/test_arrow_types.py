"""Every Arrow type goes through an arena unchanged: values, nulls, schema and metadata."""

from __future__ import annotations

import ctypes
import datetime
import decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qadataswap import Reader, Writer, _native

from .support.arenas import unique_name

UTC = datetime.timezone.utc
DAY = datetime.date(2026, 11, 22)
NOON = datetime.datetime(2026, 11, 22, 12)
LONG = 'longer than the twelve bytes that a view holds itself'


def with_format(text: str) -> pa.DataType:
    """A type that pyarrow has no name for, by its format in the C Data Interface."""
    exported = pa.int32().__arrow_c_schema__()
    of_capsule = ctypes.pythonapi.PyCapsule_GetPointer
    of_capsule.restype, of_capsule.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    schema = of_capsule(exported, b'arrow_schema')
    # The format is the first member; the exporter owns the one that was there.
    ctypes.c_void_p.from_address(schema).value = ctypes.cast(FORMATS[text], ctypes.c_void_p).value
    return pa.DataType._import_from_c_capsule(exported)


# Referred to by addresses in what is imported.
FORMATS = {text: ctypes.c_char_p(text.encode()) for text in ('tiM', 'tiD')}
MONTHS = with_format('tiM')
DAYS = with_format('tiD')

COLUMNS: dict[str, pa.Array] = {
    'null': pa.nulls(3),
    'bool': pa.array([True, None, False]),
    **{
        name: pa.array([1, None, 100], pa.type_for_alias(name))
        for name in ('int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64')
    },
    'float16': pa.array([np.float16(1.5), None, np.float16(-2.0)], pa.float16()),
    'float32': pa.array([1.5, None, float('nan')], pa.float32()),
    'float64': pa.array([1.5, None, float('-inf')], pa.float64()),
    'decimal32': pa.array([decimal.Decimal('1.25'), None, decimal.Decimal('-9.75')], pa.decimal32(5, 2)),
    'decimal64': pa.array([decimal.Decimal('1.25'), None, decimal.Decimal('-9.75')], pa.decimal64(5, 2)),
    'decimal128': pa.array([decimal.Decimal('1.25'), None, decimal.Decimal('-9.75')], pa.decimal128(38, 2)),
    'decimal256': pa.array([decimal.Decimal('1.25'), None, decimal.Decimal('-9.75')], pa.decimal256(76, 2)),
    'date32': pa.array([DAY, None, DAY], pa.date32()),
    'date64': pa.array([DAY, None, DAY], pa.date64()),
    'time32': pa.array([datetime.time(1, 2, 3), None, datetime.time(4)], pa.time32('ms')),
    'time64': pa.array([datetime.time(1, 2, 3), None, datetime.time(4)], pa.time64('ns')),
    'timestamp': pa.array([NOON, None, NOON], pa.timestamp('us')),
    'timestamp of a zone': pa.array([NOON, None, NOON], pa.timestamp('ns', 'Europe/Vienna')),
    'duration': pa.array([datetime.timedelta(days=1), None, datetime.timedelta()], pa.duration('ms')),
    'month_day_nano': pa.array([(1, 2, 3), None, (0, 0, 0)], pa.month_day_nano_interval()),
    'string': pa.array(['a', None, LONG]),
    'large_string': pa.array(['a', None, LONG], pa.large_string()),
    'string_view': pa.array(['a', None, LONG], pa.string_view()),
    'binary': pa.array([b'a', None, b'\x00\xff']),
    'large_binary': pa.array([b'a', None, b'\x00\xff'], pa.large_binary()),
    'binary_view': pa.array([b'a', None, LONG.encode()], pa.binary_view()),
    'fixed_size_binary': pa.array([b'abc', None, b'xyz'], pa.binary(3)),
    'list': pa.array([[1, 2], None, []], pa.list_(pa.int64())),
    'large_list': pa.array([['x', None], None, [LONG]], pa.large_list(pa.string_view())),
    'list_view': pa.array([[1, 2], None, [3]], pa.list_view(pa.int32())),
    'large_list_view': pa.array([['x'], None, [LONG]], pa.large_list_view(pa.string())),
    'fixed_size_list': pa.array([[1, 2], None, [3, None]], pa.list_(pa.int16(), 2)),
    'struct': pa.array([{'a': 1, 'b': LONG}, None, {'a': None, 'b': None}]),
    'map': pa.array([[('k', 1)], None, []], pa.map_(pa.string(), pa.int32())),
    'dictionary': pa.array(['x', None, 'x']).dictionary_encode(),
    'dictionary of views': pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1], pa.uint32()), pa.array([LONG, 'short'], pa.string_view())
    ),
    'list of dictionaries': pa.ListArray.from_arrays(
        pa.array([0, 1, 1, 3], pa.int32()), pa.array(['p', 'q', 'p']).dictionary_encode()
    ),
    'sparse union': pa.UnionArray.from_sparse(
        pa.array([0, 1, 0], pa.int8()), [pa.array([1, 0, 3]), pa.array(['', LONG, ''], pa.string_view())]
    ),
    'dense union': pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 3]), pa.array(['x'])]
    ),
    'run_end_encoded': pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([7, 8])),
    'extension': pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([b'0' * 16, None, b'1' * 16], pa.binary(16))
    ),
}

# As columns of a struct, because pyarrow has no Array class for these types.
INTERVALS = {
    str(data_type): pa.array([{'x': 1}, {'x': None}, {'x': -3}], pa.struct([('x', storage)])).view(
        pa.struct([('x', data_type)])
    )
    for data_type, storage in ((MONTHS, pa.int32()), (DAYS, pa.int64()))
}


def through_arena(*batches: pa.RecordBatch) -> list[pa.RecordBatch]:
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        for batch in batches:
            writer.write(batch)
        return [batch for _ in batches if (batch := reader.read_arrow(timeout=0)) is not None]


def assert_same(actual: pa.RecordBatch, expected: pa.RecordBatch) -> None:
    actual.validate(full=True)
    assert actual.schema.equals(expected.schema, check_metadata=True)
    # NaN is no reason to differ.
    assert actual.to_pylist().__repr__() == expected.to_pylist().__repr__()


@pytest.mark.parametrize('column', COLUMNS.values(), ids=COLUMNS.keys())
def test_a_column_of_any_type_comes_through(column: pa.Array) -> None:
    batch = pa.record_batch({'x': column})
    # Twice: the first batch of a schema takes another way than those after it.
    written = [batch, batch, batch.slice(1, 1), batch.slice(0, 0), batch]
    for got, expected in zip(through_arena(*written), written, strict=True):
        assert_same(got, expected)


@pytest.mark.parametrize('columns', INTERVALS.values(), ids=INTERVALS.keys())
def test_a_column_that_pyarrow_has_no_array_for_comes_through(columns: pa.StructArray) -> None:
    batch = pa.RecordBatch.from_struct_array(columns)
    nested = pa.record_batch({'in a struct': columns})
    written = [batch, batch, batch.slice(1, 1), batch.slice(0, 0), nested, nested, batch]
    got = through_arena(*written)
    assert len(got) == len(written)
    for one, expected in zip(got, written, strict=True):
        one.validate(full=True)
        assert one.equals(expected)


def test_no_type_is_missing_here() -> None:
    types = [column.type for column in COLUMNS.values()] + [MONTHS, DAYS]
    # An extension has the number of its storage type too.
    known = {getattr(pa.lib, name) for name in dir(pa.lib) if name.startswith('Type_')}
    assert known - {data_type.id for data_type in types} == set()


@pytest.mark.parametrize('column', COLUMNS.values(), ids=COLUMNS.keys())
def test_a_table_without_rows_shows_its_schema(column: pa.Array) -> None:
    table = pa.Table.from_batches([], pa.schema([pa.field('x', column.type)]))
    name = unique_name()
    with Writer(name, size_mb=1) as writer, Reader(name) as reader:
        writer.write(table)
        writer.write(table.to_reader())
        for _ in range(2):
            got = reader.read_arrow(timeout=0)
            assert got is not None
            assert got.num_rows == 0
            assert got.schema.equals(table.schema)


def test_all_types_come_through_side_by_side_with_their_metadata() -> None:
    fields = [pa.field(name, column.type, metadata={'of': name}) for name, column in COLUMNS.items()]
    schema = pa.schema(fields, metadata={'source': 'test', 'empty': ''})
    batch = pa.RecordBatch.from_arrays(list(COLUMNS.values()), schema=schema)
    for got in through_arena(batch, batch):
        assert_same(got, batch)


def test_schemas_may_change_from_batch_to_batch() -> None:
    batches = [pa.record_batch({name: column}) for name, column in COLUMNS.items()]
    for got, batch in zip(through_arena(*batches), batches, strict=True):
        assert_same(got, batch)


def test_a_slot_is_an_arrow_file_and_behind_its_magic_a_stream() -> None:
    name = unique_name()
    batch = pa.record_batch(COLUMNS)
    with Writer(name, size_mb=1) as writer:
        writer.write(batch)
        native = _native.Reader(name, -1, 0)
        slot = native.next(0)
        assert isinstance(slot, _native.Slot)
        slot_bytes = pa.foreign_buffer(slot.address, slot.length, base=slot)
        with pa.ipc.open_file(slot_bytes) as file:
            assert file.num_record_batches == 1
            assert_same(file.get_batch(0), batch)
        with pa.ipc.open_stream(slot_bytes.slice(8)) as stream:
            assert_same(stream.read_next_batch(), batch)
        native.close()


def test_buffers_lie_on_64_bytes() -> None:
    name = unique_name()
    rows = 20_001
    batch = pa.record_batch(
        {
            'a': pa.array([1] * rows, pa.int8()),
            'b': pa.array([None, 'x' * 20, 'y'] * (rows // 3)),
            'c': pa.array([decimal.Decimal(1)] * rows, pa.decimal128(38, 2)),
        }
    )
    with Writer(name, size_mb=4) as writer, Reader(name) as reader:
        writer.write(batch)
        writer.write(batch)
        for _ in range(2):
            got = reader.read_arrow()
            assert got is not None
            buffers = [buffer for column in got.columns for buffer in column.buffers() if buffer is not None]
            assert len(buffers) == 5
            assert [buffer.address % 64 for buffer in buffers] == [0] * 5


def arrays(rows: int) -> st.SearchStrategy[pa.Array]:
    def nullable(values: st.SearchStrategy[Any], data_type: pa.DataType) -> st.SearchStrategy[pa.Array]:
        items = st.lists(st.none() | values, min_size=rows, max_size=rows)
        return items.map(lambda list_of: pa.array(list_of, data_type))

    text = st.text(max_size=20)
    return st.one_of(
        nullable(st.integers(-(2**63), 2**63 - 1), pa.int64()),
        nullable(st.booleans(), pa.bool_()),
        nullable(text, pa.string()),
        nullable(text, pa.string_view()),
        nullable(text, pa.dictionary(pa.int32(), pa.string())),
        nullable(st.lists(st.none() | text, max_size=3), pa.list_(pa.string_view())),
        nullable(
            st.fixed_dictionaries({'a': st.integers(0, 9), 'b': text}),
            pa.struct([('a', pa.int32()), ('b', pa.large_string())]),
        ),
    )


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    rows = draw(st.integers(0, 40))
    columns = draw(st.lists(arrays(rows), min_size=1, max_size=4))
    batch = pa.record_batch({f'c{i}': column for i, column in enumerate(columns)})
    start = draw(st.integers(0, rows))
    return batch.slice(start, draw(st.integers(0, rows - start)))


@settings(max_examples=150, deadline=None)
@given(st.lists(batches(), min_size=1, max_size=3))
def test_random_batches_and_slices_of_them_come_through(some: list[pa.RecordBatch]) -> None:
    for got, batch in zip(through_arena(*some, *some), some + some, strict=True):
        assert_same(got, batch)
