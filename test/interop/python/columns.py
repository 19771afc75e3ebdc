"""A column of every Arrow type that pyarrow can make, with nulls, by the name of its case."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pyarrow as pa

ROWS = 11
LONG = 'longer than the twelve bytes that a view holds itself: ünïcödé ✓'
TEXTS = ['a', None, LONG, '', 'b', 'ß', None, LONG[::-1], 'c', 'a', 'twelve bytes']
DAYS = [datetime.date(1970, 1, 1) + datetime.timedelta(days=d) for d in range(-3, 30000, 2800)]
ZONES = {'': None, '_utc': 'UTC', '_vienna': 'Europe/Vienna', '_offset': '+05:30'}


def with_nulls(values: list, data_type: pa.DataType) -> pa.Array:
    values = (values * ROWS)[:ROWS]
    return pa.array([None if i in (1, 6) else v for i, v in enumerate(values)], data_type)


def integers() -> dict[str, pa.Array]:
    columns = {}
    for bits in (8, 16, 32, 64):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        columns[f'int{bits}'] = with_nulls([low, 0, -1, 1, high], pa.type_for_alias(f'int{bits}'))
        columns[f'uint{bits}'] = with_nulls([0, 1, 2**bits - 1, 7], pa.type_for_alias(f'uint{bits}'))
    return columns


def floats() -> dict[str, pa.Array]:
    values = [1.5, 0.0, -0.0, float('nan'), float('inf'), float('-inf'), -2.25]
    halves = [np.float16(value) for value in values]
    return {
        'float16': with_nulls(halves, pa.float16()),
        'float32': with_nulls(values, pa.float32()),
        'float64': with_nulls([*values, 5e-324, 1.7976931348623157e308], pa.float64()),
    }


def decimals() -> dict[str, pa.Array]:
    types = {
        'decimal32': pa.decimal32(9, 2),
        'decimal64': pa.decimal64(18, 4),
        'decimal128': pa.decimal128(38, 10),
        'decimal128_negative_scale': pa.decimal128(5, -3),
        'decimal256': pa.decimal256(76, 20),
    }
    columns = {}
    for name, data_type in types.items():
        with decimal.localcontext() as context:
            context.prec = 80
            largest = decimal.Decimal(10**data_type.precision - 1).scaleb(-data_type.scale)
            columns[name] = with_nulls([largest, -largest, decimal.Decimal(0)], data_type)
    return columns


def times() -> dict[str, pa.Array]:
    columns = {
        'date32': with_nulls(DAYS, pa.date32()),
        'date64': with_nulls(DAYS, pa.date64()),
        'time32_s': with_nulls([0, 1, 86399], pa.time32('s')),
        'time32_ms': with_nulls([0, 1, 86399999], pa.time32('ms')),
        'time64_us': with_nulls([0, 1, 86399999999], pa.time64('us')),
        'time64_ns': with_nulls([0, 1000, 86399999999000], pa.time64('ns')),
        'interval_month_day_nano': with_nulls(
            [(1, 2, 3), (-1, -2, -3), (0, 0, 2**62)], pa.month_day_nano_interval()
        ),
    }
    second = {'s': 1, 'ms': 10**3, 'us': 10**6, 'ns': 10**9}
    for unit, ticks in second.items():
        moments = [0, -1000 * ticks, 1_700_000_000 * ticks, 1_793_000_000 * ticks]
        columns[f'duration_{unit}'] = with_nulls([0, 1000, -1000, 86400 * ticks], pa.duration(unit))
        for suffix, zone in ZONES.items():
            columns[f'timestamp_{unit}{suffix}'] = with_nulls(moments, pa.timestamp(unit, zone))
    return columns


def texts() -> dict[str, pa.Array]:
    blobs = [None if text is None else text.encode() + b'\x00\xff' for text in TEXTS]
    columns = {
        name: pa.array(TEXTS, data_type)
        for name, data_type in {
            'utf8': pa.string(),
            'large_utf8': pa.large_string(),
            'utf8_view': pa.string_view(),
        }.items()
    }
    for name, data_type in {
        'binary': pa.binary(),
        'large_binary': pa.large_binary(),
        'binary_view': pa.binary_view(),
    }.items():
        columns[name] = pa.array(blobs, data_type)
    columns['fixed_size_binary'] = with_nulls([b'abc', b'\x00\xff\x00', b'xyz'], pa.binary(3))
    columns['utf8_all_null'] = pa.nulls(ROWS, pa.string())
    columns['utf8_all_empty'] = pa.array([''] * ROWS)
    return columns


def nested() -> dict[str, pa.Array]:
    numbers = [[1, 2], None, [], [None, 4], [5], [6, 7, 8], None, [9], [], [10, None], [11]]
    words = [None if items is None else [TEXTS[(n or 1) % ROWS] for n in items] for items in numbers]
    pairs = [None if items is None else [(f'k{i}', n) for i, n in enumerate(items)] for items in numbers]
    structs = [None if i == 6 else {'a': i if i % 2 else None, 'b': TEXTS[i]} for i in range(ROWS)]
    struct = pa.struct([pa.field('a', pa.int32()), pa.field('b', pa.string(), metadata={'of': 'b'})])
    deep = pa.list_(pa.struct([('tags', pa.list_(pa.string())), ('at', pa.timestamp('ns', 'UTC'))]))
    return {
        'list': pa.array(numbers, pa.list_(pa.int64())),
        'list_of_utf8': pa.array(words, pa.list_(pa.string())),
        'list_of_utf8_view': pa.array(words, pa.list_(pa.string_view())),
        'list_of_lists': pa.array(
            [None if n is None else [n, n] for n in numbers], pa.list_(pa.list_(pa.int8()))
        ),
        'large_list': pa.array(numbers, pa.large_list(pa.int16())),
        'list_view': pa.array(numbers, pa.list_view(pa.int32())),
        'large_list_view': pa.array(numbers, pa.large_list_view(pa.int32())),
        'fixed_size_list': with_nulls([[1, 2], [3, None], [5, 6]], pa.list_(pa.int16(), 2)),
        'struct': pa.array(structs, struct),
        'struct_of_struct': pa.array([{'s': s} for s in structs], pa.struct([('s', struct)])),
        'list_of_structs': pa.array([[s, s] if s else None for s in structs], pa.list_(struct)),
        'deep': pa.array([[{'tags': w, 'at': 10**18}] for w in words], deep),
        'map': pa.array(pairs, pa.map_(pa.string(), pa.int64())),
        'map_of_lists': pa.array([[('k', n)] for n in numbers], pa.map_(pa.string(), pa.list_(pa.int64()))),
    }


def dictionaries() -> dict[str, pa.Array]:
    indices = [0, None, 2, 1, 0, 2, None, 1, 1, 0, 2]
    values = pa.array(['red', LONG, ''])

    def encoded(index: str, of: pa.Array, ordered: bool = False) -> pa.Array:
        keys = pa.array(indices, pa.type_for_alias(index))
        return pa.DictionaryArray.from_arrays(keys, of, ordered=ordered)

    columns = {
        f'dictionary_{index}': encoded(index, values)
        for index in ('int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64')
    }
    items = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2] * 4, pa.int8()), values)
    offsets = pa.array([0, 1, 1, 3, 4, 4, 7, 9, 10, 12, 14, 16], pa.int32())
    inner = encoded('int8', values)
    return columns | {
        'dictionary_ordered': encoded('int16', values, ordered=True),
        'dictionary_of_numbers': encoded('int8', pa.array([1.5, 2.5, -1.0])),
        'dictionary_of_views': encoded('int32', pa.array(['red', LONG, ''], pa.string_view())),
        'dictionary_of_large': encoded('int32', pa.array(['red', LONG, ''], pa.large_string())),
        'dictionary_with_null_value': encoded('int8', pa.array(['red', None, ''])),
        'list_of_dictionaries': pa.ListArray.from_arrays(offsets, items),
        'struct_of_dictionaries': pa.StructArray.from_arrays([inner, inner], ['p', 'q']),
        'dictionary_of_lists': encoded('int8', pa.array([[1], [], [2, None]])),
    }


def others() -> dict[str, pa.Array]:
    ids = pa.array([5, 7, 5, 7, 7, 5, 5, 7, 5, 7, 5], pa.int8())
    offsets = pa.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5], pa.int32())
    numbers = pa.array(range(ROWS), pa.int32())
    words = pa.array(TEXTS)
    return {
        'null': pa.nulls(ROWS),
        'bool': with_nulls([True, False, False], pa.bool_()),
        'sparse_union': pa.UnionArray.from_sparse(ids, [numbers, words], ['n', 'w'], [5, 7]),
        'dense_union': pa.UnionArray.from_dense(ids, offsets, [numbers[:6], words[:5]], ['n', 'w'], [5, 7]),
        'run_end_encoded': pa.RunEndEncodedArray.from_arrays(
            pa.array([2, 5, 6, 11], pa.int32()), pa.array(['x', None, 'y', 'x'])
        ),
        'uuid': pa.ExtensionArray.from_storage(pa.uuid(), with_nulls([b'0' * 16, b'1' * 16], pa.binary(16))),
        'tensor': pa.ExtensionArray.from_storage(
            pa.fixed_shape_tensor(pa.float32(), [2, 2]),
            pa.array([[1.0, 2.0, 3.0, 4.0]] * ROWS, pa.list_(pa.float32(), 4)),
        ),
    }


def columns() -> dict[str, pa.Array]:
    made = {}
    for group in (integers, floats, decimals, times, texts, nested, dictionaries, others):
        made |= group()
    for name, column in made.items():
        assert len(column) == ROWS, name
    return made
