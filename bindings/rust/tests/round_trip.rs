//! Record batches of all types, through a ring in one process, with arrow-ipc as the judge.

#![cfg(feature = "arrow")]

mod support;

use std::io::Cursor;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_ipc::MetadataVersion;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use qadataswap::{Error, ReadFrom, RingWriter, SharedMemoryArena, SharedMemoryConfig};
use support::sample;

const SOON: Duration = Duration::from_secs(10);

/// What arrow-ipc reads from a slot.
fn by_arrow_ipc(slot: &[u8]) -> RecordBatch {
    let mut reader = FileReader::try_new(Cursor::new(slot), None).expect("an Arrow file");
    reader.next().expect("one batch").expect("a valid batch")
}

fn write_slot(writer: &mut RingWriter, slot: &[u8], rows: usize) {
    let mut claim = writer.claim(slot.len() as u64, SOON).expect("space").expect("nothing is dropped");
    claim.copy_from_slice(slot);
    claim.commit(rows as u64).expect("a commit");
}

fn file(batch: &RecordBatch, options: IpcWriteOptions) -> Vec<u8> {
    let mut writer =
        FileWriter::try_new_with_options(Vec::new(), batch.schema_ref(), options).expect("a schema");
    writer.write(batch).expect("a batch");
    writer.into_inner().expect("memory")
}

#[test]
fn every_type_arrives_as_it_was_with_schema_and_metadata() {
    let config = support::config("types");
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    for nulls in [false, true] {
        for rows in [0, 1, 7, 64, 1000] {
            for column in sample::arrays(rows, nulls) {
                let (name, batch) = (column.0, sample::batch_of(vec![column]));
                writer.write(&batch).expect("space");
                let read = reader.read(SOON).expect("a batch").expect("not the end");
                assert_eq!(read, batch, "{name}, {rows} rows, nulls: {nulls}");
                assert_eq!(read.schema(), batch.schema(), "{name}");
            }
        }
    }
}

#[test]
fn what_is_read_is_what_arrow_ipc_reads_from_the_same_slot() {
    let config = support::config("judge");
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    for nulls in [false, true] {
        for rows in [0, 1, 333] {
            let batch = sample::batch(rows, nulls);
            writer.write(&batch).expect("space");
            let next = reader.next_batch(SOON).expect("a batch").expect("not the end");
            let judged = by_arrow_ipc(next.bytes());
            let leased = next.lease().expect("memory");
            let read = leased.record_batch().expect("a valid batch");
            assert_eq!(read, judged);
            for (index, column) in judged.columns().iter().enumerate() {
                assert_eq!(&leased.column(index).expect("a valid column"), column);
            }
        }
    }
}

