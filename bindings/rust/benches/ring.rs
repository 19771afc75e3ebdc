//! Medians of single operations on a quiet machine: `cargo bench`. One thread, so that nothing but the operation is
//! measured; what crosses processes is measured by the benchmarks of the whole project, which ask for the nanoseconds of
//! a ready batch to its first value as JSON: `cargo bench --bench ring -- --first-value-json ROUNDS`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::types::Float64Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    cast::AsArray,
};
use qadataswap::{Reader, SharedMemoryArena, SharedMemoryConfig, Writer};

const SOON: Duration = Duration::from_secs(10);

fn main() {
    let mut args = std::env::args().skip_while(|arg| arg != "--first-value-json").skip(1);
    if let Some(rounds) = args.next() {
        return first_value_json(rounds.parse().expect("a number of rounds"));
    }
    println!("read: a ready batch to a RecordBatch of f64 columns");
    for megabytes in [1, 10, 100] {
        read_by_size(megabytes);
    }
    println!("\nfirst value: a ready batch to one number of it");
    for (rows, columns) in [(100, 1), (100, 6), (10_000, 6), (10_000, 100)] {
        first_value(rows, columns);
    }
    println!("\nstrings: a ready batch of 1,000,000 rows to a RecordBatch");
    strings(false);
    strings(true);
    println!("\nwrite: bytes per second against memcpy, alternating");
    for megabytes in [1, 10, 100] {
        write_against_memcpy(&floats(megabytes * 1_000_000 / 80, 10), megabytes);
    }
    write_against_memcpy(&mixed(1_000_000), 40);
    println!("\nsmall batches: 100 rows x 6 columns of mixed types");
    small_batches();
}

