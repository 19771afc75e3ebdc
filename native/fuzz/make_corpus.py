#!/usr/bin/env python3
"""Writes slots with pyarrow and Polars: one Arrow IPC file per type and per option of the writers.

    make_corpus.py DIRECTORY                    the corpus: py-*.arrow and polars-*.arrow
    make_corpus.py DIRECTORY --refused          Arrow files that are no slots
    make_corpus.py DIRECTORY --random SEED N    N files of random schemas and values, random-*.arrow

Needs pyarrow 26 and polars 1.31. (Later ones write files that cannot be read as streams, and so are no slots:
dictionaries after the record batch, and from 2.0 on no length prefix before the schema.) make_corpus.mjs adds what apache-arrow in JavaScript makes of them.
"""

import argparse
import datetime
import decimal
import pathlib
import random

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc

ROWS = 5


def slot(batch: pa.RecordBatch, **options) -> bytes:
    """The bytes of an Arrow file that holds one record batch."""
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, batch.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def batch_of(array: pa.Array, name="c") -> pa.RecordBatch:
    return pa.record_batch([array], names=[name])


LEAVES = {
    "null": pa.null(),
    "bool": pa.bool_(),
    "i8": pa.int8(),
    "i16": pa.int16(),
    "i32": pa.int32(),
    "i64": pa.int64(),
    "u8": pa.uint8(),
    "u16": pa.uint16(),
    "u32": pa.uint32(),
    "u64": pa.uint64(),
    "f16": pa.float16(),
    "f32": pa.float32(),
    "f64": pa.float64(),
    "date32": pa.date32(),
    "date64": pa.date64(),
    "time32-s": pa.time32("s"),
    "time32-ms": pa.time32("ms"),
    "time64-us": pa.time64("us"),
    "time64-ns": pa.time64("ns"),
    "timestamp-s": pa.timestamp("s"),
    "timestamp-ns-tz": pa.timestamp("ns", tz="Europe/Berlin"),
    "duration-us": pa.duration("us"),
    "interval-month-day-nano": pa.month_day_nano_interval(),
    "binary": pa.binary(),
    "large-binary": pa.large_binary(),
    "binary-view": pa.binary_view(),
    "fixed-binary": pa.binary(3),
    "fixed-binary-0": pa.binary(0),
    "utf8": pa.string(),
    "large-utf8": pa.large_string(),
    "utf8-view": pa.string_view(),
    "decimal32": pa.decimal32(7, 2),
    "decimal64": pa.decimal64(16, -3),
    "decimal128": pa.decimal128(30, 5),
    "decimal256": pa.decimal256(60, 10),
}


def leaf_value(rng: random.Random, t: pa.DataType):
    if pa.types.is_null(t):
        return None
    if pa.types.is_boolean(t):
        return rng.random() < 0.5
    if pa.types.is_integer(t):
        low = 0 if pa.types.is_unsigned_integer(t) else -(1 << (t.bit_width - 1))
        return rng.randrange(low, low + (1 << t.bit_width))
    if pa.types.is_floating(t):
        return float(rng.randrange(-1000, 1000)) / 8
    if pa.types.is_date(t):
        return datetime.date(2000, 1, 1) + datetime.timedelta(days=rng.randrange(9999))
    if pa.types.is_time(t):
        return datetime.time(rng.randrange(24), rng.randrange(60), rng.randrange(60))
    if pa.types.is_timestamp(t):
        return datetime.datetime(2001, 2, 3) + datetime.timedelta(seconds=rng.randrange(10**8))
    if pa.types.is_duration(t):
        return datetime.timedelta(seconds=rng.randrange(10**6))
    if pa.types.is_interval(t):
        return pa.MonthDayNano([rng.randrange(100), rng.randrange(100), rng.randrange(10**9)])
    if pa.types.is_decimal(t):
        digits = rng.randrange(10 ** min(t.precision, 12))
        with decimal.localcontext(decimal.Context(prec=100)):
            return decimal.Decimal(digits).scaleb(-t.scale)
    if pa.types.is_fixed_size_binary(t):
        return rng.randbytes(t.byte_width)
    if pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t):
        return "".join(rng.choice("abcäö€😀") for _ in range(rng.choice([0, 1, 3, 5, 20])))
    return rng.randbytes(rng.choice([0, 1, 3, 12, 13, 40]))