#[test]
fn slots_of_other_alignments_and_older_metadata_are_read() {
    let config = support::config("align");
    let mut writer = RingWriter::create(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    for version in [MetadataVersion::V4, MetadataVersion::V5] {
        for alignment in [8, 16, 32, 64] {
            let options = IpcWriteOptions::try_new(alignment, false, version).expect("a valid alignment");
            for (name, array) in sample::arrays(50, true) {
                if version == MetadataVersion::V4 && name.starts_with("runs") {
                    continue; // came with version 5
                }
                let batch =
                    sample::batch_of(vec![("first", sample::arrays(50, true)[1].1.clone()), (name, array)]);
                write_slot(&mut writer, &file(&batch, options.clone()), 50);
                let read = reader.read(SOON).expect("a batch").expect("not the end");
                assert_eq!(read, batch, "{name}, alignment {alignment}, {version:?}");
            }
        }
    }
}

#[test]
fn buffers_that_this_language_needs_aligned_otherwise_are_copied_and_counted() {
    let config = support::config("misaligned");
    let mut writer = RingWriter::create(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let rows = 10_001;
    let arrays = sample::arrays(rows, false);
    let column = |name| arrays.iter().find(|(other, _)| *other == name).expect("a known name").clone();
    // An odd number of 8-byte values before 16-byte ones.
    let batch = sample::batch_of(vec![column("i64"), column("d128")]);
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).expect("a valid alignment");
    let slot = file(&batch, options);
    write_slot(&mut writer, &slot, rows);
    let read = reader.read(SOON).expect("a batch").expect("not the end");
    assert_eq!(read, batch);
    let decimals = 16 * rows as u64;
    assert!([0, decimals].contains(&reader.stats().expect("stats").bytes_copied));
    let first = &decimal_bytes(&batch)[..16];
    let start = slot.windows(16).position(|bytes| bytes == first).expect("the decimals");
    let expected = if start % 16 == 0 { 0 } else { decimals };
    assert_eq!(reader.stats().expect("stats").bytes_copied, expected);
}

fn decimal_bytes(batch: &RecordBatch) -> Vec<u8> {
    batch.column(1).to_data().buffers()[0].to_vec()
}

#[test]
fn single_values_are_read_in_place() {
    use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, TimestampMillisecondType};
    use arrow_array::{Array, cast::AsArray};

    let config = support::config("single");
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let batch = sample::batch(100, true);
    writer.write(&batch).expect("space");
    let next = reader.next_batch(SOON).expect("a batch").expect("not the end");
    assert_eq!(next.num_rows(), 100);

    let floats = next.primitive::<Float64Type>("f64").expect("a column of this type");
    let expected = batch.column_by_name("f64").expect("the column").as_primitive::<Float64Type>();
    assert_eq!(floats.iter().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    assert_eq!((0..100).filter(|&row| floats.is_null(row)).count(), expected.null_count());

    // Behind views, whose buffers vary in number; with a time zone; of 16 bytes; by number.
    let stamps = next.primitive::<TimestampMillisecondType>("stamp_ms").expect("a column of this type");
    let expected = batch.column_by_name("stamp_ms").expect("the column");
    assert_eq!(stamps.get(5), expected.as_primitive::<TimestampMillisecondType>().iter().nth(5).flatten());
    assert_eq!(next.primitive::<Decimal128Type>("d128").expect("aligned").len(), 100);
    let index = batch.schema().index_of("i64").expect("the column");
    assert!(next.primitive::<Int64Type>(index).expect("a column of this type").get(0).is_some());

    let error = next.primitive::<Int64Type>("f64").expect_err("another type");
    assert_eq!(error.code(), "ERR_QADS_INVALID_ARGUMENT");
    assert!(error.message().contains("is of type Float64, not Int64"), "{error}");
    let error = next.primitive::<Int64Type>("nothing").expect_err("no such column");
    assert!(error.message().contains("has no column \"nothing\""), "{error}");
    assert!(next.primitive::<Int64Type>(1000).is_err());
}

#[test]
fn a_column_behind_views_is_found_in_place() {
    use arrow_array::types::Int32Type;
    use arrow_array::{Int32Array, StringViewArray};
    use std::sync::Arc;

    let config = support::config("behind");
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let views = StringViewArray::from_iter_values(["a text that is too long to be inlined", "b"]);
    let none = StringViewArray::from_iter_values(["c", "d"]);
    for first in [views.clone(), none, views] {
        let numbers = Int32Array::from(vec![Some(7), None]);
        let batch = RecordBatch::try_from_iter([("s", Arc::new(first) as _), ("n", Arc::new(numbers) as _)]);
        writer.write(&batch.expect("two columns")).expect("space");
        let next = reader.next_batch(SOON).expect("a batch").expect("not the end");
        let numbers = next.primitive::<Int32Type>("n").expect("a column of this type");
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(7), None]);
    }
}

