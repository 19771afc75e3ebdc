//! DataFrames of all types of polars, through a ring in one process.

#![cfg(feature = "polars")]

mod support;

use std::time::Duration;

use arrow_array::{Array, RecordBatch};
use polars_core::df;
use polars_core::prelude::*;
use qadataswap::{SharedDataFrame, SharedMemoryArena, SharedMemoryConfig};
use support::sample;

const SOON: Duration = Duration::from_secs(10);

fn through_the_ring(frame: &DataFrame) -> DataFrame {
    let config = support::config("frames");
    let mut writer = SharedDataFrame::create_writer(&config).expect("a writer");
    let mut reader = SharedDataFrame::create_reader(&config).expect("a reader");
    assert_eq!(writer.write(frame), Ok(Some(0)));
    reader.read(SOON).expect("a frame").expect("not the end")
}

fn cast(name: &str, values: &[Option<i64>], dtype: DataType) -> Column {
    Series::new(name.into(), values).cast(&dtype).expect("a cast").into()
}

/// A column of each type that polars has.
fn every_type() -> DataFrame {
    let numbers = [Some(3), None, Some(-7), Some(120)];
    let positive = [Some(3), None, Some(7), Some(120)];
    let texts = [Some("short"), None, Some("a text that is too long for a view, with ünïcode"), Some("")];
    let texts = Series::new("text".into(), texts);
    let zone = TimeZone::opt_try_new(Some("Asia/Shanghai")).expect("a time zone");
    let categories = FrozenCategories::new(["low", "high"]).expect("two categories");
    let levels = Series::new("enum".into(), [Some("high"), None, Some("low"), Some("high")]);
    let lists: [Option<Series>; 4] = [
        Some(Series::new("".into(), [1_i32, 2])),
        None,
        Some(Series::new_empty("".into(), &DataType::Int32)),
        Some(Series::new("".into(), [3])),
    ];
    let arrays = Series::new("array".into(), (0..8).collect::<Vec<i64>>());
    let arrays = arrays.reshape_array(&[ReshapeDimension::Infer, ReshapeDimension::new_dimension(2)]);
    let fields = [cast("a", &numbers, DataType::Int32).take_materialized_series(), texts.clone()];
    let columns = vec![
        cast("i8", &numbers, DataType::Int8),
        cast("i16", &numbers, DataType::Int16),
        cast("i32", &numbers, DataType::Int32),
        cast("i64", &numbers, DataType::Int64),
        cast("u8", &positive, DataType::UInt8),
        cast("u16", &positive, DataType::UInt16),
        cast("u32", &positive, DataType::UInt32),
        cast("u64", &positive, DataType::UInt64),
        cast("f16", &numbers, DataType::Float16),
        cast("f32", &numbers, DataType::Float32),
        cast("f64", &numbers, DataType::Float64),
        cast("bool", &positive, DataType::Boolean),
        cast("date", &numbers, DataType::Date),
        cast("stamp", &numbers, DataType::Datetime(TimeUnit::Microseconds, None)),
        cast("stamp_zone", &numbers, DataType::Datetime(TimeUnit::Nanoseconds, zone)),
        cast("duration", &numbers, DataType::Duration(TimeUnit::Milliseconds)),
        cast("time", &positive, DataType::Time),
        cast("decimal", &numbers, DataType::Decimal(20, 3)),
        texts.clone().into(),
        texts.cast(&DataType::Binary).expect("a cast").with_name("binary".into()).into(),
        texts
            .cast(&DataType::from_categories(Categories::global()))
            .expect("a cast")
            .with_name("category".into())
            .into(),
        levels.cast(&DataType::from_frozen_categories(categories)).expect("a cast").into(),
        Series::new("list".into(), lists).into(),
        arrays.expect("four arrays of two").into(),
        StructChunked::from_series("struct".into(), 4, fields.iter())
            .expect("fields of equal length")
            .into_column(),
        Column::full_null("null".into(), 4, &DataType::Null),
        Column::full_null("null_lists".into(), 4, &DataType::List(Box::new(DataType::Null))),
    ];
    DataFrame::new(4, columns).expect("columns of equal length")
}

#[test]
fn every_type_of_polars_arrives_as_it_was() {
    let frame = every_type();
    let read = through_the_ring(&frame);
    assert_eq!(read.schema(), frame.schema());
    for (read, written) in read.columns().iter().zip(frame.columns()) {
        assert!(read.equals_missing(written), "{written:?} came as {read:?}");
    }
}

#[test]
fn frames_without_rows_and_slices_arrive() {
    let frame = every_type();
    for (start, rows) in [(0, 0), (1, 2), (3, 1), (2, 0)] {
        let slice = frame.slice(start, rows);
        let read = through_the_ring(&slice);
        assert_eq!(read.schema(), slice.schema());
        assert!(read.equals_missing(&slice), "{slice:?} came as {read:?}");
    }
}