def make_array(rng: random.Random, t: pa.DataType, n: int, nulls: float) -> pa.Array:
    """A random array of any type; pyarrow builds most from Python values, the rest from their parts."""
    if pa.types.is_struct(t):
        if t.num_fields == 0:
            return pa.array([{}] * n, t)
        children = [make_array(rng, t.field(i).type, n, nulls) for i in range(t.num_fields)]
        mask = pa.array([rng.random() < nulls for _ in range(n)], pa.bool_())
        return pa.StructArray.from_arrays(children, fields=list(t), mask=mask)
    if pa.types.is_union(t):
        codes = [rng.choice(t.type_codes) for _ in range(n)] if t.num_fields else []
        ids = pa.array(codes, pa.int8())
        names = [f.name for f in t]
        if t.mode == "sparse":
            children = [make_array(rng, f.type, n, nulls) for f in t]
            return pa.UnionArray.from_sparse(ids, children, names, t.type_codes)
        offsets, counts = [], dict.fromkeys(t.type_codes, 0)
        for code in codes:
            offsets.append(counts[code])
            counts[code] += 1
        children = [make_array(rng, f.type, counts[c], nulls) for f, c in zip(t, t.type_codes)]
        return pa.UnionArray.from_dense(ids, pa.array(offsets, pa.int32()), children, names, t.type_codes)
    if pa.types.is_run_end_encoded(t):
        ends, at = [], 0
        while at < n:
            at = min(n, at + rng.randrange(1, 4))
            ends.append(at)
        values = make_array(rng, t.value_type, len(ends), nulls)
        return pa.RunEndEncodedArray.from_arrays(pa.array(ends, t.run_end_type), values)
    if pa.types.is_dictionary(t):
        values = make_array(rng, t.value_type, rng.randrange(1, 5), 0)
        indices = [None if rng.random() < nulls else rng.randrange(len(values)) for _ in range(n)]
        return pa.DictionaryArray.from_arrays(pa.array(indices, t.index_type), values, ordered=t.ordered)
    if pa.types.is_fixed_size_list(t):
        values = make_array(rng, t.value_type, n * t.list_size, nulls)
        mask = pa.array([rng.random() < nulls for _ in range(n)], pa.bool_())
        return pa.FixedSizeListArray.from_arrays(values, type=t, mask=mask)
    if pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_map(t):
        width = pa.int64() if pa.types.is_large_list(t) else pa.int32()
        offsets = [0]
        for _ in range(n):
            offsets.append(offsets[-1] + rng.choice([0, 1, 2, 5]))
        offset_array = pa.array(offsets, width)
        if pa.types.is_map(t):
            keys = make_array(rng, t.key_type, offsets[-1], 0)
            return pa.MapArray.from_arrays(offset_array, keys, make_array(rng, t.item_type, offsets[-1], nulls), t)
        values = make_array(rng, t.value_type, offsets[-1], nulls)
        mask = pa.array([rng.random() < nulls for _ in range(n)], pa.bool_())
        return (pa.LargeListArray if width == pa.int64() else pa.ListArray).from_arrays(
            offset_array, values, type=t, mask=mask
        )
    if pa.types.is_list_view(t) or pa.types.is_large_list_view(t):
        width = pa.int64() if pa.types.is_large_list_view(t) else pa.int32()
        total = rng.randrange(1, 9)
        sizes = [rng.randrange(total) for _ in range(n)]
        offsets = [rng.randrange(total - size) for size in sizes]
        kind = pa.LargeListViewArray if width == pa.int64() else pa.ListViewArray
        values = make_array(rng, t.value_type, total, nulls)
        return kind.from_arrays(pa.array(offsets, width), pa.array(sizes, width), values, type=t)
    return pa.array([None if rng.random() < nulls else leaf_value(rng, t) for _ in range(n)], t)


def random_type(rng: random.Random, depth: int) -> pa.DataType:
    if depth == 0 or rng.random() < 0.5:
        return rng.choice(list(LEAVES.values()))
    child = random_type(rng, depth - 1)
    fields = [pa.field(f"f{i}", random_type(rng, depth - 1)) for i in range(rng.randrange(1, 4))]
    codes = rng.sample(range(128), len(fields))
    value = rng.choice([pa.string(), pa.int64(), pa.binary_view(), pa.list_(pa.int8()), pa.dictionary(pa.int8(), pa.utf8())])
    return rng.choice(
        [
            lambda: pa.list_(child),
            lambda: pa.large_list(child),
            lambda: pa.list_view(child),
            lambda: pa.large_list_view(child),
            lambda: pa.list_(child, rng.randrange(1, 4)),
            lambda: pa.map_(rng.choice([pa.string(), pa.int32()]), child),
            lambda: pa.struct(fields),
            lambda: pa.sparse_union(fields, type_codes=codes),
            lambda: pa.dense_union(fields, type_codes=codes),
            lambda: pa.dictionary(rng.choice([pa.int8(), pa.uint16(), pa.int32(), pa.int64()]), value, rng.random() < 0.3),
            lambda: pa.run_end_encoded(rng.choice([pa.int16(), pa.int32(), pa.int64()]), random_type(rng, 0)),
        ]
    )()