#[test]
fn a_batch_larger_than_the_ring_arrives_in_parts() {
    let config = SharedMemoryConfig::new(support::name("parts")).with_size_bytes(1 << 18);
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    // Without unions and run ends, which arrow-select cannot put together again.
    let columns = sample::arrays(3000, true);
    let whole =
        |name: &str| !name.contains("union") && !name.contains("runs") && !name.contains("dict_struct");
    let batch = sample::batch_of(columns.into_iter().filter(|(name, _)| whole(name)).collect());
    let expected = batch.clone();
    let write = std::thread::spawn(move || {
        let last = writer.write(&batch).expect("space");
        writer.end().expect("an end");
        (last, writer)
    });
    let parts: Vec<RecordBatch> = reader.by_ref().collect::<Result<_, _>>().expect("batches");
    let (last, _writer) = write.join().expect("no panic");
    assert_eq!(last, Some(parts.len() as u64 - 1));
    assert!(parts.len() > 4);
    let together = arrow_select::concat::concat_batches(expected.schema_ref(), &parts).expect("one schema");
    for (read, written) in together.columns().iter().zip(expected.columns()) {
        assert_eq!(read.as_ref(), written.as_ref());
    }
}

#[test]
fn a_row_larger_than_the_ring_is_an_error_that_names_both_sizes() {
    use arrow_array::{StringArray, StringViewArray};
    use std::sync::Arc;

    let config = SharedMemoryConfig::new(support::name("row")).with_size_bytes(1 << 16);
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let long = "x".repeat(100_000);
    let columns: [arrow_array::ArrayRef; 2] = [
        Arc::new(StringArray::from_iter_values(["short", &long])),
        Arc::new(StringViewArray::from_iter_values(["short", &long])),
    ];
    for column in columns {
        let batch = RecordBatch::try_from_iter([("s", column)]).expect("one column");
        let error = writer.write(&batch).expect_err("a row that does not fit");
        assert_eq!(error.code(), "ERR_QADS_BATCH_TOO_LARGE");
        assert!(error.message().contains("row 1 of the batch takes 10"), "{error}");
        assert!(error.message().contains("the ring holds 65536"), "{error}");
        assert!(matches!(writer.try_write(&batch), Err(Error::InvalidArgument(_))));
        // Its first row fits, though it shares its bytes with the second.
        writer.write(&batch.slice(0, 1)).expect("a row that fits");
    }
}

#[test]
fn only_the_dictionary_values_that_a_part_refers_to_go_with_it() {
    use arrow_array::types::Int32Type;
    use arrow_array::{Array, DictionaryArray, Int32Array, StringArray, cast::AsArray};
    use std::sync::Arc;

    let config = SharedMemoryConfig::new(support::name("dictionary")).with_size_bytes(1 << 18);
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let values: Vec<String> = (0..20_000).map(|i| format!("value number {i}")).collect();
    let keys = Int32Array::from_iter_values(0..20_000);
    let dictionary = DictionaryArray::new(keys, Arc::new(StringArray::from_iter_values(&values)));
    let batch = RecordBatch::try_from_iter([("d", Arc::new(dictionary) as _)]).expect("one column");
    let write = std::thread::spawn(move || {
        writer.write(&batch).expect("space");
        writer.end().expect("an end");
        writer
    });
    let mut read = Vec::new();
    for part in reader.by_ref() {
        let part = part.expect("a batch");
        let column = part.column(0).as_dictionary::<Int32Type>();
        let texts = column.downcast_dict::<StringArray>().expect("texts");
        read.extend(texts.into_iter().map(|text| text.expect("no null").to_owned()));
        assert!(column.values().len() < values.len());
    }
    write.join().expect("no panic");
    assert_eq!(read, values);
}

