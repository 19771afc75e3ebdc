//! Keeps every batch that ever came through a small ring: `keep_everything NAME`, with `tick_writer NAME BATCHES` beside it.
//!
//! A batch that is held does not hold the writer back: its pages are moved out of the ring, at the same address.

use std::error::Error;
use std::time::Duration;

use arrow_array::RecordBatch;
use qadataswap::{SharedMemoryArena, SharedMemoryConfig};
use qadataswap_example::{argument, ticks};

fn main() -> Result<(), Box<dyn Error>> {
    let config = SharedMemoryConfig::new(argument(1, "keep_everything NAME"))
        .with_wait(Duration::from_secs(60));
    let mut reader = SharedMemoryArena::create_reader(config)?;
    let all: Vec<RecordBatch> = reader.by_ref().collect::<Result<_, _>>()?;
    let mut first = 0;
    for batch in &all {
        let rows = batch.num_rows() as u64;
        if *batch != ticks(first, rows)? {
            return Err(format!("the batch of row {first} changed").into());
        }
        first += rows;
    }
    let stats = reader.stats()?;
    println!(
        "{} batches kept, every value as it was written; {} moved out of the ring, {} bytes copied by reading",
        all.len(),
        stats.evacuations,
        stats.bytes_copied
    );
    Ok(())
}