def random_slots(directory: pathlib.Path, seed: int, count: int) -> None:
    for i in range(count):
        rng = random.Random(f"{seed}:{i}")
        n = rng.choice([0, 1, 2, 7, 8, 9, 63, 64, 65, 200])
        columns = rng.choice([0, 1, 1, 2, 3, 6])
        fields = [pa.field(f"c{k}", random_type(rng, 3)) for k in range(columns)]
        arrays = [make_array(rng, f.type, n + 3, rng.choice([0, 0.2, 1])) for f in fields]
        batch = pa.record_batch(arrays, schema=pa.schema(fields))
        # A slice starts its bitmaps and offsets anywhere.
        start = rng.randrange(0, 4)
        batch = batch.slice(start, n)
        options = {"compression": rng.choice([None, None, "lz4", "zstd"])}
        # Arrow C++ claims V5 in the footer whatever the messages say, which is misleading for these types.
        if rng.random() < 0.1 and "union" not in str(batch.schema) and "run_end" not in str(batch.schema):
            options["metadata_version"] = pa.ipc.MetadataVersion.V4
        content = slot(batch, **options)
        try:
            ipc.open_file(content).get_batch(0)
        except OSError:
            continue  # pyarrow 26 writes dictionaries of empty strings that it cannot read itself
        (directory / f"random-{seed}-{i}.arrow").write_bytes(content)


def pyarrow_slots():
    rng = random.Random(7)
    for name, t in LEAVES.items():
        yield name, slot(batch_of(make_array(rng, t, ROWS, 0.3)))
    i32, utf8 = pa.int32(), pa.utf8()
    words = pa.dictionary(pa.int8(), utf8)
    two = [pa.field("a", i32), pa.field("b", utf8)]
    compound = {
        "list": pa.list_(i32),
        "large-list": pa.large_list(utf8),
        "list-view": pa.list_view(i32),
        "large-list-view": pa.large_list_view(utf8),
        "fixed-list": pa.list_(i32, 2),
        "map": pa.map_(utf8, i32),
        "struct": pa.struct(two),
        "struct-0": pa.struct([]),
        "union-sparse": pa.sparse_union(two, type_codes=[5, 2]),
        "union-dense": pa.dense_union(two),
        "ree16": pa.run_end_encoded(pa.int16(), utf8),
        "ree32": pa.run_end_encoded(i32, pa.float64()),
        "dictionary": words,
        "dictionary-u64-ordered": pa.dictionary(pa.uint64(), pa.int64(), True),
        "dictionary-of-lists": pa.dictionary(i32, pa.list_(utf8)),
        "dictionary-nested": pa.dictionary(i32, pa.struct([pa.field("w", words)])),
        "list-of-dictionary": pa.list_(words),
        "deep": pa.list_(pa.struct([pa.field("m", pa.map_(utf8, pa.list_(pa.bool_())))])),
    }
    for name, t in compound.items():
        yield name, slot(batch_of(make_array(rng, t, ROWS, 0.3)))

    v4 = pa.ipc.MetadataVersion.V4
    mixed = pa.record_batch(
        [make_array(rng, t, ROWS, 0.2) for t in (pa.int64(), pa.float64(), utf8, words, pa.bool_(), pa.timestamp("ms"))],
        names=list("abcdef"),
    )
    yield "mixed", slot(mixed)
    yield "mixed-lz4", slot(mixed, compression="lz4")
    yield "mixed-zstd", slot(mixed, compression="zstd")
    long = pa.record_batch([pa.array(["word"] * 60), pa.array([7] * 60, pa.int16())], names=["a", "b"])
    yield "long-lz4", slot(long, compression="lz4")
    yield "long-zstd", slot(long, compression="zstd")
    yield "mixed-v4", slot(mixed, metadata_version=v4)
    yield "mixed-sliced", slot(mixed.slice(1, 3))
    yield "mixed-0-rows", slot(mixed.slice(2, 0))
    yield "0-columns", slot(pa.record_batch([], schema=pa.schema([])))
    yield "0-columns-3-rows", slot(pa.record_batch([pa.nulls(3)], names=["x"]).select([]))
    yield "names", slot(pa.record_batch([pa.array([1])] * 3, names=["", "ü", "ü"]))
    yield "nested-64", slot(nested(64))
    field = pa.field("c", pa.int8(), nullable=False, metadata={b"field": b"\xff\x00", b"k": b""})
    schema = pa.schema([field], metadata={b"table": b"1", b"": b"empty key"})
    with_metadata = pa.record_batch([pa.array([1, 2], pa.int8())], schema=schema)
    yield "metadata", slot(with_metadata)
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, schema) as writer:
        writer.write_batch(with_metadata, custom_metadata={b"batch": b"7"})
    yield "batch-metadata", sink.getvalue().to_pybytes()
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, schema, metadata={b"footer": b"yes"}) as writer:
        writer.write_batch(with_metadata)
    yield "footer-metadata", sink.getvalue().to_pybytes()