#[test]
fn a_frame_of_several_chunks_is_one_batch() {
    let mut frame = every_type();
    frame.vstack_mut(&every_type().slice(1, 3)).expect("the same schema");
    frame.vstack_mut(&every_type()).expect("the same schema");
    assert!(frame.max_n_chunks() > 1);
    let read = through_the_ring(&frame);
    assert!(read.equals_missing(&frame));
}

#[test]
fn a_frame_larger_than_the_ring_comes_in_parts() {
    let config = SharedMemoryConfig::new(support::name("parts")).with_size_bytes(1 << 18);
    let mut writer = SharedDataFrame::create_writer(&config).expect("a writer");
    let reader = SharedDataFrame::create_reader(&config).expect("a reader");
    let texts: Vec<_> = (0..20_000).map(|n| format!("a text that no view can inline, number {n}")).collect();
    let frame = df!("n" => (0..20_000).collect::<Vec<i32>>(), "s" => texts).expect("two columns");
    let expected = frame.clone();
    let write = std::thread::spawn(move || {
        writer.write(&frame).expect("space");
        writer.end().expect("an end");
        writer
    });
    let mut read = DataFrame::empty_with_schema(expected.schema());
    for part in reader {
        read.vstack_mut(&part.expect("a frame")).expect("the same schema");
    }
    write.join().expect("no panic");
    assert!(read.equals(&expected));
}

#[test]
fn a_slice_of_a_large_frame_takes_no_more_space_than_it_needs() {
    let texts: Vec<_> = (0..100_000).map(|n| format!("a text that no view can inline, number {n}")).collect();
    let frame = df!("s" => texts).expect("a column").slice(70_000, 10);
    let config = support::config("slice");
    let mut writer = SharedDataFrame::create_writer(&config).expect("a writer");
    let mut reader = SharedDataFrame::create_reader(&config).expect("a reader");
    writer.write(&frame).expect("space");
    assert!(writer.stats().expect("stats").bytes < 10_000);
    assert!(reader.read(SOON).expect("a frame").expect("not the end").equals(&frame));
}

#[test]
fn every_type_of_arrow_becomes_a_column_or_a_clear_error() {
    let config = support::config("arrow");
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedDataFrame::create_reader(&config).expect("a reader");
    let foreign = |name: &str| {
        let names = [
            ["d256", "months", "days", "month_days"].as_slice(),
            &["list_view", "large_list_view", "dense_union", "sparse_union"],
        ];
        names.iter().any(|some| some.contains(&name)) || name.starts_with("runs")
    };
    for (name, array) in sample::arrays(100, true) {
        let nulls = array.logical_null_count();
        let batch = sample::batch_of(vec![(name, array)]);
        writer.write(&batch).expect("space");
        match reader.read(SOON) {
            Ok(frame) => {
                assert!(!foreign(name), "{name}");
                let frame = frame.expect("not the end");
                assert_eq!(frame.height(), 100, "{name}");
                assert_eq!(frame.columns()[0].null_count(), nulls, "{name}");
            }
            Err(error) => {
                assert!(foreign(name), "{name}: {error}");
                assert_eq!(error.code(), "ERR_QADS_INCOMPATIBLE");
                assert!(error.message().contains(&format!("column \"{name}\"")), "{error}");
                assert!(error.message().contains("polars has no type for"), "{error}");
                assert_eq!(reader.reader_mut().read(SOON), Ok(Some(batch)), "{name}: it is not lost");
            }
        }
    }
}

#[test]
fn what_polars_keeps_as_arrow_does_comes_back_the_same() {
    let kept = [
        "bool",
        "i8",
        "i16",
        "i32",
        "i64",
        "u8",
        "u16",
        "u32",
        "u64",
        "f16",
        "f32",
        "f64",
        "d128",
        "date32",
        "time_ns",
        "stamp_ms",
        "stamp_us",
        "duration_ms",
        "duration_us",
        "duration_ns",
        "utf8_view",
        "binary_view",
        "large_list",
    ];
    let (there, back) = (support::config("there"), support::config("back"));
    let mut writer = SharedMemoryArena::create_writer(&there).expect("a writer");
    let mut frames = SharedDataFrame::create_reader(&there).expect("a reader");
    let mut back_writer = SharedDataFrame::create_writer(&back).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&back).expect("a reader");
    let arrays = sample::arrays(500, true);
    let arrays = arrays.into_iter().filter(|(name, _)| kept.contains(name)).collect::<Vec<_>>();
    assert_eq!(arrays.len(), kept.len());
    let batch: RecordBatch = sample::batch_of(arrays);
    writer.write(&batch).expect("space");
    let frame = frames.read(SOON).expect("a frame").expect("not the end");
    back_writer.write(&frame).expect("space");
    let read = reader.read(SOON).expect("a batch").expect("not the end");
    for (read, (written, field)) in
        read.columns().iter().zip(batch.columns().iter().zip(batch.schema_ref().fields()))
    {
        assert_eq!(read, written, "{}", field.name());
    }
}
