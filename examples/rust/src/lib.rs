//! Market data for the examples: made up, and the same on every run.

use std::sync::Arc;

use arrow_array::types::Int16Type;
use arrow_array::{
    DictionaryArray, Float64Array, Int16Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array,
};
use arrow_schema::ArrowError;

/// What is traded.
pub const SYMBOLS: [&str; 4] = ["000001", "300750", "600519", "688981"];

/// `rows` ticks, the first of which is number `first` of the day.
pub fn ticks(first: u64, rows: u64) -> Result<RecordBatch, ArrowError> {
    let numbers = first..first + rows;
    let symbols = Int16Array::from_iter_values(numbers.clone().map(|n| (n % 4) as i16));
    let symbols = DictionaryArray::<Int16Type>::new(
        symbols,
        Arc::new(StringArray::from_iter_values(SYMBOLS)),
    );
    let times = TimestampMicrosecondArray::from_iter_values(
        numbers.clone().map(|n| 1_700_000_000_000_000 + n as i64),
    );
    // Eighths, so that sums are exact in whatever order they are made.
    let prices =
        Float64Array::from_iter_values(numbers.clone().map(|n| 100.0 + (n % 1000) as f64 / 8.0));
    let volumes = UInt32Array::from_iter_values(numbers.map(|n| 100 * (1 + n % 7) as u32));
    RecordBatch::try_from_iter([
        ("time", Arc::new(times.with_timezone("Asia/Shanghai")) as _),
        ("symbol", Arc::new(symbols) as _),
        ("price", Arc::new(prices) as _),
        ("volume", Arc::new(volumes) as _),
    ])
}

/// The argument of this number, or how the program is called.
pub fn argument(number: usize, usage: &str) -> String {
    std::env::args().nth(number).unwrap_or_else(|| {
        eprintln!("usage: {usage}");
        std::process::exit(2)
    })
}