def nested(levels: int) -> pa.RecordBatch:
    t = pa.int8()
    for _ in range(levels - 1):
        t = pa.list_(pa.field("i", t))
    return batch_of(pa.array([None], t))


def file_of(batches: list, schema: pa.Schema) -> bytes:
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def refused_files():
    rng = random.Random(8)
    one = batch_of(pa.array([1, 2, 3], pa.int8()))
    # Without a batch, because pyarrow would refuse to write it; the schema is what matters.
    yield "nested-65", file_of([], nested(65).schema)
    yield "no-batch", file_of([], one.schema)
    yield "two-batches", file_of([one, one], one.schema)
    union = pa.dense_union([pa.field("a", pa.int8()), pa.field("b", pa.utf8())])
    union_v4 = slot(batch_of(make_array(rng, union, ROWS, 0)), metadata_version=pa.ipc.MetadataVersion.V4)
    yield "union-v4-footer-v5", union_v4
    runs = pa.run_end_encoded(pa.int16(), pa.utf8())
    yield "ree-v4", slot(batch_of(make_array(rng, runs, ROWS, 0)), metadata_version=pa.ipc.MetadataVersion.V4)
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, one.schema) as writer:
        writer.write_batch(one)
    yield "stream", sink.getvalue().to_pybytes()
    legacy = slot(one, use_legacy_format=True)
    yield "legacy-framing", legacy


def polars_slots():
    frame = pl.DataFrame(
        {
            "i": [1, 2, None],
            "s": ["short", "a string of more than twelve bytes", None],
            "e": pl.Series(["x", "y", "x"], dtype=pl.Enum(["x", "y"])),
            "c": pl.Series(["p", None, "q"], dtype=pl.Categorical),
            "l": [[1, 2], [], None],
            "d": [datetime.date(2024, 1, 1)] * 3,
            "t": [datetime.datetime(2024, 1, 1)] * 3,
        }
    )
    for compression in ("uncompressed", "lz4", "zstd"):
        yield f"frame-{compression}", polars_slot(frame, compression=compression)
    yield "frame-0-rows", polars_slot(frame.head(0))
    yield "frame-oldest", polars_slot(frame, compat_level=pl.CompatLevel.oldest())
    nested = pl.DataFrame(
        {
            "st": [{"a": 1, "b": "x"}, None],
            "ar": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int8, 2)),
            "n": [None, None],
            "b": [b"bytes", None],
            "bo": [True, None],
            "de": pl.Series([decimal.Decimal("1.25"), None]),
            "du": [datetime.timedelta(seconds=1), None],
        }
    )
    yield "nested", polars_slot(nested)


def polars_slot(frame: pl.DataFrame, **options) -> bytes:
    options.setdefault("compression", "uncompressed")
    return frame.write_ipc(None, **options).getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--random", nargs=2, type=int, metavar=("SEED", "N"))
    parser.add_argument("--refused", action="store_true")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    if arguments.random:
        random_slots(arguments.directory, *arguments.random)
        return
    accepted = (("py-", pyarrow_slots()), ("polars-", polars_slots()))
    for prefix, slots in (("", refused_files()),) if arguments.refused else accepted:
        for name, content in slots:
            (arguments.directory / f"{prefix}{name}.arrow").write_bytes(content)


if __name__ == "__main__":
    main()