fn pair(test: &str, megabytes: u64) -> (Writer, Reader) {
    let name = format!("rust-bench-{test}-{}", std::process::id());
    let config = SharedMemoryConfig::new(name).with_size_mb(megabytes);
    let writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    (writer, reader)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn nanos<R>(operation: impl FnOnce() -> R) -> (f64, R) {
    let start = Instant::now();
    let result = operation();
    (start.elapsed().as_nanos() as f64, result)
}

fn floats(rows: usize, columns: usize) -> RecordBatch {
    let column =
        |c| Arc::new(Float64Array::from_iter_values((0..rows).map(|row| (row * c) as f64))) as ArrayRef;
    RecordBatch::try_from_iter((0..columns).map(|c| (format!("c{c}"), column(c)))).expect("columns")
}

fn mixed(rows: usize) -> RecordBatch {
    let n = 0..rows as i64;
    let columns: [(&str, ArrayRef); 6] = [
        ("i64", Arc::new(Int64Array::from_iter_values(n.clone()))),
        ("f64", Arc::new(Float64Array::from_iter_values(n.clone().map(|n| n as f64)))),
        ("i32", Arc::new(Int32Array::from_iter(n.clone().map(|n| (n % 3 != 0).then_some(n as i32))))),
        ("bool", Arc::new(BooleanArray::from_iter(n.clone().map(|n| Some(n % 2 == 0))))),
        ("utf8", Arc::new(StringArray::from_iter_values(n.clone().map(|n| format!("s{n}"))))),
        ("g64", Arc::new(Float64Array::from_iter_values(n.map(|n| n as f64)))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns")
}

fn read_by_size(megabytes: usize) {
    let (mut writer, mut reader) = pair("read", 3 * megabytes as u64 + 16);
    let batch = floats(megabytes * 1_000_000 / 80, 10);
    let times = (0..201).map(|_| {
        writer.write(&batch).expect("space");
        let (time, read) = nanos(|| reader.read(SOON).expect("a batch").expect("not the end"));
        assert_eq!(read.num_rows(), batch.num_rows());
        time
    });
    let time = median(times.collect());
    let copied = reader.stats().expect("stats").bytes_copied;
    println!("  {megabytes:>4} MB: {time:>7.0} ns, {copied} bytes copied");
}

/// As the benchmark of the C++ core does it: one batch at a time, and the time of `advance` is not in it.
fn first_value_json(rounds: usize) {
    let column = |reader: &mut Reader| {
        let (time, batch) = nanos(|| {
            let batch = reader.next_batch(SOON).expect("a batch").expect("not the end");
            black_box(batch.primitive::<Float64Type>(3).expect("a column").values()[0]);
            batch
        });
        drop(batch);
        time
    };
    let load = |reader: &mut Reader| {
        let (time, peeked) = nanos(|| {
            let peeked = reader.ring_mut().peek(SOON).expect("a batch").expect("not the end");
            black_box(peeked[0]);
            peeked
        });
        peeked.advance().expect("no fork");
        time
    };
    let (columns, loads) = (first_value_rounds(rounds, column), first_value_rounds(rounds, load));
    println!("{{\"column\":{columns:?},\"load\":{loads:?}}}");
}

fn first_value_rounds(rounds: usize, look: impl Fn(&mut Reader) -> f64) -> Vec<f64> {
    const BATCHES: usize = 20_000;
    let batch = floats(100, 6);
    let (mut writer, mut reader) = pair("first-json", 16);
    let mut round = || {
        let times = (0..BATCHES).map(|_| {
            writer.write(&batch).expect("space");
            look(&mut reader)
        });
        median(times.collect())
    };
    round();
    (0..rounds).map(|_| round()).collect()
}

fn first_value(rows: usize, columns: usize) {
    const BATCHES: usize = 200;
    let batch = floats(rows, columns);
    let bytes = batch.get_array_memory_size() as u64 + 65_536;
    let (mut writer, mut reader) = pair("first", 1 + bytes * BATCHES as u64 / 1_000_000 * 2);
    let mut measure = |look: &mut dyn FnMut(&mut Reader) -> f64| {
        let times = (0..51).map(|_| {
            for _ in 0..BATCHES {
                writer.write(&batch).expect("space");
            }
            let (time, _) = nanos(|| (0..BATCHES).map(|_| look(&mut reader)).sum::<f64>());
            time / BATCHES as f64
        });
        median(times.collect())
    };
    let last = columns - 1;
    let in_place = measure(&mut |reader| {
        let batch = reader.next_batch(SOON).expect("a batch").expect("not the end");
        batch.primitive::<Float64Type>(last).expect("a column").values()[0]
    });
    let leased = measure(&mut |reader| {
        let batch = reader.next_batch(SOON).expect("a batch").expect("not the end").lease().expect("a lease");
        batch.column(last).expect("a column").as_primitive::<Float64Type>().value(0)
    });
    let whole = measure(&mut |reader| {
        let batch = reader.read(SOON).expect("a batch").expect("not the end");
        batch.column(last).as_primitive::<Float64Type>().value(0)
    });
    let bytes = measure(&mut |reader| {
        let peeked = reader.ring_mut().peek(SOON).expect("a batch").expect("not the end");
        let first = f64::from(peeked[0]);
        peeked.advance().expect("no fork");
        first
    });
    println!(
        "  {rows:>6} rows x {columns:>3}: {in_place:>6.0} ns in place, {leased:>6.0} ns leased, {whole:>6.0} ns as a \
         RecordBatch (peek and advance alone {bytes:.0} ns)"
    );
}

fn strings(trusted: bool) {
    let texts = StringArray::from_iter_values((0..1_000_000).map(|n| format!("text number {n}")));
    let batch = RecordBatch::try_from_iter([("s", Arc::new(texts) as ArrayRef)]).expect("a column");
    let name = format!("rust-bench-strings-{}", std::process::id());
    let mut config = SharedMemoryConfig::new(name).with_size_mb(100);
    if trusted {
        // SAFETY: this program writes the batches, with valid strings.
        config = unsafe { config.with_trusted_values() };
    }
    let mut writer = SharedMemoryArena::create_writer(&config).expect("a writer");
    let mut reader = SharedMemoryArena::create_reader(&config).expect("a reader");
    let times = (0..51).map(|_| {
        writer.write(&batch).expect("space");
        let (time, read) = nanos(|| reader.read(SOON).expect("a batch").expect("not the end"));
        black_box(read.column(0).len());
        time
    });
    let values = if trusted { "trusted" } else { "checked" };
    println!("  {values}: {:>9.0} ns", median(times.collect()));
}

/// The copies go to as much memory as the ring has, in turns, so that neither stays in a cache longer than the other.
fn write_against_memcpy(batch: &RecordBatch, megabytes: usize) {
    let capacity = 3 * megabytes as u64 + 16;
    let (mut writer, mut reader) = pair("write", capacity);
    writer.write(batch).expect("space");
    let slot = reader.ring_mut().peek(SOON).expect("a batch").expect("not the end").take().expect("a lease");
    let source = slot.to_vec();
    drop(slot);
    let mut memory = vec![1_u8; (capacity << 20) as usize];
    let mut at = 0;
    let (mut copies, mut writes, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..(4000 / megabytes).clamp(31, 501) {
        if at + source.len() > memory.len() {
            at = 0;
        }
        let target = &mut memory[at..at + source.len()];
        let (copy, _) = nanos(|| target.copy_from_slice(black_box(&source)));
        black_box(&mut memory);
        at += source.len();
        let (write, _) = nanos(|| writer.write(black_box(batch)).expect("space"));
        reader.ring_mut().peek(SOON).expect("a batch").expect("not the end").advance().expect("no fork");
        copies.push(copy);
        writes.push(write);
        ratios.push(copy / write);
    }
    let rate = |times| source.len() as f64 / median(times);
    println!(
        "  {:>6.1} MB, {} columns: memcpy {:.2} GB/s, write {:.2} GB/s, median of the ratios {:.2}",
        source.len() as f64 / 1e6,
        batch.num_columns(),
        rate(copies),
        rate(writes),
        median(ratios)
    );
}

fn small_batches() {
    const BATCHES: usize = 500;
    let batch = mixed(100);
    let (mut writer, mut reader) = pair("small", 16);
    let mut writes = Vec::new();
    let mut reads = Vec::new();
    for _ in 0..101 {
        let (time, _) = nanos(|| {
            for _ in 0..BATCHES {
                writer.write(black_box(&batch)).expect("space");
            }
        });
        writes.push(time / BATCHES as f64);
        let (time, _) = nanos(|| {
            for _ in 0..BATCHES {
                black_box(reader.read(SOON).expect("a batch").expect("not the end"));
            }
        });
        reads.push(time / BATCHES as f64);
    }
    println!("  write {:.0} ns, read {:.0} ns", median(writes), median(reads));
}