#[test]
fn one_schema_is_kept_to_where_the_arena_asks_for_it() {
    let config = support::config("schema").with_one_schema(true);
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut batches = sample::arrays(5, false).into_iter().map(|column| sample::batch_of(vec![column]));
    let (first, second) = (batches.next().expect("a type"), batches.next().expect("another"));
    writer.write(&first).expect("space");
    let error = writer.write(&second).expect_err("another schema");
    assert_eq!(error.code(), "ERR_QADS_SCHEMA_MISMATCH");
    assert!(error.to_string().contains(r#"column "null" is missing"#), "{error}");
    assert_eq!(writer.write(&first), Ok(Some(1)));
    let metadata =
        [("purpose", "test"), ("note", "other")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let noted = first.schema().as_ref().clone().with_metadata(std::collections::HashMap::from(metadata));
    let noted = first.clone().with_schema(noted.into()).expect("the same columns");
    assert_eq!(writer.write(&noted), Ok(Some(2)));
}

#[test]
fn a_reader_starts_where_it_is_told() {
    let config = support::config("from");
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    for rows in 0..5 {
        writer.write(&sample::batch(rows, false)).expect("space");
    }
    let first = |from| {
        let mut reader = SharedMemoryArena::create_reader(config.clone().with_from(from)).expect("a reader");
        match reader.try_read().expect("no error") {
            std::task::Poll::Ready(batch) => batch.map(|batch| batch.num_rows()),
            std::task::Poll::Pending => None,
        }
    };
    assert_eq!(first(ReadFrom::Earliest), Some(0));
    assert_eq!(first(ReadFrom::Sequence(3)), Some(3));
    assert_eq!(first(ReadFrom::Latest), None);
    let error = SharedMemoryArena::create_reader(config.clone().with_from(ReadFrom::Sequence(u64::MAX)));
    assert_eq!(error.expect_err("no such sequence").code(), "ERR_QADS_INVALID_ARGUMENT");
}

#[test]
fn the_samples_have_every_type_of_arrow() {
    use arrow_schema::DataType::*;
    use arrow_schema::{IntervalUnit, TimeUnit, UnionMode};

    // Exhaustive, so that a type that arrow-rs adds is missed here.
    let kind = |data_type: &arrow_schema::DataType| match data_type {
        Null => 0,
        Boolean => 1,
        Int8 => 2,
        Int16 => 3,
        Int32 => 4,
        Int64 => 5,
        UInt8 => 6,
        UInt16 => 7,
        UInt32 => 8,
        UInt64 => 9,
        Float16 => 10,
        Float32 => 11,
        Float64 => 12,
        Timestamp(TimeUnit::Second, _) => 13,
        Timestamp(TimeUnit::Millisecond, _) => 14,
        Timestamp(TimeUnit::Microsecond, _) => 15,
        Timestamp(TimeUnit::Nanosecond, _) => 16,
        Date32 => 17,
        Date64 => 18,
        Time32(_) => 19,
        Time64(_) => 20,
        Duration(TimeUnit::Second) => 21,
        Duration(TimeUnit::Millisecond) => 22,
        Duration(TimeUnit::Microsecond) => 23,
        Duration(TimeUnit::Nanosecond) => 24,
        Interval(IntervalUnit::YearMonth) => 25,
        Interval(IntervalUnit::DayTime) => 26,
        Interval(IntervalUnit::MonthDayNano) => 27,
        Binary => 28,
        FixedSizeBinary(_) => 29,
        LargeBinary => 30,
        BinaryView => 31,
        Utf8 => 32,
        LargeUtf8 => 33,
        Utf8View => 34,
        List(_) => 35,
        ListView(_) => 36,
        FixedSizeList(..) => 37,
        LargeList(_) => 38,
        LargeListView(_) => 39,
        Struct(_) => 40,
        Union(_, UnionMode::Sparse) => 41,
        Union(_, UnionMode::Dense) => 42,
        Dictionary(..) => 43,
        Decimal32(..) => 44,
        Decimal64(..) => 45,
        Decimal128(..) => 46,
        Decimal256(..) => 47,
        Map(..) => 48,
        RunEndEncoded(..) => 49,
    };
    let mut kinds: Vec<_> =
        sample::arrays(1, false).iter().map(|(_, array)| kind(array.data_type())).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, (0..50).collect::<Vec<_>>());
}
